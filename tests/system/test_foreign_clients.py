# SPDX-License-Identifier: Apache-2.0
"""JSON-RPC clients that nobody here wrote: they connect, call, are refused, send notifications and batches.

libjson-rpc-cpp comes from Debian and always runs. jayson comes by `npm install` of the version that
tests/system/foreign/package.json pins, once for a build directory; where there is no npm, or it cannot reach a registry,
that test alone is skipped, and says so.
"""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import harness
from harness import DaemonTest, eventually, program
from place import programs_directory

FOREIGN = Path(__file__).resolve().parent / "foreign"
BUILD = Path(program("VALHALLAD")).parent


class Foreign(DaemonTest):
    def run_client(self, *command, text: str = "", **environment: str) -> list[dict]:
        done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True,
                              timeout=harness.DEADLINE_S, check=False,
                              env={**os.environ, "VALHALLA_SOCKET": str(self.daemon.socket), **environment})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]


class LibJsonRpcCpp(Foreign):
    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(programs_directory()) / "jsonrpccpp"
        subprocess.run(["g++", "-std=c++14", "-w", "-o", cls.program, FOREIGN / "jsonrpccpp.cpp", "-I/usr/include/jsoncpp",
                        "-ljsonrpccpp-client", "-ljsonrpccpp-common", "-ljsoncpp"], check=True)

    def test_it_calls_and_is_refused(self):
        note = "x" * 16_000  # more than it reads and writes at once
        started, again, state, unknown, positional, ended = self.run_client(self.program, text="\n".join([
            'session.start {"notes":"%s","request_key":"k"}' % note, "session.start {}", "cone.state",
            'cone.decide {"engine":"wholesalin","action":"run"}', 'session.note ["x"]', "session.end {}"]) + "\n")
        self.assertEqual(started["result"]["start_notes"], note)
        self.assertEqual((again["code"], again["data"]["kind"]), (1100, "session_active"))
        self.assertEqual(state["result"]["band"], "B")
        self.assertEqual((unknown["data"]["kind"], unknown["data"]["nearest"]), ("unknown_engine", ["wholesaling"]))
        self.assertEqual(positional["code"], -32602)
        self.assertIs(ended["result"]["active"], False)

    def test_long_answers_reach_it_whole(self):
        document, = self.run_client(self.program, text="rpc.discover\n")
        self.assertEqual({method["name"] for method in document["result"]["methods"]},
                         {method["name"] for method in self.client.call("rpc.discover")["methods"]})


class Jayson(Foreign):
    @classmethod
    def setUpClass(cls):
        cls.modules = BUILD / "tests" / "foreign"
        wanted = json.loads((FOREIGN / "package.json").read_text())["dependencies"]["jayson"]
        have = cls.modules / "node_modules" / "jayson" / "package.json"
        if have.exists() and json.loads(have.read_text())["version"] == wanted:
            return
        if not shutil.which("npm"):
            raise unittest.SkipTest("there is no npm")
        cls.modules.mkdir(parents=True, exist_ok=True)
        shutil.copy(FOREIGN / "package.json", cls.modules)
        try:
            subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
                           cwd=cls.modules, check=True, capture_output=True, text=True, timeout=120,
                           env={**os.environ, "npm_config_cache": str(cls.modules / "npm-cache")})
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
            raise unittest.SkipTest(f"npm could not install jayson {wanted}: {(failure.stderr or str(failure))[-400:]}") from failure

    def test_it_calls_is_refused_notifies_and_batches(self):
        started, refused, document, sent, batch = self.run_client(
            "node", FOREIGN / "jayson.js", NODE_PATH=str(self.modules / "node_modules"))
        self.assertEqual(started["result"]["start_notes"], "from jayson")
        self.assertEqual(refused["error"]["data"]["kind"], "unknown_engine")
        self.assertGreater(len(document["result"]["methods"]), 40)
        self.assertIs(sent, True)
        self.assertEqual([sorted(one.keys() & {"result", "error"}) for one in batch], [["result"], ["error"], ["result"]])
        eventually(lambda: any(record["event"] == "GO_SESSION_NOTE" for record in harness.audit_records(self.client)),
                   "the notification was executed")


if __name__ == "__main__":
    harness.main()
