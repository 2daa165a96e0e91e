#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every shell script parses, and shellcheck has nothing to say about it. Exits with 77 (skipped) where shellcheck is
# not installed and the scripts parse.
#   shell.bash SOURCE_DIR
set -euo pipefail
cd "$1"
mapfile -t scripts < <(grep -rlE --exclude-dir=data '^#!.*\b(ba)?sh$|shellcheck shell=bash' packaging tests .ci | sort)
((${#scripts[@]})) || {
    echo "no script found"
    exit 1
}
for script in "${scripts[@]}"; do
    bash -n "$script"
done
command -v shellcheck >/dev/null || {
    echo "${#scripts[@]} scripts parse; skipped: shellcheck is not installed"
    exit 77
}
shellcheck --external-sources --source-path="$PWD" "${scripts[@]}"
echo "${#scripts[@]} scripts, nothing to say"
