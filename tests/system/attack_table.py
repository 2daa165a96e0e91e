# SPDX-License-Identifier: Apache-2.0
"""The table of attacks on the gateway. Each test of an attack names the attack and its outcome, and ipc/http/ATTACKS.md is
made from that. test_gateway_attacks.py compares the two; PLAYED_IN names the files with such tests.
"""

from __future__ import annotations

import importlib
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DOCUMENT = TESTS.parent / "ipc" / "http" / "ATTACKS.md"
PLAYED_IN = ("system/test_gateway_attacks.py", "system/test_gateway_keys.py", "system/test_gateway_login.py",
             "system/test_gateway_archive.py", "system/test_gateway_tls.py", "system/test_gateway_streams.py",
             "system/test_gateway_lines.py", "system/test_gateway_bodies.py", "system/test_gateway_trail.py",
             "crash/test_gateway_kill.py")
HEAD = """# Attacks on the gateway

Each row is a test that carries out the attack against the real gateway in front of a real daemon. The tests generate this
table: run `system.gateway_attacks` with `ACCEPT=1` in its environment to write the file again.

| attack | outcome | test |
|---|---|---|
"""


def attack(what: str, outcome: str):
    def mark(test):
        test.attack = (what, outcome)
        return test
    return mark


def rows() -> list[str]:
    found = []
    for file in map(TESTS.joinpath, PLAYED_IN):
        sys.path.insert(0, str(file.parent))
        module = importlib.import_module(file.stem)
        sys.path.pop(0)
        for case in vars(module).values():
            if isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == module.__name__:
                for name, test in vars(case).items():
                    if what := getattr(test, "attack", None):
                        found.append(f"| {what[0]} | {what[1]} | `{file.stem}.{case.__name__}.{name}` |")
    return found


def document() -> str:
    return HEAD + "\n".join(rows()) + "\n"
