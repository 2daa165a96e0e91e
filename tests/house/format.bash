#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every C++ file is formatted as .clang-format says. Exits with 77 (skipped) where clang-format 19 is not installed:
# other versions format differently.
#   format.bash SOURCE_DIR
set -euo pipefail
cd "$1"
command -v clang-format-19 >/dev/null || {
    echo "skipped: clang-format-19 is not installed"
    exit 77
}
mapfile -t files < <(find schema ipc daemon tests -name '*.cpp' -o -name '*.hpp' | sort)
clang-format-19 --dry-run --Werror "${files[@]}"
echo "${#files[@]} files, each formatted"
