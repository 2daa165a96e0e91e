#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""backup.create: a copy made while the daemon works, verified before it has a name, and no trouble for anybody else."""

import contextlib
import json
import re
import resource
import stat
import subprocess
import threading
import unittest
from pathlib import Path

from harness import (SANITIZED, Client, Daemon, DaemonTest, RpcError, audit_records, eventually, main, program, run_daemon,
                     temporary_directory)
from place import mount_tmpfs

VERIFY = Path(program("VALHALLAD")).parent / "valhalla-verify"


def verify(*arguments) -> dict:
    done = subprocess.run([VERIFY, "--json", *map(str, arguments)], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) | {"code": done.returncode}


class Appending(threading.Thread):
    """Changes without end, until told; `answered` counts them."""

    def __init__(self, path):
        super().__init__()
        self.client = Client(path)
        self.answered = 0
        self.enough = threading.Event()

    def run(self):
        with self.client:
            while not self.enough.is_set():
                for _ in range(64):
                    self.client.send_line(self.client.request("audit.append", {"event": "X_LOAD", "payload": {"t": "x" * 200}}))
                for _ in range(64):
                    assert "result" in self.client.receive()
                    self.answered += 1


class Backup(DaemonTest):
    config = "[backup]\nkeep = 3\n"

    def files(self) -> list[str]:
        return sorted(f.name for f in (self.daemon.state / "backup").iterdir())

    def test_it_holds_what_was_answered_before_and_verifies_without_the_daemon(self):
        self.client.call("session.start", notes="weekly")
        seq = self.client.call("audit.append", event="X_TEST", payload={})["seq"]
        made = self.client.call("backup.create")
        self.assertEqual(made["tree_size"], seq)
        key = self.client.call("audit.key")["key"]
        self.daemon.stop()
        found = verify("--key", key, "--checkpoint", made["checkpoint"], made["file"])
        self.assertEqual(found["code"], 0, found)
        self.assertEqual((found["size"], found["root"]), (seq, made["root"]))
        self.assertEqual(Path(made["file"]).stat().st_size, made["bytes"])

    def test_only_the_daemons_user_can_read_it_and_nothing_else_lies_there(self):
        made = self.client.call("backup.create")
        folder = self.daemon.state / "backup"
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        self.assertEqual(self.files(), sorted(Path(made[f]).name for f in ("file", "checkpoint")))
        for file in folder.iterdir():
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600, file)

    def test_the_newest_are_kept(self):
        made = []
        for _ in range(5):
            self.client.call("audit.append", event="X_TEST", payload={})  # so that the names differ
            made.append(self.client.call("backup.create"))
        self.assertEqual(made[4]["removed"], [Path(made[1]["file"]).name])
        self.assertEqual([n for n in self.files() if n.endswith(".db")], sorted(Path(m["file"]).name for m in made[2:]))
        self.client.call("audit.append", event="X_TEST", payload={})
        last = self.client.call("backup.create", keep=1)
        self.assertEqual(self.files(), sorted(Path(last[f]).name for f in ("file", "checkpoint")))

    def test_what_a_crash_left_is_cleared_away(self):
        folder = self.daemon.state / "backup"
        folder.mkdir(mode=0o700)
        (folder / ".draft.db").write_bytes(b"half")
        (folder / "valhalla-20200101T000000Z-0000000007.db.checkpoint").write_text("of nothing")
        (folder / "of-the-owner").write_text("stays")
        made = self.client.call("backup.create")
        self.assertEqual(self.files(), sorted(["of-the-owner", *(Path(made[f]).name for f in ("file", "checkpoint"))]))

    def test_a_start_clears_away_what_a_crash_left(self):
        kept = self.client.call("backup.create")
        self.daemon.kill()
        folder = self.daemon.state / "backup"
        for name in (".draft.db", ".draft.db-journal"):
            (folder / name).write_bytes(b"half")
        (folder / "of-the-owner").write_text("stays")
        self.daemon.start()
        self.assertEqual(self.files(), sorted(["of-the-owner", *(Path(kept[f]).name for f in ("file", "checkpoint"))]))

    def test_several_of_the_same_records_and_second_have_names_of_their_own(self):
        made = [self.client.call("backup.create") for _ in range(4)]
        for one in made[-3:]:  # as many are kept
            self.assertEqual(verify("--checkpoint", one["checkpoint"], one["file"])["code"], 0)
        self.assertEqual([n for n in self.files() if n.endswith(".db")], [Path(m["file"]).name for m in made[-3:]])

    def append_many(self, records: int = 20_000):
        with self.daemon.client() as client:
            for _ in range(records // 100):
                line = client.request("audit.append", {"event": "X_LOAD", "payload": {"t": "x" * 200}}, id_=1)
                client.send_line("[" + ",".join([line] * 100) + "]")
                assert all("result" in answer for answer in client.receive())

    def test_under_load_it_is_of_one_moment_and_the_log_does_not_grow(self):
        # However little space this machine has left.
        self.client.call("thresholds.set", disk_free_yellow_mib=0, disk_free_red_mib=0)
        self.append_many()
        writers = [Appending(self.daemon.socket) for _ in range(3)]
        for writer in writers:
            writer.start()
        try:
            eventually(lambda: all(w.answered > 100 for w in writers), "the load is on")
            before = sum(w.answered for w in writers)
            self.client.send_line(self.client.request("backup.create", id_=1))
            with self.daemon.client() as second:
                second.call("daemon.info")
                self.assertEqual(second.refused("backup.create").kind, "backup_running")
            made = self.client.receive()["result"]
            self.assertGreater(sum(w.answered for w in writers), before, "changes went on meanwhile")
        finally:
            for writer in writers:
                writer.enough.set()
                writer.join()
        found = verify("--checkpoint", made["checkpoint"], made["file"])
        self.assertEqual((found["code"], found["size"]), (0, made["tree_size"]), found)
        self.assertGreater(made["tree_size"], 20_000)
        self.assertEqual(self.client.call("backup.create")["removed"], [], "the next one may begin")
        self.assertLess((self.daemon.state / "valhalla.db-wal").stat().st_size, 64 * 1024 * 1024)
        self.assertEqual(self.client.call("health.status")["status"], "green")

    def test_stopping_does_not_wait_for_it(self):
        self.append_many()
        self.client.call("backup.create")
        for _ in range(5):  # a copy may be finished before its daemon is told to stop
            before = self.files()
            with self.daemon.client() as client, self.daemon.client() as second:
                client.send_line(client.request("backup.create"))
                with contextlib.suppress(RpcError):
                    second.call("backup.create")  # refused as long as the first one is being made
                self.daemon.stop()
                answer = client.receive()
            if "error" in answer:
                break
            self.daemon.start()
        self.assertIn("error", answer, "stopping waited for it")
        self.assertEqual(answer["error"]["data"]["kind"], "shutting_down", answer)
        self.assertEqual(self.files(), before, "neither a new one nor a part of it")

    def test_what_the_administrator_puts_there_is_no_backup(self):
        made = self.client.call("backup.create")
        copy = self.daemon.state / "backup" / "valhalla-before-upgrade.db"
        copy.write_bytes(Path(made["file"]).read_bytes())
        last = self.client.call("backup.create", keep=1)
        self.assertEqual(last["removed"], [Path(made["file"]).name])
        self.assertEqual(self.files(), sorted([copy.name, *(Path(last[f]).name for f in ("file", "checkpoint"))]))

    def test_a_backup_made_after_the_clock_was_set_back_is_the_newest(self):
        made = self.client.call("backup.create")
        ahead = Path(made["file"]).with_name("valhalla-20990101T000000Z-0000000005.db")
        Path(made["file"]).rename(ahead)
        last = self.client.call("backup.create", keep=1)
        self.assertEqual(last["removed"], [ahead.name])
        self.assertEqual(self.files(), sorted(Path(last[f]).name for f in ("file", "checkpoint")))
        self.assertGreater(Path(last["file"]).name, ahead.name)

    def test_what_cannot_be_removed_is_told_and_there_is_a_backup(self):
        folder = self.daemon.state / "backup" / "valhalla-20200101T000000Z-0000000001.db"
        folder.mkdir(mode=0o700, parents=True)
        for _ in range(2):
            made = self.client.call("backup.create", keep=1)
            self.assertEqual(self.files(), sorted([folder.name, *(Path(made[f]).name for f in ("file", "checkpoint"))]))
        self.daemon.logs(re.escape(f"{folder} has the name of a backup"))

    @unittest.skipIf(SANITIZED, "a sanitizer maps memory of its own")
    def test_without_a_thread_it_is_refused_and_the_next_one_may_begin(self):
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        mapped = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmSize:"))) * 1024
        before = resource.prlimit(self.daemon.process.pid, resource.RLIMIT_AS)
        # No room for a stack, but for all else.
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_AS, (mapped + 1024 * 1024, before[1]))
        for asked in ({}, {"request_key": "nightly"}, {}):
            refusal = self.client.refused("backup.create", **asked)
            self.assertEqual(refusal.kind, "backup_failed", refusal)
            self.assertIn("no thread", refusal.message)
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_AS, before)
        made = self.client.call("backup.create", request_key="nightly")
        self.assertEqual(verify("--checkpoint", made["checkpoint"], made["file"])["code"], 0)

    def test_only_an_owner_may(self):
        roles = {m["name"]: m["x-role"] for m in self.client.call("rpc.discover")["methods"]}
        self.assertEqual(roles["backup.create"], "owner")

    def test_valhallactl(self):
        said = self.daemon.ctl("backup", "--keep", "2").stdout
        self.assertIn(".db", said)
        self.assertIn("Verified", said)
        made = json.loads(self.daemon.ctl("--json", "backup").stdout)
        self.assertTrue(Path(made["file"]).exists())


class NoRoom(unittest.TestCase):
    """On a small filesystem of its own; skipped where a tmpfs cannot be mounted."""

    def setUp(self):
        self.directory = self.enterContext(temporary_directory())
        self.disk = self.directory / "state"
        self.disk.mkdir()
        mount_tmpfs(self, self.disk, "size=90m,mode=0700")
        self.daemon = self.enterContext(Daemon(directory=self.directory))
        self.client = self.enterContext(self.daemon.client())

    def test_a_backup_leaves_room_for_the_work_or_is_refused(self):
        made = self.client.call("backup.create")
        (self.disk / "ballast").write_bytes(b"\0" * 30_000_000)
        refusal = self.client.refused("backup.create")
        self.assertEqual(refusal.kind, "storage_full", refusal)
        self.assertIn("free some space", refusal.message)
        self.assertEqual(sorted(p.name for p in (self.disk / "backup").iterdir()),
                         sorted(Path(made[f]).name for f in ("file", "checkpoint")))
        self.assertIs(self.client.call("session.start")["active"], True, "the daemon works on")

    def test_a_restore_without_room_is_refused_and_changes_nothing(self):
        self.client.call("session.start")
        made = self.client.call("backup.create")
        records = audit_records(self.client)
        self.client.close()
        self.daemon.stop()
        (self.disk / "ballast").write_bytes(b"\0" * 75_000_000)
        done = run_daemon("--state-dir", str(self.disk), "--restore", made["file"], "--reason", "test")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("there is no room", done.stderr)
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertEqual(audit_records(client)[:len(records)], records)


if __name__ == "__main__":
    main()
