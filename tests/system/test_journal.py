# SPDX-License-Identifier: Apache-2.0
"""The log as journald gets it: a socket in the place of its own, seen by the daemon alone; and as plain text elsewhere."""

import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import unittest
from pathlib import Path

import harness
from harness import SOURCE_DIR, Daemon, eventually, program
from place import OWN_MOUNTS, as_user, can_have_own_mounts, copy_for_all, directory_for_all, needs_other_users

IDS = dict(re.findall(r'message_id (\w+)\{"([0-9a-f]{32})"\}',
                      (SOURCE_DIR / "daemon" / "telemetry" / "message_ids.hpp").read_text()))
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
# In a mount namespace of its own: nobody else's /run changes.
WITH_JOURNAL = """
mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$1" /run/systemd/journal || exit 99
shift
exec "$@"
"""


def decoded(datagram: bytes) -> dict[str, str]:
    """By https://systemd.io/JOURNAL_NATIVE_PROTOCOL."""
    fields = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (size,) = struct.unpack_from("<Q", rest)
            value, rest = rest[8:8 + size], rest[8 + size + 1:]
        fields[name.decode()] = value.decode()
        datagram = rest
    return fields


class Journalled(Daemon):
    """A daemon whose standard error is the journal, as far as it can tell."""

    def __init__(self, *options: str, under: tuple[str, ...] = (), executable: Path | None = None, **more):
        super().__init__(*options, start=False, **more)
        self.under = under
        self.executable = executable
        self.entries: list[dict[str, str]] = []
        (self.directory / "journal").mkdir()
        (self.directory / "journal").chmod(0o755)  # whatever the umask
        self.journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.journal.bind(str(self.directory / "journal" / "socket"))
        self.journal.setblocking(False)
        self.log.touch()
        self.start()

    def __exit__(self, *failed):
        super().__exit__(*failed)
        self.journal.close()

    def command(self) -> list[str]:
        stream = self.log.stat()
        daemon, *arguments = super().command()
        return ["bash", OWN_MOUNTS, "sh", "-c", WITH_JOURNAL, "sh",
                str(self.directory / "journal"), "env", f"JOURNAL_STREAM={stream.st_dev}:{stream.st_ino}",
                *self.under, str(self.executable or daemon), *arguments]

    def heard(self) -> list[dict[str, str]]:
        while True:
            try:
                self.entries.append(decoded(self.journal.recv(1 << 18)))
            except BlockingIOError:
                return self.entries

    def entry(self, kind: str, **fields: str) -> dict[str, str]:
        """The first entry of that kind with these fields, once it is there."""
        def found():
            return [one for one in self.heard() if one.get("MESSAGE_ID") == IDS[kind]
                    and all(one.get(name) == value for name, value in fields.items())]
        return eventually(found, f"an entry {kind} {fields}")[0]

    def kinds(self) -> list[str]:
        names = {value: name for name, value in IDS.items()}
        return [names[one["MESSAGE_ID"]] for one in self.heard()]


@unittest.skipUnless(can_have_own_mounts(), "only root can put a socket in the journal's place, and not without CAP_SYS_ADMIN")
class Journal(unittest.TestCase):
    def test_a_life_is_told_in_entries_with_their_fields(self):
        with Journalled() as daemon:
            with daemon.client() as client:
                me = client.call("daemon.info")["operator"]
                daemon.heard()  # a socket holds some ten entries (net.unix.max_dgram_qlen), and the daemon waits for room
                client.call("session.start", notes="my own notes")
                client.call("session.note", text="more notes")
                client.call("cone.set", band="D", reason="a storm\nis near")
                daemon.heard()
                client.call("cone.decide", engine="wholesaling", action="run")
                client.call("session.end")
                client.call("backup.create")
                records = client.call("audit.list", after=0, limit=100)["items"]
            by_event = {one["event"]: one for one in records}
            started = daemon.entry("session_started")
            self.assertEqual({name: started.get(name) for name in
                              ("PRIORITY", "VALHALLA_EVENT", "VALHALLA_SEQ", "VALHALLA_SESSION", "VALHALLA_OPERATOR",
                               "SYSLOG_IDENTIFIER")},
                             {"PRIORITY": "6", "VALHALLA_EVENT": "GO_SESSION_START",
                              "VALHALLA_SEQ": str(by_event["GO_SESSION_START"]["seq"]), "VALHALLA_SESSION": "1",
                              "VALHALLA_OPERATOR": me, "SYSLOG_IDENTIFIER": "valhallad"})
            self.assertIn(f"session 1 of {me} started", started["MESSAGE"])
            daemon.entry("session_ended", VALHALLA_SESSION="1")
            band = daemon.entry("band_changed", VALHALLA_SEQ=str(by_event["CONE_SET"]["seq"]))
            self.assertEqual(band["MESSAGE"], f"band D, set by {me}: a storm\\nis near")
            self.assertEqual(daemon.entry("health_changed", PRIORITY="3")["VALHALLA_EVENT"], "HEALTH_STATUS")
            daemon.entry("backup_made", VALHALLA_OPERATOR=me)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.entry("reloaded")
            daemon.stop()
            kinds = daemon.kinds()
            for kind in ("epoch_started", "policy_loaded", "playbook_loaded", "listening", "started", "stopping",
                         "checkpoint", "stopped"):
                self.assertIn(kind, kinds)
            self.assertLess(kinds.index("started"), kinds.index("session_started"))
            self.assertEqual(daemon.log.read_text(), "", "nothing goes to standard error beside")
            self.assertNotIn("notes", str(daemon.entries))

    def test_no_request_of_the_everyday_makes_an_entry(self):
        with Journalled() as daemon, daemon.client() as client:
            daemon.entry("started")
            before = len(daemon.heard())
            for _ in range(50):
                client.call("session.status")
                client.call("cone.decide", engine="wholesaling", action="run")
                client.call("audit.append", event="X_N", payload={})
                client.refused("no.such")
            client.call("session.start")
            daemon.entry("session_started")
            self.assertEqual(len(daemon.heard()), before + 1)

    def test_a_failed_start_is_an_entry(self):
        with Journalled() as first:
            first.stop()
            (first.state / "valhalla.db").write_bytes(b"this is no database" * 1000)
            with first.log.open("ab") as log:
                done = subprocess.run(first.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60,
                                      check=False)
            self.assertEqual(done.returncode, 3)
            self.assertEqual(first.entry("start_failed")["PRIORITY"], "2")

    def test_a_redirected_standard_error_is_not_the_journal(self):
        with Journalled() as daemon:
            daemon.stop()
            before = len(daemon.heard())
            elsewhere = daemon.directory / "elsewhere"
            with elsewhere.open("ab") as log:
                daemon.process = subprocess.Popen(daemon.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            eventually(lambda: "audit records" in elsewhere.read_text(), "it says so in plain text")
            daemon.stop()
            self.assertEqual(len(daemon.heard()), before)
            self.assertRegex(elsewhere.read_text(), r"(?m)^" + TIME + r"info valhallad listens on ")

    def test_a_long_entry_comes_as_a_file(self):
        with Journalled() as daemon, daemon.client() as client:
            daemon.journal.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            client.call("cone.set", band="C", reason="é" * 2000)
            self.assertIn("é" * 2000, daemon.entry("band_changed")["MESSAGE"])

    def test_without_a_journal_the_daemon_works(self):
        with Journalled() as daemon, daemon.client() as client:
            daemon.entry("started")
            daemon.journal.close()
            (daemon.directory / "journal" / "socket").unlink()
            client.call("session.start")
            client.call("session.end")
            daemon.stop()

    @needs_other_users
    def test_the_unit_s_filter_lets_entries_through(self):
        try:
            import seccomp as _
        except ImportError:
            self.skipTest("python3-seccomp is not installed")
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        if harness.SANITIZED:
            self.skipTest("sanitizers make system calls of their own")
        readable = self.enterContext(directory_for_all())
        service_filter, unit, executable = (copy_for_all(file, readable) for file in (
            Path(__file__).with_name("service_filter.py"), SOURCE_DIR / "packaging/systemd/valhallad.service", program("VALHALLAD")))
        as_service = (*as_user("daemon", "daemon"), sys.executable, "-B", str(service_filter), str(unit))
        with harness.temporary_directory() as directory:
            directory.chmod(0o777)
            (directory / "state").mkdir()
            shutil.chown(directory / "state", "daemon", "daemon")
            with Journalled(under=as_service, executable=executable, directory=directory) as daemon:
                (directory / "journal" / "socket").chmod(0o666)
                with daemon.client() as client:
                    client.call("session.start")
                    daemon.entry("session_started")
                daemon.stop()
                daemon.entry("stopped")


class Text(unittest.TestCase):
    def test_lines_in_a_pipe_are_plain(self):
        with Daemon() as daemon, daemon.client() as client:
            client.call("cone.set", band="D", reason="a storm\nis near")
            daemon.stop()
            lines = daemon.log.read_text().splitlines()
            self.assertTrue(any(re.match(TIME + r"info band D, set by \S+: a storm\\nis near$", one) for one in lines), lines)
            for one in lines:
                self.assertRegex(one, "^" + TIME + r"(info|warning|error) \S", one)

    def test_the_level_holds(self):
        with Daemon(config='log_level = "error"\n') as daemon, daemon.client() as client:
            client.call("session.start")
            daemon.stop()
            self.assertEqual(daemon.log.read_text(), "")


if __name__ == "__main__":
    harness.main()
