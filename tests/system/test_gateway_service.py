#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valhalla-gateway without --dev: keys, hosts, and what systemd hands over and hears."""

import importlib.util
import re
import resource
import shutil
import signal
import socket
import threading
import unittest

from gateway import ConnectionEnded, Gateway
from gateway_service import GATEWAY_USER, SOCKET_GROUP, ServiceGateway, listening, run_gateway
from harness import (DEADLINE_S, NO_RATES, SANITIZED, DaemonTest, ask_as, audit_records, eventually, main,
                     temporary_directory)
from place import can_be_others, directory_for_all, needs_other_users

SESSION = "/core/go/session"
START = "/core/go/start_session"
USAGE = 2
SOCKET = 5
STRANGER = 61_041


def can_filter() -> bool:
    return importlib.util.find_spec("seccomp") is not None and shutil.which("systemd-analyze") is not None


class ServiceTest(DaemonTest):
    config = NO_RATES + "[limits]\nno_role_s = 1\n"
    gateway_config = ""

    def setUp(self):
        super().setUp()
        self.programs = self.enterContext(directory_for_all())
        self.gateway = self.serve(self.gateway_config)

    def serve(self, config: str = "", **more) -> ServiceGateway:
        return self.enterContext(ServiceGateway(self.daemon, self.programs, config, **more))

    def key(self, name: str = "anna", role: str = "operator") -> str:
        return self.client.call("key.create", name=name, role=role)["key"]

    def denials(self) -> list[dict]:
        return audit_records(self.client, event="ACCESS_DENIED")

    def metric(self, name: str) -> float:
        return float(re.search(rf"(?m)^{name} (\S+)$", self.client.call("daemon.metrics")["text"])[1])

    def wait_for_ticks(self):
        """Until the gateway has said twice that it lives: between the two lie 5 s, in which its loop looked at the clock some 20
        times, did whatever it does by itself, and longer than somebody without a role is given by the daemon."""
        while not self.gateway.notices.heard.empty():
            self.gateway.notices.heard.get()
        for _ in range(2):
            self.gateway.notices.next_with("WATCHDOG")

    def restart_daemon(self):
        self.daemon.start()
        if can_be_others():
            self.gateway.open_socket()
        self.reconnect()


class Keys(ServiceTest):
    def test_every_request_wants_a_key_but_the_one_for_health(self):
        key = self.key()
        for method, target in (("GET", SESSION), ("POST", START), ("GET", "/metrics"), ("GET", "/openapi.json"), ("POST", "/rpc"),
                               ("GET", "/tlog/checkpoint"), ("GET", "/core/audit/stream")):
            answer = self.gateway.request(method, target, {} if method == "POST" else None)
            self.assertEqual((method, target, answer.status), (method, target, 401))
            self.assertIn("X-VALHALLA-KEY", answer.detail())
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/healthz").json(), {"status": "ok"})
            self.assertEqual(http.request("POST", START, {"notes": "hers"}, X_VALHALLA_KEY=key).status, 200)
            self.assertEqual(http.request("GET", "/core/info", X_VALHALLA_KEY=key).json()["operator"], "anna")
        [started] = audit_records(self.client, event="GO_SESSION_START")
        self.assertEqual(started["actor"], {"name": "anna", "via": "http"})

    @needs_other_users
    def test_the_gateways_own_user_has_no_role_and_leaves_no_trace(self):
        """What it does by itself must not look like somebody who was denied something."""
        with open(f"/proc/{self.gateway.process.pid}/status", encoding="ascii") as status:
            text = status.read()
        self.assertRegex(text, rf"(?m)^Uid:\t{GATEWAY_USER}\t")
        self.assertRegex(text, rf"(?m)^Groups:\t{SOCKET_GROUP} $")
        key = self.key()
        with self.gateway.http() as http:
            for _ in range(5):
                self.assertEqual(http.request("GET", "/healthz").status, 200)
                self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
        self.wait_for_ticks()
        self.assertEqual(self.gateway.request("GET", "/healthz").status, 200)
        # Who has no role and asks is on record, after all that came before.
        self.daemon.socket.chmod(0o666)
        ask_as(STRANGER, self.daemon.socket, self.client.request("cone.state"))
        eventually(self.denials, "the stranger is on record")
        self.assertEqual({denial["actor"]["uid"] for denial in self.denials()}, {STRANGER})

    def test_a_good_form_where_there_is_no_key_at_all_opens_nothing(self):
        # The daemon does not even let in who has no role.
        expected = 503 if can_be_others() else 401
        for _ in range(3):
            self.assertEqual(self.gateway.request("GET", SESSION, X_VALHALLA_KEY="vhk_0123456789ab_" + "0" * 64).status, expected)
        self.assertEqual(self.gateway.request("GET", "/healthz").status, 200)

    def test_a_key_that_is_revoked_is_let_go_with_all_that_it_holds(self):
        other = self.key("bert", "viewer")
        key = self.client.call("key.create", name="anna", role="viewer")
        with self.gateway.http() as reading, self.gateway.http() as streaming:
            self.assertEqual(reading.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 200)
            streaming.send(streaming.text("GET", "/core/audit/stream", X_VALHALLA_KEY=key["key"]))
            self.assertIn(b"text/event-stream", streaming.take_until(b"\r\n\r\n"))
            eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
            self.client.call("key.revoke", id=key["id"])
            with self.assertRaises(ConnectionEnded):
                while True:
                    streaming.take(1)
            self.assertEqual(reading.request("GET", SESSION, X_VALHALLA_KEY=key["key"]).status, 401)
        # Nothing of it comes back by itself.
        self.assertEqual(self.gateway.request("GET", SESSION, X_VALHALLA_KEY=other).status, 200)
        eventually(lambda: self.metric("valhalla_connections") == 2, "this test's connection and that of the other key are left")
        before = self.metric("valhalla_connections_accepted_total")
        self.wait_for_ticks()
        self.assertEqual(self.metric("valhalla_connections_accepted_total"), before)

    def test_the_daemon_is_not_looked_for_on_behalf_of_who_asks_nothing(self):
        """It would be started again by its socket, whoever stopped it."""
        key = self.key()
        self.assertEqual(self.gateway.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
        self.daemon.stop()
        self.restart_daemon()
        self.wait_for_ticks()
        self.assertEqual(self.metric("valhalla_connections"), 1)  # this test's
        self.assertEqual(self.gateway.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
        self.assertEqual(self.metric("valhalla_connections"), 2)

    def test_health_is_that_of_the_daemon(self):
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/healthz").status, 200)
            self.daemon.kill()
            eventually(lambda: http.request("GET", "/healthz").status == 503, "the daemon's end is seen")
            self.assertGreaterEqual(int(http.request("GET", "/healthz").fields["retry-after"]), 1)
            self.restart_daemon()
            eventually(lambda: http.request("GET", "/healthz").status == 200, "it is back")
            self.daemon.process.send_signal(signal.SIGSTOP)
            try:
                eventually(lambda: http.request("GET", "/healthz").status == 503, "one that hangs is not well")
            finally:
                self.daemon.process.send_signal(signal.SIGCONT)
            eventually(lambda: http.request("GET", "/healthz").status == 200, "it goes on")

    def test_many_who_ask_for_its_health_at_once_are_told_the_same(self):
        with self.gateway.http() as http:
            http.send(http.text("GET", "/healthz") * 500)
            self.assertEqual({http.answer().status for _ in range(500)}, {200})
        connections = [self.enterContext(self.gateway.http()) for _ in range(50)]
        for one in connections:
            one.send(one.text("GET", "/healthz"))
        self.assertEqual({one.answer().status for one in connections}, {200})


@unittest.skipIf(SANITIZED, "sanitizers make system calls of their own")
@unittest.skipUnless(can_filter(), "python3-seccomp or systemd is not installed")
class SystemCalls(DaemonTest):
    """The unit's filter, where a call that it does not allow ends the gateway."""

    config = NO_RATES

    def test_the_filter_allows_what_it_does(self):
        programs = self.enterContext(directory_for_all())
        gateway = self.enterContext(ServiceGateway(self.daemon, programs, filtered=True))
        key = self.client.call("key.create", name="anna", role="operator")["key"]
        for _ in range(2):
            with gateway.http() as http, gateway.http() as streaming:
                self.assertEqual(http.request("GET", "/healthz").status, 200)
                streaming.send(streaming.text("GET", "/core/audit/stream?after=0", X_VALHALLA_KEY=key))
                self.assertTrue(streaming.take_until(b"id: 1\n"))
                self.assertEqual(http.request("POST", START, {"notes": "n" * 5000}, X_VALHALLA_KEY=key).status, 200)
                answer = http.request("GET", "/openapi.json", X_VALHALLA_KEY=key, Accept_Encoding="gzip")
                self.assertEqual(answer.fields["content-encoding"], "gzip")
                self.daemon.kill()
                eventually(lambda: http.request("GET", "/healthz").status == 503, "the daemon's end is seen")
                self.daemon.start()
                if can_be_others():
                    gateway.open_socket()
                eventually(lambda: http.request("GET", SESSION, X_VALHALLA_KEY=key).status == 200, "it is back")
            gateway.stop()
            gateway.begin()
            gateway.notices.next_with("READY")


class Hosts(ServiceTest):
    gateway_config = 'hosts = ["valhalla.example.org", "v:8443"]\norigins = ["https://valhalla.example.org"]\n'

    def test_a_host_is_one_of_the_configuration_or_of_the_loopback(self):
        key = self.key()
        port = self.gateway.port
        with self.gateway.http() as http:
            for host in ("valhalla.example.org", "VALHALLA.example.org", "v:8443", f"localhost:{port}", f"127.0.0.1:{port}"):
                self.assertEqual((host, http.request("GET", SESSION, Host=host, X_VALHALLA_KEY=key).status), (host, 200))
        for host in ("evil.test", "valhalla.example.org.evil.test", "valhalla.example.org:80", "v", "localhost", "127.0.0.1"):
            self.assertEqual((host, self.gateway.request("GET", SESSION, Host=host, X_VALHALLA_KEY=key).status), (host, 421))
            self.assertEqual(self.gateway.request("GET", "/healthz", Host=host).status, 421)

    def test_a_page_of_a_listed_origin_may_change_something_and_others_may_not(self):
        key = self.key()
        for origin, status in (("https://valhalla.example.org", 200), ("https://evil.test", 403), ("null", 403)):
            answer = self.gateway.request("POST", START, {}, Host="valhalla.example.org", Origin=origin, X_VALHALLA_KEY=key)
            self.assertEqual((origin, answer.status), (origin, status))


class Proxies(ServiceTest):
    gateway_config = 'trusted_proxies = ["127.0.0.1"]\n'

    def setUp(self):
        super().setUp()
        self.key()  # without any, the daemon does not let the gateway's user in, and no key is wrong

    def guess(self, sender: str, count: int, **more) -> list[int]:
        with self.gateway.http() as http:
            return [http.request("GET", SESSION, X_VALHALLA_KEY=f"vhk_0123456789ab_{n:064x}", X_Forwarded_For=sender, **more).status
                    for n in range(count)]

    def test_wrong_keys_are_counted_by_whom_the_proxy_names(self):
        self.assertIn(429, self.guess("203.0.113.5", 40))
        self.assertEqual(set(self.guess("203.0.113.6", 5)), {401})
        # Whatever somebody wrote in front of what the proxy added. Tries come back one by one: after one, there is none.
        eventually(lambda: self.guess("203.0.113.5", 1) == [401], "the next try is used up")
        self.assertEqual(set(self.guess("203.0.113.77, 203.0.113.5", 1)), {429})
        good = self.key()
        self.assertEqual(self.gateway.request("GET", SESSION, X_VALHALLA_KEY=good, X_Forwarded_For="203.0.113.8").status, 200)

    def test_nobody_else_is_believed(self):
        trusting_none = self.serve()
        self.gateway = trusting_none
        self.assertIn(429, self.guess("203.0.113.5", 40))
        eventually(lambda: self.guess("203.0.113.5", 1) == [401], "the next try is used up")
        self.assertEqual(self.guess("203.0.113.6", 1), [429])


class Start(unittest.TestCase):
    def test_what_cannot_be_served_is_refused_with_what_to_do(self):
        with temporary_directory() as directory:
            config = directory / "gateway.toml"
            for text, words in (('listen = ["0.0.0.0:0"]\n', "hosts = ["), ('lissten = []\n', "did you mean 'listen'?"),
                                ("[limits]\nconnections = 1\n", "gateway.toml:2: limits.connections")):
                config.write_text(text)
                for options in ((), ("--check-config",)):
                    with self.subTest(text, options=options):
                        done = run_gateway("--config", str(config), *options)
                        self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
                        self.assertIn(words, done.stderr)
            done = run_gateway("--listen", "0.0.0.0:0", "--socket", "/nonexistent")
            self.assertEqual(done.returncode, USAGE)
            done = run_gateway(environment={"VALHALLA_DEV_KEY": "x"})
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("VALHALLA_DEV_KEY is for --dev", done.stderr)

    def test_a_socket_that_others_reach_needs_a_host_too(self):
        with listening("0.0.0.0") as open_socket:
            done = run_gateway("--socket", "/nonexistent", sockets=[open_socket])
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("hosts = [", done.stderr)

    def test_a_path_that_no_socket_can_have_is_refused_with_a_sentence(self):
        longest = "/" + "x" * 106
        with temporary_directory() as directory:
            config = directory / "gateway.toml"
            config.write_text(f'socket = "{longest}x"\n')
            for arguments, environment in ((("--socket", longest + "x"), {}), ((), {"VALHALLA_SOCKET": longest + "x"}),
                                           (("--config", str(config)), {})):
                with self.subTest(arguments, environment=environment):
                    done = run_gateway("--listen", "127.0.0.1:0", *arguments, environment=environment)
                    self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
                    self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                    self.assertIn("at most 107", done.stderr)
            done = run_gateway("--socket", longest, "--check-config")
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_an_address_that_is_taken_is_told(self):
        with listening() as taken:
            done = run_gateway("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--socket", "/nonexistent")
            self.assertEqual(done.returncode, SOCKET)
            self.assertIn(f"cannot listen on 127.0.0.1:{taken.getsockname()[1]}", done.stderr)

    def test_anything_but_listening_tcp_sockets_is_refused(self):
        with temporary_directory() as directory:
            unix = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            unix.bind(str(directory / "s"))
            unix.listen()
            datagrams = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            datagrams.bind(("127.0.0.1", 0))
            deaf = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            deaf.bind(("127.0.0.1", 0))
            good = self.enterContext(listening())
            for name, sockets in (("unix", [unix]), ("datagrams", [datagrams]), ("not listening", [deaf]), ("one of two", [good, unix])):
                with self.subTest(name):
                    done = run_gateway("--socket", "/nonexistent", sockets=sockets)
                    self.assertEqual(done.returncode, SOCKET, done.stderr)
                    self.assertIn("a listening TCP socket", done.stderr)

    def test_a_good_configuration_is_told_with_its_memory(self):
        with temporary_directory() as directory:
            config = directory / "gateway.toml"
            config.write_text('hosts = ["v.example"]\ntrusted_proxies = ["192.0.2.1"]\n[limits]\nconnections = 200\n')
            done = run_gateway("--config", str(config), "--check-config")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = dict(re.match(r"  (\S+) +(.*)", line).groups() for line in done.stdout.splitlines()[1:])
            self.assertEqual(done.stdout.splitlines()[0], "configuration is good")
            self.assertEqual(lines["listen"], "127.0.0.1:5000")
            self.assertEqual(lines["hosts"], "v.example, localhost:5000, 127.0.0.1:5000, [::1]:5000")
            self.assertEqual((lines["origins"], lines["trusted_proxies"]), ("none", "192.0.2.1"))
            self.assertEqual((lines["limits.connections"], lines["limits.connections_per_peer"]), ("200", "150"))
            self.assertRegex(lines["memory"], r"^at most \d+ MiB: ")


class FewFiles(DaemonTest):
    """A gateway that may open fewer files than there are who connect."""

    FILES = 60
    SENTENCE = "cannot accept connections for now: Too many open files"

    def told(self) -> int:
        return self.gateway.log.read_text().count(self.SENTENCE)

    def connect(self, count: int) -> list:
        made = [self.enterContext(self.gateway.http()) for _ in range(count)]
        for one in made:
            one.send(one.text("GET", "/nothing"))  # for which the gateway opens no file
        return made

    @unittest.skipIf(SANITIZED, "240 connections through 60 files take longer there than a request may")
    def test_that_it_cannot_accept_is_told_once_until_everybody_is_served(self):
        # While it runs: a start with so few is refused.
        self.gateway = self.enterContext(Gateway(self.daemon.socket, directory=self.daemon.directory))
        resource.prlimit(self.gateway.process.pid, resource.RLIMIT_NOFILE, (self.FILES, self.FILES))
        for times in (1, 2):
            connections = self.connect(4 * self.FILES)
            eventually(lambda times=times: self.told() >= times, "it is told")
            # Whenever one leaves another one comes in, and then there are no files again.
            while connections:
                leaving = connections.pop(0)
                self.assertEqual(leaving.answer().status, 404)
                leaving.close()
            self.assertEqual(self.told(), times)
            self.assertEqual(self.gateway.request("GET", "/healthz").status, 200)


class Manager(ServiceTest):
    def test_ready_alive_and_stopping_are_told(self):
        eventually(lambda: "WATCHDOG" in self.gateway.notices.next(), "it says that it lives")
        self.gateway.stop()
        self.assertEqual(self.gateway.notices.next_with("STOPPING")["STOPPING"], "1")

    def test_ready_means_that_it_is_served_and_where(self):
        self.gateway.stop()
        self.gateway.begin()
        said = self.gateway.notices.next_with("READY")
        self.assertEqual(said["STATUS"], f"listening on http://127.0.0.1:{self.gateway.port}, 0 connections")
        self.assertEqual(self.gateway.request("GET", "/healthz").status, 200)

    def test_several_sockets_are_served(self):
        sockets = [listening(), listening("::1"), listening()]
        gateway = self.serve(sockets=sockets)
        key = self.key()
        for each in sockets:
            gateway.port = each.getsockname()[1]
            with gateway.http(each.getsockname()[0]) as http:
                self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)

    def test_a_configuration_that_says_otherwise_is_told(self):
        self.serve('listen = ["127.0.0.1:1"]\n')
        self.assertIn("what the configuration says of listen is not used", self.gateway.log.read_text())

    def test_who_connects_while_it_does_not_run_waits_and_is_served(self):
        key = self.key()
        for end in (self.gateway.stop, self.gateway.kill):
            end()
            connections = [self.enterContext(self.gateway.http()) for _ in range(60)]
            for one in connections:
                one.send(one.text("GET", SESSION, X_VALHALLA_KEY=key))
            self.gateway.begin()
            self.assertEqual({one.answer().status for one in connections}, {200})

    def test_no_request_on_a_fresh_connection_is_lost_when_it_is_restarted(self):
        key = self.key()
        answered: list[str] = []
        problems: list[str] = []
        over = threading.Event()

        def keep_asking(caller: int):
            number = 0
            while not over.is_set():
                name = f"{caller}-{number}"
                number += 1
                try:
                    with self.gateway.http() as http:
                        answer = http.request("POST", "/core/audit/records", {"event": "X_CALL", "payload": {"name": name}},
                                              X_VALHALLA_KEY=key)
                except (ConnectionEnded, OSError) as problem:
                    problems.append(f"{name}: {problem!r}")
                    return
                if answer.status != 200:
                    problems.append(f"{name}: {answer}")
                    return
                answered.append(name)

        callers = [threading.Thread(target=keep_asking, args=(n,)) for n in range(8)]
        for each in callers:
            each.start()
        for _ in range(6):
            before = len(answered)
            eventually(lambda: len(answered) > before + 30 or problems, "requests are answered")
            self.gateway.stop()
            self.gateway.begin()
        over.set()
        for each in callers:
            each.join(DEADLINE_S)
        self.assertEqual(problems, [])
        recorded = [record["payload"]["name"] for record in audit_records(self.client, event="X_CALL")]
        self.assertEqual(sorted(recorded), sorted(answered))


if __name__ == "__main__":
    main()
