# SPDX-License-Identifier: Apache-2.0
"""The description that the gateway gives of itself, /openapi.json: that a validator of other people accepts it, and that
answers are as it says.

The validator comes by `npm ci` of what tests/system/openapi/package-lock.json pins, once for a build directory; where
there is no npm, or it cannot reach a registry, that test alone is skipped, and says so.
"""

import copy
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from gateway import GatewayTest
from harness import DEADLINE_S, main, program

VALIDATOR = Path(__file__).resolve().parent / "openapi"
INSTALLED = Path(program("VALHALLAD")).parent / "tests" / "openapi"


def install_validator():
    """Skips the test that needs it where it cannot be had."""
    lock = (VALIDATOR / "package-lock.json").read_bytes()
    done = INSTALLED / "node_modules" / ".installed"  # a copy of the lock file, written last
    INSTALLED.mkdir(parents=True, exist_ok=True)
    shutil.copy(VALIDATOR / "validate.mjs", INSTALLED)
    if done.exists() and done.read_bytes() == lock:
        return
    if not shutil.which("npm"):
        raise unittest.SkipTest("there is no npm")
    for file in ("package.json", "package-lock.json"):
        shutil.copy(VALIDATOR / file, INSTALLED)
    try:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=INSTALLED, check=True,
                       capture_output=True, text=True, timeout=DEADLINE_S * 4,
                       env={**os.environ, "npm_config_cache": str(INSTALLED / "npm-cache")})
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        raise unittest.SkipTest(f"npm could not install the validator: {(failure.stderr or str(failure))[-400:]}") from failure
    done.write_bytes(lock)


class Description(GatewayTest):
    def setUp(self):
        super().setUp()
        self.document = self.get("/openapi.json").json()

    def test_the_documents_of_the_export_are_the_ones_that_it_names(self):
        [parameter] = self.document["paths"]["/core/export/{document}"]["get"]["parameters"]
        self.assertEqual(len(parameter["schema"]["enum"]), 4)
        for name in parameter["schema"]["enum"]:
            self.assertEqual((name, self.get(f"/core/export/{name}").status), (name, 200))
        self.assertEqual(self.get("/core/export/sessions.json").status, 404)

    def answers(self) -> list[dict]:
        """Of reads that need no parameters, of changes, and of some that are refused."""
        self.client.call("session.start", notes="n")
        key = self.client.call("key.create", name="anna", role="operator")["id"]
        asked = [("GET", path, path, None) for path, operations in self.document["paths"].items()
                 if "get" in operations and not any(p["required"] for p in operations["get"]["parameters"])
                 and "application/json" in operations["get"]["responses"]["200"]["content"]]
        self.assertGreater(len(asked), 15)
        explain, decide = ("/core/cone/explain", "engine=wholesaling&action=run"), "/core/cone/decide"
        asked += [("GET", "/core/go/sessions/{id}", "/core/go/sessions/1", None),
                  ("GET", "/core/go/sessions/{id}", "/core/go/sessions/999", None),
                  ("GET", explain[0], "?".join(explain), None),
                  ("GET", explain[0], explain[0], None),
                  ("GET", decide, f"{decide}?{explain[1]}", None),
                  ("GET", "/core/audit/inclusion", "/core/audit/inclusion?seq=1", None),
                  ("GET", "/core/audit/consistency", "/core/audit/consistency?old_size=1", None),
                  ("GET", "/core/audit/records", "/core/audit/records?limit=x", None)]
        asked += [("POST", path, path, body) for path, body in (
            ("/core/go/start_session", {"notes": "x"}), ("/core/go/note", {"text": "x"}), ("/core/go/note", {"text": 1}),
            ("/core/cone/state", {"band": "B", "reason": "x", "metrics": {"n": 1}}), ("/core/cone/state", {"band": "E"}),
            (decide, {"engine": "wholesaling", "action": "run"}), (decide, {"engine": "none", "action": "run"}),
            ("/core/health/report", {"source": "disk", "level": "yellow"}), ("/core/health/clear", {"source": "disk"}),
            ("/core/config/thresholds", {"deny_rate_red": 0.5}), ("/core/audit/records", {"event": "X_A", "payload": {}}),
            ("/core/go/complete", {"step_id": "none"}), ("/core/go/end_session", None), ("/core/keys/revoke", {"id": key}),
            ("/login", {}), ("/login", {"key": "x"}), ("/logout", {}),
            ("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "cone.state"}))]
        answers = []
        with self.gateway.http() as http:
            for method, path, target, body in asked:
                answer = http.request(method, target, body)
                answers.append({"path": path, "method": method.lower(), "status": answer.status, "body": answer.json()})
        return answers

    def validate(self, document: dict, answers: list[dict]) -> subprocess.CompletedProcess:
        file = self.daemon.directory / "description.json"
        file.write_text(json.dumps({"document": document, "answers": answers}))
        return subprocess.run(["node", str(INSTALLED / "validate.mjs"), str(file)], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=False)

    def test_of_every_answer_in_json_the_members_are_described_but_of_what_may_be_anything(self):
        vague = {path for path, operations in self.document["paths"].items() for one in operations.values()
                 if one["responses"]["200"]["content"].get("application/json", {}).get("schema") == {"type": ["object", "array"]}}
        self.assertEqual(vague, {"/rpc", "/openapi.json"})

    def test_a_validator_accepts_it_and_the_answers(self):
        install_validator()
        done = self.validate(self.document, self.answers())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        print(done.stdout, end="")

    def test_the_validator_finds_what_is_planted(self):
        install_validator()
        session = {"path": "/core/cone/state", "method": "get", "status": 200, "body": {"band": 1}}
        for mistake, told in ((lambda d: d["info"].pop("title"), "not OpenAPI"),
                              (lambda d: d["paths"]["/healthz"]["get"].update(operationId="get_core_go_session"), "two operations"),
                              (lambda d: d["paths"]["/core/go/sessions/{id}"]["get"]["parameters"].clear(), "declares []"),
                              (lambda d: next(iter(d["components"]["schemas"].values())).update(type="strin"), "is not a schema"),
                              (lambda d: d["paths"]["/healthz"]["get"]["responses"].update({"4XX": {"$ref": "#/x"}}), "not OpenAPI"),
                              (lambda d: d["components"]["securitySchemes"].clear(), "no security scheme key"),
                              (lambda d: None, "200 of get /core/cone/state")):
            wrong = copy.deepcopy(self.document)
            mistake(wrong)
            done = self.validate(wrong, [session])
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(told, done.stdout)

    def test_it_describes_every_route_and_refers_to_nothing_that_is_not_there(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        for path, method in (("/core/go/session", "get"), ("/core/cone/decide", "post"), ("/rpc", "post"),
                             ("/core/go/sessions/{id}", "get"), ("/tlog/tile/{tile}", "get")):
            self.assertIn(method, self.document["paths"][path])
        references = set()

        def walk(value):
            if isinstance(value, dict):
                if isinstance(value.get("$ref"), str):
                    references.add(value["$ref"])
                for one in value.values():
                    walk(one)
            elif isinstance(value, list):
                for one in value:
                    walk(one)

        walk(self.document)
        self.assertGreater(len(references), 10)
        self.assertEqual({r for r in references if "/schemas/" in r},
                         {f"#/components/schemas/{name}" for name in self.document["components"]["schemas"]})
        for reference in references:
            at = self.document
            for part in reference.removeprefix("#/").split("/"):
                self.assertIn(part, at, reference)
                at = at[part]

    def test_every_read_without_parameters_is_answered_as_it_is_described(self):
        asked = 0
        with self.gateway.http() as http:
            for path, operations in self.document["paths"].items():
                get = operations.get("get")
                if get and not any(p["required"] for p in get["parameters"]) and path not in ("/core/audit/stream", "/core/export"):
                    answer = http.request("GET", path)
                    self.assertEqual(answer.status, 200, path)
                    self.assertIn(answer.fields["content-type"].split(";")[0], get["responses"]["200"]["content"], path)
                    asked += 1
        self.assertGreater(asked, 15)


if __name__ == "__main__":
    main()
