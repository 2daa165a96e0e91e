#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What goes in and out where the other side is hostile, full or closed: imports that would end in a daemon that cannot
go on, exports that find no room or something else in their place, standard files that are missing, and directories of
others."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import unittest
from pathlib import Path

from harness import (DEADLINE_S, SANITIZED, ConnectionClosed, Daemon, DaemonTest, eventually, main, program,
                     temporary_directory)
from place import as_user, can_trace, copy_for_all, directory_for_all, mount_tmpfs, needs_other_users

START = "2026-01-01T00:00:00Z"


def verifier() -> str:
    return str(Path(program("VALHALLAD")).with_name("valhalla-verify"))


def run(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE_S, check=False,
                          **{"stderr": subprocess.PIPE, **more})


def history(id_: int, started: str = START, active: bool = False) -> str:
    snapshot = {"cone": {"band": "B", "reason": "r", "updated_at_utc": started, "metrics": {}},
                "status": {"status": "green", "reasons": []}}
    session = {"active": active, "started_at_utc": started, "ended_at_utc": None if active else started,
               "cone_band": "B", "status": "green", "notes": None, "snapshot": snapshot, "id": id_, "operator": "ann",
               "start_notes": None, "end_notes": None, "end_reason": None if active else "ended", "first_seq": 1}
    return json.dumps({"sessions": [session]})


class Imports(DaemonTest):
    def refused(self, sessions: str):
        upload = self.client.call("import.begin")["upload"]
        self.client.call("import.put", upload=upload, file="sessions.json", text=sessions)
        self.assertEqual(self.client.refused("import.check", upload=upload).kind, "import_refused")
        refusal = self.client.refused("import.commit", upload=upload)
        self.assertEqual(refusal.kind, "import_refused")
        return refusal

    def test_an_id_that_leaves_no_room_for_the_next_is_refused(self):
        refusal = self.refused(history(2**63 - 1))
        self.assertEqual(refusal.data["file"], "sessions.json")
        self.assertEqual(refusal.data["line"], 1)
        self.assertEqual(refusal.data["key"], "sessions[0].id")
        self.assertIs(self.client.call("session.start")["active"], True)

    def test_sessions_go_on_behind_the_largest_id_that_is_taken(self):
        upload = self.client.call("import.begin")["upload"]
        self.client.call("import.put", upload=upload, file="sessions.json", text=history(2**53 - 1))
        self.client.call("import.commit", upload=upload)
        self.assertEqual(self.client.call("session.start")["id"], 2**53)
        self.assertEqual(self.client.call("session.end", id=2**53)["id"], 2**53)
        self.daemon.restart()
        self.assertEqual(self.reconnect().call("session.start")["id"], 2**53 + 1)

    def test_an_active_session_that_is_yet_to_come_is_refused(self):
        self.assertIn("is active, but starts 9999-", self.refused(history(1, "9999-12-31T23:59:59Z", True)).message)


class Exports(DaemonTest):
    def test_what_is_no_file_is_not_read_and_stops_nobody(self):
        self.client.call("export.write")
        path = self.daemon.state / "export" / "audit.log"
        for make in (os.mkfifo, os.mkdir, lambda p: os.symlink("/etc/passwd", p)):
            with contextlib.suppress(IsADirectoryError):
                path.unlink()
            if path.is_dir():
                path.rmdir()
            make(path)
            refusal = self.client.refused("export.read", document="audit.log", offset=0)
            self.assertEqual(refusal.kind, "export_failed")
            self.assertIn("is not a regular file", refusal.message)
        path.unlink()
        self.assertIn("is not there yet", self.client.refused("export.read", document="audit.log", offset=0).message)
        self.client.call("export.write")
        self.assertIn('"seq":1', self.client.call("export.read", document="audit.log", offset=0)["text"])

    def test_exports_at_the_same_time_all_arrive(self):
        done = threading.Event()

        def note():
            with self.daemon.client() as client:
                client.call("session.start")
                while not done.is_set():
                    client.call("session.note", text="more")

        def export(name: str):
            for _ in range(4):
                codes.append(self.daemon.ctl("export", str(self.daemon.directory / name), expect=None).returncode)

        codes = []
        noise = threading.Thread(target=note)
        noise.start()
        exports = [threading.Thread(target=export, args=(f"export-{n}",)) for n in range(3)]
        for thread in exports:
            thread.start()
        for thread in exports:
            thread.join()
        done.set()
        noise.join()
        # 1: others replaced the set each time that it was read. Nothing that came was wrong.
        self.assertLessEqual(set(codes), {0, 1})
        self.assertIn(0, codes)


@unittest.skipUnless(can_trace(), "strace is not installed, or may not trace")
class KilledExports(DaemonTest):
    """A daemon that is killed at each step of an export."""

    STEPS = ("rename", "renameat2", "mkdir", "chmod", "unlink", "rmdir", "fsync")

    def killed_at(self, step: str, number: int) -> bool:
        """Exports so; false when it came to its end."""
        tracer = subprocess.Popen(
            ["strace", "-f", "-o", "/dev/null", "-e", f"trace={step}", "-e", f"inject={step}:signal=SIGKILL:when={number}",
             "-p", str(self.daemon.process.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tracer.stderr.close)
        self.addCleanup(tracer.kill)
        self.assertIn("attached", tracer.stderr.readline())
        with contextlib.suppress(OSError, ConnectionClosed):
            self.client.call("export.write")
            tracer.terminate()
            tracer.wait(DEADLINE_S)
            return False
        self.daemon.process.wait(DEADLINE_S)
        tracer.wait(DEADLINE_S)
        return True

    def test_a_kill_leaves_the_old_export_or_the_new_one(self):
        export = self.daemon.state / "export"
        self.client.call("export.write")
        (export / "mine.txt").write_text("mine")
        outcomes = {"old": 0, "new": 0}
        for step in self.STEPS:
            for number in itertools.count(1):
                before = (export / "manifest.json").read_bytes()
                self.client.call("audit.append", event="X_MORE", payload={})
                killed = self.killed_at(step, number)
                found = run(verifier(), export)
                self.assertEqual(found.returncode, 0, f"{step} {number}: {found.stdout}")
                if not killed:
                    break
                outcomes["old" if (export / "manifest.json").read_bytes() == before else "new"] += 1
                self.daemon.start()
                self.reconnect()
                self.assertEqual((export / "mine.txt").read_text(), "mine")
                self.assertFalse((self.daemon.state / ".export.next").exists())
        print(f"{sum(outcomes.values())} kills, {outcomes['new']} after the exchange", flush=True)
        self.assertGreater(outcomes["old"], 10)
        self.assertGreater(outcomes["new"], 0)


class KilledCopies(DaemonTest):
    """A valhallactl that is killed at each step of putting an export in place."""

    @unittest.skipIf(SANITIZED, "the leak check cannot run in a program that is traced")
    @unittest.skipUnless(can_trace(), "strace is not installed, or may not trace")
    def test_a_kill_leaves_the_old_set_or_the_new_one(self):
        export = self.daemon.directory / "mine"
        self.daemon.ctl("export", str(export))
        (export / "mine.txt").write_text("mine")
        export.chmod(0o750)
        outcomes = {"old": 0, "new": 0}
        for step in ("rename", "renameat2", "mkdir", "unlink", "fsync"):
            for number in itertools.count(1):
                before = (export / "manifest.json").read_bytes()
                self.client.call("audit.append", event="X_MORE", payload={})
                done = run("strace", "-f", "-o", "/dev/null", "-e", f"trace={step}", "-e",
                           f"inject={step}:signal=SIGKILL:when={number}", program("VALHALLACTL"), "--socket",
                           self.daemon.socket, "export", export, stdout=subprocess.PIPE)
                found = run(verifier(), export, stdout=subprocess.PIPE)
                self.assertEqual(found.returncode, 0, f"{step} {number}: {found.stdout}")
                if done.returncode == 0:
                    break
                self.assertIn(done.returncode, (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr)
                outcomes["old" if (export / "manifest.json").read_bytes() == before else "new"] += 1
        self.assertEqual((export / "mine.txt").read_text(), "mine")
        self.assertEqual(export.stat().st_mode & 0o777, 0o750)
        self.assertEqual(sorted(path.name for path in self.daemon.directory.glob(".mine*")), [])
        print(f"{sum(outcomes.values())} kills, {outcomes['new']} after the exchange", flush=True)
        self.assertGreater(outcomes["old"], 10)
        self.assertGreater(outcomes["new"], 0)

    def test_where_somebody_works_the_directory_stays(self):
        export = self.daemon.directory / "mine"
        self.daemon.ctl("export", str(export))
        before = export.stat().st_ino
        self.client.call("audit.append", event="X_MORE", payload={})
        done = run(program("VALHALLACTL"), "--socket", self.daemon.socket, "export", ".", cwd=export,
                   stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(export.stat().st_ino, before)
        self.assertEqual(run(verifier(), export, stdout=subprocess.PIPE).returncode, 0)


class SmallDisk(unittest.TestCase):
    """On a small filesystem of its own; skipped where a tmpfs cannot be mounted."""

    def test_an_export_leaves_room_for_the_work_or_is_refused(self):
        directory = self.enterContext(temporary_directory())
        disk = directory / "state"
        disk.mkdir()
        mount_tmpfs(self, disk, "size=90m,mode=0700")
        client = self.enterContext(self.enterContext(Daemon(directory=directory)).client())
        client.call("export.write")
        (disk / "ballast").write_bytes(b"\0" * 30_000_000)
        refusal = client.refused("export.write")
        self.assertEqual(refusal.kind, "storage_full")
        self.assertIn("there is no room for an export", refusal.message)
        self.assertIs(client.call("session.start")["active"], True)
        (disk / "ballast").unlink()
        client.call("export.write")


class StandardFiles(DaemonTest):
    def programs(self):
        yield (program("VALHALLAD"), "--help")
        yield (program("VALHALLAD"), "--version")
        yield (program("VALHALLAD"), "--check-config", "--state-dir", self.daemon.state)
        yield (program("VALHALLACTL"), "--help")
        yield (program("VALHALLACTL"), "--version")
        yield (program("VALHALLACTL"), "--socket", self.daemon.socket, "session", "status")
        yield (program("VALHALLACTL"), "--socket", self.daemon.socket, "--json", "session", "status")
        yield (program("VALHALLACTL"), "--socket", "/nonexistent", "--json", "session", "status")
        yield (verifier(), "--help")
        yield (verifier(), "--version")
        yield (verifier(), self.daemon.state)
        yield (verifier(), "--json", self.daemon.state)

    def check(self, words, done: subprocess.CompletedProcess):
        self.assertIn(done.returncode, (2,) if "/nonexistent" in words else (1,), words)
        self.assertNotEqual(done.stderr, "", words)

    def test_an_answer_that_finds_no_room_is_a_failure_that_is_told(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for words in self.programs():
                self.check(words, run(*words, stdout=full))

    def test_an_answer_without_standard_output_is_a_failure_that_is_told(self):
        for words in self.programs():
            self.check(words, run("/bin/sh", "-c", 'exec "$@" >&-', "sh", *words, stdout=subprocess.DEVNULL))

    def test_without_standard_files_the_daemon_opens_others_in_their_place(self):
        directory = self.enterContext(temporary_directory())
        daemon = Daemon(directory=directory, start=False)
        with subprocess.Popen(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *daemon.command()]) as process:
            self.addCleanup(lambda: process.poll() is None and process.kill())
            eventually(daemon.socket.exists, "it listens")
            with eventually(lambda: self.connected(daemon), "it answers") as client:
                client.call("session.start")
            for file in range(3):
                self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{file}"), "/dev/null")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE_S), 0)
        self.assertNotIn(b"listen", (daemon.state / "lock").read_bytes())

    @staticmethod
    def connected(daemon: Daemon):
        with contextlib.suppress(OSError):
            return daemon.client()


@needs_other_users
class DirectoriesOfOthers(unittest.TestCase):
    """Without XDG_RUNTIME_DIR the socket of a development daemon lies below /tmp, where anybody could have been."""

    def setUp(self):
        self.directory = self.enterContext(directory_for_all())
        uid = next(uid for uid in range(54_321, 64_321) if not os.path.lexists(f"/tmp/valhalla-{uid}"))
        self.uid = str(uid)
        self.place = Path(f"/tmp/valhalla-{uid}")
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def run_as_user(self, variable: str, *words: str) -> subprocess.CompletedProcess:
        # The build's own directory may be closed to them.
        path = copy_for_all(program(variable), self.directory)
        return run(*as_user(self.uid, self.uid), path, *words,
                   stdout=subprocess.PIPE, cwd="/", env={"PATH": os.environ["PATH"], "HOME": str(self.directory)})

    def test_valhallactl_does_not_speak_to_whoever_was_there_before(self):
        if Path("/run/valhalla/valhallad.sock").exists():
            self.skipTest("a service runs here, and is the default")
        self.place.mkdir(0o755)
        os.chown(self.place, 12_345, 12_345)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.place / "valhallad.sock"))
            (self.place / "valhallad.sock").chmod(0o777)
            listener.listen()
            listener.setblocking(False)
            done = self.run_as_user("VALHALLACTL", "status")
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"{self.place} belongs to user 12345", done.stderr)
            self.assertRaises(BlockingIOError, listener.accept)

    def test_a_development_daemon_does_not_listen_where_others_may_write(self):
        self.place.mkdir()
        os.chown(self.place, int(self.uid), int(self.uid))
        self.place.chmod(0o777)
        state = self.directory / "state"
        state.mkdir(0o700)
        os.chown(state, int(self.uid), int(self.uid))
        done = self.run_as_user("VALHALLAD", "--dev", "--state-dir", str(state))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(f"{self.place} can be written to by others", done.stderr)
        self.assertFalse((self.place / "valhallad.sock").exists())


if __name__ == "__main__":
    main()
