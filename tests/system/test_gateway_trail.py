# SPDX-License-Identifier: Apache-2.0
"""The trail over HTTP: tiles that other people's monitors read, and events as they come."""

import re
import shutil
import socket
import time
import unittest
from pathlib import Path

from gateway import ConnectionEnded, Gateway, GatewayTest, Stream, most_resident_kib, open_files
from gateway_service import run_gateway
from attack_table import attack
from harness import NO_RATES, SANITIZED, Daemon, audit_records, eventually, main, temporary_directory


class Tiles(GatewayTest):
    def test_every_file_of_a_tiles_directory_is_served_byte_for_byte(self):
        for n in range(600):
            self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"n": n, "t": "x" * (n * 20)}}))
        for _ in range(600):
            self.client.receive()
        with temporary_directory() as directory, self.gateway.http() as http:
            self.daemon.ctl("audit", "tiles", str(directory))
            files = [f.relative_to(directory) for f in directory.rglob("*") if f.is_file()]
            tiles = [f for f in files if f.parts[0] == "tile"]
            self.assertGreater(len(tiles), 6)
            self.assertTrue(any("entries" in f.parts for f in tiles))
            for tile in tiles:
                answer = http.request("GET", f"/tlog/{tile}")
                self.assertEqual((answer.status, answer.body), (200, (directory / tile).read_bytes()), tile)
                self.assertIn("immutable", answer.fields["cache-control"])
                self.assertEqual(answer.fields["content-type"], "application/octet-stream")
            checkpoint = http.request("GET", "/tlog/checkpoint")
            self.assertEqual(checkpoint.body, (directory / "checkpoint").read_bytes())
            self.assertIn("no-cache", checkpoint.fields["cache-control"])

    def test_what_is_not_a_tile_is_not_found(self):
        size = len(audit_records(self.client))
        with self.gateway.http() as http:
            for path in ("0/000", f"0/000.p/{size + 1}", "1/000", "8/000.p/1", "0/0", "0/x000/000", "0/000.p/0", "0/000.p/256",
                         "0/000.p/01", "00/000.p/1", "entries/000", f"entries/000.p/{size + 1}", "entries/001.p/1", "0/001/000",
                         "0/x01/000", "", "0", "0/", "0/999/x/../000", "-1/000", "0/x999/x999/x999/x999/x999/999"):
                self.assertEqual(http.request("GET", f"/tlog/tile/{path}").status, 404, path)
            self.assertEqual(http.request("GET", f"/tlog/tile/entries/000.p/{size}").status, 200)


class ManyBundles(GatewayTest):
    """Entries of the trail that are gathered for many at once, within the memory that --check-config tells."""

    TOGETHER = 60

    def setUp(self):
        self.file = self.enterContext(temporary_directory()) / "gateway.toml"
        self.file.write_text("[limits]\ndaemon_bytes = 33554432\n")
        self.gateway_options = ("--config", str(self.file))
        super().setUp()

    @attack("the largest bundles of entries, asked for 60 times at once", "503 for those that there is no memory for, which stays within"
            " what --check-config tells")
    def test_bundles_for_many_at_once_take_no_more_memory_than_was_told(self):
        for _ in range(0, 260, 10):
            for _ in range(10):
                self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"t": "x" * 31_000}}))
            for _ in range(10):
                self.client.receive()["result"]
        target = "/tlog/tile/entries/000"
        alone = self.get(target)
        self.assertEqual(alone.status, 200)
        self.assertGreater(len(alone.body), 250 * 31_000)
        asking = [self.enterContext(self.gateway.http()) for _ in range(self.TOGETHER)]
        for one in asking:
            one.send(one.text("GET", target))
        outcomes = set()
        for one in asking:
            try:
                answer = one.answer()
                outcomes.add(answer.status)
                if answer.status == 200:
                    self.assertEqual(answer.body, alone.body)
            except ConnectionEnded:  # who does not take it in time, where others wait to be written to
                outcomes.add(0)
        self.assertLessEqual(outcomes, {200, 503, 0})
        self.assertIn(503, outcomes)
        said = run_gateway("--config", str(self.file), "--check-config").stdout
        told = int(re.search(r"at most (\d+) MiB", said)[1])
        if not SANITIZED:
            self.assertLess(most_resident_kib(self.gateway.process.pid) >> 10, told)
        self.assertEqual(self.get(target).body, alone.body)


class Events(GatewayTest):
    def append(self, count: int, text: str = ""):
        for n in range(count):
            self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"n": n, "t": text}}))
        return [self.client.receive()["result"]["seq"] for _ in range(count)]

    def stream(self, target: str = "/core/audit/stream", **fields: str) -> Stream:
        stream = Stream(self.gateway.port, target, **fields)
        self.addCleanup(stream.close)
        return stream

    def test_records_come_as_they_are_made(self):
        streams = [self.stream() for _ in range(3)]
        self.assertIn("Content-Type: text/event-stream\r\n", streams[0].head)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "one follow serves all readers")
        seqs = self.append(5)
        for stream in streams:
            for seq in seqs:
                number, record = stream.event()
                self.assertEqual((number, record["seq"], record["event"]), (seq, seq, "X_TEST"))
        self.assertEqual(self.client.call("daemon.info")["audit"]["follows"], 1)

    def test_it_resumes_without_gap_or_duplicate(self):
        seqs = self.append(1000, "x" * 300)
        records = {r["seq"]: r for r in audit_records(self.client)}
        for stream, first in ((self.stream(Last_Event_ID="3"), 4), (self.stream("/core/audit/stream?after=0"), 1),
                              (self.stream("/core/audit/stream?after=0", Last_Event_ID="500"), 501)):
            for seq in range(first, seqs[-1] + 1):
                number, record = stream.event()
                self.assertEqual((number, record), (seq, records[seq]))
            [last] = self.append(1)
            self.assertEqual(stream.event()[0], last)
            seqs.append(last)
            records = {r["seq"]: r for r in audit_records(self.client)}

    def test_it_goes_on_after_a_restart_of_the_daemon(self):
        stream = self.stream("/core/audit/stream?after=0")
        seen = 0
        for _ in range(len(audit_records(self.client))):
            seen, _ = stream.event()
        self.daemon.kill()
        self.daemon.start()
        self.reconnect()
        for seq in self.append(3):
            while seen < seq:
                number, _ = stream.event()
                self.assertEqual(number, seen + 1)
                seen = number

    def test_a_comment_comes_when_nothing_else_does(self):
        stream = self.stream()
        self.assertEqual(stream.http.take_until(b"\n\n"), b":\n\n")
        begin = time.monotonic()
        self.assertEqual(stream.http.take_until(b"\n\n"), b":\n\n")
        self.assertLess(time.monotonic() - begin, 25)

    @attack("an event stream that never reads", "cut off; nobody else notices")
    def test_a_reader_that_never_reads_is_cut_off_and_nobody_else_notices(self):
        reading = self.stream()
        stuck = self.stream()
        stuck.http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        before = open_files(self.gateway.process.pid)
        sent = 0
        for _ in range(40):
            for seq in self.append(25, "x" * 10_000):
                number, _ = reading.event()
                self.assertEqual(number, seq)
                sent += 10_000
        self.assertGreater(sent, 9_000_000)

        # Its end is behind what the kernel still has for it, so it is the gateway that is looked at.
        eventually(lambda: open_files(self.gateway.process.pid) < before, "the one who does not read is cut off")

    def test_wrong_positions_are_refused(self):
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/core/audit/stream", Last_Event_ID="x").status, 422)
            self.assertEqual(http.request("GET", "/core/audit/stream?after=x").status, 422)
            self.assertEqual(http.request("GET", "/core/audit/stream?from=1").status, 422)
        self.daemon.stop()
        self.assertEqual(self.get("/core/audit/stream").status, 503)


class Witness(unittest.TestCase):
    """POST /tlog/add-checkpoint: the gateway of one daemon cosigns what another one signed."""

    def setUp(self):
        self.log = self.enterContext(Daemon())
        self.log_client = self.enterContext(self.log.client())
        self.log_key = self.log_client.call("audit.key")["key"]
        self.directory = self.enterContext(temporary_directory())
        self.witness = self.daemon_of(f'[witness]\nname = "witness.example"\nlogs = ["{self.log_key}"]\n')
        self.gateway = self.enterContext(Gateway(self.witness.socket, directory=self.witness.directory))

    def daemon_of(self, config: str) -> Daemon:
        return self.enterContext(Daemon(config=NO_RATES + config))

    def grow(self, count: int):
        for n in range(count):
            self.log_client.call("audit.append", event="X_GROW", payload={"n": n})

    def request(self, old_size: int) -> tuple[str, list[str], str]:
        """Its first line, the proof and the checkpoint."""
        proof = self.log_client.call("audit.consistency", old_size=old_size)
        return f"old {old_size}", proof["hashes"], proof["note"]

    def post(self, first: str, hashes: list[str], note: str, **fields: str):
        text = "\n".join([first, *hashes, "", note])
        return self.gateway.request("POST", "/tlog/add-checkpoint", text.encode(), **{"Content_Type": "text/plain"} | fields)

    def size_of(self, note: str) -> int:
        return int(note.split("\n")[1])

    def cosigned(self, old_size: int) -> int:
        """Has what the log is now cosigned; its size."""
        request = self.request(old_size)
        answer = self.post(*request)
        self.assertEqual((answer.status, answer.fields["content-type"]), (200, "text/plain; charset=utf-8"), answer.body)
        self.assertRegex(answer.body.decode(), r"^— witness\.example \S+\n$")
        return self.size_of(request[2])

    def test_what_grows_is_cosigned_so_that_others_can_verify_it(self):
        size = self.cosigned(0)
        self.grow(300)
        first, hashes, note = self.request(size)
        self.assertGreater(len(hashes), 3)
        file = self.directory / "cosigned"
        file.write_text(note + self.post(first, hashes, note).body.decode())
        with self.witness.client() as client:
            witness_key = client.call("audit.witness_key")["key"]
        self.log.ctl("audit", "verify", "--key", self.log_key, "--checkpoint", str(file), "--witness", witness_key, "--quorum", "1",
                     str(self.log.state))
        self.assertEqual(self.cosigned(self.size_of(note)), self.size_of(note))  # the same once more

    @attack("an old checkpoint, or a proof from another size, to a witness", "409 with the size that was cosigned last")
    def test_a_proof_from_another_size_is_told_from_which_it_has_to_begin(self):
        size = self.cosigned(0)
        old = self.request(size)
        self.grow(20)
        newer = self.cosigned(size)
        for request in (self.request(0), self.request(size), old):
            answer = self.post(*request)
            self.assertEqual((answer.status, answer.fields["content-type"], answer.body),
                             (409, "text/x.tlog.size", f"{newer}\n".encode()))
        self.assertEqual(self.cosigned(newer), newer)

    @attack("wrong proofs to a witness", "422, nothing is cosigned")
    def test_wrong_proofs_are_refused(self):
        self.grow(10)
        size = self.cosigned(0)
        self.grow(40)
        first, hashes, note = self.request(size)
        flipped = hashes[0][:-2] + ("A" if hashes[0][-2] != "A" else "E") + "="
        for wrong in (hashes[1:], hashes[:-1], [*hashes, hashes[0]], hashes[::-1], [flipped, *hashes[1:]], []):
            self.assertEqual(self.post(first, wrong, note).status, 422, wrong)
        self.assertEqual(self.post(first, hashes, note).status, 200)

    @attack("a log that was rolled back and grew to the same size", "409, it is not cosigned")
    def test_another_tree_of_the_same_size_is_not_cosigned(self):
        self.log.stop()
        shutil.copytree(self.log.state, self.directory / "copy")
        self.log.start()
        with self.log.client() as self.log_client:
            self.grow(30)
            size = self.cosigned(0)
        self.log.stop()
        shutil.rmtree(self.log.state)
        shutil.copytree(self.directory / "copy", self.log.state)
        self.log.start()
        with self.log.client() as self.log_client:
            while (now := self.log_client.call("daemon.info")["audit"]["size"]) < size:
                self.grow(1)
            self.assertEqual(now, size)
            answer = self.post(*self.request(size))
            self.assertEqual((answer.status, answer.fields["content-type"]), (409, "application/json"))
            self.grow(5)
            self.assertEqual(self.post(*self.request(size)).status, 422)

    @attack("forged and malformed checkpoints to a witness", "400, 403, 404 or 413")
    def test_what_is_malformed_forged_or_of_a_stranger_is_refused(self):
        self.grow(10)
        first, hashes, note = self.request(0)
        size = self.size_of(note)
        lines = note.split("\n")
        for wrong in ((f"old {size + 1}", hashes, note), ("old x", hashes, note), ("old -1", hashes, note), ("old 00", hashes, note),
                      ("", hashes, note), (first, ["AAAA"], note), (first, ["A" * 44] * 64, note), (first, hashes, ""),
                      (first, hashes, "\n".join(lines[:3]) + "\n")):
            self.assertEqual(self.post(*wrong).status, 400, wrong)
        self.assertEqual(self.gateway.request("POST", "/tlog/add-checkpoint", b"old 0\n\n\xff").status, 400)
        self.assertEqual(self.gateway.request("POST", "/tlog/add-checkpoint", b"old 0\n" + b"A" * 100_000).status, 413)
        for other in (0, size + 1):
            self.assertEqual(self.post(first, hashes, note.replace(f"\n{size}\n", f"\n{other}\n", 1)).status, 403)
        self.assertEqual(self.post(first, hashes, re.sub(r"(— \S+ \S{20})\S{4}", r"\1AAAA", note)).status, 403)
        with self.daemon_of("") as stranger, stranger.client() as self.log_client:
            self.assertEqual(self.post(*self.request(0)).status, 404)
            with Gateway(stranger.socket, directory=stranger.directory) as no_witness:
                answer = no_witness.request("POST", "/tlog/add-checkpoint", b"old 0\n\n" + note.encode())
                self.assertEqual((answer.status, answer.fields["x-valhalla-error"]), (404, "no_witness"))
        with self.witness.client() as client:
            viewer = client.call("key.create", name="bert", role="viewer")["key"]
        self.assertEqual(self.post(first, hashes, note, X_VALHALLA_KEY=viewer).status, 403)
        self.assertEqual(self.post(first, hashes, note, Origin="https://evil.test").status, 403)
        self.assertEqual(self.post(first, hashes, note).status, 200)


if __name__ == "__main__":
    main()
