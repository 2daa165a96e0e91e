# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What packaging/test-deb and packaging/test-boot share: a fresh Debian 12 in a directory, and the packages to test in
# it. Sourced after common.bash, never run. The bare system is kept as build/chroot/NAME.tar; nothing lies elsewhere.

# shellcheck disable=SC2154  # project_dir is common.bash's
packages=${VALHALLA_PACKAGES:-$project_dir/build/deb}
chroots=$project_dir/build/chroot

require_root() { ((EUID == 0)) || die "this makes a system in a directory, which only root can"; }

# Mounts made from here on are this process's own, and go away with it.
enter_own_mounts() {
    if [[ -z ${VALHALLA_OWN_MOUNTS-} ]]; then
        VALHALLA_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
    fi
}

build_packages_if_missing() {
    compgen -G "$packages/valhallad_*.deb" >/dev/null || "$project_dir/packaging/build-deb"
}

# package NAME: its file.
package() {
    local found
    found=$(compgen -G "$packages/$1_*.deb") || die "build/deb has no package $1; packaging/build-deb makes it"
    say "$found"
}

# fresh_system DIR NAME [PACKAGE…]: a bare Debian 12 with these packages, in DIR.
fresh_system() {
    local directory=$1 tar=$chroots/$2.tar
    shift 2
    rm -rf --one-file-system "$directory"
    mkdir -p "$directory" "$chroots"
    if [[ ! -e $tar ]]; then
        say "Making a bare Debian 12 (output: $tar.log) …"
        debootstrap --variant=minbase ${1+--include="$(IFS=, && say "$*")"} bookworm "$directory" >"$tar.log" 2>&1 || {
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
