#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files in, files out: the directory of the program before (tests/data/seed-data, written by it) is imported into a
fresh state, exported again and compared; whatever is malformed is refused as a whole."""

import hashlib
import json
import re
import shutil
import unittest
from pathlib import Path

from harness import DATA_DIR, Daemon, DaemonTest, audit_records, main, temporary_directory

SEED = DATA_DIR / "seed-data"
DOCUMENTS = ["go_session.json", "go_progress.json", "cone_state.json", "thresholds.json"]


def load(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def log_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class RoundTrip(DaemonTest):
    def setUp(self):
        super().setUp()
        self.out = self.enterContext(temporary_directory())

    def export(self, name: str = "export") -> Path:
        self.daemon.ctl("export", str(self.out / name))
        return self.out / name

    def assert_manifest_holds(self, folder: Path):
        manifest = load(folder / "manifest.json")
        text = json.dumps(manifest)
        listed = {entry["name"]: entry for entry in manifest["files"]}
        present = {f.name for f in folder.iterdir()} - {"manifest.json"}
        self.assertEqual(set(listed), present, text)
        for name, entry in listed.items():
            self.assertEqual(entry["sha256"], hashlib.sha256((folder / name).read_bytes()).hexdigest(), name)
        self.assertEqual(manifest["tree_size"], len((folder / "audit.log").read_bytes().splitlines()))

    def test_the_old_files_come_out_with_equal_content(self):
        self.daemon.ctl("import", str(SEED))
        folder = self.export()
        for name in DOCUMENTS:
            with self.subTest(name):
                self.assertEqual(load(folder / name), load(SEED / name))
        self.assert_manifest_holds(folder)

    def test_every_line_of_the_old_log_is_found_in_order_with_its_time_event_and_payload(self):
        began = audit_records(self.client)[-1]["ts_utc"]
        self.daemon.ctl("import", str(SEED))
        old = log_lines(SEED / "audit.log")
        imported = [record for record in log_lines(self.export() / "audit.log") if "imported" in record]
        self.assertEqual([r["event"] for r in imported], [line["event"] for line in old])
        self.assertEqual([r["payload"] for r in imported], [line["payload"] for line in old])
        self.assertEqual([r["imported"]["ts_utc"] for r in imported], [line["ts_utc"] for line in old])
        self.assertEqual([r["imported"]["line"] for r in imported], list(range(1, len(old) + 1)))
        for record, line in zip(imported, old):
            self.assertGreaterEqual(record["ts_utc"], began)
            self.assertNotEqual(record["ts_utc"], line["ts_utc"], "it was recorded now")

    def test_our_own_export_comes_out_with_equal_content(self):
        self.client.call("cone.set", band="C", reason="runway", metrics={"months": 4.25, "note": "ä"})
        self.client.call("thresholds.set", deny_rate_yellow=0.125)
        self.client.call("session.start", notes="one")
        self.client.call("session.note", text="in between")
        self.client.call("session.end", notes="two")
        self.client.call("session.start", notes="still running", if_active="supersede")
        self.client.call("session.end")
        first = self.export("first")
        self.assert_manifest_holds(first)
        with Daemon() as other:
            other.ctl("import", str(first))
            other.ctl("export", str(self.out / "second"))
        for name in DOCUMENTS:
            with self.subTest(name):
                self.assertEqual(load(self.out / "second" / name), load(first / name))
        self.assertEqual(self.sessions(self.out / "second"), self.sessions(first))

    def sessions(self, folder: Path) -> list[dict]:
        """Without their places in the trail, which is another one after an import."""
        sessions = load(folder / "sessions.json")["sessions"]
        return [{k: v for k, v in session.items() if k not in {"first_seq", "last_seq"}} for session in sessions]

    def test_the_same_data_gives_the_same_bytes(self):
        self.daemon.ctl("import", str(SEED))
        first = self.export("first")
        self.daemon.restart()
        second = self.export("second")
        for name in DOCUMENTS + ["sessions.json"]:
            self.assertEqual((first / name).read_bytes(), (second / name).read_bytes(), name)
        old_log = (first / "audit.log").read_bytes()
        self.assertTrue((second / "audit.log").read_bytes().startswith(old_log))

    def test_the_exported_log_is_the_records_as_they_are(self):
        self.client.call("session.start", notes='a "quoted" ä \\ note')
        records = audit_records(self.client)
        self.assertEqual(log_lines(self.export() / "audit.log"), records)

    def test_an_export_overwrites_the_last_one_and_nothing_else(self):
        folder = self.export()
        (folder / "notes.txt").write_text("mine")
        self.client.call("cone.set", band="B", reason="later")
        self.export()
        self.assertEqual(load(folder / "cone_state.json")["band"], "B")
        self.assertEqual((folder / "notes.txt").read_text(), "mine")

    def test_an_export_of_a_fresh_state_has_every_file(self):
        folder = self.export()
        self.assertLessEqual({*DOCUMENTS, "sessions.json", "audit.log", "manifest.json"},
                             {f.name for f in folder.iterdir()})
        self.assert_manifest_holds(folder)

    def test_a_dry_run_says_what_would_happen_and_changes_nothing(self):
        before = self.client.call("daemon.info")["audit"]
        said = self.daemon.ctl("import", "--dry-run", str(SEED)).stdout
        self.assertIn("35", said)
        self.assertEqual(self.client.call("daemon.info")["audit"], before)
        self.daemon.ctl("import", str(SEED))

    def test_an_import_into_a_state_in_use_is_refused(self):
        self.client.call("session.start")
        done = self.daemon.ctl("import", str(SEED), expect=1)
        self.assertTrue(done.stderr.strip())
        self.assertIsNotNone(self.client.call("session.status")["id"])

    def test_an_imported_state_survives_a_restart(self):
        self.daemon.ctl("import", str(SEED))
        before = [self.client.call(m) for m in ("session.status", "cone.state", "thresholds.get", "session.list")]
        self.daemon.kill()
        self.daemon.start()
        self.reconnect()
        self.assertEqual([self.client.call(m) for m in ("session.status", "cone.state", "thresholds.get",
                                                        "session.list")], before)


def replace(old: str, new: str):
    def change(path: Path):
        text = path.read_text(encoding="utf-8")
        assert old in text, (path, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return change


def truncate(path: Path):
    path.write_bytes(path.read_bytes()[:-20])


def write(data: bytes):
    return lambda path: path.write_bytes(data)


def make_directory(path: Path):
    path.unlink()
    path.mkdir()


def line_3_of(change_line):
    def change(path: Path):
        lines = path.read_bytes().splitlines(keepends=True)
        lines[2] = change_line(lines[2])
        path.write_bytes(b"".join(lines))
    return change


# file, what is done to it, what the refusal must name beside the file
BAD_FILES = [
    ("audit.log", truncate, ["35"]),
    ("audit.log", line_3_of(lambda line: line.replace(b"GO_SESSION_END", b"GO_\xff\xfe")), ["3"]),
    ("audit.log", line_3_of(lambda line: b"\n"), ["3"]),
    ("audit.log", line_3_of(lambda line: b"[]\n"), ["3"]),
    ("audit.log", line_3_of(lambda line: line.replace(b'"payload"', b'"payl0ad"')), ["3", "payload"]),
    ("audit.log", line_3_of(lambda line: line.replace(b'"ts_utc": "2026', b'"ts_utc": "2x26')), ["3", "ts_utc"]),
    ("audit.log", line_3_of(lambda line: re.sub(rb'"event": "[A-Z_]+"', b'"event": 1', line)), ["3", "event"]),
    ("audit.log", make_directory, []),
    ("cone_state.json", replace('"B"', '"E"'), ["band"]),
    ("cone_state.json", replace('"B"', "2"), ["band"]),
    ("cone_state.json", replace('"reason"', '"treason"'), ["reason"]),
    ("cone_state.json", replace('"metrics": {}', '"metrics": []'), ["metrics"]),
    ("cone_state.json", replace('"band"', '"band": "A", "band"'), ["band"]),
    ("cone_state.json", write(b""), []),
    ("cone_state.json", write(b"\xef\xbb\xbf{"), []),
    ("cone_state.json", write(b'{"band": "B"'), []),
    ("cone_state.json", make_directory, []),
    ("go_session.json", replace('"cone_band": "B"', '"cone_band": "X"'), ["cone_band"]),
    ("go_session.json", replace('"active": false', '"active": "no"'), ["active"]),
    ("go_session.json", replace('"status": "green"', '"status": "blue"'), ["status"]),
    ("go_session.json", replace('"started_at_utc"', '"begun_at_utc"'), ["begun_at_utc"]),
    ("go_session.json", replace("2026-11-22T", "2026-13-22T"), ["at_utc"]),
    ("go_session.json", write(b"[]"), []),
    ("go_progress.json", replace('"done": true', '"done": 1'), ["done"]),
    ("go_progress.json", replace('"progress"', '"regress"'), ["progress"]),
    ("thresholds.json", replace("0.35", '"0.35"'), ["deny_rate_red"]),
    ("thresholds.json", replace("0.35", "1.5"), ["deny_rate_red"]),
    ("thresholds.json", replace('"deny_rate_red"', '"deny_rate_rad"'), ["deny_rate_r"]),
]


class BadFiles(unittest.TestCase):
    """One daemon for all of them: after each refusal it is what it was, which the last test shows."""

    def setUp(self):
        self.daemon = self.enterContext(Daemon())
        self.client = self.enterContext(self.daemon.client())
        self.directory = self.enterContext(temporary_directory())

    def test_what_is_malformed_is_refused_as_a_whole_naming_file_line_and_key(self):
        before = self.client.call("daemon.info")["audit"]
        for number, (name, change, named) in enumerate(BAD_FILES):
            folder = self.directory / str(number)
            shutil.copytree(SEED, folder)
            change(folder / name)
            for options in ([], ["--dry-run"]):
                with self.subTest(number=number, file=name, named=named, options=options):
                    done = self.daemon.ctl("import", *options, str(folder), expect=None)
                    self.assertIn(done.returncode, (1, 3), done.stdout + done.stderr)
                    for part in [name, *named]:
                        self.assertIn(part, done.stderr)
                    self.assertEqual(self.client.call("daemon.info")["audit"], before)
        self.daemon.ctl("import", str(SEED))

    def test_a_directory_that_is_none_is_refused(self):
        (self.directory / "file").write_text("x")
        (self.directory / "empty").mkdir()
        for name in ["none", "file", "empty"]:
            with self.subTest(name):
                done = self.daemon.ctl("import", str(self.directory / name), expect=None)
                self.assertIn(done.returncode, (1, 3), done.stdout + done.stderr)
                self.assertIn(str(self.directory / name), done.stderr)

    def test_files_that_are_missing_are_left_as_they_are(self):
        (self.directory / "part").mkdir()
        shutil.copy(SEED / "cone_state.json", self.directory / "part")
        (self.directory / "part" / "unrelated.txt").write_text("x")
        self.daemon.ctl("import", str(self.directory / "part"))
        self.assertEqual(self.client.call("cone.state"), load(SEED / "cone_state.json"))
        self.assertIs(self.client.call("session.status")["active"], False)


if __name__ == "__main__":
    main()
