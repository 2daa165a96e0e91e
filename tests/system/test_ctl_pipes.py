# SPDX-License-Identifier: Apache-2.0
"""valhallactl in pipes, in front of a daemon that is silent, and with what would otherwise be silence."""

import json
import os
import signal
import subprocess
import unittest

import harness
from harness import DaemonTest, eventually, program, run_daemon
from terminal import blocked_signals

ENDLESS = [["audit", "follow", "--after", "0"], ["--json", "audit", "follow", "--after", "0"], ["status", "--watch", "3600"],
           ["audit", "follow", "--after", "0", "--format", "csv"], ["--json", "status", "--watch", "3600"]]


class Endless(DaemonTest):
    def start(self, arguments: list[str], **options) -> subprocess.Popen:
        process = subprocess.Popen([program("VALHALLACTL"), "--socket", str(self.daemon.socket), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_it_ends_when_its_reader_has_left_though_nothing_comes(self):
        for arguments in ENDLESS:
            # Left to itself, SIGPIPE ends a program at the next line; a service manager has it ignored.
            for ignores in (False, True):
                with self.subTest(arguments=arguments, ignores=ignores):
                    process = self.start(arguments, restore_signals=not ignores)
                    self.assertNotEqual(process.stdout.readline(), b"")
                    process.stdout.close()
                    self.assertIn(process.wait(harness.DEADLINE_S), (0, -signal.SIGPIPE))
                    self.assertEqual(process.stderr.read(), b"")

    def test_a_shell_that_wants_one_line_gets_it_and_goes_on(self):
        follow = f"{program('VALHALLACTL')} --socket {self.daemon.socket} audit follow --after 0"
        for reader in ("head -n 1", "grep -m 1 POLICY_LOADED"):
            done = subprocess.run(["bash", "-c", f"{follow} | {reader}"], stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=harness.DEADLINE_S, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr, done.stdout.count("\n")), (0, "", 1))

    def test_ctrl_c_ends_it_at_once_while_the_daemon_is_silent(self):
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.daemon.process.send_signal, signal.SIGCONT)
        for arguments in ENDLESS:
            for number in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(arguments=arguments, signal=number):
                    process = self.start(arguments)
                    eventually(lambda: number in blocked_signals(process.pid), "it watches for signals")  # noqa: B023
                    process.send_signal(number)
                    # Well below the 30 s after which it gives up by itself.
                    self.assertEqual(process.wait(15), 0)
                    self.assertEqual(process.stderr.read(), b"")


class AsItWasWritten(DaemonTest):
    def test_numbers_are_shown_as_they_were_written(self):
        numbers = '{"a":1e400,"b":-0,"c":123456789012345678901234567890,"d":1.10,"e":1E-9999999999999999999}'
        shown = "a=1e400 b=-0 c=123456789012345678901234567890 d=1.10 e=1E-9999999999999999999"
        for method, params in (("audit.append", f'{{"event":"X_A","payload":{numbers}}}'),
                               ("cone.set", f'{{"band":"B","reason":"r","metrics":{numbers}}}')):
            self.client.send_line(f'{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}')
            self.assertNotIn(b'"error"', self.client.receive_line())
        for arguments in (["audit", "list"], ["audit", "follow", "--after", "0", "--event", "X_A", "--count", "1"]):
            self.assertIn(shown, self.daemon.ctl(*arguments).stdout)
        for arguments in (["cone", "show"], ["status"], ["health", "show"]):
            self.assertIn(shown, " ".join(self.daemon.ctl(*arguments).stdout.split()))

    def test_a_nul_byte_in_an_import_is_told_before_anything_is_uploaded(self):
        directory = self.daemon.directory / "old"
        directory.mkdir()
        (directory / "audit.log").write_bytes(b"{}\n\0{}\n")
        done = self.daemon.ctl("import", str(directory), expect=1)
        self.assertEqual(done.stderr, "valhallactl: audit.log:2: a NUL byte, which no text has; nothing was imported\n")


class MisleadingSilence(DaemonTest):
    def test_a_filter_for_what_is_not_an_event_is_refused_with_the_nearest(self):
        for arguments in (["audit", "list"], ["audit", "follow"], ["audit", "list", "--format", "csv"]):
            done = self.daemon.ctl(*arguments, "--event", "CONE_SETT", expect=1)
            self.assertIn('"CONE_SETT" is not an event', done.stderr)
            self.assertIn("did you mean CONE_SET?", done.stderr)
        for method in ("audit.list", "audit.follow"):
            refusal = self.client.refused(method, event="GO_SESION_START")
            self.assertEqual((refusal.kind, refusal.data["key"], refusal.data["nearest"]),
                             ("invalid_params", "event", ["GO_SESSION_START"]))
            self.assertNotIn("nearest", self.client.refused(method, event="whatever this is").data)
        self.assertEqual(self.daemon.ctl("audit", "list", "--event", "X_NEVER").stdout, "No records.\n")
        self.assertEqual(self.client.call("audit.list", event="KEY_REVOKE")["items"], [])
        self.client.call("audit.follow", event="X_NEVER")

    def test_imported_records_keep_their_names_and_can_be_asked_for(self):
        directory = self.daemon.directory / "old"
        directory.mkdir()
        line = {"ts_utc": "2024-01-01T00:00:00+00:00", "event": "OLD_THING", "payload": {}}
        (directory / "audit.log").write_text(json.dumps(line) + "\n")
        self.daemon.ctl("import", str(directory))
        self.assertIn("OLD_THING", self.daemon.ctl("audit", "list", "--event", "OLD_THING").stdout)
        done = self.daemon.ctl("--json", "audit", "follow", "--after", "0", "--event", "OLD_THING", "--count", "1")
        self.assertEqual(json.loads(done.stdout)["event"], "OLD_THING")

    def test_an_actor_and_a_session_that_never_were_are_told(self):
        done = self.daemon.ctl("audit", "list", "--actor", "alcie", "--session", "7")
        self.assertEqual(done.stdout, "No records.\n")
        self.assertEqual(done.stderr, "valhallactl: note: no record of the trail is by anybody called 'alcie'\n"
                                      "valhallactl: note: there never was a session 7\n")

    def test_a_lock_of_somebody_whom_nobody_knows_is_told(self):
        self.assertEqual(self.daemon.ctl("operator", "lock", "nobody", "why").stderr, "")
        done = self.daemon.ctl("operator", "lock", "no-such-user-here", "why")
        self.assertIn("warning: neither the users of this system", done.stderr)
        self.assertIn("no-such-user-here", {lock["operator"] for lock in self.client.call("operator.locks")["items"]})

    def test_a_note_can_come_from_the_standard_input(self):
        self.client.call("session.start")
        done = subprocess.run([program("VALHALLACTL"), "--socket", str(self.daemon.socket), "session", "note", "-"],
                              input="two\nlines\n", capture_output=True, text=True, timeout=harness.DEADLINE_S, check=True)
        self.assertEqual(done.stdout, "Noted in session #1.\n")
        (note,) = self.client.call("audit.list", event="GO_SESSION_NOTE")["items"]
        self.assertEqual(note["payload"]["text"], "two\nlines")

    def test_a_directory_of_another_kind_is_refused(self):
        export, tiles = str(self.daemon.directory / "export"), str(self.daemon.directory / "tiles")
        self.daemon.ctl("export", export)
        self.daemon.ctl("audit", "tiles", tiles)
        before = {place: sorted(os.listdir(place)) for place in (export, tiles, self.daemon.state)}
        for command, place in ((["audit", "tiles"], export), (["export"], tiles),
                               (["export"], self.daemon.state), (["audit", "tiles"], self.daemon.state)):
            self.assertIn("nothing else belongs there", self.daemon.ctl(*command, str(place), expect=1).stderr)
        self.assertEqual({place: sorted(os.listdir(place)) for place in before}, before)
        self.daemon.ctl("export", export)
        self.daemon.ctl("audit", "tiles", tiles)


class NamesInTheConfiguration(unittest.TestCase):
    CONFIG = '[access]\nowners = ["alcie", "root", "uid:77"]\noperators = ["group:valhala", "group:root"]\nviewers = ["gid:5"]\n'

    def test_who_is_unknown_is_told_by_the_check_and_at_the_start(self):
        with harness.temporary_directory() as directory:
            (directory / "v.toml").write_text(self.CONFIG)
            done = run_daemon("--check-config", "--config", str(directory / "v.toml"))
            self.assertEqual(done.returncode, 0, done.stderr)
            warnings = [line for line in done.stdout.splitlines() if line.startswith("warning: ")]
            self.assertEqual(len(warnings), 2, done.stdout)
            self.assertIn('access.owners names "alcie", and this system knows no such user', warnings[0])
            self.assertIn('access.operators names "group:valhala", and this system knows no such group', warnings[1])
        with harness.Daemon(config=self.CONFIG) as daemon:
            eventually(lambda: daemon.log.read_text().count("this system knows no such") == 2, "the log tells it")
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: daemon.log.read_text().count("this system knows no such") == 4, "a reload tells it")

    def test_what_is_in_force_without_a_configuration_is_no_reason_to_warn(self):
        self.assertNotIn("warning", run_daemon("--check-config").stdout)


if __name__ == "__main__":
    harness.main()
