# SPDX-License-Identifier: Apache-2.0
"""Those who come with a key: who they are, what they may, and those who guess one."""

from gateway import GatewayTest
from harness import audit_records, eventually, main

SESSION = "/core/go/session"
START = "/core/go/start_session"


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

    def test_a_key_that_is_not_one_opens_nothing_and_is_never_the_user_who_runs_the_gateway(self):
        before = len(audit_records(self.client))
        for key in ("x", "vhk_", "vhk_0123456789ab_" + "0" * 64, "vhk_0123456789ab_" + "g" * 64):
            for answer in (self.get(SESSION, X_VALHALLA_KEY=key), self.post(START, {"notes": "x"}, X_VALHALLA_KEY=key),
                           self.post("/rpc", {"jsonrpc": "2.0", "method": "session.start"}, X_VALHALLA_KEY=key)):
                self.assertEqual(answer.status, 401, key)
        self.assertNotIn("GO_SESSION_START", [r["event"] for r in audit_records(self.client)[before:]])

    def test_a_revoked_key_opens_nothing_any_more(self):
        key = self.key("anna", "operator")
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 200)
            self.client.call("key.revoke", id=key["id"])
            for _ in range(3):
                self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 401)

    def test_guessing_is_slowed_down_and_holds_nobody_up_who_has_a_key(self):
        key = self.key("anna", "operator")["key"]
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
            seen = []
            for n in range(500):
                answer = http.request("GET", SESSION, X_VALHALLA_KEY=f"vhk_0123456789ab_{n:064x}")
                seen.append(answer.status)
                if answer.status == 429:
                    self.assertGreaterEqual(int(answer.fields["retry-after"]), 1)
            self.assertLessEqual(set(seen), {401, 429})
            self.assertLess(seen.count(401), 40)
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
            self.assertEqual(http.request("GET", SESSION).status, 200)

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
