#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valhallad --restore: a backup in the place of the database. Always said why, recorded in a new epoch of the trail;
nothing is deleted, and a refusal or a crash leaves the old state or the new one.
"""

import collections
import contextlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import time
import unittest
from pathlib import Path

from harness import (DEADLINE_S, ConnectionClosed, Daemon, audit_records, eventually, main, program, run_daemon,
                     temporary_directory)
from place import can_trace
from test_backup import verify
from test_startup import digest_of

REASON = "the disk died on Monday"


def page_size(database):
    return int.from_bytes(database[16:18], "big")


def free_pages(database):
    """Offsets of the pages on the free list (SQLite's file format, 1.5)."""
    word = lambda at: int.from_bytes(database[at:at + 4], "big")
    size = page_size(database)
    free, trunk = set(), word(32)
    while trunk:
        at = (trunk - 1) * size
        free |= {at} | {(word(at + 8 + 4 * i) - 1) * size for i in range(word(at + 4))}
        trunk = word(at)
    return free


class Restore(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(temporary_directory())
        self.state = self.directory / "state"
        self.daemon = self.enterContext(Daemon(directory=self.directory))
        with self.daemon.client() as client:
            self.session = client.call("session.start", notes="weekly")["id"]
            made = client.call("backup.create")
            self.old = audit_records(client)
        self.backup = self.directory / Path(made["file"]).name
        shutil.copy(made["file"], self.backup)
        shutil.copy(made["checkpoint"], str(self.backup) + ".checkpoint")

    def grow(self):
        with self.daemon.client() as client:
            client.call("session.end", notes="after the backup")
            client.call("audit.checkpoint")

    def restore(self, expect: int = 0, state: Path | None = None) -> subprocess.CompletedProcess:
        done = run_daemon("--state-dir", str(state or self.state), "--restore", str(self.backup), "--reason", REASON)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def content(self) -> dict[str, str]:
        """Of every file but the lock, which says who took it last, and what SQLite makes to read a database."""
        return {name: digest for name, digest in digest_of(self.state).items()
                if name not in ("lock", "valhalla.db-shm", "valhalla.db-wal")}

    def refused(self, names: str) -> str:
        """A restore that must be refused with everything as it was."""
        before = self.content()
        said = self.restore(expect=3).stderr
        self.assertEqual(self.content(), before)
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertIn(names, said)
        self.assertIn("nothing was changed", said)
        return said

    def assert_restored(self, daemon: Daemon, unsigned: str = "") -> dict:
        """The trail is the backup's, and goes on with a new epoch that says so."""
        with daemon.client() as client:
            records = audit_records(client)
            self.assertEqual(client.call("session.status")["active"], True)
        self.assertEqual(records[:len(self.old)], self.old)
        epochs = [r for r in records if r["event"] == "EPOCH_START"]
        self.assertGreater(len(epochs), 1)
        about = f"{len(self.old)} records" + (f", no signature checked: {unsigned}" if unsigned else "")
        self.assertIn(f"restored from {self.backup.name} ({about}): {REASON}", epochs[-1]["payload"]["reason"])
        self.assertEqual(len([e for e in epochs if REASON in e["payload"]["reason"]]), 1, "one epoch for one restore")
        self.assertFalse((daemon.state / "anchor.next").exists())
        self.assertFalse((daemon.state / "restore").exists())
        self.assertFalse((daemon.state / ".restore").exists())
        return epochs[-1]["payload"]

    def test_an_older_backup(self):
        self.grow()
        self.daemon.stop()
        anchor = "".join((self.state / "anchor").read_text().splitlines(keepends=True)[1:4])
        said = self.restore().stdout
        self.assertIn(f"{len(self.old)} records, verified, signed with this state's key\n", said)
        self.daemon.start()
        epoch = self.assert_restored(self.daemon)
        self.assertEqual(epoch["refused_anchor"], anchor)
        self.assertIn("the database is older than the anchor", epoch["reason"])
        self.daemon.restart()
        self.daemon.stop()
        self.assertEqual(verify(self.state)["code"], 0, verify(self.state))
        (aside,) = self.state.glob("replaced-*")
        self.assertEqual(verify(aside)["code"], 0, verify(aside))
        self.assertGreater(verify(aside)["size"], len(self.old))

    def test_a_backup_that_lacks_nothing_begins_an_epoch_too(self):
        self.daemon.stop()
        shutil.copy(self.backup, self.state / "newer")
        self.restore()
        self.daemon.start()
        self.assert_restored(self.daemon)

    def test_after_a_kill_the_log_of_the_old_database_goes_aside_with_it(self):
        self.grow()
        self.daemon.kill()
        self.assertTrue((self.state / "valhalla.db-wal").exists())
        self.restore()
        self.daemon.start()
        self.assert_restored(self.daemon)
        (aside,) = self.state.glob("replaced-*")
        self.assertEqual(verify(aside)["code"], 0, verify(aside))

    def test_without_its_checkpoint_it_is_said_and_recorded_that_no_signature_was_checked(self):
        self.daemon.stop()
        Path(str(self.backup) + ".checkpoint").unlink()
        self.assertIn("NO SIGNATURE was checked: no checkpoint lies beside it", self.restore().stdout)
        self.daemon.start()
        self.assert_restored(self.daemon, unsigned="no checkpoint lies beside it")

    def test_a_checkpoint_of_another_key_is_no_signature_of_this_state(self):
        self.daemon.stop()
        (self.state / "signing.key").unlink()
        for file in ("anchor", "valhalla.db"):
            (self.state / file).unlink()
        self.daemon.start()  # with a key of its own
        self.daemon.stop()
        for file in ("anchor", "valhalla.db"):
            (self.state / file).unlink()
        self.assertIn("NO SIGNATURE was checked: it was signed with another key", self.restore().stdout)

    def test_directories_of_these_names_that_are_not_a_restore_s(self):
        self.daemon.stop()
        for name in ("restore", ".restore", "upload"):
            with self.subTest(name):
                mine = self.state / name / "mine"
                mine.mkdir(parents=True)
                (mine / "notes.txt").write_text("precious")
                before = self.content()
                done = run_daemon(*self.daemon.command()[1:])
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(f"{self.state / name} is not of this program", done.stderr)
                if name != "upload":
                    self.assertIn("is not of this program", self.restore(expect=3).stderr)
                self.assertEqual(self.content(), before)
                shutil.rmtree(self.state / name)
        (self.state / "restore").mkdir()
        self.assertEqual(run_daemon(*self.daemon.command()[1:]).returncode, 3)
        (self.state / "restore").rmdir()
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertEqual(len([r for r in audit_records(client) if r["event"] == "EPOCH_START"]), 1)

    def test_in_the_place_of_a_damaged_database(self):
        self.grow()
        self.daemon.stop()
        (self.state / "valhalla.db").write_bytes(b"not a database" * 1000)
        self.restore()
        self.daemon.start()
        self.assert_restored(self.daemon)

    def test_on_another_machine(self):
        self.daemon.stop()
        with temporary_directory() as elsewhere:
            self.restore(state=elsewhere / "state")
            with Daemon(directory=elsewhere) as daemon:
                epoch = self.assert_restored(daemon, unsigned="this state has no signing key")
                daemon.stop()
            # Origin, number and the key itself: the first two differ anyway.
            ours, before = (key.split("+", 2)[2] for key in (epoch["key"], self.old[1]["payload"]["key"]))
            self.assertNotEqual(ours, before, "the key was not in the backup")
            self.assertEqual(verify(elsewhere / "state")["code"], 0)

    def test_twice(self):
        self.grow()
        self.daemon.stop()
        self.restore()
        self.restore()  # before the epoch of the first began
        self.daemon.start()
        self.assert_restored(self.daemon)

    def test_what_an_earlier_restore_set_aside_is_never_written_over(self):
        self.grow()
        self.daemon.stop()
        taken = []
        for second in range(int(time.time()), int(time.time()) + 600):  # whenever it comes, there is one already
            aside = self.state / time.strftime("replaced-%Y%m%dT%H%M%SZ", time.gmtime(second))
            aside.mkdir()
            (aside / "valhalla.db").write_text("of an earlier restore")
            taken.append(aside)
        said = self.restore().stdout
        self.assertEqual([f for f in taken if (f / "valhalla.db").read_text() != "of an earlier restore"], [])
        (aside,) = set(self.state.glob("replaced-*")) - set(taken)
        self.assertRegex(aside.name, "Z-2$")
        self.assertIn(str(aside), said)
        self.assertGreater(verify(aside)["size"], len(self.old))

    def test_it_can_be_undone(self):
        self.grow()
        with self.daemon.client() as client:
            before = audit_records(client)
        self.daemon.stop()
        self.restore()
        (aside,) = self.state.glob("replaced-*")
        self.assertEqual(verify(aside)["code"], 0)  # which leaves an empty log beside it
        self.old, self.backup = before, aside / "valhalla.db"
        self.restore()
        self.daemon.start()
        with self.daemon.client() as client:
            records = audit_records(client)
        self.assertEqual(records[:len(before)], before)
        self.assertIn("restored from valhalla.db", records[len(before)]["payload"]["reason"])

    def test_a_log_that_is_not_empty_belongs_to_its_database(self):
        self.daemon.stop()
        log = Path(str(self.backup) + "-wal")
        log.write_bytes(b"\0" * 4096)
        self.refused("it has a write-ahead log")
        log.write_bytes(b"")
        self.restore()

    def test_in_a_state_directory_behind_a_symbolic_link(self):
        with temporary_directory() as elsewhere:
            (elsewhere / "real").mkdir()
            (elsewhere / "link").symlink_to("real")
            with Daemon(directory=elsewhere / "link") as daemon:
                with daemon.client() as client:
                    client.call("session.start", notes="weekly")
                    self.backup = Path(client.call("backup.create")["file"])
                    self.old = audit_records(client)
                    client.call("session.note", text="after the backup")
                daemon.stop()
                self.restore(state=daemon.state)
                daemon.start()
                self.assert_restored(daemon)

    def test_a_backup_whose_name_is_no_text(self):
        self.daemon.stop()
        named = self.directory / os.fsdecode(b"K\xf6ln\n\xc3\xa4.db")
        os.rename(self.backup, named)
        done = subprocess.run([program("VALHALLAD"), "--state-dir", self.state, "--restore", named, "--reason", "Köln"],
                              capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.daemon.start()
        with self.daemon.client() as client:
            reason = [r["payload"]["reason"] for r in audit_records(client) if r["event"] == "EPOCH_START"][-1]
            client.call("backup.create")
        self.assertTrue(reason.endswith(f"restored from K\\xf6ln\\x0aä.db ({len(self.old)} records, no signature checked: no checkpoint lies beside it): Köln"), reason)

    def test_valhallactl_does_the_same(self):
        self.grow()
        self.daemon.stop()
        words = ["restore", str(self.backup), "--reason", REASON, "--state-dir", str(self.state)]
        running = self.daemon.ctl(*words[:1], "none.db", *words[2:], expect=1).stderr
        self.assertIn("nothing was changed", running)
        self.assertIn("verified", self.daemon.ctl(*words).stdout)
        self.daemon.start()
        self.assert_restored(self.daemon)

    # Refusals

    def test_while_a_daemon_runs(self):
        self.assertIn("another valhallad", self.restore(expect=4).stderr)

    def test_without_a_reason(self):
        for reason in ([], ["--reason", " "]):
            done = run_daemon("--state-dir", str(self.state), "--restore", str(self.backup), *reason)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--reason", done.stderr)

    def test_a_reason_that_the_trail_cannot_hold(self):
        self.daemon.stop()
        before = self.content()
        for reason, why in [(os.fsdecode(b"K\xf6ln"), "not UTF-8"), ("two\nlines", "control character"),
                            ("x" * 4097, "has 4097 bytes"), ("é" * 2049, "at most 4096")]:
            for arguments in (["--restore", str(self.backup), "--reason", reason], ["--accept-rollback", reason]):
                with self.subTest(reason[:10], option=arguments[0]):
                    done = run_daemon("--state-dir", str(self.state), *arguments)
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertIn(arguments[-2], done.stderr)
                    self.assertIn(why, done.stderr)
        self.assertEqual(self.content(), before)

    def test_a_reason_as_long_as_one_can_be(self):
        self.grow()
        self.daemon.stop()
        reason = '"' * 4096
        done = run_daemon("--state-dir", str(self.state), "--restore", str(self.backup), "--reason", reason)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertTrue(audit_records(client)[len(self.old)]["payload"]["reason"].endswith(f": {reason}"))

    def test_no_such_file(self):
        self.daemon.stop()
        self.backup = self.directory / "none.db"
        self.refused("none.db is not a backup")

    def test_the_database_itself(self):
        self.daemon.stop()
        self.backup = self.state / "valhalla.db"
        self.refused("is the database in place")

    def test_a_damaged_backup(self):
        self.daemon.stop()
        database = sqlite3.connect(self.backup, isolation_level=None)
        database.execute("VACUUM")  # a free page holds nothing that could be damaged
        database.close()
        good = self.backup.read_bytes()
        free, size = free_pages(good), page_size(good)
        for at in range(len(good) // 7, len(good), len(good) // 7):
            page = at - at % size
            if page in free:  # nothing that it says is data
                continue
            with self.subTest(at):
                self.backup.write_bytes(good[:page] + b"\xa5" * size + good[page + size:])
                self.refused(self.backup.name)
        self.backup.write_bytes(good[:len(good) // 2])
        self.refused(self.backup.name)
        self.backup.write_bytes(b"something else")
        self.refused(self.backup.name)

    def test_a_backup_in_which_one_record_was_changed(self):
        self.daemon.stop()
        with sqlite3.connect(self.backup) as database:
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("UPDATE audit SET records = CAST(replace(CAST(records AS TEXT), 'weekly', 'wEekly') AS BLOB)")
        self.refused(self.backup.name)

    def test_a_backup_that_its_checkpoint_does_not_vouch_for(self):
        self.daemon.stop()
        checkpoint = Path(str(self.backup) + ".checkpoint")
        text = checkpoint.read_text().splitlines(keepends=True)
        checkpoint.write_text("".join([text[0], f"{len(self.old) + 1}\n", *text[2:]]))
        self.refused("does not verify")

    def test_a_backup_of_another_instance(self):
        self.daemon.stop()
        with temporary_directory() as elsewhere, Daemon(directory=elsewhere) as other:
            with other.client() as client:
                self.backup = Path(client.call("backup.create")["file"])
            said = self.refused("is of instance")
            self.assertIn("empty state directory", said)

    def test_a_backup_of_a_newer_version(self):
        self.daemon.stop()
        database = sqlite3.connect(self.backup)
        database.execute("PRAGMA user_version = 999")
        database.close()
        self.refused("use the newer program")


@unittest.skipUnless(can_trace(), "strace is not installed, or may not trace")
class Crash(Restore):
    """Killed before the first, the second, … step that touches names or the disk."""

    STEPS = ("rename", "renameat2", "mkdir", "unlink", "unlinkat", "rmdir", "fsync", "fdatasync", "ftruncate")

    def killed_at(self, step: str, number: int, *arguments: str) -> bool:
        """Runs valhallad so; false when it was not killed: it came to its end, or serves."""
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={step}",
             "-e", f"inject={step}:signal=SIGKILL:when={number}", *self.daemon.command(), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})  # the leak sanitizer cannot look at who is traced
        self.addCleanup(tracer.kill)

        def over():
            if tracer.poll() is not None:
                return True
            with contextlib.suppress(OSError, ConnectionClosed), self.daemon.client() as client:
                return client.call("daemon.stop")
            return False

        eventually(over, "it ends, or serves")
        code = tracer.wait(DEADLINE_S)
        self.assertIn(code, (0, -9, 137))
        return code != 0

    def each_kill(self, *arguments: str):
        """Gives each step and its number after a kill there, always from the same beginning."""
        base = self.directory / "base"
        shutil.copytree(self.state, base)
        for step in self.STEPS:
            for number in itertools.count(1):
                shutil.rmtree(self.state)
                shutil.copytree(base, self.state)
                if not self.killed_at(step, number, *arguments):
                    break
                yield step, number

    def test_a_kill_leaves_the_old_state_or_the_new_one(self):
        self.grow()
        self.daemon.kill()  # with a write-ahead log
        outcomes = collections.defaultdict(list)
        for step, number in self.each_kill("--restore", str(self.backup), "--reason", REASON):
            with self.subTest(step, number=number):
                self.daemon.start()
                with self.daemon.client() as client:
                    restored = any(REASON in str(r["payload"]) for r in audit_records(client))
                    self.assertEqual(client.call("session.status")["active"], restored, "it ended after the backup")
                outcomes[step].append(restored)
                self.daemon.stop()
                self.assertEqual(verify(self.state)["code"], 0)
                self.assertEqual(len([*self.state.glob("replaced-*")]), 1 if restored else 0)
        for step, found in outcomes.items():
            self.assertEqual(found, sorted(found), f"once it is restored it stays restored: {step}")
        everything = [restored for found in outcomes.values() for restored in found]
        print(f"{len(everything)} kills, {sum(everything)} of them after the decision", flush=True)
        self.assertGreater(len(everything), 20)
        self.assertEqual(set(everything), {False, True})

    def test_a_kill_while_the_new_epoch_begins_is_made_good_by_the_next_start(self):
        self.grow()
        self.daemon.kill()
        self.restore()
        kills = 0
        for step, number in self.each_kill():
            with self.subTest(step, number=number):
                self.daemon.start()
                self.assert_restored(self.daemon)
                self.daemon.stop()
                self.assertEqual(verify(self.state)["code"], 0)
                kills += 1
        print(f"{kills} kills", flush=True)
        self.assertGreater(kills, 10)


    def test_a_kill_while_an_owner_accepts_leaves_one_epoch(self):
        self.daemon.stop()
        (self.state / "anchor").unlink()
        outcomes = collections.Counter()
        options = self.daemon.options
        for step, number in self.each_kill("--accept-rollback", REASON):
            with self.subTest(step, number=number):
                probe = subprocess.Popen(self.daemon.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
                self.addCleanup(probe.kill)
                accepted = eventually(lambda: probe.poll() or self.daemon.socket.exists() and self.serves(), "it ends, or serves")
                if accepted is True:
                    probe.terminate()
                    self.assertEqual(probe.wait(DEADLINE_S), 0)
                else:
                    self.assertEqual(accepted, 7, "not accepted yet")
                    self.daemon.options = [*options, "--accept-rollback", REASON]
                self.daemon.start()
                self.daemon.options = options
                with self.daemon.client() as client:
                    epochs = [r for r in audit_records(client) if r["event"] == "EPOCH_START"]
                self.assertEqual(len([e for e in epochs if REASON in e["payload"]["reason"]]), 1, epochs)
                self.daemon.stop()
                outcomes[accepted] += 1
        print(f"{outcomes.total()} kills, {outcomes[True]} after the record", flush=True)
        self.assertEqual(set(outcomes), {True, 7})

    def serves(self) -> bool:
        with contextlib.suppress(OSError, ConnectionClosed), self.daemon.client() as client:
            client.call("session.status")
            return True
        return False


# The tests of the base class ran already.
for name in [name for name in dir(Restore) if name.startswith("test_")]:
    setattr(Crash, name, None)


if __name__ == "__main__":
    main()
