# SPDX-License-Identifier: Apache-2.0
"""Operators who are locked, keys of programs, and denials that are put on record."""

import json
import math
import subprocess
import time
import unittest

import harness
from harness import Daemon, DaemonTest, audit_records, eventually
from place import as_user, needs_other_users

ALICE, BOB, EVE, NOBODY = 61001, 61002, 61003, 61004
ROLES = f'[access]\noperators = ["uid:{ALICE}", "uid:{BOB}"]\nviewers = ["uid:{EVE}"]\n'

# Sends what it reads from standard input, and prints what comes back until the daemon has nothing more to say.
AS_ANOTHER_USER = """
import socket, sys, threading
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
data = sys.stdin.buffer.read()
def send():
    try:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
    except OSError:
        pass
threading.Thread(target=send).start()
def receive():
    while piece := peer.recv(1 << 16):
        sys.stdout.buffer.write(piece)
try:
    receive()
except ConnectionResetError:
    receive()  # turned away at the door: the reason can still be read
"""


def line(method: str, id_=1, **params) -> str:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(message | ({} if id_ is None else {"id": id_})) + "\n"


@needs_other_users
class OtherUsers(unittest.TestCase):
    def lines_as(self, uid: int, text: str) -> list[dict]:
        done = subprocess.run([*as_user(uid), "/usr/bin/python3", "-c", AS_ANOTHER_USER, str(self.daemon.socket)],
                              input=text.encode(), capture_output=True, timeout=120, check=False, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(one) for one in done.stdout.splitlines()]

    def call_as(self, uid: int, method: str, **params) -> dict:
        (answer,) = self.lines_as(uid, line(method, **params))
        return answer

    def kind_as(self, uid: int, method: str, **params) -> str:
        return self.call_as(uid, method, **params)["error"]["data"]["kind"]

    def start_daemon(self, config: str = ROLES):
        self.daemon = Daemon(config=config, start=False)
        self.daemon.directory.chmod(0o755)
        self.enterContext(self.daemon)
        self.daemon.start()
        self.daemon.socket.chmod(0o777)
        self.client = self.enterContext(self.daemon.client())

    def restart(self):
        self.client.close()
        self.daemon.start()
        self.daemon.socket.chmod(0o777)
        self.client = self.enterContext(self.daemon.client())

    def denials(self) -> list[dict]:
        return audit_records(self.client, event="ACCESS_DENIED")


class Locks(OtherUsers):
    def setUp(self):
        self.start_daemon()
        self.alice = f"uid:{ALICE}"

    def test_a_lock_ends_nothing_and_lets_nothing_new_begin(self):
        session = self.call_as(ALICE, "session.start", notes="in the middle of something")["result"]
        lock = self.client.call("operator.lock", operator=self.alice, reason="left the company")
        self.assertEqual((lock["operator"], lock["session"], lock["until_utc"]), (self.alice, session["id"], None))
        self.assertIs(self.call_as(ALICE, "session.status")["result"]["active"], True)
        for method, params in (("session.start", {}), ("session.start", {"if_active": "supersede"}),
                               ("cone.decide", {"engine": "wholesaling", "action": "run"}),
                               ("health.report", {"source": "a", "level": "red"}), ("health.clear", {"source": "a"}),
                               ("go.complete", {"step_id": "intake_ready"}),
                               ("audit.append", {"event": "X_A", "payload": {}})):
            with self.subTest(method):
                error = self.call_as(ALICE, method, **params)["error"]
                self.assertEqual(error["data"]["kind"], "operator_locked")
                self.assertEqual(error["data"]["reason"], "left the company")
                self.assertEqual(error["data"]["since_utc"], lock["since_utc"])
                self.assertEqual(error["data"]["locked_by"], lock["locked_by"])
                self.assertIsNone(error["data"]["until_utc"])
                self.assertIn("left the company", error["message"])
        self.assertIn("result", self.call_as(ALICE, "session.note", text="bert knows the rest"))
        self.assertIs(self.call_as(ALICE, "session.end", notes="handed over")["result"]["active"], False)
        self.assertEqual(self.kind_as(ALICE, "session.start"), "operator_locked")
        self.assertIn("result", self.call_as(ALICE, "operator.locks"))
        self.assertIn("result", self.call_as(BOB, "session.start"))

    def test_it_outlives_a_crash_and_ends_when_it_is_lifted(self):
        self.client.call("operator.lock", operator=self.alice, reason="r", ttl_s=3600)
        self.daemon.kill()
        self.restart()
        (lock,) = self.client.call("operator.locks")["items"]
        self.assertEqual(lock["reason"], "r")
        self.assertEqual(self.kind_as(ALICE, "session.start"), "operator_locked")
        self.assertEqual(self.client.call("operator.unlock", operator=self.alice), lock)
        self.assertEqual(self.client.call("operator.locks"), {"items": []})
        self.assertIn("result", self.call_as(ALICE, "session.start"))
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_it_runs_out_by_itself(self):
        self.client.call("operator.lock", operator=self.alice, reason="r", ttl_s=1)
        eventually(lambda: "result" in self.call_as(ALICE, "session.start"), "the lock runs out")
        self.assertEqual(self.client.call("operator.locks"), {"items": []})
        self.assertEqual(self.client.refused("operator.unlock", operator=self.alice).kind, "not_locked")

    def test_a_lock_leaves_exports_and_backups_alone(self):
        me = self.client.call("daemon.info")["operator"]
        self.client.call("operator.lock", operator=me, reason="for a test")
        self.assertEqual(self.client.refused("canon.reload").kind, "operator_locked")
        self.client.call("export.write")
        self.client.call("backup.create", request_key="k")

    def test_an_owner_who_locks_himself_is_held_and_lifts_it_himself(self):
        me = self.client.call("daemon.info")["operator"]
        self.client.call("operator.lock", operator=me, reason="a slip")
        for method, params in (("cone.set", {"band": "B", "reason": "x"}), ("key.create", {"name": "x", "role": "owner"}),
                               ("operator.lock", {"operator": "x", "reason": "x"}), ("canon.reload", {})):
            self.assertEqual(self.client.refused(method, **params).kind, "operator_locked")
        self.client.call("operator.unlock", operator=me, reason="that was me")
        self.client.call("cone.set", band="B", reason="x")
        # A user of this system is held by name and by uid.
        self.assertEqual([one["event"] for one in audit_records(self.client)][-5:],
                         ["OPERATOR_LOCK", "OPERATOR_LOCK", "OPERATOR_UNLOCK", "OPERATOR_UNLOCK", "CONE_SET"])

    def test_what_is_wrong_is_named(self):
        for method, params, key in (("operator.lock", {"reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": "a"}, "reason"),
                                    ("operator.lock", {"operator": "", "reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": "valhallad", "reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": "a\nb", "reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": "a" * 257, "reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": ["a"], "reason": "r"}, "operator"),
                                    ("operator.lock", {"operator": "a", "reason": ""}, "reason"),
                                    ("operator.lock", {"operator": "a", "reason": "r" * 1025}, "reason"),
                                    ("operator.lock", {"operator": "a", "reason": "r", "ttl_s": 0}, "ttl_s"),
                                    ("operator.lock", {"operator": "a", "reason": "r", "ttl_s": 1.5}, "ttl_s"),
                                    ("operator.lock", {"operator": "a", "reason": "r", "ttl_s": 2 ** 63}, "ttl_s"),
                                    ("operator.lock", {"operator": "a", "reason": "r", "ttl_s": 31536001}, "ttl_s"),
                                    ("operator.unlock", {}, "operator"), ("operator.locks", {"operator": "a"}, "operator"),
                                    ("key.create", {"name": "a"}, "role"), ("key.create", {"role": "owner"}, "name"),
                                    ("key.create", {"name": "a", "role": "none"}, "role"),
                                    ("key.create", {"name": "a", "role": 3}, "role"),
                                    ("key.create", {"name": "uid:0", "role": "owner"}, "name"),
                                    ("key.create", {"name": "valhallad", "role": "owner"}, "name"),
                                    ("key.create", {"name": "a", "role": "owner", "ttl_s": -1}, "ttl_s"),
                                    ("key.create", {"name": "a", "role": "owner", "ttl_s": 315360001}, "ttl_s"),
                                    ("key.revoke", {"id": "3F0C9A51B2E7"}, "id"), ("key.revoke", {"id": 7}, "id"),
                                    ("key.revoke", {"id": "vhk_3f0c9a51b2e7_" + "0" * 64}, "id")):
            with self.subTest(method=method, params=params):
                refusal = self.client.refused(method, **params)
                self.assertEqual((refusal.kind, refusal.data["key"]), ("invalid_params", key))
        self.assertEqual(self.client.refused("operator.unlock", operator="a").kind, "not_locked")
        self.assertEqual(self.client.refused("key.revoke", id="3f0c9a51b2e7").kind, "unknown_key")


class Keys(DaemonTest):
    def kept_anywhere(self, secret: str) -> list[str]:
        """The files of the daemon that hold it."""
        return [str(path) for path in self.daemon.directory.rglob("*")
                if path.is_file() and secret.encode() in path.read_bytes()]

    def test_a_key_is_shown_once_and_lies_nowhere(self):
        made = self.client.call("key.create", name="ci", role="viewer", ttl_s=60, request_key="once")
        prefix, id_, secret = made["key"].split("_")
        self.assertEqual((prefix, id_, len(secret)), ("vhk", made["id"], 64))
        again = self.client.call("key.create", name="ci", role="viewer", ttl_s=60, request_key="once")
        self.assertEqual(again, made | {"key": None})
        (listed,) = self.client.call("key.list")["items"]
        self.assertEqual(listed, {name: value for name, value in made.items() if name != "key"})
        other = self.client.call("key.create", name="ci", role="operator")
        for when in ("running", "stopped", "killed"):
            with self.subTest(when):
                for key in (made["key"], other["key"]):
                    self.assertEqual(self.kept_anywhere(key.split("_")[2]), [])
                    self.assertEqual(self.kept_anywhere(key.split("_")[1]) == [], False, "the id is kept")
            if when == "running":
                self.daemon.restart()
            elif when == "stopped":
                self.daemon.kill()
        self.daemon.start()
        self.reconnect()
        records = audit_records(self.client, event="KEY_CREATE")
        self.assertEqual([one["payload"]["id"] for one in records], [made["id"], other["id"]])
        self.assertNotIn(secret, json.dumps(records))
        self.assertNotIn("sha256", json.dumps(self.client.call("key.list")))
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_a_retry_whose_answer_was_lost_in_a_crash_says_which_key_to_revoke(self):
        self.client.send_line(self.client.request("key.create", {"name": "ci", "role": "viewer", "request_key": "k"}))
        with self.daemon.client() as other:
            eventually(lambda: other.call("key.list")["items"], "the key is made")
        self.daemon.kill()
        self.daemon.start()
        again = self.reconnect().call("key.create", name="ci", role="viewer", request_key="k")
        self.assertIsNone(again["key"])
        self.assertEqual([one["id"] for one in self.client.call("key.list")["items"]], [again["id"]])
        self.client.call("key.revoke", id=again["id"], reason="its text was lost")
        self.assertEqual(self.client.call("key.list"), {"items": []})
        self.assertEqual(self.client.refused("key.revoke", id=again["id"]).kind, "unknown_key")

    def test_an_expired_key_is_listed_as_such(self):
        made = self.client.call("key.create", name="ci", role="viewer", ttl_s=1)
        self.assertIs(made["expired"], False)
        eventually(lambda: self.client.call("key.list")["items"][0]["expired"], "it expires")

    def test_valhallactl(self):
        key = self.daemon.ctl("key", "create", "ci", "viewer", "--for", "90d", "--quiet").stdout
        self.assertRegex(key, r"\Avhk_[0-9a-f]{12}_[0-9a-f]{64}\n\Z")
        shown = self.daemon.ctl("key", "create", "ops", "owner").stdout
        self.assertRegex(shown, r"(?m)^vhk_[0-9a-f]{12}_[0-9a-f]{64}$")
        listed = self.daemon.ctl("key", "list").stdout
        id_ = key.split("_")[1]
        self.assertIn(id_, listed)
        self.assertNotIn(key.split("_")[2].strip(), listed)
        self.assertIn("opens nothing any more", self.daemon.ctl("key", "revoke", id_, "--reason", "old").stdout)
        self.assertNotIn(id_, self.daemon.ctl("key", "list").stdout)
        self.daemon.ctl("operator", "lock", "bert", "on leave", "--for", "2d")
        self.assertIn("on leave", self.daemon.ctl("operator", "locks").stdout)
        self.daemon.ctl("operator", "unlock", "bert")
        self.assertEqual(self.daemon.ctl("operator", "unlock", "bert", expect=1).stdout, "")
        self.assertIn("Nobody", self.daemon.ctl("operator", "locks").stdout)


class Denials(OtherUsers):
    def test_each_kind_is_recorded_with_who_and_what(self):
        self.start_daemon()
        session = self.call_as(ALICE, "session.start")["result"]
        self.assertEqual(self.kind_as(EVE, "session.start"), "forbidden")
        self.assertEqual(self.kind_as(EVE, "key.list"), "forbidden")
        self.assertEqual(self.kind_as(ALICE, "cone.set", band="A", reason="x"), "forbidden")
        self.assertEqual(self.kind_as(BOB, "session.end", id=session["id"]), "forbidden")
        self.assertEqual(self.kind_as(NOBODY, "cone.state"), "forbidden")
        self.lines_as(EVE, line("go.complete", None, step_id="x"))  # a notification
        eventually(lambda: len(self.denials()) >= 6, "all are recorded; no answer waits for that")
        found = [(one["actor"]["name"], one["actor"]["uid"], one["payload"]["method"], one["payload"]["needs"],
                  one["payload"]["has"], one["payload"]["count"]) for one in self.denials()]
        eve, alice, bob, nobody = (f"uid:{uid}" for uid in (EVE, ALICE, BOB, NOBODY))
        self.assertEqual(found, [(eve, EVE, "session.start", "operator", "viewer", 1),
                                 (eve, EVE, "key.list", "owner", "viewer", 1),
                                 (alice, ALICE, "cone.set", "owner", "operator", 1),
                                 (bob, BOB, "session.end", "owner", "operator", 1),
                                 (nobody, NOBODY, None, "viewer", "none", 1),
                                 (eve, EVE, "go.complete", "operator", "viewer", 1)])
        self.assertEqual(self.denials()[2]["session"], session["id"])

    def test_a_hostile_flood_of_two_users_becomes_a_few_records_and_every_denial_is_counted(self):
        began = time.monotonic()
        self.start_daemon(ROLES + "denial_window_s = 2\ndenials_per_minute = 4\n")
        each = 50_000
        # The records of a minute are for both: the flood of one must not take that of the other's first denial.
        for known, uid in enumerate((EVE, ALICE)):
            self.assertEqual(self.kind_as(uid, "cone.set", band="A", reason="x"), "forbidden")
            eventually(lambda: len(self.denials()) > known, "the first one is recorded at once")
        text = line("cone.set", band="A", reason="x") * (each - 1)
        for uid in (EVE, ALICE):
            answers = self.lines_as(uid, text)
            self.assertEqual(len(answers), each - 1)
            self.assertEqual({one["error"]["data"]["kind"] for one in answers}, {"forbidden"})
        recorded = len(self.denials())
        minutes = math.ceil((time.monotonic() - began) / 60)
        self.assertLessEqual(recorded, 4 + 4 * minutes, "four at once, then four a minute")
        self.client.close()
        self.daemon.stop()  # what is still counted is recorded at the end
        self.restart()
        for uid in (EVE, ALICE):
            records = [one for one in self.denials() if one["actor"]["uid"] == uid]
            self.assertEqual(sum(one["payload"]["count"] for one in records), each)
            self.assertEqual(records[0]["payload"]["count"], 1, "the first one at once")
            for one in records:
                self.assertLessEqual(one["payload"]["first_utc"], one["payload"]["last_utc"])
                self.assertLessEqual(one["payload"]["last_utc"], one["ts_utc"])
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_the_end_of_a_window_is_recorded_by_itself(self):
        self.start_daemon(ROLES + "denial_window_s = 1\n")
        self.lines_as(EVE, line("cone.set", band="A", reason="x") * 3)
        eventually(lambda: [one["payload"]["count"] for one in self.denials()] == [1, 2], "the window ends")

    def test_a_crash_takes_no_more_than_the_open_window(self):
        self.start_daemon()
        self.lines_as(EVE, line("cone.set", band="A", reason="x") * 100)
        eventually(self.denials, "the first one is recorded")
        self.daemon.kill()
        self.restart()
        self.assertEqual([one["payload"]["count"] for one in self.denials()], [1])
        self.daemon.ctl("audit", "verify", str(self.daemon.state))


if __name__ == "__main__":
    harness.main()
