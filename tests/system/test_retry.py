# SPDX-License-Identifier: Apache-2.0
"""Retries that change nothing twice, and rates that say when to come again."""

import signal
import unittest

import harness
from harness import Daemon, DaemonTest, eventually


class RequestKeys(DaemonTest):
    def test_a_retry_is_answered_as_the_first_one_was(self):
        first = self.client.call("cone.decide", engine="wholesaling", action="run", request_key="k1")
        size = self.client.call("daemon.info")["audit"]["size"]
        again = self.client.call("cone.decide", request_key="k1", action="run", engine="wholesaling")
        self.assertEqual(again, first)
        self.assertEqual(self.client.call("daemon.info")["audit"]["size"], size)

    def test_another_request_under_the_same_key_is_refused(self):
        self.client.call("session.start", notes="a", request_key="k")
        for method, params in (("session.start", {"notes": "b"}), ("session.start", {}), ("session.note", {"text": "a"})):
            refusal = self.client.refused(method, **params, request_key="k")
            self.assertEqual((refusal.kind, refusal.data["key"]), ("request_key_reused", "request_key"))

    def test_a_refusal_is_tried_again(self):
        self.assertEqual(self.client.refused("session.end", request_key="k").kind, "no_active_session")
        self.client.call("session.start")
        ended = self.client.call("session.end", request_key="k")
        self.assertEqual(self.client.call("session.end", request_key="k"), ended)

    def test_a_retry_after_a_crash_whose_answer_was_lost_changes_nothing_twice(self):
        for round_ in range(10):
            key = f"round-{round_}"
            self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {}, "request_key": key}))
            self.daemon.kill()  # perhaps before the commit, perhaps after it
            self.daemon.start()
            client = self.reconnect()
            first = client.call("audit.append", event="X_TEST", payload={}, request_key=key)
            self.assertEqual(client.call("audit.append", event="X_TEST", payload={}, request_key=key), first)
            self.assertEqual(len(client.call("audit.list", event="X_TEST")["items"]), round_ + 1)

    def test_only_changes_take_one_and_it_has_a_form(self):
        for method, params in (("cone.state", {"request_key": "k"}), ("session.start", {"request_key": ""}),
                               ("session.start", {"request_key": "x" * 129}), ("session.start", {"request_key": 7})):
            self.assertEqual(self.client.refused(method, **params).data["key"], "request_key")
        self.client.call("session.start", request_key=None)

    def test_the_trail_verifies_with_answers_kept(self):
        self.client.call("audit.append", event="X_TEST", payload={}, request_key="k")
        self.daemon.ctl("audit", "verify", str(self.daemon.state))


class Rates(unittest.TestCase):
    def test_the_rates_of_the_program_before_hold_by_default(self):
        with Daemon() as daemon, daemon.client() as client:
            for _ in range(10):
                client.call("cone.set", band="B", reason="x")
            refusal = client.refused("cone.set", band="B", reason="x")
            self.assertEqual(refusal.kind, "rate_limited")
            self.assertGreater(refusal.data["retry_after_ms"], 0)
            with daemon.client() as other:  # it is the user who is limited, not the connection
                self.assertEqual(other.refused("cone.set", band="B", reason="x").kind, "rate_limited")
            for _ in range(5):
                client.call("thresholds.set", min_decisions_for_drift=5)
            self.assertEqual(client.refused("thresholds.set", min_decisions_for_drift=5).kind, "rate_limited")
            for _ in range(200):
                client.call("cone.decide", engine="wholesaling", action="run")

    def test_a_configuration_says_otherwise(self):
        with Daemon(config='[rate_limits]\n"cone.set" = "none"\n"cone.decide" = "3/h"\n') as daemon, \
                daemon.client() as client:
            for _ in range(30):
                client.call("cone.set", band="B", reason="x")
            for _ in range(3):
                client.call("cone.decide", engine="wholesaling", action="run")
            self.assertEqual(client.refused("cone.decide", engine="wholesaling", action="run").kind, "rate_limited")

    def test_a_reload_changes_rates_and_a_bad_file_changes_nothing(self):
        with Daemon(config='[rate_limits]\n"cone.decide" = "1/h"\n') as daemon, daemon.client() as client:
            client.call("cone.decide", engine="wholesaling", action="run")
            self.assertEqual(client.refused("cone.decide", engine="wholesaling", action="run").kind, "rate_limited")
            config = daemon.directory / "valhallad.toml"
            config.write_text('[rate_limits]\n"cone.decide" = "often"\n')
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: "the configuration in force stays" in daemon.log.read_text(), "the refusal is logged")
            self.assertEqual(client.refused("cone.decide", engine="wholesaling", action="run").kind, "rate_limited")
            config.write_text('[rate_limits]\n"cone.decide" = "none"\n')
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: "configuration read" in daemon.log.read_text(), "the reload is logged")
            for _ in range(20):
                client.call("cone.decide", engine="wholesaling", action="run")


if __name__ == "__main__":
    harness.main()
