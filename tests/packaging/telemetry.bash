#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is shipped for those who watch the daemon. Exits with 77 (skipped) where the program that judges is not installed.
#   telemetry.bash rules SOURCE_DIR      promtool reads the alerts, and they speak of metrics that there are
#   telemetry.bash catalog SOURCE_DIR    journalctl reads the catalog, and finds every kind of line in it
set -euo pipefail
need() {
    command -v "$1" >/dev/null || {
        echo "skipped: $1 is not installed"
        exit 77
    }
}
case $1 in
    rules)
        need promtool
        rules=$2/packaging/prometheus/valhallad.rules.yml
        promtool check rules "$rules"
        while read -r name; do
            grep -qF "\`${name%_bucket}\`" "$2/daemon/METRICS.md" || {
                echo "$rules: there is no metric $name"
                exit 1
            }
        done < <(grep expr: "$rules" | grep -oE '\bvalhalla_[a-z_]+' | sort -u)
        ;;
    catalog)
        need journalctl
        root=$(mktemp -d)
        trap 'rm -rf "$root"' EXIT
        mkdir -p "$root/usr/lib/systemd/catalog"
        cp "$2/packaging/systemd/valhallad.catalog" "$root/usr/lib/systemd/catalog"
        journalctl --update-catalog --root="$root"
        listed=$(journalctl --dump-catalog --root="$root" | grep -c '^-- ') || true
        known=$(grep -c '^inline constexpr message_id ' "$2/daemon/telemetry/message_ids.hpp")
        [[ $listed == "$known" ]] || {
            echo "journalctl lists $listed entries, and there are $known kinds of lines"
            exit 1
        }
        ;;
esac
