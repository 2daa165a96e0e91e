#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon under the system call filter of its unit: these tests once more, with a process that is killed when it makes a
call which the unit does not allow. Every day a part of them, each kind of work once; with VALHALLA_FILTER=all (run-tests --long)
all that drive the daemon."""

import importlib
import os
import shlex
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import harness
import place

UNIT = harness.SOURCE_DIR / "packaging/systemd/valhallad.service"
FILTER = [sys.executable, "-B", str(Path(__file__).with_name("service_filter.py")), str(UNIT)]
# Sessions, proofs, signals, exports, uploads, imports, reloads, restarts, inherited sockets, metrics, files for a frontend,
# backups, a restore's first start.
EVERYDAY = ("test_session", "test_audit", "test_governance", "test_roundtrip", "test_retry", "test_service", "test_metrics",
            "test_frontend_files.Readers", "test_backup.Backup", "test_restore.Restore.test_an_older_backup")
# Of other people's programs, of packages and of shells; with a socket that the daemon itself gives to a group (chown), which is
# systemd's work in the service; with a journal, which needs root beside the filter; and what traces the daemon, which the
# filter kills.
ELSEWHERE = {"test_syscall_filter", "test_independent", "test_installed_client", "test_foreign_clients", "test_completion",
             "test_attacks", "test_journal"}
TRACED = ("test_restore.Crash", "test_frontend_files.Traced")


class Filter(unittest.TestCase):
    """What kills nobody proves nothing."""

    def run_filtered(self, *command: str) -> int:
        return subprocess.run([*FILTER, *command], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode

    def test_it_lets_through_what_every_program_does(self):
        self.assertEqual(self.run_filtered("/bin/true"), 0)

    def test_it_kills_who_makes_a_privileged_call(self):
        self.assertEqual(self.run_filtered("/usr/sbin/chroot", "/", "/bin/true"), -signal.SIGSYS)

    def test_it_kills_who_takes_more_than_his_share(self):
        self.assertEqual(self.run_filtered("/usr/bin/nice", "-n", "5", "/bin/true"), -signal.SIGSYS)

    def test_it_kills_who_mounts(self):
        self.assertEqual(self.run_filtered("/usr/bin/mount", "-t", "tmpfs", "none", "/nowhere"), -signal.SIGSYS)


def as_the_service_would() -> int:
    """Not as root: SQLite makes calls for root alone (fchown) that the service neither makes nor may make. With copies of
    the tests and of the programs, for all of them may lie where nobody else may look."""
    with place.directory_for_all() as directory:
        for part in ("tests", "packaging", "ipc", "daemon"):
            place.copy_for_all(harness.SOURCE_DIR / part, directory)
        copies = {variable: str(place.copy_for_all(harness.program(variable), directory)) for variable in ("VALHALLAD", "VALHALLACTL")}
        place.copy_for_all(Path(harness.program("VALHALLAD")).with_name("valhalla-verify"), directory)
        tests = directory / Path(__file__).relative_to(harness.SOURCE_DIR).parent
        return subprocess.run([*place.as_user("daemon", "daemon"), sys.executable, "-B", tests / Path(__file__).name, *sys.argv[1:]],
                              check=False, env={**os.environ, **copies, "PYTHONPATH": str(tests)}).returncode


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite([loader.loadTestsFromTestCase(Filter)])
    if os.environ.get("VALHALLA_FILTER") == "all":
        modules = {file.stem for file in Path(__file__).parent.glob("test_*.py")} - ELSEWHERE
        for module in map(importlib.import_module, sorted(modules)):
            suite.addTests(case for case in loader.loadTestsFromModule(module) if case.countTestCases()
                           and not next(iter(case)).id().startswith(TRACED))
    else:
        suite.addTests(loader.loadTestsFromName(part) for part in EVERYDAY)
    return suite


def main():
    try:
        import seccomp as _
        subprocess.run(["systemd-analyze", "--version"], capture_output=True, check=True)
    except (ImportError, FileNotFoundError) as missing:
        print(f"skipped: {missing}; packaging/dependencies names the packages")
        sys.exit(place.SKIPPED)
    if os.geteuid() == 0:
        if not place.can_be_others():
            print("skipped: root cannot be another user here")
            sys.exit(place.SKIPPED)
        try:
            sys.exit(as_the_service_would())
        except unittest.SkipTest as why:
            print(f"skipped: {why}")
            sys.exit(place.SKIPPED)
    with place.programs_directory() as directory:
        filtered = directory / "valhallad"
        filtered.write_text(f'#!/bin/sh\nexec {shlex.join([*FILTER, harness.program("VALHALLAD")])} "$@"\n')
        filtered.chmod(0o755)
        (directory / "valhalla-verify").symlink_to(Path(harness.program("VALHALLAD")).with_name("valhalla-verify"))
        os.environ["VALHALLAD"] = str(filtered)
        harness.main()


if __name__ == "__main__":
    main()
