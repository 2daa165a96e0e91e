# SPDX-License-Identifier: Apache-2.0
"""Where programs run (core, scheduling) and what the kernel knows of them: CPU time, memory, system calls."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE = 0
LOADER_CORE = 1
FIFO_PRIORITY = 10
TRACEFS = Path("/sys/kernel/tracing")
EVENTS = ("raw_syscalls:sys_enter", "syscalls:sys_enter_fdatasync", "syscalls:sys_enter_fsync")
TICKS = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """The benchmark itself cannot go on: the message says why, and what to do."""


@dataclass(frozen=True)
class Placement:
    """A server has one core, with all its threads, and who loads it another."""

    realtime: bool = False

    def server(self, command: list[str], user: str | None = None) -> list[str]:
        return self._at(SERVER_CORE, command, user)

    def loader(self, command: list[str]) -> list[str]:
        return self._at(LOADER_CORE, command, None)

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """This process as a loader, for as long as it measures by itself."""
        cores, policy, parameter = os.sched_getaffinity(0), os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setaffinity(0, {LOADER_CORE})
        if self.realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
        gc.disable()
        try:
            yield
        finally:
            gc.enable()
            os.sched_setscheduler(0, policy, parameter)
            os.sched_setaffinity(0, cores)

    def _at(self, core: int, command: list[str], user: str | None) -> list[str]:
        """Programs that become the next one, so that the process started is the program wanted. It ends with us."""
        realtime = ["chrt", "--fifo", str(FIFO_PRIORITY)] if self.realtime else []
        identity = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        return ["taskset", "--cpu-list", str(core), *realtime, "setpriv", *identity, "--pdeathsig", "TERM", *command]


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads, its children, and those of them that have ended."""
    ticks = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile, so its parent has its time
        ticks += sum(map(int, fields[11:15] if one == pid else fields[11:13]))
    return ticks / TICKS


def status_kib(pid: int, field: str) -> int:
    """VmRSS (now) or VmHWM (the most so far)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise Broken(f"/proc/{pid}/status has no {field}")


def memory_mib(pid: int) -> float:
    """Resident memory; of several processes their proportional shares, for they share most of it."""
    processes = family(pid)
    if len(processes) == 1:
        return status_kib(pid, "VmRSS") / 1024
    total = 0
    for one in processes:
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def forget_peak_memory(pid: int):
    """From here on VmHWM is the most since now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass(frozen=True)
class Counted:
    output: str
    syscalls: int
    syncs: int
    seconds: float


class Counters:
    """perf stat, where it is to be had: as root, with tracefs."""

    def __init__(self, directory: Path):
        self._file = directory / "perf"
        self.problem = self._find_problem()

    def __bool__(self) -> bool:
        return not self.problem

    def run(self, command: list[str], pids: list[int] | None = None) -> Counted:
        """Counts in these processes (else in the command itself) while the command runs."""
        whom = ["-p", ",".join(map(str, pids))] if pids else []
        start = time.monotonic()
        done = subprocess.run(["perf", "stat", "-x,", "-o", str(self._file), "-e", ",".join(EVENTS), *whom, "--", *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        seconds = time.monotonic() - start
        if done.returncode != 0:
            raise Broken(f"perf stat of {command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        counts = dict.fromkeys(EVENTS, 0)
        for line in self._file.read_text().splitlines():
            fields = line.split(",")
            if len(fields) > 2 and fields[2] in counts and fields[0].isdigit():
                counts[fields[2]] = int(fields[0])
        every, fdatasync, fsync = (counts[e] for e in EVENTS)
        return Counted(done.stdout, every, fdatasync + fsync, seconds)

    def _find_problem(self) -> str:
        if not shutil.which("perf"):
            return "perf is not installed"
        if os.geteuid() != 0:
            return "counting system calls needs root"
        if not (TRACEFS / "events").exists():
            subprocess.run(["mount", "-t", "tracefs", "tracefs", str(TRACEFS)], capture_output=True)
        try:
            counted = self.run(["true"])
        except Broken as problem:
            return str(problem)
        return "" if counted.syscalls else "perf counts no system calls"
