# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts of packaging/ share: finding the packages of packaging/dependencies and installing those that are
# missing. Sourced, never run; expects `set -euo pipefail`.

project_dir=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Paths within the tree are left out of what an object is kept under, so a second clone finds most of the first one's.
export CCACHE_BASEDIR=$project_dir CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# PATH separates its entries with colons, ninja ends a path at a newline, and CMake takes brackets for patterns and
# semicolons for the ends of a list's elements.
[[ $project_dir != *[][:\;$'\n']* ]] ||
    die "the path of this directory has a colon, a semicolon, a bracket or a newline in it: $project_dir"

# end_descendants PID: a script that ends early ends what it has started. Only apt-get is left to finish, as packages
# would stay half installed.
installing=''
end_descendants() {
    local child children=()
    [[ -z $installing ]] || return 0
    read -ra children 2>/dev/null <"/proc/$1/task/$1/children" || true
    for child in "${children[@]}"; do
        end_descendants "$child"
        kill "$child" 2>/dev/null || true
    done
}
trap 'end_descendants $$' EXIT

# copy_tree DIRECTORY: what lies in this directory, committed or not, without what was built.
copy_tree() {
    mkdir -p "$1"
    tar --create --directory "$project_dir" --exclude=./build --exclude=./.git --exclude=__pycache__ . |
        tar --extract --no-same-owner --directory "$1"
}

# The releases of Debian that this is known to work on; packaging/dependencies has packages for each of them.
known_releases=(12 13)
os_release=/etc/os-release

# Sets `release` to this machine's, and ends where nobody has tried it.
require_known_release() {
    local id='' version='' known
    if [[ -r $os_release ]]; then
        # shellcheck source=/dev/null
        id=$(. "$os_release" && say "${ID-}") version=$(. "$os_release" && say "${VERSION_ID-}")
    fi
    if [[ $id != debian || " ${known_releases[*]} " != *" ${version:-none} "* ]]; then
        known=$(printf ' and %s' "${known_releases[@]}")
        die "this is known to work on Debian ${known# and }; /etc/os-release says that this is '${id:-unknown}${version:+ $version}'"
    fi
    release=$version
}

# suite_of RELEASE: its name in Debian's archive.
suite_of() {
    case $1 in
        12) say bookworm ;;
        13) say trixie ;;
    esac
}

# packages_of SECTION…: the names in these sections of packaging/dependencies, one a line: those of this machine's
# release.
packages_of() {
    local wanted=" $* " section='' name only_in known
    require_known_release
    known=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$project_dir/packaging/dependencies" | tr '\n' ' ')
    (($#)) || die "no section named; packaging/dependencies has: $known"
    for name in "$@"; do
        [[ " $known" == *" $name "* ]] || die "packaging/dependencies has no section '$name', but: $known"
    done
    while read -r name only_in; do
        case $name in
            '' | '#'*) ;;
            '['*']') section=${name:1:-1} ;;
            *)
                if [[ $wanted == *" $section "* && " ${only_in:-$release} " == *" $release "* ]]; then
                    say "$name"
                fi
                ;;
        esac
    done <"$project_dir/packaging/dependencies"
}

# Sets `missing` to those of the given packages that are not installed and that no installed one provides: other
# packages of Node than Debian's bring npm with them.
find_missing() {
    local name status provided
    missing=()
    provided=$(dpkg-query --show --showformat='${db:Status-Abbrev}, ${Provides},\n' | sed -n 's/^.i *,//p' | sed 's/ *([^)]*)//g')
    for name in "$@"; do
        status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$name" 2>/dev/null) || status=''
        [[ $status == ?i* || $provided == *" $name,"* ]] || missing+=("$name")
    done
}

# The tests need only the programs of packages that also bring a service, so no service is started, neither now nor at
# the next boot. A run that was killed leaves its policy-rc.d behind; the next run recognises it by its mark.
install_without_services() (
    umask 022 # whatever the person's is: what is installed is for every user
    policy=/usr/sbin/policy-rc.d mark="# Until packages of valhallad's build are installed."
    if [[ ! -e $policy ]] || grep -qxF "$mark" "$policy"; then
        trap 'rm -f "$policy"' EXIT
        printf '%s\n' '#!/bin/sh' "$mark" 'exit 101' >"$policy"
        chmod 755 "$policy"
    fi
    apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout="$apt_patience_s" "$@" </dev/null \
        >"$install_log" 2>&1 || return 1
    # Their services came with this installation, because each of these packages was missing before.
    local package
    for package in prometheus nginx; do
        if [[ " $* " == *" $package "* ]]; then
            systemctl --root=/ --quiet disable "$package.service"
        fi
    done
)

# A machine that has just started is often busy with updates of its own.
apt_patience_s=300
update_lists() (
    umask 022
    said='' until_s=$((SECONDS + apt_patience_s))
    until LC_ALL=C apt-get update -qq </dev/null >"$install_log" 2>&1; do
        if ((SECONDS >= until_s)) || ! grep -q 'Could not get lock' "$install_log"; then
            tail -n 20 "$install_log" >&2
            die "apt-get could not update its lists of packages (all of its output: $install_log)"
        fi
        [[ -n $said ]] || say "Another program is using apt; waiting up to $((apt_patience_s / 60)) minutes for it …"
        said=yes
        sleep 2
    done
)

# install_packages SECTION…: installs what is missing, and does nothing at all when nothing is.
install_packages() {
    local missing packages
    require_known_release
    if ((EUID == 0)) && [[ " $* " == *' build '* ]]; then
        set -- "$@" cache
    fi
    packages=$(packages_of "$@")
    mapfile -t packages <<<"$packages"
    find_missing "${packages[@]}"
    if ((${#missing[@]} == 0)); then
        return
    fi
    ((EUID == 0)) || die "not root, and these packages are missing: ${missing[*]}
Install them with: apt-get install --no-install-recommends ${missing[*]}"
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    installing=yes
    mkdir -p "${install_log%/*}"
    update_lists
    install_without_services "${missing[@]}" || {
        tail -n 20 "$install_log" >&2
        die "apt-get could not install the packages (all of its output: $install_log)"
    }
    installing=''
}

# use_build_directory: to be called after the arguments are read and before anything is written. Two runs of one script
# would delete each other's files, so the second waits. Children of a run that was killed may still hold the lock.
use_build_directory() {
    local build=$project_dir/build owner
    mkdir -p "$build" 2>/dev/null || die "cannot make $build: is this directory another user's, or read-only?"
    owner=$(stat --format='%U' "$build")
    [[ -w $build ]] || die "$build belongs to $owner, and ${USER:-this user} may not write there; as root, remove it or give it away: chown -R"
    exec {lock}>>"$build/.lock-${0##*/}" || die "cannot write in $build, which belongs to $owner"
    if ! flock --nonblock "$lock"; then
        say "Another ${0##*/} runs in this directory, or what it started still does; waiting for its end …"
        flock "$lock"
    fi
}

# prepare_build DIRECTORY: makes sure that CMake can go on from what lies there.
prepare_build() {
    local cache=$1/CMakeCache.txt future home
    if [[ -e $cache ]]; then
        home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
        if [[ ! $home -ef $project_dir ]]; then
            say "${1#"$project_dir/"} was made for ${home:-an unknown directory}; it is made anew."
            rm -rf "$1"
        fi
    fi
    # With build files from the future, ninja would run CMake again and again until their time has come.
    future=$(find "$project_dir" -path "$project_dir/build" -prune -o \
        \( -name CMakeLists.txt -o -name '*.cmake' -o -name CMakePresets.json \) -newermt '+10 seconds' -print -quit)
    [[ -z $future ]] || die "$future is from $(date --reference="$future"), but the clock says $(date): set the clock, or touch the file"
}

# build_with_progress DIRECTORY LOG TARGET…: says how far it is, on a terminal in one line that changes, elsewhere once
# in a while. All of the output is appended to LOG.
build_with_progress() (
    directory=$1 log=$2
    shift 2
    if [[ -t 1 ]]; then start=$'\r' end=$'\e[K' every_s=1; else start='' end=$'\n' every_s=20; fi
    last_s=0
    export NINJA_STATUS='[%f/%t %e] '
    status=0
    cmake --build "$directory" --parallel "${VALHALLA_JOBS:-$(nproc)}" --target "$@" 2>&1 | tee -a "$log" |
        while IFS= read -r line; do
            [[ $line =~ ^\[([0-9]+)/([0-9]+)\ ([0-9]+) ]] || continue
            done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]} seconds=${BASH_REMATCH[3]}
            ((done > 0 && (seconds - last_s >= every_s || done == all))) || continue
            last_s=$seconds
            left_s=$((seconds * (all - done) / done))
            printf '%s  %d of %d steps, %d:%02d elapsed, about %d:%02d left%s' "$start" "$done" "$all" \
                $((seconds / 60)) $((seconds % 60)) $((left_s / 60)) $((left_s % 60)) "$end"
        done || status=$?
    [[ ! -t 1 ]] || printf '\n'
    exit "$status"
)

# With standard input closed, the next file that is opened would become it.
{ : 3<&0; } 2>/dev/null || exec </dev/null
install_log=$project_dir/build/install.log
