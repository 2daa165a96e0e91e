# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm, and what it costs: each gets one known answer, an honest client is served meanwhile, and the
daemon's memory stays below what `--check-config` says.

VALHALLA_ATTACK_TABLE=1 prints what came of it as a table.
"""

import collections
import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
from pathlib import Path

import harness
from harness import Client, ConnectionClosed, Daemon, audit_records, eventually, run_daemon
from place import as_user, needs_other_users

MIB = 1 << 20
PROMPT_S = harness.DEADLINE_S / 12  # one answer, on a machine that does other things as well
ATTACKERS = 4711  # a uid
ROWS: list[tuple[str, str, int, int]] = []

QUICK = """
socket_group = "users"
[access]
others = "operator"
[limits]
line_time_s = 1
output_stall_s = 2
push_stall_s = 1
"""


def tearDownModule():
    if os.environ.get("VALHALLA_ATTACK_TABLE") == "1":
        widths = [max(len(row[i]) for row in ROWS) for i in (0, 1)]
        print(f"\n{'attack':{widths[0]}} | {'answer':{widths[1]}} | VmHWM before | after, MiB")
        for attack, answer, before, after in ROWS:
            print(f"{attack:{widths[0]}} | {answer:{widths[1]}} | {before / MIB:12.1f} | {after / MIB:.1f}")


def request(method: str, params: str = "{}", id_: str = "1") -> str:
    return f'{{"jsonrpc":"2.0","id":{id_},"method":"{method}","params":{params}}}'


def append(n: int) -> str:
    return request("audit.append", f'{{"event":"X_ATTACK","payload":{{"n":{n}}}}}', str(n))


class Honest(threading.Thread):
    """Reads and changes something, one after the other, and remembers how long the slowest answer took."""

    def __init__(self, path):
        super().__init__()
        self.client = Client(path)
        self.served = 0
        self.slowest_s = 0.0
        self.fault = None
        self._over = threading.Event()

    def run(self):
        try:
            while not self._over.is_set():
                for method, params in (("cone.state", {}), ("audit.append", {"event": "X_HONEST", "payload": {}}),
                                       ("audit.list", {"limit": 1})):
                    begin = time.monotonic()
                    self.client.call(method, **params)
                    self.slowest_s = max(self.slowest_s, time.monotonic() - begin)
                self.served += 1
        except Exception as fault:  # told by whoever joins
            self.fault = fault

    def finish(self):
        eventually(lambda: self.served or self.fault, "the honest client is served once")
        self._over.set()
        self.join()
        self.client.close()


class AttackTest(unittest.TestCase):
    config = QUICK

    def setUp(self):
        self.daemon = self.enterContext(Daemon(config=self.config))
        self.daemon.directory.chmod(0o755)
        self.bound = self.memory_bound()

    def memory_bound(self) -> int:
        """But for an import, which is not among the attacks."""
        done = run_daemon(*self.daemon.options, "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        total, imports = re.search(r"memory +at most (\d+) MiB: .* (\d+) for an import$", done.stdout, re.MULTILINE).groups()
        return (int(total) - int(imports)) * MIB

    def high_water(self) -> int:
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024

    @contextlib.contextmanager
    def attack(self, name: str, answer: str):
        """What happens inside is the attack; `answer` is what the table says of it."""
        before = self.high_water()
        honest = Honest(self.daemon.socket)
        honest.start()
        try:
            yield
        finally:
            honest.finish()
        if honest.fault:
            raise honest.fault
        self.assertLess(honest.slowest_s, PROMPT_S, "the honest client waited too long")
        after = self.high_water()
        if not harness.SANITIZED:  # which keep what was freed
            self.assertLess(after, self.bound)
        ROWS.append((name, answer, before, after))
        with self.daemon.client() as client:
            self.assertEqual(client.call("daemon.info")["pid"], self.daemon.process.pid)

    def assert_error(self, line: bytes, code: int, message: str, id_=None, **data):
        answer = json.loads(line)
        self.assertEqual((answer["error"]["code"], answer["error"]["message"], answer["id"]), (code, message, id_))
        for name, value in data.items():
            self.assertEqual(answer["error"]["data"][name], value)

    def assert_last_words(self, client: Client, code: int, message: str):
        """One line, then the end."""
        (line,) = client.rest()
        self.assert_error(line, code, message)


class Lines(AttackTest):
    def test_a_byte_at_a_time_does_not_hold_a_connection(self):
        with self.attack("a byte every 50 ms, no newline", "-32700 after line_time_s, closed"), \
                self.daemon.client() as slow:
            begin = time.monotonic()
            with contextlib.suppress(BrokenPipeError):
                while time.monotonic() - begin < harness.DEADLINE_S and not slow._buffer:
                    slow.send(b" ")
                    with contextlib.suppress(BlockingIOError):
                        slow._buffer += slow.socket.recv(4096, socket.MSG_DONTWAIT)
                    time.sleep(0.05)  # the attack
            self.assert_last_words(slow, -32700, "a line must be complete within 1000 ms")

    def test_the_longest_line_is_answered_and_one_byte_more_is_not(self):
        line = request("cone.state")
        with self.attack("lines of 1 MiB - 1, 1 MiB, 1 MiB + 1 bytes", "result, result, -32700 and closed"):
            with self.daemon.client() as client:
                for size in (MIB - 1, MIB):
                    self.assertEqual(client.ask(line + " " * (size - len(line)))["result"]["band"], "B")
                client.send_line(line + " " * (MIB + 1 - len(line)))
                self.assert_last_words(client, -32700, f"a line must have at most {MIB} bytes")

    def test_a_stream_without_a_newline_ends(self):
        sent = 0
        with self.attack("64 MiB without a newline", "-32700 after 1 MiB, closed"), self.daemon.client() as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                while sent < 64 * MIB:
                    client.send(b"x" * 65_536)
                    sent += 65_536
                client.end_of_input()
            self.assert_last_words(client, -32700, f"a line must have at most {MIB} bytes")

    def test_many_half_lines_at_once(self):
        with self.attack("60 connections, each 1 MiB of a line", "48 MiB -32700 after line_time_s, the others overloaded"):
            clients = [self.enterContext(self.daemon.client()) for _ in range(60)]
            for client in clients:
                with contextlib.suppress(BrokenPipeError):
                    client.send(b"[" + b" " * (MIB - 2))
            told = collections.Counter(json.loads(*client.rest())["error"]["data"]["kind"] for client in clients)
        self.assertLessEqual(set(told), {"parse_error", "overloaded"})
        self.assertGreaterEqual(told["parse_error"], 48)


class Content(AttackTest):
    config = QUICK + '[rate_limits]\n"thresholds.set" = "none"\n'
    TABLE = (
        ("100,000 opening brackets", b"[" * 100_000, -32700, "malformed JSON at byte 16: nested deeper than 16 levels"),
        ("objects in objects", b'{"a":' * 50_000, -32700, "malformed JSON at byte 80: nested deeper than 16 levels"),
        ("an id of 100,000 digits", b'{"jsonrpc":"2.0","id":' + b"9" * 100_000 + b',"method":"cone.state"}', -32600,
         '"id" must have at most 1024 bytes, not 100000'),
        ("1e999999 for a number", request("thresholds.set", '{"deny_rate_red":1e999999}').encode(), -32602, None),
        ("400 digits for a number", request("audit.list", '{"limit":' + "9" * 400 + "}").encode(), -32602, None),
        ("a key twice", b'{"jsonrpc":"2.0","id":1,"id":2,"method":"cone.state"}', -32700,
         'malformed JSON at byte 28: the key "id" occurs twice in one object'),
        ("a key twice, once escaped", request("audit.append", '{"event":"X_A","payload":{"a":1,"\\u0061":2}}').encode(),
         -32700, None),
        ("20,000 keys", b'{' + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}", -32700, None),
        ("a lone surrogate", request("session.start", '{"notes":"\\ud800"}').encode(), -32700, None),
        ("a surrogate pair the wrong way", request("session.start", '{"notes":"\\udc00\\ud800"}').encode(), -32700, None),
        ("a NUL byte", request("session.start", '{"notes":"\0"}').encode(), -32700, None),
        ("an escaped NUL", request("session.start", '{"notes":"\\u0000"}').encode(), -32602,
         '"notes" must not contain the character U+0000'),
        ("a byte order mark", b"\xef\xbb\xbf" + request("cone.state").encode(), -32700,
         "malformed JSON at byte 0: a byte order mark"),
        ("UTF-8 that is none", b'"\xc0\xaf\xff\xed\xa0\x80"', -32700, None),
    )

    def test_what_no_parser_should_take_is_refused_and_the_connection_goes_on(self):
        for name, line, code, message in self.TABLE:
            with self.subTest(name), self.attack(name, str(code)), self.daemon.client() as client:
                before = client.call("session.status")
                answers = []
                for _ in range(20):
                    client.send_line(line)
                    answers.append(client.receive_line())
                self.assertEqual(len(set(answers)), 1)
                answer = json.loads(answers[0])
                self.assertEqual(answer["error"]["code"], code, answer)
                if message:
                    self.assertEqual(answer["error"]["message"], message)
                self.assertLess(len(answers[0]), 2_048)
                self.assertEqual(client.call("session.status"), before)


class Floods(AttackTest):
    COUNT = 100_000

    def test_requests_without_reading_wait_and_none_is_lost(self):
        lines = [(request("cone.state", id_=str(n)) + "\n").encode() for n in range(self.COUNT)]
        with self.attack("100,000 requests, not reading", "nothing more is read; then all, in order"), \
                self.daemon.client() as client:
            data = b"".join(lines)
            client.socket.settimeout(0.5)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < len(data):
                    sent += client.socket.send(data[sent:sent + 65_536])
            self.assertLess(sent, len(data), "the daemon took everything")
            client.socket.settimeout(harness.DEADLINE_S)
            sender = threading.Thread(target=client.send, args=(data[sent:],))
            sender.start()
            for n in range(self.COUNT):
                self.assertEqual(client.receive()["id"], n)
            sender.join()

    def test_who_never_reads_is_disconnected(self):
        with self.attack("never reading", "closed after output_stall_s"), self.daemon.client() as client:
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                while True:
                    client.send((request("canon.get") + "\n") * 100)

    def test_thousands_of_batches(self):
        batch = "[" + ",".join(request("cone.state", id_=str(n)) for n in range(100)) + "]\n"
        too_long = "[" + ",".join(request("cone.state") for _ in range(101)) + "]\n"
        count = 2_000
        with self.attack("2,000 batches of 100, 2,000 of 101", "each answered; -32600"), self.daemon.client() as client:
            sender = threading.Thread(target=lambda: [client.send(batch + too_long) for _ in range(count)])
            sender.start()
            for _ in range(count):
                self.assertEqual(client.receive_line().count(b'"result"'), 100)
                self.assert_error(client.receive_line(), -32600, "a batch has at most 100 requests, not 101")
            sender.join()

    def test_resets_in_the_middle_of_commits(self):
        rounds, depth = 150, 40
        with self.attack("150 resets with 40 changes in flight", "none; what was taken is whole"):
            for number in range(rounds):
                with self.daemon.client() as client:
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    with contextlib.suppress(BrokenPipeError):  # 64 are open, for the daemon has not seen them go yet
                        client.send("".join(append(number * depth + n) + "\n" for n in range(depth)))
        with self.daemon.client() as client:
            seen = [r["payload"]["n"] for r in audit_records(client, event="X_ATTACK")]
        self.assertEqual(len(set(seen)), len(seen))
        for number in range(rounds):  # each connection is a sequence: what is there is its beginning
            mine = [n for n in seen if n // depth == number]
            self.assertEqual(mine, list(range(number * depth, number * depth + len(mine))))
        self.daemon.stop()
        self.daemon.ctl("audit", "verify", str(self.daemon.state))

    def test_half_closed_connections_get_their_answers_and_go(self):
        with self.attack("60 half-closed connections, 100 changes each", "all answers, then closed"):
            clients = [self.enterContext(self.daemon.client()) for _ in range(60)]
            for client in clients:
                client.send("".join(append(n) + "\n" for n in range(100)))
                client.end_of_input()
            for client in clients:
                self.assertEqual([json.loads(line)["id"] for line in client.rest()], list(range(100)))


class Followers(AttackTest):
    config = QUICK.replace("output_stall_s = 2", "output_stall_s = 60")

    def test_a_stopped_follower_costs_nobody_anything(self):
        records = 20_000
        code = ("import socket, sys, time\n"
                "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
                f"s.sendall({(request('audit.follow') + chr(10)).encode()!r})\n"
                "data = s.recv(1 << 16); print('follows', flush=True)\n"
                "end = b''\n"
                "while b'follow_end' not in end:\n"
                "    new = s.recv(1 << 16)\n"
                "    if not new: break\n"
                "    end = (end + new)[-1 << 16:]\n"
                "print(end.splitlines()[-1].decode())\n")
        follower = subprocess.Popen(["/usr/bin/python3", "-c", code, str(self.daemon.socket)], stdout=subprocess.PIPE,
                                    text=True)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.addCleanup(follower.stdout.close)
        self.assertEqual(follower.stdout.readline(), "follows\n")
        with self.attack(f"SIGSTOP while following, {records:,} records", "audit.follow_end with its cursor"), \
                self.daemon.client() as client:
            follower.send_signal(signal.SIGSTOP)
            sender = threading.Thread(target=lambda: [client.send(append(n) + "\n") for n in range(records)])
            sender.start()
            for n in range(records):
                self.assertEqual(client.receive()["id"], n)
            sender.join()
            eventually(lambda: client.call("daemon.info")["audit"]["follows"] == 0, "the follow is ended")
            follower.send_signal(signal.SIGCONT)
            end = json.loads(follower.stdout.readline())
            self.assertEqual(end["method"], "audit.follow_end")

    def test_followers_that_are_gone_are_forgotten_though_nothing_is_sent_to_them(self):
        def follow(event: str) -> str:
            return request("audit.follow", f'{{"event":"{event}"}}') + "\n"

        with self.attack("10 followers that vanish", "forgotten"), self.daemon.client() as client, \
                self.daemon.client() as listening:
            listening.send(follow("X_ATTACK"))
            listening.receive()
            listening.end_of_input()  # he stays: he still reads
            for half_closed in (False, True):
                with self.daemon.client() as vanishing:
                    for _ in range(5):
                        vanishing.send(follow("X_NEVER"))
                        vanishing.receive()
                    if half_closed:
                        vanishing.end_of_input()
                    self.assertEqual(client.call("daemon.info")["audit"]["follows"], 6)
                eventually(lambda: client.call("daemon.info")["audit"]["follows"] == 1, "they are forgotten")
            client.send(append(1) + "\n")
            self.assertEqual(listening.receive()["params"]["record"]["event"], "X_ATTACK")


FLOODING = """
import socket, sys
held, told = [], {}
for _ in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    try:
        s.sendall(sys.argv[3].encode() + b"\\n")
    except OSError:
        pass  # turned away already; the reason can be read
    held.append(s)
for s in held:
    s.settimeout(60)
    line = b""
    while not line.endswith(b"\\n") and (data := s.recv(4096)):
        line += data
    told[line] = told.get(line, 0) + 1
for line, count in told.items():
    print(count, line.decode().strip())
print(flush=True)
sys.stdin.read()
"""

# CONNECTIONS REQUESTS LINE REFUSAL: how many requests were served, and how many refused so
MANY_ON_EACH = """
import socket, sys
connections, requests = int(sys.argv[2]), int(sys.argv[3])
served = refused = 0
sockets = []
for _ in range(connections):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall((sys.argv[4] + "\\n").encode() * requests)
    sockets.append((s, s.makefile("rb")))
for _, answers in sockets:
    for _ in range(requests):
        line = answers.readline()
        served += b'"result"' in line
        refused += f'"{sys.argv[5]}"'.encode() in line
print(served, refused, flush=True)
sys.stdin.read()
"""


@needs_other_users
class Crowds(AttackTest):
    config = QUICK + "connections = 40\nqueued_changes = 16\nin_flight = 12\n"

    def as_attacker(self, code: str, *arguments: str) -> subprocess.Popen:
        child = subprocess.Popen([*as_user(ATTACKERS), "/usr/bin/python3", "-c", code, str(self.daemon.socket), *arguments],
                                 stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True, cwd="/")
        for end in (child.wait, child.kill, child.stdout.close, child.stdin.close):
            self.addCleanup(end)
        return child

    def test_a_flood_of_one_user_leaves_room_for_another(self):
        with self.attack("200 connections of one user", "30 served, 170 overloaded and closed"):
            child = self.as_attacker(FLOODING, "200", request("cone.state"))
            told = {}
            while (line := child.stdout.readline()) != "\n":
                count, answer = line.split(" ", 1)
                told[json.loads(answer).get("error", {}).get("message", "served")] = int(count)
            self.assertEqual(told, {"served": 30, f"uid:{ATTACKERS} has 30 connections, and more are not given to one user": 170})
            for _ in range(5):
                with self.daemon.client() as other:
                    self.assertEqual(other.call("cone.state")["band"], "B")

    def test_follows_of_one_user_leave_room_for_another(self):
        with self.attack("256 follows of one user", "192 served, 64 refused"), self.daemon.client() as other:
            child = self.as_attacker(MANY_ON_EACH, "16", "16", request("audit.follow", '{"event":"X_NEVER"}'), "too_many_follows")
            self.assertEqual(child.stdout.readline().split(), ["192", "64"])
            other.call("audit.follow", event="X_NEVER")

    def test_changes_of_one_user_beyond_his_share_are_refused_at_once(self):
        with self.attack("3,600 changes of one user, 12 may wait", "some carried out, the others overloaded"):
            child = self.as_attacker(MANY_ON_EACH, "12", "300", append(1), "overloaded")
            served, refused = map(int, child.stdout.readline().split())
        self.assertEqual(served + refused, 3_600)
        self.assertGreater(served, 0)
        self.assertGreater(refused, 0)
        with self.daemon.client() as client:
            self.assertEqual(len(audit_records(client, event="X_ATTACK")), served)


class EveryCapFull(AttackTest):
    """Small caps, all in use at once: lines that are not finished, answers that nobody takes, changes that wait."""

    config = """
[limits]
connections = 24
connections_per_uid = 18
output_pause_bytes = 1048576
output_close_bytes = 4194304
queued_changes = 4096
queued_bytes = 16777216
"""

    def fill(self, lines: str) -> Client:
        """A connection that sends as much as is taken of it, and reads nothing."""
        client = self.enterContext(self.daemon.client())
        client.socket.settimeout(1)
        with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
            client.send(lines)
        return client

    def test_memory_stays_below_what_the_configuration_says(self):
        with self.daemon.client() as client:
            for _ in range(60):
                client.call("audit.append", event="X_LARGE", payload={"x": "y" * 32_000})
        page = request("audit.list", '{"limit":1000}')
        batch = "[" + ",".join([page] * 100) + " " * (MIB - 9_000) + "]\n"
        start = request("session.start", json.dumps({"notes": "n" * 16_000, "if_active": "supersede"})) + "\n"
        joint = request("daemon.atomic", json.dumps({"calls": [
            {"method": "audit.append", "params": {"event": "X_LARGE", "payload": {"x": "y" * 10_000}}}] * 100})) + "\n"
        with self.attack("17 of 18 connections full", "nothing more is read; closed when they stall"):
            clients = [self.fill(lines) for _ in range(4) for lines in (batch, start * 500, joint * 40, "[" + " " * (MIB - 2))]
            clients.append(self.fill(batch))
            self.assertEqual(len(clients), 17)
        self.assertGreater(self.high_water(), self.bound / 10, "the caps were not full, or the bound says nothing")


MANY = """
import socket, sys, time
path, count, kinds = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
# An argument has 128 KiB at most: a line that is not finished is made longer here.
lines = [kind.encode() if kind.endswith("\\n") else kind.encode() * 8 for kind in kinds]
held = []
for n in range(count):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.setblocking(False)
    held.append([s, 0, lines[n % len(lines)]])
end = time.monotonic() + 30
while any(one[0] and one[1] < len(one[2]) for one in held) and time.monotonic() < end:
    moved = False
    for one in held:
        if one[0] and one[1] < len(one[2]):
            try:
                sent = one[0].send(one[2][one[1]:one[1] + 65536])
                one[1] += sent
                moved = True
            except BlockingIOError:
                pass
            except OSError:
                one[0] = None
    if not moved:
        time.sleep(0.05)
        end -= 0.5
refused = 0
for one in held:
    try:
        refused += one[0] is None or b"overloaded" in one[0].recv(4096, socket.MSG_PEEK)
    except OSError:
        pass
print(refused, flush=True)
sys.stdin.read()
"""


@needs_other_users
class DefaultLimits(AttackTest):
    """The limits as they are without a configuration, and all of them reached at once, by as many users as it takes.

    But for the times: on a slow machine it takes longer than they allow until everything is full.
    """

    config = """
socket_group = "users"
[limits]
line_time_s = 300
output_stall_s = 300
[access]
others = "operator"
"""
    PER_USER = 64

    def crowd_of(self, uid: int, *kinds: str) -> subprocess.Popen:
        child = subprocess.Popen([*as_user(uid), "/usr/bin/python3", "-c", MANY, str(self.daemon.socket), str(self.PER_USER), *kinds],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
        for end in (child.wait, child.kill, child.stdout.close, child.stdin.close):
            self.addCleanup(end)
        return child

    def test_every_connection_at_its_worst_stays_within_what_an_administrator_is_told(self):
        self.assertLessEqual(self.bound, 512 * MIB)
        with self.daemon.client() as client:
            for _ in range(20):
                client.call("audit.append", event="X_LARGE", payload={"x": "y" * 30_000})
        unread = (request("audit.list", '{"limit":20}') + "\n") * 100
        change = (request("audit.append", json.dumps({"event": "X_LARGE", "payload": {"x": "y" * 900}}),
                          '"' + "i" * 1_000 + '"') + "\n") * 40
        with self.attack("511 connections of 8 users, the defaults", "long lines beyond 64 MiB overloaded, the rest waits"):
            crowd = [self.crowd_of(ATTACKERS + n, " " * 120_000, unread, change) for n in range(7)]
            crowd.append(self.crowd_of(ATTACKERS + 7, " " * 120_000))
            refused = [int(child.stdout.readline()) for child in crowd]
        self.assertGreater(sum(refused), 0, "the caps were not full")


if __name__ == "__main__":
    harness.main()
