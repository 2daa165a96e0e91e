#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The one list of packages, read as each release of Debian reads it.
#   dependencies.bash SOURCE_DIR
set -euo pipefail
# shellcheck source=packaging/common.bash
. "$1/packaging/common.bash"
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT
list=$1/packaging/dependencies

on() { # ID VERSION_ID COMMAND…: as if this machine were that system
    printf 'ID=%s\nVERSION_ID="%s"\n' "$1" "$2" >"$machine/os-release"
    shift 2
    # shellcheck disable=SC2034  # read by common.bash
    (os_release=$machine/os-release && "$@")
}
expect() { # WANTED GOT
    [[ $2 == "$1" ]] || die "expected '$1', got '$2'"
}

boost_of() { packages_of build | grep -c "boost1.$1-dev"; }
expect 1 "$(on debian 12 boost_of 81)"
expect 1 "$(on debian 13 boost_of 83)"
expect 0 "$(on debian 13 boost_of 81)"
expect "$(on debian 12 packages_of runtime | wc -l)" "$(on debian 13 packages_of runtime | wc -l)"

# A number behind a package is that of a release that somebody knows.
while read -r name only_in; do
    [[ $name != '#'* ]] || continue
    for number in $only_in; do
        [[ " ${known_releases[*]} " == *" $number "* ]] || die "$list: '$name' is for the release '$number', which is not known"
    done
done <"$list"

# What debian/control builds with is in the list; of alternatives, one for each release.
mapfile -t wanted < <(sed -n '/^Build-Depends:/,/^Standards-Version:/s/^ \(.*\),$/\1/p' "$1/packaging/debian/control" |
    sed 's/ *([^)]*)//g; s/:any//g' | grep -v '^debhelper-compat\|^dh-sequence')
((${#wanted[@]} > 10)) || die "packaging/debian/control: no Build-Depends found"
for each in "${known_releases[@]}"; do
    mapfile -t listed < <(on debian "$each" packages_of build package)
    for line in "${wanted[@]}"; do
        found=''
        for name in ${line//|/ }; do
            if [[ " ${listed[*]} " == *" $name "* ]]; then found+=" $name"; fi
        done
        [[ $found =~ ^' '[^' ']+$ ]] || die "Debian $each: Build-Depends wants '$line', of which the list has:${found:- none}"
    done
done

# Any other system is told what works.
refused() { # ID VERSION_ID
    if on "$1" "$2" packages_of build >"$machine/said" 2>&1; then
        die "$1 $2 was taken for a system that is known to work"
    fi
    cat "$machine/said"
}
said=$(refused ubuntu 24.04)
[[ $said == *"known to work on Debian 12 and 13"*"'ubuntu 24.04'" ]] || die "Ubuntu is told: $said"
said=$(refused debian 11)
[[ $said == *"known to work on Debian 12 and 13"*"'debian 11'" ]] || die "Debian 11 is told: $said"
said=$(refused debian '')
[[ $said == *"'debian'" ]] || die "Debian without a number, which is testing, is told: $said"
say "packaging/dependencies: $(grep -c '^[a-z]' "$list") packages, read on Debian ${known_releases[*]}"
