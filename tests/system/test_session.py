#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session from its start to its end, through the real daemon: snapshot, notes, supersede, restarts, operators."""

import json
import unittest

from harness import Daemon, DaemonTest, ask_as, audit_records, main
from place import needs_other_users

SEVEN = {"active", "started_at_utc", "ended_at_utc", "cone_band", "status", "notes", "snapshot"}
MORE = {"id", "operator", "start_notes", "end_notes", "end_reason"}
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"


class Session(DaemonTest):
    def test_the_status_without_a_session_is_inactive_and_null(self):
        status = self.client.call("session.status")
        self.assertIs(status["active"], False)
        self.assertLessEqual(SEVEN, status.keys())
        self.assertEqual({status[name] for name in SEVEN - {"active"}}, {None})

    def test_a_started_session_has_every_field(self):
        session = self.client.call("session.start", notes="morning")
        self.assertLessEqual(SEVEN | MORE, session.keys())
        self.assertIs(session["active"], True)
        self.assertRegex(session["started_at_utc"], TIME)
        self.assertIsNone(session["ended_at_utc"])
        self.assertEqual(session["start_notes"], "morning")
        self.assertEqual(session["snapshot"]["cone"]["band"], session["cone_band"])
        self.assertEqual(session["snapshot"]["status"]["status"], session["status"])
        self.assertEqual(set(session["snapshot"]["cone"]), {"band", "reason", "updated_at_utc", "metrics"})
        self.assertEqual(set(session["snapshot"]["status"]), {"status", "reasons"})
        self.assertEqual(self.client.call("session.status"), session)

    def test_the_snapshot_never_changes_after_the_start(self):
        self.client.call("cone.set", band="B", reason="before", metrics={"runway_months": 7})
        snapshot = self.client.call("session.start")["snapshot"]
        self.assertEqual(snapshot["cone"]["band"], "B")
        self.assertEqual(snapshot["cone"]["metrics"], {"runway_months": 7})
        self.client.call("cone.set", band="D", reason="after")
        self.client.call("health.report", source="disk", level="red", message="full")
        self.assertEqual(self.client.call("session.status")["snapshot"], snapshot)
        self.assertEqual(self.client.call("session.end")["snapshot"], snapshot)
        self.daemon.restart()
        self.assertEqual(self.reconnect().call("session.status")["snapshot"], snapshot)

    def test_the_status_frozen_is_that_of_the_band(self):
        # However little space this machine has left.
        self.client.call("thresholds.set", disk_free_yellow_mib=0, disk_free_red_mib=0)
        for band, status in {"A": "green", "B": "green", "C": "yellow", "D": "red"}.items():
            with self.subTest(band=band):
                self.client.call("cone.set", band=band, reason="a walk through the bands")
                session = self.client.call("session.start")
                self.assertEqual((session["cone_band"], session["status"]), (band, status))
                self.assertEqual(bool(session["snapshot"]["status"]["reasons"]), status != "green")
                self.client.call("session.end")

    def test_a_second_start_is_refused_and_changes_nothing(self):
        first = self.client.call("session.start", notes="first")
        refusal = self.client.refused("session.start", notes="second")
        self.assertEqual(refusal.kind, "session_active")
        self.assertIn(str(first["id"]), refusal.message + str(refusal.data))
        self.assertEqual(self.client.call("session.status"), first)
        self.assertEqual(len(audit_records(self.client, event="GO_SESSION_START")), 1)

    def test_supersede_ends_the_running_session_and_starts_another(self):
        first = self.client.call("session.start", notes="first")
        second = self.client.call("session.start", notes="second", if_active="supersede")
        self.assertGreater(second["id"], first["id"])
        old = self.client.call("session.get", id=first["id"])
        self.assertIs(old["active"], False)
        self.assertEqual(old["end_reason"], "superseded")
        self.assertEqual(old["start_notes"], "first")
        self.assertEqual(old["ended_at_utc"], second["started_at_utc"])
        self.assertEqual(self.client.call("session.status")["id"], second["id"])

    def test_an_ended_session_stays_the_latest(self):
        self.client.call("session.start", notes="in")
        ended = self.client.call("session.end", notes="out")
        self.assertIs(ended["active"], False)
        self.assertEqual((ended["start_notes"], ended["end_notes"]), ("in", "out"))
        self.assertRegex(ended["ended_at_utc"], TIME)
        self.assertEqual(self.client.call("session.status")["id"], ended["id"])
        self.assertEqual(self.client.refused("session.end").kind, "no_active_session")

    def test_a_note_needs_a_session(self):
        self.assertEqual(self.client.refused("session.note", text="to nobody").kind, "no_active_session")

    def test_notes_are_kept_in_order_and_as_written(self):
        session = self.client.call("session.start")
        texts = ["one", "zwei: ä ö ü", "三 \U0001f600", 'quotes " and \\ and \t tab', "x" * 16384]
        for text in texts:
            self.client.call("session.note", text=text)
        self.daemon.restart()
        story = self.reconnect().call("session.get", id=session["id"])["story"]
        self.assertEqual([note["text"] for note in story["notes"]], texts)

    def test_an_oversized_note_is_refused_and_not_recorded(self):
        self.client.call("session.start")
        before = self.client.call("daemon.info")["audit"]
        for method, key, text in [("session.note", "text", "x" * 16385), ("session.note", "text", "ä" * 8193),
                                  ("session.end", "notes", "x" * 16385), ("session.note", "text", "")]:
            with self.subTest(method=method, length=len(text)):
                refusal = self.client.refused(method, **{key: text})
                self.assertEqual((refusal.code, refusal.kind), (-32602, "invalid_params"))
                self.assertIn(key, refusal.message + str(refusal.data))
        self.assertEqual(self.client.call("daemon.info")["audit"], before)

    def test_a_session_survives_a_restart_and_a_kill(self):
        session = self.client.call("session.start", notes="durable")
        self.daemon.restart()
        self.assertEqual(self.reconnect().call("session.status"), session)
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.reconnect().call("session.status"), session)
        self.assertEqual(self.client.call("session.end", notes="done")["id"], session["id"])

    def test_a_list_is_newest_first_and_pages_without_gap(self):
        ids = []
        for number in range(7):
            ids.append(self.client.call("session.start", notes=str(number))["id"])
            self.client.call("session.end")
        listed, cursor = [], None
        while True:
            page = self.client.call("session.list", limit=3, **({"cursor": cursor} if cursor else {}))
            self.assertLessEqual(len(page["items"]), 3)
            listed += [session["id"] for session in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        self.assertEqual(listed, ids[::-1])
        self.assertEqual(self.client.call("session.list", active=True)["items"], [])

    def test_each_change_has_its_record(self):
        self.client.call("session.start", notes="a")
        self.client.call("session.note", text="b")
        self.client.call("cone.set", band="C", reason="c")
        self.client.call("session.end", notes="d")
        records = audit_records(self.client)
        self.assertEqual([r["seq"] for r in records], list(range(records[0]["seq"], records[0]["seq"] + len(records))))
        self.assertEqual(len(records), self.client.call("daemon.info")["audit"]["size"])
        self.assertEqual(sorted(r["ts_utc"] for r in records), [r["ts_utc"] for r in records])
        ours = [r["event"] for r in records if r["event"].startswith(("GO_", "CONE_"))]
        self.assertEqual(ours, ["GO_SESSION_START", "GO_SESSION_NOTE", "CONE_SET", "GO_SESSION_END"])

    def test_the_daemon_tells_its_version_and_where_it_keeps_its_state(self):
        info = self.client.call("daemon.info")
        self.assertEqual(info["pid"], self.daemon.process.pid)
        self.assertEqual(info["state_dir"], str(self.daemon.state))
        self.assertEqual(info["socket"], str(self.daemon.socket))
        self.assertEqual(info["role"], "owner")

    def test_daemon_stop_ends_it_well_and_loses_nothing(self):
        session = self.client.call("session.start")
        self.client.call("daemon.stop")
        self.assertEqual(self.daemon.process.wait(60), 0)
        self.daemon.start()
        self.assertEqual(self.reconnect().call("session.status"), session)


ALICE, BOB, EVE, NOBODY = 61001, 61002, 61003, 61004
CONFIG = f"""
socket_group = "users"
[access]
operators = ["uid:{ALICE}", "uid:{BOB}"]
viewers = ["uid:{EVE}"]
"""


@needs_other_users
class Operators(unittest.TestCase):
    """Several users on one daemon: sessions side by side, and roles."""

    def setUp(self):
        self.daemon = self.enterContext(Daemon(start=False))
        config = self.daemon.directory / "valhallad.toml"
        config.write_text(CONFIG)
        self.daemon.directory.chmod(0o755)
        self.daemon.options += ["--config", str(config)]
        self.daemon.start()

    def call_as(self, uid: int, method: str, **params):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        (answer,) = ask_as(uid, self.daemon.socket, line)
        return answer

    def test_sessions_of_different_operators_run_side_by_side(self):
        alice = self.call_as(ALICE, "session.start", notes="alice")["result"]
        bob = self.call_as(BOB, "session.start", notes="bob")["result"]
        self.assertNotEqual(alice["id"], bob["id"])
        self.assertNotEqual(alice["operator"], bob["operator"])
        self.assertEqual(self.call_as(ALICE, "session.status")["result"], alice)
        self.assertEqual(self.call_as(BOB, "session.start")["error"]["data"]["kind"], "session_active")
        self.call_as(BOB, "session.end", notes="bob is done")
        self.daemon.restart()
        self.assertEqual(self.call_as(ALICE, "session.status")["result"], alice)
        self.assertIs(self.call_as(BOB, "session.status")["result"]["active"], False)
        self.assertEqual(self.call_as(EVE, "session.status", operator=alice["operator"])["result"], alice)

    def test_only_an_owner_ends_the_session_of_another(self):
        alice = self.call_as(ALICE, "session.start")["result"]
        self.assertIn(self.call_as(BOB, "session.end", id=alice["id"])["error"]["data"]["kind"], {"forbidden"})
        with self.daemon.client() as root:
            ended = root.call("session.end", id=alice["id"], notes="went home")
        self.assertEqual((ended["id"], ended["operator"], ended["active"]), (alice["id"], alice["operator"], False))
        records = []
        with self.daemon.client() as root:
            records = audit_records(root, event="GO_SESSION_END")
        self.assertEqual(len(records), 1)
        self.assertNotEqual(records[0]["actor"]["name"], alice["operator"])

    def test_what_a_role_may_not_do_is_refused_with_the_role_that_is_needed(self):
        for uid, method, params, needed in [(EVE, "session.start", {}, "operator"),
                                            (ALICE, "cone.set", {"band": "B", "reason": "x"}, "owner"),
                                            (ALICE, "thresholds.set", {"deny_rate_red": 0.5}, "owner"),
                                            (ALICE, "daemon.stop", {}, "owner")]:
            with self.subTest(uid=uid, method=method):
                error = self.call_as(uid, method, **params)["error"]
                self.assertEqual(error["data"]["kind"], "forbidden")
                self.assertIn(needed, error["message"] + json.dumps(error["data"]))
        self.assertIn("band", self.call_as(EVE, "cone.state")["result"])

    def test_who_has_no_role_learns_nothing(self):
        self.assertEqual(self.call_as(NOBODY, "session.status")["error"]["data"]["kind"], "forbidden")


if __name__ == "__main__":
    main()
