# SPDX-License-Identifier: Apache-2.0
"""Who a user is and what they may do: what the user database says now, over open connections too."""

import contextlib
import os
import signal
import subprocess

from harness import Client, DaemonTest, RpcError, eventually, main
from place import needs_other_users

STRANGER = 61_101
GROUP = 4_242  # of no name
DAEMON_USER = 1  # whom every Debian knows as `daemon`

ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(sys.argv[1])
try:
    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"daemon.info"}\\n')
except BrokenPipeError:
    pass  # turned away at the door: the reason can still be read
print(s.makefile().readline())
"""


@contextlib.contextmanager
def acting_as(uid: int):
    """Connections that are made meanwhile are another user's."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class OfUsers(DaemonTest):
    rules = ""

    def setUp(self):
        self.config = "[access]\n" + self.rules
        super().setUp()
        self.daemon.directory.chmod(0o755)
        self.daemon.socket.chmod(0o777)

    def answer_of(self, uid: int, *options: str) -> str:
        done = subprocess.run(["setpriv", f"--reuid={uid}", *options, "/usr/bin/python3", "-c", ASK, str(self.daemon.socket)],
                              capture_output=True, text=True, timeout=120, check=True, cwd="/")
        return done.stdout

    def client_of(self, uid: int) -> Client:
        with acting_as(uid):
            return self.enterContext(self.daemon.client())

    def set_rules(self, rules: str):
        (self.daemon.directory / "valhallad.toml").write_text("[access]\n" + rules)
        self.daemon.process.send_signal(signal.SIGHUP)


@needs_other_users
class GroupsOfAProcess(OfUsers):
    rules = f'operators = ["gid:{GROUP}"]\n'

    def test_they_give_nothing_that_the_user_database_does_not(self):
        for options in ((f"--regid={GROUP}", "--clear-groups"), ("--regid=1", f"--groups={GROUP}")):
            self.assertIn('"kind":"forbidden"', self.answer_of(DAEMON_USER, *options), options)
            self.assertIn('"kind":"forbidden"', self.answer_of(STRANGER, *options), options)


@needs_other_users
class ServicesByTheirGroups(OfUsers):
    rules = f'operators = ["process-gid:{GROUP}"]\n'

    def test_a_supplementary_group_counts_where_it_is_named_as_one(self):
        self.assertIn('"role":"operator"', self.answer_of(DAEMON_USER, "--regid=1", f"--groups=7,{GROUP},9"))

    def test_more_groups_than_a_first_look_has_room_for(self):
        groups = ",".join(str(number) for number in range(10_000, 13_000)) + f",{GROUP}"
        self.assertIn('"role":"operator"', self.answer_of(DAEMON_USER, "--regid=1", f"--groups={groups}"))

    def test_a_setgid_program_and_a_user_that_nobody_knows_get_nothing(self):
        for uid, options in ((DAEMON_USER, (f"--regid={GROUP}", "--clear-groups")),
                             (DAEMON_USER, ("--regid=1", "--groups=7")),
                             (STRANGER, ("--regid=1", f"--groups={GROUP}"))):
            self.assertIn('"kind":"forbidden"', self.answer_of(uid, *options), (uid, options))


@needs_other_users
class OpenConnections(OfUsers):
    rules = f'owners = ["uid:{STRANGER}"]\n'

    def test_who_is_no_owner_any_more_is_none_over_an_open_connection_either(self):
        former = self.client_of(STRANGER)
        self.assertEqual(former.call("daemon.info")["role"], "owner")
        self.client.call("operator.lock", operator=f"uid:{STRANGER}", reason="left")
        self.set_rules(f'owners = []\nviewers = ["uid:{STRANGER}"]\n')
        eventually(lambda: former.call("daemon.info")["role"] == "viewer", "the role is looked up again")
        for method, params in (("operator.unlock", {"operator": f"uid:{STRANGER}"}), ("cone.set", {"band": "D", "reason": "x"}),
                               ("key.create", {"name": "backdoor", "role": "owner"})):
            self.assertEqual(former.refused(method, **params).kind, "forbidden")
        self.set_rules("owners = []\n")

        def refused():
            try:
                return former.call("daemon.info") is None
            except RpcError as refusal:
                return refusal.kind == "forbidden"

        eventually(refused, "there is no role left")


@needs_other_users
class LocksByNameAndUid(OfUsers):
    rules = 'others = "operator"\n'

    def setUp(self):
        super().setUp()
        self.one = self.client_of(DAEMON_USER)
        self.assertEqual(self.one.call("daemon.info")["operator"], "daemon")

    def test_either_form_holds_the_person_and_lifting_either_frees_them(self):
        for form, other in (("daemon", "uid:1"), ("uid:1", "daemon")):
            with self.subTest(form):
                lock = self.client.call("operator.lock", operator=form, reason="left")
                self.assertEqual(lock["operator"], "daemon")
                self.assertEqual({each["operator"] for each in self.client.call("operator.locks")["items"]}, {"daemon", "uid:1"})
                self.assertEqual(self.one.refused("session.start").kind, "operator_locked")
                self.client.call("operator.unlock", operator=other)
                self.assertEqual(self.client.call("operator.locks")["items"], [])
                session = self.one.call("session.start")
                self.one.call("session.end", id=session["id"])


if __name__ == "__main__":
    main()
