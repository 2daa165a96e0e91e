#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What systemd says about the units. Exits with 77 (skipped) where systemd-analyze is not installed.
#   units.bash verify SOURCE_DIR VALHALLAD      they are sound; VALHALLAD stands in for the installed program
#   units.bash security SOURCE_DIR VALHALLAD    what the service can reach stays below an exposure of 4 (of 10)
set -euo pipefail
command -v systemd-analyze >/dev/null || {
    echo "skipped: systemd-analyze is not installed"
    exit 77
}
units=$(mktemp -d)
trap 'rm -rf "$units"' EXIT
cp "$2"/packaging/systemd/* "$units"
sed -i "s|^ExecStart=/usr/bin/valhallad |ExecStart=$3 |" "$units/valhallad.service"
case $1 in
    verify)
        # Its exit code passes over what it only warns of.
        said=$(systemd-analyze verify --man=no "$units/valhallad.service" "$units/valhallad.socket" 2>&1) || said+=" (exit code $?)"
        [[ -z $said ]] || {
            echo "$said"
            exit 1
        }
        echo "systemd-analyze verify has nothing to say"
        ;;
    security)
        systemd-analyze security --offline=true --threshold=4 --no-pager "$units/valhallad.service"
        ;;
esac
