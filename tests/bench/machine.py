# SPDX-License-Identifier: Apache-2.0
"""Where figures come from: the machine, its disk, and the versions of everything that was measured."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import time
from pathlib import Path
from statistics import median

from processes import FIFO_PRIORITY, Placement
from servers import POSTGRES, Workspace, redis_program

SYNCS = 100


def describe(workspace: Workspace, placement: Placement, versions: dict[str, str]) -> dict:
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release().split("-")[0],
        "system": system_name(),
        "disk": disk(workspace.data),
        "sync_us": sync_us(workspace.data),
        "load_average": os.getloadavg()[0],
        "scheduling": f"SCHED_FIFO {FIFO_PRIORITY} for server and loader (--realtime)" if placement.realtime else "normal",
        "versions": versions,
        "revision": first_line(["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]),
    }


def store_versions(valhallad: Path, workspace: Workspace) -> dict[str, str]:
    return {
        "valhallad": first_line([str(valhallad), "--version"]),
        "Redis": first_line([redis_program(workspace), "--version"]).partition(" sha=")[0],
        "PostgreSQL": first_line([str(POSTGRES / "postgres"), "--version"]),
        "SQLite": f"SQLite {sqlite3.sqlite_version}",
    }


def first_line(command: list[str]) -> str:
    """What a program says of itself first; some say it where others complain."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    said = done.stdout.strip() or ("" if done.returncode else done.stderr.strip())
    return said.partition("\n")[0] or "unknown"


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def system_name() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")


def disk(directory: Path) -> str:
    """Device and file system, and whether the kernel takes it for a disk that turns (as it does for many virtual ones)."""
    found = subprocess.run(["findmnt", "--json", "--output", "SOURCE,FSTYPE", "--target", str(directory)],
                           capture_output=True, text=True)
    if found.returncode != 0:
        return "unknown"
    mounted = json.loads(found.stdout)["filesystems"][0]
    name = os.path.basename(mounted["source"])
    queue = Path(f"/sys/class/block/{name}").resolve()
    for place in (queue, queue.parent):  # a partition's disk is the directory above
        rotational = place / "queue" / "rotational"
        if rotational.exists():
            return f"{name} (rotational: {rotational.read_text().strip()}), {mounted['fstype']}"
    return f"{mounted['source']}, {mounted['fstype']}"


def sync_us(directory: Path) -> int:
    """What a commit cannot be faster than: overwriting 4 KiB and fdatasync, median."""
    file = directory / "sync"
    fd = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(fd, bytes(4096), 0)
        os.fsync(fd)
        took = []
        for _ in range(SYNCS):
            start = time.perf_counter()
            os.pwrite(fd, os.urandom(4096), 0)
            os.fdatasync(fd)
            took.append(time.perf_counter() - start)
    finally:
        os.close(fd)
        file.unlink()
    return round(median(took) * 1e6)
