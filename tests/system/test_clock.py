# SPDX-License-Identifier: Apache-2.0
"""Somebody sets the clock of the system while the daemon runs: nothing is done twice, nothing ends early or stays."""

import os
import re
import unittest

import harness
from harness import SANITIZED, Daemon, eventually

DAY_S = 86_400


class ClockDaemon(Daemon):
    """A daemon whose wall clock the test sets."""

    def set_clock(self, by_s: int):
        new = self.directory / "clock.new"
        new.write_text(str(by_s))
        new.rename(self.directory / "clock")

    def command(self) -> list[str]:
        return ["/usr/bin/env", f"LD_PRELOAD={os.environ['VALHALLA_WALL_CLOCK']}",
                f"VALHALLA_TEST_CLOCK={self.directory / 'clock'}", *super().command()]

    def lines(self, what: str) -> int:
        return len(re.findall(what, self.log.read_text()))


@unittest.skipIf(SANITIZED, "a sanitizer wants to be loaded first")
class Clock(unittest.TestCase):
    AHEAD = "the trail is ahead of the clock of the system"
    SET_BACK = "the clock of the system was set back by 2 d and shows"

    def append(self, client, key: str) -> int:
        return client.call("audit.append", event="X_A", payload={"n": 1}, request_key=key)["seq"]

    def locked(self, client) -> list[str]:
        return [lock["operator"] for lock in client.call("operator.locks")["items"]]

    def reasons(self, client) -> str:
        return "\n".join(client.call("health.status")["reasons"])

    def metric(self, client, name: str) -> float:
        text = client.call("daemon.metrics")["text"]
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))

    def test_one_wrong_moment_changes_nothing_that_lasts(self):
        with ClockDaemon() as daemon:
            with daemon.client() as client:
                first = self.append(client, "before")
                client.call("operator.lock", operator="anna", reason="left", ttl_s=3600)
                daemon.set_clock(3 * DAY_S)
                eventually(lambda: self.metric(client, "valhalla_clock_set_seconds") > 2 * DAY_S, "it is noticed")
                second = self.append(client, "meanwhile")
                self.assertEqual(self.append(client, "before"), first)
                self.assertEqual(self.locked(client), ["anna"])
                client.call("operator.lock", operator="bert", reason="left", ttl_s=3600)
                daemon.set_clock(0)
                eventually(lambda: abs(self.metric(client, "valhalla_clock_set_seconds")) < 60, "it is noticed")
                self.assertEqual(self.append(client, "before"), first)
                self.assertEqual(self.append(client, "meanwhile"), second)
                self.assertEqual(self.locked(client), ["anna", "bert"])
            daemon.stop()
            told = daemon.lines(self.AHEAD)
            daemon.start()
            with daemon.client() as client:
                self.assertEqual(self.append(client, "before"), first)
                self.assertEqual(self.append(client, "meanwhile"), second)
                self.assertEqual(self.locked(client), ["anna", "bert"])
                client.call("operator.lock", operator="cora", reason="left", ttl_s=1)
                client.call("health.report", source="deadman", level="green", message="fine", ttl_s=1)
                eventually(lambda: "Signal deadman was not renewed" in self.reasons(client), "the signal is stale")
                eventually(lambda: self.locked(client) == ["anna", "bert"], "the lock has run out")
                eventually(lambda: "The trail is ahead of the clock" in self.reasons(client), "health says so")
                self.assertGreater(self.metric(client, "valhalla_trail_ahead_seconds"), 2 * DAY_S)
                self.assertEqual(daemon.lines(self.AHEAD), told + 1)
                daemon.set_clock(3 * DAY_S + 3600)
                eventually(lambda: daemon.lines("the clock of the system has caught up with the trail"), "the log says so")
                self.assertEqual(self.metric(client, "valhalla_trail_ahead_seconds"), 0)
                eventually(lambda: "was set forward by 3 d" in self.reasons(client), "health tells of the leap")
                self.assertGreater(self.metric(client, "valhalla_clock_set_seconds"), 3 * DAY_S)
            daemon.stop()

    def test_a_clock_that_is_set_back_ends_nothing_and_is_told_once(self):
        with ClockDaemon() as daemon, daemon.client() as client:
            client.call("session.start", notes="a")
            daemon.set_clock(-2 * DAY_S)
            client.call("session.note", text="b")
            eventually(lambda: daemon.lines(self.SET_BACK), "the log says so")
            eventually(lambda: "The trail is ahead of the clock" in self.reasons(client), "health says so")
            self.assertEqual(daemon.lines(self.AHEAD), 1)
            self.assertEqual(client.call("session.end")["active"], False)
            times = [record["ts_utc"] for record in harness.audit_records(client)]
            self.assertEqual(times, sorted(times))
            daemon.stop()
            self.assertEqual(daemon.lines(self.SET_BACK), 1)


if __name__ == "__main__":
    harness.main()
