# SPDX-License-Identifier: Apache-2.0
"""Long trails: whether decisions stay as fast, how soon pages of the trail come, how fast it is exported, how soon a
daemon is ready. Trails are made once and kept; each round works on a copy, so that every round finds the same.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cells import DECIDE, STATUS, Cell, Goal, begin_session
from client import Client
from loads import Bench, Figures, load, percentile
from processes import Broken, forget_peak_memory, memory_mib, status_kib
from servers import Valhallad

HERE = Path(__file__).resolve().parent
QUERIES = 500  # of each kind, each round
PAGE = 100
IDLE_S = 1.0
MADE_OF = (HERE / "fill.cpp", HERE.parents[1] / "schema" / "schema.sql")


@dataclass(frozen=True)
class TrailCell(Cell):
    records: int = 0

    @property
    def shape(self) -> str:
        return f"{self.connections}x{self.depth}, {self.records:,} records"

    def sample_on(self, bench: Bench, state: Path, count: bool) -> Figures:
        arguments = DECIDE if self.work == "cone.decide" else STATUS
        with Valhallad(bench.valhallad, bench.workspace, bench.placement, self.connections, state) as server:
            begin_session(server)
            return load(bench, server, arguments, self.connections, self.depth, count)


def sizes(records: int) -> list[int]:
    powers = [10**e for e in range(4, 12) if 10**e < records]
    return [*powers, records]


def cells(records: int, most_connections: int) -> list[TrailCell]:
    # Reads first: they change nothing.
    return [TrailCell("valhallad", work, min(connections, most_connections), depth, size) for size in sizes(records)
            for work, connections, depth in (("session.status", 50, 16), ("cone.decide", 64, 16))]


def kept_trail(bench: Bench, parent: Path, records: int, say: Callable[[str], None]) -> Path:
    """The state directory with so many records; made where there is none, named after what it is made of."""
    digest = hashlib.sha256(b"".join(f.read_bytes() for f in MADE_OF)).hexdigest()[:8]
    kept = parent / f"trail-{records}-{digest}"
    if kept.exists():
        return kept
    making = parent / f"{kept.name}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    say(f"making {kept} ({records:,} records), which is kept for the next time")
    start = time.monotonic()
    done = subprocess.run([str(bench.tool("valhalla-bench-fill")), "--database", str(making / "valhalla.db"), "--records",
                           str(records)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"valhalla-bench-fill ended with {done.returncode}: {done.stderr.strip()}")
    with Valhallad(bench.valhallad, bench.workspace, bench.placement, 1, making):
        pass  # its key and its anchor
    making.rename(kept)
    say(f"made in {time.monotonic() - start:.0f} s")
    return kept


def working_copy(bench: Bench, kept: Path) -> Path:
    copy = bench.workspace.new_directory() / "state"
    subprocess.run(["cp", "--archive", "--reflink=auto", str(kept), str(copy)], check=True)
    for file in copy.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    return copy


def forget_cached(state: Path):
    """What the kernel has of these files in memory; they are synced, so that all of it may go."""
    for file in state.iterdir():
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def probe(bench: Bench, state: Path, seed: int) -> dict[str, float]:
    """One round of everything but load, in ms, MiB, and records/s."""
    def started() -> Valhallad:
        return Valhallad(bench.valhallad, bench.workspace, bench.placement, 1, state)

    with started() as server:
        found = {"start, warm": server.start_ms}
        time.sleep(IDLE_S)
        found["memory when idle"] = memory_mib(server.pid)
        with Client(server.socket) as client:
            found |= pages(client, random.Random(seed))
            forget_peak_memory(server.pid)
            summary, took = client.timed("export.write")
            found["export"] = summary["tree_size"] / took
            found["memory, most while exporting"] = status_kib(server.pid, "VmHWM") / 1024
    forget_cached(state)  # last, for whoever is asked after it waits for the disk
    with started() as server:
        found["start, cold"] = server.start_ms
    return found


def pages(client: Client, chance: random.Random) -> dict[str, float]:
    """How long a page takes, of every kind, anywhere in the trail."""
    last = client.call("audit.list", limit=1)["items"][0]["seq"]
    # The newest records are the daemon's own of today; the trail before them is even in time.
    low, high = (client.call("audit.list", after=seq - 1, limit=1)["items"][0]["ts_utc"] for seq in (2, last - PAGE))
    begin, length = datetime.fromisoformat(low), datetime.fromisoformat(high) - datetime.fromisoformat(low)
    sessions = [s["id"] for s in client.call("session.list", limit=1000)["items"]]
    if not sessions:
        raise Broken("the trail has no session")

    def before() -> int:
        return chance.randint(PAGE, last)

    def time_range() -> dict:
        since = begin + chance.random() * 0.9 * length
        return {"since": wire(since), "until": wire(since + length / 10)}

    asked = {
        "event": lambda: {"event": chance.choice(("CONE_ALLOW", "CONE_DENY")), "before": before()},
        "session": lambda: {"session": chance.choice(sessions)},
        "actor": lambda: {"actor": f"operator-{chance.randrange(40):02}", "before": before()},
        "time range": time_range,
    }
    found = {}
    for kind, parameters in asked.items():
        took_us = []
        items = 0
        for _ in range(QUERIES):
            page, took = client.timed("audit.list", limit=PAGE, **parameters())
            items += len(page["items"])
            took_us.append(int(took * 1e6))
        if items < QUERIES:
            raise Broken(f"pages by {kind} are empty: {items} records in {QUERIES} pages")
        took_us.sort()
        found[f"audit.list by {kind}, p50"] = percentile(took_us, 0.5) / 1000
        found[f"audit.list by {kind}, p99"] = percentile(took_us, 0.99) / 1000
    return found


def wire(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


UNITS = {"start": "ms", "audit.list": "ms", "memory": "MiB", "export": "records/s"}


def unit_of(name: str) -> str:
    return next(unit for begin, unit in UNITS.items() if name.startswith(begin))


def goals(medians: dict[str, Figures], probed: dict[str, float], trails: list[TrailCell]) -> list[Goal]:
    decisions = [c for c in trails if c.work == "cone.decide"]
    few, many = decisions[0], decisions[-1]
    found = [Goal(f"cone.decide {many.shape} : {few.records:,} records, requests/s", 0.85, True,
                  lambda: medians[many.key].per_second / medians[few.key].per_second)]

    def limit(name: str, wanted: float, at_least: bool = False):
        found.append(Goal(name, wanted, at_least, lambda: probed[name], unit_of(name)))

    for kind in ("event", "session", "actor", "time range"):
        limit(f"audit.list by {kind}, p99", 2)
    limit("export", 500_000, at_least=True)
    limit("start, warm", 100)
    limit("start, cold", 100)
    limit("memory when idle", 32)
    return found
