# SPDX-License-Identifier: Apache-2.0
"""valhalla-gateway as its unit runs it, as far as that goes without systemd: a socket that outlives it, a user without a role
who may open the daemon's socket, namespaces of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import place
from gateway import Gateway, Http
from harness import DEADLINE_S, SOURCE_DIR, Daemon, eventually, program
from service_manager import Notices, handing_over

# Nobody of /etc/passwd and /etc/group; the number of the group that may open the daemon's socket.
GATEWAY_USER = 61_031
SOCKET_GROUP = 61_032
UNIT = SOURCE_DIR / "packaging/systemd/valhalla-gateway.service"
FILTER = Path(__file__).with_name("service_filter.py")


def listening(address: str = "127.0.0.1") -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, 0))
    made.listen(512)
    return made


def as_the_unit_does() -> list[str]:
    """Its own user and networks and, where that is allowed, its own mapping of users."""
    command = ["setpriv", f"--reuid={GATEWAY_USER}", f"--regid={GATEWAY_USER}", f"--groups={SOCKET_GROUP}", "--no-new-privs"]
    isolated = ["unshare", "--user", "--map-current-user", "--net"]
    return command + (isolated if place.succeeds(*command, *isolated, "/bin/true") else [])


class ServiceGateway(Gateway):
    """Started with sockets. As root it runs as another user; by anybody else, as that user."""

    def __init__(self, daemon: Daemon, programs: Path, config: str = "", sockets: list[socket.socket] | None = None,
                 filtered: bool = False, **more):
        self.daemon = daemon
        self.filter: list[str] = []
        if filtered:  # a system call that the unit does not allow ends it
            files = [place.copy_for_all(source, programs) for source in (FILTER, UNIT)]
            self.filter = [sys.executable, "-B", *map(str, files)]
        self.listeners = sockets or [listening()]
        self.config = daemon.directory / "gateway.toml"
        self.config.write_text(config)
        self.config.chmod(0o644)
        self.program = programs / "valhalla-gateway"
        if not self.program.exists():
            place.copy_for_all(program("VALHALLA_GATEWAY"), programs)
        self.notices = Notices(daemon.directory / f"notify-{os.urandom(4).hex()}")
        if place.can_be_others():
            daemon.directory.chmod(0o711)
            self.open_socket()
        super().__init__(daemon.socket, directory=daemon.directory, **more)

    def open_socket(self):
        """What SocketGroup= and SocketMode= of the daemon's socket unit do."""
        os.chown(self.daemon.socket, -1, SOCKET_GROUP)
        self.daemon.socket.chmod(0o660)

    def __exit__(self, failed, *rest):
        super().__exit__(failed, *rest)
        self.notices.close()
        for each in self.listeners:
            each.close()

    def command(self) -> list[str]:
        run_as = as_the_unit_does() if place.can_be_others() else []
        return [*run_as, *self.filter, str(self.program), "--config", str(self.config), "--socket", str(self.socket_path), *self.options]

    def begin(self):
        """Starts it and does not wait for it."""
        # Between setpriv, which is found by its path, and the program stands nothing that looks at descriptors.
        outer, *inner = self.command()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                **handing_over(self.listeners, [subprocess.check_output(["which", outer], text=True).strip(), *inner]),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"NOTIFY_SOCKET": str(self.notices.path)} | self.environment)

    def start(self):
        self.begin()
        self.port = self.listeners[0].getsockname()[1]
        said = self.notices.heard

        def ready() -> bool:
            assert self.process.poll() is None, f"valhalla-gateway ended:\n{self.log.read_text(errors='replace')[-4000:]}"
            return not said.empty() and "READY" in said.get()

        eventually(ready, "valhalla-gateway is ready")

    def http(self, address: str = "127.0.0.1") -> Http:
        return Http(self.port, address=address)


def run_gateway(*arguments: str, sockets: list[socket.socket] | None = None, environment: dict[str, str] | None = None):
    """Runs one that is expected to end by itself."""
    command = [program("VALHALLA_GATEWAY"), *arguments]
    how = handing_over(sockets, command) if sockets else {"args": command}
    return subprocess.run(**how, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                          env=os.environ | (environment or {}))


__all__ = ["GATEWAY_USER", "SOCKET_GROUP", "ServiceGateway", "listening", "run_gateway", "signal"]
