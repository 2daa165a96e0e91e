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
PID = Path("/run/valhallad.pid")
LOG = Path("/run/valhallad.log")
SOCKET = "/run/valhalla/valhallad.sock"
DEADLINE_S = 60


def command_of(unit: str) -> list[str]:
    """Its last ExecStart=, the drop-ins' counted."""
    found = []
    for file in [UNITS / unit, *(f for root in ("/etc", "/run") for f in Path(root, "systemd/system", f"{unit}.d").glob("*.conf"))]:
        found += re.findall(r"^ExecStart=(.+)$", file.read_text(encoding="utf-8"), re.M)
    return ["setpriv", "--reuid=valhalla", "--regid=valhalla", "--init-groups", *shlex.split(found[-1])]


def lives(pid: str) -> bool:
    try:
        return ") Z " not in Path("/proc", pid, "stat").read_text(encoding="ascii")
    except OSError:
        return False


def running() -> int | None:
    pid = PID.read_text(encoding="ascii") if PID.exists() else ""
    return int(pid) if pid and lives(pid) else None


def answers() -> bool:
    return subprocess.run(["valhallactl", "--socket", SOCKET, "call", "daemon.info"], capture_output=True, check=False).returncode == 0


def start_daemon() -> int:
    if running():
        return 0
    with LOG.open("ab") as log:
        daemon = subprocess.Popen(command_of("valhallad.service"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  start_new_session=True)
    end = time.monotonic() + DEADLINE_S
    while daemon.poll() is None and time.monotonic() < end:
        if answers():
            PID.write_text(str(daemon.pid), encoding="ascii")
            return 0
        time.sleep(0.02)
    return failed("valhallad.service")


def stop_daemon():
    if pid := running():
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + DEADLINE_S
        while lives(str(pid)) and time.monotonic() < end:
            time.sleep(0.02)
    PID.unlink(missing_ok=True)


def failed(unit: str) -> int:
    print(f"Job for {unit} failed because the control process exited with error code.\n"
          f'See "systemctl status {unit}" and "journalctl -xeu {unit}" for details.', file=sys.stderr)
    return 1


def start(unit: str) -> int:
    if unit in ("valhallad.service", "valhallad.socket"):
        return start_daemon()
    if unit == "valhalla-backup.service":
        with LOG.open("ab") as log:
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
        if verb in ("stop", "restart") and unit.startswith("valhallad."):
            stop_daemon()
        if verb in ("start", "restart") and (code := start(unit)):
            return code
        if verb == "reload":
            pid = running()
            if not pid:
                return failed(unit)
            os.kill(pid, signal.SIGHUP)
        elif verb not in ("start", "stop", "restart", "enable", "disable", "reset-failed"):
            print(f"this systemctl does not know {verb}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
