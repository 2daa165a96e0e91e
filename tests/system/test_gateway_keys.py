# SPDX-License-Identifier: Apache-2.0
"""Those who come with a key: who they are, what they may, and those who guess one."""

import collections
import os
import socket
import time

from attack_table import attack
from gateway import GatewayTest, resident_kib
from harness import DEADLINE_S, SANITIZED, audit_records, eventually, main

SESSION = "/core/go/session"
START = "/core/go/start_session"
GUESSES = int(os.environ.get("VALHALLA_GUESSES", "5000"))
TOGETHER = 500  # pipelined


class Keys(GatewayTest):
    def key(self, name: str, role: str) -> dict:
        return self.client.call("key.create", name=name, role=role)

    def test_who_comes_with_a_key_acts_in_its_name_and_with_its_role(self):
        anna = self.key("anna", "operator")["key"]
        viewer = self.key("bert", "viewer")["key"]
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/core/info", X_VALHALLA_KEY=anna).json()["operator"], "anna")
            self.assertEqual(http.request("POST", START, {"notes": "hers"}, X_VALHALLA_KEY=anna).status, 200)
            self.assertFalse(http.request("GET", SESSION).json()["active"])  # the session of the user who runs the gateway
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=anna).json()["notes"], "hers")
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=viewer).status, 200)
            refused = http.request("POST", START, {"notes": "x"}, X_VALHALLA_KEY=viewer)
            self.assertEqual((refused.status, refused.fields["x-valhalla-error"]), (403, "forbidden"))
            answer = http.request("POST", "/rpc", {"jsonrpc": "2.0", "id": 1, "method": "daemon.info"}, X_VALHALLA_KEY=viewer)
            self.assertEqual(answer.json()["result"]["role"], "viewer")
        [started] = [r for r in audit_records(self.client) if r["event"] == "GO_SESSION_START"]
        self.assertEqual((started["actor"]["name"], started["actor"]["via"]), ("anna", "http"))

    @attack("invalid keys, well-formed and malformed", "401; never as the user who runs the gateway")
    def test_a_key_that_is_not_one_opens_nothing_and_is_never_the_user_who_runs_the_gateway(self):
        before = len(audit_records(self.client))
        for key in ("x", "vhk_", "vhk_0123456789ab_" + "0" * 64, "vhk_0123456789ab_" + "g" * 64):
            for answer in (self.get(SESSION, X_VALHALLA_KEY=key), self.post(START, {"notes": "x"}, X_VALHALLA_KEY=key),
                           self.post("/rpc", {"jsonrpc": "2.0", "method": "session.start"}, X_VALHALLA_KEY=key)):
                self.assertEqual(answer.status, 401, key)
        self.assertNotIn("GO_SESSION_START", [r["event"] for r in audit_records(self.client)[before:]])

    @attack("a key that was revoked", "401, also on connections that used it")
    def test_a_revoked_key_opens_nothing_any_more(self):
        key = self.key("anna", "operator")
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 200)
            self.client.call("key.revoke", id=key["id"])
            for _ in range(3):
                self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 401)

    @attack("a key guessed again and again (5,000 times, a million with run-tests --long), its public part known",
            "429 beyond some 20 and one in 3 s from an address, of which the daemon hears nothing; other addresses and those whose key"
            " is in use go on")
    def test_guessing_is_slowed_down_and_holds_nobody_up_who_has_a_key(self):
        key = self.key("anna", "operator")["key"]
        nearly = key[:-9] + ("0" if key[-9] != "0" else "1")  # all but the last digits right
        records = len(audit_records(self.client))
        seen = collections.Counter()
        with self.gateway.http() as honest:
            self.assertEqual(honest.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
            begin = time.monotonic()
            for first in range(0, GUESSES, TOGETHER):
                with self.gateway.http() as http:
                    http.send(b"".join(http.text("GET", SESSION, X_VALHALLA_KEY=f"{nearly}{n:08x}")
                                       for n in range(first, first + TOGETHER)))
                    for _ in range(TOGETHER):
                        answer = http.answer()
                        seen[answer.status] += 1
                        if answer.status == 429:
                            self.assertGreaterEqual(int(answer.fields["retry-after"]), 1)
                self.assertEqual(honest.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
                self.assertEqual(honest.request("GET", SESSION).status, 200)
            took = time.monotonic() - begin
        self.assertLessEqual(set(seen), {401, 429})
        self.assertEqual(seen.total(), GUESSES)
        self.assertLessEqual(seen[401], 20 + took / 3 + 1)
        self.assertLess(len(audit_records(self.client)) - records, 100)
        if not SANITIZED:
            self.assertLess(resident_kib(self.gateway.process.pid), 64 << 10)
        print(f"{GUESSES} guesses in {took:.0f} s: {seen[401]} were looked at, {seen[429]} were not")
        # A key that was never used waits where somebody guesses, and nowhere else.
        new = self.key("bert", "viewer")["key"]
        eventually(lambda: self.get(SESSION, X_VALHALLA_KEY=f"{nearly}{GUESSES:08x}").status == 401, "the next try is used up")
        self.assertEqual(self.get(SESSION, X_VALHALLA_KEY=new).status, 429)
        with self.gateway.http() as elsewhere:
            elsewhere.socket.close()
            elsewhere.socket = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=DEADLINE_S,
                                                        source_address=("127.0.0.2", 0))
            self.assertEqual(elsewhere.request("GET", SESSION, X_VALHALLA_KEY=new).status, 200)

    def test_events_are_streamed_to_who_has_a_key(self):
        key = self.key("bert", "viewer")["key"]
        with self.gateway.http() as http:
            http.send(http.text("GET", "/core/audit/stream?after=0", X_VALHALLA_KEY=key))
            self.assertTrue(http.take_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 "))
            self.assertEqual(http.take_until(b"\n\n"), b":\n\n")
            self.assertTrue(http.take_until(b"\n\n").startswith(b"id: 1\n"))
            eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "a follow of its own")


if __name__ == "__main__":
    main()
