# SPDX-License-Identifier: Apache-2.0
"""The state directory or a file in it is moved, replaced or deleted while the daemon runs."""

import re
import shutil
import signal
import subprocess

import harness
from harness import DEADLINE_S, DaemonTest, RpcError, eventually, program


class Displaced(DaemonTest):
    def setUp(self):
        super().setUp()
        self.client.call("session.start")

    def until_refused(self) -> int:
        """Notes that were acknowledged before the first refusal."""
        acknowledged = 0

        def refused():
            nonlocal acknowledged
            try:
                self.client.call("session.note", text="after")
            except RpcError as refusal:
                return refusal
            acknowledged += 1
            return None
        refusal = eventually(refused, "a change is refused")
        self.assertEqual(refusal.kind, "storage_lost", refusal)
        return acknowledged

    def check_told(self):
        status = eventually(lambda: (now := self.client.call("health.status"))["status"] == "red" and now, "health is red")
        self.assertIn("not where they were", " ".join(status["reasons"]))
        self.assertEqual(self.client.call("session.status")["active"], True)  # reads go on
        self.daemon.logs("Z critical .*: changes are refused from now on")
        self.assertEqual(self.client.refused("session.note", text="still").kind, "storage_lost")

    def check_ends_unclean(self):
        self.daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.daemon.process.wait(DEADLINE_S), 6)
        log = self.daemon.log.read_text()
        self.assertRegex(log, "(?m)Z critical ended without its files")
        self.assertNotRegex(log, "(?m)Z info stopped")

    def test_a_replaced_database(self):
        backup = self.client.call("backup.create")["file"]
        shutil.copy(backup, self.daemon.directory / "older.db")
        (self.daemon.directory / "older.db").rename(self.daemon.state / "valhalla.db")
        acknowledged = self.until_refused()
        self.check_told()
        # What was acknowledged can be had as a backup, made of the file that is open.
        saved = self.client.call("backup.create")
        self.assertGreaterEqual(saved["tree_size"], acknowledged)
        before = (self.daemon.state / "valhalla.db").read_bytes()
        self.check_ends_unclean()
        self.assertEqual((self.daemon.state / "valhalla.db").read_bytes(), before, "nothing was written to another's file")

    def test_a_deleted_directory_and_the_rescue_that_the_log_names(self):
        size = self.client.call("audit.checkpoint")["size"]
        # Again where a file was made in it meanwhile.
        eventually(lambda: shutil.rmtree(self.daemon.state, ignore_errors=True) or not self.daemon.state.exists(), "it is gone")
        acknowledged = self.until_refused()
        self.check_told()
        rescue = self.daemon.logs("as root, (cp .*), and then")[1]
        self.assertEqual(rescue.count("cp /proc/"), 2, rescue)
        subprocess.run(rescue, shell=True, check=True, cwd=self.daemon.directory)
        found = subprocess.run([program("VALHALLACTL"), "audit", "verify", "rescued.db"], cwd=self.daemon.directory,
                               capture_output=True, text=True, check=False, timeout=DEADLINE_S)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)
        self.assertGreaterEqual(int(re.search(r"size\s+(\d+)", found.stdout)[1]), size + acknowledged)
        self.check_ends_unclean()

    def check_moved_away(self, name: str):
        (self.daemon.state / name).rename(self.daemon.directory / name)
        self.until_refused()
        self.check_told()
        self.check_ends_unclean()

    def test_a_stop_right_after_the_files_were_moved_is_not_a_clean_one(self):
        shutil.move(self.daemon.state / "valhalla.db", self.daemon.directory / "moved.db")
        self.check_ends_unclean()

    def test_nothing_is_written_into_a_directory_that_took_the_place(self):
        self.daemon.state.rename(self.daemon.directory / "moved")
        # Not what is under way: an anchor that is being written has its name for a moment only.
        shutil.copytree(self.daemon.directory / "moved", self.daemon.state, ignore=shutil.ignore_patterns(".*.tmp"))

        def content():
            return {path.name: path.read_bytes() for path in self.daemon.state.iterdir() if path.is_file()}
        before = content()
        self.assertIn("anchor", before)
        self.until_refused()
        self.check_told()
        self.check_ends_unclean()
        self.assertEqual(content(), before)

    def test_a_log_that_was_moved_away(self):
        self.check_moved_away("valhalla.db-wal")

    def test_a_lock_that_was_moved_away(self):
        self.check_moved_away("lock")


if __name__ == "__main__":
    harness.main()
