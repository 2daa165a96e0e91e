# SPDX-License-Identifier: Apache-2.0
"""export.on_change: the JSON files that a frontend reads are fresh and whole, and whatever happens to their directory
holds up nobody."""

import contextlib
import grp
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

import harness
from harness import DEADLINE_S, Daemon, audit_records, eventually, run_daemon, temporary_directory

DOCUMENTS = ["go_session.json", "go_progress.json", "cone_state.json", "thresholds.json", "sessions.json", "audit.log",
             "checkpoint"]
SET = sorted([*DOCUMENTS, "manifest.json"])
LAYOUT = sorted([*SET, "current", "set-a", "set-b"])
PROMPT_S = harness.DEADLINE_S / 12


def read_set(directory: Path) -> dict[str, bytes] | None:
    """The set in force, read as a reader does it that wants all of one moment: from inside. None: it was taken away while
    it was read."""
    inside = os.open(directory / "current", os.O_RDONLY | os.O_DIRECTORY)
    try:
        content = {}
        for name in SET:
            with open(os.open(name, os.O_RDONLY, dir_fd=inside), "rb") as file:
                content[name] = file.read()
        return content
    except FileNotFoundError:
        return None
    finally:
        os.close(inside)


def mismatches(content: dict[str, bytes]) -> list[str]:
    """The files that are not those that the manifest speaks of. The log may be longer."""
    manifest = json.loads(content["manifest.json"])
    return [one["name"] for one in manifest["files"]
            if hashlib.sha256(content[one["name"]][:one["bytes"]]).hexdigest() != one["sha256"]
            or (one["name"] != "audit.log" and len(content[one["name"]]) != one["bytes"])]


def current_set(directory: Path) -> str | None:
    """The name of the directory that readers are led to; none before the first set."""
    try:
        return os.readlink(directory / "current")
    except FileNotFoundError:
        return None


def size_of(directory: Path) -> int:
    """Records in the set that is in force; 0 when there is none."""
    try:
        content = read_set(directory)
    except FileNotFoundError:
        return 0
    if content is None:
        return 0
    if wrong := mismatches(content):
        raise AssertionError(f"{wrong} are not of the set")
    return json.loads(content["manifest.json"])["tree_size"]


class FrontendTest(unittest.TestCase):
    settings = "settle_ms = 50\n"

    def setUp(self):
        self.home = self.enterContext(temporary_directory())
        self.files = self.home / "files"
        self.files.mkdir(mode=0o750)
        self.files.chmod(0o750)

    def start(self, more: str = "", **options):
        config = f'[export]\non_change = true\ndirectory = "{self.files}"\n{self.settings}{more}'
        self.daemon = Daemon(config=config, start=False, **options)
        self.enterContext(self.daemon)

    def run_daemon(self, more: str = ""):
        self.start(more)
        self.daemon.start()
        self.client = self.enterContext(self.daemon.client())

    def size(self) -> int:
        return self.client.call("daemon.info")["audit"]["size"]

    def wait_until_fresh(self):
        # Of the first set in a directory the names that lead into it come last.
        eventually(lambda: size_of(self.files) == self.size() and all((self.files / name).exists() for name in SET),
                   "the files have everything")

    def wait_until_told(self, sentence: str):
        """The log has the whole of it, the health its beginning."""
        (reason,) = eventually(self.reasons, "it is told in the health")
        logged = self.daemon.log.read_text().split("the frontend's files are old: ")[-1].splitlines()[0]
        self.assertIn(sentence, logged)
        self.assertIn(logged[:60], reason)

    def reasons(self) -> list[str]:
        return [one for one in self.client.call("health.status")["reasons"] if "frontend" in one]


class Files(FrontendTest):
    def test_each_change_is_soon_in_the_files_and_they_are_those_of_an_export(self):
        self.run_daemon()
        self.wait_until_fresh()
        session = self.client.call("session.start", notes="for the frontend")
        self.wait_until_fresh()
        shown = json.loads((self.files / "go_session.json").read_text())["session"]
        self.assertEqual((shown["active"], shown["notes"]), (True, "for the frontend"))
        self.client.call("session.end")
        self.wait_until_fresh()
        self.assertIs(json.loads((self.files / "go_session.json").read_text())["session"]["active"], False)
        last = json.loads((self.files / "audit.log").read_text().splitlines()[-1])
        self.assertEqual((last["event"], last["session"]), ("GO_SESSION_END", session["id"]))
        written = Path(self.client.call("export.write")["directory"])
        self.assertEqual(sorted(os.listdir(self.files)), LAYOUT)
        self.assertEqual(sorted(os.listdir(self.files / "current")), sorted(os.listdir(written)))
        for name in [*DOCUMENTS, "manifest.json"]:
            self.assertEqual((self.files / name).read_bytes(), (written / name).read_bytes(), name)
            self.assertEqual((self.files / name).stat().st_mode & 0o7777, 0o640, name)
        for directory in (self.files, self.files / "current"):
            self.daemon.ctl("audit", "verify", str(directory))

    def test_a_group_may_read_them(self):
        if os.geteuid() != 0:
            self.skipTest("only root is in every group")
        group = grp.getgrnam("games")
        self.run_daemon('group = "games"\n')
        self.wait_until_fresh()
        self.assertEqual({path.stat().st_gid for path in self.files.iterdir()}, {group.gr_gid})
        self.assertEqual({path.stat().st_gid for path in (self.files / "current").iterdir()}, {group.gr_gid})

    def test_many_changes_share_a_set(self):
        self.settings = "settle_ms = 500\n"
        self.run_daemon()
        self.wait_until_fresh()
        began = time.monotonic()
        many = 500
        self.client.send("".join(self.client.request("audit.append", {"event": "X_A", "payload": {}}) + "\n"
                                 for _ in range(many)))
        for _ in range(many):
            self.client.receive()
        self.wait_until_fresh()
        # The files are there a moment before they are counted.
        counted = f"\nvalhalla_frontend_records {self.size()}\n"
        text = eventually(lambda: counted in (now := self.client.call("daemon.metrics")["text"]) and now, "the set is counted")
        sets = int(re.search(r'^valhalla_frontend_sets_total\{outcome="written"\} (\d+)', text, re.M)[1])
        self.assertLessEqual(sets, 3 + (time.monotonic() - began) / 0.5)

    def test_it_is_off_unless_it_is_asked_for(self):
        with Daemon(config=f'[export]\ndirectory = "{self.files}"\n') as daemon, daemon.client() as client:
            client.call("session.start")
            daemon.stop()
        self.assertEqual(os.listdir(self.files), [])

    def test_the_end_and_the_next_start_leave_the_newest(self):
        self.settings = "settle_ms = 3600000\n"
        self.run_daemon()
        eventually(lambda: size_of(self.files), "the first set")
        self.client.call("session.start", notes="last words")
        self.client.close()
        self.daemon.stop()
        self.assertEqual(mismatches(read_set(self.files)), [])
        self.assertIn("last words", (self.files / "go_session.json").read_text())
        (self.files / "go_session.json").write_text("{}")
        self.daemon.start()
        eventually(lambda: "last words" in (self.files / "go_session.json").read_text(), "a start writes it anew")

    def test_what_is_wrong_in_the_configuration_is_named(self):
        for text, where in (("[export]\non_change = 1\n", ":2: export.on_change: must be true or false"),
                            ("[export]\n\non_change = true\n", ":3: export.on_change: needs export.directory"),
                            ('[export]\ndirectory = "files"\n', ":2: export.directory: must be an absolute path"),
                            ("[export]\nsettle_ms = 49\n", ":2: export.settle_ms: must be a number of milliseconds"),
                            ("[export]\non_chance = true\n", ":2: export.on_chance: no such key; did you mean 'on_change'?"),
                            (f'[export]\non_change = true\ndirectory = "{self.files}"\ngroup = "no-such"\n',
                             "export.group: there is no group 'no-such'"),
                            (f'[export]\non_change = true\ndirectory = "{self.home}/state/export"\n',
                             "export.directory: ")):
            with self.subTest(text):
                file = self.home / "test.toml"
                file.write_text(text)
                done = run_daemon("--state-dir", str(self.home / "state"), "--config", str(file), "--check-config")
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertIn(where, done.stderr)

    def test_check_config_tells_of_it(self):
        for text, said in (("", "export        on demand\n"),
                           (f'[export]\non_change = true\ndirectory = "{self.files}"\ngroup = "games"\nsettle_ms = 70\n',
                            f"export        on demand, and kept fresh in {self.files} for group games, 70 ms after a change"),
                           (f'[export]\non_change = true\ndirectory = "{self.home}/no"\n', f"{self.home}/no (not there)")):
            with self.subTest(text):
                file = self.home / "test.toml"
                file.write_text(text)
                done = run_daemon("--state-dir", str(self.home / "state"), "--config", str(file), "--check-config")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(said, done.stdout)

    def test_a_reload_turns_it_on_moves_it_and_turns_it_off(self):
        config = self.home / "valhallad.toml"
        other = self.home / "other"
        other.mkdir(mode=0o750)
        self.daemon = self.enterContext(Daemon("--config", str(config), start=False))
        config.write_text("")
        self.daemon.start()
        self.client = self.enterContext(self.daemon.client())

        def reload(text: str):
            before = self.daemon.log.read_text().count("configuration")
            config.write_text(text)
            self.daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: self.daemon.log.read_text().count("configuration") > before, "the reload is told")

        on = f'[export]\non_change = true\ndirectory = "{self.files}"\nsettle_ms = 50\n'
        self.client.call("session.start")
        self.assertEqual(os.listdir(self.files), [])
        for _ in range(3):
            reload(on)
            self.wait_until_fresh()
            reload(on.replace(str(self.files), str(other)))
            eventually(lambda: size_of(other) == self.size(), "it has moved")
            reload("")
            left = size_of(other)
            self.client.call("session.note", text="more")
            reload(on + 'group = "valhalla-no-such-group"\n')
            self.wait_until_told("export.group: there is no group")
            reload(on)
            eventually(lambda: not self.reasons(), "it is told no more")
            self.wait_until_fresh()
            self.assertEqual(size_of(other), left)
        reload("")
        left = size_of(self.files)
        self.client.call("session.note", text="nobody waits for this")
        self.client.close()
        self.daemon.stop()
        self.assertEqual(size_of(self.files), left)


class Readers(FrontendTest):
    def test_a_reader_never_sees_a_mix_of_two_sets(self):
        self.run_daemon()
        self.wait_until_fresh()
        seen = set()
        self.client.call("session.start")
        taken_away = 0
        end = time.monotonic() + DEADLINE_S
        while len(seen) < 10:
            self.assertLess(time.monotonic(), end, "no new sets come")
            self.client.call("go.complete", step_id="preflight_view_dashboard", done=len(seen) % 2 == 0)
            self.client.call("session.start", if_active="supersede")
            content = read_set(self.files)
            taken_away += content is None
            self.assertLess(taken_away, 100)
            if content is not None:
                self.assertEqual(mismatches(content), [])
                seen.add(json.loads(content["manifest.json"])["tree_size"])

    def test_who_follows_the_log_gets_each_line_once_over_stops_and_kills(self):
        self.run_daemon()
        self.wait_until_fresh()
        output = self.home / "followed"
        with output.open("wb") as to:
            tail = subprocess.Popen(["tail", "--lines=+1", "--sleep-interval=0.01", "-f", str(self.files / "audit.log")],
                                    stdout=to)
        try:
            for end in (None, "stop", "kill", "kill", None):
                for n in range(20):
                    self.client.call("audit.append", event="X_A", payload={"n": n})
                if end:
                    self.client.close()
                    getattr(self.daemon, end)()
                    self.daemon.start()
                    self.client = self.enterContext(self.daemon.client())
            self.wait_until_fresh()
            expected = "".join(line + "\n" for line in self.lines())
            self.assertEqual((self.files / "audit.log").read_text(), expected)
            eventually(lambda: output.read_text() == expected, "tail has every line, once")
        finally:
            tail.kill()
            tail.wait()

    def lines(self) -> list[str]:
        written = Path(self.client.call("export.write")["directory"])
        return (written / "audit.log").read_text().splitlines()

    def test_an_export_on_demand_at_the_same_time_disturbs_neither(self):
        self.run_daemon()
        for n in range(30):
            self.client.call("audit.append", event="X_A", payload={"n": n})
            written = Path(self.client.call("export.write")["directory"])
            self.assertEqual(mismatches({name: (written / name).read_bytes() for name in SET}), [])
        self.wait_until_fresh()
        self.assertEqual(self.reasons(), [])

    def test_the_old_programs_files_are_not_overwritten(self):
        for name in ("go_session.json", "audit.log"):
            shutil.copy(harness.DATA_DIR / "seed-data" / name, self.files)
        old = {name: (self.files / name).read_bytes() for name in os.listdir(self.files)}
        self.run_daemon()
        self.wait_until_told("go_session.json is not of this daemon")
        self.assertEqual({name: (self.files / name).read_bytes() for name in os.listdir(self.files)}, old)


class Trouble(FrontendTest):
    def test_a_directory_that_is_no_good_is_told_of_and_holds_up_nobody(self):
        cases = {"gone": (lambda: shutil.rmtree(self.files), "No such file"),
                 "no directory": (lambda: (shutil.rmtree(self.files), self.files.write_text("x")), "is not a directory"),
                 "writable by others": (lambda: self.files.chmod(0o777), "chmod go-w"),
                 "a link": (lambda: (shutil.rmtree(self.files), self.files.symlink_to(self.home)), "is not a directory"),
                 "a directory in the log's place": (
                     lambda: ((self.files / "audit.log").unlink(), (self.files / "audit.log").mkdir()), "audit.log"),
                 "a directory in a document's place": (
                     lambda: ((self.files / "go_session.json").unlink(), (self.files / "go_session.json").mkdir()),
                     "go_session.json"),
                 "a file in the place of the link": (
                     lambda: ((self.files / "current").unlink(), (self.files / "current").write_text("x")),
                     "current is not a link"),
                 "a stranger in the next set": (lambda: [(self.files / name / "x").write_text("x")
                                                         for name in ("set-a", "set-b") if (self.files / name).is_dir()],
                                                "Directory not empty")}
        if os.geteuid() == 0:
            cases["another owner"] = (lambda: os.chown(self.files, 61001, -1), "belongs to user 61001")
        self.run_daemon()
        for name, (spoil, said) in cases.items():
            with self.subTest(name):
                self.wait_until_fresh()
                spoil()
                began = time.monotonic()
                for n in range(50):
                    self.client.call("audit.append", event="X_A", payload={"n": n})
                self.assertLess(time.monotonic() - began, PROMPT_S, "changes go on")
                self.wait_until_told(said)
                if self.files.is_symlink() or self.files.is_file():
                    self.files.unlink()
                shutil.rmtree(self.files, ignore_errors=True)
                self.files.mkdir(mode=0o750)
                if name != "gone":
                    self.daemon.process.send_signal(signal.SIGHUP)  # tries at once
                eventually(lambda: not self.reasons(), "it is tried again by itself, and the health is told", max(90, DEADLINE_S))
                self.wait_until_fresh()
        text = self.client.call("daemon.metrics")["text"]
        failed = int(re.search(r'^valhalla_frontend_sets_total\{outcome="failed"\} (\d+)', text, re.M)[1])
        self.assertGreaterEqual(failed, len(cases))

    def test_a_group_that_is_not_there_keeps_the_files_back_and_not_the_daemon(self):
        self.run_daemon('group = "valhalla-no-such-group"\n')
        self.client.call("session.start")
        self.wait_until_told("export.group: there is no group")

    def test_a_full_disk_is_told_of_and_the_old_set_stays(self):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0750", "tmpfs", str(self.files)],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted")
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(self.files)], check=False)
        self.run_daemon()
        self.wait_until_fresh()
        old = size_of(self.files)
        log = self.files / "audit.log"
        inode = log.stat().st_ino
        session = (self.files / "go_session.json").read_bytes()
        with contextlib.suppress(OSError), (self.files / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(b"x" * 4096):
                pass
        self.client.call("session.start")
        began = time.monotonic()
        for n in range(50):
            self.client.call("audit.append", event="X_A", payload={"text": "x" * 1000})
        self.assertLess(time.monotonic() - began, PROMPT_S, "changes go on")
        self.wait_until_told("No space left on device")
        self.assertEqual((size_of(self.files), (self.files / "go_session.json").read_bytes()), (old, session))
        (self.files / "ballast").unlink()
        eventually(lambda: not self.reasons(), "it is tried again by itself", max(90, DEADLINE_S))
        self.wait_until_fresh()
        self.assertEqual(log.stat().st_ino, inode, "who follows the log has it still")


@unittest.skipUnless(shutil.which("strace") and not harness.SANITIZED, "needs strace, which sanitizers do not bear")
class Traced(FrontendTest):
    def start_traced(self, paths: list[Path], call: str, injection: str, more: str = ""):
        self.start(more)
        trace = ["strace", "-f", "-qq", "-o", str(self.home / "trace"), *(option for path in paths for option in ("-P", str(path))),
                 "-e", f"trace={call}", "-e", f"inject={call}:{injection}"]
        plain = self.daemon.command()
        self.daemon.command = lambda: [*trace, *plain]
        try:
            self.daemon.start()
        except AssertionError:
            if "strace:" not in self.daemon.log.read_text():
                raise
            self.skipTest("strace does not run here")
        self.daemon.command = lambda: plain
        self.client = self.enterContext(self.daemon.client())

    def test_a_kill_at_any_step_leaves_the_old_set_or_the_new_one(self):
        self.settings = "settle_ms = 3600000\n"  # the only set of a process is its first
        steps = [("unlinkat", 1), ("unlinkat", 5), ("/^mkdir", 1), ("/^link", 1), ("fsync", 1), ("fsync", 2),
                 ("/^symlink", 1), ("/^rename", 1), ("fsync", 3)]
        outcomes = []
        self.start()
        for step, (call, at) in enumerate(steps):
            before = current_set(self.files)
            self.daemon.start()
            with self.daemon.client() as self.client:
                # One that is killed while it makes its set may have done already what the next is to be killed at.
                eventually(lambda: current_set(self.files) != before and not self.reasons(), "the set of this process")
                self.client.call("daemon.atomic", calls=[
                    {"method": "session.start", "params": {"notes": f"new {step}", "if_active": "supersede"}},
                    {"method": "cone.set", "params": {"band": "A", "reason": f"new {step}"}},
                    {"method": "thresholds.set", "params": {"deny_rate_red": 0.5 + step / 200}},
                    {"method": "go.complete", "params": {"step_id": "preflight_view_dashboard", "done": step % 2 == 1}}])
                size = self.size()
            self.daemon.kill()
            old = read_set(self.files)
            self.assertEqual(mismatches(old), [])
            self.run_killed(call, at)
            now = read_set(self.files)
            self.assertEqual(mismatches(now), [], f"{call} {at}")
            if json.loads(now["manifest.json"])["tree_size"] < size:
                outcomes.append("old")
                self.assertEqual({name: now[name] for name in SET if name != "audit.log"},
                                 {name: old[name] for name in SET if name != "audit.log"})
            else:
                outcomes.append("new")
            self.assertTrue(now["audit.log"].startswith(old["audit.log"]))
            for name in SET:
                self.assertEqual((self.files / name).read_bytes(), now[name], "those who know the names see the same")
        self.assertEqual(outcomes, ["old"] * (len(steps) - 1) + ["new"], "only the last comes after the rename of the link")

    def run_killed(self, call: str, at: int):
        """Runs the daemon until its n-th such call in the directory, which kills it."""
        there = [option for path in (self.files, self.files / "set-a", self.files / "set-b") for option in ("-P", str(path))]
        trace = ["strace", "-f", "-qq", "-o", str(self.home / "trace"), *there, "-e", f"trace={call}", "-e",
                 f"inject={call}:signal=KILL:when={at}"]
        with self.daemon.log.open("ab") as log:
            process = subprocess.Popen([*trace, *self.daemon.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(process.kill)
        code = process.wait(harness.DEADLINE_S)
        if "strace:" in self.daemon.log.read_text():
            self.skipTest("strace does not run here")
        self.assertEqual(code, -signal.SIGKILL)

    def test_a_service_that_may_give_nothing_away_gets_the_group_from_the_directory(self):
        if os.geteuid() != 0:
            self.skipTest("only root is in every group")
        group = grp.getgrnam("games")
        self.start_traced([], "fchown", "error=EPERM", 'group = "games"\n')
        self.wait_until_told("chgrp the directory to that group, and chmod g+s")
        os.chown(self.files, -1, group.gr_gid)
        self.files.chmod(0o2750)
        eventually(lambda: not self.reasons(), "it is tried again by itself", max(90, DEADLINE_S))
        self.wait_until_fresh()
        for directory in (self.files, self.files / "current"):
            self.assertEqual({path.stat().st_gid for path in directory.iterdir()}, {group.gr_gid})
        self.client.close()
        self.end_traced()

    def test_what_others_answer_slowly_holds_up_no_start(self):
        """A directory service, and the disk of the files: either takes longer here than a start is given."""
        for slow, call in ((Path("/etc/group"), "openat"), (self.files, "/.*stat.*")):
            with self.subTest(slow):
                self.start_traced([slow], call, "delay_enter=200000000", 'group = "games"\n')
                self.client.call("session.start", if_active="supersede")
                self.assertEqual(size_of(self.files), 0, "its files wait for it")
                self.client.close()
                self.end_traced(delayed=True)

    def end_traced(self, delayed: bool = False):
        """`delayed`: strace would wait for the end of its delay."""
        with self.daemon.client() as client:
            os.kill(client.call("daemon.info")["pid"], signal.SIGKILL)
        if delayed:
            self.daemon.process.kill()
        self.daemon.process.wait(harness.DEADLINE_S)

    def test_a_slow_disk_holds_up_nobody_not_the_end_either(self):
        self.start_traced([self.files / "set-a" / "checkpoint"], "fsync", "delay_enter=120000000")
        began = time.monotonic()
        self.client.call("session.start")
        self.client.call("export.write")
        audit_records(self.client)
        self.assertLess(time.monotonic() - began, PROMPT_S)
        for _ in range(600):
            self.client.call("audit.append", event="X_A", payload={"text": "x" * 30_000})
        self.assertLess((self.daemon.state / "valhalla.db-wal").stat().st_size, 10 << 20, "nothing holds up its emptying")
        self.assertEqual(size_of(self.files), 0, "it is in the middle of a set")
        pid = self.client.call("daemon.info")["pid"]
        log = self.daemon.log
        self.client.close()
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: "stopped" in log.read_text() or self.daemon.process.poll() is not None, "it ends", 110)
        self.assertLess(time.monotonic() - began, 110)
        self.daemon.process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    harness.main()
