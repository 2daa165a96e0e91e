#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what schema/base/printable.cpp asks about characters as tables into a header.

    unicode_tables.py DIRECTORY OUTPUT     DIRECTORY: of the Unicode Character Database, as Debian's unicode-data has it
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

LINE = re.compile(r"([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\w+)")
LAST = 0x10FFFF
# Controls, formats, surrogates, private use, not assigned, separators of lines and paragraphs.
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def values(file: Path) -> Iterator[tuple[int, int, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if match := LINE.match(line):
            first = int(match[1], 16)
            yield first, int(match[2], 16) if match[2] else first, match[3]


def marked(file: Path, wanted: Callable[[str], bool]) -> bytearray:
    marks = bytearray(LAST + 1)
    for first, last, value in values(file):
        if wanted(value):
            marks[first:last + 1] = b"\1" * (last + 1 - first)
    return marks


def joined(*all_marks: bytearray) -> bytearray:
    return bytearray(map(max, *all_marks))


def ranges(marks: bytearray) -> Iterator[tuple[int, int]]:
    at = marks.find(1)
    while at >= 0:
        end = marks.find(0, at)
        yield at, (end if end >= 0 else len(marks)) - 1
        at = marks.find(1, end) if end >= 0 else -1


def tables(data: Path) -> dict[str, tuple[str, bytearray]]:
    categories = data / "extracted" / "DerivedGeneralCategory.txt"
    emoji = data / "emoji" / "emoji-data.txt"
    ignorable = marked(data / "DerivedCoreProperties.txt", lambda name: name == "Default_Ignorable_Code_Point")
    hidden = joined(marked(categories, lambda category: category in HIDDEN), ignorable)
    combining = marked(categories, lambda category: category in {"Mn", "Me"})
    wide = joined(marked(data / "EastAsianWidth.txt", lambda width: width in {"W", "F"}),
                  marked(emoji, lambda name: name == "Emoji_Presentation"))
    seen = bytearray(b and not h for b, h in zip(combining, hidden, strict=True))
    return {
        "hidden": ("General_Category Cc Cf Cs Co Cn Zl Zp, Default_Ignorable_Code_Point", hidden),
        "combining": ("General_Category Mn Me, without those that are hidden", seen),
        "wide": ("East_Asian_Width W F, Emoji_Presentation", wide),
        "pictographs": ("Extended_Pictographic", marked(emoji, lambda name: name == "Extended_Pictographic")),
        "emoji_modifiers": ("Emoji_Modifier", marked(emoji, lambda name: name == "Emoji_Modifier")),
    }


def main() -> int:
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    text = ("// Generated from the Unicode Character Database.\n#pragma once\n\nnamespace valhalla::unicode {\n\n"
            "struct code_range {\n    char32_t first;\n    char32_t last;\n};\n")
    for name, (meaning, marks) in tables(data).items():
        rows = "".join(f"    {{0x{first:04X}, 0x{last:04X}}},\n" for first, last in ranges(marks))
        if not rows:
            print(f"{data}: nothing is {meaning}", file=sys.stderr)
            return 1
        text += f"\n/// {meaning}.\ninline constexpr code_range {name}[]{{\n{rows}}};\n"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text + "\n}  // namespace valhalla::unicode\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
