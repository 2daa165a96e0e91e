# SPDX-License-Identifier: Apache-2.0
"""daemon.metrics: exact counts after a known sequence, what promtool says, the file for the node exporter."""

import json
import random
import re
import shutil
import signal
import stat
import subprocess
import time
import unittest

import harness
from harness import Client, Daemon, DaemonTest, ask_as, eventually
from place import mount_tmpfs, needs_other_users

SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


def parsed(text: str) -> dict[str, float]:
    """`name{a="b"}` -> value; a line that is none fails."""
    values = {}
    for line in text.splitlines():
        if line.startswith("# HELP ") or line.startswith("# TYPE "):
            continue
        match = SAMPLE.match(line)
        assert match, line
        name = match[1] + (f"{{{match[2]}}}" if match[2] else "")
        assert name not in values, f"{name} is there twice"
        values[name] = float(match[3])
    return values


def scrape(client: Client) -> dict[str, float]:
    answer = client.call("daemon.metrics")
    assert answer["content_type"] == "text/plain; version=0.0.4; charset=utf-8", answer["content_type"]
    return parsed(answer["text"])


def requests(values: dict[str, float]) -> dict[tuple[str, str], float]:
    """(method, code) -> count, but for the scrapes themselves."""
    found = {}
    for name, value in values.items():
        if name.startswith("valhalla_requests_total{"):
            labels = dict(LABEL.findall(name))
            if labels["method"] != "daemon.metrics":
                found[labels["method"], labels["code"]] = value
    return found


class Counts(DaemonTest):
    config = '[rate_limits]\n"cone.set" = "1/h"\n'

    def since(self, before: dict[str, float]) -> dict[str, float]:
        """What changed."""
        now = scrape(self.client)
        return {name: value - before.get(name, 0) for name, value in now.items() if value != before.get(name, 0)}

    def test_a_known_sequence_of_requests_is_counted_exactly(self):
        before = scrape(self.client)
        for _ in range(3):
            self.client.call("session.status")
        self.client.call("session.start")
        self.assertEqual(self.client.refused("session.start").kind, "session_active")
        self.client.call("cone.set", band="B", reason="a reason")
        self.assertEqual(self.client.refused("cone.set", band="A", reason="again").kind, "rate_limited")
        self.assertTrue(self.client.call("cone.decide", engine="wholesaling", action="run")["allowed"])
        for _ in range(2):
            self.assertFalse(self.client.call("cone.decide", engine="wholesaling", action="scale")["allowed"])
        self.client.call("session.list")
        self.client.refused("session.get", id="x")
        self.client.refused("no.such.method")
        self.client.ask("{}")
        self.client.ask(json.dumps([json.loads(self.client.request("cone.state", id_=n)) for n in range(5)]))
        self.client.send_line('{"jsonrpc":"2.0","method":"cone.state"}')
        self.client.call("daemon.atomic", calls=[{"method": "session.note", "params": {"text": "a"}},
                                                 {"method": "session.end"}])
        change = self.since(before)
        self.assertEqual(requests(change), {
            ("session.status", "ok"): 3,
            ("session.start", "ok"): 1,
            ("session.start", "session_active"): 1,
            ("cone.set", "ok"): 1,
            ("cone.set", "rate_limited"): 1,
            ("cone.decide", "ok"): 3,
            ("session.list", "ok"): 1,
            ("session.get", "invalid_params"): 1,
            ("unknown", "method_not_found"): 1,
            ("unknown", "invalid_request"): 1,
            ("cone.state", "ok"): 6,
            ("daemon.atomic", "ok"): 1,
        })
        self.assertEqual(change['valhalla_decisions_total{outcome="allowed"}'], 1)
        self.assertEqual(change['valhalla_decisions_total{outcome="denied"}'], 2)
        self.assertEqual(change['valhalla_request_duration_seconds_count{effect="change"}'], 8)
        self.assertEqual(change['valhalla_request_duration_seconds_count{effect="hot_read"}'], 9)
        self.assertEqual(change['valhalla_request_duration_seconds_count{effect="query"}'], 3)  # a scrape is one
        self.assertEqual(change["valhalla_ledger_batch_size_sum"], 7)  # all but the one that the rate refused
        self.assertNotIn("valhalla_sessions_active", change)
        self.assertNotIn("valhalla_connections", change)

    def test_the_ledger_s_histograms_hold_every_change(self):
        before = scrape(self.client)
        lines = "".join(self.client.request("audit.append", {"event": "X_N", "payload": {"n": n}}) + "\n"
                        for n in range(100))
        self.client.send(lines)
        for _ in range(100):
            self.client.receive()
        change = self.since(before)
        self.assertEqual(change["valhalla_ledger_batch_size_sum"], 100)
        batches = change["valhalla_ledger_batch_size_count"]
        self.assertLessEqual(batches, 100)
        self.assertEqual(change["valhalla_ledger_commit_duration_seconds_count"], batches)
        self.assertGreater(change["valhalla_ledger_commit_duration_seconds_sum"], 0)
        self.assertEqual(change["valhalla_audit_records_total"], 100)
        self.assertEqual(change['valhalla_request_duration_seconds_count{effect="change"}'], 100)
        self.assertNotIn("valhalla_ledger_queue_changes", change)

    def test_states_sessions_and_connections(self):
        self.client.call("session.start")
        with self.daemon.client() as other:
            other.call("health.report", source="disk", level="red", message="full")
            values = scrape(other)
            self.assertEqual(values["valhalla_sessions_active"], 1)
            self.assertEqual(values["valhalla_connections"], 2)
            self.assertEqual({state: values[f'valhalla_health_state{{state="{state}"}}']
                              for state in ("green", "yellow", "red")}, {"green": 0, "yellow": 0, "red": 1})
            self.assertEqual(sum(values[f'valhalla_cone_band{{band="{band}"}}'] for band in "ABCD"), 1)
        eventually(lambda: scrape(self.client)["valhalla_connections"] == 1, "the other one is gone")
        values = scrape(self.client)
        self.assertGreater(values["process_start_time_seconds"], 1.6e9)
        self.assertEqual(values["valhalla_audit_records_total"], self.client.call("daemon.info")["audit"]["size"])
        eventually(lambda: scrape(self.client)["valhalla_anchored_records"]
                   == self.client.call("daemon.info")["audit"]["size"], "the anchor follows")

    def test_backups(self):
        self.assertNotIn("valhalla_backup_last_success_timestamp_seconds", scrape(self.client))
        self.client.call("backup.create")
        values = scrape(self.client)
        self.assertEqual(values['valhalla_backups_total{outcome="made"}'], 1)
        self.assertEqual(values['valhalla_request_duration_seconds_count{effect="task"}'], 1)
        self.assertEqual(values['valhalla_backups_total{outcome="failed"}'], 0)
        made = values["valhalla_backup_last_success_timestamp_seconds"]
        self.assertGreaterEqual(made, values["process_start_time_seconds"] - 1)
        self.client.close()
        self.daemon.restart()
        self.assertEqual(scrape(self.reconnect())["valhalla_backup_last_success_timestamp_seconds"], made)

    def test_counters_never_go_backward_while_others_work(self):
        with self.daemon.client() as other:
            last: dict[str, float] = {}
            for n in range(30):
                other.send_line(other.request("audit.append", {"event": "X_N", "payload": {"n": n}}))
                now = scrape(self.client)
                for name, value in last.items():
                    if name.split("{")[0].endswith(("_total", "_bucket", "_count", "_sum")):
                        self.assertGreaterEqual(now[name], value, name)
                last = now

    def test_no_name_that_somebody_chose_is_a_label(self):
        self.client.call("session.start")
        self.client.call("health.report", source="my-secret-source", level="yellow", message="my-secret-message")
        self.client.refused("my-secret-method")
        text = self.client.call("daemon.metrics")["text"]
        self.assertNotIn("my-secret", text)
        self.assertNotIn(self.client.call("daemon.info")["operator"] + '"', text)


class Viewers(unittest.TestCase):
    @needs_other_users
    def test_a_viewer_may_ask_and_who_has_no_role_is_counted(self):
        with Daemon(config='[access]\nviewers = ["uid:61003"]\n') as daemon:
            daemon.directory.chmod(0o755)
            daemon.socket.chmod(0o666)
            ask = '{"jsonrpc":"2.0","id":1,"method":"daemon.metrics"}'
            (answer,) = ask_as(61003, daemon.socket, ask)
            self.assertIn("valhalla_build_info", answer["result"]["text"])
            ask_as(61003, daemon.socket, '{"jsonrpc":"2.0","id":1,"method":"session.start"}')
            ask_as(61004, daemon.socket, ask)
            with daemon.client() as client:
                values = scrape(client)
            self.assertEqual(values['valhalla_connections_refused_total{reason="no_role"}'], 1)
            self.assertEqual(values['valhalla_requests_total{method="session.start",code="forbidden"}'], 1)
            self.assertEqual(values["valhalla_denials_total"], 2)


class Promtool(DaemonTest):
    def test_it_has_nothing_to_say(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed")
        self.client.call("session.start")
        self.client.call("backup.create")
        text = self.daemon.ctl("metrics").stdout
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        spoilt = subprocess.run(["promtool", "check", "metrics"], input=text.replace("_denials_total", "_denials"),
                                capture_output=True, text=True, check=False)
        self.assertNotEqual(spoilt.returncode, 0)


class Textfile(unittest.TestCase):
    def setUp(self):
        self.outside = self.enterContext(harness.temporary_directory())
        self.file = self.outside / "valhalla.prom"

    def config(self, path=None) -> str:
        return f'[metrics]\ntextfile = "{path or self.file}"\ninterval_s = 1\n'

    def records(self) -> float:
        return parsed(self.file.read_text())["valhalla_audit_records_total"] if self.file.exists() else 0

    def test_it_follows_the_daemon_and_others_can_read_it(self):
        with Daemon(config=self.config()) as daemon, daemon.client() as client:
            eventually(self.file.exists, "the file is there")
            self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o644)
            client.call("audit.append", event="X_N", payload={})
            size = client.call("daemon.info")["audit"]["size"]
            eventually(lambda: self.records() >= size, "the next one has the new record")
            self.assertEqual([one.name for one in self.outside.iterdir() if one.suffix == ".prom"], [self.file.name])

    def test_whenever_the_daemon_is_killed_there_is_a_whole_file_and_no_other(self):
        with Daemon(config=self.config()) as daemon:
            eventually(self.file.exists, "the file is there")
            whole = self.file.read_text()
            for _ in range(6):
                daemon.kill()
                found = self.file.read_text()
                self.assertEqual(parsed(whole).keys() - parsed(found).keys(), set(), "all that was in the first one")
                self.assertTrue(found.endswith("\n"))
                written = self.file.stat().st_ino
                daemon.start()
                eventually(lambda: self.file.stat().st_ino != written, "it is written anew")
                time.sleep(random.uniform(0.98, 1.02))  # until the next one is written, or nearly
            daemon.stop()
        self.assertEqual([one.name for one in self.outside.iterdir()], [self.file.name])

    def test_what_fails_is_told_once_and_again_when_it_works(self):
        missing = self.outside / "missing" / "valhalla.prom"
        with Daemon(config=self.config(missing)) as daemon, daemon.client() as client:
            eventually(lambda: "cannot be written" in daemon.log.read_text(), "it is told")
            first = client.call("daemon.metrics")
            self.assertIn("text", first)
            missing.parent.mkdir()
            eventually(lambda: "is written again" in daemon.log.read_text(), "it works again")
            self.assertEqual(daemon.log.read_text().count("cannot be written"), 1)
            self.assertTrue(missing.exists())

    def test_a_reload_moves_it_and_takes_it_away(self):
        with Daemon(config=self.config()) as daemon:
            eventually(self.file.exists, "the file is there")
            other = self.outside / "other.prom"
            (daemon.directory / "valhallad.toml").write_text(self.config(other))
            daemon.process.send_signal(signal.SIGHUP)
            eventually(other.exists, "the other one is there")
            (daemon.directory / "valhallad.toml").write_text("")
            daemon.process.send_signal(signal.SIGHUP)
            eventually(lambda: daemon.log.read_text().count("configuration read") == 2, "it is read")
            daemon.stop()

    def test_a_full_disk_leaves_the_old_file_and_the_daemon_goes_on(self):
        small = self.outside / "small"
        small.mkdir()
        mount_tmpfs(self, small, "size=64k")
        self.file = small / "valhalla.prom"
        with Daemon(config=self.config()) as daemon, daemon.client() as client:
            eventually(self.file.exists, "the file is there")
            with open(small / "ballast", "wb", buffering=0) as ballast, self.assertRaises(OSError):
                while ballast.write(b"x" * 4096):
                    pass
            eventually(lambda: "No space left" in daemon.log.read_text(), "it is told")
            self.assertGreater(self.records(), 0)
            client.call("audit.append", event="X_N", payload={})
            (small / "ballast").unlink()
            size = client.call("daemon.info")["audit"]["size"]
            eventually(lambda: self.records() >= size, "it goes on")
            self.assertEqual(daemon.log.read_text().count("No space left"), 1)


if __name__ == "__main__":
    harness.main()
