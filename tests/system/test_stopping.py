# SPDX-License-Identifier: Apache-2.0
"""Stopping and reloading, whatever clients, files and the reader of the log do meanwhile."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import unittest

from harness import DEADLINE_S, SANITIZED, Client, Daemon, DaemonTest, eventually, main

# What the documents say, with room for a busy machine.
STOP_S = 10 if not SANITIZED else 60


def request(method: str, **params) -> bytes:
    return (json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n").encode()


class Stops(DaemonTest):
    def client_that_reads_nothing(self) -> Client:
        client = self.enterContext(self.daemon.client())
        client.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while True:
                client.socket.sendall(request("rpc.discover") * 50)
        return client

    def seconds_to_end(self) -> float:
        began = time.monotonic()
        self.assertEqual(self.daemon.process.wait(DEADLINE_S), 0)
        return time.monotonic() - began

    def test_who_reads_nothing_holds_it_up_for_a_while_only(self):
        self.client_that_reads_nothing()
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertLess(self.seconds_to_end(), STOP_S)
        self.assertIn("disconnected", self.daemon.log.read_text())

    def test_a_second_signal_ends_the_wait(self):
        self.client_that_reads_nothing()
        self.daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: "signal 15: stopping" in self.daemon.log.read_text(), "the first one is noticed")
        self.assertIsNone(self.daemon.process.poll())
        self.daemon.process.send_signal(signal.SIGTERM)
        self.seconds_to_end()
        self.assertIn("stopping: a second signal, and 1 peer has", self.daemon.log.read_text())

    def test_who_goes_on_asking_does_not_hold_it_up(self):
        stop = threading.Event()

        def ask():
            with contextlib.suppress(OSError), self.daemon.client() as client:
                while not stop.is_set():
                    client.socket.sendall(request("cone.state") * 64)
                    client.socket.recv(1 << 16)

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for each in askers:
            each.start()
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertLess(self.seconds_to_end(), STOP_S)
        stop.set()
        for each in askers:
            each.join()

    def test_a_reload_while_it_stops_is_not_fatal(self):
        self.client_that_reads_nothing()
        self.daemon.process.send_signal(signal.SIGTERM)
        for _ in range(20):
            self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.process.send_signal(signal.SIGTERM)
        self.seconds_to_end()


class NobodyReadsTheLog(unittest.TestCase):
    def test_everybody_is_served_and_it_stops(self):
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        daemon = Daemon(start=False)
        self.enterContext(daemon)
        daemon.process = subprocess.Popen(daemon.command(), stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
        os.close(write_end)
        eventually(daemon._answers, "it answers")
        with daemon.client() as client:
            for _ in range(700):  # each pair of lines has some 150 bytes, the pipe has 64 KiB
                client.call("session.start", notes="n" * 60)
                client.call("session.end")
            self.assertEqual(client.call("cone.state")["band"], "B")
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.process.wait(DEADLINE_S), 0)
        self.assertLess(time.monotonic() - began, STOP_S)


class Reloads(DaemonTest):
    config = 'log_level = "info"\n'

    def reload(self, text: str, expect: str):
        (self.daemon.directory / "valhallad.toml").write_text(text)
        before = self.daemon.log.read_text().count("reload:")
        self.daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.daemon.log.read_text().count("reload:") >= before + 3, "three lines about it")
        self.assertIn(expect, self.daemon.log.read_text())
        self.assertEqual(self.client.call("cone.state")["band"], "B")

    def test_it_says_what_changed_and_what_waits(self):
        self.reload('log_level = "info"\n', "configuration read; nothing has changed")
        self.reload('[access]\nviewers = ["alice"]\n[limits]\nconnections = 100\n',
                    "configuration read; changed: access.viewers; until the next start the old values hold of: "
                    "limits.connections")
        self.assertIn("policy read; nothing has changed", self.daemon.log.read_text())

    def test_files_of_any_depth_are_refused(self):
        for text in ("a" + ".a" * 200_000 + " = 1\n", "[" + "a." * 200_000 + "a]\n", "a = " + "[" * 200_000 + "\n",
                     "a = " + "{a=" * 100_000 + "\n", "log_level = 'info'\0\n"):
            self.reload(text, "the configuration in force stays: ")

    def test_a_policy_of_any_depth_is_refused(self):
        policy = self.daemon.directory / "policy.toml"
        policy.write_text("# nothing yet\na" + ".a" * 200_000 + " = 1\n")
        self.reload(f'policy = "{policy}"\n', "policy.toml:2: a")
        self.assertIsNone(self.daemon.process.poll())

    def test_one_that_comes_before_it_listens_is_carried_out(self):
        self.client.close()
        self.daemon.stop()
        marks = len(self.daemon.log.read_text())
        for delay in (0.02, 0.05, 0.1):
            with self.daemon.log.open("ab") as log:
                self.daemon.process = subprocess.Popen(self.daemon.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            program = f"/proc/{self.daemon.process.pid}/status"

            def notes_it():
                # Bit 0 of the signals that are caught is SIGHUP: from then on it must not be fatal.
                caught = next((line for line in open(program) if line.startswith("SigCgt")), "SigCgt: 0")
                return int(caught.split()[1], 16) & 1

            eventually(notes_it, "the program has begun")
            time.sleep(delay)
            self.daemon.process.send_signal(signal.SIGHUP)
            eventually(self.daemon._answers, "it serves")
            eventually(lambda: "reload: configuration read" in self.daemon.log.read_text()[marks:], "it is carried out")
            self.daemon.stop()
            marks = len(self.daemon.log.read_text())
        self.daemon.start()


if __name__ == "__main__":
    main()
