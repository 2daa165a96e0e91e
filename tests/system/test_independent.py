# SPDX-License-Identifier: Apache-2.0
"""What the daemon signs and proves, verified by programs that know nothing of it: Go's checksum-database libraries
(tests/independent/verify.go) and openssl with sha256sum (tests/independent/verify-with-openssl)."""

import base64
import json
import os
import random
import shutil
import subprocess
import unittest
from pathlib import Path

import harness
from harness import SOURCE_DIR, Daemon

GO_VERIFIER = os.environ.get("VALHALLA_GO_VERIFIER")
OPENSSL_VERIFIER = SOURCE_DIR / "tests" / "independent" / "verify-with-openssl"
LARGEST = 70_000


class Independent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        cls.client = cls.enterClassContext(cls.daemon.client())
        cls.key = cls.daemon.ctl("audit", "key").stdout.strip()
        cls.directory = cls.enterClassContext(harness.temporary_directory())
        cls.dice = random.Random(7)

    def grow_to(self, size: int):
        """Exactly so many records, of many lengths."""
        left = size - self.client.call("audit.checkpoint")["size"]
        assert left >= 0, size
        while left:
            count = min(left, 100)
            batch = [self.client.request("audit.append", {"event": "X_TEST", "payload": {"text": "x" * self.dice.randrange(300)}})
                     for _ in range(count)]
            self.client.send_line("[" + ",".join(batch) + "]")
            assert all("result" in answer for answer in self.client.receive())
            left -= count

    def save(self, name: str, *command: str):
        path = self.directory / name
        path.write_text(self.daemon.ctl("audit", *command).stdout)
        return path

    def go(self, *arguments, expect: int = 0, key: str | None = None) -> str:
        done = subprocess.run([GO_VERIFIER, "-key", key or self.key, *map(str, arguments)], capture_output=True, text=True,
                              errors="replace", check=False)
        self.assertEqual(done.returncode, expect, done.stderr + done.stdout)
        return done.stderr if expect else done.stdout

    def openssl(self, proof, expect: int = 0, key: str | None = None) -> subprocess.CompletedProcess:
        done = subprocess.run([OPENSSL_VERIFIER, key or self.key, proof], capture_output=True, text=True, errors="replace",
                              check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    @unittest.skipUnless(GO_VERIFIER, "Go and golang-golang-x-mod-dev are not installed")
    def test_1_go_verifies_every_size_from_the_smallest_to_the_largest(self):
        smallest = self.client.call("audit.checkpoint")["size"]
        sizes = sorted({*range(smallest, 20), *range(250, 260), *range(510, 515),
                        *(self.dice.randrange(20, 5_000) for _ in range(12)),
                        *(self.dice.randrange(5_000, LARGEST) for _ in range(5)), 65_535, 65_536, 65_537, LARGEST})
        tiles = self.directory / "tiles"
        checkpoints = []
        for size in sizes:
            with self.subTest(size=size):
                self.grow_to(size)
                self.daemon.ctl("audit", "tiles", str(tiles))
                checkpoint = self.save(f"checkpoint-{size}", "checkpoint")
                older = self.dice.sample(checkpoints, min(5, len(checkpoints)))
                options = [option for path in older for option in ("-older", path)]
                if older:
                    begin = older[0]
                    old_size = begin.read_text().split("\n")[1]
                    options += ["-from", begin, "-growth", self.save("request", "witness-request", old_size)]
                for seq in {1, size, self.dice.randrange(1, size + 1), self.dice.randrange(1, size + 1)}:
                    options += ["-proof", self.save(f"{seq}.tlog-proof", "prove", str(seq))]
                if size % 10 < 2:
                    options += ["-flips", 20, "-seed", size]
                self.assertIn(f"verified {size} records", self.go("-tiles", tiles, *options))
                checkpoints.append(checkpoint)

    @unittest.skipUnless(GO_VERIFIER, "Go and golang-golang-x-mod-dev are not installed")
    def test_2_go_rejects_another_key(self):
        tiles = self.directory / "tiles"
        self.daemon.ctl("audit", "tiles", str(tiles))
        with Daemon() as other:
            foreign = self.directory / "foreign"
            foreign.write_text(other.ctl("audit", "checkpoint").stdout)
            self.go("-tiles", tiles, "-older", foreign, expect=1)
            self.go("-tiles", self.directory / "nothing", expect=1)
            other_key = other.ctl("audit", "key").stdout.strip()
            self.go("-tiles", tiles, expect=1, key=other_key)

    @unittest.skipUnless(GO_VERIFIER, "Go and golang-golang-x-mod-dev are not installed")
    def test_2_go_rejects_a_fork_of_the_same_key_and_origin(self):
        def grow(daemon: Daemon, records: int, text: str) -> Path:
            with daemon.client() as client:
                line = client.request("audit.append", {"event": "X_TEST", "payload": {"text": text}}, id_=1)
                for _ in range(records // 100):
                    client.send_line("[" + ",".join([line] * 100) + "]")
                    assert all("result" in answer for answer in client.receive())
            checkpoint = self.directory / f"checkpoint-{text}"
            checkpoint.write_text(daemon.ctl("audit", "checkpoint").stdout)
            daemon.ctl("audit", "tiles", str(self.directory / f"tiles-{text}"))
            return checkpoint

        with Daemon() as original, Daemon(start=False) as fork:
            key = original.ctl("audit", "key").stdout.strip()
            common = grow(original, 300, "common")
            original.stop()
            shutil.copytree(original.state, fork.state)
            original.start()
            fork.start()
            of_original = grow(original, 300, "original")
            grow(original, 400, "later")
            of_fork = grow(fork, 300, "fork")
            grow(fork, 400, "later-fork")
        for tiles, own, others in (("later", of_original, of_fork), ("later-fork", of_fork, of_original)):
            tiles = self.directory / f"tiles-{tiles}"
            self.go("-tiles", tiles, "-older", common, "-older", own, key=key)
            said = self.go("-tiles", tiles, "-older", common, "-older", others, key=key, expect=1)
            self.assertIn(f"{others}: invalid transparency proof", said)

    def test_3_openssl_and_sha256sum_verify_proofs(self):
        size = self.client.call("audit.checkpoint")["size"]
        for seq in {1, 2, 3, size, self.dice.randrange(1, size + 1), self.dice.randrange(1, size + 1)}:
            with self.subTest(seq=seq):
                record = self.openssl(self.save("proof", "prove", str(seq))).stdout
                self.assertEqual(json.loads(record)["seq"], seq)

    def test_4_openssl_rejects_single_bit_changes(self):
        original = self.save("proof", "prove", "2").read_bytes()
        changed = self.directory / "changed"
        for _ in range(60):
            bit = self.dice.randrange(len(original) * 8)
            data = bytearray(original)
            data[bit // 8] ^= 1 << bit % 8
            changed.write_bytes(data)
            with self.subTest(bit=bit):
                self.openssl(changed, expect=1)

    def test_5_openssl_rejects_another_key(self):
        with Daemon() as other:
            self.openssl(self.save("proof", "prove", "1"), expect=1, key=other.ctl("audit", "key").stdout.strip())

    def test_6_openssl_accepts_a_key_that_ends_with_a_plus(self):
        # The seed 0…031; its public key is one of the 64th part whose base64 ends with the separator of the key's parts.
        pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + bytes(31) + b"\x1f"
        with Daemon(start=False) as other:
            other.state.mkdir(mode=0o700)
            file = other.state / "signing.key"
            file.touch(mode=0o600)
            file.write_text(f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(pkcs8).decode()}\n-----END PRIVATE KEY-----\n")
            other.start()
            key = other.ctl("audit", "key").stdout.strip()
            self.assertTrue(key.endswith("+"), key)
            proof = self.directory / "proof-plus"
            proof.write_text(other.ctl("audit", "prove", "1").stdout)
            self.assertEqual(json.loads(self.openssl(proof, key=key).stdout)["seq"], 1)


if __name__ == "__main__":
    harness.main()
