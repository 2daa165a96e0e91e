#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills what the programs know about themselves into the manual pages, so that no page says otherwise.

    generate.py TEMPLATE VERSION CONFIGURATIONS PROGRAM…

prints scdoc. In the template, a line `@NAME ARGUMENT@` is replaced:

    @options PROGRAM@      options and arguments, from --help
    @commands PROGRAM@     its commands, each with its options, from the --help of each
    @exit-codes PROGRAM@   from the sentence "Exit codes: …" at the end of --help
    @keys FILE@            the keys of the commented configuration, a file of that directory, with their defaults
    @methods@ @notifications@ @errors@
                           from valhallactl describe --json
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

ITEM = re.compile(r"^ {2}(\S.*?)(?: {2,}(\S.*))?$")
# CLI11's way of saying what an option takes, not ours.
CHOICE = re.compile(r":\{.*\}")
BOUNDS = re.compile(r":\d+ to \d+|:(?!PORT)[A-Z]+| REQUIRED")
NEEDS = re.compile(r" (Needs|Excludes): (\S+)")


class Help(NamedTuple):
    about: str
    usage: str
    sections: dict[str, list[tuple[str, str]]]  # name -> (word, its meaning)
    footer: str


def escaped(text: str) -> str:
    """As scdoc shows it literally."""
    return re.sub(r"([\\*_<>#~`])", r"\\\1", text)


def without_bounds(line: str) -> str:
    """Two spaces end an item, also one so long that CLI11 leaves but one."""
    return BOUNDS.sub(lambda m: "" if NEEDS.match(line, m.end()) else " " * len(m[0]), line)


def help_of(program: Path, *command: str) -> Help:
    text = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True).stdout
    sections: dict[str, list[list[str]]] = {}
    before: list[str] = []
    footer: list[str] = []
    usage = ""
    section = None
    for line in text.splitlines():
        if line.startswith("Usage: "):
            usage = re.sub(r"^Usage: \S*/?(valhall\S*)", r"\1", line)
        elif re.fullmatch(r"[A-Z]\w+:", line):
            section = line[:-1]
            sections[section] = []
        elif line.startswith("  ") and section and (item := ITEM.match(without_bounds(line))):
            required = line.startswith("  -") and " REQUIRED" in line
            sections[section].append([item[1], ("Required. " if required else "") + (item[2] or "")])
        elif line.startswith("   ") and section:
            sections[section][-1][1] += " " + line.strip()
        elif line:
            (footer if usage else before).append(line)
    items = {name: [(word, meaning.strip()) for word, meaning in rows] for name, rows in sections.items()}
    return Help(" ".join(before), usage, items, " ".join(footer))


def entry(word: str, meaning: str) -> Iterator[str]:
    # "-h,--help" or "--socket PATH": what is typed is bold, what stands for something is underlined.
    needs = [(relation, other) for relation, other in NEEDS.findall(word) if other not in meaning]
    word = NEEDS.sub("", word)
    head = re.sub(r"^(\S+)(?: (.+))?$",
                  lambda m: ", ".join(f"*{escaped(name)}*" for name in CHOICE.sub("", m[1]).split(","))
                  + (f" _{escaped(CHOICE.sub('', m[2]))}_" if m[2] else ""), word)
    yield head
    choices = CHOICE.search(word)
    names = choices[0][2:-1].split(",") if choices else []
    if not all(name in meaning for name in names):
        meaning += ": " + ", ".join(names)
    for relation, other in needs:
        meaning += f". {'Only' if relation == 'Needs' else 'Not'} with {other}."
    yield f"\t{escaped(meaning)}"
    yield ""


def options(program: Path, *command: str) -> Iterator[str]:
    sections = help_of(program, *command).sections
    for section in ("Positionals", "Options"):
        for word, meaning in sections.get(section, []):
            if command and word == "-h,--help":
                continue
            if section == "Positionals":
                choices = CHOICE.search(word)
                word = word.split(" ", 1)[0].upper() + (choices[0] if choices else "")
            yield from entry(word, meaning)


def commands(program: Path, *above: str) -> Iterator[str]:
    for word, _ in help_of(program, *above).sections.get("Subcommands", []):
        command = (*above, word)
        about = help_of(program, *command)
        if "Subcommands" in about.sections:
            yield from commands(program, *command)
            continue
        yield f"## {escaped(' '.join(command))}"
        yield ""
        yield f"{escaped(about.about)}"
        yield ""
        yield from options(program, *command)


def exit_codes(program: Path) -> Iterator[str]:
    footer = help_of(program).footer
    sentence = re.search(r"Exit codes: (.+?)\.(?: |$)", footer)
    if not sentence:
        sys.exit(f"{program} --help does not tell its exit codes")
    for each in re.split(r"[;,] (?=\d)", sentence[1]):
        code, meaning = each.split(" ", 1)
        yield from entry(code, meaning)


def keys(configuration: Path) -> Iterator[str]:
    section = ""
    said: list[str] = []
    heads: list[str] = []  # of keys that share what was said

    def told() -> Iterator[str]:
        if heads:
            yield "++\n".join(heads)
            yield f"\t{escaped(' '.join(said))}" if said else ""
            yield ""
        heads.clear()
        said.clear()

    for line in configuration.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
            yield f"## [{section[:-1]}]"
            yield ""
            yield escaped(" ".join(said))
            yield ""
            said.clear()
        elif match := re.match(r"^#(\"?[a-z_.]+\"?) = (.+)$", line):
            heads.append(f"*{escaped(section + match[1])}* = {escaped(match[2])}")
        elif line.startswith("# "):
            if heads:
                yield from told()
            said.append(line[2:])
        elif heads:
            yield from told()
        else:
            said.clear()
    yield from told()


def methods(api: dict) -> Iterator[str]:
    yield "[[ *Method*\n:[ *Role*\n:[ *Effect*\n:< *What it does*"
    for method in api["methods"]:
        yield f"|  {escaped(method['name'])}\n:  {method['x-role']}\n:  {escaped(method['x-effect'])}\n:  {escaped(method['summary'])}"


def notifications(api: dict) -> Iterator[str]:
    for method in api["methods"]:
        for each in method.get("x-notifications", []):
            yield from entry(each["name"], f"After {method['name']}. {each['params']['description']}")


def errors(api: dict) -> Iterator[str]:
    yield "[[ *Code*\n:[ *Kind*\n:< *Meaning*"
    for name, error in api["components"]["errors"].items():
        yield f"|  {error['code']}\n:  {escaped(name)}\n:  {escaped(error['message'])}"


def main():
    template, version, configurations, *paths = sys.argv[1:]
    programs = {Path(path).name: Path(path).resolve() for path in paths}
    api = json.loads(subprocess.run([programs["valhallactl"], "describe", "--json"], capture_output=True, text=True,
                                    check=True).stdout)
    fillings = {
        "options": lambda name: options(programs[name]),
        "commands": lambda name: commands(programs[name]),
        "exit-codes": lambda name: exit_codes(programs[name]),
        "keys": lambda name: keys(Path(configurations, name)),
        "methods": lambda: methods(api),
        "notifications": lambda: notifications(api),
        "errors": lambda: errors(api),
    }
    for line in Path(template).read_text(encoding="utf-8").replace("@VERSION@", version).splitlines():
        if directive := re.fullmatch(r"@([a-z-]+)(?: (\S+))?@", line):
            filled = list(fillings[directive[1]](*filter(None, [directive[2]])))
            if not filled:
                sys.exit(f"{template}: {line} gives nothing")
            print("\n".join(filled))
        elif not line.startswith("; "):  # a comment
            print(line)


if __name__ == "__main__":
    main()
