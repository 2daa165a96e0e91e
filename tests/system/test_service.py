#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valhallad under a service manager: a socket that outlives it, notifications, and no call lost across a restart."""

import contextlib
import os
import signal
import socket
import threading
import unittest

from harness import DEADLINE_S, Client, ConnectionClosed, RpcError, audit_records, eventually, main, temporary_directory
from service_manager import Activated, start_with

SOCKET = 5


class InheritedSocket(unittest.TestCase):
    def test_it_is_served_and_its_path_is_left_alone(self):
        with Activated() as daemon:
            before = os.stat(daemon.socket)
            with daemon.client() as client:
                self.assertEqual(client.call("daemon.info")["socket"], str(daemon.socket))
            daemon.stop()
            after = os.stat(daemon.socket)
            self.assertEqual((before.st_ino, before.st_mode), (after.st_ino, after.st_mode))

    def test_who_connects_while_no_daemon_runs_waits_and_is_served(self):
        with Activated() as daemon:
            for end in (daemon.stop, daemon.kill):
                end()
                clients = [self.enterContext(daemon.client()) for _ in range(60)]
                for number, client in enumerate(clients):
                    client.send_line(client.request("daemon.info", id_=number))
                    client.end_of_input()
                daemon.begin()
                for number, client in enumerate(clients):
                    self.assertEqual(client.receive()["id"], number)
                    self.assertEqual(client.rest(), [])

    def test_its_peers_have_the_roles_of_their_own_users(self):
        with Activated() as daemon, daemon.client() as client:
            info = client.call("daemon.info")
            self.assertEqual(info["role"], "owner")
            self.assertEqual(info["pid"], daemon.process.pid)

    def test_a_configuration_that_says_otherwise_is_told(self):
        with Activated(config='socket = "/run/elsewhere.sock"\n') as daemon:
            daemon.logs("the configuration says /run/elsewhere.sock")

    def test_anything_but_one_listening_path_socket_is_refused(self):
        def unix(kind, listening=True, path=True):
            made = self.enterContext(socket.socket(socket.AF_UNIX, kind))
            made.bind(str(directory / f"socket{made.fileno()}") if path else f"\0valhalla-test-{os.getpid()}")
            if listening:
                made.listen()
            return made

        with temporary_directory() as directory:
            tcp = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            for name, sockets, words in (
                    ("datagrams", [unix(socket.SOCK_DGRAM, listening=False)], "not a listening Unix stream socket"),
                    ("not listening", [unix(socket.SOCK_STREAM, listening=False)], "not a listening Unix stream socket"),
                    ("TCP", [tcp], "not a listening Unix stream socket"),
                    ("no path", [unix(socket.SOCK_STREAM, path=False)], "a socket without a path"),
                    ("two", [unix(socket.SOCK_STREAM), unix(socket.SOCK_STREAM)], "2 sockets")):
                with self.subTest(name):
                    done = start_with(sockets, directory / "state")
                    self.assertEqual(done.returncode, SOCKET, done.stderr)
                    self.assertIn(words, done.stderr)


class Restart(unittest.TestCase):
    """Callers go on as a program should: a call that got no answer, or `shutting_down`, is sent again with its key."""

    CALLERS = 8
    RESTARTS = 6

    def setUp(self):
        self.answered: list[str] = []
        self.problems: list[str] = []
        self.over = threading.Event()

    def one_call(self, daemon: Activated, key: str, payload: dict):
        while True:
            try:
                with daemon.client() as client:
                    client.call("audit.append", event="X_CALL", payload=payload, request_key=key)
                    return
            except RpcError as refusal:
                if refusal.kind != "shutting_down":
                    raise
            except (ConnectionClosed, BrokenPipeError):
                pass  # it was connected before the stop and wrote after it

    def keep_calling(self, daemon: Activated, caller: int):
        number = 0
        try:
            while not self.over.is_set():
                key = f"{caller}-{number}"
                self.one_call(daemon, key, {"key": key})
                self.answered.append(key)
                number += 1
        except Exception as problem:  # pylint: disable=broad-exception-caught
            self.problems.append(repr(problem))

    def restarted(self, end):
        with Activated() as daemon:
            callers = [threading.Thread(target=self.keep_calling, args=(daemon, n)) for n in range(self.CALLERS)]
            for each in callers:
                each.start()
            for _ in range(self.RESTARTS):
                before = len(self.answered)
                eventually(lambda: len(self.answered) > before + 50 or self.problems, "calls are answered")
                end(daemon)
                daemon.begin()
            self.over.set()
            for each in callers:
                each.join(DEADLINE_S)
            self.assertEqual(self.problems, [])
            with daemon.client() as client:
                recorded = [r["payload"]["key"] for r in audit_records(client, event="X_CALL")]
            self.assertEqual(sorted(recorded), sorted(self.answered))

    def test_no_call_is_lost_or_done_twice_when_it_is_restarted(self):
        self.restarted(Activated.stop)

    def test_no_call_is_lost_or_done_twice_when_it_is_killed(self):
        self.restarted(Activated.kill)

    def test_what_was_accepted_before_the_stop_is_answered(self):
        with Activated() as daemon, daemon.client() as client:
            requests = [client.request("audit.append", {"event": "X_LAST", "payload": {}}, id_=n) for n in range(100)]
            client.send_line("\n".join(requests))
            answers = [client.receive()]
            daemon.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    answers.append(client.receive())
            # Each one in order, done or refused by name, then the end: never a gap.
            self.assertEqual([a["id"] for a in answers], list(range(len(answers))))
            refused = {a["error"]["data"]["kind"] for a in answers if "error" in a}
            self.assertLessEqual(refused, {"shutting_down"})
            self.assertEqual(daemon.process.wait(DEADLINE_S), 0)
            daemon.start()
            with daemon.client() as other:
                done = [a["result"]["seq"] for a in answers if "result" in a]
                self.assertEqual([r["seq"] for r in audit_records(other, event="X_LAST")], done)

    def test_a_connection_stays_in_the_backlog_until_somebody_can_serve_it(self):
        with Activated() as daemon:
            daemon.process.send_signal(signal.SIGSTOP)
            client = self.enterContext(daemon.client())
            client.send_line(client.request("daemon.info", id_="waits"))
            daemon.kill()
            daemon.begin()
            self.assertEqual(client.receive()["id"], "waits")


class Notifications(unittest.TestCase):
    def test_ready_alive_stopping_each_with_a_status_for_people(self):
        with Activated() as daemon:
            said = daemon.next_notice()
            self.assertEqual(said["READY"], "1")
            self.assertRegex(said["STATUS"], r"^\d+ audit records, 0 active sessions, band B, health \w+$")
            with daemon.client() as client:
                client.call("session.start")
                records = client.call("daemon.info")["audit"]["size"]
            # The watchdog is fed by itself, with nobody asking for anything.
            said = eventually(lambda: (n := daemon.notice("WATCHDOG")) and " 1 active session," in n["STATUS"] and n,
                              "the status shows the session")
            self.assertEqual(said["WATCHDOG"], "1")
            self.assertTrue(said["STATUS"].startswith(f"{records} audit records"), said)
            daemon.stop()
            self.assertEqual(daemon.notice("STOPPING")["STOPPING"], "1")

    def test_ready_means_that_the_socket_is_served(self):
        with Activated() as daemon:
            daemon.kill()
            daemon.notice("READY")
            daemon.begin()
            daemon.notice("READY")
            with Client(daemon.socket, timeout_s=5) as client:
                client.call("daemon.info")


if __name__ == "__main__":
    main()
