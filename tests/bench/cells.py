# SPDX-License-Identifier: Apache-2.0
"""What is measured, and which goals follow from it. A cell is one contender doing one work over so many connections;
each measurement of it begins with a fresh server on an empty store, the only one that runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from client import Client
from loads import Bench, Figures, load, load_postgresql, load_sqlite
from servers import PostgreSQL, Redis, Valhallad

DECIDE = ["--method", "cone.decide", "--params", '{"engine":"wholesaling","action":"run"}']
STATUS = ["--method", "session.status"]
MIXED = [*STATUS, "--other-method", "cone.decide", "--other-params", DECIDE[-1], "--other-every", "10"]
REDIS_VALUE = "v" * 400  # somewhat less than what session.status answers while a session is active
REDIS_RECORD = "r" * 200
READS_DEPTHS = {1: 1.0, 16: 1.3, 64: 1.6}
WRITES_SHAPES = ((1, 1), (64, 1), (64, 16))
CURVE = (1, 4, 16, 64, 256, 512)
BATCHES = (1, 64, 1024)


@dataclass(frozen=True)
class Cell:
    contender: str
    work: str
    connections: int = 1
    depth: int = 1

    @property
    def shape(self) -> str:
        return f"{self.connections}x{self.depth}"

    @property
    def key(self) -> str:
        return f"{self.contender} {self.work} {self.shape}"

    def sample(self, bench: Bench, count: bool) -> Figures:
        """`count`: also count system calls, in a pass of its own."""
        raise NotImplementedError


class DaemonCell(Cell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        arguments = {"session.status": STATUS, "cone.decide": DECIDE, "mixed 9:1": MIXED}[self.work]
        with Valhallad(bench.valhallad, bench.workspace, bench.placement, self.connections) as server:
            begin_session(server)
            return load(bench, server, arguments, self.connections, self.depth, count)


class RedisCell(Cell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        durable = self.work == "XADD"
        with Redis(bench.workspace, bench.placement, durable) as server:
            server.set("key", REDIS_VALUE)
            words = ["XADD", "stream", "*", "record", REDIS_RECORD] if durable else ["GET", "key"]
            return load(bench, server, [w for word in words for w in ("--resp", word)], self.connections, self.depth, count)


class PostgresCell(Cell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        record = decision_record(bench)
        with PostgreSQL(bench.workspace, bench.placement, self.connections) as server:
            return load_postgresql(bench, server, record, self.connections, count)


@dataclass(frozen=True)
class SqliteCell(Cell):
    batch: int = 1

    @property
    def shape(self) -> str:
        return f"batch {self.batch}"

    def sample(self, bench: Bench, count: bool) -> Figures:
        return load_sqlite(bench, self.batch, count)


def begin_session(server: Valhallad):
    """Operators read and decide while their session is active: the answer is longer, the record belongs to it."""
    with Client(server.socket) as client:
        client.call("session.start", notes="weekly review", if_active="supersede")


def decision_record(bench: Bench) -> str:
    """What the daemon itself stores for a decision."""
    with Valhallad(bench.valhallad, bench.workspace, bench.placement, 1) as server, Client(server.socket) as client:
        begin_session(server)
        client.call("cone.decide", engine="wholesaling", action="run")
        record = client.call("audit.list", limit=1)["items"][0]
    return json.dumps(record, separators=(",", ":"))


def daemon(work: str, connections: int, depth: int) -> Cell:
    return DaemonCell("valhallad", work, connections, depth)


@dataclass(frozen=True)
class Goal:
    """What is wanted, and what it is computed from. A value of nothing means that it was not measured."""

    name: str
    wanted: float
    at_least: bool
    value: Callable[[], float | None]
    unit: str = ""

    def met(self, value: float) -> bool:
        return value >= self.wanted if self.at_least else value <= self.wanted


@dataclass(frozen=True)
class Group:
    name: str
    cells: list[Cell]
    goals: Callable[[dict[str, Figures]], list[Goal]]


def rate_goal(medians: dict[str, Figures], ours: Cell, theirs: Cell, wanted: float) -> Goal:
    return Goal(f"{ours.work} {ours.shape} : {theirs.contender} {theirs.work} {theirs.shape}, requests/s", wanted, True,
                lambda: medians[ours.key].per_second / medians[theirs.key].per_second)


def rivals(name: str, pairs: list[tuple[Cell, Cell, float]], others: list[Cell] = (),
           more: Callable[[dict[str, Figures]], list[Goal]] = lambda _: []) -> Group:
    """Ours against theirs, and the ratio that is wanted."""
    return Group(name, [cell for ours, theirs, _ in pairs for cell in (ours, theirs)] + list(others),
                 lambda m: [rate_goal(m, *pair) for pair in pairs] + more(m))


def groups(most_connections: int) -> list[Group]:
    def few(connections: int) -> int:
        return min(connections, most_connections)

    def decide(connections: int, depth: int) -> Cell:
        return daemon("cone.decide", few(connections), depth)

    def tail(m: dict[str, Figures]) -> list[Goal]:
        many = decide(64, 16)
        return [Goal(f"cone.decide {many.shape}: p99 : p50", 3, False, lambda: m[many.key].p99_us / m[many.key].p50_us)]

    reads = [(daemon("session.status", few(50), depth), RedisCell("Redis", "GET", few(50), depth), wanted)
             for depth, wanted in READS_DEPTHS.items()]
    writes = [(decide(c, d), RedisCell("Redis", "XADD", few(c), d), 1.3) for c, d in WRITES_SHAPES]
    inserts = [(decide(c, 1), PostgresCell("PostgreSQL", "INSERT", few(c), 1), wanted)
               for c, wanted in ((1, 1.0), (64, 3.0))]
    rows = [SqliteCell("SQLite", "INSERT", batch=batch) for batch in BATCHES]
    alone, mixed = daemon("session.status", few(50), 1), daemon("mixed 9:1", few(50), 1)
    curve = list(dict.fromkeys(daemon(work, few(c), 1) for c in CURVE for work in ("session.status", "cone.decide")))
    return [
        rivals("reads", reads),
        rivals("writes", writes, more=tail),
        rivals("postgresql", inserts),
        rivals("sqlite", [(decide(256, 16), rows[-1], 0.6)], rows[:-1]),
        Group("mixed", [alone, mixed],
              lambda m: [Goal(f"session.status {mixed.shape}: p99 beside decisions : p99 alone", 2, False,
                              lambda: m[mixed.key].p99_us / m[alone.key].p99_us)]),
        Group("curve", curve, lambda _: []),
    ]
