# SPDX-License-Identifier: Apache-2.0
"""The trail over HTTP: tiles that other people's monitors read, events as they come, and the description of it all."""

import json
import socket
import time
from pathlib import Path

from gateway import GatewayTest, Http
from harness import audit_records, eventually, main, temporary_directory


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


class Stream:
    """A reader of server-sent events."""

    def __init__(self, port: int, target: str = "/core/audit/stream", **fields: str):
        self.http = Http(port)
        self.http.send(self.http.text("GET", target, **fields))
        self.head = self.http.take_until(b"\r\n\r\n").decode()

    def event(self) -> tuple[int, dict]:
        """The next one, past all comments."""
        while True:
            lines = self.http.take_until(b"\n\n").decode().splitlines()
            if not lines[0].startswith(":"):
                assert lines[0].startswith("id: ") and lines[1].startswith("data: "), lines
                return int(lines[0][4:]), json.loads(lines[1][6:])

    def close(self):
        self.http.close()


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

    def test_a_reader_that_never_reads_is_cut_off_and_nobody_else_notices(self):
        reading = self.stream()
        stuck = self.stream()
        stuck.http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        before = self.open_files()
        sent = 0
        for _ in range(40):
            for seq in self.append(25, "x" * 10_000):
                number, _ = reading.event()
                self.assertEqual(number, seq)
                sent += 10_000
        self.assertGreater(sent, 9_000_000)

        # Its end is behind what the kernel still has for it, so it is the gateway that is looked at.
        eventually(lambda: self.open_files() < before, "the one who does not read is cut off")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.gateway.process.pid}/fd").iterdir()))

    def test_wrong_positions_are_refused(self):
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/core/audit/stream", Last_Event_ID="x").status, 400)
            self.assertEqual(http.request("GET", "/core/audit/stream?after=x").status, 422)
            self.assertEqual(http.request("GET", "/core/audit/stream?from=1").status, 422)
        self.daemon.stop()
        self.assertEqual(self.get("/core/audit/stream").status, 503)


class Description(GatewayTest):
    def test_it_describes_every_route_and_refers_to_nothing_that_is_not_there(self):
        answer = self.get("/openapi.json")
        document = answer.json()
        self.assertEqual(document["openapi"], "3.1.0")
        for path, method in (("/core/go/session", "get"), ("/core/cone/decide", "post"), ("/rpc", "post"),
                             ("/core/go/sessions/{id}", "get"), ("/tlog/tile/{tile}", "get")):
            self.assertIn(method, document["paths"][path])
        references = set()

        def walk(value):
            if isinstance(value, dict):
                if isinstance(value.get("$ref"), str):
                    references.add(value["$ref"])
                for one in value.values():
                    walk(one)
            elif isinstance(value, list):
                for one in value:
                    walk(one)

        walk(document)
        self.assertGreater(len(references), 10)
        for reference in references:
            at = document
            for part in reference.removeprefix("#/").split("/"):
                self.assertIn(part, at, reference)
                at = at[part]

    def test_a_validator_accepts_it(self):
        try:
            from openapi_spec_validator import OpenAPIV31SpecValidator
        except ImportError:
            self.skipTest("no OpenAPI validator is installed")
        self.assertEqual([e.message for e in OpenAPIV31SpecValidator(self.get("/openapi.json").json()).iter_errors()], [])

    def test_every_read_without_parameters_is_answered_as_it_is_described(self):
        document = self.get("/openapi.json").json()
        asked = 0
        with self.gateway.http() as http:
            for path, operations in document["paths"].items():
                get = operations.get("get")
                if get and not any(p["required"] for p in get["parameters"]) and path != "/core/audit/stream":
                    answer = http.request("GET", path)
                    self.assertEqual(answer.status, 200, path)
                    self.assertIn(answer.fields["content-type"].split(";")[0], get["responses"]["200"]["content"], path)
                    asked += 1
        self.assertGreater(asked, 15)


if __name__ == "__main__":
    main()
