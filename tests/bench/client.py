# SPDX-License-Identifier: Apache-2.0
"""One connection to a daemon, one request at a time, and how long the answer took."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from processes import Broken


class Client:
    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_):
        self._socket.close()

    def call(self, method: str, **params) -> dict:
        return self.timed(method, **params)[0]

    def timed(self, method: str, **params) -> tuple[dict, float]:
        """The result, and the seconds from the request's first byte to the answer's last."""
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"
        parts = []
        start = time.perf_counter()
        self._socket.sendall(line)
        while not parts or not parts[-1].endswith(b"\n"):
            part = self._socket.recv(1 << 20)
            if not part:
                raise Broken(f"the daemon closed the connection instead of answering {method}")
            parts.append(part)
        took = time.perf_counter() - start
        answer = json.loads(b"".join(parts))
        if "error" in answer:
            raise Broken(f"{method} {params}: {answer['error']['message']}")
        return answer["result"], took
