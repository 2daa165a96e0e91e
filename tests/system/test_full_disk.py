#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: nothing is half-written, reads go on, and changes work again by themselves when there is space.

Needs a small filesystem of its own, so it is skipped where a tmpfs cannot be mounted.
"""

import unittest

from harness import DEADLINE_S, SANITIZED, Daemon, RpcError, audit_records, eventually, main, temporary_directory
from place import mount_tmpfs

# At once, for a person who looks.
SOON_S = DEADLINE_S if SANITIZED else 3
PAYLOAD = {"text": "x" * 20_000}


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(temporary_directory())
        self.disk = self.directory / "state"
        self.disk.mkdir()
        mount_tmpfs(self, self.disk, "size=4m,mode=0700")
        self.daemon = self.enterContext(Daemon(directory=self.directory))
        self.client = self.enterContext(self.daemon.client())

    def fill(self) -> int:
        """Appends until the disk is full; gives the number of events that were acknowledged."""
        for count in range(10_000):
            try:
                self.client.call("audit.append", event="X_FILL", payload=PAYLOAD)
            except RpcError as refusal:
                self.assertEqual(refusal.kind, "storage_full", refusal)
                return count
        raise AssertionError("the disk never got full")

    def told_by_health(self) -> bool:
        now = self.client.call("health.status")
        told = any("Changes are refused" in reason and "no space left" in reason for reason in now["reasons"])
        self.assertFalse(told and now["status"] != "red", now)
        return told

    def test_changes_are_refused_reads_go_on_and_it_recovers_by_itself(self):
        ballast = self.disk / "ballast"
        ballast.write_bytes(b"\0" * 1_000_000)
        acknowledged = self.fill()
        self.assertGreater(acknowledged, 10)

        self.assertEqual(len(audit_records(self.client, event="X_FILL")), acknowledged)
        self.assertEqual(self.client.refused("session.start").kind, "storage_full")
        self.assertIs(self.client.call("session.status")["active"], False, "nothing of it took effect")
        eventually(lambda: self.told_by_health(), "health is red at once", SOON_S)
        self.assertEqual(self.client.call("cone.state")["band"], "B")

        ballast.unlink()
        self.assertIs(self.client.call("session.start")["active"], True)
        self.assertEqual(len(audit_records(self.client, event="X_FILL")), acknowledged)
        eventually(lambda: not self.told_by_health(), "health forgets it at once", SOON_S)

    def test_a_daemon_on_a_full_disk_starts_and_serves_reads(self):
        session = self.client.call("session.start")["id"]
        (self.disk / "ballast").write_bytes(b"\0" * 500_000)
        self.fill()
        self.daemon.kill()
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertEqual(client.call("session.status")["id"], session)
            (self.disk / "ballast").unlink()
            self.assertIs(client.call("session.end")["active"], False)


if __name__ == "__main__":
    main()
