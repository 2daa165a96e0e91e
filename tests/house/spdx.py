#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every source file begins with the SPDX line (a script: right after its #! line), and every header guards itself.

    spdx.py SOURCE_DIR
"""

import sys
from pathlib import Path

FOLDERS = ("schema", "ipc", "daemon", "tests", "packaging", ".ci")
LINE = "SPDX-License-Identifier: Apache-2.0"


def is_source(file: Path) -> bool:
    if file.suffix in {".cpp", ".hpp", ".py", ".bash"} or file.name.endswith(".hpp.in"):
        return True
    return file.suffix == "" and file.open("rb").read(2) == b"#!"


def check(file: Path) -> str | None:
    lines = file.read_text(encoding="utf-8").splitlines()
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    if not lines or lines[0] not in {f"// {LINE}", f"# {LINE}"}:
        return "does not begin with the SPDX line"
    if ".hpp" in file.suffixes and "#pragma once" not in lines:
        return "has no `#pragma once`"
    return None


def main() -> int:
    root = Path(sys.argv[1])
    files = [f for top in FOLDERS for f in sorted((root / top).rglob("*")) if f.is_file() and "__pycache__" not in f.parts]
    sources = [f for f in files if is_source(f)]
    problems = [f"{f.relative_to(root)}: {p}" for f in sources if (p := check(f))]
    print("\n".join(problems) if problems else f"{len(sources)} files, each with its SPDX line")
    return 1 if problems or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
