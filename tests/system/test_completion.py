# SPDX-License-Identifier: Apache-2.0
"""Completion in real shells, against a running daemon: bash always, fish and zsh (on a terminal) where they are installed."""

import codecs
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
from place import needs_terminals

SCRIPTS = SOURCE_DIR / "packaging" / "completions"

# Cuts the line as readline does with bash's usual COMP_WORDBREAKS, then calls what `complete` registered.
BASH = r"""
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
shift 2
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
how=$(complete -p "${COMP_WORDS[0]##*/}")
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
            for name in ("uid:1001", "uid:1002", "team:a=b:c"):
                client.call("operator.lock", operator=name, reason="left")
            cls.engines = [one["name"] for one in client.call("canon.get")["engines"]]
            cls.steps = [one["id"] for one in client.call("go.checklist")["steps"]]

    def run_shell(self, command: list[str], socket=None, home=None) -> list[str]:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S,
                              check=False, env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(home or "/nonexistent"),
                                                "VALHALLA_SOCKET": str(socket or self.daemon.socket)})
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def bash(self, *words: str, socket=None, name=None, home=None, of: str = program("VALHALLACTL")) -> list[str]:
        """What bash would offer behind `valhallactl WORDS`; the last word is being typed."""
        cut = []
        for word in words:
            cut += [part for part in re.split("([=:]+)", word) if part] or [""]
        if words[-1].endswith(("=", ":")):
            cut.append("")
        script = str(SCRIPTS / f"{Path(of).name}.bash")
        line = " ".join([name or of, *words])
        return self.run_shell(["bash", "--norc", "-uc", BASH, "bash", script, line, name or of, *cut], socket, home)

    def bash_of_gateway(self, *words: str) -> list[str]:
        return self.bash(*words, of=program("VALHALLA_GATEWAY"))

    def assert_offered(self, expected: list[str], offer):
        """Names of the daemon are offered when it answers within half a second, else none: then `offer` is called again."""
        offered = []

        def as_expected():
            offered[:] = offer()
            self.assertIn(offered, ([], expected))
            return offered == expected

        harness.eventually(as_expected, f"{expected} are offered")

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

    def test_the_gateways_options_come_from_its_help(self):
        told = subprocess.run([program("VALHALLA_GATEWAY"), "--help"], capture_output=True, text=True, check=True).stdout
        options = re.findall(r"(?m)^  (?:-h,)?(--[a-z-]+)", told)
        self.assertGreater(len(options), 5)
        self.assertEqual(self.bash_of_gateway(""), options)
        self.assertEqual(self.bash_of_gateway("--c"), ["--config", "--check-config"])
        self.assertEqual(self.bash_of_gateway("--dev", "--so"), ["--socket"])
        self.assertEqual(self.bash_of_gateway("--dev", ""), options)
        for option in ("--config", "--socket", "--listen"):  # bash's own: a file; or none: an address
            self.assertEqual((option, self.bash_of_gateway(option, "")), (option, []))
            self.assertEqual((option, self.bash_of_gateway(f"{option}=")), (option, []))

    def test_names_come_from_the_daemon(self):
        self.assert_offered(self.engines, lambda: self.bash("decide", ""))
        self.assert_offered(self.steps, lambda: self.bash("go", "done", ""))
        self.assert_offered(["jobs.nightly"], lambda: self.bash("health", "clear", ""))
        self.assert_offered(self.engines, lambda: self.bash("--socket", str(self.daemon.socket), "decide", "",
                                                            socket="/nonexistent"))

    def test_names_with_colons_are_completed_behind_the_last_cut(self):
        self.assert_offered(["1001", "1002"], lambda: self.bash("operator", "unlock", "uid:"))
        self.assert_offered(["1001", "1002"], lambda: self.bash("operator", "unlock", "uid:100"))
        self.assert_offered(["1002"], lambda: self.bash("operator", "unlock", "uid:1002"))
        self.assert_offered(["c"], lambda: self.bash("operator", "unlock", "team:a=b:"))
        self.assert_offered(["uid:1001", "uid:1002"], lambda: self.bash("operator", "unlock", "uid"))
        self.assert_offered(["1001", "1002"], lambda: self.bash("--socket", str(self.daemon.socket), "operator", "unlock", "uid:",
                                                                socket="/nonexistent"))

    def test_the_home_directory_may_be_written_as_a_tilde(self):
        with harness.temporary_directory() as home:
            (home / "bin").mkdir()
            (home / "bin" / "valhallactl").symlink_to(program("VALHALLACTL"))
            (home / "daemon").symlink_to(self.daemon.socket)
            self.assertEqual(self.bash("sess", name="~/bin/valhallactl", home=home), ["session"])
            self.assert_offered(self.steps, lambda: self.bash("--socket", "~/daemon", "go", "done", "", home=home,
                                                              socket="/nonexistent"))
            self.assertEqual(self.bash("sess", name="~nobody-of-this-name/valhallactl", home=home), [])

    @needs_terminals
    def test_bash_completes_them_when_the_tab_key_is_pressed(self):
        with harness.temporary_directory() as home:
            (home / "bin").mkdir()
            (home / "bin" / "valhallactl").symlink_to(program("VALHALLACTL"))
            (home / "rc").write_text(f"PS1='> '\nsource {shlex.quote(str(SCRIPTS / 'valhallactl.bash'))}\n")
            with Terminal(["bash", "--noprofile", "--rcfile", str(home / "rc"), "-i"],
                          {"VALHALLA_SOCKET": str(self.daemon.socket), "HOME": str(home), "INPUTRC": "/dev/null",
                           "PATH": f"{home}/bin:{os.environ['PATH']}"}) as bash:
                bash.type("echo initial''ised\n")
                bash.wait_for("initialised")
                bash.type_until("\x15valhallactl operator unlock uid:100\t\t", "1001", "1002")
                bash.type_until("\x15valhallactl operator unlock uid:1002\t", "valhallactl operator unlock uid:1002 ")
                bash.type_until("\x15~/bin/valhallactl sess\t", "~/bin/valhallactl session ")

    def test_without_a_daemon_names_are_missing_and_nothing_else(self):
        self.assertEqual(self.bash("decide", "", socket="/nonexistent"), [])
        self.assertEqual(self.bash("session", "sta", socket="/nonexistent"), ["start", "status"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_offers_the_same(self):
        script = f"source {shlex.quote(str(SCRIPTS / 'valhallactl.fish'))}; complete -C {shlex.quote(program('VALHALLACTL') + ' decide ')}"
        self.assert_offered(sorted(self.engines), lambda: sorted(
            line.split("\t")[0] for line in self.run_shell(["fish", "--no-config", "-c", script])))

    @needs_terminals
    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_offers_the_same_when_the_tab_key_is_pressed(self):
        with harness.temporary_directory() as functions, Terminal(
                ["zsh", "--no-rcs", "-i"], {"VALHALLA_SOCKET": str(self.daemon.socket), "PS1": "> ",
                                            "PATH": f"{Path(program('VALHALLACTL')).parent}:{os.environ['PATH']}"}) as zsh:
            shutil.copy(SCRIPTS / "valhallactl.zsh", functions / "_valhallactl")  # as the package does
            zsh.type(f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' list-choices; "
                     "echo initial''ised\n")
            zsh.wait_for("initialised")
            zsh.type_until("\x15valhallactl decide \t", *self.engines)
            zsh.type("\x15valhallactl session sta\t")
            zsh.wait_for("start  ", "status  ")  # followed by what they do


class Terminal:
    """An interactive program and what it shows."""

    def __init__(self, command: list[str], environment: dict[str, str]):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                        env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", **environment})
        os.close(slave)
        os.set_blocking(self.master, False)
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a read may end within a character

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def type(self, keys: str):
        self.shown = ""
        os.write(self.master, keys.encode())

    def shows(self, texts: tuple[str, ...]) -> bool:
        with contextlib.suppress(BlockingIOError):
            self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._decoder.decode(os.read(self.master, 65536)))
        return all(text in self.shown for text in texts)

    def type_until(self, keys: str, *texts: str):
        """Types again where what it shows does not come soon: the daemon may have been too slow for it."""
        def soon():
            self.type(keys)
            with contextlib.suppress(AssertionError):
                return harness.eventually(lambda: self.shows(texts), "soon", deadline_s=3)
        try:
            harness.eventually(soon, f"the terminal shows {texts}")
        except AssertionError:
            print(self.shown)
            raise

    def wait_for(self, *texts: str):
        try:
            harness.eventually(lambda: self.shows(texts), f"the terminal shows {texts}")
        except AssertionError:
            print(self.shown)
            raise


if __name__ == "__main__":
    harness.main()
