# SPDX-License-Identifier: Apache-2.0
"""A database that somebody damaged while no daemon ran: not started on, or told as soon as it is known."""

import hashlib
import sqlite3
import struct
import subprocess
from contextlib import closing

import harness
from harness import DEADLINE_S, DaemonTest, eventually


def varint(data: bytes, at: int) -> tuple[int, int]:
    """SQLite's file format, 1.6: the value and its length; at most eight bytes here."""
    value = 0
    for length in range(1, 9):
        byte = data[at + length - 1]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, length
    raise AssertionError("longer than any key here")


class Pages:
    """The pages of a database file that nobody has open."""

    def __init__(self, path):
        self.path = path
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
            self.roots = dict(db.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))
        self.data = bytearray(path.read_bytes())
        self.size = struct.unpack_from(">H", self.data, 16)[0]

    def start(self, page: int) -> int:
        return (page - 1) * self.size

    def separators(self, page: int) -> list[tuple[int, int, int, int]]:
        """Of an inner page of a table: where the key stands, its length, the key, the child before it."""
        begin = self.start(page)
        assert self.data[begin] == 5, "not an inner page of a table"
        found = []
        for i in range(struct.unpack_from(">H", self.data, begin + 3)[0]):
            cell = begin + struct.unpack_from(">H", self.data, begin + 12 + 2 * i)[0]
            key, length = varint(self.data, cell + 4)
            found.append((cell + 4, length, key, struct.unpack_from(">I", self.data, cell)[0]))
        return found

    def set_key(self, at: int, length: int, key: int):
        for i in range(length - 1, -1, -1):
            self.data[at + i] = key & 0x7F | (0x80 if i < length - 1 else 0)
            key >>= 7
        assert key == 0

    def save(self):
        self.path.write_bytes(self.data)


def rewrite(path, change):
    """Changes rows as somebody with the file would: triggers are no obstacle, and stand as they stood."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        change(db)
        for _, sql in triggers:
            db.execute(sql)


class Damage(DaemonTest):
    def fill(self, count: int = 1200):
        for _ in range(count // 100):
            batch = [self.client.request("audit.append", {"event": "X_A", "payload": {"pad": "y" * 200}}) for _ in range(100)]
            self.client.send("".join(line + "\n" for line in batch))
            for _ in batch:
                self.assertIn("result", self.client.receive())

    def refused_start(self) -> str:
        done = subprocess.run(self.daemon.command(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        return done.stderr

    def test_a_separator_that_hides_records_ends_the_start(self):
        self.fill()
        self.daemon.stop()
        pages = Pages(self.daemon.state / "valhalla.db")
        found = pages.separators(pages.roots["audit"])
        at, length, _, _ = found[len(found) // 2]
        pages.set_key(at, length, found[len(found) // 2 - 1][2])
        pages.save()
        before = (self.daemon.state / "valhalla.db").read_bytes()
        self.assertIn("is damaged: table audit is not sound", self.refused_start())
        self.assertEqual((self.daemon.state / "valhalla.db").read_bytes(), before, "nothing was written")

    def test_records_among_the_free_pages_are_not_written_over(self):
        self.fill()
        self.daemon.stop()
        pages = Pages(self.daemon.state / "valhalla.db")
        victims = [child for _, _, _, child in pages.separators(pages.roots["audit"])[2:6]]
        trunk = len(pages.data) // pages.size + 1
        pages.data += struct.pack(f">II{len(victims)}I", 0, len(victims), *victims).ljust(pages.size, b"\0")
        struct.pack_into(">III", pages.data, 28, trunk, trunk, len(victims) + 1)
        pages.data[92:96] = pages.data[24:28]
        pages.save()
        self.assertIn("is damaged: table audit is not sound", self.refused_start())

    def check_altered_record(self, with_its_leaf: bool, said: str):
        """A record of the middle, altered while no daemon ran."""
        self.fill(400)
        self.assertEqual(self.client.call("health.status")["status"], "green")
        self.daemon.stop()

        def change(db):
            seq, leaves, records = db.execute("SELECT seq, leaves, records FROM audit WHERE seq > 100 ORDER BY seq LIMIT 1").fetchone()
            records = records.replace(b"yyyy", b"yyzy", 1)
            if with_its_leaf:
                leaves = b"".join(hashlib.sha256(b"\0" + line).digest() for line in records.split(b"\n")[:-1])
            db.execute("UPDATE audit SET leaves = ?, records = ? WHERE seq = ?", (leaves, records, seq))
        rewrite(self.daemon.state / "valhalla.db", change)
        self.daemon.start()
        with self.daemon.client() as client:
            status = eventually(lambda: (now := client.call("health.status"))["status"] == "red" and now, "health is red")
            if not with_its_leaf:
                self.assertIn(said, client.refused("audit.list", after=0, limit=200).message)
        self.assertRegex(" ".join(status["reasons"]), f"The stored trail is damaged: {said}")
        self.daemon.logs(f"Z critical the stored trail is damaged: {said}")

    def test_a_record_that_was_altered_makes_health_red(self):
        self.check_altered_record(False, "the database is damaged: audit.records")

    def test_a_record_that_was_altered_with_its_leaf_makes_health_red(self):
        self.check_altered_record(True, "the first [0-9]+ records are not those")

    def test_a_sound_trail_stays_green(self):
        self.fill(400)
        self.daemon.restart()
        with self.daemon.client() as client:
            for _ in range(3):
                client.call("session.list")
            self.assertEqual(client.call("health.status")["status"], "green")
        self.daemon.stop()
        self.assertNotIn("damaged", self.daemon.log.read_text())


if __name__ == "__main__":
    harness.main()
