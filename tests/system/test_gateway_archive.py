# SPDX-License-Identifier: Apache-2.0
"""GET /core/export: the whole export as one tar archive, of one state, streamed."""

import io
import socket
import tarfile
from pathlib import Path

from attack_table import attack
from gateway import ConnectionEnded, GatewayTest, Http, resident_kib
from harness import SANITIZED, eventually, main, temporary_directory

EXPORT = "/core/export"
FOLDER = "valhalla-export/"


class ArchiveTest(GatewayTest):
    def append(self, count: int, text: str = ""):
        for first in range(0, count, 10):
            some = min(10, count - first)
            for n in range(some):
                self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"n": first + n, "t": text}}))
            for _ in range(some):
                self.client.receive()["result"]

    def begin_slowly(self) -> Http:
        """Asks for it and takes its head alone; what the kernel keeps for it is little."""
        http = self.enterContext(self.gateway.http())
        http.socket.close()
        http.socket = socket.socket()
        http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        http.socket.settimeout(60)
        http.socket.connect(("127.0.0.1", self.gateway.port))
        http.send(http.text("GET", EXPORT))
        self.assertIn(b"200 OK", http.take_until(b"\r\n\r\n"))
        return http

    def directory(self) -> Path:
        return self.daemon.state / "export"


class Archive(ArchiveTest):
    def test_it_is_the_set_that_the_daemon_writes_and_it_verifies(self):
        self.client.call("session.start", notes="Zürich")
        self.append(300, "x" * 3_000)  # in several pieces
        answer = self.get(EXPORT)
        self.assertEqual((answer.status, answer.fields["content-type"]), (200, "application/x-tar"))
        self.assertEqual(answer.fields["cache-control"], "no-store")
        self.assertIn("attachment", answer.fields["content-disposition"])
        with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar, temporary_directory() as there:
            members = tar.getmembers()
            files = {one.name.removeprefix(FOLDER): tar.extractfile(one).read() for one in members}
            self.assertEqual({(one.uid, one.gid, one.uname, one.gname, one.mtime, one.mode, one.type) for one in members},
                             {(0, 0, "", "", 0, 0o644, tarfile.REGTYPE)})
            self.assertTrue(all(one.name.startswith(FOLDER) for one in members))
            tar.extractall(there)
            self.daemon.ctl("audit", "verify", str(there / FOLDER))
        written = self.client.call("export.write")
        self.assertEqual(list(files), written["files"])
        for name, content in files.items():
            self.assertEqual(content, (self.directory() / name).read_bytes(), name)

    def test_the_same_state_is_the_same_bytes(self):
        self.append(20)
        first = self.get(EXPORT).body
        self.assertEqual(self.get(EXPORT).body, first)
        self.gateway.stop()
        self.gateway.start()
        self.assertEqual(self.get(EXPORT).body, first)
        self.append(1)
        self.assertNotEqual(self.get(EXPORT).body, first)

    def test_who_may_not_write_an_export_gets_none(self):
        viewer = self.client.call("key.create", name="bert", role="viewer")["key"]
        operator = self.client.call("key.create", name="anna", role="operator")["key"]
        self.assertEqual(self.get(EXPORT, X_VALHALLA_KEY=viewer).status, 403)
        self.assertEqual(self.get(EXPORT, X_VALHALLA_KEY="x").status, 401)
        self.assertFalse((self.directory() / "manifest.json").exists())
        self.assertEqual(self.get(EXPORT, X_VALHALLA_KEY=operator).status, 200)
        cookie = self.post("/login", {"key": operator}).fields["set-cookie"].split(";")[0]
        self.assertEqual(self.get(EXPORT, Cookie=cookie).status, 200)

    @attack("a request for an archive by a page of another site, or a prefetch of it", "403, the daemon writes no export")
    def test_pages_of_other_sites_have_nothing_written(self):
        for fields in ({"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.test"}, {"Sec_Purpose": "prefetch"}):
            self.assertEqual((fields, self.get(EXPORT, **fields).status), (fields, 403))
        with self.gateway.http() as http:
            self.assertEqual(http.request("HEAD", EXPORT).fields["content-type"], "application/x-tar")
        self.assertEqual(self.gateway.raw(f"GET {EXPORT} HTTP/1.0\r\n\r\n").status, 505)
        self.assertFalse((self.directory() / "manifest.json").exists())


class Large(ArchiveTest):
    RECORDS = 1_600  # of 30 KB: far more than the kernel and the gateway keep of it

    def setUp(self):
        super().setUp()
        self.append(self.RECORDS, "x" * 30_000)

    @attack("an archive of 48 MB that is read slowly", "sent piece by piece, below 64 MiB; others are served; a second archive is refused with 503")
    def test_it_is_sent_as_it_is_taken(self):
        http = self.begin_slowly()
        busy = self.get(EXPORT)
        self.assertEqual(busy.status, 503)
        self.assertGreaterEqual(int(busy.fields["retry-after"]), 1)
        body = bytearray()
        while size := int(http.take_until(b"\r\n"), 16):
            body += http.take(size)
            http.take(2)
            if len(body) % 50 == 0:
                self.assertEqual(self.get("/core/go/session").status, 200)
        self.assertEqual(http.take(2), b"\r\n")
        self.assertTrue(http.ended())
        if not SANITIZED:
            self.assertLess(resident_kib(self.gateway.process.pid, "VmHWM"), 64 << 10)
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            log = tar.extractfile(FOLDER + "audit.log").read()
        self.assertEqual(log, (self.directory() / "audit.log").read_bytes())
        self.assertGreater(len(log), self.RECORDS * 30_000)
        self.assertEqual(eventually(lambda: (a := self.get(EXPORT)).status == 200 and a, "the next one").status, 200)

    def assert_cut_off(self, http: Http):
        with self.assertRaises(ConnectionEnded):
            http.chunks()

    def test_a_set_that_is_replaced_meanwhile_is_cut_off_and_not_mixed(self):
        http = self.begin_slowly()
        self.client.call("session.start")
        self.client.call("export.write")
        self.assert_cut_off(http)
        self.assertEqual(self.get(EXPORT).status, 200)

    def test_a_daemon_that_goes_away_meanwhile_is_seen(self):
        http = self.begin_slowly()
        self.client.close()
        self.daemon.kill()
        self.assert_cut_off(http)
        self.assertEqual(self.get(EXPORT).status, 503)
        self.daemon.start()
        self.reconnect()
        self.assertEqual(eventually(lambda: (a := self.get(EXPORT)).status == 200 and a, "it is back").status, 200)


class Stuck(ArchiveTest):
    def setUp(self):
        file = self.enterContext(temporary_directory()) / "gateway.toml"
        file.write_text("[limits]\nwrite_time_s = 1\n")
        self.gateway_options = ("--config", str(file))
        super().setUp()

    @attack("an archive that is not read", "closed after 20 s in which no byte was read (1 s in the test); then the next archive is sent")
    def test_who_does_not_read_it_is_cut_off(self):
        self.append(800, "x" * 30_000)
        self.begin_slowly()
        self.assertEqual(self.get(EXPORT).status, 503)
        eventually(lambda: self.get(EXPORT).status == 200, "the next one")


if __name__ == "__main__":
    main()
