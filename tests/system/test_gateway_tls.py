#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valhalla-gateway speaks TLS itself."""

import contextlib
import re
import resource
import socket
import ssl
import subprocess
import time

from attack_table import attack
from gateway import ConnectionEnded, open_files, resident_kib
from gateway_service import ServiceGateway, run_gateway
from gateway_tls import HANDSHAKE_S, HOST, TLS_1_1, TLS_1_2, TLS_1_3, TlsTest
from harness import DEADLINE_S, NO_RATES, SANITIZED, DaemonTest, audit_records, eventually, main
from place import directory_for_all

SESSION = "/core/go/session"
START = "/core/go/start_session"


class Tls(TlsTest):
    def test_both_versions_are_spoken_and_no_older_one(self):
        for versions in (TLS_1_2, TLS_1_3):
            http = self.secure(versions)
            self.assertEqual(http.socket.selected_alpn_protocol(), "http/1.1")
            for n in range(3):
                answer = http.request("POST", START, {"notes": f"{n}"}, X_VALHALLA_KEY=self.key)
                self.assertEqual((answer.status, answer.json()["notes"]), (200, f"{n}"))
            self.assertEqual(http.request("GET", SESSION).status, 401)
            self.assertEqual(http.request("GET", SESSION, Connection="close", X_VALHALLA_KEY=self.key).status, 200)
            self.assertTrue(http.ended())  # and TLS announced it
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.secure(TLS_1_1)
        self.assertIn("https://127.0.0.1", self.log())

    def test_a_client_may_leave_the_protocol_open_and_not_ask_for_another_one_alone(self):
        self.assertEqual(self.secure(protocols=()).request("GET", "/healthz").status, 200)
        self.assertEqual(self.secure(protocols=("http/1.0",)).request("GET", "/healthz").status, 200)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.secure(protocols=("h2",))

    @attack("HTTP in clear text, or noise, on a TLS port", "400 in clear text, and closed; the daemon is not asked")
    def test_a_client_in_clear_is_told_so_and_gets_nothing(self):
        for data in (self.text("POST", START, {"notes": "clear"}, X_VALHALLA_KEY=self.key) * 3, b"\0" * 200_000, b"S"):
            with self.gateway.http() as http:
                http.send(data)
                answer = http.answer()
                self.assertEqual((answer.status, answer.detail()), (400, "TLS is spoken here: the address begins with https."))
                self.assertTrue(http.ended())
        self.assertEqual(audit_records(self.client, event="GO_SESSION_START"), [])

    def test_many_requests_at_once_and_long_ones_are_answered_in_their_order(self):
        http = self.secure()
        texts = [http.text("POST", "/core/audit/records", {"event": "X_TEST", "payload": {"n": n, "text": "x" * (n % 7) * 5000}},
                           X_VALHALLA_KEY=self.key) for n in range(60)]
        http.send(b"".join(texts))
        first = http.answer().json()["seq"]
        for n in range(1, 60):
            self.assertEqual(http.answer().json(), {"seq": first + n})
        self.assertEqual([r["payload"]["n"] for r in audit_records(self.client, event="X_TEST")], list(range(60)))

    def test_a_long_answer_waits_until_it_is_taken(self):
        for n in range(60):
            self.client.call("audit.append", event="X_TEST", payload={"n": n, "text": "y" * 15_000})
        for versions in (TLS_1_2, TLS_1_3):
            http = self.secure(versions, receive_bytes=4096)
            http.send(http.text("GET", "/core/audit/records?event=X_TEST&limit=60&after=0", X_VALHALLA_KEY=self.key) * 5)
            with self.gateway.http() as other:  # while its peer takes nothing, others are served
                other.send(b"GET")
                self.assertEqual(other.answer().status, 400)
            for _ in range(5):
                items = http.answer().json()["items"]  # as many as a page of the daemon has room for
                self.assertEqual([item["payload"]["n"] for item in items], list(range(len(items))))
                self.assertGreater(len(items), 30)

    def test_a_large_body_comes_whole(self):
        text = "x" * 393_216
        upload = self.client.call("import.begin")["upload"]
        owner = self.client.call("key.create", name="olga", role="owner")["key"]
        answer = self.secure().request("POST", "/rpc", {"jsonrpc": "2.0", "id": 1, "method": "import.put",
                                                        "params": {"upload": upload, "file": "audit.log", "text": text}},
                                       X_VALHALLA_KEY=owner)
        self.assertEqual(answer.json().get("result", answer.json()).get("bytes"), len(text))

    def test_events_are_streamed(self):
        streams = [self.secure(versions) for versions in (TLS_1_2, TLS_1_3)]
        for http in streams:
            http.send(http.text("GET", "/core/audit/stream", X_VALHALLA_KEY=self.key))
            self.assertIn(b"200 OK", http.take_until(b"\r\n\r\n"))
            self.assertEqual(http.take_until(b"\n\n"), b":\n\n")
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        for n in range(20):
            seq = self.client.call("audit.append", event="X_LIVE", payload={"n": n, "text": "z" * n * 1500})["seq"]
            for http in streams:
                self.assertTrue(http.take_until(b"\n\n").startswith(f"id: {seq}\n".encode()))

    def test_a_page_of_its_own_may_change_something(self):
        for origin, status in ((f"https://{HOST}", 200), (f"http://{HOST}", 403), ("https://evil.test", 403)):
            answer = self.secure().request("POST", START, {}, Host=HOST, Origin=origin, X_VALHALLA_KEY=self.key)
            self.assertEqual((origin, answer.status), (origin, status))

    def test_a_browser_logs_in_with_a_cookie_for_tls_alone(self):
        http = self.secure()
        answer = http.request("POST", "/login", {"key": self.key}, Host=HOST, Origin=f"https://{HOST}")
        self.assertRegex(answer.fields["set-cookie"], r"^__Host-valhalla-login=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; Secure$")
        cookie = answer.fields["set-cookie"].split(";")[0]
        for token, status in ((answer.json()["csrf"], 200), ("0" * 64, 403)):
            self.assertEqual(http.request("POST", START, {}, Cookie=cookie, X_VALHALLA_CSRF=token).status, status)
        self.assertEqual(http.request("GET", SESSION, Cookie=cookie).status, 200)
        self.assertEqual(http.request("GET", SESSION, Cookie=cookie.removeprefix("__Host-")).status, 401)

    def test_a_request_is_answered_whose_sender_said_before_that_nothing_more_comes(self):
        for versions in (TLS_1_2, TLS_1_3):
            with self.subTest(versions):
                at_once = self.records(versions).shake_hands()
                request = self.text("GET", SESSION, X_VALHALLA_KEY=self.key)
                sealed = at_once.sealed(request)
                with contextlib.suppress(ssl.SSLWantReadError):
                    at_once.tls.unwrap()
                at_once.socket.sendall(sealed + at_once.said())
                self.assertIn(b"HTTP/1.1 200", at_once.read())
                unannounced = self.records(versions).shake_hands()
                unannounced.socket.sendall(unannounced.sealed(request))
                unannounced.socket.shutdown(socket.SHUT_WR)
                self.assertIn(b"HTTP/1.1 200", unannounced.read())

    @attack("a record of TLS with one bit changed", "closed; what is in it is not a request")
    def test_a_record_that_was_changed_ends_the_connection(self):
        for versions in (TLS_1_2, TLS_1_3):
            client = self.records(versions).shake_hands()
            request = self.text("POST", START, {"notes": "changed"}, X_VALHALLA_KEY=self.key)
            sealed = bytearray(client.sealed(request))
            sealed[len(sealed) // 2] ^= 1
            client.socket.sendall(sealed)
            with self.assertRaises((ssl.SSLError, ConnectionEnded)):
                client.read()
        self.assertEqual(audit_records(self.client, event="GO_SESSION_START"), [])
        self.assertEqual(self.secure().request("GET", "/healthz").status, 200)

    def s_client(self, version: str, commands: str) -> str:
        """What Debian's client says, with an R for a renegotiation and a K for a change of keys."""
        request = self.text("GET", SESSION, X_VALHALLA_KEY=self.key, Connection="close").decode()
        client = subprocess.Popen(
            ["timeout", str(DEADLINE_S), "openssl", "s_client", version, "-crlf", "-connect", f"127.0.0.1:{self.gateway.port}",
             "-CAfile", self.directory / "now.pem"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.enterContext(client)
        said = ""
        while "Verify return code" not in said:
            line = client.stdout.readline()
            self.assertTrue(line, said)
            said += line
        # A command is looked for at the beginning of what is read at once.
        for command in commands:
            client.stdin.write(f"{command}\n")
            client.stdin.flush()
            line = ""
            while not line.startswith(("RENEGOTIATING", "KEYUPDATE")):
                line = client.stdout.readline()
                self.assertTrue(line, said)
                said += line
        with contextlib.suppress(BrokenPipeError):  # it may have ended, which shows in what it says
            client.stdin.write(request.replace("\r\n", "\n"))
            client.stdin.flush()
        said += client.stdout.read()
        with contextlib.suppress(BrokenPipeError):
            client.stdin.close()
        return said

    @attack("renegotiation by the client", "refused; there is one handshake on a connection")
    def test_keys_may_be_changed_and_nothing_is_negotiated_again(self):
        changed = self.s_client("-tls1_3", "KK")
        self.assertEqual(changed.count("KEYUPDATE"), 2)
        self.assertIn("HTTP/1.1 200", changed)
        again = self.s_client("-tls1_2", "R")
        self.assertIn("RENEGOTIATING", again)
        self.assertNotIn("HTTP/1.1 200", again)
        self.assertIn("no renegotiation", again)
        self.assertIn("HTTP/1.1 200", self.s_client("-tls1_2", ""))

    def test_a_first_message_may_come_in_small_pieces(self):
        for size in (1, 3, 100):
            client = self.records()
            hello = client.hello()
            self.assertEqual((hello[0], int.from_bytes(hello[3:5]) + 5), (22, len(hello)))
            pieces = [hello[at:at + size] for at in range(5, len(hello), size)]
            client.socket.sendall(b"".join(hello[:3] + len(piece).to_bytes(2) + piece for piece in pieces))
            client.shake_hands()
            client.socket.sendall(client.sealed(self.text("GET", "/healthz")))
            self.assertIn(b"HTTP/1.1 200", client.read())

    @attack("a first message of a handshake that is announced as 100 KiB, also in small pieces", "closed at once")
    def test_a_first_message_that_is_too_long_is_not_waited_for(self):
        length = (100 << 10).to_bytes(3)
        for data in (b"\x16\x03\x01\x40\x00\x01" + length + b"\0" * 100,
                     b"".join(b"\x16\x03\x01\x00\x01" + bytes([each]) for each in b"\x01" + length)):
            with self.gateway.http() as http:
                started = time.monotonic()
                http.send(data)
                self.assertTrue(http.ended())
                self.assertLess(time.monotonic() - started, HANDSHAKE_S / 2)

    @attack("1,000 handshakes that are never finished", "others are served; below the memory that --check-config prints")
    def test_handshakes_that_do_not_end_leave_room_for_others(self):
        told = run_gateway("--config", str(self.gateway.config), "--check-config").stdout
        each_kib = int(re.search(r"for connections \((\d+) KiB each\)", told)[1])
        before = resident_kib(self.gateway.process.pid)
        stuck = []
        for n in range(1000):
            client = self.records(TLS_1_2 if n % 2 else TLS_1_3)
            client.socket.sendall(client.hello())
            stuck.append(client)
            if n % 100 == 99:
                self.assertEqual(self.secure().request("GET", SESSION, X_VALHALLA_KEY=self.key).status, 200)
        for client in stuck[::100]:
            client.receive()  # the gateway's part of the handshake is there
        used = (resident_kib(self.gateway.process.pid) - before) / len(stuck)
        print(f"a handshake that is not complete takes {used:.1f} KiB of {each_kib} KiB")
        if not SANITIZED:
            self.assertLess(used, each_kib)
        for client in stuck:  # those that go on in time are served
            client.shake_hands()
        used = (resident_kib(self.gateway.process.pid) - before) / len(stuck)
        print(f"a connection that waits for a request takes {used:.1f} KiB of {each_kib} KiB")
        request = self.text("GET", "/healthz?x=" + "x" * 4000)
        sealed = [client.sealed(request) for client in stuck]
        for client, record in zip(stuck, sealed):  # most of a record of TLS, and nothing more for a while
            client.socket.sendall(record[:-1])
        self.assertEqual(self.secure().request("GET", SESSION, X_VALHALLA_KEY=self.key).status, 200)
        used = (resident_kib(self.gateway.process.pid) - before) / len(stuck)
        print(f"a connection with a part of a record takes {used:.1f} KiB of {each_kib} KiB")
        if not SANITIZED:
            self.assertLess(used, each_kib)
        for client, record in zip(stuck, sealed):
            client.socket.sendall(record[-1:])
        for client in stuck:
            self.assertIn(b"HTTP/1.1 200", client.read())


class Full(TlsTest):
    limits = f"head_time_s = {HANDSHAKE_S}\nconnections = 40\n"

    @attack("more unfinished handshakes than there may be connections", "the oldest are closed")
    def test_at_the_limit_the_oldest_handshake_gives_way(self):
        stuck = []
        for n in range(1000):
            if n % 3:
                stuck.append(self.records())
                stuck[-1].socket.sendall(stuck[-1].hello() if n % 3 == 1 else b"\x16\x03")
            else:
                self.enterContext(self.gateway.http())
            if n % 50 == 49:
                self.assertEqual(self.secure().request("GET", SESSION, X_VALHALLA_KEY=self.key).status, 200)
        with self.assertRaises(ConnectionEnded):
            while True:
                stuck[0].receive()
        self.assertLess(open_files(self.gateway.process.pid), 80)


class Patience(TlsTest):
    limits = "head_time_s = 2\n"

    @attack("handshakes that stop, or come a byte at a time", "closed after 10 s; others are served")
    def test_a_handshake_has_a_deadline_and_an_established_connection_another(self):
        def established():
            with contextlib.suppress(OSError):  # too slow, on a machine that has too much to do
                return self.secure()

        idle = eventually(established, "a handshake is in time")
        hello = self.records().hello()
        waiting = []
        for begin in (b"", hello[:1], hello[:5], hello[:20], hello):
            http = self.enterContext(self.gateway.http())
            http.send(begin)
            waiting.append(http)
        trickling = self.enterContext(self.gateway.http())
        trickling.socket.settimeout(0.05)
        with self.assertRaises((ConnectionEnded, ConnectionError)):
            for n in range(100_000):
                if n < len(hello) - 1:
                    trickling.send(hello[n:n + 1])
                with contextlib.suppress(TimeoutError):
                    trickling.take(1)
        for http in waiting:
            with self.assertRaises(ConnectionEnded):
                http.take(1 << 20)
        self.assertEqual(idle.request("GET", "/healthz").status, 200)


class Forwarded(DaemonTest):
    """Without a certificate: a proxy in front speaks TLS, and says so."""

    config = NO_RATES

    def test_only_a_trusted_proxy_says_that_a_client_speaks_tls(self):
        programs = self.enterContext(directory_for_all())
        key = self.client.call("key.create", name="anna", role="operator")["key"]
        for trusted in (True, False):
            config = f'hosts = ["{HOST}"]\n' + ('trusted_proxies = ["127.0.0.1"]\n' if trusted else "")
            said_tls, said_clear = (200, 403) if trusted else (403, 200)
            with ServiceGateway(self.daemon, programs, config) as gateway:
                for scheme, said, status in (("https", "https", said_tls), ("http", "https", said_clear), ("https", "http", 403),
                                             ("https", None, 403), ("http", None, 200), ("https", "https, http", 403)):
                    answer = gateway.request("POST", START, {}, Host=HOST, X_VALHALLA_KEY=key, Origin=f"{scheme}://{HOST}",
                                             X_Forwarded_Proto=said)
                    self.assertEqual((trusted, scheme, said, answer.status), (trusted, scheme, said, status))


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_000), hard))
    main()
