# SPDX-License-Identifier: Apache-2.0
"""A log of any length comes in as a whole or not at all, in bounded memory, and while nobody waits for it."""

import json
import re
import subprocess
import threading
import time
from pathlib import Path

import harness
from harness import DEADLINE_S, ConnectionClosed, DaemonTest, audit_records, eventually, program

LINES = 60_000
PIECE_BYTES = 300_000


def old_log(lines: int, pad: str = "") -> str:
    line = '{"ts_utc":"2026-01-05T08:00:00.000000Z","event":"%s","payload":{"i":%d,"pad":"%s"}}\n'
    return "".join(line % (("CONE_ALLOW", "CONE_DENY", "OLD_EVENT")[i % 3], i, pad) for i in range(lines))



class Import(DaemonTest):
    def upload(self, **files: str) -> str:
        upload = self.client.call("import.begin")["upload"]
        for name, text in files.items():
            for at in range(0, len(text), PIECE_BYTES):
                self.client.call("import.put", upload=upload, file=name, text=text[at:at + PIECE_BYTES])
        return upload

    def begin_commit(self, upload: str) -> tuple[threading.Thread, list]:
        """The answers, as soon as there is one; none when the daemon went away before."""
        answers: list = []

        def commit(client):
            try:
                client.send_line(client.request("import.commit", {"upload": upload}))
                answers.append(client.receive())
            except (ConnectionClosed, ConnectionError):
                pass

        client = self.daemon.client()
        self.addCleanup(client.close)
        thread = threading.Thread(target=commit, args=(client,))
        thread.start()
        self.addCleanup(thread.join, DEADLINE_S)
        return thread, answers

    def change(self) -> bool:
        """True when it was made, false when an import stood in its way."""
        self.client.send_line(self.client.request("audit.append", {"event": "X_BESIDE", "payload": {}}))
        answer = self.client.receive()
        if "result" in answer:
            return True
        self.assertEqual(answer["error"]["data"]["kind"], "overloaded", answer)
        self.assertIn("nothing was changed: an import is being carried out", answer["error"]["message"])
        return False

    def wait_until_it_is_under_way(self, thread: threading.Thread):
        while self.change():
            self.assertTrue(thread.is_alive(), "the import is over and refused nobody")

    def events(self) -> list[str]:
        return [record["event"] for record in audit_records(self.client)]

    def test_changes_meanwhile_are_refused_at_once_and_nothing_comes_between(self):
        thread, answers = self.begin_commit(self.upload(**{"audit.log": old_log(LINES)}))
        refused = 0
        while thread.is_alive():
            refused += not self.change()
            self.client.call("session.status")  # what is read is there all the time
        self.assertGreater(refused, 4)
        self.assertTrue(self.change())
        result = answers[0]["result"]
        self.assertEqual(result["lines"], LINES)
        self.assertEqual(result["last_seq"] - result["first_seq"], LINES)
        events = self.events()
        first = result["first_seq"] - 1
        self.assertEqual(events[first], "IMPORT")
        self.assertNotIn("X_BESIDE", events[first:first + LINES + 1])
        self.assertEqual(events[first + LINES], ("CONE_ALLOW", "CONE_DENY", "OLD_EVENT")[(LINES - 1) % 3])
        done = subprocess.run([str(Path(program("VALHALLAD")).with_name("valhalla-verify")), str(self.daemon.state)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_kill_in_the_middle_leaves_none_of_it(self):
        log = old_log(LINES)
        thread, answers = self.begin_commit(self.upload(**{"audit.log": log}))
        self.wait_until_it_is_under_way(thread)
        self.daemon.kill()
        thread.join(DEADLINE_S)
        self.assertEqual(answers, [])
        self.daemon.start()
        self.reconnect()
        self.assertEqual({"IMPORT", "CONE_ALLOW", "OLD_EVENT"} & set(self.events()), set())
        self.assertEqual(self.client.call("import.commit", upload=self.upload(**{"audit.log": log}))["lines"], LINES)

    def test_a_stop_in_the_middle_leaves_all_of_it_or_nothing(self):
        """All: when it was over before the daemon had done with its clients."""
        lines = 4 * LINES
        thread, answers = self.begin_commit(self.upload(**{"audit.log": old_log(lines)}))
        self.wait_until_it_is_under_way(thread)
        began = time.monotonic()
        self.daemon.stop()
        self.assertLess(time.monotonic() - began, DEADLINE_S / 3)
        thread.join(DEADLINE_S)
        done = [answer for answer in answers if "result" in answer]
        self.daemon.start()
        self.reconnect()
        found = self.client.call("audit.list", event="IMPORT")["items"]
        self.assertEqual(len(found), len(done))
        if not done:
            self.assertNotIn("OLD_EVENT", self.events())

    def test_what_is_wrong_at_the_end_is_told_and_nothing_is_imported(self):
        upload = self.upload(**{"audit.log": old_log(LINES) + '{"event":"X"}\n'})
        for method in ("import.check", "import.commit"):
            refusal = self.client.refused(method, upload=upload)
            self.assertEqual(refusal.kind, "import_refused")
            self.assertEqual((refusal.data["file"], refusal.data["line"]), ("audit.log", LINES + 1))
        self.assertNotIn("IMPORT", self.events())

    def test_a_log_takes_the_memory_of_a_piece_of_it(self):
        if harness.SANITIZED:
            self.skipTest("sanitizers keep what was given back")
        before = self.peak_mib()
        log = old_log(100_000, "z" * 400)
        self.assertEqual(self.client.call("import.commit", upload=self.upload(**{"audit.log": log}))["lines"], 100_000)
        self.assertLess(self.peak_mib() - before, 60, "of a log of 46 MiB")

    def peak_mib(self) -> int:
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024

    def test_a_long_log_is_folded_while_others_work(self):
        """More of it than the ledger folds itself."""
        log = old_log(100_000, "z" * 400)
        self.assertEqual(self.client.call("import.commit", upload=self.upload(**{"audit.log": log}))["lines"], 100_000)
        wal = self.daemon.state / "valhalla.db-wal"
        self.assertGreater(wal.stat().st_size, 32 << 20)

        def folded():
            for _ in range(20):
                self.assertTrue(self.change())
            return self.client.call("health.status")["self"]["wal_mib"] < 4

        eventually(folded, "the log is folded")


class Limits(DaemonTest):
    config = "[limits]\nimport_documents_bytes = 1048576\n"

    def test_documents_beyond_the_limit_are_refused_with_its_name(self):
        sessions = json.dumps({"sessions": [], "x": "y" * (1 << 20)})
        upload = self.client.call("import.begin")["upload"]
        for at in range(0, len(sessions), PIECE_BYTES):
            self.client.call("import.put", upload=upload, file="sessions.json", text=sessions[at:at + PIECE_BYTES])
        for method in ("import.check", "import.commit"):
            refusal = self.client.refused(method, upload=upload)
            self.assertEqual(refusal.kind, "import_refused")
            self.assertIn("limits.import_documents_bytes", refusal.message)
            self.assertEqual(refusal.data["file"], "sessions.json")


if __name__ == "__main__":
    harness.main()
