# SPDX-License-Identifier: Apache-2.0
"""Writes that fail by a signal: a limit on the size of files, a log whose reader has left."""

import os
import subprocess

import harness
from harness import DEADLINE_S, DaemonTest, eventually


class FailedWrites(DaemonTest):
    def test_a_limit_on_the_size_of_files_is_a_full_disk(self):
        self.daemon.stop()
        log = self.daemon.log.open("ab")
        self.addCleanup(log.close)
        self.daemon.process = subprocess.Popen(["bash", "-c", 'ulimit -f 1500; exec "$@"', "x", *self.daemon.command()],
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self.daemon._answers, "valhallad answers")
        with self.daemon.client() as client:
            acknowledged = 0
            while acknowledged < 5000:
                client.send_line(client.request("audit.append", {"event": "X_A", "payload": {"p": "y" * 900}}))
                answer = client.receive()
                if "error" in answer:
                    break
                acknowledged = answer["result"]["seq"]
            self.assertEqual(answer["error"]["data"]["kind"], "storage_full", answer)
            self.assertEqual(client.call("audit.list", limit=1)["items"][0]["seq"], acknowledged)
            # A limit of the process leaves the disk as much room as it had: only the refusal says it.
            eventually(lambda: (now := client.call("health.status"))["status"] == "red" and
                       "Changes are refused" in " ".join(now["reasons"]), "health is red at once", DEADLINE_S if harness.SANITIZED else 3)
        self.daemon.stop()
        self.daemon.start()
        with self.daemon.client() as client:
            self.assertGreaterEqual(client.call("audit.append", event="X_A", payload={})["seq"], acknowledged)

    def test_a_log_whose_reader_has_left_ends_nothing(self):
        self.daemon.stop()
        read, write = os.pipe()
        self.daemon.process = subprocess.Popen(self.daemon.command(), stdin=subprocess.DEVNULL, stdout=write, stderr=write)
        os.close(write)
        eventually(self.daemon._answers, "valhallad answers")
        os.close(read)
        with self.daemon.client() as client:
            for _ in range(3):
                client.call("session.start")
                client.call("session.end")
        self.daemon.process.terminate()
        self.assertEqual(self.daemon.process.wait(DEADLINE_S), 0)


if __name__ == "__main__":
    harness.main()
