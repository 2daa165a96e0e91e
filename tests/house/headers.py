#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a header could lean on another one without anybody noticing.

    headers.py SOURCE_DIR     checks the tree; prints one line for each finding
    headers.py --self-test    plants each kind of violation in a temporary tree and expects it to be found

A header says `#pragma once`. A source includes the header of its own name before anything else, so that compiling the
source by itself shows that the header stands alone; headers without such a source get a translation unit of their own
(tests/house/tests.cmake).
"""

import re
import sys
import tempfile
from pathlib import Path

FIRST_INCLUDE = re.compile(r"^\s*#\s*include\s*(\S+)", re.MULTILINE)
PRAGMA = re.compile(r"^#pragma once$", re.MULTILINE)


def problem_with(file: Path, path: str) -> str | None:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".hpp":
        return None if PRAGMA.search(text) else "does not say #pragma once"
    own = file.with_suffix(".hpp")
    if not own.exists():
        return None
    wanted = f'"{Path(path).with_suffix(".hpp").as_posix()}"'
    first = FIRST_INCLUDE.search(text)
    return None if first and first[1] == wanted else f"does not include {wanted} before anything else"


def check(root: Path) -> list[str]:
    problems = []
    for top in ("schema", "ipc", "daemon", "tests"):
        for file in sorted((root / top).rglob("*")):
            path = file.relative_to(root).as_posix()
            if file.suffix in (".hpp", ".cpp") and (problem := problem_with(file, path)):
                problems.append(f"{path}: {problem}")
    return problems


HEADER = "#pragma once\n"
PLANTED = [
    # files and their contents, whether something is wrong
    ({"schema/a.hpp": HEADER, "schema/a.cpp": '// why\n#include "schema/a.hpp"\n#include <string>\n'}, False),
    ({"schema/a.hpp": HEADER, "schema/a.cpp": '#include <string>\n#include "schema/a.hpp"\n'}, True),
    ({"tests/x/a.hpp": HEADER, "tests/x/a.cpp": '#include "a.hpp"\n'}, True),
    ({"daemon/a.hpp": HEADER, "daemon/a.cpp": "int a;\n"}, True),
    ({"ipc/a.hpp": "int a();\n"}, True),
    ({"ipc/a.hpp": "// #pragma once\n"}, True),
    ({"ipc/a.cpp": "#include <string>\n"}, False),
]


def self_test() -> int:
    failures = 0
    for files, wrong in PLANTED:
        with tempfile.TemporaryDirectory() as tree:
            for path, content in files.items():
                file = Path(tree) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
            found = check(Path(tree))
            if bool(found) != wrong:
                failures += 1
                print(f"self-test: {files}: {'not found' if wrong else found}")
    print(f"self-test: {len(PLANTED)} planted trees, {failures} misjudged")
    return 1 if failures else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    problems = check(Path(sys.argv[1]))
    print("\n".join(problems) if problems else "every header stands alone as far as its text shows")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
