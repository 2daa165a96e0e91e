# SPDX-License-Identifier: Apache-2.0
"""What systemd does for valhallad, as far as the tests need it: owns the listening socket, hands it over as descriptor 3, hears
what the daemon notifies."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from pathlib import Path

from harness import DEADLINE_S, Client, Daemon, eventually, program

# Between fork and exec, because LISTEN_PID is the daemon's own.
HAND_OVER = r"""
import os, sys
descriptors, command = sys.argv[1].split(","), sys.argv[2:]
aside = [os.dup(int(descriptor)) for descriptor in descriptors if descriptor]
for place, descriptor in enumerate(aside, 3):
    os.dup2(descriptor, place)
    os.set_inheritable(place, True)
os.environ.update(LISTEN_FDS=str(len(aside)), LISTEN_PID=str(os.getpid()))
os.execv(command[0], command)
"""


def handing_over(sockets: list[socket.socket], command: list[str]) -> dict:
    """What Popen needs to run `command` with these sockets as descriptors 3, 4, …"""
    numbers = [each.fileno() for each in sockets]
    return {"args": [sys.executable, "-c", HAND_OVER, ",".join(map(str, numbers)), *command], "pass_fds": numbers}


class Notices:
    """Hears what a service tells its manager."""

    def __init__(self, path: Path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o777)  # for services that run as another user
        self.heard: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)

    def _listen(self):
        """At all times, because a service whose notices nobody takes waits, as it would for systemd."""
        with self.socket:
            while notice := self.socket.recv(65536):
                self.heard.put(dict(line.split("=", 1) for line in notice.decode().splitlines()))

    def next(self) -> dict[str, str]:
        """What the service says next, by name."""
        return self.heard.get(timeout=DEADLINE_S)

    def next_with(self, name: str) -> dict[str, str]:
        """The next one that says `name`; what comes before it is dropped."""
        while name not in (said := self.next()):
            pass
        return said


class Activated(Daemon):
    """A daemon that is started with a socket which outlives it."""

    def __init__(self, *options: str, environment: dict[str, str] | None = None, **more):
        self.environment = environment or {}
        super().__init__(*options, start=False, **more)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.socket))
        self.listener.listen(512)
        self.notices = Notices(self.directory / "notify")
        self.start()

    def __exit__(self, *failed):
        self.notices.close()
        super().__exit__(*failed)
        self.listener.close()

    def command(self) -> list[str]:
        # Without --socket: what is handed over holds.
        return [program("VALHALLAD"), "--state-dir", str(self.state), *self.options]

    def begin(self):
        """Starts it and does not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                **handing_over([self.listener], self.command()), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"NOTIFY_SOCKET": str(self.notices.path)} | self.environment)

    def start(self):
        self.begin()
        eventually(self._answers, "valhallad answers")

    def _answers(self) -> bool:
        try:
            return super()._answers()
        except TimeoutError:  # nobody accepts, perhaps because it ended
            return False

    def client(self, timeout_s: float = DEADLINE_S) -> Client:
        return Client(self.socket, timeout_s)

    def next_notice(self) -> dict[str, str]:
        """What the daemon says next, by name."""
        return self.notices.next()

    def notice(self, name: str) -> dict[str, str]:
        """The next one that says `name`; what comes before it is dropped."""
        return self.notices.next_with(name)


def start_with(sockets: list[socket.socket], state: Path) -> subprocess.CompletedProcess:
    """Runs a daemon that must not like what it is handed."""
    return subprocess.run(**handing_over(sockets, [program("VALHALLAD"), "--state-dir", str(state)]),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
