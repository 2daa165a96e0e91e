#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What systemd says about the units. Exits with 77 (skipped) where systemd-analyze is not installed.
#   units.bash verify SOURCE_DIR BIN_DIR      they are sound; the programs in BIN_DIR stand in for the installed ones
#   units.bash security SOURCE_DIR BIN_DIR    what each service can reach stays at an exposure of 0.4 (of 10) at most
set -euo pipefail
command -v systemd-analyze >/dev/null || {
    echo "skipped: systemd-analyze is not installed"
    exit 77
}
units=$(mktemp --directory /tmp/valhalla-units.XXXXXX)
trap 'rm -rf "$units"' EXIT
cp "$2"/packaging/systemd/*.{service,socket,timer} "$units"
ln -s "$3" "$units/bin" # a name without spaces, wherever that is
sed -i "s|^ExecStart=/usr/bin/|ExecStart=$units/bin/|" "$units"/*.service
case $1 in
    verify)
        # Its exit code passes over what it only warns of.
        said=$(systemd-analyze verify --man=no "$units"/*.* 2>&1) || said+=" (exit code $?)"
        [[ -z $said ]] || {
            echo "$said"
            exit 1
        }
        echo "systemd-analyze verify has nothing to say about: $(cd "$units" && echo *.*)"
        ;;
    security)
        for service in "$units"/*.service; do
            # In tenths.
            systemd-analyze security --offline=true --threshold=4 --no-pager "$service"
        done
        ;;
esac
