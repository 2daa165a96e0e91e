# SPDX-License-Identifier: Apache-2.0
"""The contenders as servers: each starts on a directory of its own, says when it is ready (sd_notify), and ends with
the `with` block that started it, whatever happens inside.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from processes import Broken, Placement, cpu_seconds, memory_mib

START_S = 120.0
STOP_S = 60.0
# The newest that is installed: Debian 12 has 15, Debian 13 has 17.
POSTGRES = max(Path("/usr/lib/postgresql").glob("[0-9][0-9]/bin"), default=Path("/usr/lib/postgresql/bin"))
DEFAULT_CONNECTIONS = 60  # what a daemon takes of one user without being told, with some to spare


class Workspace:
    """Two directories that go away at the end: data, on the disk that is measured, and sockets, whose paths are short."""

    def __init__(self, data_parent: Path):
        data_parent.mkdir(parents=True, exist_ok=True)
        self.data = Path(tempfile.mkdtemp(prefix="run-", dir=data_parent.resolve()))
        self.sockets = Path(tempfile.mkdtemp(prefix="valhalla-bench-", dir="/tmp"))
        for directory in (self.data, self.sockets):
            directory.chmod(0o711)  # the user of PostgreSQL must get through
        self._count = 0

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def new_directory(self) -> Path:
        self._count += 1
        directory = self.data / str(self._count)
        directory.mkdir()
        return directory


class Server:
    """One process, on core 0. `start_ms` is the time from its start to READY."""

    stop_signal = signal.SIGTERM
    user: str | None = None
    look_s = 0.2  # how often it is looked at while it starts

    def __init__(self, name: str, workspace: Workspace, placement: Placement, directory: Path | None = None):
        self.name = name
        self.directory = directory or workspace.new_directory()
        self.keeps_directory = directory is not None
        self.sockets = Path(tempfile.mkdtemp(dir=workspace.sockets))
        self.socket = self.sockets / "socket"
        self.log = self.sockets / "log"
        self.placement = placement
        self.process: subprocess.Popen | None = None
        self.start_ms = 0.0

    def command(self) -> list[str]:
        raise NotImplementedError

    def prepare(self):
        """Before the start."""

    def ready(self):
        """After the start."""

    def answers(self) -> bool:
        """Whether it is ready, for those who do not notify."""
        return False

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def pids(self) -> list[int]:
        """The processes whose system calls count."""
        return [self.pid]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def memory_mib(self) -> float:
        return memory_mib(self.pid)

    def __enter__(self) -> Server:
        try:
            self.prepare()
            self._start()
            self.ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)
        if not self.keeps_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_S)
            except BaseException as interruption:
                self.process.kill()
                self.process.wait()
                if not isinstance(interruption, subprocess.TimeoutExpired):
                    raise

    def _start(self):
        address = str(self.sockets / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, self.log.open("ab") as log:
            notified.bind(address)
            notified.settimeout(self.look_s)
            os.chmod(address, 0o666)
            command = self.placement.server(self.command(), self.user)
            start = time.perf_counter()
            # A session of its own: Ctrl-C at the terminal reaches us, and we end it.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                                            env={**os.environ, "NOTIFY_SOCKET": address}, start_new_session=True)
            while time.perf_counter() - start < START_S:
                try:
                    if b"READY=1" in notified.recv(4096):
                        self.start_ms = (time.perf_counter() - start) * 1000
                        return
                except TimeoutError:
                    if self.process.poll() is not None:
                        break
                    if self.answers():
                        return
        raise Broken(f"{self.name} did not start; its log ends:\n{self.log.read_text(errors='replace')[-2000:]}")


class Valhallad(Server):
    def __init__(self, program: Path, workspace: Workspace, placement: Placement, connections: int,
                 directory: Path | None = None):
        super().__init__("valhallad", workspace, placement, directory)
        self.program = program
        self.connections = connections
        self.config = self.sockets / "valhallad.toml"

    def prepare(self):
        # One user has at most three quarters of all connections.
        limits = f"[limits]\nconnections = {2 * self.connections}\nconnections_per_uid = {self.connections + 16}\n"
        self.config.write_text(limits if self.connections > DEFAULT_CONNECTIONS else "")

    def command(self) -> list[str]:
        return [str(self.program), "--config", str(self.config), "--state-dir", str(self.directory),
                "--socket", str(self.socket)]


class Redis(Server):
    def __init__(self, workspace: Workspace, placement: Placement, durable: bool):
        super().__init__("Redis", workspace, placement)
        self.durable = durable
        self.program = redis_program(workspace)

    def command(self) -> list[str]:
        # Never a rewrite of the log nor a snapshot while it is measured.
        how = ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]
        return [self.program, "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.directory), "--save", "",
                "--supervised", "systemd", "--daemonize", "no", *(how if self.durable else ["--appendonly", "no"])]

    def set(self, key: str, value: str):
        words = ("SET", key, value)
        request = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        with socket.socket(socket.AF_UNIX) as to:
            to.connect(str(self.socket))
            to.sendall(request.encode())
            if (answer := to.recv(64)) != b"+OK\r\n":
                raise Broken(f"Redis answered SET with {answer!r}")


def redis_program(workspace: Workspace) -> str:
    """Redis looks at the name that it was started under: redis-tools has the program, redis-server only the name."""
    link = workspace.sockets / "redis-server"
    if not link.exists():
        program = shutil.which("redis-check-rdb")
        if not program:
            raise Broken("there is no redis-check-rdb, which is Redis; install redis-tools")
        link.symlink_to(program)
    return str(link)


class PostgreSQL(Server):
    stop_signal = signal.SIGQUIT  # at once: the cluster is thrown away

    def __init__(self, workspace: Workspace, placement: Placement, connections: int):
        super().__init__("PostgreSQL", workspace, placement)
        self.connections = connections
        self.cluster = self.directory / "cluster"
        if os.geteuid() == 0:  # which it refuses to run as
            self.user = "postgres"
            account = pwd.getpwnam(self.user)
            for directory in (self.directory, self.sockets):
                os.chown(directory, account.pw_uid, account.pw_gid)

    def prepare(self):
        command = [str(POSTGRES / "initdb"), "--pgdata", str(self.cluster), "--username=bench", "--auth=trust",
                   "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(self.placement.server(command, self.user), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, cwd="/")
        if done.returncode != 0:
            raise Broken(f"initdb failed (can user {self.user or 'you'} reach {self.directory}? else give --directory):\n"
                         f"{done.stderr.strip()[-1000:]}")

    def command(self) -> list[str]:
        options = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), "fsync": "on",
                   "synchronous_commit": "on", "max_connections": str(self.connections + 10)}
        words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
        return [str(POSTGRES / "postgres"), "-D", str(self.cluster), *words]

    def ready(self):
        self.sql("CREATE TABLE audit (seq bigserial PRIMARY KEY, ts timestamptz NOT NULL, event text NOT NULL,"
                 " record text NOT NULL)")

    def sql(self, statement: str) -> str:
        done = subprocess.run([str(POSTGRES / "psql"), "-XAtq", "-h", str(self.sockets), "-U", "bench", "-d", "postgres",
                               "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"PostgreSQL refuses '{statement}': {done.stderr.strip()}")
        return done.stdout.strip()
