#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What keeps valhallad from starting: one clear sentence on standard error, an exit code of its own, nothing touched."""

import hashlib
import os
import socket
import sqlite3
import stat
import subprocess
import unittest
from pathlib import Path

from harness import DEADLINE_S, Daemon, main, program, run_daemon, temporary_directory
from place import as_user, copy_for_all, directory_for_all, needs_other_users

USAGE, STATE_UNUSABLE, STATE_LOCKED, SOCKET = 2, 3, 4, 5
SOMEONE = 61001


def digest_of(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
            for f in sorted(folder.rglob("*")) if f.is_file()}


class Startup(unittest.TestCase):
    def setUp(self):
        self.directory = self.enterContext(temporary_directory())
        self.state = self.directory / "state"
        self.socket = self.directory / "socket"

    def refuse(self, code: int, *arguments: str, names: str | Path = "") -> str:
        """Expects valhallad to end with `code` after one sentence that names `names`. The sentence."""
        done = run_daemon(*(arguments or ("--state-dir", str(self.state), "--socket", str(self.socket))))
        return self.assert_refused(done, code, names)

    def assert_refused(self, done: subprocess.CompletedProcess, code: int, names: str | Path) -> str:
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        # A build that measures coverage complains when another user runs it and it cannot write its figures.
        lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("profiling:")]
        self.assertEqual(len(lines), 1, f"not one sentence:\n{done.stderr}")
        self.assertIn(str(names), lines[0])
        self.assertNotIn("terminate called", done.stderr)
        return lines[0]

    def create_state(self):
        """A state directory with a little in it, its daemon stopped."""
        with Daemon(directory=self.directory) as daemon:
            with daemon.client() as client:
                client.call("session.start", notes="before")
            daemon.stop()

    # The command line

    def test_unknown_options_are_named(self):
        self.refuse(USAGE, "--frobnicate", names="--frobnicate")

    def test_a_missing_configuration_is_named(self):
        self.refuse(USAGE, "--config", str(self.directory / "none.toml"), names=self.directory / "none.toml")

    def test_a_mistake_in_the_configuration_is_named_with_its_line(self):
        config = self.directory / "valhallad.toml"
        for text, line in [("[access\n", 1), ("\nsocketz = 'x'\n", 2), ("\n\nlog_level = 3\n", 3)]:
            with self.subTest(text=text):
                config.write_text(text)
                self.refuse(USAGE, "--config", str(config), "--check-config", names=f"{config}:{line}")

    def test_the_check_finds_what_a_start_would_refuse_of_the_files_that_are_named(self):
        config = self.directory / "valhallad.toml"
        bad = self.directory / "bad.toml"
        bad.write_text("x = 1\n")
        missing = self.directory / "missing.toml"
        for text, name in [(f"policy = '{bad}'\n", f"{bad}:1"), (f"playbook = '{bad}'\n", f"{bad}:1"),
                           (f"policy = '{missing}'\n", missing), (f"playbook = '{missing}'\n", missing),
                           ("socket_group = 'no-such-group'\n", "no-such-group")]:
            with self.subTest(text=text):
                config.write_text(text)
                own = ("--config", str(config), "--state-dir", str(self.state), "--socket", str(self.socket))
                checked = self.refuse(USAGE, *own, "--check-config", names=name)
                started = self.refuse(USAGE, *own, names=name)
                self.assertEqual(checked, started)

    def test_a_good_configuration_passes_the_check_and_nothing_is_started(self):
        config = self.directory / "valhallad.toml"
        config.write_text(f"state_dir = '{self.state}'\nsocket = '{self.socket}'\n")
        done = run_daemon("--config", str(config), "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.state.exists() or self.socket.exists())

    def test_version_and_help_are_printed_to_standard_output(self):
        for option, text in [("--version", "valhallad"), ("--help", "--state-dir")]:
            done = run_daemon(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(text, done.stdout)

    def test_a_path_that_no_answer_could_name_is_refused(self):
        odd = str(self.directory / os.fsdecode(b"K\xf6ln"))
        for arguments, what in [(["--state-dir", odd, "--socket", str(self.socket)], "state directory"),
                                (["--state-dir", str(self.state), "--socket", odd], "socket")]:
            with self.subTest(what):
                said = self.refuse(USAGE, *arguments, names=f"the path of the {what} is not UTF-8: {self.directory}")
                self.assertIn("choose another", said)
        self.assertEqual(list(self.directory.iterdir()), [])

    # The state directory

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        with Daemon(directory=self.directory) as daemon:
            self.refuse(STATE_LOCKED, "--state-dir", str(self.state), "--socket", str(self.directory / "other"),
                        names=self.state)
            self.assertFalse((self.directory / "other").exists())
            with daemon.client() as client:
                client.call("session.start")

    def test_the_lock_ends_with_its_daemon_however_that_ends(self):
        with Daemon(directory=self.directory) as daemon:
            daemon.kill()
            daemon.start()
            daemon.stop()

    def test_a_newer_database_is_refused_untouched(self):
        self.create_state()
        with sqlite3.connect(self.state / "valhalla.db") as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1}")
        database.close()
        before = digest_of(self.state)
        self.refuse(STATE_UNUSABLE, names=self.state)
        self.assertEqual(before["valhalla.db"], digest_of(self.state)["valhalla.db"])

    def test_a_foreign_database_is_refused_untouched(self):
        self.state.mkdir(mode=0o700)
        with sqlite3.connect(self.state / "valhalla.db") as database:
            database.execute("CREATE TABLE mine(x)")
        database.close()
        before = digest_of(self.state)
        self.refuse(STATE_UNUSABLE, names="valhalla.db")
        self.assertEqual(before["valhalla.db"], digest_of(self.state)["valhalla.db"])

    def test_a_file_that_is_no_database_is_refused_untouched(self):
        self.state.mkdir(mode=0o700)
        (self.state / "valhalla.db").write_bytes(b"this is no database, and long enough to be taken for one" * 100)
        before = digest_of(self.state)
        self.refuse(STATE_UNUSABLE, names="valhalla.db")
        self.assertEqual(before["valhalla.db"], digest_of(self.state)["valhalla.db"])

    def test_a_state_directory_that_is_a_file_is_refused(self):
        self.state.write_text("a file")
        self.refuse(STATE_UNUSABLE, names=self.state)
        self.assertEqual(self.state.read_text(), "a file")

    def test_a_missing_state_directory_is_made_for_its_owner_alone(self):
        with Daemon(directory=self.directory):
            self.assertEqual(self.state.stat().st_mode & 0o777, 0o700)
            self.assertEqual({f.name: oct(f.stat().st_mode & 0o077) for f in self.state.iterdir() if f.is_file()
                              and f.stat().st_mode & 0o077}, {})

    @needs_other_users
    def test_a_directory_without_permission_is_refused(self):
        program_copy = copy_for_all(program("VALHALLAD"), self.enterContext(directory_for_all()))
        self.directory.chmod(0o755)
        (self.directory / "closed").mkdir(mode=0o555)
        for state in [self.directory / "closed" / "state", self.directory / "closed"]:
            with self.subTest(state=state):
                done = subprocess.run([*as_user(SOMEONE), program_copy, "--state-dir", str(state), "--socket", str(self.socket)],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S,
                                      check=False, cwd="/")
                self.assert_refused(done, STATE_UNUSABLE, state)

    def test_a_database_that_lost_its_mode_is_made_private_again(self):
        self.create_state()
        database = self.state / "valhalla.db"
        for mode in (0o400, 0o644):
            database.chmod(mode)
            with Daemon(directory=self.directory) as daemon:
                daemon.stop()
            self.assertEqual(stat.S_IMODE(database.stat().st_mode), 0o600)

    # The socket

    def test_a_socket_path_that_is_too_long_is_refused(self):
        path = self.directory / ("s" * 120)
        self.refuse(SOCKET, "--state-dir", str(self.state), "--socket", str(path), names="107")
        self.assertFalse(self.state.exists())

    def test_a_socket_in_a_missing_directory_is_refused(self):
        path = self.directory / "none" / "socket"
        self.refuse(SOCKET, "--state-dir", str(self.state), "--socket", str(path), names=path)
        self.assertFalse(self.state.exists())

    def test_a_socket_path_that_is_a_file_is_refused_and_the_file_stays(self):
        self.socket.write_text("precious")
        self.refuse(SOCKET, names=self.socket)
        self.assertEqual(self.socket.read_text(), "precious")
        self.assertFalse(self.state.exists())

    def test_a_socket_that_another_daemon_listens_on_is_refused_and_it_lives_on(self):
        with Daemon(directory=self.directory) as daemon:
            self.refuse(SOCKET, "--state-dir", str(self.directory / "state2"), "--socket", str(self.socket),
                        names=self.socket)
            with daemon.client() as client:
                self.assertIn("pid", client.call("daemon.info"))

    def test_a_stale_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(self.socket))
        with Daemon(directory=self.directory) as daemon, daemon.client() as client:
            self.assertIn("pid", client.call("daemon.info"))

    def test_the_socket_is_gone_after_a_good_end_and_others_cannot_use_it_before(self):
        with Daemon(directory=self.directory) as daemon:
            self.assertEqual(self.socket.stat().st_mode & 0o007, 0)
            daemon.stop()
            self.assertFalse(self.socket.exists())

    # --dev

    def test_dev_needs_no_configuration_and_says_what_listens_where(self):
        (self.directory / "run").mkdir(mode=0o700)
        state = self.directory / "xdg-state" / "valhalla"
        path = self.directory / "run" / "valhalla" / "valhallad.sock"
        environment = {"HOME": str(self.directory), "XDG_STATE_HOME": str(state.parent),
                       "XDG_RUNTIME_DIR": str(self.directory / "run"), "PATH": os.environ["PATH"]}
        with subprocess.Popen([program("VALHALLAD"), "--dev"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment) as daemon:
            try:
                said = ""
                while str(path) not in said or str(state) not in said:
                    line = daemon.stdout.readline()
                    self.assertTrue(line, f"it ended, having said:\n{said}")
                    said += line
                daemon.terminate()
                daemon.stdout.read()
                self.assertEqual(daemon.wait(DEADLINE_S), 0)
            finally:
                daemon.kill()
        self.assertTrue((state / "valhalla.db").exists())

    def test_dev_without_xdg_variables_falls_back_to_places_of_the_user(self):
        done = subprocess.run([program("VALHALLAD"), "--dev", "--check-config"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                              env={"HOME": str(self.directory), "PATH": os.environ["PATH"]})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(self.directory / ".local/state/valhalla"), done.stdout)
        self.assertIn(f"/tmp/valhalla-{os.getuid()}/valhallad.sock", done.stdout)


if __name__ == "__main__":
    main()
