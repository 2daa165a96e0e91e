#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What arrives on the socket, right and wrong: JSON-RPC to the letter, limits, order, half-closed connections."""

import json
import socket
import unittest

from harness import NO_RATES, Client, ConnectionClosed, DaemonTest, audit_records, eventually, main

LINE_LIMIT = 1 << 20
NOTE = '{"jsonrpc":"2.0","method":"audit.append","params":{"event":"X_NOTE","payload":{"n":%d}}}'


def request(method: str, params="{}", id_="1") -> str:
    return f'{{"jsonrpc":"2.0","id":{id_},"method":"{method}","params":{params}}}'


class BadInput(DaemonTest):
    """Every refusal names its kind, and leaves both the connection and the state as they were."""

    def setUp(self):
        super().setUp()
        self.before = self.client.call("daemon.info")["audit"]

    def tearDown(self):
        with self.daemon.client() as other:
            self.assertEqual(other.call("daemon.info")["audit"], self.before)
        super().tearDown()

    def assert_refused(self, line, code, kind, id_=None):
        answer = self.client.ask(line)
        self.assertEqual(answer["jsonrpc"], "2.0")
        self.assertIn("error", answer, line)
        self.assertEqual((answer["error"]["code"], answer["error"]["data"]["kind"]), (code, kind), answer)
        self.assertEqual(answer["id"], id_, line)
        self.assertTrue(answer["error"]["message"])
        return answer["error"]

    def test_what_is_not_json_is_a_parse_error(self):
        for line in [b"hello", b"{", b'{"jsonrpc":"2.0","id":1,"method":"session.status"', b"{]", b'"\xff"', b"{}{}",
                     b'{"jsonrpc":"2.0","id":1,"method":"session.status","params":{"operator":"\xc3\x28"}}',
                     b'{"jsonrpc":"2.0","id":01,"method":"session.status"}', b"nul", b"[1,]", b"\x00"]:
            with self.subTest(line=line):
                self.assert_refused(line, -32700, "parse_error")

    def test_what_is_no_request_is_an_invalid_request(self):
        for line in ["1", '"x"', "null", "{}", "[]", '{"method":"session.status"}',
                     '{"jsonrpc":"1.0","method":"session.status"}', '{"jsonrpc":2.0,"method":"session.status"}',
                     '{"jsonrpc":"2.0","id":{},"method":"session.status"}',
                     '{"jsonrpc":"2.0","id":[1],"method":"session.status"}',
                     '{"jsonrpc":"2.0","id":true,"method":"session.status"}']:
            with self.subTest(line=line):
                self.assert_refused(line, -32600, "invalid_request")

    def test_a_request_with_an_id_is_refused_by_that_id(self):
        for line in ['{"jsonrpc":"2.0","id":7,"method":1}', '{"jsonrpc":"2.0","id":7}',
                     '{"id":7,"method":"session.status"}']:
            with self.subTest(line=line):
                self.assert_refused(line, -32600, "invalid_request", 7)

    def test_duplicate_keys_are_refused(self):
        for line in ['{"jsonrpc":"2.0","id":1,"method":"session.status","method":"session.end"}',
                     request("session.list", '{"limit":1,"limit":2}')]:
            with self.subTest(line=line):
                self.assertIn("error", self.client.ask(line))

    def test_depth_is_limited(self):
        for depth in (17, 1000):
            params = '{"event":"X_DEEP","payload":{"a":' + "[" * depth + "]" * depth + "}}"
            self.assertIn("error", self.client.ask(request("audit.append", params)))

    def test_an_unknown_method_names_the_nearest_ones(self):
        error = self.assert_refused(request("session.stat"), -32601, "method_not_found", 1)
        self.assertIn("session.sta", error["message"].replace("session.stat'", "", 1) + json.dumps(error["data"]))
        self.assertIn("session.start", error["message"] + json.dumps(error["data"]))

    def test_wrong_parameters_are_named(self):
        for method, params, key in [
                ("session.start", '{"notez":"x"}', "notez"), ("session.start", '{"notes":1}', "notes"),
                ("session.start", '{"if_active":"overwrite"}', "if_active"), ("session.note", "{}", "text"),
                ("session.note", '{"text":["x"]}', "text"), ("session.get", '{"id":"1"}', "id"),
                ("session.get", '{"id":1.5}', "id"), ("session.get", '{"id":1e3}', "id"),
                ("session.get", '{"id":18446744073709551617}', "id"), ("session.list", '{"limit":0}', "limit"),
                ("session.list", '{"limit":1001}', "limit"), ("session.list", '{"since":"yesterday"}', "since"),
                ("session.list", '{"cursor":"?"}', "cursor"), ("cone.set", '{"band":"E","reason":"x"}', "band"),
                ("cone.set", '{"band":"A"}', "reason"), ("cone.set", '{"band":"A","reason":""}', "reason"),
                ("cone.set", '{"band":"A","reason":"x","metrics":[]}', "metrics"),
                ("health.report", '{"source":"x","level":"blue"}', "level"),
                ("health.report", '{"source":"x","level":"red","ttl_s":0}', "ttl_s"),
                ("audit.append", '{"event":"GO_SESSION_END","payload":{}}', "event"),
                ("audit.append", '{"event":"X_A","payload":1}', "payload"),
                ("session.status", '{"operator":null,"x":1}', "x")]:
            with self.subTest(method=method, params=params):
                error = self.assert_refused(request(method, params), -32602, "invalid_params", 1)
                self.assertEqual(error["data"]["key"], key, error)

    def test_positional_parameters_are_refused(self):
        self.assert_refused(request("session.note", '["text"]'), -32602, "invalid_params", 1)

    def test_a_line_over_the_limit_is_refused_and_the_daemon_lives_on(self):
        self.client.send(b'{"jsonrpc":"2.0","id":1,"method":"session.note","params":{"text":"' + b"x" * LINE_LIMIT)
        lines = self.client.rest() if self._ends_after_refusal() else []
        with self.daemon.client() as other:
            self.assertIn("audit", other.call("daemon.info"))
        self.assertLessEqual(len(lines), 1)

    def _ends_after_refusal(self) -> bool:
        """The refusal comes, then the connection is closed: what follows on it could be the rest of anything."""
        answer = self.client.receive()
        self.assertIn("error", answer)
        self.assertIsNone(answer["id"])
        return True

    def test_input_that_ends_in_the_middle_of_a_line_executes_nothing(self):
        self.client.send((NOTE % 1)[:-1])
        self.client.end_of_input()
        self.client.rest()
        with self.daemon.client() as other:
            other.send(NOTE % 2)  # complete, but for the newline
            other.end_of_input()
            other.rest()

    def test_a_connection_that_vanishes_does_no_harm(self):
        for data in [b"", b"{", b"\n", b"\n\n", request("session.status").encode() + b"\n"]:
            with self.daemon.client() as other:
                other.send(data)
        with self.daemon.client() as other:
            self.assertIn("pid", other.call("daemon.info"))


class Ids(DaemonTest):
    def test_an_id_is_echoed_byte_for_byte(self):
        for id_ in ["0", "-1", "1.0", "1e2", "12345678901234567890123", '""', '"a\\u0041\\/"', '"ä"', "null", '"1"']:
            with self.subTest(id=id_):
                self.client.send_line(request("cone.state", id_=id_))
                self.assertIn(f'"id":{id_}'.encode(), self.client.receive_line())

    def test_members_may_come_in_any_order_and_params_may_be_missing(self):
        answer = self.client.ask('{ "params" : {} , "method":"cone.state", "id" : "z" ,"jsonrpc":"2.0" }\r')
        self.assertEqual((answer["id"], answer["result"]["band"]), ("z", "B"))
        self.assertIn("result", self.client.ask('{"jsonrpc":"2.0","id":1,"method":"cone.state"}'))


class Batches(DaemonTest):
    def test_a_batch_is_answered_by_one_line_in_order(self):
        answers = self.client.ask("[" + ",".join(request("cone.state", id_=str(n)) for n in range(100)) + "]")
        self.assertEqual([a["id"] for a in answers], list(range(100)))

    def test_a_batch_sees_its_own_effects(self):
        answers = self.client.ask("[" + ",".join([
            request("cone.set", '{"band":"B","reason":"in a batch"}', "1"), request("cone.state", id_="2"),
            request("session.start", "{}", "3"), request("session.list", "{}", "4"), request("nope.nope", "{}", "5"),
            request("session.end", "{}", "6")]) + "]")
        self.assertEqual([a["id"] for a in answers], [1, 2, 3, 4, 5, 6])
        self.assertEqual(answers[1]["result"]["band"], "B")
        self.assertEqual(answers[3]["result"]["items"][0]["id"], answers[2]["result"]["id"])
        self.assertEqual(answers[4]["error"]["code"], -32601)
        self.assertIs(answers[5]["result"]["active"], False)

    def test_an_empty_batch_is_one_invalid_request(self):
        answer = self.client.ask("[]")
        self.assertEqual((answer["error"]["code"], answer["id"]), (-32600, None))

    def test_each_wrong_element_is_answered_for_itself(self):
        answers = self.client.ask("[1,2," + request("cone.state", id_="9") + "]")
        self.assertEqual([a["id"] for a in answers], [None, None, 9])
        self.assertEqual([a["error"]["code"] for a in answers[:2]], [-32600, -32600])

    def test_a_batch_of_notifications_is_not_answered(self):
        self.client.send_line("[" + NOTE % 1 + "," + NOTE % 2 + "]")
        self.assertIn("pid", self.client.call("daemon.info"))
        self.assertEqual([r["payload"]["n"] for r in audit_records(self.client, event="X_NOTE")], [1, 2])

    def test_a_batch_over_the_limit_executes_nothing(self):
        answer = self.client.ask("[" + ",".join(NOTE % n for n in range(101)) + "]")
        self.assertIn("error", answer)
        self.assertEqual(audit_records(self.client, event="X_NOTE"), [])


class Notifications(DaemonTest):
    def test_a_notification_is_executed_and_never_answered(self):
        self.client.send_line(NOTE % 1)
        self.client.send_line('{"jsonrpc":"2.0","method":"no.such.method"}')
        self.client.send_line('{"jsonrpc":"2.0","method":"session.note","params":{"text":1}}')
        self.client.send_line('{"jsonrpc":"2.0","method":"cone.state"}')
        self.client.send_line(request("audit.list", '{"event":"X_NOTE"}', "5"))
        answer = self.client.receive()
        self.assertEqual(answer["id"], 5)
        self.assertEqual(len(answer["result"]["items"]), 1)


class Order(DaemonTest):
    config = NO_RATES

    def test_pipelined_answers_come_in_the_order_of_requests(self):
        kinds = [("cone.state", "{}"), ("audit.append", '{"event":"X_A","payload":{}}'), ("session.list", "{}"),
                 ("no.such", "{}"), ("audit.list", '{"limit":5}'), ("session.status", "{}")]
        lines = [request(*kinds[(n * n + n // 3) % len(kinds)], id_=str(n)) for n in range(600)]
        self.client.send("\n".join(lines) + "\n")
        self.assertEqual([self.client.receive()["id"] for _ in lines], list(range(600)))

    def test_each_request_sees_the_effects_of_all_earlier_ones(self):
        lines = []
        for n in range(100):
            band = "ABCD"[n % 4]
            lines += [request("cone.set", f'{{"band":"{band}","reason":"{n}"}}'), request("cone.state"),
                      request("cone.history", '{"limit":1}')]
        self.client.send("\n".join(lines) + "\n")
        for n in range(100):
            self.client.receive()
            self.assertEqual(self.client.receive()["result"]["reason"], str(n))
            self.assertEqual(self.client.receive()["result"]["items"][0]["reason"], str(n))

    def test_a_reader_elsewhere_sees_a_change_once_it_is_answered(self):
        with self.daemon.client() as other:
            for n in range(50):
                self.client.call("cone.set", band="B", reason=str(n))
                self.assertEqual(other.call("cone.state")["reason"], str(n))

    def test_a_half_closed_connection_gets_all_its_answers(self):
        lines = [request("audit.append", f'{{"event":"X_H","payload":{{"n":{n}}}}}', str(n)) for n in range(50)]
        self.client.send("\n".join(lines) + "\n")
        self.client.end_of_input()
        self.assertEqual([json.loads(line)["id"] for line in self.client.rest()], list(range(50)))

    def test_bytes_may_arrive_one_by_one(self):
        for byte in request("cone.state", id_="77").encode() + b"\r\n":
            self.client.send(bytes([byte]))
        self.assertEqual(self.client.receive()["id"], 77)

    def test_a_long_line_within_the_limit_is_accepted(self):
        line = request("cone.state", id_="1")
        answer = self.client.ask(line + " " * (LINE_LIMIT - len(line) - 1))
        self.assertEqual(answer["result"]["band"], "B")


class Peers(DaemonTest):
    def test_many_connections_are_served_side_by_side(self):
        clients = [self.enterContext(self.daemon.client()) for _ in range(40)]
        for number, client in enumerate(clients):
            client.send_line(request("audit.append", f'{{"event":"X_P","payload":{{"n":{number}}}}}', str(number)))
        for number, client in enumerate(clients):
            self.assertEqual(client.receive()["id"], number)

    def test_too_many_connections_of_one_user_are_turned_away_and_the_others_live_on(self):
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])
        turned_away = 0
        for _ in range(600):
            try:
                client = Client(self.daemon.socket)
                clients.append(client)
                client.call("cone.state")
            except (ConnectionClosed, ConnectionError, AssertionError):
                turned_away += 1
                break
        self.assertEqual(turned_away, 1, "600 connections of one user were all served")
        self.assertIn("pid", self.client.call("daemon.info"))
        for client in clients:
            client.close()

        def served_again():
            try:
                with self.daemon.client() as other:
                    return other.call("daemon.info")
            except (ConnectionClosed, ConnectionError, AssertionError):
                return None

        eventually(served_again, "a new connection is served once the others are gone")


if __name__ == "__main__":
    main()
