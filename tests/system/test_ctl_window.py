# SPDX-License-Identifier: Apache-2.0
"""What valhallactl shows is never wider than its window, and never acts on a terminal that it knows nothing of."""

import subprocess

import harness
from harness import DaemonTest, program
from place import needs_terminals
from terminal import Terminal, columns_of

TEXTS = ["ascii only here", "✅ done ❌ failed ⭐ star ⚡ fast", "🟢 green 🟡 yellow 🟠 orange", "日本語のメモ", "नमस्ते दुनिया हिन्दी",
         "สวัสดีชาวโลกที่นี่", "🫠🫡🪐 newest", "👩\u200d💻 coder 👨\u200d👩\u200d👧\u200d👦 family", "🇩🇪 flag", "❤\ufe0f heart",
         "e\u0301" * 60, "東" * 60, "x" * 100]
# C1, a bidirectional override, a tag, a filler, a soft hyphen, an isolate, a character that is not assigned, private use.
HIDDEN = ["\u009b31m", "\u202e", "\U000e0041", "\u3164", "\u00ad", "\u2066", "\u0378", "\ue000", "\u2028", "\u200b"]


class Window(DaemonTest):
    def on_terminal(self, *arguments: str, **options) -> Terminal:
        return self.enterContext(Terminal("--socket", str(self.daemon.socket), *arguments, **options))

    def fill(self):
        self.client.call("session.start", notes=" / ".join(TEXTS))
        for number, text in enumerate(TEXTS):
            self.client.call("health.report", source=f"jobs.{number}", level="yellow", message=text * 3)
            self.client.call("audit.append", event=f"X_EVENT_WITH_A_LONG_NAME.{number}", payload={"text": text})
        self.client.call("session.note", text=" ".join(TEXTS))
        self.client.call("cone.set", band="C", reason=" ".join(TEXTS), metrics={"日本": "東" * 50})
        self.client.call("operator.lock", operator="日本語の長い名前の人" * 3, reason="🟢" * 40)

    def assert_fits(self, screen: str, columns: int):
        for line in screen.split("\r\n"):
            self.assertLessEqual(columns_of(line), columns, repr(line))


@needs_terminals
class InAWindow(Window):
    def test_nothing_is_wider_than_the_window(self):
        self.fill()
        commands = [["status"], ["session", "status"], ["session", "list"], ["session", "show", "1"], ["cone", "show"],
                    ["cone", "history"], ["health", "show"], ["audit", "list"], ["go", "summary"], ["canon"],
                    ["operator", "locks"], ["thresholds", "show"], ["describe"], ["describe", "audit.list"],
                    ["audit", "follow", "--after", "0", "--count", "20"], ["--help"], ["audit", "list", "--help"],
                    ["session", "list", "--limit", "0"], ["decide", "日本語" * 20, "run"]]
        for columns in (20, 40, 60):
            for arguments in commands:
                with self.subTest(columns=columns, arguments=arguments):
                    terminal = self.on_terminal(*arguments, columns=columns)
                    terminal.end()
                    self.assertNotEqual(terminal.seen, "")
                    if arguments != ["describe", "audit.list"]:  # whose example is to be copied
                        self.assert_fits(terminal.seen, columns)

    def test_what_is_watched_fits_again_when_the_window_is_resized(self):
        self.fill()
        watch = self.on_terminal("status", "--watch", "3600", columns=80)
        watch.until("Last events")
        for columns in (40, 100, 25):
            before = len(watch.seen)
            watch.resize(columns)
            # The screen is drawn once: its last line is of the oldest record in it.
            watch.until("\x1b[2J", before)
            watch.until("Last events", before)
            watch.quiet()
            self.assert_fits(watch.seen[before:].split("\x1b[2J")[-1], columns)

    def test_a_terminal_that_is_dumb_or_has_no_name_is_sent_no_codes(self):
        for term in ("dumb", None, ""):
            with self.subTest(term=term):
                watch = self.on_terminal("status", "--watch", "1", term=term, columns=40)
                watch.until("band=")
                with self.daemon.client() as client:
                    client.call("audit.append", event="X_A", payload={})
                watch.until("event=X_A")
                self.assertNotIn("\x1b", watch.seen)
                self.assert_fits(watch.seen, 40)
                for arguments in (["audit", "list"], ["export", str(self.daemon.directory / "e")], ["audit", "verify"]):
                    terminal = self.on_terminal(*arguments, term=term)
                    self.assertEqual(terminal.end(), 0, terminal.seen)
                    self.assertNotIn("\x1b", terminal.seen)


class InTheLog(Window):
    def test_what_others_wrote_is_printable_wherever_it_is_quoted(self):
        text = "seen " + " ".join(HIDDEN) + " 東京 é"
        operator = text.replace("\u2028", "").replace("\u009b31m", "")
        self.client.call("cone.set", band="D", reason=text.replace("\u2028", ""))
        self.client.call("health.report", source="probe", level="red", message=text)
        for name in HIDDEN:
            self.client.ask('{"jsonrpc":"2.0","id":1,"method":"operator.lock","params":'
                            f'{{"operator":"a{name}b","reason":"x{name}y"}}}}')
        seen = self.daemon.log.read_text(encoding="utf-8")
        seen += self.daemon.ctl("audit", "list", "--actor", operator, expect=None).stderr
        seen += self.daemon.ctl("decide", operator, "run", expect=None).stderr
        seen += self.daemon.ctl("--socket", f"/nonexistent/{operator}", "status", expect=None).stderr
        seen += self.daemon.ctl("audit", "verify", f"/nonexistent/{operator}", expect=None).stdout
        for command in ([program("VALHALLAD"), "--config", f"/nonexistent/{operator}"],
                        [program("VALHALLAD"), operator],
                        [program("VALHALLA_GATEWAY"), "--config", f"/nonexistent/{operator}"],
                        [program("VALHALLA_GATEWAY"), operator]):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=harness.DEADLINE_S, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("\\u202e", done.stderr)
            seen += done.stdout + done.stderr
        self.assertIn("東京 é", seen)
        for name in HIDDEN:
            self.assertNotIn(name, seen)
            escape = f"\\U{ord(name[0]):08x}" if ord(name[0]) > 0xffff else f"\\u{ord(name[0]):04x}"
            self.assertIn(escape, seen)


if __name__ == "__main__":
    harness.main()
