#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the gateway or of the daemon while changes come over HTTP, again and again.

Who sends an Idempotency-Key repeats a change with the same key until it is acknowledged: it is done once. Who sends none
never repeats: what was acknowledged is there once, what was not is there once or not at all.

VALHALLA_CRASH_ROUNDS   how many kills (20)
VALHALLA_CRASH_SEED     repeats the moments of an earlier run
"""

import os
import random
import sqlite3
import threading
import time
import unittest
from collections import Counter

from attack_table import attack
from gateway import ConnectionEnded, Gateway, Http
from harness import NO_RATES, Daemon, audit_records, eventually, main

ROUNDS = int(os.environ.get("VALHALLA_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("VALHALLA_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
WRITERS = 4  # of each kind
GONE = (ConnectionEnded, ConnectionError, TimeoutError)


class Writer(threading.Thread):
    """Sends one change after the other until it is stopped. Each has a text of its own."""

    def __init__(self, port: int, name: str, with_key: bool):
        super().__init__(name=name)
        self.port = port
        self.with_key = with_key
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self.repeated = 0
        self.unexpected: list[str] = []
        self.over = threading.Event()
        self._http: Http | None = None

    def change(self, text: str) -> tuple[str, dict]:
        kind = len(self.sent) % 3
        if kind == 0:
            return "/core/go/note", {"text": text}
        if kind == 1:
            return "/core/cone/state", {"band": "ABCD"[len(self.sent) % 4], "reason": text}
        return "/core/audit/records", {"event": "X_CRASH", "payload": {"text": text}}

    def run(self):
        while not self.over.is_set():
            text = f"{self.name}-{len(self.sent)}"
            target, body = self.change(text)
            self.sent.append(text)
            while not self.try_once(text, target, body) and self.with_key:
                self.repeated += 1
        if self._http:
            self._http.close()

    def try_once(self, text: str, target: str, body: dict) -> bool:
        fields = {"Idempotency_Key": text} if self.with_key else {}
        try:
            if not self._http:
                self._http = Http(self.port)
            answer = self._http.request("POST", target, body, **fields)
        except GONE:
            if self._http:
                self._http.close()
            self._http = None
            time.sleep(0.01)  # as a client does, so as not to spin
            return False
        if answer.status == 503:
            time.sleep(0.01)
            return False
        if answer.status != 200:
            self.unexpected.append(f"{answer.status}: {answer.body!r}")
            return True
        self.acknowledged.append(text)
        return True


def text_of(record: dict) -> str | None:
    match record["event"]:
        case "GO_SESSION_NOTE": return record["payload"]["text"]
        case "CONE_SET": return record["payload"]["reason"]
        case "X_CRASH": return record["payload"]["text"]
        case _: return None


class Kill(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(config=NO_RATES))
        self.gateway = self.enterContext(Gateway(self.daemon.socket, directory=self.daemon.directory))
        self.random = random.Random(SEED)
        print(f"{ROUNDS} rounds, seed {SEED}", flush=True)

    @attack("kill -9 of either program under load", "with an Idempotency-Key each change is done once; without one nothing that was"
            " acknowledged is lost, and nothing is made twice")
    def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(self):
        with self.daemon.client() as client:
            client.call("session.start", notes="under fire")
        writers = [Writer(self.gateway.port, f"{'keyed' if keyed else 'bare'}{n}", keyed) for n in range(WRITERS)
                   for keyed in (True, False)]
        try:
            for writer in writers:
                writer.start()
            for number in range(ROUNDS):
                victim = (self.daemon, self.gateway)[number % 2]
                goals = [len(w.acknowledged) + 3 for w in writers]
                eventually(lambda: all(len(w.acknowledged) >= goal for w, goal in zip(writers, goals)), "all get on")  # pylint: disable=cell-var-from-loop
                # Not synchronisation: the moment of the kill is what is varied.
                time.sleep(self.random.uniform(0, 0.05))
                victim.kill()
                victim.start()
        finally:
            for writer in writers:
                writer.over.set()
            for writer in writers:
                writer.join(60)
        for writer in writers:
            self.assertFalse(writer.is_alive())
            self.assertEqual(writer.unexpected, [])
        self.verify(writers)

    def verify(self, writers: list[Writer]):
        with self.daemon.client() as client:
            records = audit_records(client)
        self.assertEqual([r["seq"] for r in records], list(range(1, len(records) + 1)), "no gap, none twice")
        found = Counter(text for r in records if (text := text_of(r)) is not None)
        acknowledged = {text for w in writers for text in w.acknowledged}
        self.assertEqual(acknowledged - set(found), set(), "acknowledged changes are lost")
        self.assertEqual([text for text, count in found.items() if count != 1], [], "changes that are there more than once")
        self.assertEqual(set(found) - {text for w in writers for text in w.sent}, set(), "changes that nobody asked for")
        for writer in writers:
            if writer.with_key:
                self.assertEqual(writer.acknowledged, writer.sent, "who repeats gets an answer")
        repeated = sum(w.repeated for w in writers)
        self.assertGreater(repeated, 0, "no kill hit a change")
        self.daemon.stop()
        database = sqlite3.connect(f"file:{self.daemon.state / 'valhalla.db'}?mode=ro", uri=True)
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged changes, {repeated} repeated, none lost, none twice", flush=True)


if __name__ == "__main__":
    main()
