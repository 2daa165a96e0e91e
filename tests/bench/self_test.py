# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of tests/bench/compare and gateway: what they make of figures that are known. Nothing is started."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

import cells
import http_cells
import large
import processes
import report
from loads import Figures, median_of, percentile, transactions


def figures(per_second: float, p50: float = 10, p99: float = 20) -> Figures:
    return Figures(per_second, p50, p99, p99)


class Arithmetic(unittest.TestCase):
    def test_median_of_rounds_goes_field_by_field_and_past_what_is_missing(self):
        samples = [figures(30, p50=1), figures(10, p50=3), figures(20, p50=2)]
        samples[2].syscalls = 7.0
        median = median_of(samples)
        self.assertEqual((median.per_second, median.p50_us, median.syscalls, median.cpu_us), (20, 2, 7.0, None))

    def test_percentiles(self):
        self.assertEqual([percentile(list(range(101)), p) for p in (0, 0.5, 0.99, 1)], [0, 50, 99, 100])
        self.assertEqual(percentile([], 0.5), 0)

    def test_log_of_pgbench(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "pgbench_log.1").write_text("0 0 150 0 1700000000 000250\n3 1 90 0 1700000001 5\n")
            self.assertEqual(transactions(Path(directory)), [(1700000000000250, 150), (1700000001000005, 90)])

    def test_cpu_time_of_this_process_grows_with_work(self):
        before = processes.cpu_seconds(os.getpid())
        while processes.cpu_seconds(os.getpid()) < before + 0.05:
            sum(range(10_000))
        self.assertGreater(processes.status_kib(os.getpid(), "VmRSS"), 1000)


class Goals(unittest.TestCase):
    def judged(self, name: str, medians: dict[str, Figures]) -> list[dict]:
        group = next(g for g in cells.groups(512) if g.name == name)
        self.assertEqual({c.key for c in group.cells} - medians.keys(), set(), "cells without figures")
        return report.judged(group.goals(medians))

    def test_every_goal_of_every_group_is_computed_from_cells_of_that_group(self):
        for group in cells.groups(512):
            with self.subTest(group.name):
                self.judged(group.name, {c.key: figures(100) for c in group.cells})

    def test_a_ratio_is_ours_by_theirs(self):
        group = next(g for g in cells.groups(512) if g.name == "reads")
        speeds = {"valhallad": {1: 100, 16: 129, 64: 161}, "Redis": {1: 100, 16: 100, 64: 100}}
        found = self.judged("reads", {c.key: figures(speeds[c.contender][c.depth]) for c in group.cells})
        self.assertEqual([(r["wanted"], r["measured"], r["met"]) for r in found],
                         [(1.0, 1.0, True), (1.3, 1.29, False), (1.6, 1.61, True)])

    def test_a_tail_is_bounded_from_above(self):
        group = next(g for g in cells.groups(512) if g.name == "writes")
        found = self.judged("writes", {c.key: figures(100, p50=10, p99=31) for c in group.cells})
        self.assertEqual((found[-1]["measured"], found[-1]["met"]), (3.1, False))

    def test_fewer_connections_leave_no_cell_twice(self):
        for group in cells.groups(20):
            ours = [c.key for c in group.cells]
            self.assertEqual(len(ours), len(set(ours)), group.name)
            self.assertTrue(all(c.connections <= 20 for c in group.cells))

    def test_goals_of_long_trails(self):
        trails = large.cells(200_000, 512)
        self.assertEqual({c.records for c in trails}, {10_000, 100_000, 200_000})
        medians = {c.key: figures(80 if c.records == 200_000 else 100) for c in trails}
        kinds = ("event", "session", "actor", "time range")
        probed = {f"audit.list by {k}, p99": 1.5 for k in kinds} | {"export": 6e5, "start, warm": 20, "start, cold": 120,
                                                                  "memory when idle": 14}
        met = {r["goal"]: r["met"] for r in report.judged(large.goals(medians, probed, trails))}
        self.assertEqual([name for name, was_met in met.items() if not was_met],
                         ["cone.decide 64x16, 200,000 records : 10,000 records, requests/s", "start, cold"])


class GatewayGoals(unittest.TestCase):
    def judged(self, name: str, values: dict[tuple[str, str], Figures]) -> dict[str, tuple[float, bool]]:
        group = next(g for g in http_cells.groups() if g.name == name)
        medians = {c.key: values[c.contender, c.work] for c in group.cells}
        return {r["goal"]: (r["measured"], r["met"]) for r in report.judged(group.goals(medians))}

    def test_reads_are_held_against_each_of_the_others(self):
        found = self.judged("reads", {("valhalla-gateway", http_cells.GET): figures(150),
                                      ("nginx", http_cells.FILE): figures(100),
                                      ("nginx", http_cells.CACHED_FILE): figures(150),
                                      ("FastAPI", http_cells.GET): figures(10)})
        self.assertEqual(list(found.values()), [(1.5, True), (1.0, False), (15, True)])

    def test_decisions_are_held_against_the_socket(self):
        found = self.judged("writes", {("valhalla-gateway", http_cells.POST): figures(64), ("valhallad", "cone.decide"): figures(100)})
        self.assertEqual(list(found.values()), [(0.64, False)])

    def test_streams_are_judged_by_their_tail_and_memory_by_the_most_of_all_cells(self):
        streams = next(g for g in http_cells.groups() if g.name == "streams").cells[0]
        found = self.judged("streams", {(streams.contender, streams.work): figures(1, p99=100_500)})
        self.assertEqual(list(found.values()), [(100.5, False)])
        memory = next(g for g in http_cells.groups() if g.name == "memory")
        values = {(c.contender, c.work): figures(1) for c in memory.cells}
        for peak, one in enumerate(values.values()):
            one.peak_mib = 61.0 + peak
        self.assertEqual(list(self.judged("memory", values).values()), [(64.0, True)])

    def test_what_wrk_says_before_its_script_is_passed_over(self):
        self.assertEqual(http_cells.last_line("Running 1s test\n  2 threads\n{\"errors\":0}\n"), '{"errors":0}')


class Document(unittest.TestCase):
    def test_figures_replace_those_before_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory:
            document = Path(directory, "PERFORMANCE.md")
            marks = {command: report.begin_mark(command) for command in ("compare", "gateway")}
            document.write_text("".join(f"above\n{mark}\n{report.END}\nbelow\n" for mark in marks.values()))
            report.write_document(document, "gateway", ["one"])
            report.write_document(document, "gateway", ["two"])
            self.assertEqual(document.read_text(), f"above\n{marks['compare']}\n{report.END}\nbelow\n"
                             f"above\n{marks['gateway']}\n```text\ntwo\n```\n{report.END}\nbelow\n")

    def test_the_document_has_a_block_for_each_command(self):
        text = (Path(__file__).parent / "PERFORMANCE.md").read_text()
        for command in ("compare", "gateway"):
            self.assertIn(report.END, text.partition(report.begin_mark(command))[2])


if __name__ == "__main__":
    unittest.main()
