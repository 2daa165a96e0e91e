# SPDX-License-Identifier: Apache-2.0
"""The client library as somebody else gets it: installed, found by CMake and by pkg-config, and used from outside."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import harness
from harness import Daemon, program
from place import programs_directory

OUTSIDE = Path(__file__).resolve().parent / "client"
BUILD = Path(program("VALHALLAD")).parent


def build_flags() -> list[str]:
    """What a library that was built with sanitizers or for coverage demands of who links it."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    flags = re.search(r"^CMAKE_CXX_FLAGS:\w+=(.*)$", cache, re.M).group(1).split()
    sanitizers = re.search(r"^VALHALLA_SANITIZE:\w+=(.*)$", cache, re.M).group(1)
    if sanitizers:
        flags.append(f"-fsanitize={sanitizers}")
    return flags + (["-Wno-tsan"] if sanitizers == "thread" else [])  # it does not know fences, which Boost has


def run(*command, **options) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=harness.DEADLINE_S * 4,
                          check=False, **options)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


class InstalledClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = cls.enterClassContext(programs_directory())
        installed = cls.directory / "installed"
        run("cmake", "--install", BUILD, "--prefix", installed, "--component", "client")
        cls.prefix = cls.directory / "moved"  # the tree says nowhere where it lies
        shutil.move(installed, cls.prefix)

    def files(self, pattern: str) -> list[Path]:
        return [path for path in self.prefix.rglob(pattern) if path.is_file()]

    def test_nothing_but_the_library_is_installed_and_nothing_of_the_daemon(self):
        tops = {path.relative_to(self.prefix).parts[0] for path in self.files("*")}
        self.assertEqual(tops, {"include", "lib"})
        headers = self.files("*.hpp")
        self.assertGreater(len(headers), 6)
        for header in headers:
            self.assertEqual(header.relative_to(self.prefix).parts[:2], ("include", "valhalla"))
            for name in re.findall(r'#\s*include\s*[<"]([^>"]+)', header.read_text()):
                self.assertNotRegex(name, r"^(ipc|schema|daemon)/", header)
                if name.startswith("valhalla/"):
                    self.assertTrue((self.prefix / "include" / name).is_file(), f"{header} includes {name}")

    def run_blocking(self, executable: Path):
        with Daemon() as daemon:
            said = run(executable, env={**os.environ, "VALHALLA_SOCKET": str(daemon.socket)})
        lines = said.splitlines()
        self.assertEqual(lines[:3], ["session 1 once", "band B allowed", "refused session_active"])
        self.assertRegex(lines[3], r"^record of \S+: GO_SESSION_START$")
        self.assertEqual(lines[4:], ["untyped from outside", "ended ended"])

    def test_a_project_with_find_package(self):
        build = self.directory / "cmake"
        run("cmake", "-S", OUTSIDE, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            "-DCMAKE_CXX_FLAGS=" + " ".join(build_flags()))
        run("cmake", "--build", build, "--parallel", "2")
        with self.subTest("blocking"):
            self.run_blocking(build / "blocking")
        with self.subTest("callbacks"):
            self.run_callbacks(build / "callbacks")

    def run_callbacks(self, executable: Path):
        with Daemon() as daemon:
            with daemon.client() as client:
                first = len(client.call("audit.list")["items"]) + 1
            with subprocess.Popen([executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "VALHALLA_SOCKET": str(daemon.socket)}) as process:
                said = []
                for line in process.stdout:
                    said.append(line.rstrip("\n"))
                    if said[-1] == "restart":
                        daemon.restart()
                        process.stdin.write("\n")
                        process.stdin.flush()
                self.assertEqual(process.wait(harness.DEADLINE_S), 0)
        seqs = [int(line.split()[1]) for line in said if line.startswith("record ")]
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)), "each record once, in order")
        self.assertGreater(len(seqs), first)
        self.assertEqual(said.count("following"), 2)
        self.assertIn(f"appended {first}", said)

    def test_a_compiler_with_pkg_config(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.files("valhalla-client.pc")[0].parent)}
        flags = run("pkg-config", "--cflags", "--libs", "valhalla-client", env=environment).split()
        executable = self.directory / "blocking"
        run("g++", "-std=c++20", *build_flags(), "-o", executable, OUTSIDE / "blocking.cpp", *flags)
        self.run_blocking(executable)


if __name__ == "__main__":
    harness.main()
