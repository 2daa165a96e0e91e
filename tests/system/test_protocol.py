# SPDX-License-Identifier: Apache-2.0
"""ipc/PROTOCOL.md is true: the tests that it names are there, and the clients that it shows get an answer."""

import os
import re
import subprocess

import harness
from harness import SOURCE_DIR, DaemonTest

DOCUMENT = (SOURCE_DIR / "ipc" / "PROTOCOL.md").read_text()


class Protocol(DaemonTest):
    def run_client(self, *command: str) -> str:
        done = subprocess.run(command, env={**os.environ, "VALHALLA_SOCKET": str(self.daemon.socket)}, capture_output=True,
                              text=True, timeout=harness.DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @staticmethod
    def block(language: str) -> str:
        return re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.S).group(1)

    def test_every_test_that_it_names_is_there(self):
        there = set()
        for file in (SOURCE_DIR / "tests").rglob("*"):
            if file.suffix in (".cpp", ".py"):
                there |= set(re.findall(r"TEST_CASE\((\w+)", file.read_text()))
                there |= set(re.findall(r"def (test_\w+)", file.read_text()))
        named = set(re.findall(r"\b(?:[a-z0-9]+_){3,}[a-z0-9]+\b", re.sub(r"```.*?```", "", DOCUMENT, flags=re.S)))
        self.assertGreater(len(named), 35)
        self.assertEqual(named - there, set())

    def test_the_shell_client(self):
        self.assertIn('"band":"B"', self.run_client("sh", "-c", self.block("sh")))

    def test_the_python_client(self):
        self.assertEqual(self.run_client("python3", "-c", self.block("python")), "B\n")

    def test_the_cpp_client(self):
        with harness.temporary_directory() as directory:
            (directory / "client.cpp").write_text(self.block("cpp"))
            subprocess.run(["g++", "-std=c++20", "-o", directory / "client", directory / "client.cpp"], check=True)
            self.assertIn('"band":"B"', self.run_client(str(directory / "client")))

    def test_the_failure_worked_through(self):
        request, answer = re.search(r"→ (\{.*?\})\n\s+← (\{.*?\}\}\})\n", DOCUMENT, re.S).groups()
        expected = re.sub(r"\n\s+", "", answer)
        self.client.send_line(request)
        self.assertEqual(self.client.receive_line().decode(), expected)


if __name__ == "__main__":
    harness.main()
