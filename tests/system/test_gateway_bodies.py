#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bodies that come in pieces, many of them, and what is behind a request that is being answered."""

import select
import socket

from attack_table import attack
from gateway import ConnectionEnded, GatewayTest, Http
from harness import DEADLINE_S, audit_records, main

RECORDS = "/core/audit/records"
SESSION = "/core/go/session"
BODY = 1_044_480  # the largest
UNFINISHED = 25  # of them: more than there is memory for


class BodiesTest(GatewayTest):
    def of(self, address: str) -> Http:
        http = self.enterContext(self.gateway.http())
        http.socket.close()
        http.socket = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=DEADLINE_S, source_address=(address, 0))
        return http

    def unfinished(self, address: str, method: str, target: str, **fields: str) -> list[Http]:
        """Connections with all of a body but its end; some of them may be refused already."""
        made = []
        for _ in range(UNFINISHED):
            http = self.of(address)
            try:
                http.send(http.text(method, target, Content_Length=str(BODY), **fields) + b" " * (BODY - 1_000))
            except (ConnectionResetError, BrokenPipeError):
                pass
            made.append(http)
        return made

    def statuses(self, connections: list[Http]) -> list[int]:
        found = []
        for http in connections:
            http.socket.settimeout(0.5)
            try:
                found.append(http.answer().status)
            except (TimeoutError, ConnectionEnded):
                found.append(0)
        return found

    def in_pieces(self) -> int:
        """The status of an honest request whose body comes in two pieces."""
        with self.gateway.http() as http:
            text = http.text("POST", RECORDS, {"event": "X_HONEST", "payload": {"a": "x" * 3_000}})
            http.send(text[:-1_500])
            self.assertEqual(self.get(SESSION).status, 200)  # the first piece is taken by now
            http.send(text[-1_500:])
            return http.answer().status


class Pieces(BodiesTest):
    @attack("25 bodies of 1 MB that stop before their end, from one address, with an invalid key",
            "503 beyond a quarter of the memory for that; bodies of others are taken")
    def test_unfinished_bodies_of_strangers_leave_room_for_others(self):
        made = self.unfinished("127.0.0.2", "POST", RECORDS, X_VALHALLA_KEY="vhk_0123456789ab_" + "0" * 64,
                               Content_Type="application/json")
        self.assertEqual(self.in_pieces(), 200)
        self.assertIn(503, self.statuses(made))

    @attack("25 bodies of 1 MB that stop before their end, from one address, with valid keys", "503 beyond three quarters of the"
            " memory for that; bodies from elsewhere are taken")
    def test_unfinished_bodies_of_one_address_leave_room_for_others(self):
        made = self.unfinished("127.0.0.2", "POST", RECORDS, Content_Type="application/json")
        self.assertEqual(self.in_pieces(), 200)
        self.assertIn(503, self.statuses(made))

    @attack("large bodies for routes that ignore them", "413 and closed, before the body comes")
    def test_a_body_that_nobody_looks_at_is_refused(self):
        for method, target in (("GET", "/healthz"), ("GET", SESSION), ("GET", "/metrics")):
            for fields in ({"Content_Length": str(BODY)}, {"Transfer_Encoding": "chunked"}):
                with self.gateway.http() as http:
                    http.send(http.text(method, target, **fields))
                    self.assertEqual((target, http.answer().status), (target, 413))
                    self.assertTrue(http.ended())
        with self.gateway.http() as http:  # what clients do send
            http.send(http.text("GET", SESSION, Content_Length="2"))
            http.send(b"{}")
            self.assertEqual(http.answer().status, 200)
            self.assertEqual(http.request("GET", SESSION).status, 200)


class Behind(BodiesTest):
    @attack("a change with requests without end behind it, while there is no memory for them",
            "the change is answered with what came of it, and the connection closed")
    def test_a_change_that_was_made_is_not_answered_with_try_again(self):
        self.fill()
        for n in range(20):
            with self.gateway.http() as http:
                change = http.text("POST", RECORDS, {"event": "X_MADE", "payload": {"n": n}})
                http.send(change + http.text("GET", SESSION) * 200)
                self.assertEqual(http.answer().status, 200)
        self.assertEqual(len(audit_records(self.client, event="X_MADE")), 20)

    def fill(self):
        """This address has no memory left: bodies that stop, smaller and smaller ones."""
        for size in (BODY, 256 << 10, 64 << 10, 16 << 10, 4 << 10):
            for _ in range(100):
                http = self.of("127.0.0.1")
                http.send(http.text("POST", RECORDS, Content_Length=str(BODY), Content_Type="application/json"))
                http.send(b" " * (size - 1_000))
                self.assertEqual(self.get(SESSION).status, 200)  # it is taken by now
                if select.select([http.socket], [], [], 0.02)[0]:
                    self.assertEqual(http.answer().status, 503)
                    break
            else:
                self.fail(f"{size} bytes always find room")


class Chunks(BodiesTest):
    @attack("chunk headers with a bare line feed, a bare carriage return or NUL in an extension", "400 and closed")
    def test_control_characters_in_a_chunks_header_are_refused(self):
        body = b'{"event":"X_OK","payload":{}}'
        for extension, status in ((b";a=b", 200), (b";\n", 400), (b';a="x\ny"', 400), (b";a\rb", 400), (b";a=\x00", 400)):
            with self.gateway.http() as http:
                head = http.text("POST", RECORDS, Content_Type="application/json", Transfer_Encoding="chunked")
                http.send(head + b"%x" % len(body) + extension + b"\r\n" + body + b"\r\n0\r\n\r\n")
                self.assertEqual((extension, http.answer().status), (extension, status))
                if status != 200:
                    self.assertTrue(http.ended())


if __name__ == "__main__":
    main()
