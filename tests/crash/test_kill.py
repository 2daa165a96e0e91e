#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: whatever was answered is there after the restart, exactly once.

Four connections pipeline changes, each change with a text of its own; at a random moment the daemon is killed and
started again. What it had answered must be in the trail once; what it had not may be there once or not at all. At the
end the trail has no gap, the tables agree with it, and SQLite finds the database whole.

VALHALLA_CRASH_ROUNDS   how many kills (20)
VALHALLA_CRASH_SEED     repeats the moments of an earlier run
"""

import contextlib
import json
import os
import random
import sqlite3
import threading
import unittest
from collections import Counter

from harness import NO_RATES, Client, ConnectionClosed, Daemon, audit_records, main

ROUNDS = int(os.environ.get("VALHALLA_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("VALHALLA_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
CONNECTIONS = 4
DEPTH = 8  # requests in flight on each connection


class Writer(threading.Thread):
    """Sends changes until the connection breaks. `sent` and `answered` hold their texts."""

    def __init__(self, path, name: str, together: threading.Barrier):
        super().__init__(name=name)
        self.client = Client(path)
        self.sent: list[str] = []
        self.answered: list[str] = []
        self.refused: list[str] = []
        self.enough = threading.Event()  # some were answered: the kill hits a daemon that is at work
        self._together = together

    def change(self, text: str) -> tuple[str, dict]:
        kind = len(self.sent) % 3
        if kind == 0:
            return "session.note", {"text": text}
        if kind == 1:
            return "cone.set", {"band": "ABCD"[len(self.sent) % 4], "reason": text}
        return "audit.append", {"event": "X_CRASH", "payload": {"text": text}}

    def send_one(self):
        text = f"{self.name}-{len(self.sent)}"
        method, params = self.change(text)
        self.sent.append(text)
        self.client.send_line(json.dumps({"jsonrpc": "2.0", "id": text, "method": method, "params": params}))

    def run(self):
        self._together.wait()
        try:
            for _ in range(DEPTH):
                self.send_one()
            while True:
                self.note_answer()
                self.send_one()
        except (ConnectionClosed, ConnectionError, AssertionError):
            pass  # killed
        # Answers that were under way when sending failed.
        with contextlib.suppress(ConnectionClosed, ConnectionError, AssertionError):  # a line cut off is no answer
            while True:
                self.note_answer()
        self.enough.set()
        self.client.close()

    def note_answer(self):
        answer = self.client.receive()
        (self.answered if "result" in answer else self.refused).append(answer["id"])
        if len(self.answered) == DEPTH:
            self.enough.set()


def text_of(record: dict) -> str | None:
    match record["event"]:
        case "GO_SESSION_NOTE": return record["payload"]["text"]
        case "CONE_SET": return record["payload"]["reason"]
        case "X_CRASH": return record["payload"]["text"]
        case _: return None


class Kill(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(config=NO_RATES))
        self.random = random.Random(SEED)
        self.sent: set[str] = set()
        self.answered: Counter[str] = Counter()
        print(f"{ROUNDS} rounds, seed {SEED}", flush=True)

    def round(self, number: int):
        together = threading.Barrier(CONNECTIONS + 1)
        writers = [Writer(self.daemon.socket, f"r{number}c{c}", together) for c in range(CONNECTIONS)]
        for writer in writers:
            writer.start()
        together.wait()
        for writer in writers:
            self.assertTrue(writer.enough.wait(60))
        # Not synchronisation: the moment of the kill is what is varied.
        threading.Event().wait(self.random.uniform(0, 0.05))
        self.daemon.kill()
        for writer in writers:
            writer.join(60)
            self.assertFalse(writer.is_alive())
            self.assertEqual(writer.refused, [])
            self.sent.update(writer.sent)
            self.answered.update(writer.answered)

    def verify(self, client: Client, session: int):
        records = audit_records(client)
        info = client.call("daemon.info")["audit"]
        self.assertEqual(info["size"], len(records), "the tree has one leaf a record")
        first = records[0]["seq"]
        self.assertEqual([r["seq"] for r in records], list(range(first, first + len(records))), "no gap, none twice")
        times = [r["ts_utc"] for r in records]
        self.assertEqual(times, sorted(times), "time never goes backward")
        found = Counter(text for r in records if (text := text_of(r)) is not None)
        self.assertEqual(max(self.answered.values(), default=1), 1, "answered exactly once")
        lost = set(self.answered) - set(found)
        self.assertEqual(lost, set(), f"{len(lost)} acknowledged changes are lost")
        twice = [text for text, count in found.items() if count != 1]
        self.assertEqual(twice, [], "changes that are there more than once")
        self.assertEqual(set(found) - self.sent, set(), "changes that nobody asked for")
        self.assertEqual(client.call("session.status")["id"], session)
        newest = [r for r in records if r["event"] == "CONE_SET"][-1]
        self.assertEqual(client.call("cone.state")["reason"], text_of(newest))

    def test_every_acknowledged_change_is_there_once_after_each_kill(self):
        with self.daemon.client() as client:
            session = client.call("session.start", notes="under fire")["id"]
        for number in range(ROUNDS):
            self.round(number)
            self.daemon.start()
            with self.daemon.client() as client:
                if number % 10 == 9 or number == ROUNDS - 1:
                    self.verify(client, session)
                else:
                    self.assertEqual(client.call("session.status")["id"], session)
        self.daemon.stop()
        self.check_database()
        print(f"{ROUNDS} kills, {sum(self.answered.values())} acknowledged changes, none lost, none twice "
              f"({len(self.sent)} sent)", flush=True)

    def check_database(self):
        """With the daemon gone, the file itself."""
        database = sqlite3.connect(f"file:{self.daemon.state / 'valhalla.db'}?mode=ro", uri=True)
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])


if __name__ == "__main__":
    main()
