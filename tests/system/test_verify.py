# SPDX-License-Identifier: Apache-2.0
"""An auditor's way through the programs: keep a key and a checkpoint, verify everything that can be had, see what was changed."""

import json
import shutil
import sqlite3
import subprocess
import threading
import unittest

import harness
from harness import Daemon

VERIFIED, UNREADABLE, USAGE, FAILED = 0, 1, 3, 5


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        cls.directory = cls.enterClassContext(harness.temporary_directory())
        with cls.daemon.client() as client:
            client.call("session.start", notes="audited")
            for _ in range(10):
                client.call("cone.decide", engine="wholesaling", action="run")
        cls.daemon.stop()
        cls.before = shutil.copytree(cls.daemon.state, cls.directory / "before")  # older than the old checkpoint
        cls.daemon.start()
        with cls.daemon.client() as client:
            for _ in range(10):
                client.call("cone.decide", engine="wholesaling", action="run")
            cls.old_checkpoint = cls.save("old-checkpoint", "checkpoint")
            client.call("cone.set", band="C", reason="review")
            client.call("session.note", text="a note")
            line = client.request("audit.append", {"event": "X_TEST", "payload": {}}, id_=1)
            for _ in range(6):
                client.send_line("[" + ",".join([line] * 100) + "]")
                client.receive()
            client.call("session.end")
        cls.key = cls.daemon.ctl("audit", "key").stdout.strip()
        cls.daemon.ctl("export", str(cls.directory / "export"))
        cls.daemon.ctl("audit", "tiles", str(cls.directory / "tiles"))
        cls.daemon.ctl("audit", "prove", "--session", "1", str(cls.directory / "bundle"))
        cls.proof = cls.save("7.tlog-proof", "prove", "7")
        cls.checkpoint = cls.save("checkpoint", "checkpoint")

    @classmethod
    def save(cls, name: str, *command: str):
        path = cls.directory / name
        path.write_text(cls.daemon.ctl("audit", *command).stdout)
        return path

    def verify(self, *arguments, expect: int = VERIFIED, key: str | None = None) -> dict:
        done = self.daemon.ctl("--json", "audit", "verify", "--key", key or self.key, *map(str, arguments), expect=None)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def copy(self, name: str):
        directory = self.enterContext(harness.temporary_directory())
        return shutil.copytree(self.directory / name, directory / name)

    def stopped_state(self):
        """A copy of the state directory as a stopped daemon leaves it."""
        self.daemon.stop()
        self.addCleanup(lambda: self.daemon.process.poll() is None or self.daemon.start())
        directory = self.enterContext(harness.temporary_directory())
        copy = shutil.copytree(self.daemon.state, directory / "state")
        self.daemon.start()
        return copy

    def test_everything_that_can_be_had_is_verified(self):
        for what in ((), (self.daemon.state,), (self.directory / "export",), (self.directory / "tiles",), (self.proof,),
                     (self.directory / "bundle",)):
            with self.subTest(what=what):
                self.assertTrue(self.verify(*what)["verified"])

    def test_a_record_left_out_of_a_session_is_missed(self):
        bundle = self.copy("bundle")
        self.assertIn("none was left out", str(self.verify(bundle)["checked"]))
        proofs = sorted(bundle.glob("*.tlog-proof"), key=lambda path: int(path.name.split(".")[0]))
        for proof in (proofs[0], proofs[1], proofs[-2]):
            with self.subTest(proof=proof.name):
                kept = proof.read_bytes()
                proof.unlink()
                self.assertIn("records were left out", self.verify(bundle, expect=FAILED)["problem"]["message"])
                proof.write_bytes(kept)
        proofs[-1].unlink()  # the end: what is left is what a session that goes on would have
        self.assertIn("only its end, which counts them", str(self.verify(bundle)["not_checked"]))

    def test_an_active_sessions_bundle_does_not_claim_to_be_complete(self):
        with Daemon() as daemon, harness.temporary_directory() as directory:
            with daemon.client() as client:
                client.call("session.start")
            told = daemon.ctl("audit", "prove", "--session", "1", str(directory / "bundle")).stdout
            self.assertIn("The session's end is not among them", told)
            key = daemon.ctl("audit", "key").stdout.strip()
            found = self.verify(directory / "bundle", key=key)
            self.assertIn("only its end, which counts them", str(found["not_checked"]))
            with daemon.client() as client:
                client.call("session.start", if_active="supersede")
            told = daemon.ctl("--json", "audit", "prove", "--session", "1", str(directory / "bundle")).stdout
            self.assertTrue(json.loads(told)["complete"])
            self.assertIn("none was left out", str(self.verify(directory / "bundle", key=key)["checked"]))

    def test_an_end_counts_what_came_before_a_kill(self):
        with Daemon() as daemon:
            line = None
            for kills in range(4):  # over complete tiles of the trail and within one
                with daemon.client() as client:
                    if kills == 0:
                        client.call("session.start")
                    line = line or client.request("audit.append", {"event": "X_TEST", "payload": {}}, id_=1)
                    client.send_line("[" + ",".join([line] * 99) + "]")
                    client.receive()
                daemon.kill()
                daemon.start()
            with daemon.client() as client:
                client.call("session.end")
                (end,) = harness.audit_records(client, event="GO_SESSION_END")
                self.assertEqual(end["payload"]["records"], 1 + 4 * 99 + 1)
            self.verify(daemon.state, key=daemon.ctl("audit", "key").stdout.strip())

    def test_an_older_checkpoint_is_part_of_every_newer_state(self):
        for what in ((), (self.daemon.state,), (self.directory / "export",), (self.directory / "tiles",)):
            with self.subTest(what=what):
                self.verify("--checkpoint", self.old_checkpoint, *what)

    def test_a_verified_daemon_may_go_on_working(self):
        with Daemon() as daemon:
            key = daemon.ctl("audit", "key").stdout.strip()
            appended = [0]
            enough = threading.Event()

            def append():
                with daemon.client() as client:
                    while not enough.is_set():
                        appended[0] = client.call("audit.append", event="X_TEST", payload={})["seq"]

            appending = threading.Thread(target=append)
            appending.start()
            sizes = []  # of the trails that were verified while they grew

            def verified_while_it_grew():
                self.assertTrue(appending.is_alive())
                before = appended[0]
                found = self.verify(daemon.state, key=key)
                self.assertGreaterEqual(found["size"], before, "what was answered before is in it")
                if appended[0] > before:
                    sizes.append(found["size"])
                return len(sizes) >= 5

            try:
                harness.eventually(verified_while_it_grew, "five are verified while the trail grows")
            finally:
                enough.set()
                appending.join()
            self.assertEqual(sizes, sorted(sizes))

    def test_another_key_verifies_nothing(self):
        with Daemon() as other:
            key = other.ctl("audit", "key").stdout.strip()
        for what in ((), (self.daemon.state,), (self.directory / "export",), (self.directory / "tiles",), (self.proof,),
                     (self.directory / "bundle",)):
            with self.subTest(what=what):
                self.verify(*what, key=key, expect=FAILED)

    def test_what_was_changed_is_named(self):
        attacks = (("UPDATE audit SET records = CAST(replace(CAST(records AS TEXT), 'wholesaling', 'wholesalinG') AS BLOB) WHERE seq = 9", 9),
                   ("UPDATE audit SET leaves = zeroblob(length(leaves)) WHERE seq = 9", 9),
                   ("UPDATE audit SET ts_us = ts_us + 1 WHERE seq = 9", 9),
                   ("DELETE FROM audit WHERE seq = 9", 9),
                   ("UPDATE session SET end_notes = 'edited'", None),
                   ("UPDATE cone_history SET reason = 'edited'", None),
                   ("UPDATE tree_tile SET root = zeroblob(32) WHERE level = 0 AND tile = 1", None),
                   ("DELETE FROM session_note", None))
        state = self.stopped_state()
        for statement, record in attacks:
            with self.subTest(statement=statement):
                changed = self.enterContext(harness.temporary_directory()) / "state"
                shutil.copytree(state, changed)
                self.attack(changed / "valhalla.db", statement)
                problem = self.verify(changed, expect=FAILED)["problem"]
                self.assertEqual(problem.get("seq"), record, problem)

    @staticmethod
    def attack(database, statement: str):
        with sqlite3.connect(database) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            assert db.execute(statement).rowcount > 0, statement
            for _, sql in triggers:
                db.execute(sql)
        db.close()

    def test_a_trail_written_anew_from_some_point_on_fails_an_older_checkpoint(self):
        # Another daemon with the same key and origin, from a state before the checkpoint: what the owner could do.
        with Daemon(start=False) as forger:
            shutil.copytree(self.before, forger.state)
            forger.start()
            with forger.client() as client:
                for _ in range(30):
                    client.call("audit.append", event="X_TEST", payload={})
            self.assertTrue(self.verify(forger.state)["verified"], "alone it is as good as the other")
            problem = self.verify("--checkpoint", self.old_checkpoint, forger.state, expect=FAILED)["problem"]
            size = self.old_checkpoint.read_text().splitlines()[1]
            self.assertEqual(problem["file"], str(self.old_checkpoint))
            self.assertIn(f"the first {size} records are not those that it was signed for", problem["message"])

    def test_an_edited_export_document_is_named(self):
        export = self.copy("export")
        document = export / "go_session.json"
        document.write_text(document.read_text().replace("audited", "Audited"))
        self.assertIn("go_session.json", self.verify(export, expect=FAILED)["problem"]["file"])

    def test_an_edited_entry_is_named(self):
        tiles = self.copy("tiles")
        bundle = tiles / "tile" / "entries" / "000"
        data = bundle.read_bytes()
        edited = data.index(b"wholesaling")
        bundle.write_bytes(data[:edited] + data[edited:].replace(b"wholesaling", b"wholesalinG", 1))
        index, end = -1, 0
        while end <= edited:  # each entry stands behind its length
            index, end = index + 1, end + 2 + int.from_bytes(data[end:end + 2], "big")
        problem = self.verify(tiles, expect=FAILED)["problem"]
        self.assertEqual(problem["file"], "tile/0/000")
        self.assertRegex(problem["message"], rf"first at hash {index}\b")

    def test_the_exit_codes(self):
        self.verify(self.directory / "nothing", expect=UNREADABLE)
        self.verify("--quorum", "x", self.proof, expect=USAGE)
        self.verify(self.proof, key="nonsense", expect=USAGE)

    def test_a_proof_that_was_changed_fails(self):
        changed = self.directory / "changed.tlog-proof"
        changed.write_text(self.proof.read_text().replace("index 6", "index 7"))
        self.verify(changed, expect=FAILED)

    def test_witnesses_and_a_quorum(self):
        config = self.directory / "witness.toml"
        config.write_text(f'[witness]\nname = "witness.example"\nlogs = ["{self.key}"]\n')
        request = self.save("request", "witness-request", "0")
        checkpoint = request.read_text().split("\n\n", 1)[1]
        with Daemon("--config", str(config)) as witness:
            line = witness.ctl("audit", "witness", str(request)).stdout
            witness_key = witness.ctl("--json", "call", "audit.witness_key").stdout
        key = json.loads(witness_key)["key"]
        cosigned = self.directory / "cosigned"
        cosigned.write_text(checkpoint + line)
        self.verify("--checkpoint", cosigned, "--witness", key, "--quorum", "1", self.daemon.state)
        self.verify("--checkpoint", cosigned, "--witness", key, self.daemon.state)
        self.verify("--checkpoint", self.old_checkpoint, "--witness", key, self.daemon.state, expect=FAILED)
        self.verify("--checkpoint", cosigned, "--witness", key, "--quorum", "2", self.daemon.state, expect=USAGE)
        self.verify("--checkpoint", self.old_checkpoint, "--witness", key, "--quorum", "1", self.daemon.state, expect=FAILED)

    def test_openssl_verifies_what_the_document_says(self):
        script = harness.SOURCE_DIR / "tests" / "independent" / "verify-with-openssl"
        subprocess.run([script, self.key, self.proof], check=True, capture_output=True)


if __name__ == "__main__":
    harness.main()
