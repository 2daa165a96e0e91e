#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""systemctl of the machine that tests/packaging/guide_machine.bash makes, which no systemd runs: as much of it as the
operations guide uses, for our units, taken from the units themselves."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/run/units")
SOCKET = "/run/valhalla/valhallad.sock"
# No systemd hands out users that last as long as a service; the number is nobody's.
GATEWAY_USER = 61_031
DEADLINE_S = 60


def succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


# Services that stay, each with its socket: as whom it runs, and when it is there.
RUN_AS = {"valhallad": ["--reuid=valhalla", "--regid=valhalla", "--init-groups"],
          "valhalla-gateway": [f"--reuid={GATEWAY_USER}", f"--regid={GATEWAY_USER}", "--groups=valhalla"]}
ANSWERS = {"valhallad": lambda: succeeds("valhallactl", "--socket", SOCKET, "call", "daemon.info"),
           "valhalla-gateway": lambda: succeeds("curl", "--silent", "--fail", "http://127.0.0.1:5000/healthz")}


def pid_file(name: str) -> Path:
    return Path(f"/run/{name}.pid")


def log_of(name: str) -> Path:
    return Path(f"/run/{name}.log")


def command_of(unit: str) -> list[str]:
    """Its last ExecStart=, the drop-ins' counted."""
    found = []
    for file in [UNITS / unit, *(f for root in ("/etc", "/run") for f in Path(root, "systemd/system", f"{unit}.d").glob("*.conf"))]:
        found += re.findall(r"^ExecStart=(.+)$", file.read_text(encoding="utf-8"), re.M)
    return ["setpriv", *RUN_AS.get(unit.removesuffix(".service"), RUN_AS["valhallad"]), *shlex.split(found[-1])]


def lives(pid: str) -> bool:
    try:
        return ") Z " not in Path("/proc", pid, "stat").read_text(encoding="ascii")
    except OSError:
        return False


def running(name: str) -> int | None:
    file = pid_file(name)
    pid = file.read_text(encoding="ascii") if file.exists() else ""
    return int(pid) if pid and lives(pid) else None


def start_service(name: str) -> int:
    if running(name):
        return 0
    with log_of(name).open("ab") as log:
        started = subprocess.Popen(command_of(f"{name}.service"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True)
    end = time.monotonic() + DEADLINE_S
    while started.poll() is None and time.monotonic() < end:
        if ANSWERS[name]():
            pid_file(name).write_text(str(started.pid), encoding="ascii")
            return 0
        time.sleep(0.02)
    return failed(f"{name}.service")


def stop_service(name: str):
    if pid := running(name):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + DEADLINE_S
        while lives(str(pid)) and time.monotonic() < end:
            time.sleep(0.02)
    pid_file(name).unlink(missing_ok=True)


def failed(unit: str) -> int:
    print(f"Job for {unit} failed because the control process exited with error code.\n"
          f'See "systemctl status {unit}" and "journalctl -xeu {unit}" for details.', file=sys.stderr)
    return 1


def start(unit: str) -> int:
    name = unit.split(".")[0]
    if name in RUN_AS:
        return start_service(name)
    if unit == "valhalla-backup.service":
        with log_of("valhallad").open("ab") as log:
            done = subprocess.run(command_of(unit), stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        return failed(unit) if done.returncode else 0
    return 0 if (UNITS / unit).exists() else failed(unit)


def main() -> int:
    verb, *units = [word for word in sys.argv[1:] if not word.startswith("--")]
    if verb == "daemon-reload":
        return 0
    for unit in [unit if "." in unit else f"{unit}.service" for unit in units]:
        if not (UNITS / unit).exists():
            print(f"Unit {unit} not found.", file=sys.stderr)
            return 5
        name = unit.split(".")[0]
        if verb in ("stop", "restart") and name in RUN_AS:
            stop_service(name)
        if verb in ("start", "restart") and (code := start(unit)):
            return code
        if verb == "reload":
            pid = running(name)
            if not pid:
                return failed(unit)
            os.kill(pid, signal.SIGHUP)
        elif verb not in ("start", "stop", "restart", "enable", "disable", "reset-failed"):
            print(f"this systemctl does not know {verb}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
