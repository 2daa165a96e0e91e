# SPDX-License-Identifier: Apache-2.0
"""daemon.atomic: several changes happen together or not at all, as the trail, the tables and a kill -9 show."""

import json
import random
import unittest

import harness
from harness import NO_RATES, Daemon, DaemonTest, ask_as, audit_records
from place import needs_other_users

SOMEONE = 4711
APPEND = {"method": "audit.append", "params": {"event": "X_PART", "payload": {}}}
START = {"method": "session.start", "params": {"notes": "together"}}
END = {"method": "session.end"}
STATE = {"method": "cone.state"}


def note(text: str) -> dict:
    return {"method": "session.note", "params": {"text": text}}


def set_band(band: str) -> dict:
    return {"method": "cone.set", "params": {"band": band, "reason": "in one go"}}


class Together(DaemonTest):
    config = NO_RATES

    def size(self) -> int:
        return self.client.call("daemon.info")["audit"]["size"]

    def refused(self, *calls: dict, **params):
        """The refusal; nothing may have changed."""
        before = self.size(), self.client.call("cone.state"), self.client.call("session.status")
        refusal = self.client.refused("daemon.atomic", calls=list(calls), **params)
        self.assertEqual((self.size(), self.client.call("cone.state"), self.client.call("session.status")), before)
        return refusal

    def test_each_call_sees_those_before_it_and_is_answered_as_alone(self):
        results = self.client.call("daemon.atomic", calls=[
            set_band("C"), START, note("first"), {"method": "cone.decide", "params": {"engine": "wholesaling", "action": "run"}},
            END, START])["results"]
        cone, started, noted, judged, ended, again = results
        self.assertEqual(cone, self.client.call("cone.state"))
        self.assertEqual((started["active"], started["cone_band"]), (True, "C"))
        self.assertEqual((noted["id"], judged["band"], ended["id"], ended["active"]), (started["id"], "C", started["id"], False))
        self.assertEqual(again, self.client.call("session.status"))
        for call, result in zip(["cone.set", "session.start", "session.note", "cone.decide", "session.end", "session.start"],
                                results):
            self.assertEqual(self.client.api.problems(call, {"result": result}), [], call)

    def test_answers_may_be_larger_and_deeper_than_a_request(self):
        def report(source):
            return {"method": "health.report", "params": {"source": source, "level": "green", "message": '"[{,\\'}}

        deep = "x"
        for _ in range(13):
            deep = {"m": deep}
        self.client.call("cone.set", band="B", reason="deep", metrics=deep)
        started, noted = self.client.call("daemon.atomic", calls=[START, note("below the cone")])["results"]
        self.assertEqual(started["snapshot"]["cone"]["metrics"], deep)
        self.assertEqual(noted["id"], started["id"])
        for i in range(255):
            self.client.call("health.report", source=f"s{i}", level="green")
        results = self.client.call("daemon.atomic", calls=[report("s0")] * 10 + [report("one more")])["results"]
        self.assertEqual([len(one["signals"]) for one in results], [255] * 10 + [256])
        self.assertGreater(json.dumps(results).count('":'), 16_384, "more keys than a request may have")

    def test_each_change_has_its_ordinary_record(self):
        before = self.size()
        self.client.call("daemon.atomic", calls=[START, note("a"), APPEND, END])
        events = [r["event"] for r in audit_records(self.client)][before:]
        self.assertEqual(events, ["GO_SESSION_START", "GO_SESSION_NOTE", "X_PART", "GO_SESSION_END"])
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_the_first_refusal_undoes_everything(self):
        refusal = self.refused(set_band("D"), START, note("x"), START, note("y"))
        self.assertEqual((refusal.kind, refusal.data["call"], refusal.data["method"]), ("session_active", 3, "session.start"))
        self.assertIn("session", refusal.data)

    def test_a_refusal_harms_neither_its_neighbours_nor_the_trail(self):
        requests = []
        for n in range(60):
            bad = [APPEND, {"method": "session.end"}]
            calls = bad if n % 3 == 1 else [APPEND, APPEND]
            method, params = ("audit.append", APPEND["params"]) if n % 3 == 0 else ("daemon.atomic", {"calls": calls})
            requests.append(self.client.request(method, params))
        before = self.size()
        self.client.send("\n".join(requests) + "\n")  # they share transactions
        answers = [self.client.receive() for _ in requests]
        self.assertEqual(["error" in a for a in answers], [n % 3 == 1 for n in range(60)])
        self.assertEqual(self.size(), before + 20 + 40)
        self.daemon.stop()
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_only_changes_can_be_listed_and_not_itself(self):
        for call in (STATE, {"method": "daemon.atomic", "params": {"calls": [APPEND]}}, {"method": "audit.list"},
                     {"method": "canon.reload"}, {"method": "daemon.stop"}, {"method": "no.such"}):
            refusal = self.refused(APPEND, call)
            self.assertEqual((refusal.kind, refusal.data["key"], refusal.data["call"], refusal.data["method"]),
                             ("invalid_params", "calls", 1, call["method"]))
            self.assertIn("session.start", refusal.message)
        self.assertEqual(self.refused({"method": "session.strat"}).data["nearest"], "session.start")

    def test_each_call_is_checked_by_its_own_method(self):
        for call, key in ((note(""), "text"), ({"method": "session.note"}, "text"),
                          ({"method": "session.note", "params": {"text": "x", "colour": "red"}}, "colour"),
                          ({"method": "audit.append", "params": {"event": "GO_X", "payload": {}}}, "event"),
                          ({"method": "session.start", "params": {"request_key": "k"}}, "request_key")):
            refusal = self.refused(START, call)
            self.assertEqual((refusal.kind, refusal.data["key"], refusal.data["call"]), ("invalid_params", key, 1))

    def test_a_list_that_is_none_is_refused(self):
        for calls in (None, 1, "x", {}, [], [1], [[]], [{}], [{"method": 1}], [{"method": "session.end", "params": []}],
                      [{"method": "session.end", "id": 1}], [APPEND] * 101):
            refusal = self.client.refused("daemon.atomic", calls=calls)
            self.assertEqual((refusal.kind, refusal.data["key"]), ("invalid_params", "calls"), calls)
        self.assertEqual(len(self.client.call("daemon.atomic", calls=[APPEND] * 100)["results"]), 100)

    def test_a_retry_gets_the_first_answer(self):
        first = self.client.call("daemon.atomic", calls=[START, APPEND], request_key="k")
        size = self.size()
        self.assertEqual(self.client.call("daemon.atomic", calls=[START, APPEND], request_key="k"), first)
        self.assertEqual(self.size(), size)
        self.assertEqual(self.refused(APPEND, request_key="k").kind, "request_key_reused")

    def test_answers_that_are_too_large_together_are_refused_before_anything_happens(self):
        notes = {"method": "session.start", "params": {"notes": "n" * 16_000, "if_active": "supersede"}}
        refusal = self.refused(*[notes] * 60)
        self.assertEqual((refusal.kind, refusal.data["key"]), ("invalid_params", "calls"))

    def test_in_a_batch_and_from_the_command_line(self):
        answers = self.client.ask("[" + self.client.request("daemon.atomic", {"calls": [START]}) + ","
                                  + self.client.request("session.status") + "]")
        self.assertEqual(answers[1]["result"], answers[0]["result"]["results"][0])
        done = self.daemon.ctl("--json", "call", "daemon.atomic", json.dumps({"calls": [note("typed"), END]}))
        self.assertIs(json.loads(done.stdout)["results"][1]["active"], False)
        done = self.daemon.ctl("call", "daemon.atomic", json.dumps({"calls": [APPEND, END]}), expect=1)
        self.assertIn("no active session", done.stderr)


class Permission(unittest.TestCase):
    @needs_other_users
    def test_each_call_needs_its_own_role(self):
        def line(*calls):
            return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "daemon.atomic", "params": {"calls": calls}})

        with Daemon(config='socket_group = "users"\n[access]\nothers = "operator"\n') as daemon:
            daemon.directory.chmod(0o755)
            no, yes = ask_as(SOMEONE, daemon.socket, line(APPEND, set_band("D")), line(APPEND))
            self.assertEqual(no["error"]["data"], {"kind": "forbidden", "role": "owner", "call": 1, "method": "cone.set"})
            self.assertEqual(len(yes["result"]["results"]), 1)

    def test_rates_count_every_call_and_have_room_for_all_or_none(self):
        with Daemon(config='[rate_limits]\n"cone.set" = "3/h"\n') as daemon, daemon.client() as client:
            client.call("daemon.atomic", calls=[set_band("A"), set_band("B")])
            refusal = client.refused("daemon.atomic", calls=[APPEND, set_band("C"), set_band("D")])
            self.assertEqual((refusal.kind, refusal.data["call"], refusal.data["method"]), ("rate_limited", 1, "cone.set"))
            self.assertGreater(refusal.data["retry_after_ms"], 0)
            client.call("cone.set", band="C", reason="the third")
            refusal = client.refused("daemon.atomic", calls=[set_band("A")] * 4)
            self.assertEqual(refusal.kind, "invalid_params")  # waiting would not help


class Killed(unittest.TestCase):
    ROUNDS = 6

    def test_a_kill_leaves_all_of_it_or_nothing(self):
        chance = random.Random(20)
        with Daemon(config=NO_RATES) as daemon:
            for number in range(self.ROUNDS):
                with daemon.client() as client:
                    for part in range(40):
                        call = {"method": "audit.append",
                                "params": {"event": "X_GROUP", "payload": {"group": f"{number}-{part}"}}}
                        client.send_line(client.request("daemon.atomic", {"calls": [call] * 20}))
                    answered = chance.randrange(1, 30)
                    for _ in range(answered):
                        self.assertIn("result", client.receive())
                    daemon.kill()
                daemon.start()
            with daemon.client() as client:
                groups = [r["payload"]["group"] for r in audit_records(client, event="X_GROUP")]
            counts = {group: groups.count(group) for group in groups}
            self.assertEqual(set(counts.values()), {20})
            self.assertEqual(groups, sorted(groups, key=lambda g: [int(n) for n in g.split("-")]))
            daemon.stop()
            daemon.ctl("audit", "verify", str(daemon.state))


if __name__ == "__main__":
    harness.main()
