# SPDX-License-Identifier: Apache-2.0
"""auth.key: who comes with a key acts in its name and role, for as long as the key holds, and is counted as its holder."""

import contextlib
import json
import os
import signal
import time
import unittest

import harness
from harness import Client, ConnectionClosed, Daemon, DaemonTest, audit_records, eventually

NOBODY = 61004  # has no role
CHANGE = ("cone.decide", {"engine": "wholesaling", "action": "run"})


def key_of(client: Client, name: str, role: str, **more) -> str:
    return client.call("key.create", name=name, role=role, **more)["key"]


def id_of(key: str) -> str:
    return key.split("_")[1]


@contextlib.contextmanager
def as_user(uid: int):
    """What is connected meanwhile comes from another user."""
    os.setegid(100)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class Identity(DaemonTest):
    def with_key(self, key: str) -> Client:
        client = self.enterContext(self.daemon.client())
        client.call("auth.key", key=key)
        return client

    def test_the_records_name_the_key_and_how_it_came(self):
        key = key_of(self.client, "ci", "operator", ttl_s=3600)
        client = self.enterContext(self.daemon.client())
        taken = client.call("auth.key", key=key)
        (listed,) = self.client.call("key.list")["items"]
        self.assertEqual(taken, {name: listed[name] for name in ("id", "name", "role", "expires_at_utc")})
        info = client.call("daemon.info")
        self.assertEqual((info["operator"], info["role"]), ("ci", "operator"))
        session = client.call("session.start", notes="by a program")
        self.assertEqual(session["operator"], "ci")
        self.assertIs(client.call("session.status")["active"], True)
        self.assertIs(self.client.call("session.status")["active"], False)
        client.call(CHANGE[0], **CHANGE[1])
        client.call("daemon.atomic", calls=[{"method": "session.note", "params": {"text": "one"}},
                                            {"method": "session.note", "params": {"text": "two"}}])
        (started,) = audit_records(self.client, event="GO_SESSION_START")
        self.assertEqual(started["actor"], {"name": "ci", "via": "http"})
        by_key = [one["event"] for one in audit_records(self.client, actor="ci")]
        self.assertEqual(by_key, ["GO_SESSION_START", "CONE_ALLOW", "GO_SESSION_NOTE", "GO_SESSION_NOTE"])
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_the_role_is_the_keys_also_for_who_may_more_himself(self):
        viewer = self.with_key(key_of(self.client, "eye", "viewer"))
        self.assertEqual(viewer.refused("session.start").kind, "forbidden")
        self.assertEqual(viewer.refused("key.list").data["role"], "owner")
        owner = self.with_key(key_of(self.client, "boss", "owner"))
        owner.call("cone.set", band="B", reason="by a key")
        self.assertEqual(audit_records(self.client, event="CONE_SET")[-1]["actor"], {"name": "boss", "via": "http"})

    def test_a_connection_is_a_sequence(self):
        one = key_of(self.client, "one", "operator")
        two = key_of(self.client, "two", "operator")
        lines = []
        for n, key in enumerate((one, two, one)):
            lines += [self.client.request("audit.append", {"event": f"X_{n}", "payload": {}}),
                      self.client.request("auth.key", {"key": key}),
                      self.client.request("audit.append", {"event": f"X_{n}", "payload": {}})]
        self.client.send("".join(text + "\n" for text in lines))
        for text in lines:
            self.assertEqual(self.client.receive()["id"], json.loads(text)["id"])
        with self.daemon.client() as other:
            names = [record["actor"]["name"] for n in range(3) for record in audit_records(other, event=f"X_{n}")]
            me = other.call("daemon.info")["operator"]
        self.assertEqual(names, [me, "one", "one", "two", "two", "one"])

    def test_a_key_is_good_as_soon_as_it_is_made_on_the_same_connection(self):
        answers = self.client.ask(json.dumps([json.loads(self.client.request("key.create", {"name": "a", "role": "viewer"}))]))
        key = answers[0]["result"]["key"]
        self.assertEqual(self.client.call("auth.key", key=key)["name"], "a")

    def test_what_is_no_good_key_is_refused_all_the_same_way(self):
        good = key_of(self.client, "good", "viewer")
        revoked = key_of(self.client, "revoked", "viewer")
        self.client.call("key.revoke", id=id_of(revoked))
        expired = key_of(self.client, "expired", "viewer", ttl_s=1)
        eventually(lambda: any(one["expired"] for one in self.client.call("key.list")["items"]), "it expires")
        wrong_secret = good[:-1] + ("0" if good[-1] != "0" else "1")
        unknown = "vhk_" + "0" * 12 + good[16:]
        refusals = {str(self.client.refused("auth.key", key=key).error)
                    for key in (revoked, expired, wrong_secret, unknown, "x", good.upper(), good + "0")}
        self.assertEqual(len(refusals), 1, refusals)
        self.assertIn("invalid_key", refusals.pop())
        for params, key in (({}, "key"), ({"key": ""}, "key"), ({"key": "x" * 257}, "key"), ({"key": 1}, "key"),
                            ({"key": good, "name": "x"}, "name"), ({"key": good, "request_key": "x"}, "request_key")):
            refusal = self.client.refused("auth.key", **params)
            self.assertEqual((refusal.kind, refusal.data["key"]), ("invalid_params", key))
        self.assertEqual(self.client.refused(
            "daemon.atomic", calls=[{"method": "auth.key", "params": {"key": good}}]).kind, "invalid_params")
        self.assertEqual(self.client.call("daemon.info")["role"], "owner", "nothing has changed")
        self.assertEqual(self.client.call("auth.key", key=good)["name"], "good")

    def test_a_lock_of_its_name_holds_it(self):
        client = self.with_key(key_of(self.client, "ci", "operator"))
        client.call("session.start")
        self.client.call("operator.lock", operator="ci", reason="too eager")
        self.assertEqual(client.refused(*CHANGE[:1], **CHANGE[1]).kind, "operator_locked")
        client.call("session.end")

    def test_a_retry_over_another_connection_with_the_key_gets_the_first_answer(self):
        key = key_of(self.client, "ci", "operator")
        first = self.with_key(key).call("session.start", request_key="once")
        self.assertEqual(self.with_key(key).call("session.start", request_key="once"), first)

    def test_its_text_goes_into_no_file(self):
        key = key_of(self.client, "ci", "operator")
        client = self.with_key(key)
        client.call("session.start")
        self.assertEqual(client.refused("auth.key", key=key[:-1] + "g").kind, "invalid_key")
        self.daemon.stop()
        holders = [path for path in self.daemon.directory.rglob("*")
                   if path.is_file() and key.split("_")[2][:60].encode() in path.read_bytes()]
        self.assertEqual(holders, [])


class Ends(DaemonTest):
    config = "[limits]\nno_role_s = 3600\n"
    with_key = Identity.with_key

    def test_a_revoked_key_holds_no_more_on_open_connections(self):
        key = key_of(self.client, "ci", "owner")
        clients = [self.with_key(key) for _ in range(3)]
        self.client.call("key.revoke", id=id_of(key), reason="leaked")
        for client in clients:
            for method, params in (("cone.state", {}), ("key.list", {}), CHANGE, ("export.write", {}), ("rpc.discover", {})):
                self.assertEqual(client.refused(method, **params).kind, "invalid_key")
            self.assertEqual(client.refused("auth.key", key=key).kind, "invalid_key")
        other = key_of(self.client, "other", "viewer")
        self.assertEqual(clients[0].call("auth.key", key=other)["name"], "other")
        clients[0].call("cone.state")

    def test_an_expired_key_holds_no_more_on_open_connections(self):
        client = self.with_key(key_of(self.client, "ci", "owner", ttl_s=1))

        def lapsed():
            try:
                client.call("cone.state")
            except harness.RpcError as refusal:
                self.assertEqual(refusal.kind, "invalid_key")
                return True
            return False

        eventually(lapsed, "it expires")
        self.assertEqual(client.refused("session.start").kind, "invalid_key")

    def test_it_revokes_itself_and_that_is_the_last_it_does(self):
        key = key_of(self.client, "ci", "owner")
        client = self.with_key(key)
        client.send_line(client.request("key.revoke", {"id": id_of(key)}))
        client.send_line(client.request("cone.set", {"band": "A", "reason": "still here"}))
        self.assertEqual(client.receive()["result"]["id"], id_of(key))
        self.assertEqual(client.receive()["error"]["data"]["kind"], "invalid_key")
        self.assertEqual(audit_records(self.client, event="CONE_SET"), [])

    def test_behind_the_record_of_its_revocation_there_is_none_of_it(self):
        key = key_of(self.client, "ci", "operator")
        clients = [self.with_key(key) for _ in range(4)]
        clients[0].call("audit.append", event="X_CI", payload={})
        many = 600
        text = "".join(clients[0].request("audit.append", {"event": "X_CI", "payload": {"n": n}}) + "\n"
                       for n in range(many))
        self.daemon.process.send_signal(signal.SIGSTOP)  # so that all of it is there at once
        for client in clients:
            client.send(text)
        self.client.send_line(self.client.request("key.revoke", {"id": id_of(key)}))
        self.daemon.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.client.receive()["result"]["id"], id_of(key))
        kinds = {"result": 0}
        for client in clients:
            for _ in range(many):
                answer = client.receive()
                kind = answer["error"]["data"]["kind"] if "error" in answer else "result"
                kinds[kind] = kinds.get(kind, 0) + 1
        records = audit_records(self.client)
        (revoked,) = [one["seq"] for one in records if one["event"] == "KEY_REVOKE"]
        written = [one["seq"] for one in records if one["event"] == "X_CI"]
        self.assertLess(max(written), revoked)
        self.assertEqual(kinds["result"], len(written) - 1, "each that was answered is there, and no other")
        self.assertEqual(set(kinds) - {"result", "invalid_key"}, set())
        self.assertGreater(kinds.get("invalid_key", 0), 0, "the revocation came while some were waiting")

    def test_what_it_follows_ends(self):
        key = key_of(self.client, "ci", "viewer")
        client = self.with_key(key)
        begun = client.call("audit.follow")
        self.client.call("audit.append", event="X_BEFORE", payload={})
        self.assertEqual(client.receive()["params"]["record"]["event"], "X_BEFORE")
        self.client.call("key.revoke", id=id_of(key))
        self.client.call("audit.append", event="X_AFTER", payload={})
        ended = client.receive()
        self.assertEqual(ended["method"], "audit.follow_end")
        self.assertEqual(ended["params"]["follow"], begun["follow"])
        self.assertEqual(ended["params"]["after"], begun["after"] + 1)
        self.assertIn("key", ended["params"]["reason"])
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 0, "its place is free")

    def test_a_follow_is_that_of_who_began_it(self):
        first = key_of(self.client, "first", "viewer")
        mine = self.client.call("audit.follow")
        self.client.call("auth.key", key=first)
        its = self.client.call("audit.follow")
        with self.daemon.client() as owner:
            second = key_of(owner, "second", "viewer")
            owner.call("key.revoke", id=id_of(first))
            events = []
            while not any(one["method"] == "audit.follow_end" for one in events):
                events.append(self.client.receive())
            self.assertEqual(events[-1]["params"]["follow"], its["follow"])
            owner.call("audit.append", event="X_LAST", payload={})
            while events[-1]["params"].get("record", {}).get("event") != "X_LAST":
                events.append(self.client.receive())
                self.assertEqual(events[-1]["params"]["follow"], mine["follow"])
        self.client.call("auth.key", key=second)

    def test_it_holds_after_a_restart_and_so_does_its_revocation(self):
        key = key_of(self.client, "ci", "viewer")
        gone = key_of(self.client, "gone", "viewer")
        self.client.call("key.revoke", id=id_of(gone))
        self.daemon.kill()
        self.daemon.start()
        client = self.reconnect()
        self.assertEqual(client.refused("auth.key", key=gone).kind, "invalid_key")
        self.assertEqual(client.call("auth.key", key=key)["name"], "ci")


class Peers(unittest.TestCase):
    def start_daemon(self, config: str = ""):
        if os.geteuid() != 0:
            self.skipTest("only root can come as somebody else")
        self.daemon = Daemon(config=config, start=False)
        self.daemon.directory.chmod(0o755)
        self.enterContext(self.daemon)
        self.daemon.start()
        self.daemon.socket.chmod(0o666)
        self.client = self.enterContext(self.daemon.client())

    def nobody(self) -> Client:
        with as_user(NOBODY):
            return self.enterContext(self.daemon.client())

    def denials(self) -> list[dict]:
        return audit_records(self.client, event="ACCESS_DENIED")

    def test_who_has_no_role_of_his_own_has_the_keys(self):
        self.start_daemon()
        turned_away = self.nobody()
        self.assertEqual([json.loads(text)["error"]["data"]["kind"] for text in turned_away.rest()], ["forbidden"])
        key = key_of(self.client, "gateway", "operator")
        client = self.nobody()
        refusal = client.refused("cone.state")
        self.assertEqual(refusal.kind, "forbidden")
        self.assertIn("auth.key", refusal.message)
        client.call("auth.key", key=key)
        client.call("session.start")
        self.assertEqual(client.refused("cone.set", band="A", reason="x").kind, "forbidden")
        found = eventually(lambda: len(self.denials()) == 3 and self.denials(), "all are recorded")
        nobody = {"name": f"uid:{NOBODY}", "via": "unix", "uid": NOBODY, "gid": 100}
        self.assertEqual([(one["actor"], one["payload"]["method"], one["payload"]["has"]) for one in found],
                         [(nobody, None, "none"), (nobody, "cone.state", "none"),
                          ({"name": "gateway", "via": "http"}, "cone.set", "operator")])

    def test_who_has_no_role_and_brings_no_key_is_disconnected(self):
        self.start_daemon("[limits]\nno_role_s = 1\n")
        key_of(self.client, "ci", "viewer")
        client = self.nobody()
        (words,) = client.rest()
        self.assertEqual(json.loads(words)["error"]["data"]["kind"], "forbidden")

    def test_a_thousand_wrong_keys_are_limited_and_each_is_on_record(self):
        self.start_daemon("[limits]\nno_role_s = 3600\n")
        good = key_of(self.client, "ci", "viewer")
        guesser = self.nobody()
        tries = 1000
        wrong = [f"vhk_{id_of(good)}_{n:064x}" for n in range(tries)]
        began = time.monotonic()
        guesser.send("".join(guesser.request("auth.key", {"key": key}) + "\n" for key in wrong))
        kinds = [guesser.receive()["error"]["data"]["kind"] for _ in wrong]
        allowed = 30 + (time.monotonic() - began) / 2 + 1
        self.assertEqual(kinds[:30], ["invalid_key"] * 30)
        self.assertLessEqual(kinds.count("invalid_key"), allowed)
        self.assertEqual(set(kinds), {"invalid_key", "rate_limited"})
        self.assertEqual(self.client.refused("auth.key", key=wrong[0]).kind, "invalid_key", "another peer's are his own")
        self.assertEqual(self.nobody().call("auth.key", key=good)["name"], "ci", "a good one is taken at any time")
        self.client.close()
        self.daemon.stop()
        self.daemon.start()
        self.client = self.enterContext(self.daemon.client())
        counts = {}
        for one in self.denials():
            self.assertEqual((one["payload"]["method"], one["payload"]["needs"]), ("auth.key", "viewer"))
            counts[one["actor"]["uid"]] = counts.get(one["actor"]["uid"], 0) + one["payload"]["count"]
        self.assertEqual(counts, {NOBODY: tries, 0: 1})

    def test_its_connections_and_changes_are_counted_as_its_holders(self):
        self.start_daemon('[limits]\nconnections = 8\nconnections_per_uid = 3\n[rate_limits]\n"cone.set" = "1/h"\n')
        a = key_of(self.client, "ci", "owner")
        b = key_of(self.client, "ci", "owner")
        clients = [self.enterContext(self.daemon.client()) for _ in range(2)]
        clients[0].call("cone.set", band="B", reason="the user's one call")
        self.assertEqual(clients[1].refused("cone.set", band="B", reason="x").kind, "rate_limited")
        for client, key in zip(clients, (a, b)):
            client.call("auth.key", key=key)
        clients[0].call("cone.set", band="C", reason="the holder's one call")
        self.assertEqual(clients[1].refused("cone.set", band="B", reason="x").kind, "rate_limited")
        more = [self.enterContext(self.daemon.client()) for _ in range(2)]  # the user has three again
        more[0].call("auth.key", key=a)
        self.assertEqual(more[1].refused("auth.key", key=b).kind, "overloaded")
        self.assertEqual(more[1].call("daemon.info")["role"], "owner")
        clients[0].close()

        def taken():
            try:
                return more[1].call("auth.key", key=b)
            except harness.RpcError as refusal:
                self.assertEqual(refusal.kind, "overloaded")
                return None

        eventually(taken, "a place is free")

    def test_follow_places_are_counted_as_its_holders(self):
        self.start_daemon()
        key = key_of(self.client, "ci", "viewer")
        share = 192
        full = []
        while len(full) * 16 < share:
            full.append(self.enterContext(self.daemon.client()))
            full[-1].call("auth.key", key=key)
            for _ in range(16):
                full[-1].call("audit.follow")
        one_more = self.enterContext(self.daemon.client())
        one_more.call("auth.key", key=key)
        self.assertEqual(one_more.refused("audit.follow").kind, "too_many_follows")
        self.client.call("audit.follow")


if __name__ == "__main__":
    harness.main()
