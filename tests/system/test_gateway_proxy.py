#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The proxy of the operations guide in front of the gateway: Debian's nginx with the very lines that the guide has, and the
gateway with the very configuration. Skipped where nginx is not installed."""

import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import unittest

from gateway import Http
from gateway_service import ServiceGateway
from harness import DEADLINE_S, NO_RATES, SOURCE_DIR, DaemonTest, audit_records, eventually, main
from place import directory_for_all

SESSION = "/core/go/session"
HOST = "valhalla.example.org"
GUIDE = (SOURCE_DIR / "packaging/OPERATIONS.md").read_text(encoding="utf-8")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")


def block_of(kind: str, mark: str) -> str:
    """The guide's one block of that kind which has these words."""
    [found] = [text for text in re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.S) if mark in text]
    return found


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    return text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Secure(Http):
    """One connection to the proxy."""

    def __init__(self, port: int, authority, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3):
        super().__init__(port)
        context = ssl.create_default_context(cafile=authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = version
        self.socket = context.wrap_socket(self.socket, server_hostname=HOST)

    def text(self, method: str, target: str, body=None, **fields: str) -> bytes:
        return super().text(method, target, body, **({"Host": HOST} | fields))


@unittest.skipUnless(NGINX, "nginx is not installed")
class Proxy(DaemonTest):
    config = NO_RATES

    def setUp(self):
        super().setUp()
        programs = self.enterContext(directory_for_all())
        self.gateway = self.enterContext(ServiceGateway(self.daemon, programs, block_of("toml", "trusted_proxies")))
        self.directory = self.daemon.directory / "nginx"
        self.directory.mkdir()
        self.certificate = self.directory / "certificate.pem"
        key = self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2", "-keyout", key, "-out",
                        self.certificate], check=True, capture_output=True)
        self.port = free_port()
        server = replaced(block_of("nginx", "ssl_certificate"), ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                          ("/etc/ssl/valhalla.example.org.pem", str(self.certificate)),
                          ("/etc/ssl/private/valhalla.example.org.key", str(key)),
                          ("http://127.0.0.1:5000", f"http://127.0.0.1:{self.gateway.port}"))
        temporary = "".join(f"    {name}_temp_path {self.directory}/{name};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = self.directory / "nginx.conf"
        configuration.write_text(f"daemon off;\npid {self.directory}/pid;\nerror_log {self.directory}/log;\nworker_processes 1;\n"
                                 f"events {{ worker_connections 256; }}\nhttp {{\n    access_log off;\n{temporary}{server}}}\n")
        process = subprocess.Popen([NGINX, "-e", f"{self.directory}/log", "-p", self.directory, "-c", configuration],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE_S)
        self.addCleanup(process.terminate)

        def listens() -> bool:
            assert process.poll() is None, process.stdout.read().decode() + (self.directory / "log").read_text()
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return True
            return False

        eventually(listens, "nginx listens")
        self.key = self.client.call("key.create", name="frontend", role="operator")["key"]

    def proxy(self, **more) -> Secure:
        return self.enterContext(Secure(self.port, self.certificate, **more))

    def test_sessions_go_through_by_both_versions_of_tls(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            http = self.proxy(version=version)
            for n in range(3):
                answer = http.request("POST", "/core/go/start_session", {"notes": f"{version} {n}"}, X_VALHALLA_KEY=self.key)
                self.assertEqual((answer.status, answer.json()["notes"]), (200, f"{version} {n}"))
            self.assertEqual(http.request("GET", SESSION).status, 401)
            self.assertEqual(http.request("GET", "/healthz").status, 200)
        self.assertEqual(audit_records(self.client, event="GO_SESSION_START")[-1]["actor"], {"name": "frontend", "via": "http"})

    def test_a_page_of_its_own_name_may_change_something_and_others_may_not(self):
        http = self.proxy()
        for origin, status in ((f"https://{HOST}", 200), (f"http://{HOST}", 403), ("https://evil.test", 403)):
            answer = http.request("POST", "/core/go/start_session", {}, X_VALHALLA_KEY=self.key, Origin=origin)
            self.assertEqual((origin, answer.status), (origin, status))

    def test_a_browser_logs_in_with_a_cookie_for_https_alone(self):
        http = self.proxy()
        answer = http.request("POST", "/login", {"key": self.key}, Origin=f"https://{HOST}")
        self.assertEqual((answer.status, answer.json()["operator"]), (200, "frontend"))
        self.assertRegex(answer.fields["set-cookie"], r"^__Host-valhalla-login=\w+; Path=/; HttpOnly; SameSite=Strict; Secure$")
        cookie = answer.fields["set-cookie"].split(";")[0]
        self.assertEqual(http.request("GET", SESSION, Cookie=cookie).status, 200)
        for token, status in ((answer.json()["csrf"], 200), ("0" * 64, 403)):
            changed = http.request("POST", "/core/go/start_session", {}, Cookie=cookie, X_VALHALLA_CSRF=token, Origin=f"https://{HOST}")
            self.assertEqual(changed.status, status)

    def test_another_name_is_not_answered_for(self):
        self.assertEqual(self.proxy().request("GET", SESSION, Host="evil.test", X_VALHALLA_KEY=self.key).status, 421)

    def test_guessing_keys_slows_down_the_guesser_and_nobody_else_whatever_they_write(self):
        def guess(source: str, number: int) -> int:
            with socket.socket() as plain:
                plain.settimeout(DEADLINE_S)
                plain.bind((source, 0))
                plain.connect(("127.0.0.1", self.port))
                context = ssl.create_default_context(cafile=self.certificate)
                http = Secure.__new__(Secure)
                http.port, http._buffer = self.port, bytearray()  # pylint: disable=protected-access
                with context.wrap_socket(plain, server_hostname=HOST) as http.socket:
                    return http.request("GET", SESSION, X_VALHALLA_KEY=f"vhk_0123456789ab_{number:064x}",
                                        X_Forwarded_For=f"203.0.113.{number}").status

        self.assertIn(429, [guess("127.0.0.2", n) for n in range(40)])
        eventually(lambda: guess("127.0.0.2", 76) == 401, "the next try is used up")
        self.assertEqual(guess("127.0.0.2", 77), 429)
        self.assertEqual(guess("127.0.0.3", 78), 401)

    def test_events_come_through_one_by_one(self):
        http = self.proxy()
        http.send(http.text("GET", "/core/audit/stream", X_VALHALLA_KEY=self.key))
        self.assertIn(b"200 OK", http.take_until(b"\r\n\r\n"))
        eventually(lambda: self.client.call("daemon.info")["audit"]["follows"] == 1, "it follows")
        chunked = b""
        for n in range(5):
            seq = self.client.call("audit.append", event="X_LIVE", payload={"n": n})["seq"]
            while f"id: {seq}\n".encode() not in chunked:
                chunked += http.take_until(b"\n")

    def test_a_large_body_goes_through_and_a_larger_one_does_not(self):
        notes = "n" * 4_000
        answer = self.proxy().request("POST", "/core/go/start_session", {"notes": notes}, X_VALHALLA_KEY=self.key)
        self.assertEqual((answer.status, answer.json()["notes"]), (200, notes))
        # The gateway's own bound, and the proxy's behind it.
        for size in (1_046_000, 1_100_000):
            body = json.dumps({"notes": "n" * size}).encode()
            answer = self.proxy().request("POST", "/core/go/start_session", body, X_VALHALLA_KEY=self.key)
            self.assertEqual((size, answer.status), (size, 413))

    def test_while_the_gateway_restarts_requests_wait(self):
        self.gateway.stop()
        http = self.proxy()
        http.send(http.text("GET", SESSION, X_VALHALLA_KEY=self.key))
        self.gateway.begin()
        self.assertEqual(http.answer().status, 200)



if __name__ == "__main__":
    main()
