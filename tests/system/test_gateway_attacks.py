# SPDX-License-Identifier: Apache-2.0
"""What every HTTP server is asked for, and those who try to break one: against the real gateway and the real daemon."""

import contextlib
import gzip
import os
import resource
import select
import socket
import time
import unittest

import attack_table
from attack_table import attack
from gateway import ConnectionEnded, GatewayTest, Stream, open_files, resident_kib, unsent_bytes
from harness import DEADLINE_S, SANITIZED, audit_records, eventually, main, temporary_directory

SESSION = "/core/go/session"
START = "/core/go/start_session"


class Protocol(GatewayTest):
    def test_a_connection_is_kept_and_closed_as_it_is_asked(self):
        with self.gateway.http() as http:
            for _ in range(3):
                self.assertNotIn("connection", http.request("GET", SESSION).fields)
            self.assertEqual(http.request("GET", SESSION, Connection="close").fields["connection"], "close")
            self.assertTrue(http.ended())
        with self.gateway.http() as http:
            http.send(f"GET {SESSION} HTTP/1.0\r\n\r\n")
            self.assertEqual(http.answer().fields["connection"], "close")
            self.assertTrue(http.ended())
        with self.gateway.http() as http:
            for _ in range(2):
                http.send(f"GET {SESSION} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(http.answer().fields["connection"], "keep-alive")

    def test_pipelined_requests_are_answered_in_their_order(self):
        with self.gateway.http() as http:
            requests = []
            for n in range(200):
                requests.append(http.text("POST", "/core/audit/records", {"event": "X_TEST", "payload": {"n": n}}))
                requests.append(http.text("GET", "/core/nothing"))
                requests.append(http.text("GET", "/core/cone/state"))
            http.send(b"".join(requests))
            first = http.answer().json()["seq"]
            for n in range(200):
                if n:
                    self.assertEqual(http.answer().json(), {"seq": first + n})
                self.assertEqual(http.answer().status, 404)
                self.assertEqual(http.answer().json()["band"], "B")

    def test_a_request_may_come_byte_by_byte(self):
        with self.gateway.http() as http:
            http.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in http.text("POST", START, {"notes": "slowly"}):
                http.send(bytes([byte]))
            self.assertEqual(http.answer().json()["notes"], "slowly")

    def test_a_body_may_come_in_chunks(self):
        with self.gateway.http() as http:
            for ending in ("0\r\n\r\n", "0\r\nX-Trailer: 1\r\nHost: evil.test\r\n\r\n"):
                http.send(f"POST {START} HTTP/1.1\r\nHost: localhost:{http.port}\r\nContent-Type: application/json\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"not\r\n9;x=y\r\nes\":\"abc\"\r\n1\r\n}\r\n" + ending)
                self.assertEqual(http.answer().json()["notes"], "abc")

    def test_a_large_body_waits_until_it_is_asked_for(self):
        with self.gateway.http() as http:
            body = b'{"notes":"' + b"n" * 16000 + b'"}'
            whole = http.text("POST", START, body, Expect="100-continue")
            http.send(whole[: -len(body)])
            self.assertEqual(http.answer().status, 100)
            http.send(body)
            self.assertEqual(http.answer().status, 200)
        with self.gateway.http() as http:  # refused before it is sent
            whole = http.text("POST", START, body, Expect="100-continue", Content_Type="text/plain")
            http.send(whole[: -len(body)])
            self.assertEqual(http.answer().status, 415)
            self.assertTrue(http.ended())
        self.assertEqual(self.get(SESSION, Expect="miracles").status, 417)

    def test_head_and_options(self):
        with self.gateway.http() as http:
            whole = http.request("GET", SESSION)
            head = http.request("HEAD", SESSION)
            self.assertEqual(head.body, b"")
            self.assertEqual({k: v for k, v in head.fields.items() if k != "date"},
                             {k: v for k, v in whole.fields.items() if k != "date"})
            self.assertEqual(http.request("OPTIONS", "/core/cone/state").fields["allow"], "GET, HEAD, POST, OPTIONS")
            self.assertEqual(http.request("OPTIONS", "*").status, 204)
            answer = http.request("DELETE", SESSION)
            self.assertEqual((answer.status, answer.fields["allow"]), (405, "GET, HEAD, OPTIONS"))
            before = len(audit_records(self.client))
            self.assertEqual(http.request("HEAD", "/core/cone/decide?engine=wholesaling&action=run").status, 405)
            self.assertEqual(len(audit_records(self.client)), before)

    def test_paths_and_queries_are_decoded_once(self):
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/core/go/sess%69on").status, 200)
            for target in ("/core/go%2Fsession", "/core/go/../go/session", "/core/go/session/", "//core/go/session", "/",
                           "/core/go/sess%2569on"):
                self.assertEqual(http.request("GET", target).status, 404, target)
            for target in ("/core/go/%zz", "/core/%ff", "/core/cone/explain?engine=%ff&action=x", "/core/cone/explain?a=%1",
                           "/core/cone/explain?" + "&".join(f"a{n}=1" for n in range(65))):
                self.assertEqual(http.request("GET", target).status, 400, target)

    def test_an_unchanged_answer_is_not_sent_again(self):
        with self.gateway.http() as http:
            etag = http.request("GET", SESSION).fields["etag"]
            answer = http.request("GET", SESSION, If_None_Match=f'"other", W/{etag}')
            self.assertEqual((answer.status, answer.fields["etag"]), (304, etag))
            self.client.call("session.start")
            answer = http.request("GET", SESSION, If_None_Match=etag)
            self.assertEqual(answer.status, 200)
            self.assertNotEqual(answer.fields["etag"], etag)

    def test_documents_are_compressed_for_those_who_take_it(self):
        with self.gateway.http() as http:
            plain = http.request("GET", "/core/canon")
            zipped = http.request("GET", "/core/canon", Accept_Encoding="br, gzip;q=0.5")
            self.assertEqual(zipped.fields["content-encoding"], "gzip")
            self.assertEqual(gzip.decompress(zipped.body), plain.body)
            self.assertLess(len(zipped.body), len(plain.body))
            self.assertNotEqual(zipped.fields["etag"], plain.fields["etag"])
            for answer in (plain, zipped):
                self.assertEqual(answer.fields["vary"], "Accept-Encoding")
            self.assertEqual(http.request("GET", "/core/canon", Accept_Encoding="gzip",
                                          If_None_Match=zipped.fields["etag"]).status, 304)
            for refused in ("gzip;q=0", "gzip; q=0.0", "identity"):
                self.assertNotIn("content-encoding", http.request("GET", "/core/canon", Accept_Encoding=refused).fields)
            self.assertNotIn("content-encoding", http.request("GET", SESSION, Accept_Encoding="gzip").fields)

    def test_every_answer_tells_browsers_to_be_careful(self):
        for target in (SESSION, "/nothing", "/core/cone/decide"):
            fields = self.get(target).fields
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertIn("default-src 'none'", fields["content-security-policy"])


class Browsers(GatewayTest):
    gateway_environment = {"CORS_ALLOWED_ORIGINS": "https://dashboard.example, http://localhost:3000/"}
    DECIDE = "/core/cone/decide?engine=wholesaling&action=run"

    def nothing_recorded(self):
        self.assertEqual(len(audit_records(self.client)), self.before)

    def setUp(self):
        super().setUp()
        self.before = len(audit_records(self.client))

    @attack("DNS rebinding: another name in Host, or in the target", "421, 400 where the two differ")
    def test_a_host_that_is_not_ours_is_misdirected(self):
        port = self.gateway.port
        for host in ("evil.test", f"127.0.0.1.evil.test:{port}", "localhost", f"localhost:{port + 1}", f"localhost:{port}.",
                     f"xlocalhost:{port}", "", f"localhost:{port}@evil.test"):
            with self.subTest(host):
                self.assertEqual(self.get(SESSION, Host=host).status, 421)
        for host in (f"127.0.0.1:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
            self.assertEqual(self.get(SESSION, Host=host).status, 200)
        with self.gateway.http() as http:
            http.send(f"GET http://localhost:{port}{SESSION} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")
            self.assertEqual(http.answer().status, 200)
            http.send(f"GET http://evil.test{SESSION} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")
            self.assertEqual(http.answer().status, 400)
            self.assertTrue(http.ended())

    @attack("forms and simple requests of other sites: text/plain, a wrong Origin, Sec-Fetch-Site",
            "415 or 403, nothing is recorded")
    def test_forms_and_simple_requests_of_other_sites_change_nothing(self):
        body = b'{"notes":"evil"}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
                     "text/plain; application/json"):
            self.assertEqual(self.post(START, body, Content_Type=kind).status, 415, kind)
        self.assertEqual(self.post(START, body, Content_Type=None).status, 415)
        for fields in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"},
                       {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://dashboard.example.evil.test"},
                       {"Origin": "http://localhost:3001"}, {"Origin": "https://dashboard.example:444"}):
            for target, data in ((START, None), (START, body), ("/core/cone/state?band=A&reason=x", None), ("/rpc", b"{}")):
                with self.subTest(fields=fields, target=target):
                    self.assertEqual(self.post(target, data, **fields).status, 403)
        self.nothing_recorded()

    @attack("a decision by GET from another site, or ahead of time", "403, nothing is recorded")
    def test_a_decision_by_get_is_not_made_for_other_sites_or_ahead_of_time(self):
        for fields in ({"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Purpose": "prefetch;prerender"},
                       {"Purpose": "prefetch"}, {"X_Moz": "prefetch"}, {"Origin": "https://evil.test"}):
            self.assertEqual(self.get(self.DECIDE, **fields).status, 403, fields)
        self.nothing_recorded()
        answer = self.get(self.DECIDE, Sec_Fetch_Site="cross-site", Origin="https://dashboard.example")
        self.assertEqual((answer.status, answer.fields["cache-control"]), (200, "no-store"))
        self.assertNotIn("etag", answer.fields)

    def test_pages_of_allowed_origins_are_answered_so_that_they_may_read_it(self):
        for origin in ("https://dashboard.example", "http://localhost:3000"):
            answer = self.get(SESSION, Origin=origin)
            self.assertEqual(answer.fields["access-control-allow-origin"], origin)
            self.assertIn("Origin", answer.fields["vary"])
        answer = self.get(SESSION, Origin="https://evil.test")
        self.assertNotIn("access-control-allow-origin", answer.fields)
        self.assertIn("Origin", answer.fields["vary"])
        self.assertIn("Origin", self.get(SESSION).fields["vary"])
        self.assertEqual(self.post(START, {"notes": "x"}, Origin="http://localhost:3000").status, 200)
        own = f"http://localhost:{self.gateway.port}"
        self.assertEqual(self.post(START, {"notes": "x"}, Origin=own, Sec_Fetch_Site="same-origin").status, 200)

    @attack("a preflight of an origin that is not allowed", "403")
    def test_preflights(self):
        with self.gateway.http() as http:
            asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "content-type"}
            answer = http.request("OPTIONS", START, Origin="https://dashboard.example", **asked)
            self.assertEqual(answer.status, 204)
            self.assertEqual(answer.fields["access-control-allow-methods"], "POST, OPTIONS")
            self.assertIn("Content-Type", answer.fields["access-control-allow-headers"])
            answer = http.request("OPTIONS", START, Origin="https://evil.test", **asked)
            self.assertEqual(answer.status, 403)
            self.assertNotIn("access-control-allow-origin", answer.fields)


class DevKey(GatewayTest):
    gateway_environment = {"VALHALLA_DEV_KEY": "open-sesame"}

    @attack("requests without the key of VALHALLA_DEV_KEY, or with one that is almost right", "401")
    def test_every_request_needs_the_key_that_was_configured(self):
        for fields in ({}, {"X_VALHALLA_KEY": "open"}, {"X_VALHALLA_KEY": "open-sesamf"}, {"X_VALHALLA_KEY": "open-sesame-"}):
            self.assertEqual(self.get(SESSION, **fields).status, 401, fields)
            self.assertEqual(self.post(START, {}, **fields).status, 401, fields)
        self.assertEqual(self.get(SESSION, X_VALHALLA_KEY="open-sesame").status, 200)
        self.assertEqual(self.get("/healthz").status, 200)

    @attack("the key of VALHALLA_DEV_KEY guessed again and again", "429 beyond some 20 and one in 3 s from an address, whether or not"
            " a guess is right; other addresses go on")
    def test_a_guess_is_not_looked_at_before_its_turn(self):
        guesses = [f"guess-{n}" for n in range(25)]  # more than there are tries, together so that none comes back meanwhile
        with self.gateway.http() as http:
            http.send(b"".join(http.text("GET", SESSION, X_VALHALLA_KEY=key) for key in (*guesses, "open-sesame")))
            seen = [http.answer().status for _ in range(len(guesses) + 1)]
        self.assertEqual(set(seen[:20]), {401})
        self.assertEqual(seen[24:], [429, 429])
        with self.gateway.http() as elsewhere:
            elsewhere.socket.close()
            elsewhere.socket = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=DEADLINE_S,
                                                        source_address=("127.0.0.2", 0))
            for _ in range(100):  # which is right costs no try
                self.assertEqual(elsewhere.request("GET", SESSION, X_VALHALLA_KEY="open-sesame").status, 200)


class Smuggling(GatewayTest):
    def refused(self, head: str, status: int = 400):
        with self.gateway.http() as http:
            smuggled = http.text("POST", "/core/audit/records", {"event": "X_SMUGGLED", "payload": {}}).decode()
            http.send(head.replace("HOST", f"Host: localhost:{http.port}") + smuggled)
            self.assertEqual(http.answer().status, status, head)
            with self.subTest("the connection is closed"):
                self.assertTrue(http.ended())

    @attack("request smuggling: two lengths, a length beside chunks, folded lines, bare CR, spaces before a colon, and others",
            "400 and closed; what is behind it is not a request")
    def test_what_two_parsers_could_read_differently_is_refused(self):
        post = "POST /core/go/start_session HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\n"
        for fields in ("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                       "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
                       "Content-Length: 2, 2\r\n\r\n{}",
                       "Content-Length: +2\r\n\r\n{}",
                       "Content-Length: -1\r\n\r\n",
                       "Content-Length: 0x2\r\n\r\n{}",
                       "Content-Length:\r\n\r\n",
                       "Content-Length: 99999999999999999999\r\n\r\n",
                       "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
                       "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                       "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
                       "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
                       "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
                       "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
                       "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                       "Content-Length : 2\r\n\r\n{}",
                       " Content-Length: 2\r\n\r\n{}",
                       "X: a\r\n Content-Length: 2\r\n\r\n{}",
                       "X: a\r\n\tb\r\nContent-Length: 2\r\n\r\n{}",
                       "X: a\rContent-Length: 2\r\n\r\n{}",
                       "X: a\nContent-Length: 2\r\n\r\n{}",
                       "X: a\0b\r\n\r\n",
                       "X\0: a\r\n\r\n",
                       "X(: a\r\n\r\n",
                       ": a\r\n\r\n",
                       "X\r\n\r\n",
                       "HOST\r\n\r\n",
                       "Content-Type: application/json\r\n\r\n"):
            with self.subTest(fields):
                self.refused(post + fields)
        for line in ("POST /core/go/start_session HTTP/1.1\n", "POST  /core/go/start_session HTTP/1.1\r\n",
                     "POST /core/go/start_session  HTTP/1.1\r\n", "POST /core/go/start session HTTP/1.1\r\n",
                     "POST /core/go/start_session\r\n", "POST\t/core/go/start_session HTTP/1.1\r\n",
                     "POST core/go/start_session HTTP/1.1\r\n", "\r\nPOST /core/go/start_session HTTP/1.1\r\n",
                     "GET /core/go/session\x01 HTTP/1.1\r\n"):
            with self.subTest(line):
                self.refused(line + "HOST\r\n\r\n")
        self.refused("GET /core/go/session HTTP/1.1\r\n\r\n")  # no host
        self.refused("GET /core/go/session HTTP/2.0\r\nHOST\r\n\r\n", 505)
        self.refused("GET /core/go/session HTTP/0.9\r\nHOST\r\n\r\n", 505)
        self.refused("POST /core/go/start_session HTTP/1.0\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.assertNotIn("X_SMUGGLED", {r["event"] for r in audit_records(self.client)})

    @attack("targets, fields, bodies, chunks and chunk headers that are too large",
            "414, 431, 413 or 400, and closed")
    def test_what_is_too_large_is_refused(self):
        for head, status in (("GET /" + "a" * 9000 + " HTTP/1.1\r\nHOST\r\n\r\n", 414),
                             ("GET / HTTP/1.1\r\nHOST\r\nX: " + "a" * 20000 + "\r\n\r\n", 431),
                             ("GET / HTTP/1.1\r\nHOST\r\n" + "X: a\r\n" * 70 + "\r\n", 431),
                             ("POST /rpc HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n", 413),
                             ("POST /rpc HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "FFFFFFFF\r\n", 413),
                             ("POST /rpc HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "1;" + "x" * 5000 + "\r\n", 400)):
            with self.subTest(head[:80]):
                self.refused(head, status)

    def test_the_largest_honest_body_reaches_the_daemon(self):
        text = "x" * 393_216
        upload = self.client.call("import.begin")["upload"]
        answer = self.post("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "import.put",
                                    "params": {"upload": upload, "file": "audit.log", "text": text}})
        self.assertEqual(answer.json()["result"]["bytes"], len(text))


class Patience(GatewayTest):
    """Those who take their time, and many of them."""

    @attack("heads and bodies that stop, or come a byte at a time",
            "408 after 10 s and 20 s; others are served meanwhile")
    def test_slow_heads_and_bodies_do_not_hold_others_up_and_end(self):
        head = "GET /core/go/session HTTP/1.1\r\nX"
        body = "POST /rpc HTTP/1.1\r\nHOST\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
        silent, trickling = ([self.enterContext(self.gateway.http()) for _ in (head, body)] for _ in range(2))
        for connections in (silent, trickling):
            for http, begin in zip(connections, (head, body)):
                http.send(begin.replace("HOST", f"Host: localhost:{http.port}"))
        begin = time.monotonic()
        while trickling and time.monotonic() - begin < DEADLINE_S:
            for http in list(trickling):
                ready, _, _ = select.select([http.socket], [], [], 0.1)
                if ready:
                    self.assertEqual(http.answer().status, 408)
                    self.assertTrue(http.ended())
                    trickling.remove(http)
                else:
                    http.send(" ")
            self.assertEqual(self.get(SESSION).status, 200)
        self.assertEqual(trickling, [])
        for http in silent:  # after their 10 s and 20 s, like the others
            self.assertEqual(http.answer().status, 408)
            self.assertTrue(http.ended())

    @attack("requests without end whose answers are never read",
            "nothing more is read; closed after 20 s; below 64 MiB")
    def test_an_answer_that_is_never_read_is_not_kept_for_ever(self):
        self.client.call("audit.append", event="X_TEST", payload={"a": "x" * 32000})
        with self.gateway.http() as http:
            http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = http.text("GET", "/core/audit/records?event=X_TEST")
            sent = 0
            http.socket.settimeout(0.2)
            try:
                while sent < 50_000_000:
                    sent += http.socket.send(request * 100)
            except TimeoutError:
                pass
            self.assertLess(sent, 50_000_000)  # nothing more is taken
            self.assertEqual(self.get(SESSION).status, 200)
            if not SANITIZED:
                self.assertLess(resident_kib(self.gateway.process.pid), 64 << 10)
            http.socket.settimeout(60)
            with self.assertRaises((ConnectionEnded, ConnectionResetError, BrokenPipeError)):
                while True:
                    time.sleep(0.5)
                    http.socket.send(b"x")

    @attack("10,000 idle connections, from several addresses",
            "the oldest are closed; others are served; below 64 MiB")
    def test_10_000_idle_connections_leave_room_for_one_who_asks(self):
        connections = []
        count = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
        if count < 10_000:
            print(f"not tested: more than {count} idle connections, for want of open files")
        try:
            for n in range(count):
                # The kernel gives a port for each address that it is asked from.
                one = socket.socket()
                one.bind((f"127.0.{n // 5000 + 1}.1", 0))
                one.connect(("127.0.0.1", self.gateway.port))
                connections.append(one)
                if n % 1000 == 999:
                    self.assertEqual(self.get(SESSION).status, 200)
            self.assertEqual(self.get(SESSION).status, 200)
            if not SANITIZED:
                self.assertLess(resident_kib(self.gateway.process.pid), 64 << 10)
        finally:
            for one in connections:
                one.close()
        eventually(lambda: self.get(SESSION).status == 200, "it goes on")


class Streams(GatewayTest):
    STUCK = 200

    @attack("200 event streams that never read, next to one that does", "cut off when they are too far behind; the one that reads has"
            " every record; below 64 MiB")
    def test_streams_that_never_read_cost_those_that_do_nothing(self):
        reading = self.stream()
        stuck = [self.stream() for _ in range(self.STUCK)]
        for one in stuck:
            one.http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        before = open_files(self.gateway.process.pid)
        unsent = 0
        text = "x" * 10_000
        for n in range(200):
            for _ in range(10):
                self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"n": n, "t": text}}))
            for _ in range(10):
                seq = self.client.receive()["result"]["seq"]
                self.assertEqual(reading.event()[0], seq)
            unsent = max(unsent, unsent_bytes(self.gateway.process.pid))
            if not SANITIZED:
                self.assertLess(resident_kib(self.gateway.process.pid), 64 << 10)
        # What a stream may leave in the kernel is 128 KiB, which the kernel doubles for its own part, and what is sent last; by
        # itself it grows to 4 MiB.
        self.assertLess(unsent, self.STUCK * (320 << 10))
        self.assertGreater(unsent, self.STUCK * (16 << 10), "they did not take it")
        eventually(lambda: open_files(self.gateway.process.pid) <= before - self.STUCK, "all that do not read are cut off")
        self.assertEqual(self.get(SESSION).status, 200)

    def stream(self) -> Stream:
        stream = Stream(self.gateway.port)
        self.addCleanup(stream.close)
        return stream


class SlowReader(GatewayTest):
    LAG = 35  # events: the kernel keeps some 26 of them, and the gateway what is left
    TOGETHER = 5
    ROUNDS = 120

    def setUp(self):
        file = self.enterContext(temporary_directory()) / "gateway.toml"
        file.write_text("[limits]\nbody_bytes = 65536\nbuffer_bytes = 1048576\n")
        self.gateway_options = ("--config", str(file))
        super().setUp()

    @attack("an event stream that is always some 350 KB behind", "it gets every record; what it has read is not kept")
    def test_what_a_slow_reader_took_is_not_kept(self):
        """All of it is six times the memory that connections share here: if it were kept, the stream would be cut off."""
        slow = self.enterContext(contextlib.closing(Stream(self.gateway.port)))
        slow.http.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        seqs: list[int] = []
        taken = left = 0
        for _ in range(self.ROUNDS):
            for n in range(self.TOGETHER):
                self.client.send_line(self.client.request("audit.append", {"event": "X_TEST", "payload": {"n": n, "t": "x" * 10_000}}))
            seqs += [self.client.receive()["result"]["seq"] for _ in range(self.TOGETHER)]
            while taken < len(seqs) - self.LAG:
                self.assertEqual(slow.event()[0], seqs[taken])
                taken += 1
            left += self.LAG * 10_000 - unsent_bytes(self.gateway.process.pid) > 50_000
        self.assertEqual([slow.event()[0] for _ in range(self.LAG)], seqs[taken:])
        self.assertGreater(left, self.ROUNDS / 2, "mostly something was left in the gateway")


class Table(unittest.TestCase):
    def test_the_document_has_every_attack_that_is_played(self):
        if os.environ.get("ACCEPT"):
            attack_table.DOCUMENT.write_text(attack_table.document())
        self.assertEqual(attack_table.DOCUMENT.read_text(), attack_table.document(), "run this test with ACCEPT=1")


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 12_000), hard))
    main()
