# SPDX-License-Identifier: Apache-2.0
"""The contenders that speak HTTP, on a port of this machine. The gateway is two processes on one core: it and the
daemon that it asks.
"""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path

from client import Client
from machine import first_line
from processes import Broken, Placement, cpu_seconds, family, status_kib
from servers import Server, Valhallad, Workspace

SESSION = "/core/go/session"
DOCUMENT_BYTES = 450
KEPT_REQUESTS = 1_000_000  # on one connection: what the gateway allows
HERE = Path(__file__).resolve().parent


class HttpServer(Server):
    look_s = 0.02

    def __init__(self, name: str, workspace: Workspace, placement: Placement):
        super().__init__(name, workspace, placement)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def url(self, target: str = SESSION) -> str:
        return f"http://127.0.0.1:{self.port}{target}"

    def get(self, target: str = SESSION) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise Broken(f"{self.name} answered {answer.status} to GET {target}: {body[:200]!r}")
        return body

    def answers(self) -> bool:
        try:
            return bool(self.get())
        except OSError:
            return False

    @property
    def pids(self) -> list[int]:
        return family(self.pid)


class Gateway(HttpServer):
    """valhalla-gateway in front of a daemon that starts and ends with it, in which a session is active."""

    def __init__(self, programs: Path, workspace: Workspace, placement: Placement):
        super().__init__("valhalla-gateway", workspace, placement)
        self.program = programs / "valhalla-gateway"
        self.daemon = Valhallad(programs / "valhallad", workspace, placement, 1)

    def prepare(self):
        self.daemon.__enter__()
        self.start_session("")

    def start_session(self, notes: str):
        with Client(self.daemon.socket) as client:
            client.call("session.start", notes=notes, if_active="supersede")

    def ready(self):
        """The document gets the length that all contenders have."""
        self.start_session("n" * (DOCUMENT_BYTES - len(self.get())))
        if (size := len(self.get())) != DOCUMENT_BYTES:
            raise Broken(f"the gateway's document has {size} bytes, not {DOCUMENT_BYTES}")

    def command(self) -> list[str]:
        return [str(self.program), "--dev", "--listen", f"127.0.0.1:{self.port}", "--socket", str(self.daemon.socket)]

    def __exit__(self, *_):
        super().__exit__()
        self.daemon.__exit__()

    @property
    def pids(self) -> list[int]:
        return [self.pid, self.daemon.pid]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid) + cpu_seconds(self.daemon.pid)

    def peak_mib(self) -> float:
        """Of the gateway alone."""
        return status_kib(self.pid, "VmHWM") / 1024


class Nginx(HttpServer):
    """One worker, without a log, with a file of the document."""

    def __init__(self, workspace: Workspace, placement: Placement, document: bytes, file_cache: bool):
        super().__init__("nginx", workspace, placement)
        self.document = document
        self.file_cache = file_cache

    def prepare(self):
        file = self.directory / SESSION.removeprefix("/")
        file.parent.mkdir(parents=True)
        file.write_bytes(self.document)
        # sendfile and tcp_nopush as in Debian's nginx.conf.
        (self.directory / "nginx.conf").write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
worker_processes 1;
pid {self.directory}/pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    default_type application/json;
    keepalive_requests {KEPT_REQUESTS};
    {"open_file_cache max=10;" if self.file_cache else ""}
    client_body_temp_path {self.directory}/body;
    proxy_temp_path {self.directory}/proxy;
    fastcgi_temp_path {self.directory}/fastcgi;
    uwsgi_temp_path {self.directory}/uwsgi;
    scgi_temp_path {self.directory}/scgi;
    server {{
        listen 127.0.0.1:{self.port};
        root {self.directory};
    }}
}}
""", encoding="utf-8")

    def command(self) -> list[str]:
        return ["/usr/sbin/nginx", "-e", "stderr", "-c", str(self.directory / "nginx.conf")]


class FastApi(HttpServer):
    """One process with uvloop and httptools, which answers the document from memory."""

    def __init__(self, workspace: Workspace, placement: Placement, document: bytes):
        super().__init__("FastAPI", workspace, placement)
        self.document = document

    def prepare(self):
        (self.directory / "document.json").write_bytes(self.document)

    def command(self) -> list[str]:
        return ["env", f"DOCUMENT={self.directory}/document.json", "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/uvicorn", "--app-dir", str(HERE), "--loop", "uvloop",
                "--http", "httptools", "--no-access-log", "--log-level", "warning", "--host", "127.0.0.1", "--port",
                str(self.port), "fastapi_app:app"]


def versions(programs: Path) -> dict[str, str]:
    python = ["/usr/bin/python3", "-c", "from importlib.metadata import version as of\n"
              "print(f\"FastAPI {of('fastapi')}, uvicorn {of('uvicorn')}, uvloop {of('uvloop')}, httptools {of('httptools')}\")"]
    return {
        "valhallad": first_line([str(programs / "valhallad"), "--version"]),
        "nginx": first_line(["/usr/sbin/nginx", "-v"]).removeprefix("nginx version: "),
        "FastAPI": first_line(python),
        "wrk": first_line(["wrk", "-v"]).partition(" [")[0],
    }
