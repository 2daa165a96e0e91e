# SPDX-License-Identifier: Apache-2.0
"""The table that is printed, and the document that holds it."""

from __future__ import annotations

from pathlib import Path

from cells import Cell, Goal
from large import unit_of
from loads import Figures

END = "<!-- end of the figures -->"
COLUMNS = ("requests/s", "p50", "p99", "p99.9", "CPU µs", "syscalls", "syncs/s", "MiB")


def begin_mark(command: str) -> str:
    """Before the figures that this command of tests/bench writes into the document."""
    return f"<!-- figures: written by `tests/bench/{command} --write-document` -->"


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def duration(us: float) -> str:
    return f"{us:.0f} µs" if us < 1000 else f"{us / 1000:.1f} ms" if us < 100_000 else f"{us / 1000:.0f} ms"


def columns(f: Figures) -> list[str]:
    return [number(f.per_second), duration(f.p50_us), duration(f.p99_us), duration(f.p999_us), number(f.cpu_us, 2),
            number(f.syscalls, 2), number(f.syncs_per_second), number(f.memory_mib, 1)]


def aligned(rows: list[list[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]).rstrip()
            for row in rows]


def cell_table(cells: list[Cell], medians: dict[str, Figures]) -> list[str]:
    rows = [["", *COLUMNS]]
    width = max((len(c.contender) for c in cells), default=0)
    rows += [[f"{c.contender:<{width}}  {c.work} {c.shape}", *columns(medians[c.key])] for c in cells if c.key in medians]
    return aligned(rows)


def probe_table(probed: dict[str, float]) -> list[str]:
    return aligned([[name, number(value, 0 if value >= 1000 else 2), unit_of(name)] for name, value in probed.items()])


def judged(goals: list[Goal]) -> list[dict]:
    found = []
    for goal in goals:
        value = goal.value()
        found.append({"goal": goal.name, "wanted": goal.wanted, "at_least": goal.at_least, "unit": goal.unit,
                      "measured": value, "met": goal.met(value)})
    return found


def goal_table(results: list[dict]) -> list[str]:
    def shown(value: float) -> str:
        return number(value, 0 if value >= 1000 else 2)

    rows = [["goal", "wanted", "measured", ""]]
    for r in results:
        relation = "≥" if r["at_least"] else "≤"
        rows.append([r["goal"], f"{relation} {shown(r['wanted'])}", f"{shown(r['measured'])} {r['unit']}".rstrip(),
                     "met" if r["met"] else "MISSED"])
    return aligned(rows)


def goal_lines(results: list[dict]) -> list[str]:
    """The end of a table, where there are goals."""
    met = sum(r["met"] for r in results)
    return ["", *goal_table(results), f"{met} of {len(results)} goals met"] if results else []


def head(machine: dict, settings: dict) -> list[str]:
    lines = [
        f"{settings['date']}, revision {machine['revision']}",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {machine['system']},"
        f" Linux {machine['kernel']}",
        f"disk {machine['disk']}; 4 KiB and fdatasync: {machine['sync_us']} µs",
        "; ".join(machine["versions"].values()),
        f"rounds: {settings['rounds']}, of {settings['seconds']:g} s each, medians; server on core 0, loader on core 1;"
        f" scheduling {machine['scheduling']}; load average {machine['load_average']:.1f} before",
    ]
    if settings["counters"]:
        lines.append(f"system calls are not counted: {settings['counters']}")
    if settings.get("most_connections", 512) < 512:
        lines.append(f"never more than {settings['most_connections']} connections (--most-connections)")
    return lines


def write_document(document: Path, command: str, lines: list[str]):
    text = document.read_text(encoding="utf-8")
    mark = begin_mark(command)
    before, begin, rest = text.partition(mark)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no block between '{mark}' and '{END}'")
    block = "\n".join([mark, "```text", *lines, "```", END])
    document.write_text(before + block + after, encoding="utf-8")
