# SPDX-License-Identifier: Apache-2.0
"""Starts the real valhallad on a state directory and a socket of its own, and talks to it as any program would.

Nothing here waits by sleeping for a fixed time: whoever waits, waits for a condition, with a deadline (`eventually`).
The programs come from the environment (VALHALLAD, VALHALLACTL), which CTest sets.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import place
from api_schema import Api
from place import as_user, temporary_directory  # noqa: F401 (for the tests)

# Whether the programs are built with sanitizers: their memory and their system calls are then not their own.
SANITIZED = bool(os.environ.get("VALHALLA_SANITIZED"))
# Generous, because a loaded machine is slow, and a sanitizer several times slower; a test that passes never waits this long.
DEADLINE_S = float(os.environ.get("VALHALLA_TEST_DEADLINE_S", "300" if SANITIZED else "60"))
SOURCE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = SOURCE_DIR / "tests" / "data"


def program(variable: str) -> str:
    path = os.environ.get(variable)
    if not path:
        sys.exit(f"{variable} is not set: run this through ctest, or set it to the program's path")
    return path


# A setting of the person who runs the tests must not reach the programs under test.
for variable in ("VALHALLA_SOCKET", "VALHALLA_STATE_DIR", "STATE_DIRECTORY", "NOTIFY_SOCKET", "LISTEN_FDS"):
    os.environ.pop(variable, None)


def eventually(condition, what: str, deadline_s: float = DEADLINE_S):
    """Calls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + deadline_s
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s:.0f} s: {what}")
        time.sleep(0.005)


# For tests that change the cone oftener than the default rate allows.
NO_RATES = '[rate_limits]\n"cone.set" = "none"\n"thresholds.set" = "none"\n'


class RpcError(Exception):
    def __init__(self, error: dict):
        super().__init__(f"{error.get('code')} {error.get('data', {}).get('kind')}: {error.get('message')}")
        self.error = error
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data", {})
        self.kind = self.data.get("kind")


class ConnectionClosed(Exception):
    pass


def methods_by_id(line: bytes | str) -> dict[str, str]:
    """The methods that a line calls, by the id of the request as JSON; nothing where it is no such line."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    requests = message if isinstance(message, list) else [message]
    return {json.dumps(one["id"]): one["method"] for one in requests
            if isinstance(one, dict) and "id" in one and isinstance(one.get("method"), str)}


class Client:
    """One connection. `call` for one request and its answer; `send`/`receive` for what a test wants to see raw.

    Every answer to `call` and `ask`, and every notification, is held against the daemon's own description of it (rpc.discover).
    """

    api: Api | None = None  # of the first daemon that this process started

    def __init__(self, path: str | Path, timeout_s: float = DEADLINE_S):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout_s)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self._buffer = bytearray()
        self._next_id = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes | str):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def send_line(self, line: bytes | str):
        self.send((line.encode() if isinstance(line, str) else line) + b"\n")

    def end_of_input(self):
        """Says that no more requests come; answers still can."""
        self.socket.shutdown(socket.SHUT_WR)

    def receive_line(self) -> bytes:
        """The next line without its newline. Raises ConnectionClosed at the end of the stream."""
        while (end := self._buffer.find(b"\n")) < 0:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                if self._buffer:
                    raise AssertionError(f"the stream ends in the middle of a line: {bytes(self._buffer)!r}")
                raise ConnectionClosed
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def receive(self):
        message = json.loads(self.receive_line())
        if isinstance(message, dict) and "method" in message:
            problems = self.api.problems_of_notification(message)
            assert not problems, f"{message} is not as described:\n" + "\n".join(problems)
        return message

    def rest(self) -> list[bytes]:
        """Every line until the daemon closes the connection."""
        lines = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                lines.append(self.receive_line())
        return lines

    def request(self, method: str, params: dict | None = None, id_=None) -> str:
        self._next_id += 1
        message = {"jsonrpc": "2.0", "id": self._next_id if id_ is None else id_, "method": method}
        if params is not None:
            message["params"] = params
        return json.dumps(message)

    def call(self, method: str, /, **params):
        """The result. Raises RpcError where the daemon refuses."""
        self.send_line(self.request(method, params or None))
        answer = self.receive()
        assert answer.get("jsonrpc") == "2.0", answer
        assert answer.get("id") == self._next_id, answer
        self._check(method, answer)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def refused(self, method: str, /, **params) -> RpcError:
        """The refusal of a call that must be refused."""
        try:
            result = self.call(method, **params)
        except RpcError as refusal:
            return refusal
        raise AssertionError(f"{method} {params} was not refused: {result}")

    def ask(self, line: bytes | str):
        """Sends a line as it is, and reads the one line that answers it."""
        self.send_line(line)
        answer = self.receive()
        methods = methods_by_id(line)
        for one in answer if isinstance(answer, list) else [answer]:
            self._check(methods.get(json.dumps(one.get("id"))), one)
        return answer

    @classmethod
    def _check(cls, method: str | None, answer: dict):
        if cls.api is None and method == "rpc.discover":
            cls.api = Api(answer["result"])
        problems = cls.api.problems(method, answer)
        assert not problems, f"the answer to {method} is not as described:\n" + "\n".join(problems[:20])


SANITIZER_REPORT = re.compile(r"(WARNING|ERROR|FATAL): \w+Sanitizer|:\d+:\d+: runtime error: ")


class Daemon:
    """A running valhallad. A context manager; its directory goes away with it.

    What a sanitizer reports fails the test at the end: a thread sanitizer tells it by the exit code otherwise, which a
    daemon that is killed does not have.
    """

    def __init__(self, *options: str, directory: Path | None = None, start: bool = True, config: str = ""):
        self.owns_directory = directory is None
        # Under /tmp, because a socket's path may not be longer than 107 bytes.
        self.directory = directory or Path(tempfile.mkdtemp(prefix="valhalla-test-", dir="/tmp"))
        self.state = self.directory / "state"
        self.socket = self.directory / "socket"
        self.log = self.directory / "log"
        self.options = list(options)
        if config:
            (self.directory / "valhallad.toml").write_text(config)
            self.options += ["--config", str(self.directory / "valhallad.toml")]
        self.process: subprocess.Popen | None = None
        if start:
            self.start()

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, failed, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        report = SANITIZER_REPORT.search(log)
        if failed and log:
            print(f"--- log of valhallad\n{log[-8000:]}---", file=sys.stderr)
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        if report:
            raise AssertionError(f"a sanitizer has a report:\n{log[report.start():][:16000]}")

    def command(self) -> list[str]:
        return [program("VALHALLAD"), "--state-dir", str(self.state), "--socket", str(self.socket), *self.options]

    def start(self):
        assert self.process is None or self.process.poll() is not None, "it runs already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(self._answers, "valhallad answers")

    def _answers(self) -> bool:
        code = self.process.poll()
        if code is not None:
            raise AssertionError(f"valhallad ended with {code}:\n{self.log.read_text(errors='replace')[-4000:]}")
        try:
            with self.client() as client:
                client.call("daemon.info" if Client.api else "rpc.discover")
            return True
        except (FileNotFoundError, ConnectionRefusedError, ConnectionClosed):
            return False

    def stop(self):
        """Asks it to end, and expects it to end well."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_S)
        assert code == 0, f"valhallad ended with {code}:\n{self.log.read_text(errors='replace')[-4000:]}"

    def logs(self, pattern: str) -> re.Match:
        """What matches in the log of a daemon that runs, which writes lines a moment after it did what they tell."""
        return eventually(lambda: re.search(pattern, self.log.read_text(errors="replace")), f"the log has {pattern!r}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE_S)

    def restart(self):
        self.stop()
        self.start()

    def client(self) -> Client:
        return Client(self.socket)

    def ctl(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess:
        """Runs valhallactl against this daemon."""
        done = subprocess.run([program("VALHALLACTL"), "--socket", str(self.socket), *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        if expect is not None:
            assert done.returncode == expect, f"valhallactl {arguments} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done


def run_daemon(*arguments: str) -> subprocess.CompletedProcess:
    """Runs a valhallad that is expected to end by itself."""
    return subprocess.run([program("VALHALLAD"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False)


SEND_AND_READ = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(sys.argv[1])
try:
    s.sendall("".join(line + "\\n" for line in sys.argv[2:]).encode())
    s.shutdown(socket.SHUT_WR)
    while data := s.recv(65536):
        sys.stdout.write(data.decode())
except OSError:
    sys.stdout.write(s.recv(65536).decode())  # turned away at the door: the reason can still be read
"""


def ask_as(uid: int, path: Path, *lines: str) -> list:
    """What another user, of the group users, is answered. Only root can ask."""
    done = subprocess.run([*as_user(uid), "/usr/bin/python3", "-c", SEND_AND_READ, str(path), *lines],
                          capture_output=True, text=True, timeout=DEADLINE_S, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def audit_records(client: Client, **filters) -> list[dict]:
    """Every record of the trail, oldest first, page by page."""
    records = []
    after = 0
    while after is not None:
        page = client.call("audit.list", after=after, limit=1000, **filters)
        assert page["order"] == "ascending", page["order"]
        records += page["items"]
        after = page["next_cursor"]
    return records


class DaemonTest(unittest.TestCase):
    """A fresh daemon for each test, and one connection to it."""

    options: tuple[str, ...] = ()
    config = ""  # TOML

    def setUp(self):
        self.daemon = self.enterContext(Daemon(*self.options, config=self.config))
        self.addCleanup(self._keep_log)
        self.client = self.enterContext(self.daemon.client())

    def _keep_log(self):
        self.last_log = self.daemon.log.read_text(errors="replace")[-8000:]

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"--- log of valhallad in {self.id()}\n{getattr(self, 'last_log', '')}---", file=sys.stderr)

    def reconnect(self) -> Client:
        self.client.close()
        self.client = self.enterContext(self.daemon.client())
        return self.client


def main():
    place.run()
