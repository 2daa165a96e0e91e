# SPDX-License-Identifier: Apache-2.0
"""Clients of a gateway that speaks TLS itself, and certificates for it."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from pathlib import Path

import place
from gateway import ConnectionEnded, Http
from gateway_service import GATEWAY_USER, ServiceGateway
from harness import DEADLINE_S, NO_RATES, DaemonTest
from place import directory_for_all

HOST = "valhalla.example.org"
HANDSHAKE_S = 300  # long enough for a thousand of them on a slow machine
CONFIG = f"""hosts = ["{HOST}"]
[tls]
certificate = "DIRECTORY/now.pem"
key = "DIRECTORY/now.key"
[limits]
idle_time_s = 900
"""
TLS_1_3 = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
TLS_1_2 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
TLS_1_1 = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)


def give_to_gateway(path: Path, mode: int = 0o600):
    path.chmod(mode)
    if place.can_be_others():
        os.chown(path, GATEWAY_USER, GATEWAY_USER)


EC_KEY = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def openssl(*arguments: str | Path):
    subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, check=True, capture_output=True)


def make_certificate(directory: Path, name: str, kind: tuple[str, ...] = EC_KEY):
    """`name`.pem, which signs itself, and `name`.key."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    openssl("req", "-x509", "-newkey", *kind, "-nodes", "-subj", f"/CN={HOST}", "-addext",
            f"subjectAltName=DNS:{HOST},DNS:localhost", "-days", "2", "-keyout", key, "-out", certificate)
    certificate.chmod(0o644)
    give_to_gateway(key)


def make_expired_certificate(directory: Path, name: str, key: str):
    """`name`.pem for the key of another one, from 2001."""
    request, settings, database, made = (directory / f"{name}.{end}" for end in ("csr", "cnf", "index", "pem"))
    key_file = directory / f"{key}.key"
    openssl("req", "-new", "-key", key_file, "-subj", f"/CN={HOST}", "-out", request)
    database.write_text("")
    settings.write_text(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {database}\nnew_certs_dir = {directory}\nserial = "
                        f"{directory}/{name}.serial\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n")
    openssl("ca", "-batch", "-selfsign", "-create_serial", "-config", settings, "-keyfile", key_file, "-in", request, "-startdate",
            "20010101000000Z", "-enddate", "20010201000000Z", "-out", made, "-notext")
    made.chmod(0o644)


def context_for(authority: Path, versions=TLS_1_3, protocols=("h2", "http/1.1")) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is not this side that refuses
    context.minimum_version, context.maximum_version = versions
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # certificates of today's default settings are no matter here
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


class Secure(Http):
    """One connection within TLS. An end of it that TLS does not announce is an error."""

    def __init__(self, port: int, context: ssl.SSLContext, receive_bytes: int = 0):  # pylint: disable=super-init-not-called
        plain = socket.socket()
        try:
            plain.settimeout(DEADLINE_S)
            if receive_bytes:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            plain.connect(("127.0.0.1", port))
            self.port = port
            self._buffer = bytearray()
            self.socket = context.wrap_socket(plain, server_hostname=HOST, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise


class Records:
    """One connection whose records can be seen and changed before they are sent."""

    def __init__(self, port: int, context: ssl.SSLContext):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=HOST)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_):
        self.socket.close()

    def said(self) -> bytes:
        """What this side has to say and has not sent."""
        return self._out.read()

    def hello(self) -> bytes:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return self.said()
        raise AssertionError("a handshake without an answer")

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise ConnectionEnded
        self._in.write(data)

    def _until_it_can(self, what):
        while True:
            try:
                return what()
            except ssl.SSLWantReadError:
                if said := self.said():
                    self.socket.sendall(said)
                self.receive()

    def shake_hands(self) -> Records:
        self._until_it_can(self.tls.do_handshake)
        self.socket.sendall(self.said())
        return self

    def sealed(self, data: bytes) -> bytes:
        self.tls.write(data)
        return self.said()

    def read(self) -> bytes:
        """Some of what comes; nothing at an end that TLS announces."""
        try:
            return self._until_it_can(lambda: self.tls.read(1 << 16))
        except ssl.SSLZeroReturnError:
            return b""


class TlsTest(DaemonTest):
    """A gateway that speaks TLS with now.pem and now.key of `directory`."""

    config = NO_RATES
    limits = f"head_time_s = {HANDSHAKE_S}\n"

    def setUp(self):
        super().setUp()
        programs = self.enterContext(directory_for_all())
        self.directory = self.daemon.directory / "tls"
        self.directory.mkdir()
        self.directory.chmod(0o755)
        make_certificate(self.directory, "now")
        self.gateway = self.enterContext(ServiceGateway(
            self.daemon, programs, CONFIG.replace("DIRECTORY", str(self.directory)) + self.limits))
        self.key = self.client.call("key.create", name="anna", role="operator")["key"]

    def context(self, versions=TLS_1_3, authority: str = "now", **more) -> ssl.SSLContext:
        return context_for(self.directory / f"{authority}.pem", versions, **more)

    def secure(self, versions=TLS_1_3, authority: str = "now", receive_bytes: int = 0, **more) -> Secure:
        return self.enterContext(Secure(self.gateway.port, self.context(versions, authority, **more), receive_bytes))

    def records(self, versions=TLS_1_3) -> Records:
        return self.enterContext(Records(self.gateway.port, self.context(versions)))

    def text(self, method: str, target: str, body=None, **fields: str) -> bytes:
        """A request, for those who send it themselves."""
        http = Http.__new__(Http)
        http.port = self.gateway.port
        return http.text(method, target, body, **fields)

    def log(self) -> str:
        return self.gateway.log.read_text()
