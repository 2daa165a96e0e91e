# SPDX-License-Identifier: Apache-2.0
"""valhallactl on a terminal of its own, and how wide what it shows is."""

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

import harness
from harness import program


class Terminal:
    """valhallactl with a terminal for all three streams."""

    def __init__(self, *arguments: str, columns: int = 80, term: str | None = "xterm"):
        self.master, slave = pty.openpty()
        self._set_columns(columns)
        environment = {**os.environ, "NO_COLOR": "1"}
        environment.pop("TERM", None)
        if term is not None:
            environment["TERM"] = term
        self.process = subprocess.Popen([program("VALHALLACTL"), *arguments], stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env=environment)
        os.close(slave)
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a character

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def _read(self) -> bool:
        """False at the end."""
        ended = self.process.poll() is not None  # asked first: what it wrote before is there then
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            self.seen += self._decoder.decode(data)
            return bool(data)
        return not ended

    def _set_columns(self, columns: int):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def resize(self, columns: int):
        self._set_columns(columns)
        # The session has no controlling terminal, so that the kernel tells nobody.
        self.process.send_signal(signal.SIGWINCH)

    def until(self, text: str, since: int = 0) -> str:
        end = time.monotonic() + harness.DEADLINE_S
        while text not in self.seen[since:] and time.monotonic() < end and self._read():
            pass
        assert text in self.seen[since:], f"{text!r} is not in {self.seen[since:]!r}"
        return self.seen

    def quiet(self):
        """Reads until nothing came for a while: what was drawn is drawn."""
        while True:
            before = len(self.seen)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                self._read()
            if len(self.seen) == before:
                return

    def type(self, text: str):
        os.write(self.master, text.encode())

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(harness.DEADLINE_S)


def columns_of(line: str) -> int:
    """By Python's own data of Unicode, not by ours; at least what any terminal takes."""
    columns = 0
    last = 0
    for c in line:
        width = 0 if unicodedata.category(c) in {"Mn", "Me", "Cf"} else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if c == "\ufe0f":
            width = 2 - last  # shown as a picture
        columns += width
        last = width
    return columns


def blocked_signals(pid: int) -> set[int]:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        mask = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}
