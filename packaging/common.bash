# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts of packaging/ share: finding the packages of packaging/dependencies and installing those that are
# missing. Sourced, never run; expects `set -euo pipefail`.

project_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Paths within the tree are left out of what an object is kept under, so a second clone finds most of the first one's.
export CCACHE_BASEDIR=$project_dir CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '%s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
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
    local wanted=" $* " section='' name only_in
    require_known_release
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

# Sets `missing` to those of the given packages that are not installed.
find_missing() {
    local name status
    missing=()
    for name in "$@"; do
        status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$name" 2>/dev/null) || status=''
        [[ $status == ii* ]] || missing+=("$name")
    done
}

# Of packages that bring a service we need the programs alone: none starts, neither now nor at the next boot.
install_without_services() (
    umask 022 # whatever the person's is: what is installed is for every user
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '%s\n' '#!/bin/sh' 'exit 101' >"$policy"
        chmod 755 "$policy"
    fi
    apt-get install -qq -y --no-install-recommends "$@" </dev/null >"$install_log" 2>&1 || return 1
    if [[ " $* " == *' prometheus '* ]]; then
        systemctl --root=/ --quiet disable prometheus.service
    fi
)

# install_packages SECTION…: installs what is missing, and does nothing at all when nothing is.
install_packages() {
    local missing packages
    require_known_release
    if ((EUID == 0)) && [[ " $* " == *' build '* ]]; then
        set -- "$@" cache
    fi
    mapfile -t packages < <(packages_of "$@")
    find_missing "${packages[@]}"
    if ((${#missing[@]} == 0)); then
        return
    fi
    ((EUID == 0)) || die "not root, and these packages are missing: ${missing[*]}
Install them with: apt-get install --no-install-recommends ${missing[*]}"
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    (umask 022 && apt-get update -qq) </dev/null
    install_without_services "${missing[@]}" || {
        tail -n 20 "$install_log" >&2
        die "apt-get could not install the packages (all of its output: $install_log)"
    }
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

# Where standard input is closed, what is opened next would take its place.
{ : 3<&0; } 2>/dev/null || exec </dev/null
mkdir -p "$project_dir/build"
install_log=$project_dir/build/install.log
