#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policy, decisions, health, playbook and the story of a session, through the real daemon."""

import hashlib
import signal

from harness import SOURCE_DIR, Daemon, DaemonTest, audit_records, eventually, main

SHIPPED_POLICY = (SOURCE_DIR / "packaging" / "policy.toml").read_text()


class Policy(DaemonTest):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(start=False))
        self.policy = self.daemon.directory / "policy.toml"
        self.policy.write_text(SHIPPED_POLICY)
        config = self.daemon.directory / "valhallad.toml"
        config.write_text(f'policy = "{self.policy}"\n')
        self.daemon.options += ["--config", str(config)]
        self.daemon.start()
        self.client = self.enterContext(self.daemon.client())
        self.addCleanup(self._keep_log)

    def loaded(self) -> list[str]:
        return [r["payload"]["sha256"] for r in audit_records(self.client, event="POLICY_LOADED")]

    def test_a_decision_carries_the_digest_of_the_policy_file(self):
        digest = hashlib.sha256(self.policy.read_bytes()).hexdigest()
        self.assertEqual(self.client.call("cone.decide", engine="wholesaling", action="run")["policy"], digest)
        self.assertEqual(self.client.call("canon.get")["sha256"], digest)
        self.assertEqual(self.loaded(), [digest])
        self.daemon.restart()
        self.reconnect()
        self.assertEqual(self.loaded(), [digest], "the same policy is not recorded again")

    def test_a_reload_puts_another_policy_into_force(self):
        before = self.client.call("canon.get")["sha256"]
        self.policy.write_text(SHIPPED_POLICY + "\n# another policy\n")
        self.client.call("canon.reload")
        after = self.client.call("canon.get")["sha256"]
        self.assertEqual(after, hashlib.sha256(self.policy.read_bytes()).hexdigest())
        self.assertEqual(self.loaded(), [before, after])

    def test_sighup_does_the_same(self):
        self.policy.write_text(SHIPPED_POLICY + "\n# another policy\n")
        digest = hashlib.sha256(self.policy.read_bytes()).hexdigest()
        self.daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.client.call("canon.get")["sha256"] == digest, "the new policy is in force")

    def test_a_bad_policy_changes_nothing(self):
        before = self.client.call("canon.get")
        self.policy.write_text(SHIPPED_POLICY.replace('class = "alpha"', 'class = "alfa"', 1))
        refused = self.client.refused("canon.reload")
        self.assertEqual(refused.kind, "policy_invalid")
        self.assertIn("policy.toml", refused.message)
        self.assertGreater(refused.data["line"], 0)
        self.assertEqual(self.client.call("canon.get"), before)

    def test_a_bad_policy_at_start_is_refused_by_line(self):
        self.daemon.stop()
        self.policy.write_text("engine = 3\n")
        with self.assertRaises(AssertionError) as failed:
            self.daemon.start()
        self.assertIn("ended with 2", str(failed.exception))
        self.assertIn("policy.toml:1", str(failed.exception))


class Decisions(DaemonTest):
    def test_a_hypothetical_question_is_answered_and_not_recorded(self):
        size = self.client.call("daemon.info")["audit"]["size"]
        told = self.client.call("cone.explain", engine="flips", action="scale", band="C")
        self.assertEqual((told["allowed"], told["band"], told["allowed_in"]), (False, "C", "A"))
        self.assertTrue(told["hypothetical"])
        self.assertEqual(told["status"], "yellow")
        self.assertNotIn("decision_id", told)
        red = self.client.call("cone.explain", engine="flips", action="run", health="red")
        self.assertEqual(red["open_steps"], ["preflight_view_dashboard"])
        self.assertEqual(self.client.call("daemon.info")["audit"]["size"], size)

    def test_unknown_names_are_refused_with_the_nearest_and_not_recorded(self):
        size = self.client.call("daemon.info")["audit"]["size"]
        refused = self.client.refused("cone.decide", engine="wholesalin", action="run")
        self.assertEqual((refused.kind, refused.data["nearest"]), ("unknown_engine", ["wholesaling"]))
        refused = self.client.refused("cone.explain", engine="wholesaling", action="scal")
        self.assertEqual((refused.kind, refused.data["nearest"]), ("unknown_action", ["scale"]))
        self.assertEqual(self.client.call("daemon.info")["audit"]["size"], size)

    def test_many_denials_turn_health_red_with_the_figure(self):
        for _ in range(20):
            self.client.call("cone.decide", engine="resort_chain", action="run")
        health = self.client.call("health.status")
        self.assertEqual(health["status"], "red")
        self.assertEqual(health["decision_stats"]["denied"], 20)
        self.assertTrue(any("20" in reason and "0.35" in reason or "35" in reason for reason in health["reasons"]),
                        health["reasons"])
        changes = audit_records(self.client, event="HEALTH_STATUS")
        self.assertEqual(changes[-1]["payload"]["now"]["status"], "red")
        self.assertEqual(changes[-1]["actor"]["name"], "valhallad")


class Health(DaemonTest):
    def setUp(self):
        super().setUp()
        # However little space this machine has left.
        self.client.call("thresholds.set", disk_free_yellow_mib=0, disk_free_red_mib=0)

    def test_a_signal_that_is_not_renewed_turns_stale_by_itself(self):
        self.client.call("health.report", source="backup", level="green", message="done", ttl_s=1)
        self.assertEqual(self.client.call("health.status")["status"], "green")
        eventually(lambda: self.client.call("health.status")["status"] == "yellow", "the signal is stale")
        self.assertTrue(any("backup" in reason for reason in self.client.call("health.status")["reasons"]))
        self.assertEqual(audit_records(self.client, event="HEALTH_STATUS")[-1]["payload"]["before"], "green")
        self.client.call("health.clear", source="backup")
        self.assertEqual(self.client.call("health.status")["status"], "green")

    def test_thresholds_are_checked_and_their_change_is_told_with_before_and_after(self):
        refused = self.client.refused("thresholds.set", deny_rate_yellow=0.9)
        self.assertEqual((refused.kind, refused.data["key"]), ("invalid_threshold", "deny_rate_yellow"))
        self.client.call("thresholds.set", deny_rate_yellow=0.3, band_d_status="yellow")
        payload = audit_records(self.client, event="THRESHOLDS_SET")[-1]["payload"]
        self.assertEqual((payload["before"]["deny_rate_yellow"], payload["after"]["deny_rate_yellow"]), (0.25, 0.3))
        self.client.call("cone.set", band="D", reason="storm")
        self.assertEqual(self.client.call("health.status")["status"], "yellow")


class Playbook(DaemonTest):
    def test_a_blocked_step_needs_an_owner_with_a_reason(self):
        self.client.call("cone.set", band="C", reason="storm")
        refused = self.client.refused("go.complete", step_id="intake_ready")
        self.assertEqual(refused.kind, "step_blocked")
        done = self.client.call("go.complete", step_id="intake_ready", override="agreed by phone")
        self.assertTrue(done["done"])
        record = audit_records(self.client, event="GO_STEP_SET")[-1]
        self.assertEqual(record["payload"]["override_reason"], "agreed by phone")

    def test_in_red_only_the_preflight_step_is_open(self):
        self.client.call("health.report", source="disk", level="red", message="failing")
        self.assertEqual(self.client.call("go.next_step")["next_step"]["id"], "preflight_view_dashboard")
        steps = self.client.call("go.checklist")["steps"]
        self.assertEqual([s["id"] for s in steps if s["blocked"] is None], ["preflight_view_dashboard"])
        self.client.call("go.complete", step_id="preflight_view_dashboard")
        self.assertIsNone(self.client.call("go.next_step")["next_step"])

    def test_undoing_a_step_opens_it_again(self):
        self.client.call("go.complete", step_id="preflight_view_dashboard", notes="looked")
        self.assertEqual(self.client.call("go.next_step")["next_step"]["id"], "set_opportunistic_caps")
        self.client.call("go.complete", step_id="preflight_view_dashboard", done=False)
        self.assertEqual(self.client.call("go.next_step")["next_step"]["id"], "preflight_view_dashboard")


class Story(DaemonTest):
    def test_a_session_tells_what_happened_in_it(self):
        session = self.client.call("session.start", notes="monday")
        self.client.call("session.note", text="rates are up")
        self.client.call("cone.decide", engine="wholesaling", action="run")
        self.client.call("cone.decide", engine="resort_chain", action="run")
        self.client.call("go.complete", step_id="preflight_view_dashboard")
        self.client.call("session.end")
        outside = self.client.call("cone.decide", engine="wholesaling", action="run")["decision_id"]
        story = self.client.call("session.get", id=session["id"])["story"]
        self.assertEqual([note["text"] for note in story["notes"]], ["rates are up"])
        self.assertEqual(story["steps_done"], ["preflight_view_dashboard"])
        self.assertEqual(story["decisions"], {"allowed": 1, "denied": 1})
        self.assertEqual(story["audit"], {"first": session["first_seq"], "last": outside - 1})

    def test_sessions_are_listed_newest_first_in_pages(self):
        for _ in range(5):
            self.client.call("session.start")
            self.client.call("session.end")
        first = self.client.call("session.list", limit=3)
        rest = self.client.call("session.list", limit=3, cursor=first["next_cursor"])
        self.assertEqual([s["id"] for s in first["items"] + rest["items"]], [5, 4, 3, 2, 1])
        self.assertIsNone(rest["next_cursor"])
        self.assertEqual(self.client.refused("session.list", cursor="zzz").kind, "invalid_params")

    def test_the_summary_is_one_screen_of_eighty_columns(self):
        self.client.call("session.start", notes="x" * 300)
        shown = self.daemon.ctl("go", "summary").stdout
        self.assertLessEqual(max(len(line) for line in shown.splitlines()), 80)
        self.assertNotIn("\x1b", shown)


if __name__ == "__main__":
    main()
