# SPDX-License-Identifier: Apache-2.0
"""valhallactl on a terminal of its own, watching, and in front of things that are no daemon."""

import contextlib
import signal
import socket
import subprocess
import threading
import unittest

import harness
from harness import DaemonTest, eventually, program, temporary_directory
from place import needs_terminals
from terminal import Terminal, blocked_signals

EVIL = "red \x1b[31m bell \x07 title \x1b]0;owned\x07 c1 \u009b31m " + "and so on " * 20


@needs_terminals
class OnATerminal(DaemonTest):
    def on_terminal(self, *arguments: str, **options) -> Terminal:
        return self.enterContext(Terminal("--socket", str(self.daemon.socket), *arguments, **options))

    def test_session_start_asks_for_notes_once(self):
        terminal = self.on_terminal("session", "start")
        terminal.until("Notes for this session")
        terminal.type("asked and answered\n")
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.client.call("session.status")["start_notes"], "asked and answered")
        silent = self.on_terminal("session", "start", "--supersede", "--no-input")
        self.assertEqual(silent.end(), 0)
        self.assertNotIn("Notes for", silent.seen)

    def test_no_text_of_others_acts_on_the_terminal_and_no_line_is_too_wide(self):
        self.client.call("session.start", notes=EVIL)
        self.client.call("audit.append", event="X_EVIL", payload={"text": EVIL})
        for arguments in [["session", "list"], ["audit", "list"], ["status"], ["session", "status"]]:
            with self.subTest(arguments=arguments):
                terminal = self.on_terminal(*arguments, columns=72)
                self.assertEqual(terminal.end(), 0)
                self.assertEqual([c for c in terminal.seen if (ord(c) < 32 or 0x7f <= ord(c) < 0xa0) and c not in "\r\n"], [])
                self.assertLessEqual(max(len(line) for line in terminal.seen.split("\r\n")), 72)
        self.assertIn("…", terminal.seen + self.on_list())
        self.assertNotIn("…", self.daemon.ctl("session", "list").stdout)

    def on_list(self) -> str:
        terminal = self.on_terminal("session", "list", columns=72)
        terminal.end()
        return terminal.seen

    def test_watching_redraws_survives_a_restart_and_ends_with_ctrl_c(self):
        terminal = self.on_terminal("status", "--watch", "1")
        terminal.until("Last events")
        self.client.call("cone.set", band="C", reason="while somebody watches")
        terminal.until("while somebody watches")
        self.client.close()
        before = len(terminal.seen)
        self.daemon.stop()
        terminal.until("trying again", before)
        self.daemon.start()
        terminal.until("connected again", before)
        terminal.until("Last events", len(terminal.seen))
        terminal.type("\x03")
        # The session has no controlling terminal, so that the key is no signal: send what it would have been.
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.end(), 0)


class WatchingInAPipe(DaemonTest):
    def test_each_change_is_one_line_and_a_restart_costs_none(self):
        command = [program("VALHALLACTL"), "--socket", str(self.daemon.socket), "status", "--watch", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            first = process.stdout.readline()
            self.assertRegex(first, r"^band=B health=\w+ session=none seq=\d+ at=\S+Z event=\w+\n$")
            self.client.call("session.start", notes="x")
            self.assertIn("session=#1 ", process.stdout.readline())
            self.daemon.restart()
            self.assertIn("trying again", process.stderr.readline())
            self.assertIn("connected again", process.stderr.readline())
            with self.daemon.client() as client:
                client.call("session.end")
            line = process.stdout.readline()
            while "session=none" not in line:  # the restart itself may be a record
                self.assertTrue(line)
                line = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(harness.DEADLINE_S), 0)
            self.assertNotIn("\x1b", line)

    def test_who_watches_nothing_is_told_at_once(self):
        self.client.close()
        self.daemon.stop()
        self.assertIn("no daemon", self.daemon.ctl("status", "--watch", expect=2).stderr)


class NoDaemonAtAll(unittest.TestCase):
    """Things that answer, but not like valhallad. Each connection is answered with the same bytes."""

    @contextlib.contextmanager
    def listening(self, answer: bytes | None, hang: bool = False):
        with temporary_directory() as directory, socket.socket(socket.AF_UNIX) as server:
            server.bind(str(directory / "sock"))
            server.listen()
            kept = []

            def serve():
                with contextlib.suppress(OSError):
                    while True:
                        peer, _ = server.accept()
                        kept.append(peer)
                        if answer is not None:
                            peer.recv(65536)
                            peer.sendall(answer)
                        if not hang:
                            peer.close()

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield directory / "sock"
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for peer in kept:
                peer.close()

    def test_every_wrong_answer_is_a_sentence_and_an_exit_code(self):
        answers = {
            "nothing at all": None,
            "an early end": b'{"jsonrpc":"2.0","id":1,"res',
            "bytes": bytes(range(256)) * 10 + b"\n",
            "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "no object": b"[]\n",
            "no result": b'{"jsonrpc":"2.0","id":1}\n',
            "an error that is no object": b'{"jsonrpc":"2.0","id":1,"error":"\x1b[31m"}\n',
            "an error without anything": b'{"jsonrpc":"2.0","id":1,"error":{}}\n',
            "an error with escapes": b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\\u001b[31mred"}}\n',
            "depth": b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        }
        for name, answer in answers.items():
            for arguments in [["status"], ["session", "start"], ["audit", "follow"], ["status", "--watch"]]:
                with self.subTest(answer=name, arguments=arguments), self.listening(answer) as path:
                    done = subprocess.run([program("VALHALLACTL"), "--socket", str(path), *arguments], capture_output=True,
                                          stdin=subprocess.DEVNULL, timeout=harness.DEADLINE_S, check=False)
                    self.assertIn(done.returncode, (1, 2), done.stderr)
                    self.assertTrue(done.stderr.startswith(b"valhallactl: "), done.stderr)
                    self.assertNotIn(b"\x1b", done.stderr + done.stdout)
                    self.assertNotRegex(done.stderr, rb"terminate|what\(\)|std::|boost")

    def test_a_line_without_end_is_given_up(self):
        with self.listening(b"x" * (129 << 20)) as path:
            done = subprocess.run([program("VALHALLACTL"), "--socket", str(path), "cone", "show"], capture_output=True,
                                  text=True, timeout=harness.DEADLINE_S * 2, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("line of more than", done.stderr)

    def test_silence_ends_with_ctrl_c_and_a_watch_ends_well(self):
        with self.listening(b"", hang=True) as path:
            command = [program("VALHALLACTL"), "--socket", str(path), "status", "--watch"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                eventually(lambda: signal.SIGINT in blocked_signals(process.pid), "it watches for Ctrl-C")
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(harness.DEADLINE_S), 0)


if __name__ == "__main__":
    harness.main()
