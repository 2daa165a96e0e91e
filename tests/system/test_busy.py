# SPDX-License-Identifier: Apache-2.0
"""Another program that holds locks on the database: the daemon waits, refuses, and goes on."""

import sqlite3
import subprocess
import threading
from contextlib import closing

import harness
from harness import DEADLINE_S, DaemonTest


class Busy(DaemonTest):
    def database(self):
        return closing(sqlite3.connect(self.daemon.state / "valhalla.db", timeout=0, isolation_level=None))

    def test_a_foreign_writer_makes_changes_wait_and_then_be_refused(self):
        with self.database() as other:
            other.execute("BEGIN IMMEDIATE")
            refusal = self.client.refused("session.start")
            self.assertEqual(refusal.kind, "overloaded", refusal)
            self.assertIn("nothing was changed: another program holds a lock", refusal.message)
            self.assertEqual(self.client.call("session.status")["active"], False)
            other.execute("ROLLBACK")
        self.assertEqual(self.client.call("session.start")["active"], True)

    def append(self, count: int):
        lines = [self.client.request("audit.append", {"event": "X_A", "payload": {"pad": "y" * 1000}})
                 for _ in range(count)]
        self.client.send("".join(line + "\n" for line in lines))
        for _ in lines:
            self.assertIn("result", self.client.receive())

    def test_a_foreign_reader_makes_nobody_wait(self):
        with self.database() as other:
            other.execute("BEGIN")
            before = other.execute("SELECT MAX(seq) FROM audit").fetchone()
            for _ in range(20):
                self.append(300)  # beyond what the log holds before it is folded
            self.assertEqual(other.execute("SELECT MAX(seq) FROM audit").fetchone(), before)
        self.daemon.stop()

    def test_a_start_that_meets_a_lock_says_so_and_may_be_tried_again(self):
        self.daemon.stop()
        with self.database() as other:
            other.execute("BEGIN EXCLUSIVE")
            done = subprocess.run(self.daemon.command(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=DEADLINE_S, check=False)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn("another program holds a lock", done.stderr)
            other.execute("ROLLBACK")
        self.daemon.start()

    def test_foreign_checkpoints_stop_nothing(self):
        over = threading.Event()

        def checkpoint():
            with self.database() as other:
                while not over.is_set():
                    try:
                        other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    except sqlite3.OperationalError:
                        pass  # it is the daemon's turn
        thread = threading.Thread(target=checkpoint)
        thread.start()
        try:
            for _ in range(20):
                self.append(300)
        finally:
            over.set()
            thread.join()
        self.daemon.stop()


if __name__ == "__main__":
    harness.main()
