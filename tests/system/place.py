# SPDX-License-Identifier: Apache-2.0
"""What the place allows in which the tests run: being another user, mounting, tracing, terminals, running
copies of programs.

Each is tried rather than concluded from who runs the tests, because root in a container may be without it. What needs it is
skipped where it cannot be had, and `run` tells each such test in a line that packaging/run-tests collects.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77  # how a program ends that has tested nothing; tests.cmake tells CTest
OWN_MOUNTS = str(Path(__file__).resolve().parents[1] / "own-mounts")


def succeeds(*command: str) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/").returncode == 0


# Other users

def as_user(user: int | str, group: int | str = "users") -> list[str]:
    """What a command begins with that runs as another user. Only root can, and not everywhere."""
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]


@functools.cache
def can_be_others() -> bool:
    return os.geteuid() == 0 and succeeds(*as_user(61_001), "/bin/true")


needs_other_users = unittest.skipUnless(can_be_others(), "only root can be another user, and not without CAP_SETUID")


# Mounts

def mount_tmpfs(test: unittest.TestCase, directory: Path, options: str):
    """A small filesystem for as long as the test runs, which is skipped where nothing can be mounted."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        test.skipTest(f"nothing can be mounted: {mounted.stderr.strip()}")
    test.addCleanup(subprocess.run, ["umount", "--lazy", str(directory)], check=True)


@functools.cache
def can_have_own_mounts() -> bool:
    return succeeds("bash", OWN_MOUNTS, "/bin/true")


# Tracing

@functools.cache
def can_trace() -> bool:
    return bool(shutil.which("strace")) and succeeds("strace", "-f", "-qq", "-o", "/dev/null", "/bin/true")


# Terminals

@functools.cache
def can_make_terminals() -> bool:
    try:
        for end in os.openpty():
            os.close(end)
    except OSError:
        return False
    return True


needs_terminals = unittest.skipUnless(can_make_terminals(), "no terminal can be made (/dev/pts)")


# Directories

@contextlib.contextmanager
def temporary_directory(place: str | Path = "/tmp"):
    path = Path(tempfile.mkdtemp(prefix="valhalla-test-", dir=place))
    try:
        yield path
    finally:
        for folder in [path, *path.rglob("*")]:
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)


def build_directory() -> Path:
    return Path(os.environ["VALHALLAD"]).parent


def runs_programs(place: Path) -> bool:
    return os.access(place, os.W_OK | os.X_OK) and not os.statvfs(place).f_flag & os.ST_NOEXEC


def open_to_all(place: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


@contextlib.contextmanager
def programs_directory():
    """A temporary directory whose programs run: /tmp may be mounted noexec. Sockets have too long a path in it."""
    place = next(filter(runs_programs, (Path("/tmp"), Path("/var/tmp"), build_directory())), None)
    if place is None:
        raise unittest.SkipTest("there is no directory in which programs run")
    with temporary_directory(place) as path:
        yield path


@contextlib.contextmanager
def directory_for_all():
    """The same, open to every user. Raises SkipTest where there is no such place."""
    places = [place for place in (Path("/tmp"), Path("/var/tmp"), build_directory()) if runs_programs(place) and open_to_all(place)]
    if not places:
        raise unittest.SkipTest("there is no directory in which another user can run programs")
    with temporary_directory(places[0]) as path:
        path.chmod(0o755)
        yield path


def copy_for_all(source: str | Path, directory: Path) -> Path:
    """A program or a tree as every user may read and run it, whatever the umask was, and wherever the original lies."""
    target = directory / Path(source).name
    if Path(source).is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
    subprocess.run(["chmod", "--recursive", "a+rX", target], check=True)
    return target


# Telling

def run():
    """The tests of the program that runs; afterwards, each that was skipped in a line of its own."""
    result = unittest.main(module="__main__", verbosity=2, exit=False).result
    for test, why in result.skipped:
        print(f"not tested: {test.id().removeprefix('__main__.')}: {' '.join(why.split())}", flush=True)
    if not result.wasSuccessful() or not result.testsRun + len(result.skipped):
        raise SystemExit(1)
    # What setUpClass skips is not counted as run.
    skipped_tests = sum(isinstance(test, unittest.TestCase) for test, _ in result.skipped)
    if result.testsRun <= skipped_tests:
        raise SystemExit(SKIPPED)
