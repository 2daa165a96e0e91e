#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""valhallactl against the real daemon: what scripts rely on, its exit codes and --json."""

import json
import os
import subprocess
import unittest
from pathlib import Path

from harness import DEADLINE_S, DaemonTest, main, program, temporary_directory
from place import as_user, copy_for_all, directory_for_all, needs_other_users

DONE, REFUSED, NO_DAEMON, WRONG_USAGE, DENIED = range(5)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([program("VALHALLACTL"), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False, env={**os.environ, **environment})


class ExitCodes(DaemonTest):
    def test_what_the_daemon_refuses_is_1_with_its_sentence(self):
        done = self.daemon.ctl("session", "end", expect=REFUSED)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("valhallactl: "), done.stderr)

    def test_wrong_usage_is_3_also_without_a_daemon(self):
        for arguments in [["session"], ["frobnicate"], ["cone", "set", "B"], ["cone", "set", "E", "--reason", "x"],
                          ["session", "show", "one"], ["call", "cone.state", "{"], []]:
            with self.subTest(arguments=arguments):
                done = run("--socket", "/nonexistent/socket", *arguments)
                self.assertEqual(done.returncode, WRONG_USAGE, done.stdout + done.stderr)
                self.assertTrue(done.stderr)

    def test_a_denied_decision_is_4_and_an_allowed_one_0(self):
        self.client.call("cone.set", band="B", reason="caution")
        self.assertIn("denied", self.daemon.ctl("decide", "wholesaling", "scale", expect=DENIED).stdout)
        self.assertIn("allowed", self.daemon.ctl("decide", "wholesaling", "optimize", expect=DONE).stdout)
        self.assertIs(json.loads(self.daemon.ctl("--json", "decide", "wholesaling", "scale", expect=DENIED).stdout)
                      ["allowed"], False)
        unknown = self.daemon.ctl("decide", "wholesalin", "scale", expect=REFUSED)
        self.assertIn("wholesaling", unknown.stderr)


class Output(DaemonTest):
    def test_json_is_the_answer_as_the_daemon_wrote_it(self):
        self.client.call("session.start", notes='"quotes" and ä')
        self.client.send_line('{"jsonrpc":"2.0","id":1,"method":"session.status"}')
        wire = self.client.receive_line().decode()
        said = self.daemon.ctl("--json", "session", "status").stdout
        self.assertEqual(said.count("\n"), 1)
        self.assertIn(said.rstrip("\n"), wire)

    def test_status_shows_band_health_session_and_last_events(self):
        self.client.call("thresholds.set", disk_free_yellow_mib=0, disk_free_red_mib=0)
        self.client.call("cone.set", band="C", reason="runway is short")
        self.client.call("session.start", notes="a look around")
        said = self.daemon.ctl("status").stdout
        for part in ["C stabilize", "runway is short", "yellow", "a look around", "GO_SESSION_START", "CONE_SET"]:
            self.assertIn(part, said)

    def test_a_pipe_gets_no_colours_and_no_control_characters(self):
        self.client.call("session.start", notes="red \x1b[31m and bell \x07")
        for arguments in [["status"], ["session", "status"], ["session", "list"], ["audit", "list"]]:
            with self.subTest(arguments=arguments):
                said = self.daemon.ctl(*arguments).stdout
                self.assertEqual([c for c in said if ord(c) < 32 and c != "\n"], [])

    def test_the_socket_comes_from_the_environment_too(self):
        done = run("--json", "call", "daemon.info", VALHALLA_SOCKET=str(self.daemon.socket))
        self.assertEqual(json.loads(done.stdout)["pid"], self.daemon.process.pid)


class WhatToDoNext(DaemonTest):
    """The line under the sentence."""

    def hint(self, *arguments: str) -> str:
        _, hint = self.daemon.ctl(*arguments, expect=None).stderr.splitlines()
        return hint.strip()

    def test_wrong_usage_names_the_help_of_the_command_that_was_typed(self):
        for arguments, command in ((["session", "note"], "session note"), (["session", "strat"], "session"),
                                   (["audit", "list", "--limit", "0"], "audit list"), (["frobnicate"], ""),
                                   (["cone", "set", "Z", "--reason", "x"], "cone set")):
            self.assertEqual(self.hint(*arguments), f"see '{' '.join(['valhallactl', *command.split()])} --help'")

    def test_a_refusal_says_which_command_shows_what_there_is(self):
        for arguments, command in ((["session", "show", "99"], "session list"), (["session", "end"], "session start"),
                                   (["health", "clear", "nope"], "health show"), (["decide", "zzzzzz", "run"], "canon"),
                                   (["go", "done", "zzzzzz"], "go checklist"), (["call", "zzzzzz"], "describe"),
                                   (["key", "revoke", "00112233aabb"], "key list")):
            self.assertIn(f"'valhallactl {command}'", self.hint(*arguments))

    @needs_other_users
    def test_who_may_not_connect_is_not_told_to_start_a_daemon(self):
        self.daemon.directory.chmod(0o755)
        copy = copy_for_all(program("VALHALLACTL"), self.enterContext(directory_for_all()))
        done = subprocess.run([*as_user(4711, 4711), copy, "--socket", str(self.daemon.socket), "status"],
                              capture_output=True, text=True, check=False, cwd="/")
        self.assertEqual(done.returncode, NO_DAEMON)
        self.assertIn("you may not connect", done.stderr)
        self.assertIn("ask an administrator", done.stderr)
        self.assertNotIn("valhallad --dev", done.stderr)


class NoDaemon(unittest.TestCase):
    def test_who_asks_the_service_is_told_how_to_start_that(self):
        service = "/run/valhalla/valhallad.sock"
        if Path(service).exists():
            self.skipTest("a service runs here")
        for socket, own in ((service, False), ("/nowhere/valhallad.sock", True)):
            done = subprocess.run([program("VALHALLACTL"), "--socket", socket, "status"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, NO_DAEMON)
            self.assertIn("systemctl start valhallad.socket", done.stderr)
            self.assertEqual("valhallad --dev" in done.stderr, own, done.stderr)

    def test_no_daemon_is_2_and_names_the_socket(self):
        with temporary_directory() as directory:
            (directory / "file").write_text("x")
            for path in [directory / "none", directory / "file", directory / ("x" * 200)]:
                with self.subTest(path=path):
                    done = run("--socket", str(path), "status")
                    self.assertEqual((done.returncode, done.stdout), (NO_DAEMON, ""), done.stderr)
                    self.assertIn(str(path), done.stderr)


if __name__ == "__main__":
    main()
