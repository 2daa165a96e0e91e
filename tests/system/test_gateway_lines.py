#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What of a request becomes part of a line to the daemon, and what of the daemon's lines becomes an answer."""

import json
import threading

from attack_table import attack
from gateway import GatewayTest, Stream
from harness import audit_records, main

RECORDS = "/core/audit/records"
SESSION = "/core/go/session"
DEEPEST_PAYLOAD = 14  # the request and its parameters are around it


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


class OneLine(GatewayTest):
    @attack("a number followed by a line's end, between requests of others", "422; the others get their own answers")
    def test_a_lines_end_behind_a_number_reaches_nobody(self):
        for target in ("/core/go/sessions?limit=1%0A", "/core/go/sessions/1%0A", f"{RECORDS}?limit=1%0a%0a", f"{RECORDS}?limit=1%20",
                       f"{RECORDS}?limit=1%0D", f"{RECORDS}?limit=1%09", f"{RECORDS}?limit=%201"):
            self.assertEqual((target, self.get(target).status), (target, 422))
        with self.gateway.http() as one, self.gateway.http() as other:
            for n in range(30):
                one.send(one.text("GET", "/core/go/sessions?limit=1%0A"))
                other.send(other.text("POST", "/rpc", {"jsonrpc": "2.0", "id": n, "method": "rpc.ping"}))
                self.assertEqual(one.answer().status, 422)
                self.assertEqual(other.answer().json()["id"], n)

    @attack("/rpc with auth.key or audit.follow whose member name is escaped", "-32600; nobody becomes somebody else")
    def test_member_names_with_escapes_are_refused(self):
        first = self.client.call("key.create", name="first", role="viewer")["key"]
        second = self.client.call("key.create", name="second", role="owner")["key"]
        call = r'{"jsonrpc":"2.0","id":1,"m\u0065thod":"auth.key","params":{"key":"%s"}}' % second
        follow = r'{"jsonrpc":"2.0","id":1,"\u006dethod":"audit.follow","params":{"after":0}}'
        for body in (call, f"[{call}]", follow, '[{"jsonrpc":"2.0","id":1,"method":"rpc.ping"},%s]' % follow):
            answer = self.post("/rpc", body.encode(), X_VALHALLA_KEY=first)
            self.assertEqual((answer.status, answer.json()["error"]["code"]), (200, -32600), body)
        who = self.post("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "daemon.info"}, X_VALHALLA_KEY=first)
        self.assertEqual(who.json()["result"]["operator"], "first")
        inside = self.post("/rpc", rb'{"jsonrpc":"2.0","id":2,"method":"audit.append","params":{"event":"X_E","payload":{"\u0061":1}}}')
        self.assertIn("result", inside.json())

    @attack("a checkpoint for a witness that is 1 MB of control characters, between requests of others", "413; the others are served")
    def test_a_body_that_grows_when_it_is_quoted_never_reaches_the_daemon(self):
        for body in (b"\x01" * 1_000_000, b"\n" * 1_000_000, b"x" * 16_385):
            with self.gateway.http() as one, self.gateway.http() as other:
                one.send(one.text("POST", "/tlog/add-checkpoint", body))
                other.send(other.text("POST", RECORDS, {"event": "X_OTHER", "payload": {}}))
                self.assertEqual(one.answer().status, 413)
                self.assertEqual(other.answer().status, 200)

    @attack("an Idempotency-Key on a route that ignores it, and an empty one", "400: nobody may believe that a retry is safe")
    def test_an_idempotency_key_that_would_do_nothing_is_refused(self):
        call = {"jsonrpc": "2.0", "id": 1, "method": "audit.append", "params": {"event": "X_TWICE", "payload": {}}}
        answer = self.post("/rpc", call, Idempotency_Key="a")
        self.assertEqual(answer.status, 400)
        self.assertIn("request_key", answer.detail())
        for key in ("", '""'):
            answer = self.post(RECORDS, {"event": "X_TWICE", "payload": {}}, Idempotency_Key=key)
            self.assertEqual(answer.status, 400)
            self.assertIn("empty", answer.detail())
        with self.gateway.http() as http:
            text = http.text("POST", RECORDS, {"event": "X_TWICE", "payload": {}}, Idempotency_Key="")
            http.send(text.replace(b"Idempotency-Key: \r\n", b"Idempotency-Key: \r\nIdempotency-Key: a\r\n"))
            self.assertEqual(http.answer().status, 400)
        self.assertEqual(audit_records(self.client, event="X_TWICE"), [])
        self.assertEqual(self.post(RECORDS, {"event": "X_TWICE", "payload": {}}, Idempotency_Key='"a"').status, 200)


class Answers(GatewayTest):
    @attack("a payload as deep as a request may be, and one with many names", "tiles, streams and sessions go on")
    def test_the_deepest_and_widest_payloads_are_answered_everywhere(self):
        self.client.call("cone.set", band="B", reason="x", metrics=nested(DEEPEST_PAYLOAD))
        for method, target, body in (("POST", "/core/go/start_session", {"notes": "n"}), ("GET", SESSION, None),
                                     ("GET", "/core/go/summary", None), ("GET", "/core/cone/history", None),
                                     ("GET", "/core/go/sessions/1", None), ("POST", "/core/go/end_session", {"notes": "n"}),
                                     ("POST", "/core/go/end_session", {"notes": "n"})):
            answer = self.gateway.request(method, target, body)
            self.assertEqual((method, target, answer.status), (method, target, 200), answer.body)
        self.client.call("audit.append", event="X_DEEP", payload=nested(DEEPEST_PAYLOAD))
        for _ in range(6):  # in one page more names than a request may have
            size = self.client.call("audit.append", event="X_WIDE", payload={f"k{n:x}": 1 for n in range(3_300)})["seq"]
        records = audit_records(self.client)
        bundle = self.get(f"/tlog/tile/entries/000.p/{size}")
        self.assertEqual(bundle.status, 200)
        at = 0
        for record in records:
            length = int.from_bytes(bundle.body[at:at + 2], "big")
            self.assertEqual(json.loads(bundle.body[at + 2:at + 2 + length]), record)
            at += 2 + length
        self.assertEqual(at, len(bundle.body))
        stream = Stream(self.gateway.port, "/core/audit/stream?after=0")
        self.addCleanup(stream.close)
        for record in records:
            self.assertEqual(stream.event(), (record["seq"], record))

    @attack("a name that is the text invalid_key, in an error of the daemon", "the key stays good, its streams go on")
    def test_an_error_that_names_invalid_key_is_no_refused_key(self):
        key = self.client.call("key.create", name="anna", role="operator")["key"]
        stream = Stream(self.gateway.port, X_VALHALLA_KEY=key)
        self.addCleanup(stream.close)
        self.client.call("health.report", source="invalid_key", level="green")
        for text in ("invalid_kez", "invalid_key", '"invalid_key"', '"data":{"kind":"invalid_key"}'):
            for answer in (self.post("/core/health/clear", {"source": text + "x"}, X_VALHALLA_KEY=key),
                           self.get("/core/cone/decide?engine=%22invalid_key%22&action=run", X_VALHALLA_KEY=key)):
                self.assertNotEqual(answer.status, 401, answer.body)
            answer = self.post("/rpc", {"jsonrpc": "2.0", "id": "invalid_key", "method": "health.clear", "params": {"source": text}},
                               X_VALHALLA_KEY=key)
            self.assertEqual(answer.status, 200)
        threading.Event().wait(0.6)  # longer than the gateway takes between its looks at the clock
        seq = self.client.call("audit.append", event="X_LAST", payload={})["seq"]
        while stream.event()[0] != seq:
            pass

    @attack("/rpc with a key that was revoked: a call, a notification, a batch", "401, nothing is done")
    def test_rpc_with_a_revoked_key_is_401(self):
        append = {"jsonrpc": "2.0", "method": "audit.append", "params": {"event": "X_REVOKED", "payload": {}}}
        for number, body in enumerate(({"id": 1} | append, append, [{"id": 1} | append, {"id": 2} | append], [append])):
            key = self.client.call("key.create", name=f"k{number}", role="operator")
            with self.gateway.http() as http:
                self.assertEqual(http.request("POST", "/rpc", {"jsonrpc": "2.0", "id": 0, "method": "rpc.ping"},
                                              X_VALHALLA_KEY=key["key"]).status, 200)
                self.client.call("key.revoke", id=key["id"])
                for _ in range(2):
                    answer = http.request("POST", "/rpc", body, X_VALHALLA_KEY=key["key"])
                    self.assertEqual((body, answer.status), (body, 401))
        self.assertEqual(audit_records(self.client, event="X_REVOKED"), [])


if __name__ == "__main__":
    main()
