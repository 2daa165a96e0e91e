#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""packaging/OPERATIONS.md says what is so.

    guide.py words SOURCE_DIR BIN_DIR         exit codes, keys, commands, options and units in it are those that there are
    guide.py transcripts SOURCE_DIR BIN_DIR   its commands are typed, in their order, and answer as they are said to

A ```console block is a transcript: a line that begins with `# ` is typed by root, one with `alice$ ` by alice, what follows
is the answer; a command that fails is followed by `(ends with N)`. What differs from run to run (times, numbers, digests)
may differ. transcripts wants the machine of guide_machine.bash around it, and with ACCEPT=1 writes the answers anew.
Other blocks are not typed: ```sh needs systemd or Debian's archive, ```toml and ```ini are held against the programs.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

GUIDE = Path("packaging/OPERATIONS.md")
PROMPT = re.compile(r"^(# |alice\$ |mallory\$ )(.*)$")
PROGRAMS = ("valhallad", "valhallactl", "valhalla-verify", "valhalla-gateway")


# Whose configuration a file is.
CONFIGURED = {"valhallad.toml": "valhallad", "gateway.toml": "valhalla-gateway"}


class Block(NamedTuple):
    kind: str
    first: int  # number of its first line, from 0
    lines: list[str]


def blocks(text: str) -> Iterator[Block]:
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if match := re.match(r"^```(\w+)$", lines[at]):
            end = lines.index("```", at + 1)
            yield Block(match[1], at + 1, lines[at + 1:end])
            at = end
        at += 1


# Transcripts

def typed(who: str, command: str) -> list[str]:
    """What it prints, and how it ended when not well."""
    shell = ["/bin/bash", "-c", command]
    if who != "# ":
        shell = ["runuser", "--user", who[:-2], "--", *shell]
    done = subprocess.run(shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          cwd="/", timeout=120, env={"LANG": "C.UTF-8", "NO_COLOR": "1",
                                                     "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    # A build that measures coverage complains when another user runs it and it cannot write its figures.
    said = [line.rstrip() for line in done.stdout.splitlines() if not line.startswith("profiling:")]
    return said + [f"(ends with {done.returncode})"] * (done.returncode != 0)


def worked(block: Block) -> list[str]:
    """The block as it is when it is typed now."""
    now = []
    lines = iter(block.lines)
    for line in lines:
        if not (prompt := PROMPT.match(line)):
            continue
        now.append(line)
        command = prompt[2]
        while command.endswith("\\"):
            now.append(next(lines))
            command = command[:-1] + now[-1].lstrip()
        now += typed(prompt[1], command)
    return now


def masked(lines: list[str]) -> list[str]:
    """Without what no two runs have in common."""
    masks = ((r"[A-Za-z0-9+/]{40,}=*", "DIGEST"), (r"\b[0-9a-f]{8,64}\b", "HEX"),
             (r"[A-Z][a-z]{2} +\d+ \d\d:\d\d", "DATE"), (r"\b(\d+[dhms] ?)+\b", "AGE"), (r"\d+(\.\d+)?", "N"), (r" {2,}", "  "))
    for pattern, word in masks:
        lines = [re.sub(pattern, word, line) for line in lines]
    return lines


def transcripts(source: Path) -> int:
    text = (source / GUIDE).read_text(encoding="utf-8")
    lines = text.splitlines()
    accept = bool(os.environ.get("ACCEPT"))
    wrong = 0
    for block in reversed(list((b, worked(b)) for b in blocks(text) if b.kind == "console")):
        told, now = block
        if accept:  # all of them, so that what one answer names another one names too
            lines[told.first:told.first + len(told.lines)] = now
        elif masked(told.lines) != masked(now):
            wrong += 1
            print("\n".join(difflib.unified_diff(told.lines, now, f"{GUIDE}:{told.first + 1}", "typed now", lineterm="")))
    if accept:
        (source / GUIDE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if wrong else 0


# Words

def help_of(*command: str) -> str | None:
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def exit_codes_of(program: Path) -> set[int]:
    sentence = re.search(r"Exit codes: (.+?)\.(?:\s|$)", help_of(program) or "", re.S)
    return {int(code) for code in re.findall(r"(?:^|[;,]\s)(\d)\s", sentence[1])}


def told_exit_codes(text: str, program: str) -> set[int]:
    """Of its table, whose head names it: | `valhallad` | … |"""
    table = re.search(rf"^\| `{program}` \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table[1], re.M)} if table else set()


def problems_of_exit_codes(text: str, source: Path, programs: Path) -> Iterator[str]:
    constants = re.findall(r"inline constexpr int \w+ = (\d+);",
                           (source / "daemon/config.hpp").read_text(encoding="utf-8").split("namespace exit_code", 1)[1])
    if exit_codes_of(programs / "valhallad") != {int(code) for code in constants}:
        yield "valhallad --help does not tell the exit codes of daemon/config.hpp"
    for program in PROGRAMS:
        there_are, told = exit_codes_of(programs / program), told_exit_codes(text, program)
        if not there_are or told != there_are:
            yield f"exit codes of {program}: the guide has {sorted(told)}, --help has {sorted(there_are)}"
    unit = (source / "packaging/systemd/valhallad.service").read_text(encoding="utf-8")
    final = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M)[1].split()
    rows = re.findall(r"^\| (\d) \|.*\| no \|$", text, re.M)
    if rows != final:
        yield f"not started again after: the guide has {rows}, the unit has {final}"


def keys_of(configuration: str) -> set[str]:
    section, keys = "", set()
    for line in configuration.splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif match := re.match(r'^#"?([a-z_.]+)"? = ', line):
            keys.add(section + match[1])
    return keys


def problems_of_keys(text: str, source: Path) -> Iterator[str]:
    keys = set().union(*(keys_of((source / "packaging" / name).read_text(encoding="utf-8")) for name in CONFIGURED))
    sections = "|".join(sorted({key.split(".")[0] for key in keys if "." in key}))
    methods = (source / "ipc/METHODS.md").read_text(encoding="utf-8")
    for word in sorted(set(re.findall(rf"`((?:{sections})\.[a-z_]+)`", text))):
        if word not in keys and f"[{word}]" not in methods:
            yield f"there is no key {word}"


def invocations(text: str) -> Iterator[list[str]]:
    """Calls of our programs, in blocks and in the text, cut at the first thing that a shell would look at."""
    shell = "\n".join("\n".join(b.lines) for b in blocks(text) if b.kind in ("console", "sh"))
    inline = "\n".join(re.findall(r"`(valhall[^`]+)`", text))
    for line in (shell.replace("\\\n", " ") + "\n" + inline).splitlines():
        for call in re.findall(rf"(?:^|[ /$(])((?:{'|'.join(PROGRAMS)}) [^|;&>)'\"]*)", line):
            yield call.split()


def problems_of_commands(text: str, programs: Path) -> Iterator[str]:
    for call in sorted(set(map(tuple, invocations(text)))):
        program, *words = call
        command = [str(programs / program)]
        known = help_of(*command)
        before = ""
        for word in words:
            if word.startswith("--"):
                name = word.split("=")[0]
                if not re.search(rf"(^|[ ,]){name}\b", known + help_of(command[0]), re.M):
                    yield f"{' '.join(call)}: there is no option {name}"
            elif "Subcommands:" in known and not before.startswith("--"):
                if not re.search(rf"^  {re.escape(word)}\b", known.split("Subcommands:")[1], re.M):
                    yield f"{' '.join(call)}: there is no command {word}"
                    break
                command.append(word)
                known = help_of(*command)
            before = word


def problems_of_units(text: str, source: Path) -> Iterator[str]:
    for unit in sorted(set(re.findall(r"\b(valhall[a-z-]*\.(?:service|socket|timer))\b", text))):
        if not (source / "packaging/systemd" / unit).exists():
            yield f"there is no unit {unit}"
    with tempfile.TemporaryDirectory() as directory:
        for number, block in enumerate(b for b in blocks(text) if b.kind == "ini"):
            # Of the daemon's service, unless its first line says otherwise.
            first = re.fullmatch(r"# (valhall[a-z-]*\.\w+)", block.lines[0])
            unit = Path(directory, str(number), first[1] if first else "valhallad.service")
            drop_ins = unit.with_name(f"{unit.name}.d")
            drop_ins.mkdir(parents=True)
            unit.with_suffix(".service").write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
            if unit.suffix == ".socket":
                unit.write_text("[Socket]\nListenStream=127.0.0.1:1\n", encoding="utf-8")
            (drop_ins / "x.conf").write_text("\n".join(block.lines) + "\n", encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
            said = [line for line in done.stderr.splitlines() if "x.conf" in line or "Unknown" in line]
            yield from said


def make_credentials(directory: Path):
    """What systemd would hand over to the gateway."""
    directory.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=valhalla.example.org", "-days", "2", "-keyout", directory / "key.pem", "-out", directory / "certificate.pem"],
                   check=True, capture_output=True)


def problems_of_settings(text: str, programs: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        credentials = Path(directory, "credentials")
        make_credentials(credentials)
        for block in (b for b in blocks(text) if b.kind == "toml"):
            # Of the daemon, unless its first line says otherwise.
            file = Path(directory, block.lines[0].rsplit("/", 1)[-1] if block.lines[0].startswith("# /") else "valhallad.toml")
            settings = "\n".join(block.lines).replace("/run/credentials/valhalla-gateway.service/", f"{credentials}/")
            file.write_text(settings, encoding="utf-8")
            done = subprocess.run([programs / CONFIGURED[file.name], "--config", file, "--check-config"], capture_output=True,
                                  text=True, check=False)
            if done.returncode:
                yield f"line {block.first + 1}: {done.stderr.strip()}"


def problems_of_runs(text: str) -> Iterator[str]:
    """A reader compares keys and names between the answers: all must be of one run."""
    trails = set(re.findall(r"valhalla\.local/([0-9a-f]{32})", text))
    if len(trails) != 1:
        yield f"the answers are of {len(trails)} trails ({', '.join(sorted(trails))}): write them anew with ACCEPT=1"


def words(source: Path, programs: Path) -> int:
    text = (source / GUIDE).read_text(encoding="utf-8")
    problems = [*problems_of_exit_codes(text, source, programs), *problems_of_keys(text, source),
                *problems_of_commands(text, programs), *problems_of_units(text, source), *problems_of_settings(text, programs),
                *problems_of_runs(text)]
    print("\n".join(problems) or f"{len(set(map(tuple, invocations(text))))} commands, all of them ours")
    return 1 if problems else 0


def main() -> int:
    mode, source, programs = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    return transcripts(source) if mode == "transcripts" else words(source, programs)


if __name__ == "__main__":
    sys.exit(main())
