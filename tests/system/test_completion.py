# SPDX-License-Identifier: Apache-2.0
"""Completion in real shells, against a running daemon: bash always, fish and zsh (on a terminal) where they are installed."""

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import struct
import subprocess
import termios
import unittest
from pathlib import Path

import harness
from harness import DEADLINE_S, SOURCE_DIR, Daemon, program

SCRIPTS = SOURCE_DIR / "packaging" / "completions"

# Cuts the line as readline does with bash's usual COMP_WORDBREAKS, then calls what `complete` registered.
BASH = r"""
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
shift 2
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
how=$(complete -p valhallactl)
function=${how#*-F }
"${function%% *}" "${COMP_WORDS[0]}" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
"""


class Shells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        with cls.daemon.client() as client:
            client.call("health.report", source="jobs.nightly", level="green")
            cls.engines = [one["name"] for one in client.call("canon.get")["engines"]]
            cls.steps = [one["id"] for one in client.call("go.checklist")["steps"]]

    def run_shell(self, command: list[str], socket=None) -> list[str]:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S,
                              check=False, env={**os.environ, "VALHALLA_SOCKET": str(socket or self.daemon.socket)})
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def bash(self, *words: str, socket=None) -> list[str]:
        """What bash would offer behind `valhallactl WORDS`; the last word is being typed."""
        cut = []
        for word in words:
            for i, part in enumerate(word.split("=")):
                cut += (["="] if i else []) + ([part] if part or not i else [])
        if words[-1].endswith("="):
            cut.append("")
        line = shlex.join([program("VALHALLACTL"), *words])
        return self.run_shell(["bash", "--norc", "-c", BASH, "bash", str(SCRIPTS / "valhallactl.bash"), line,
                               program("VALHALLACTL"), *cut], socket)

    def test_commands_options_and_methods_come_from_the_program(self):
        self.assertEqual(self.bash("sess"), ["session"])
        self.assertEqual(self.bash("session", "sta"), ["start", "status"])
        self.assertEqual(self.bash("session", "start", "--sup"), ["--supersede"])
        self.assertEqual(self.bash("call", "cone.s"), ["cone.state", "cone.set"])
        self.assertEqual(self.bash("describe", "import.c"), ["import.check", "import.commit", "import.cancel"])
        self.assertEqual(self.bash("export", ""), [])

    def test_what_stands_behind_an_equals_sign_is_completed_alone(self):
        self.assertEqual(self.bash("thresholds", "set", "band_d"), ["band_d_status="])
        self.assertEqual(self.bash("thresholds", "set", "band_d_status="), ["green", "yellow", "red"])
        self.assertEqual(self.bash("thresholds", "set", "deny_rate_red=0.4", "band_d_status=y"), ["yellow"])
        self.assertEqual(self.bash("decide", "x", "run", "--band=C"), ["C"])

    def test_names_come_from_the_daemon(self):
        self.assertEqual(self.bash("decide", ""), self.engines)
        self.assertEqual(self.bash("go", "done", ""), self.steps)
        self.assertEqual(self.bash("health", "clear", ""), ["jobs.nightly"])
        self.assertEqual(self.bash("--socket", str(self.daemon.socket), "decide", "", socket="/nonexistent"),
                         self.engines)

    def test_without_a_daemon_names_are_missing_and_nothing_else(self):
        self.assertEqual(self.bash("decide", "", socket="/nonexistent"), [])
        self.assertEqual(self.bash("session", "sta", socket="/nonexistent"), ["start", "status"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_offers_the_same(self):
        script = f"source {SCRIPTS / 'valhallactl.fish'}; complete -C {shlex.quote(program('VALHALLACTL') + ' decide ')}"
        offered = [line.split("\t")[0] for line in self.run_shell(["fish", "--no-config", "-c", script])]
        self.assertEqual(sorted(offered), sorted(self.engines))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_offers_the_same_when_the_tab_key_is_pressed(self):
        with harness.temporary_directory() as functions, Terminal(
                ["zsh", "--no-rcs", "-i"], {"VALHALLA_SOCKET": str(self.daemon.socket), "PS1": "> ",
                                            "PATH": f"{Path(program('VALHALLACTL')).parent}:{os.environ['PATH']}"}) as zsh:
            shutil.copy(SCRIPTS / "valhallactl.zsh", functions / "_valhallactl")  # as the package does
            zsh.type(f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' list-choices; "
                     "echo initial''ised\n")
            zsh.wait_for("initialised")
            zsh.type("valhallactl decide \t")
            zsh.wait_for(*self.engines)
            zsh.type("\x15valhallactl session sta\t")
            zsh.wait_for("start  ", "status  ")  # followed by what they do


class Terminal:
    """An interactive program and what it shows."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm", **environment})
        os.close(slave)
        os.set_blocking(self.master, False)
        self.shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, keys: str):
        self.shown = ""
        os.write(self.master, keys.encode())

    def wait_for(self, *texts: str):
        def there():
            with contextlib.suppress(BlockingIOError):
                self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(self.master, 65536).decode(errors="replace"))
            return all(text in self.shown for text in texts)
        try:
            harness.eventually(there, f"the terminal shows {texts}")
        except AssertionError:
            print(self.shown)
            raise


if __name__ == "__main__":
    harness.main()
