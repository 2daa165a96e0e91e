#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the gateway tells those who start it, and those whom it cannot serve."""

import os
import signal
import subprocess
import unittest

from gateway import Gateway, GatewayTest
from gateway_service import ServiceGateway, listening, run_gateway
from harness import DEADLINE_S, NO_RATES, DaemonTest, eventually, main, program, temporary_directory
from place import can_be_others, directory_for_all, needs_other_users

SESSION = "/core/go/session"
USAGE = 2


class Reach(DaemonTest):
    config = NO_RATES

    def log(self, gateway: Gateway) -> str:
        return gateway.log.read_text()

    def test_a_daemon_that_goes_and_comes_is_told_once_each(self):
        gateway = self.enterContext(Gateway(self.daemon.socket, directory=self.daemon.directory))
        self.assertIn(f"the daemon at {self.daemon.socket}", self.log(gateway))
        self.assertEqual(gateway.request("GET", SESSION).status, 200)
        for times in (1, 2):
            self.daemon.stop()
            eventually(lambda: gateway.request("GET", SESSION).status == 503, "its end is seen")
            eventually(lambda: gateway.request("GET", "/healthz").status == 503, "it is not well")  # as of its last look
            for _ in range(3):
                self.assertEqual(gateway.request("GET", "/healthz").status, 503)
            self.daemon.start()
            eventually(lambda: gateway.request("GET", SESSION).status == 200, "it is back")
            log = self.log(gateway)
            self.assertEqual(log.count(f"the daemon cannot be reached at {self.daemon.socket}: there is no such socket\n"), times)
            self.assertEqual(log.count(f"the daemon at {self.daemon.socket} answers again\n"), times)

    def test_a_socket_that_nobody_listens_at_is_told_as_such(self):
        gateway = self.enterContext(Gateway(self.daemon.socket, directory=self.daemon.directory))
        self.daemon.kill()
        eventually(lambda: gateway.request("GET", "/healthz").status == 503, "its end is seen")
        eventually(lambda: "nobody listens there\n" in self.log(gateway), "the reason")

    @needs_other_users
    def test_a_socket_that_the_gateway_may_not_open_is_told_as_such(self):
        with directory_for_all() as programs:
            gateway = self.enterContext(ServiceGateway(self.daemon, programs))
            key = self.client.call("key.create", name="anna", role="operator")["key"]
            self.daemon.socket.chmod(0o600)
            for _ in range(3):
                answer = gateway.request("GET", SESSION, X_VALHALLA_KEY=key)
                self.assertEqual(answer.status, 503)
                self.assertIn("no permission to connect", answer.detail())
                self.assertNotIn(str(self.daemon.socket), answer.detail())
            self.assertEqual(self.log(gateway).count("permission denied"), 1)
            gateway.open_socket()
            eventually(lambda: gateway.request("GET", SESSION, X_VALHALLA_KEY=key).status == 200, "it may again")
            self.assertEqual(self.log(gateway).count("answers again"), 1)

    @unittest.skipUnless(can_be_others(), "needs root")
    def test_a_user_whom_the_daemon_does_not_let_in_is_told_as_such(self):
        with directory_for_all() as programs:
            gateway = self.enterContext(ServiceGateway(self.daemon, programs))
            for n in range(3):
                answer = gateway.request("GET", SESSION, X_VALHALLA_KEY=f"vhk_0123456789ab_{n:064x}")
                self.assertEqual(answer.status, 503)
                self.assertIn("does not let the gateway's own user in", answer.detail())
            self.assertEqual(self.log(gateway).count("does not let the gateway's own user in"), 1)
            key = self.client.call("key.create", name="anna", role="operator")["key"]
            eventually(lambda: gateway.request("GET", SESSION, X_VALHALLA_KEY=key).status == 200, "now there is a key")
            self.assertEqual(self.log(gateway).count("lets the gateway in again"), 1)


class Refusals(GatewayTest):
    def test_hosts_and_origins_that_are_refused_are_told_where_they_are_named(self):
        self.assertIn("hosts", self.get(SESSION, Host="elsewhere.example").detail())
        refused = self.post("/core/go/start_session", {}, Origin="https://elsewhere.example")
        self.assertEqual(refused.status, 403)
        self.assertIn("CORS_ALLOWED_ORIGINS", refused.detail())

    def test_a_target_with_a_host_is_the_same_in_upper_case(self):
        with self.gateway.http() as http:
            for target in (f"HTTP://LOCALHOST:{http.port}{SESSION}", f"http://localhost:{http.port}{SESSION}"):
                self.assertEqual((target, http.request("GET", target).status), (target, 200))


class Start(unittest.TestCase):
    def refused(self, *arguments: str, code: int = USAGE, environment: dict[str, str] | None = None) -> str:
        done = run_gateway(*arguments, environment=environment)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_what_cannot_work_is_refused_at_start(self):
        self.assertIn("VALHALLA_DEV_KEY is set and empty", self.refused("--dev", environment={"VALHALLA_DEV_KEY": ""}))
        self.assertIn("it has no address", self.refused("--dev", "--listen", "15401"))
        self.assertIn("is not an absolute path", self.refused("--dev", environment={"VALHALLA_SOCKET": "s"}))
        with temporary_directory() as directory:
            long = str(directory / ("x" * 100))
            os.mkdir(long)
            self.assertIn("the path of the daemon's socket has",
                          self.refused("--dev", "--listen", "127.0.0.1:0", environment={"XDG_RUNTIME_DIR": long}))
        with listening() as taken:
            at = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assertIn("; stop what listens there or choose another address with --listen",
                          self.refused("--dev", "--socket", "/nonexistent", "--listen", at, code=5))

    def test_few_files_make_few_connections_and_too_few_are_refused(self):
        def started(files: int) -> tuple[int, str]:
            command = f"ulimit -n {files}; exec {program('VALHALLA_GATEWAY')} --dev --listen 127.0.0.1:0 --socket /none"
            with subprocess.Popen(["sh", "-c", command], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
                said = ""
                while (line := process.stderr.readline()) and "http://" not in line:
                    said += line
                process.send_signal(signal.SIGTERM)
                return process.wait(DEADLINE_S), said

        code, said = started(100)
        self.assertEqual(code, USAGE, said)
        self.assertIn("needs at least 144", said)
        code, said = started(200)
        self.assertEqual(code, 0, said)
        self.assertIn("at most 72 connections", said)

    def test_the_start_says_who_may_act(self):
        with temporary_directory() as directory:
            gateway = self.enterContext(Gateway("/nonexistent", directory=directory, environment={"VALHALLA_DEV_KEY": "x"}))
            log = gateway.log.read_text()
            self.assertIn("who has the key of VALHALLA_DEV_KEY can act as you", log)
            self.assertIn("the daemon at /nonexistent", log)


if __name__ == "__main__":
    main()
