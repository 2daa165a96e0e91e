# SPDX-License-Identifier: Apache-2.0
"""Starts the real valhalla-gateway in front of a real daemon, and speaks HTTP to it: politely, or byte by byte."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import DEADLINE_S, NO_RATES, Daemon, DaemonTest, eventually, program

for variable in ("VALHALLA_DEV_KEY", "CORS_ALLOWED_ORIGINS"):
    os.environ.pop(variable, None)


@dataclass
class Answer:
    status: int
    fields: dict[str, str]  # names in lower case; of several with one name the values with commas between them
    body: bytes

    def json(self):
        return json.loads(self.body)

    def detail(self):
        answer = self.json()
        assert set(answer) == {"detail"}, answer
        return answer["detail"]


class ConnectionEnded(Exception):
    pass


class Http:
    """One connection to the gateway."""

    def __init__(self, port: int, timeout_s: float = DEADLINE_S, address: str = "127.0.0.1"):
        self.port = port
        self.socket = socket.create_connection((address, port), timeout=timeout_s)
        self._buffer = bytearray()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes | str):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _more(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise ConnectionEnded
        self._buffer += data

    def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def take_until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            self._more()
        return self.take(at + len(mark))

    def ended(self) -> bool:
        """Waits for the end of the connection; what still comes is an error."""
        try:
            rest = self.take(1)
        except ConnectionEnded:
            return True
        raise AssertionError(f"more came: {rest + bytes(self._buffer)!r}")

    def answer(self, bodiless: bool = False) -> Answer:
        head = self.take_until(b"\r\n\r\n").decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Za-z ]+", head[0])
        assert match, head[0]
        fields: dict[str, str] = {}
        for line in head[1:]:
            name, colon, value = line.partition(": ")
            assert colon, line
            name = name.lower()
            fields[name] = fields[name] + ", " + value if name in fields else value
        status = int(match[1])
        if fields.get("transfer-encoding") == "chunked":
            return Answer(status, fields, b"" if bodiless else self.chunks())
        assert ("content-length" in fields) != (status in (100, 204, 304)), head
        length = 0 if bodiless or status in (100, 204, 304) else int(fields["content-length"])
        return Answer(status, fields, self.take(length))

    def chunks(self) -> bytes:
        """A body in chunks, to its end."""
        body = bytearray()
        while size := int(self.take_until(b"\r\n"), 16):
            body += self.take(size)
            assert self.take(2) == b"\r\n"
        assert self.take(2) == b"\r\n"
        return bytes(body)

    def request(self, method: str, target: str, body=None, **fields: str) -> Answer:
        """`body`: an object that is sent as JSON, or bytes. `fields`: with `_` for `-`."""
        self.send(self.text(method, target, body, **fields))
        return self.answer(bodiless=method == "HEAD")

    def text(self, method: str, target: str, body=None, **fields: str) -> bytes:
        lines = {"Host": f"localhost:{self.port}"}
        data = b""
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            lines["Content-Type"] = "application/json"
            lines["Content-Length"] = str(len(data))
        lines |= {name.replace("_", "-"): value for name, value in fields.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + data


class Stream:
    """A reader of server-sent events."""

    def __init__(self, port: int, target: str = "/core/audit/stream", **fields: str):
        self.http = Http(port)
        self.http.send(self.http.text("GET", target, **fields))
        self.head = self.http.take_until(b"\r\n\r\n").decode()

    def event(self) -> tuple[int, dict]:
        """The next one, past all comments."""
        while True:
            lines = self.http.take_until(b"\n\n").decode().splitlines()
            if not lines[0].startswith(":"):
                assert lines[0].startswith("id: ") and lines[1].startswith("data: "), lines
                return int(lines[0][4:]), json.loads(lines[1][6:])

    def close(self):
        self.http.close()


class Gateway:
    """A running valhalla-gateway. A context manager."""

    def __init__(self, socket_path: Path | str, *options: str, directory: Path, environment: dict[str, str] | None = None):
        self.socket_path = socket_path
        self.options = options
        self.log = directory / "gateway.log"
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None
        self.port = 0
        self.start()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, failed, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if failed and self.log.exists():
            print(f"--- log of valhalla-gateway\n{self.log.read_text(errors='replace')[-8000:]}---", file=sys.stderr)

    def command(self) -> list[str]:
        return [program("VALHALLA_GATEWAY"), "--dev", "--listen", f"127.0.0.1:{self.port}", "--socket", str(self.socket_path),
                *self.options]

    def start(self):
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | self.environment)

        def told_port() -> int:
            text = self.log.read_text(errors="replace")[begin:]
            assert self.process.poll() is None, f"valhalla-gateway ended with {self.process.returncode}:\n{text}"
            match = re.search(r"http://127\.0\.0\.1:(\d+)\n", text)
            return int(match[1]) if match else 0

        self.port = eventually(told_port, "valhalla-gateway listens")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE_S) == 0, self.log.read_text(errors="replace")[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def http(self) -> Http:
        return Http(self.port)

    def request(self, method: str, target: str, body=None, **fields: str) -> Answer:
        """On a connection of its own."""
        with self.http() as http:
            return http.request(method, target, body, **fields)

    def raw(self, data: bytes | str) -> Answer:
        with self.http() as http:
            http.send(data)
            return http.answer()


class GatewayTest(DaemonTest):
    """A fresh daemon and a gateway in front of it for each test."""

    config = NO_RATES
    gateway_options: tuple[str, ...] = ()
    gateway_environment: dict[str, str] = {}

    def setUp(self):
        super().setUp()
        self.gateway = self.enterContext(Gateway(self.daemon.socket, *self.gateway_options, directory=self.daemon.directory,
                                                 environment=self.gateway_environment))

    def get(self, target: str, **fields: str) -> Answer:
        return self.gateway.request("GET", target, **fields)

    def post(self, target: str, body=None, **fields: str) -> Answer:
        return self.gateway.request("POST", target, body, **fields)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident_kib(pid: int, name: str = "VmRSS") -> int:
    with contextlib.suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def most_resident_kib(pid: int) -> int:
    """Since it began."""
    return resident_kib(pid, "VmHWM")


def unsent_bytes(pid: int) -> int:
    """What the kernel holds of the data that a process wrote into its TCP sockets and that was not taken. /proc/net/tcp has a line
    for each socket, whose number the process's descriptors name."""
    own = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            own.add(os.readlink(descriptor))
    total = 0
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in own:
            total += int(words[4].split(":")[0], 16)
    return total


__all__ = ["Answer", "ConnectionEnded", "Daemon", "Gateway", "GatewayTest", "Http", "Stream", "most_resident_kib", "open_files",
           "resident_kib", "unsent_bytes"]
