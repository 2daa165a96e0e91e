#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an include points in the wrong direction.

    include_direction.py SOURCE_DIR     checks the tree; prints one line for each wrong include
    include_direction.py --self-test    plants each kind of violation in a temporary tree and expects it to be found

The rules are one table, RULES: the longest folder that holds a file decides. A file may include from the folders that
its rule names, and no system header that its rule forbids. Includes are written from the root of the repository.
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple


class Rule(NamedTuple):
    may_include: tuple[str, ...]
    forbidden_system: str = r"(?!)"  # regular expression over the name between < and >; matches nothing by default
    except_folders: tuple[str, ...] = ()  # folders inside may_include that stay out of bounds


SQLITE = r"sqlite3\.h|SQLiteCpp/.*"
SOCKETS = r"boost/asio.*|boost/beast.*|sys/socket\.h|sys/un\.h|netinet/.*"
IMPURE = rf"{SQLITE}|{SOCKETS}|random|ctime|time\.h|fstream|filesystem|iostream|thread|mutex|unistd\.h|fcntl\.h|sys/.*"

RULES = {
    "schema/base": Rule(("schema/base",), f"{SQLITE}|{SOCKETS}"),
    "schema/model": Rule(("schema/base", "schema/model"), f"{SQLITE}|{SOCKETS}"),
    "schema": Rule(("schema",), SOCKETS),
    "ipc": Rule(("ipc", "schema/base"), SQLITE, except_folders=("ipc/ctl", "ipc/http")),
    "ipc/service": Rule(("ipc", "schema/base"), SQLITE, except_folders=("ipc/ctl", "ipc/http", "ipc/client", "ipc/api")),
    "ipc/http": Rule(("ipc", "schema/base"), SQLITE, except_folders=("ipc/ctl", "ipc/client", "ipc/api")),
    "ipc/ctl": Rule(("ipc", "schema/base", "schema/proof"), SQLITE, except_folders=("ipc/http",)),
    "daemon/governor": Rule(("daemon/governor", "schema/base", "schema/model", "schema/proof"), IMPURE),
    "daemon": Rule(("daemon", "ipc", "schema"), except_folders=("ipc/ctl", "ipc/http")),
}
# Purity that an include does not show.
IMPURE_CALLS = re.compile(r"\b(system_clock|steady_clock|random_device|getenv)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".hpp", ".cpp", ".h", ".cc", ".in", ".ipp"}


def inside(path: str, folder: str) -> bool:
    return path.startswith(folder + "/")


def rule_of(path: str) -> Rule | None:
    folders = [folder for folder in RULES if inside(path, folder)]
    return RULES[max(folders, key=len)] if folders else None


def is_ours(name: str) -> bool:
    return name.split("/")[0] in {"schema", "ipc", "daemon", "tests"}


def problem_with(rule: Rule, delimiter: str, name: str) -> str | None:
    if delimiter == '"' and (not is_ours(name) or ".." in name.split("/")):
        return "is not written from the root of the repository"
    if is_ours(name):
        if not any(inside(name, folder) for folder in rule.may_include):
            return f"points in the wrong direction (allowed: {', '.join(rule.may_include)})"
        if any(inside(name, folder) for folder in rule.except_folders):
            return f"points into {', '.join(rule.except_folders)}, which nothing else may use"
    elif re.fullmatch(rule.forbidden_system, name):
        return "is a system header that this folder does without"
    return None


def check(root: Path) -> list[str]:
    problems = []
    for top in ("schema", "ipc", "daemon"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            rule = rule_of(path)
            assert rule is not None, path
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if match := INCLUDE.match(line):
                    if problem := problem_with(rule, match[1], match[2]):
                        problems.append(f"{path}:{number}: {match[1]}{match[2]}: {problem}")
                elif inside(path, "daemon/governor") and (call := IMPURE_CALLS.search(line.split("//")[0])):
                    problems.append(f"{path}:{number}: the governor is pure and does not use {call[0]}")
    return problems


PLANTED = [
    # file, its content, whether it is wrong
    ("schema/store.cpp", '#include "ipc/call.hpp"', True),
    ("schema/store.cpp", '#include "daemon/ledger.hpp"', True),
    ("schema/store.cpp", "#include <daemon/ledger.hpp>", True),
    ("schema/store.hpp", '  #  include "ipc/call.hpp"', True),
    ("schema/store.cpp", '#include "store.hpp"', True),
    ("schema/store.cpp", '#include "../ipc/call.hpp"', True),
    ("schema/store.cpp", "#include <boost/asio/post.hpp>", True),
    ("schema/store.cpp", '#include "schema/store.hpp"\n#include <SQLiteCpp/SQLiteCpp.h>', False),
    ("schema/model/cone.hpp", '#include "schema/store.hpp"', True),
    ("schema/base/printable.cpp", '#include "schema/model/cone.hpp"', True),
    ("schema/base/printable.cpp", '#include "schema/base/utf8.hpp"', False),
    ("ipc/connection.cpp", '#include "schema/base/printable.hpp"', False),
    ("schema/model/cone.hpp", "#include <sqlite3.h>", True),
    ("schema/model/cone.hpp", '#include "schema/model/ids.hpp"', False),
    ("ipc/connection.cpp", '#include "schema/model/cone.hpp"', True),
    ("ipc/connection.cpp", '#include "schema/proof/merkle_tree.hpp"', True),
    ("ipc/connection.cpp", '#include "daemon/version.hpp"', True),
    ("ipc/connection.cpp", '#include "ipc/ctl/screen.hpp"', True),
    ("ipc/connection.cpp", '#include "ipc/call.hpp"\n#include <boost/asio/post.hpp>', False),
    ("ipc/connection.cpp", '#include "ipc/http/limits.hpp"', True),
    ("ipc/http/route.cpp", '#include "schema/model/cone.hpp"', True),
    ("ipc/http/route.cpp", '#include "daemon/version.hpp"', True),
    ("ipc/http/route.cpp", '#include "ipc/client/codec.hpp"', True),
    ("ipc/service/settings_file.cpp", '#include "daemon/config.hpp"', True),
    ("ipc/service/settings_file.cpp", '#include "ipc/http/options.hpp"', True),
    ("ipc/service/settings_file.cpp", '#include "ipc/api/go.hpp"', True),
    ("ipc/service/settings_file.cpp", '#include "ipc/nearest.hpp"\n#include <toml++/toml.h>', False),
    ("ipc/http/options.cpp", '#include "ipc/service/settings_file.hpp"', False),
    ("ipc/http/route.cpp", '#include "ipc/http/limits.hpp"\n#include "ipc/errors.hpp"', False),
    ("ipc/ctl/main.cpp", '#include "ipc/http/limits.hpp"', True),
    ("ipc/ctl/main.cpp", "#include <sqlite3.h>", True),
    ("ipc/ctl/main.cpp", '#include "schema/import.hpp"', True),
    ("ipc/ctl/x.cpp", '#include "schema/proof/merkle_tree.hpp"', False),
    ("ipc/ctl/x.cpp", '#include "schema/reader.hpp"', True),
    ("ipc/ctl/x.cpp", '#include "schema/model/ids.hpp"', True),
    ("ipc/ctl/main.cpp", '#include "ipc/ctl/screen.hpp"\n#include "ipc/client.hpp"', False),
    ("daemon/governor/rules.cpp", '#include "schema/reader.hpp"', True),
    ("daemon/governor/rules.cpp", '#include "daemon/ledger.hpp"', True),
    ("daemon/governor/rules.cpp", '#include "ipc/call.hpp"', True),
    ("daemon/governor/rules.cpp", "#include <random>", True),
    ("daemon/governor/rules.cpp", "auto now = std::chrono::system_clock::now();", True),
    ("daemon/governor/rules.cpp", '#include "schema/model/cone.hpp"\n#include <chrono>  // no system_clock', False),
    ("daemon/main.cpp", '#include "tests/fixture.hpp"', True),
    ("daemon/main.cpp", '#include "ipc/ctl/screen.hpp"', True),
    ("daemon/main.cpp", '#include "ipc/http/limits.hpp"', True),
    ("daemon/main.cpp", '#include "schema/reader.hpp"\n#include "ipc/call.hpp"\n#include "daemon/ledger.hpp"', False),
]


def self_test() -> int:
    failures = 0
    for path, content, wrong in PLANTED:
        with tempfile.TemporaryDirectory() as tree:
            file = Path(tree) / path
            file.parent.mkdir(parents=True)
            file.write_text(content + "\n", encoding="utf-8")
            found = check(Path(tree))
            if bool(found) != wrong:
                failures += 1
                print(f"self-test: {path} with {content!r}: {'not found' if wrong else found}")
    print(f"self-test: {len(PLANTED)} planted files, {failures} misjudged")
    return 1 if failures else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = Path(sys.argv[1])
    problems = check(root)
    print("\n".join(problems) if problems else "every include points in the right direction")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
