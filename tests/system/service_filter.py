#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program under the SystemCallFilter= of the service's unit, without systemd.

    service_filter.py UNIT PROGRAM [ARGUMENT…]

What the unit allows is worked out as systemd.exec(5) says, the groups come from systemd-analyze. Where systemd would
refuse a call with an error, which a program may overlook, the process is killed here (SIGSYS).
"""

import os
import subprocess
import sys
from pathlib import Path

import seccomp

# Always allowed where a list of allowed calls begins (systemd.exec, SystemCallFilter=).
IMPLIED = ("@default",)


def members_of(group: str) -> set[str]:
    """The calls of a group, the groups in it opened."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    calls = set()
    for word in (line.strip() for line in text.splitlines()[1:]):
        if word and not word.startswith("#"):
            calls |= members_of(word) if word.startswith("@") else {word}
    return calls


def calls_of(words: list[str]) -> set[str]:
    return set().union(*(members_of(word) if word.startswith("@") else {word} for word in words))


def allowed_by(unit: Path) -> set[str]:
    allowed = calls_of(list(IMPLIED))
    lines = [line.split("=", 1)[1].strip() for line in unit.read_text(encoding="utf-8").splitlines()
             if line.startswith("SystemCallFilter=")]
    if not lines or lines[0].startswith("~"):
        sys.exit(f"{unit}: its first SystemCallFilter= is no list of allowed calls")
    for line in lines:
        calls = calls_of(line.removeprefix("~").split())
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def apply(allowed: set[str]):
    """From here on, for this process and what it runs. The list spans architectures: what is unknown here is left out."""
    rules = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    for call in allowed:
        if seccomp.resolve_syscall(seccomp.Arch(), call) >= 0:
            rules.add_rule(seccomp.ALLOW, call)
    rules.load()  # sets no_new_privs too


def main():
    unit, *command = sys.argv[1:]
    apply(allowed_by(Path(unit)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
