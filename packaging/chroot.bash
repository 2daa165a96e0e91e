# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts that test in a system of their own share: a fresh Debian in a directory, and the packages to test in
# it. Sourced after common.bash, never run. The bare system is kept as build/chroot/NAME-RELEASE.tar.

# shellcheck disable=SC2154  # project_dir, release and known_releases are common.bash's
chroots=$project_dir/build/chroot
# Users other than root work in these systems, whatever root's umask is.
umask 022

# use_release RELEASE: systems made from here on are that Debian, `package_dir` is where its packages are, and `built_for`
# what their names say of it: after an upgrade of this machine, those of the release before still lie there.
use_release() {
    [[ " ${known_releases[*]} " == *" $1 "* ]] || die "unknown Debian release '$1' (known: ${known_releases[*]})"
    release_inside=$1
    package_dir=$(realpath --canonicalize-missing -- "${VALHALLA_PACKAGES:-$(packages_for "$1")}")
    built_for=${VALHALLA_PACKAGES:+*}
    built_for=${built_for:-*+deb$1}
}

# Packages are built on the release that they are for: build-deb makes this machine's, test-fresh those of the others.
packages_for() {
    if [[ $1 == "$release" ]]; then say "$project_dir/build/deb"; else say "$project_dir/build/deb-$1"; fi
}

require_root() { ((EUID == 0)) || die "this makes a system in a directory, which only root can"; }

# Mounts made from here on are this process's own, and go away with it.
enter_own_mounts() {
    if [[ -z ${VALHALLA_OWN_MOUNTS-} ]]; then
        VALHALLA_OWN_MOUNTS=1 exec bash "$project_dir/tests/own-mounts" "$(realpath "$0")" "$@"
    fi
}

build_packages_if_missing() {
    if compgen -G "$package_dir/valhallad_${built_for}_*.deb" >/dev/null; then
        say "Testing the packages of $(date --reference="$package_dir" '+%F %R') in ${package_dir#"$project_dir/"}."
        return
    fi
    [[ -z ${VALHALLA_PACKAGES-} ]] || die "VALHALLA_PACKAGES names $VALHALLA_PACKAGES, where there are no packages"
    if [[ $release_inside == "$release" ]]; then
        "$project_dir/packaging/build-deb"
    else
        "$project_dir/packaging/test-fresh" "$release_inside" build-deb
    fi
}

# package NAME: its file.
package() {
    local found
    found=$(compgen -G "$package_dir/$1_${built_for}_*.deb") || die "${package_dir#"$project_dir/"} has no package $1 for Debian $release_inside"
    [[ $found != *$'\n'* ]] || die "${package_dir#"$project_dir/"} has several packages $1; leave one of them there"
    say "$found"
}

# fresh_system DIR NAME [PACKAGE…]: a bare Debian with these packages, in DIR.
fresh_system() {
    local directory=$1 tar=$chroots/$2-$release_inside.tar
    shift 2
    rm -rf --one-file-system "$directory"
    mkdir -p "$directory" "$chroots"
    if [[ ! -e $tar ]]; then
        say "Making a bare Debian $release_inside (output: $tar.log) …"
        debootstrap --variant=minbase ${1+--include="$(IFS=, && say "$*")"} "$(suite_of "$release_inside")" "$directory" \
            >"$tar.log" 2>&1 || {
            tail -n 20 "$tar.log" >&2
            die "debootstrap failed"
        }
        tar --create --one-file-system --xattrs --acls --directory "$directory" --file "$tar.new" .
        mv "$tar.new" "$tar"
    else
        tar --extract --xattrs --acls --directory "$directory" --file "$tar"
    fi
    # A system in a directory starts no services, and says so the way Debian asks for.
    printf '#!/bin/sh\nexit 101\n' >"$directory/usr/sbin/policy-rc.d"
    chmod +x "$directory/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$directory/etc/resolv.conf"
    mount -t proc proc "$directory/proc"
    mount --rbind /dev "$directory/dev"
    inside=$directory
}

# Afterwards it is an ordinary directory.
unmount_system() {
    umount "$inside/proc"
    umount --recursive "$inside/dev"
}

remove_system() {
    unmount_system
    rm -rf --one-file-system "$inside"
}

# in_chroot COMMAND…: runs it in the system that was made last.
in_chroot() { chroot "$inside" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# with_version FILE VERSION NEW: the same package under another version, for upgrades.
with_version() {
    local unpacked
    unpacked=$(mktemp -d "$chroots/repack.XXXXXX")
    dpkg-deb --raw-extract "$1" "$unpacked/tree"
    sed -i -e "s/^Version: .*/Version: $2/" -e "s/(= [^)]*)/(= $2)/g" "$unpacked/tree/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$unpacked/tree" "$3" >/dev/null
    rm -rf "$unpacked"
}

# From here on: using what is installed in there, and looking at what it does.

headline() { printf '\n=== %s\n' "$*"; }
expect() { # DESCRIPTION COMMAND…
    local what=$1
    shift
    if "$@" >"$chroots/expect.log" 2>&1; then
        say "ok    $what"
    else
        tail -n 20 "$chroots/expect.log" >&2
        die "not so: $what ($*)"
    fi
}
says() { # TEXT COMMAND…: the command succeeds and its output has TEXT
    local text=$1 output
    shift
    if ! output=$("$@" 2>&1) || [[ $output != *"$text"* ]]; then
        say "$output"
        return 1
    fi
}

refuses() { # TEXT COMMAND…: the command fails and its output has TEXT
    local text=$1 output
    shift
    if output=$("$@" 2>&1) || [[ $output != *"$text"* ]]; then
        say "$output"
        return 1
    fi
}
says_nothing() { # COMMAND…: it succeeds without a word, unlike `says ''`, which anything satisfies
    local output
    if ! output=$("$@" 2>&1) || [[ -n $output ]]; then
        say "$output"
        return 1
    fi
}
apt() { in_chroot apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null; }
install_files() { # FILE…
    rm -rf "$inside/srv/packages"
    mkdir -p "$inside/srv/packages"
    cp "$@" "$inside/srv/packages"
    apt install --allow-downgrades "${@/#*\//./srv/packages/}" >"$chroots/apt.log" 2>&1 || {
        tail -n 30 "$chroots/apt.log" >&2
        die "apt-get install failed"
    }
}

# The daemon as its unit runs it, as far as that goes without systemd.
start_daemon() { # OPTION…
    mkdir -p "$inside/run/valhalla"
    in_chroot chown valhalla: /run/valhalla
    in_chroot setpriv --reuid=valhalla --regid=valhalla --clear-groups \
        valhallad --config /etc/valhalla/valhallad.toml "$@" >>"$chroots/valhallad.log" 2>&1 &
    daemon=$!
    for ((waited = 0; waited < 300; ++waited)); do
        if in_chroot valhallactl call daemon.info >/dev/null 2>&1; then
            return
        fi
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$chroots/valhallad.log" >&2
    die "valhallad did not start"
}
stop_daemon() {
    in_chroot valhallactl call daemon.stop >/dev/null
    wait "$daemon" || die "valhallad did not end well"
    daemon=''
}

# Once, before the first start_daemon.
begin_daemon_log() {
    : >"$chroots/valhallad.log"
    daemon=''
}
