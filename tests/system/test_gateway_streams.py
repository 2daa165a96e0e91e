#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may follow the trail over HTTP, from where, and what becomes of streams when the daemon or its database is another."""

import shutil
import signal
import threading

from attack_table import attack
from gateway import Answer, ConnectionEnded, GatewayTest, Http, Stream
from harness import NO_RATES, audit_records, eventually, main

STREAM = "/core/audit/stream"
SESSION = "/core/go/session"


def wrong_key(number: int) -> str:
    return f"vhk_{number:012x}_{number:064x}"


class StreamTest(GatewayTest):
    config = NO_RATES + '"auth.key" = "none"\n'

    def asked(self, target: str = STREAM, **fields: str) -> Http:
        http = self.enterContext(self.gateway.http())
        http.send(http.text("GET", target, **fields))
        return http

    def answer(self, target: str = STREAM, **fields: str) -> Answer:
        """Of one that is expected to be refused; a stream would never end."""
        http = self.asked(target, **fields)
        head = http.take_until(b"\r\n\r\n")
        self.assertNotIn(b"text/event-stream", head)
        http._buffer[:0] = head  # pylint: disable=protected-access
        return http.answer()

    def stream(self, target: str = STREAM, **fields: str) -> Stream:
        stream = Stream(self.gateway.port, target, **fields)
        self.addCleanup(stream.close)
        self.assertTrue(stream.head.startswith("HTTP/1.1 200 "), stream.head)
        return stream

    def stream_again(self, target: str = STREAM) -> Stream:
        """After a restart of the daemon: until the gateway has found it, a stream is refused with 503."""

        def tried() -> Stream | None:
            stream = Stream(self.gateway.port, target)
            self.addCleanup(stream.close)
            if stream.head.startswith("HTTP/1.1 200 "):
                return stream
            self.assertTrue(stream.head.startswith("HTTP/1.1 503 "), stream.head)
            return None

        return eventually(tried, "there is a stream again")

    def append(self, event: str = "X_TEST", count: int = 1) -> int:
        for n in range(count):
            seq = self.client.call("audit.append", event=event, payload={"n": n})["seq"]
        return seq

    def metric(self, name: str) -> float:
        [line] = [line for line in self.client.call("daemon.metrics")["text"].splitlines() if line.startswith(name + " ")]
        return float(line.split()[1])

    def ended(self, stream: Stream):
        with self.assertRaises(ConnectionEnded):
            while True:
                stream.http.take(1)


class Keys(StreamTest):
    @attack("an event stream for an invalid key", "401, no stream; the daemon is asked once")
    def test_a_key_that_is_not_one_gets_no_stream_and_is_not_brought_again(self):
        before = self.metric("valhalla_connections_accepted_total")
        self.assertEqual(self.answer(X_VALHALLA_KEY=wrong_key(1)).status, 401)
        threading.Event().wait(0.8)  # longer than the gateway takes between its looks at the clock
        self.assertEqual(self.metric("valhalla_connections_accepted_total") - before, 1)
        self.assertEqual(self.answer(X_VALHALLA_KEY=wrong_key(1)).status, 401)
        self.assertEqual(self.gateway.request("HEAD", STREAM, X_VALHALLA_KEY=wrong_key(2)).status, 401)

    @attack("event streams for 15 wrong keys at once", "401, or 503 beyond 5 that the daemon has not answered yet; who has a key is"
            " served meanwhile and afterwards")
    def test_streams_of_wrong_keys_take_nobodys_place(self):
        good = self.client.call("key.create", name="anna", role="operator")["key"]
        self.assertEqual(self.get(SESSION, X_VALHALLA_KEY=good).status, 200)
        streams = [self.asked(X_VALHALLA_KEY=wrong_key(n)) for n in range(15)]
        self.assertEqual(self.get(SESSION, X_VALHALLA_KEY=good).status, 200)
        seen = {http.answer().status for http in streams}
        self.assertIn(401, seen)
        self.assertLessEqual(seen, {401, 503})
        self.assertEqual(self.get(SESSION, X_VALHALLA_KEY=good).status, 200)

    def test_a_good_key_that_begins_with_a_stream_costs_no_try(self):
        for n in range(25):  # more than there are tries
            key = self.client.call("key.create", name=f"k{n}", role="viewer")["key"]
            self.assertEqual((n, self.gateway.request("HEAD", STREAM, X_VALHALLA_KEY=key).status), (n, 200))

    @attack("a key that is revoked while the daemon restarts, with an event stream open", "the stream ends; 401 afterwards")
    def test_a_stream_ends_when_its_key_is_revoked_also_behind_a_restart(self):
        key = self.client.call("key.create", name="anna", role="viewer")
        other = self.client.call("key.create", name="bert", role="viewer")["key"]
        stream, kept = self.stream(X_VALHALLA_KEY=key["key"]), self.stream(X_VALHALLA_KEY=other)
        self.gateway.process.send_signal(signal.SIGSTOP)  # so that it hears nothing before the daemon is a new one
        self.client.call("key.revoke", id=key["id"])
        self.daemon.kill()
        self.daemon.start()
        self.reconnect()
        self.gateway.process.send_signal(signal.SIGCONT)
        self.ended(stream)
        self.assertEqual(self.answer(X_VALHALLA_KEY=key["key"]).status, 401)
        seq = self.append()
        while kept.event()[0] != seq:
            pass


class Refused(StreamTest):
    def test_a_daemon_that_lets_nobody_follow_any_more_is_no_stream(self):
        self.daemon.stop()
        self.assertEqual(self.answer().status, 503)


class Positions(StreamTest):
    @attack("positions that do not exist, in after and in Last-Event-ID", "422 or 404, no stream")
    def test_positions_that_are_none_are_refused(self):
        last = self.append()
        for after in ("-1", "-0", "1.0", "1e3", "01", "%201", "1%20", "1%0A", "18446744073709551616", "18446744073709551615", "x"):
            self.assertEqual((after, self.answer(f"{STREAM}?after={after}").status), (after, 422))
        for text in ("-1", "-0", "+1", "x", "1.0", "18446744073709551616", "18446744073709551615"):
            self.assertEqual((text, self.answer(Last_Event_ID=text).status), (text, 422))
        for answer in (self.answer(f"{STREAM}?after={last + 1}"), self.answer(Last_Event_ID=str(last + 1_000_000))):
            self.assertEqual((answer.status, answer.fields["x-valhalla-error"]), (404, "beyond_the_trail"))

    def test_the_newest_record_is_a_position_at_once(self):
        self.stream()  # so that the gateway follows already, and may be behind
        for _ in range(50):
            seq = self.append()
            stream = self.stream(f"{STREAM}?after={seq}")
            self.assertEqual(self.append(), seq + 1)
            self.assertEqual(stream.event()[0], seq + 1)
            stream.close()


class AnotherDatabase(StreamTest):
    def replace_database(self):
        self.daemon.stop()
        shutil.move(self.daemon.state, f"{self.daemon.state}.old")
        self.daemon.start()
        self.reconnect()

    @attack("an event stream after the daemon's database was replaced", "records of the new database only")
    def test_no_record_is_served_of_a_database_that_is_gone(self):
        first = self.stream(f"{STREAM}?after=0")
        last = self.append("X_OLD", 5)
        while first.event()[0] != last:
            pass
        first.close()
        self.replace_database()
        last = self.append("X_NEW", 60)
        records = {r["seq"]: r for r in audit_records(self.client)}
        for after in (0, 3, last - 1):
            stream = self.stream_again(f"{STREAM}?after={after}")
            for seq in range(after + 1, last + 1):
                self.assertEqual(stream.event(), (seq, records[seq]))
            stream.close()

    def test_a_stream_whose_position_is_gone_ends(self):
        stream = self.stream()
        last = self.append("X_OLD", 40)
        while stream.event()[0] != last:
            pass
        self.replace_database()
        self.ended(stream)

    def test_who_comes_without_a_position_gets_what_is_made_from_then_on(self):
        first = self.stream()
        seq = self.append()
        self.assertEqual(first.event()[0], seq)
        first.close()
        self.daemon.restart()
        self.reconnect()
        self.append("X_AWAY", 20)
        stream = self.stream_again()
        seq = self.append()
        self.assertEqual(stream.event()[0], seq)


if __name__ == "__main__":
    main()
