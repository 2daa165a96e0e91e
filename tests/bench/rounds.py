# SPDX-License-Identifier: Apache-2.0
"""What the commands of this folder share: their options, what was measured round by round, and how they end."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import report
from loads import Bench, Figures, as_json, median_of
from processes import Broken

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


def positive(kind: type):
    def convert(text: str):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be above zero")
        return value
    convert.__name__ = kind.__name__
    return convert


def add_common_arguments(parser: argparse.ArgumentParser, command: str, names: tuple[str, ...]):
    parser.add_argument("--seconds", type=positive(float), default=3.0, help="of one measurement (default: 3)")
    parser.add_argument("--rounds", type=positive(int), default=5, help="in which everything is measured once (default: 5)")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME",
                        help=f"only this, may be repeated: {', '.join(names)}")
    parser.add_argument("--realtime", action="store_true",
                        help="server and loader under SCHED_FIFO (chrt), for a machine on which other work goes on;"
                             " needs root")
    parser.add_argument("--directory", type=Path, default=PROJECT / "build" / "bench",
                        help="where stores lie while they are measured, so which disk (default: build/bench)")
    parser.add_argument("--json", type=Path, default=PROJECT / "build" / "bench" / f"{command}.json", metavar="FILE",
                        help=f"where the figures go (default: build/bench/{command}.json)")
    parser.add_argument("--write-document", action="store_true", help="put the table into tests/bench/PERFORMANCE.md")


def check_common_arguments(parser: argparse.ArgumentParser, chosen: argparse.Namespace):
    if chosen.realtime and os.geteuid() != 0:
        parser.error("--realtime needs root")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("this needs two cores: one for the server, one for the loader")


def common_settings(chosen: argparse.Namespace, bench: Bench) -> dict:
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "rounds": chosen.rounds,
            "seconds": chosen.seconds, "counters": bench.counters.problem}


def say(text: str):
    """Progress; the table alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def prepare(*targets: str):
    """Installs what is missing, and builds the daemon, its loader and these."""
    if subprocess.run([str(HERE / "prepare"), *targets], stdin=subprocess.DEVNULL).returncode != 0:
        raise Broken("could not install or build what is needed")


@dataclass
class Measured:
    """Every sample of every round."""

    cells: dict[str, list[Figures]] = field(default_factory=lambda: defaultdict(list))
    probes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def took(self, number: int, key: str, figures: Figures):
        self.cells[key].append(figures)
        say(f"round {number}: {key}: {figures.per_second:,.0f}/s, p99 {report.duration(figures.p99_us)}")

    def medians(self) -> dict[str, Figures]:
        return {key: median_of(samples) for key, samples in self.cells.items()}

    def probe_medians(self) -> dict[str, float]:
        return {name: median(values) for name, values in self.probes.items()}

    def cells_as_json(self) -> dict:
        medians = self.medians()
        return {key: {"median": as_json(medians[key]), "rounds": [as_json(s) for s in samples]}
                for key, samples in self.cells.items()}


def finish(chosen: argparse.Namespace, command: str, lines: list[str], figures: dict):
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(lines))
    say(f"written: {chosen.json}")
    if chosen.write_document:
        report.write_document(HERE / "PERFORMANCE.md", command, lines)


def run_to_end(command: str, measure: Callable[[], None]) -> int:
    """The exit code. Servers end with the blocks that started them, so that an ordinary end is needed."""
    def terminated(*_):
        sys.exit(143)

    signal.signal(signal.SIGTERM, terminated)
    try:
        measure()
    except (Broken, OSError) as problem:
        say(f"{command}: {problem}")
        return 1
    except KeyboardInterrupt:
        say(f"{command}: interrupted")
        return 130
    return 0
