# SPDX-License-Identifier: Apache-2.0
"""What tests/bench/gateway measures, and which goals follow from it."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cells import DECIDE, Cell, Goal, Group, daemon, rate_goal
from http_servers import SESSION, FastApi, Gateway, HttpServer, Nginx
from loads import COUNTING_S, Bench, Figures, checked, watched
from processes import Broken

HERE = Path(__file__).resolve().parent
READERS = 50
DECIDERS = 64
STREAMS = 1_000
RECORDS_PER_SECOND = 1_000
DECIDE_TARGET = "/core/cone/decide"
GET, POST, ALL = f"GET {SESSION}", f"POST {DECIDE_TARGET}", "all of it at once"
FILE, CACHED_FILE = "GET of a file", "GET of a file, open_file_cache"


@dataclass(frozen=True)
class HttpCell(Cell):
    """`connections` of wrk, each with one request in flight. For a stream, a reader each."""

    @property
    def shape(self) -> str:
        return str(self.connections)


class GatewayGet(HttpCell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        with gateway_of(bench) as server:
            return load_http(bench, server, self.connections, count)


class GatewayDecide(HttpCell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        with gateway_of(bench) as server:
            return load_http(bench, server, self.connections, count, DECIDE_TARGET, DECIDE[-1])


class NginxGet(HttpCell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        with Nginx(bench.workspace, bench.placement, document_of(bench), self.work == CACHED_FILE) as server:
            return load_http(bench, server, self.connections, count)


class FastApiGet(HttpCell):
    def sample(self, bench: Bench, count: bool) -> Figures:
        document = document_of(bench)
        with FastApi(bench.workspace, bench.placement, document) as server:
            if json.loads(server.get()) != json.loads(document):
                raise Broken("FastAPI answers another document")
            return load_http(bench, server, self.connections, count)


class GatewayStreams(HttpCell):
    """Latency: from the time in the record, which the daemon takes before it commits, to the reader."""

    def sample(self, bench: Bench, count: bool) -> Figures:
        with gateway_of(bench) as server:
            command = streams_command(bench, server, self.connections, bench.seconds)
            said, figures = run_loader(server, command, bench.seconds)
            if said["cut"]:
                raise Broken(f"{said['cut']} of {self.connections} streams were cut off")
            return figures


class GatewayAll(HttpCell):
    """Its figures are those of the reads; what it is for is the memory. The decisions make far more records than the
    readers of the streams can be told, so that some of these are cut off.
    """

    @property
    def shape(self) -> str:
        return f"{READERS} + {DECIDERS} + {STREAMS:,}"

    def sample(self, bench: Bench, count: bool) -> Figures:
        with gateway_of(bench) as server, contextlib.ExitStack() as others:
            beside = [streams_command(bench, server, STREAMS, bench.seconds, "--may-be-cut"),
                      wrk_command(bench, server, DECIDERS, bench.seconds, DECIDE_TARGET, DECIDE[-1])]
            loaders = []
            for command in beside:
                # Into a file: nobody reads it before it ends.
                output = others.enter_context(tempfile.TemporaryFile())
                loaders.append(others.enter_context(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                                                     stderr=subprocess.STDOUT)))
                others.callback(loaders[-1].kill)
            _, figures = run_loader(server, wrk_command(bench, server, READERS, bench.seconds), bench.seconds)
            for command, loader in zip(beside, loaders):
                if loader.wait(bench.seconds + 60) != 0:
                    raise Broken(f"{' '.join(command)} ended with {loader.returncode}")
            figures.peak_mib = server.peak_mib()
            return figures


def gateway_of(bench: Bench) -> Gateway:
    return Gateway(bench.programs, bench.workspace, bench.placement)


@functools.cache
def document_of(bench: Bench) -> bytes:
    """What the gateway answers to GET of the session; each time it is another one as long."""
    with gateway_of(bench) as server:
        return server.get()


def wrk_command(bench: Bench, server: HttpServer, connections: int, seconds: float, target: str = SESSION,
                *body: str) -> list[str]:
    return bench.placement.loader(["wrk", "--threads", "1", "--connections", str(connections), "--duration",
                                   f"{math.ceil(seconds)}s", "--script", str(HERE / "wrk.lua"), server.url(target), "--", *body])


def streams_command(bench: Bench, server: Gateway, streams: int, seconds: float, *more: str) -> list[str]:
    return bench.placement.loader([str(bench.tool("valhalla-bench-streams")), "--port", str(server.port), "--socket",
                                   str(server.daemon.socket), "--streams", str(streams), "--rate", str(RECORDS_PER_SECOND),
                                   "--seconds", str(seconds), *more])


def last_line(output: str) -> str:
    """wrk says much before what its script says."""
    return output.strip().rpartition("\n")[2]


def run_loader(server: HttpServer, command: list[str], seconds: float) -> tuple[dict, Figures]:
    output, cpu, memory = watched(server, command, seconds)
    said = checked(server, last_line(output))
    figures = Figures(said["per_second"], said["p50_us"], said["p99_us"], said["p999_us"],
                      cpu_us=cpu * 1e6 / said["all_replies"], memory_mib=memory)
    if isinstance(server, Gateway):
        figures.peak_mib = server.peak_mib()
    return said, figures


def load_http(bench: Bench, server: HttpServer, connections: int, count: bool, target: str = SESSION,
              *body: str) -> Figures:
    """With wrk, after a second that does not count."""
    subprocess.run(wrk_command(bench, server, connections, 1, target, *body), stdin=subprocess.DEVNULL, capture_output=True,
                   check=True)
    _, figures = run_loader(server, wrk_command(bench, server, connections, bench.seconds, target, *body), bench.seconds)
    if count and bench.counters:
        counted = bench.counters.run(wrk_command(bench, server, connections, COUNTING_S, target, *body), server.pids)
        figures.syscalls = counted.syscalls / checked(server, last_line(counted.output))["all_replies"]
        figures.syncs_per_second = counted.syncs / COUNTING_S
    return figures


def memory_goal(medians: dict[str, Figures], cells: list[Cell]) -> Goal:
    return Goal("valhalla-gateway: resident memory, at most", 64, False,
                lambda: max(medians[c.key].peak_mib for c in cells), "MiB")


def groups() -> list[Group]:
    """By what `--only` names."""
    get = GatewayGet("valhalla-gateway", GET, READERS)
    file, cached_file = (NginxGet("nginx", work, READERS) for work in (FILE, CACHED_FILE))
    fastapi = FastApiGet("FastAPI", GET, READERS)
    decide, socket = GatewayDecide("valhalla-gateway", POST, DECIDERS), daemon("cone.decide", DECIDERS, 1)
    streams = GatewayStreams("valhalla-gateway", f"event streams, {RECORDS_PER_SECOND:,} records/s", STREAMS)
    at_once = GatewayAll("valhalla-gateway", ALL)
    return [
        Group("reads", [get, file, cached_file, fastapi],
              lambda m: [rate_goal(m, get, file, 1.5), rate_goal(m, get, cached_file, 1.2), rate_goal(m, get, fastapi, 5)]),
        Group("writes", [decide, socket], lambda m: [rate_goal(m, decide, socket, 0.65)]),
        Group("streams", [streams],
              lambda m: [Goal(f"{streams.shape} {streams.work}: p99 from the record to the reader", 100, False,
                              lambda: m[streams.key].p99_us / 1000, "ms")]),
        Group("memory", [get, decide, streams, at_once],
              lambda m: [memory_goal(m, [get, decide, streams, at_once])]),
    ]
