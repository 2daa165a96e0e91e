# SPDX-License-Identifier: Apache-2.0
"""A sync that failed: the kernel has dropped what it could not write and calls the next sync a success. What lies in the
write-ahead log then is what the page cache remembers, perhaps not what the disk has; so the next start writes it anew,
into the database, and syncs that, before it signs anything of it."""

import os
import subprocess
import unittest

import harness
from harness import DEADLINE_S, SANITIZED, Daemon, audit_records


class FaultyDaemon(Daemon):
    @property
    def fault(self):
        return self.directory / "fault"

    @property
    def trace(self):
        return self.directory / "trace"

    def command(self) -> list[str]:
        return ["/usr/bin/env", f"LD_PRELOAD={os.environ['VALHALLA_DISK_FAULTS']}", f"VALHALLA_TEST_FAULT={self.fault}",
                f"VALHALLA_TEST_TRACE={self.trace}", *super().command()]

    def told(self) -> list[str]:
        return self.trace.read_text(encoding="ascii").splitlines()


@unittest.skipIf(SANITIZED, "a sanitizer wants to be loaded first")
class FailedSync(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(FaultyDaemon())

    def fail_a_sync(self) -> list[dict]:
        """Of a change that is therefore not acknowledged. Gives those that were."""
        with self.daemon.client() as client:
            for number in range(3):
                client.call("audit.append", event="X_BEFORE", payload={"number": number})
            acknowledged = audit_records(client)
            self.daemon.fault.touch()
            refusal = client.refused("audit.append", event="X_UNCERTAIN", payload={})
            self.assertEqual(refusal.kind, "outcome_unknown")
        self.assertEqual(self.daemon.process.wait(DEADLINE_S), 6)
        self.assertIn("failed-sync valhalla.db-wal", self.daemon.told())
        self.daemon.fault.unlink()
        self.daemon.trace.unlink()
        return acknowledged

    def test_the_next_start_folds_and_syncs_the_log_before_it_signs_anything(self):
        acknowledged = self.fail_a_sync()
        self.daemon.start()
        with self.daemon.client() as client:
            records = audit_records(client)
            client.call("audit.append", event="X_AFTER", payload={})
        self.daemon.stop()
        self.assertEqual(records[:len(acknowledged)], acknowledged)
        # The one whose outcome was unknown is there once or not at all.
        self.assertLessEqual([record["event"] for record in records].count("X_UNCERTAIN"), 1)
        told = self.daemon.told()
        signed = told.index("rename anchor")
        more_written = told.index("write valhalla.db-wal")
        folded = told.index("write valhalla.db")
        first = min(signed, more_written)
        self.assertLess(folded, first, told[:40])
        self.assertIn("sync valhalla.db", told[folded:first], told[:40])

    def test_a_start_whose_fold_fails_signs_nothing(self):
        self.fail_a_sync()
        self.daemon.fault.touch()
        done = subprocess.run(self.daemon.command(), stdin=subprocess.DEVNULL, capture_output=True,
                                      text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertNotIn("rename anchor", self.daemon.told())
        self.daemon.fault.unlink()
        self.daemon.start()
        with self.daemon.client() as client:
            client.call("audit.append", event="X_AFTER", payload={})
        self.daemon.stop()
        self.assertIn("rename anchor", self.daemon.told())


if __name__ == "__main__":
    harness.main()
