# SPDX-License-Identifier: Apache-2.0
"""The trail as evidence: who puts back, edits or cuts it is noticed at the next start, and who follows it misses nothing."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import unittest

import harness
from harness import Daemon, DaemonTest, eventually

TRAIL_MISFIT = 7


def grow(client, records: int):
    """Appends so many records of another program, many at a time."""
    line = client.request("audit.append", {"event": "X_TEST", "payload": {"n": 1}}, id_=1)
    left = records
    while left:
        count = min(left, 100)
        client.send_line("[" + ",".join([line] * count) + "]")
        answers = client.receive()
        assert all("result" in a for a in answers), answers[0]
        left -= count


def says(anchor) -> str:
    """Origin, size and root of an anchor, a line each."""
    form, *lines = anchor.read_text().split("\n")[:4]
    assert form == "valhalla-anchor/v1", form
    return "".join(line + "\n" for line in lines)


class Guard(unittest.TestCase):
    """What was put back, edited or lost while the daemon was down."""

    def setUp(self):
        self.daemon = self.enterContext(Daemon())
        with self.daemon.client() as client:
            client.call("session.start", notes="before")
            grow(client, 300)
        self.daemon.stop()
        self.state = self.daemon.state
        self.database = self.state / "valhalla.db"

    def refused(self) -> str:
        done = harness.run_daemon(*self.daemon.command()[1:])
        self.assertEqual(done.returncode, TRAIL_MISFIT, done.stderr)
        self.assertIn("--accept-rollback", done.stderr)
        return done.stderr

    def tamper(self, *statements: str):
        """As somebody would who has the database and a tool of his own."""
        with sqlite3.connect(self.database) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement)
            for _, sql in triggers:
                db.execute(sql)
        db.close()

    def grow_once_more(self, records: int = 10):
        self.daemon.start()
        with self.daemon.client() as client:
            grow(client, records)
        self.daemon.stop()

    def test_an_untouched_state_starts_again_without_a_new_epoch(self):
        self.grow_once_more()
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertEqual(len(harness.audit_records(client, event="EPOCH_START")), 1)

    def test_an_older_database_is_refused(self):
        shutil.copy(self.database, self.state / "copy")
        self.grow_once_more()
        (self.state / "copy").replace(self.database)
        self.assertIn("the database is older than the anchor", self.refused())

    def test_an_older_database_with_its_own_anchor_starts_for_nothing_here_can_tell(self):
        # What the journal's checkpoints and witnesses are for.
        for name in ("valhalla.db", "anchor"):
            shutil.copy(self.state / name, self.state / f"{name}.copy")
        self.grow_once_more()
        for name in ("valhalla.db", "anchor"):
            (self.state / f"{name}.copy").replace(self.state / name)
        self.daemon.start()

    def test_an_older_database_with_the_checkpoint_that_was_published_of_it_is_refused(self):
        self.daemon.start()
        with self.daemon.client() as client:
            backup = client.call("backup.create")
        self.daemon.stop()
        self.grow_once_more()
        shutil.copy(backup["file"], self.database)
        shutil.copy(backup["checkpoint"], self.state / "anchor")
        self.assertIn("what lies in the place of the anchor is a checkpoint", self.refused())

    def test_an_older_anchor_is_accepted_for_it_vouches_for_less(self):
        shutil.copy(self.state / "anchor", self.state / "copy")
        self.grow_once_more()
        (self.state / "copy").replace(self.state / "anchor")
        self.daemon.start()

    def test_a_cut_tail_is_refused(self):
        self.tamper("DELETE FROM audit WHERE seq > 290")
        self.assertIn("the database is older than the anchor", self.refused())

    def test_an_edited_leaf_is_refused(self):
        self.tamper("UPDATE audit SET leaves = zeroblob(length(leaves)) WHERE seq >= 280")
        self.assertIn("are not those that were signed", self.refused())

    def test_an_edited_tile_is_refused(self):
        self.tamper("UPDATE tree_tile SET root = zeroblob(32)")
        self.assertIn("are not those that were signed", self.refused())

    def test_a_pipe_in_the_place_of_the_anchor_is_refused_and_not_waited_for(self):
        (self.state / "anchor").unlink()
        os.mkfifo(self.state / "anchor")
        self.refused()

    def test_a_lost_anchor_is_refused(self):
        (self.state / "anchor").unlink()
        self.assertIn("the anchor is gone", self.refused())

    def test_a_flipped_bit_in_the_anchor_is_refused(self):
        anchor = bytearray((self.state / "anchor").read_bytes())
        anchor[-10] ^= 1
        (self.state / "anchor").write_bytes(anchor)
        self.assertIn("the anchor", self.refused())

    def test_another_key_is_refused_and_so_is_none(self):
        key = self.state / "signing.key"
        kept = key.read_bytes()
        key.unlink()
        self.assertIn("the signing key is gone", self.refused())
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        key.chmod(0o600)
        self.assertIn("the signing key is another one", self.refused())
        key.write_bytes(kept)
        self.daemon.start()

    def test_a_key_that_others_can_read_is_refused(self):
        (self.state / "signing.key").chmod(0o644)
        done = harness.run_daemon(*self.daemon.command()[1:])
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("can be used by others", done.stderr)

    def test_a_fresh_database_under_the_old_anchor_is_refused(self):
        for file in self.state.glob("valhalla.db*"):
            file.unlink()
        self.assertIn("the anchor vouches for", self.refused())

    def test_a_refused_start_changes_nothing(self):
        (self.state / "anchor").unlink()
        before = self.database.read_bytes()
        self.refused()
        self.assertEqual(self.database.read_bytes(), before)
        self.assertFalse((self.state / "anchor").exists())

    def test_an_accepted_rollback_begins_a_new_epoch_and_is_recorded(self):
        with self.subTest("the older database"):
            shutil.copy(self.database, self.state / "copy")
            self.grow_once_more()
            anchored = says(self.state / "anchor")
            (self.state / "copy").replace(self.database)
        with self.subTest("accepting needs a reason"):
            done = harness.run_daemon(*self.daemon.command()[1:], "--accept-rollback", " ")
            self.assertEqual(done.returncode, 2, done.stderr)
        self.daemon.options = ["--accept-rollback", "the disk died, Monday's copy is all there is"]
        self.daemon.start()
        with self.daemon.client() as client:
            first, second = harness.audit_records(client, event="EPOCH_START")
            key = client.call("audit.key")
        self.assertTrue(second["payload"]["origin"].startswith(first["payload"]["origin"] + "/"))
        self.assertEqual(second["payload"]["key"], key["key"])
        self.assertIn("the database is older than the anchor", second["payload"]["reason"])
        self.assertIn("Monday's copy", second["payload"]["reason"])
        self.assertEqual(second["payload"]["refused_anchor"], anchored, "without its signature")
        with self.subTest("from then on it needs no accepting"):
            self.daemon.options = []
            self.daemon.restart()

    def test_accepting_what_fits_changes_nothing(self):
        self.daemon.options = ["--accept-rollback", "just in case"]
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertEqual(len(harness.audit_records(client, event="EPOCH_START")), 1)


class Checkpoints(DaemonTest):
    def test_a_checkpoint_covers_what_was_answered_before_and_is_anchored(self):
        for _ in range(5):
            seq = self.client.call("audit.append", event="X_TEST", payload={})["seq"]
            newest = self.client.call("audit.checkpoint")
            self.assertGreaterEqual(newest["size"], seq)
            self.assertTrue(newest["note"].startswith(says(self.daemon.state / "anchor") + "\n"), newest)

    def test_a_trail_that_grows_is_signed_within_a_second_or_so(self):
        for _ in range(3):  # the later ones grow within the second after a signature
            seq = self.client.call("audit.append", event="X_TEST", payload={})["seq"]
            eventually(lambda: int(says(self.daemon.state / "anchor").split("\n")[1]) >= seq,
                       "the anchor follows")

    def test_a_kill_never_leaves_an_anchor_ahead_of_the_database(self):
        for _ in range(10):
            with self.daemon.client() as client:
                grow(client, 100)
                client.send_line(client.request("audit.append", {"event": "X_TEST", "payload": {}}))
                client.send_line(client.request("audit.checkpoint"))
            self.daemon.kill()
            self.daemon.start()  # refused, if a signature had come before its commit

    def test_records_that_nobody_signed_are_told_by_the_verifier_and_by_the_start_that_signs_them(self):
        self.daemon.stop()
        anchor = (self.daemon.state / "anchor").read_bytes()
        signed = int(says(self.daemon.state / "anchor").split("\n")[1])
        self.daemon.start()
        self.assertNotIn("were not signed by anyone", self.daemon.log.read_text(), "after a clean stop all are signed")
        with self.daemon.client() as client:
            grow(client, 3)
            last = client.call("audit.list", limit=1)["items"][0]["seq"]
        self.daemon.stop()
        (self.daemon.state / "anchor").write_bytes(anchor)  # as if they had been written while no daemon ran
        told = self.daemon.ctl("audit", "verify", str(self.daemon.state)).stdout
        self.assertIn(f"not signed by anyone: records {signed + 1} to {last} ", " ".join(told.split()))
        self.daemon.start()
        self.daemon.logs(f"Z warning records {signed + 1} to {last} were not signed by anyone before this start")
        with self.daemon.client() as client:
            (record,) = client.call("audit.list", event="RECORDS_UNSIGNED")["items"]
        self.assertEqual(record["payload"], {"first": signed + 1, "last": last})

    def test_the_log_has_the_last_checkpoint(self):
        grow(self.client, 5)
        self.daemon.stop()
        anchored = says(self.daemon.state / "anchor")
        line = re.findall(r"checkpoint (\S.*)", self.daemon.log.read_text())[-1]
        self.assertTrue(line.replace("\\n", "\n").startswith(anchored + "\n"), line)

    def test_what_is_beyond_the_trail_is_refused(self):
        size = self.client.call("audit.checkpoint")["size"]
        for method, params in (("audit.inclusion", {"seq": size + 1}), ("audit.inclusion", {"seq": 1, "size": size + 1}),
                               ("audit.inclusion", {"seq": 3, "size": 2}), ("audit.consistency", {"old_size": size + 1}),
                               ("audit.consistency", {"old_size": 1, "size": size + 1}),
                               ("audit.tile", {"level": 0, "index": 0, "width": 256}),
                               ("audit.tile", {"level": 1, "index": 0, "width": 1}),
                               ("audit.tile", {"level": 7, "index": 2**48, "width": 1}),
                               ("audit.follow", {"after": size + 1})):
            with self.subTest(method=method, params=params):
                self.assertIn(self.client.refused(method, **params).kind, ("beyond_the_trail", "unknown_record"))

    def test_an_export_carries_its_checkpoint(self):
        grow(self.client, 20)
        written = self.client.call("export.write")
        note = (self.daemon.state / "export" / "checkpoint").read_text()
        self.assertEqual(int(note.split("\n")[1]), written["tree_size"])


class Follower:
    """Follows the trail on a connection of its own."""

    def __init__(self, daemon, **params):
        self.client = daemon.client()
        self.begun = self.client.call("audit.follow", **params)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def next(self) -> dict:
        message = self.client.receive()
        assert message["method"] == "audit.event", message
        assert message["params"]["follow"] == self.begun["follow"], message
        return message["params"]["record"]

    def take(self, count: int) -> list[int]:
        return [self.next()["seq"] for _ in range(count)]


class Follow(DaemonTest):
    def size(self) -> int:
        return self.client.call("audit.checkpoint")["size"]

    def test_first_what_there_is_then_what_comes_without_gap_or_duplicate(self):
        grow(self.client, 1000)
        there = self.size()
        with Follower(self.daemon, after=0) as follower:
            writer = threading.Thread(target=lambda: grow(self.client, 2000))
            writer.start()
            seqs = follower.take(there + 2000)
            writer.join()
        self.assertEqual(seqs, list(range(1, there + 2001)))

    def test_without_after_it_begins_with_what_comes(self):
        there = self.size()
        with Follower(self.daemon) as follower:
            self.assertEqual(follower.begun["after"], there)
            grow(self.client, 3)
            self.assertEqual(follower.take(3), [there + 1, there + 2, there + 3])

    def test_the_records_are_the_bytes_that_were_hashed(self):
        with Follower(self.daemon, after=0) as follower:
            line = follower.client.receive_line().decode()
        listed = self.client.call("audit.list", after=0, limit=1)["items"][0]
        self.assertIn(json.dumps(listed, separators=(",", ":"), ensure_ascii=False), line)

    def test_filters(self):
        self.client.call("session.start")
        session = self.client.call("session.status")["id"]
        grow(self.client, 500)
        self.client.call("cone.decide", engine="wholesaling", action="run")
        with Follower(self.daemon, after=0, event="CONE_ALLOW") as one, \
                Follower(self.daemon, after=0, session=session) as two, \
                Follower(self.daemon, after=0, actor="valhallad") as three:
            self.assertEqual(one.next()["event"], "CONE_ALLOW")
            self.assertEqual(two.next()["event"], "GO_SESSION_START")
            self.assertEqual(three.next()["event"], "DATABASE_CREATE")
            # A filter that looks at much and lets little through goes on as well.
            self.client.call("session.end")
            grow(self.client, 1000)
            self.client.call("cone.decide", engine="wholesaling", action="run")
            self.assertEqual(one.next()["event"], "CONE_ALLOW")

    def test_it_resumes_across_connections_and_restarts(self):
        seen = []
        for round_ in range(4):
            with Follower(self.daemon, after=seen[-1] if seen else 0) as follower:
                grow(self.client, 50)
                seen += follower.take(20)
            if round_ == 1:
                self.daemon.kill()
                self.daemon.start()
                self.reconnect()
        with Follower(self.daemon, after=seen[-1]) as follower:
            seen += follower.take(self.size() - seen[-1])
        self.assertEqual(seen, list(range(1, len(seen) + 1)))

    def test_unfollow_says_where_it_stood_and_nothing_more_comes(self):
        follow = self.client.call("audit.follow")
        stood = self.client.call("audit.unfollow", follow=follow["follow"])
        self.assertEqual(stood["after"], follow["after"])
        self.client.call("audit.append", event="X_TEST", payload={})  # its answer is the next line
        self.assertEqual(self.client.refused("audit.unfollow", follow=follow["follow"]).kind, "unknown_follow")

    def test_another_connection_cannot_end_it(self):
        follow = self.client.call("audit.follow")
        with self.daemon.client() as other:
            self.assertEqual(other.refused("audit.unfollow", follow=follow["follow"]).kind, "unknown_follow")

    def test_follows_are_bounded(self):
        for _ in range(16):
            self.client.call("audit.follow")
        self.assertEqual(self.client.refused("audit.follow").kind, "too_many_follows")

    def test_a_half_closed_follower_still_gets_what_comes(self):
        with Follower(self.daemon) as follower:
            follower.client.end_of_input()
            grow(self.client, 3)
            self.assertEqual(len(follower.take(3)), 3)

    def test_at_the_end_of_the_daemon_it_is_told_where_to_go_on(self):
        with Follower(self.daemon) as follower:
            self.daemon.stop()
            last = json.loads(follower.client.rest()[-1])
            self.assertEqual(last["method"], "audit.follow_end")
            self.assertEqual(last["params"]["after"], follower.begun["after"])

    def test_events_do_not_come_between_the_answers_of_a_batch(self):
        self.client.call("audit.follow")
        line = self.client.request("audit.append", {"event": "X_TEST", "payload": {}}, id_=7)
        self.client.send_line("[" + ",".join([line] * 50) + "]")
        batch = self.client.receive()
        while isinstance(batch, dict):  # events of a commit before the last one
            batch = self.client.receive()
        self.assertEqual(len(batch), 50)

    def test_followers_that_vanish_harm_nobody(self):
        grow(self.client, 3000)
        for _ in range(30):
            followers = [Follower(self.daemon, after=0) for _ in range(5)]
            for follower in followers:
                for _ in range(3):
                    follower.client.send_line(follower.client.request("audit.follow", {"after": 0}))
            grow(self.client, 20)
            for follower in followers:
                follower.client.close()  # with much unread: the next write to it fails
            grow(self.client, 20)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 0, "they are forgotten")

    def test_a_reader_that_is_slow_holds_up_nobody_and_misses_nothing(self):
        # Slow is who reads nothing while others append, however long this machine takes for that.
        with Daemon(config="[limits]\npush_stall_s = 300\noutput_stall_s = 300\n") as daemon, daemon.client() as client, \
                Follower(daemon, after=0) as follower:
            follower.client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            grow(client, 20000)
            size = client.call("daemon.info")["audit"]["size"]
            self.assertEqual(follower.take(size), list(range(1, size + 1)))

    def test_a_reader_that_stops_is_cut_off_with_its_cursor(self):
        with Follower(self.daemon, after=0) as follower:
            grow(self.client, 20000)
            size = self.size()
            # Nothing is read until the daemon has given up waiting.
            eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 0, "the follow ends")
            seqs = []
            message = follower.client.receive()
            while message["method"] == "audit.event":
                seqs.append(message["params"]["record"]["seq"])
                message = follower.client.receive()
            self.assertEqual(message["method"], "audit.follow_end")
            self.assertEqual(seqs, list(range(1, message["params"]["after"] + 1)))
            self.assertLess(len(seqs), size)


class Witness(unittest.TestCase):
    """One daemon cosigns what another one signed."""

    def setUp(self):
        self.log = self.enterContext(Daemon())
        self.log_client = self.enterContext(self.log.client())
        key = self.log_client.call("audit.key")["key"]
        directory = self.enterContext(harness.temporary_directory())
        config = directory / "witness.toml"
        config.write_text(f'[witness]\nname = "witness.example"\nlogs = ["{key}"]\n')
        self.witness = self.enterContext(Daemon("--config", str(config)))
        self.client = self.enterContext(self.witness.client())

    def request(self, old_size: int, size: int | None = None) -> str:
        proof = self.log_client.call("audit.consistency", old_size=old_size)
        return f"old {old_size}\n" + "".join(h + "\n" for h in proof["hashes"]) + "\n" + proof["note"]

    def test_what_grows_is_cosigned_and_remembered(self):
        first = self.client.call("audit.witness", request=self.request(0))
        self.assertRegex(first["signatures"], r"^— witness\.example \S+\n$")
        grow(self.log_client, 300)
        second = self.client.call("audit.witness", request=self.request(first["size"]))
        self.assertGreater(second["size"], first["size"])
        self.witness.kill()
        self.witness.start()
        with self.witness.client() as client:
            refusal = client.refused("audit.witness", request=self.request(first["size"]))
            self.assertEqual(refusal.kind, "witness_conflict")
            self.assertEqual(refusal.data["size"], second["size"])
            client.call("audit.witness", request=self.request(second["size"]))

    def test_a_log_that_was_put_back_and_went_on_is_not_cosigned(self):
        self.log.stop()
        shutil.copytree(self.log.state, self.log.directory / "copy")
        self.log.start()
        with self.log.client() as self.log_client:
            grow(self.log_client, 5)
            size = self.client.call("audit.witness", request=self.request(0))["size"]
        # Database and anchor go back together: the log itself cannot tell.
        self.log.stop()
        shutil.rmtree(self.log.state)
        (self.log.directory / "copy").rename(self.log.state)
        self.log.start()
        with self.log.client() as self.log_client:
            grow(self.log_client, 50)
            refusal = self.client.refused("audit.witness", request=self.request(size))
            self.assertEqual(refusal.kind, "bad_proof")


if __name__ == "__main__":
    harness.main()
