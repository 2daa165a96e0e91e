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

    def test_what_only_reads_takes_none_and_it_has_a_form(self):
        for method, params in (("cone.state", {"request_key": "k"}), ("session.start", {"request_key": ""}),
                               ("session.start", {"request_key": "x" * 129}), ("session.start", {"request_key": 7})):
            self.assertEqual(self.client.refused(method, **params).data["key"], "request_key")
        self.client.call("session.start", request_key=None)

    def test_the_trail_verifies_with_answers_kept(self):
        self.client.call("audit.append", event="X_TEST", payload={}, request_key="k")
        self.daemon.ctl("audit", "verify", str(self.daemon.state))


class Tasks(DaemonTest):
    """What is done outside of the ledger, or prepared before it: files, the process, an import."""

    def setUp(self):
        super().setUp()
        self.policy = self.daemon.directory / "policy.toml"

    def records(self) -> int:
        return self.client.call("daemon.info")["audit"]["size"]

    def restart(self):
        self.daemon.kill()
        self.daemon.start()
        self.client = self.reconnect()

    def upload(self) -> str:
        upload = self.client.call("import.begin")["upload"]
        for path in sorted((harness.DATA_DIR / "seed-data").iterdir()):
            self.client.call("import.put", upload=upload, file=path.name, text=path.read_text(), offset=0)
        return upload

    def test_every_method_that_does_something_takes_a_key_and_says_so(self):
        api = self.client.call("rpc.discover")
        takes = {one["name"] for one in api["methods"] if any(p["name"] == "request_key" for p in one["params"])}
        does = {one["name"] for one in api["methods"] if one["x-effect"] in ("change", "task")}
        self.assertEqual(takes, does)
        self.assertLessEqual({"import.commit", "canon.reload", "export.write", "backup.create", "daemon.stop"}, does)

    def test_an_import_whose_answer_was_lost_is_answered_after_a_crash_as_the_first_time(self):
        upload = self.upload()
        first = self.client.call("import.commit", upload=upload, request_key="k")
        size = self.records()
        self.assertEqual(self.client.call("import.commit", upload=upload, request_key="k"), first)
        self.assertEqual(self.records(), size)
        self.restart()
        size = self.records()  # a start may record that it signs what nobody had signed
        self.assertEqual(self.client.call("import.commit", upload=upload, request_key="k"), first)
        self.assertEqual(self.records(), size)
        self.assertEqual(self.client.refused("import.commit", upload="77", request_key="k").kind, "request_key_reused")
        self.assertEqual(self.client.refused("import.commit", upload=upload, request_key="l").kind, "no_such_upload")

    def test_a_kill_in_the_middle_of_an_import_leaves_it_done_once_or_not_at_all(self):
        for round_ in range(5):
            with Daemon() as daemon:
                with daemon.client() as client:
                    self.client = client
                    upload = self.upload()
                    client.send_line(client.request("import.commit", {"upload": upload, "request_key": "k"}))
                    if round_ % 2:
                        client.receive()
                daemon.kill()
                daemon.start()
                with daemon.client() as client:
                    self.client = client
                    try:
                        done = client.call("import.commit", upload=upload, request_key="k")
                    except harness.RpcError as refusal:  # not done, and the upload went with the process
                        self.assertEqual((refusal.kind, round_ % 2), ("no_such_upload", 0))
                        done = client.call("import.commit", upload=self.upload(), request_key="again")
                    self.assertEqual(len(client.call("session.list")["items"]), done["sessions"])

    def test_a_refused_import_may_be_tried_again_with_its_upload_and_key(self):
        upload = self.upload()
        me = self.client.call("daemon.info")["operator"]
        self.client.call("operator.lock", operator=me, reason="not now")
        for _ in range(2):
            self.assertEqual(self.client.refused("import.commit", upload=upload, request_key="k").kind, "operator_locked")
        self.client.call("operator.unlock", operator=me)
        done = self.client.call("import.commit", upload=upload, request_key="k")
        self.assertEqual(len(self.client.call("session.list")["items"]), done["sessions"])
        self.assertEqual(self.client.refused("import.commit", upload=upload).kind, "no_such_upload")

    def test_an_export_is_written_once_for_a_key_and_again_without(self):
        first = self.client.call("export.write", request_key="k")
        self.client.call("session.start")
        self.assertEqual(self.client.call("export.write", request_key="k"), first)
        self.assertGreater(self.client.call("export.write")["tree_size"], first["tree_size"])
        self.restart()
        self.assertEqual(self.client.call("export.write", request_key="k"), first)

    def test_a_retry_makes_no_second_backup(self):
        first = self.client.call("backup.create", request_key="k")
        self.restart()
        self.assertEqual(self.client.call("backup.create", request_key="k"), first)
        self.assertEqual(len(list((self.daemon.state / "backup").glob("*.db"))), 1)
        self.assertEqual(self.client.refused("backup.create", request_key="k", keep=2).kind, "request_key_reused")

    def test_a_retry_while_the_first_one_is_under_way_is_told_to_wait(self):
        with self.daemon.client() as other:
            self.client.send_line(self.client.request("backup.create", {"request_key": "k"}))
            seen = set()

            def answered():
                try:
                    return other.call("backup.create", request_key="k")
                except harness.RpcError as refusal:
                    seen.add(refusal.kind)
                    return None
            again = eventually(answered, "the first answer is kept")
            first = self.client.receive()  # two connections: the other one's request may have come before it
            if "error" in first:
                seen.add(first["error"]["data"]["kind"])
            else:
                self.assertEqual(first["result"], again)
            self.assertEqual(self.client.call("backup.create", request_key="k"), again)
        self.assertLessEqual(seen, {"request_running"})
        self.assertEqual(len(list((self.daemon.state / "backup").glob("*.db"))), 1)

    def test_a_policy_is_read_once_for_a_key(self):
        text = (harness.SOURCE_DIR / "packaging" / "policy.toml").read_text()
        self.policy.write_text(text)
        with Daemon(config=f'policy = "{self.policy}"\n') as daemon, daemon.client() as client:
            client.call("canon.reload", request_key="k")
            self.policy.write_text("no policy")
            self.assertEqual(client.call("canon.reload", request_key="k"), {})
            self.assertEqual(client.refused("canon.reload", request_key="l").kind, "policy_invalid")
            self.policy.write_text(text)
            client.call("canon.reload", request_key="l")

    def test_a_retried_stop_does_not_stop_the_daemon_after_its_restart(self):
        self.assertEqual(self.client.call("daemon.stop", request_key="k"), {"stopping": True})
        self.assertEqual(self.daemon.process.wait(harness.DEADLINE_S), 0)
        self.daemon.start()
        self.client = self.reconnect()
        self.assertEqual(self.client.call("daemon.stop", request_key="k"), {"stopping": True})
        self.assertEqual(self.client.call("cone.state")["band"], "B")
        self.client.call("daemon.stop")
        self.assertEqual(self.daemon.process.wait(harness.DEADLINE_S), 0)

    def test_a_piece_of_an_upload_may_be_sent_twice(self):
        upload = self.client.call("import.begin")["upload"]
        for _ in range(2):
            put = self.client.call("import.put", upload=upload, file="audit.log", text="{}\n", offset=0)
            self.assertEqual(put["bytes"], 3)
        refusal = self.client.refused("import.put", upload=upload, file="audit.log", text="{}\n", offset=1)
        self.assertEqual(refusal.data["key"], "offset")


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
