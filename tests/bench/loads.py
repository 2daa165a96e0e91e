# SPDX-License-Identifier: Apache-2.0
"""One measurement: a loader on its core, the server on the other, and what both say afterwards."""

from __future__ import annotations

import json
import math
import subprocess
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from processes import Broken, Counters, Placement
from servers import POSTGRES, PostgreSQL, Server, Workspace

WARM_UP_S = 0.5
COUNTING_S = 1.0  # of the pass in which system calls are counted


@dataclass
class Figures:
    """Of one measurement, or the median of several, field by field. Nothing where there is nothing to be had."""

    per_second: float
    p50_us: float
    p99_us: float
    p999_us: float
    cpu_us: float | None = None  # of the server, per request
    memory_mib: float | None = None
    syscalls: float | None = None  # per request
    syncs_per_second: float | None = None
    other_p99_us: float | None = None  # of the other requests in a mix
    peak_mib: float | None = None  # the most resident memory since the server's start


def median_of(samples: list[Figures]) -> Figures:
    def one(name: str) -> float | None:
        values = [v for s in samples if (v := getattr(s, name)) is not None]
        return median(values) if values else None

    return Figures(**{f.name: one(f.name) for f in fields(Figures)})


@dataclass(frozen=True)
class Bench:
    """What every measurement needs."""

    workspace: Workspace
    placement: Placement
    counters: Counters
    programs: Path  # the build directory
    seconds: float
    most_connections: int

    @property
    def valhallad(self) -> Path:
        return self.programs / "valhallad"

    def tool(self, name: str) -> Path:
        return self.programs / "tests" / name


def loader_command(bench: Bench, socket: Path, arguments: list[str], connections: int, depth: int, seconds: float,
                   warm_up: float) -> list[str]:
    return bench.placement.loader([str(bench.tool("valhalla-load")), "--socket", str(socket), "--connections",
                                   str(connections), "--depth", str(depth), "--seconds", str(seconds), "--warm-up",
                                   str(warm_up), *arguments])


def watched(server: Server, command: list[str], seconds: float, cwd: Path | None = None) -> tuple[str, float, float]:
    """Runs a loader; its output, the CPU seconds of the server meanwhile, and its memory halfway through."""
    before = server.cpu_seconds()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          cwd=cwd) as loader:
        try:
            time.sleep(seconds / 2)
            memory = server.memory_mib()
            output, errors = loader.communicate(timeout=seconds + 60)
        except BaseException:
            loader.kill()
            raise
    if loader.returncode != 0:
        raise Broken(f"the loader of {server.name} ended with {loader.returncode}: {errors.strip()[-500:]}\n"
                     f"the server's log ends:\n{server.log.read_text(errors='replace')[-1000:]}")
    return output, server.cpu_seconds() - before, memory


def load(bench: Bench, server: Server, arguments: list[str], connections: int, depth: int, count: bool) -> Figures:
    """With valhalla-load, which speaks to valhallad and to Redis."""
    command = loader_command(bench, server.socket, arguments, connections, depth, bench.seconds, WARM_UP_S)
    output, cpu, memory = watched(server, command, bench.seconds + WARM_UP_S)
    said = checked(server, output)
    figures = Figures(said["per_second"], said["p50_us"], said["p99_us"], said["p999_us"],
                      cpu_us=cpu * 1e6 / said["all_replies"], memory_mib=memory, other_p99_us=said["other_p99_us"] or None)
    if count and bench.counters:
        command = loader_command(bench, server.socket, arguments, connections, depth, COUNTING_S, 0)
        counted = bench.counters.run(command, server.pids)
        figures.syscalls = counted.syscalls / checked(server, counted.output)["all_replies"]
        figures.syncs_per_second = counted.syncs / COUNTING_S
    return figures


def checked(server: Server, output: str) -> dict:
    said = json.loads(output)
    if said["errors"]:
        raise Broken(f"{server.name} refused {said['errors']} of {said['all_replies']} requests")
    if not said["all_replies"]:
        raise Broken(f"{server.name} answered nothing")
    return said


def load_postgresql(bench: Bench, server: PostgreSQL, record: str, connections: int, count: bool) -> Figures:
    """With pgbench: one prepared statement, one row, one transaction. Its log has the time of each."""
    script = server.sockets / "insert.sql"
    script.write_text("INSERT INTO audit (ts, event, record) VALUES (now(), :event, :record);\n")

    def command(seconds: int, *more: str) -> list[str]:
        return bench.placement.loader(
            [str(POSTGRES / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={script}", f"--client={connections}",
             "--jobs=1", f"--time={seconds}", "-h", str(server.sockets), "-U", "bench", "-D", "event=CONE_ALLOW", "-D",
             f"record={record}", *more, "postgres"])

    logs = bench.workspace.new_directory()
    seconds = math.ceil(bench.seconds + WARM_UP_S)
    output, cpu, memory = watched(server, command(seconds, "--log"), seconds, cwd=logs)
    done = transactions(logs)
    begin = min(end - took for end, took in done) + int(WARM_UP_S * 1e6)
    counted_us = sorted(took for end, took in done if end >= begin)
    last = max(end for end, _ in done)
    figures = Figures(len(counted_us) * 1e6 / (last - begin), *(percentile(counted_us, p) for p in (0.5, 0.99, 0.999)),
                      cpu_us=cpu * 1e6 / len(done), memory_mib=memory)
    if count and bench.counters:
        rows = int(server.sql("SELECT count(*) FROM audit"))
        # Those who stay; what they start meanwhile is counted with them.
        stay = server.sql("SELECT pid FROM pg_stat_activity"
                          " WHERE backend_type NOT IN ('client backend', 'autovacuum worker')")
        counted = bench.counters.run(command(math.ceil(COUNTING_S)), [server.pid, *map(int, stay.split())])
        figures.syscalls = counted.syscalls / (int(server.sql("SELECT count(*) FROM audit")) - rows)
        figures.syncs_per_second = counted.syncs / math.ceil(COUNTING_S)
    return figures


def transactions(logs: Path) -> list[tuple[int, int]]:
    """End of each, µs since the epoch, and how long it took, µs."""
    done = []
    for log in logs.glob("pgbench_log.*"):
        for line in log.read_text().splitlines():
            _, _, took, _, epoch, micros, *_ = line.split()
            done.append((int(epoch) * 1_000_000 + int(micros), int(took)))
    if not done:
        raise Broken("pgbench logged no transaction")
    return done


def percentile(ordered: list[int], share: float) -> int:
    return ordered[int(share * (len(ordered) - 1))] if ordered else 0


def load_sqlite(bench: Bench, batch: int, count: bool) -> Figures:
    """No server: the program stores by itself, on the servers' core."""
    directory = bench.workspace.new_directory()

    def command(name: str, seconds: float, warm_up: float) -> list[str]:
        return bench.placement.server([str(bench.tool("valhalla-bench-sqlite")), "--database", str(directory / name),
                                       "--batch", str(batch), "--seconds", str(seconds), "--warm-up", str(warm_up)])

    done = subprocess.run(command("timed.db", bench.seconds, WARM_UP_S), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"valhalla-bench-sqlite ended with {done.returncode}: {done.stderr.strip()}")
    said = json.loads(done.stdout)
    figures = Figures(said["per_second"], said["p50_us"], said["p99_us"], said["p999_us"], cpu_us=said["cpu_us"])
    if count and bench.counters:
        counted = bench.counters.run(command("counted.db", COUNTING_S, 0))
        figures.syscalls = counted.syscalls / json.loads(counted.output)["all_replies"]
        figures.syncs_per_second = counted.syncs / COUNTING_S
    return figures


def as_json(figures: Figures) -> dict:
    return {name: value for name, value in asdict(figures).items() if value is not None}
