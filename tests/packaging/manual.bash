#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual is complete: every page is made without a complaint, and names every command and option of its program.
# Exits with 77 (skipped) where scdoc is not installed.
#   manual.bash SOURCE_DIR PYTHON VALHALLAD VALHALLACTL VALHALLA_VERIFY VALHALLA_GATEWAY
set -euo pipefail
command -v scdoc >/dev/null || {
    echo "skipped: scdoc is not installed"
    exit 77
}
man=$1/packaging/man python=$2
shift 2
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
for template in "$man"/*.scd; do
    page=$pages/$(basename "$template" .scd)
    "$python" -B "$man/generate.py" "$template" 0 "$man/.." "$@" >"$page.scd"
    scdoc <"$page.scd" >"$page"
done

names() { # PROGRAM PAGE: what --help lists at the beginning of its lines stands in the page
    local word
    while read -r word; do
        grep -qF -- "*$word*" "$pages/$2.scd" || grep -qxE -- "## $word( .*)?" "$pages/$2.scd" || {
            echo "$2 does not have $word"
            exit 1
        }
    done < <("$1" --help | sed -nE 's/^  (-h,)?([-a-z]+).*/\2/p')
}
# CLI11's words, which say nothing to a reader of a manual.
if grep -nE 'Needs: |Excludes: | REQUIRED|^[*].*:[A-Z]{2,}' "$pages"/*.scd | grep -v ADDRESS:PORT; then
    echo "this is not for a manual"
    exit 1
fi
names "$1" valhallad.8
names "$2" valhallactl.1
names "$3" valhalla-verify.1
names "$4" valhalla-gateway.8
for configuration in valhallad.toml gateway.toml; do
    while read -r key; do
        grep -qF -- "$key* = " "$pages/$configuration.5.scd" || {
            echo "$configuration.5 does not have $key"
            exit 1
        }
    done < <(sed -nE 's/^#([a-z_]+) = .*/\1/p' "$man/../$configuration" | sed 's/_/\\_/g')
done
while read -r method; do
    grep -qF -- "$method" "$pages/valhallad-protocol.7.scd" || {
        echo "valhallad-protocol.7 does not have $method"
        exit 1
    }
done < <("$2" describe --json | grep -oE '"name":"[a-z]+\.[a-z_]+"' | cut -d'"' -f4 | sed 's/_/\\_/g')
echo "$(find "$pages" -name '*.scd' | wc -l) pages, complete"
