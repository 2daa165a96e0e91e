# SPDX-License-Identifier: Apache-2.0
"""rpc.discover: an OpenRPC document by the rules of its specification, whose examples are true.

With ACCEPT=1 the results in ipc/api/examples.json that no longer have the shape of the answers are written anew.
"""

import json
import os
import re
import shutil
import unittest

import harness
from api_schema import Checker, resolve
from harness import SOURCE_DIR, Client, Daemon

EXAMPLES = SOURCE_DIR / "ipc" / "api" / "examples.json"
# The log whose checkpoint the example of audit.witness brings; its private key was thrown away.
OTHER_LOG = "other.example/log+7a4b3841+AThNFZwjshq1ylQ8CK2UBA085XCUzEHQoo5/YTHECxhH"
SHOWN_ITEMS = 2  # of a list of objects in an example


class Document(unittest.TestCase):
    """What https://spec.open-rpc.org demands of version 1.2.6, object by object."""

    @classmethod
    def setUpClass(cls):
        with Daemon() as daemon, daemon.client() as client:
            cls.document = client.call("rpc.discover")
            cls.version = client.call("daemon.info")["version"]
        cls.checker = Checker(cls.document)

    def fields(self, value, required: dict, optional: dict | None = None):
        """An object with exactly these members and extensions, each of its type."""
        self.assertIsInstance(value, dict)
        known = required | (optional or {})
        for name in required:
            self.assertIn(name, value)
        for name, inner in value.items():
            if not name.startswith("x-"):
                self.assertIn(name, known, value)
                self.assertIsInstance(inner, known[name], name)

    def content_descriptor(self, value, at: str):
        self.fields(value, {"name": str, "schema": dict},
                    {"summary": str, "description": str, "required": bool, "deprecated": bool})
        self.assertEqual(self.checker.check_schema(value["schema"], at), [])

    def test_the_document(self):
        self.fields(self.document, {"openrpc": str, "info": dict, "methods": list}, {"components": dict})
        self.assertRegex(self.document["openrpc"], r"^1\.[2-9]\.\d+$")
        self.fields(self.document["info"], {"title": str, "version": str}, {"license": dict})
        self.fields(self.document["info"]["license"], {"name": str}, {"url": str})
        self.assertEqual(self.document["info"]["version"], self.version)

    def test_the_methods(self):
        names = [method["name"] for method in self.document["methods"]]
        self.assertEqual(len(set(names)), len(names))
        self.assertIn("rpc.discover", names)
        for method in self.document["methods"]:
            with self.subTest(method["name"]):
                self.fields(method, {"name": str, "params": list, "result": dict},
                            {"summary": str, "paramStructure": str, "errors": list, "examples": list})
                self.assertEqual(method["paramStructure"], "by-name")
                roles = ("viewer", "operator", "owner") if method["name"] != "auth.key" else ("none",)
                self.assertIn(method["x-role"], roles)
                self.assertIn(method["x-effect"], ("hot_read", "query", "change", "task"))
                for parameter in method["params"]:
                    self.content_descriptor(parameter, f"{method['name']}/{parameter['name']}")
                parameters = [parameter["name"] for parameter in method["params"]]
                self.assertEqual(len(set(parameters)), len(parameters))
                self.content_descriptor(method["result"], method["name"])

    def test_the_notifications(self):
        self.assertEqual(set(Client.api.notifications), {"audit.event", "audit.follow_end"})
        for name, schema in Client.api.notifications.items():
            self.assertEqual(self.checker.check_schema(schema, name), [])

    def test_the_errors(self):
        codes = {}
        for name, error in self.document["components"]["errors"].items():
            self.fields(error, {"code": int, "message": str}, {"data": dict})
            self.assertRegex(name, r"^[A-Za-z0-9._-]+$")
            self.assertEqual(error["data"]["kind"], name)
            self.assertEqual(codes.setdefault(error["code"], name), name)
        for method in self.document["methods"]:
            named = [resolve(self.document, error["$ref"])["code"] for error in method["errors"]]
            self.assertEqual(len(set(named)), len(named), method["name"])

    def test_the_shapes(self):
        for name, schema in self.document["components"]["schemas"].items():
            self.assertRegex(name, r"^[A-Za-z0-9._-]+$")
            self.assertEqual(self.checker.check_schema(schema, name), [])

    def test_every_method_has_an_example_that_is_as_described(self):
        for method in self.document["methods"]:
            with self.subTest(method["name"]):
                (example,) = method["examples"]
                self.fields(example, {"name": str, "params": list, "result": dict}, {"description": str})
                self.fields(example["result"], {"name": str, "value": object})
                self.assertEqual(self.checker.problems(example["result"]["value"], method["result"]["schema"]), [])
                schemas = {parameter["name"]: parameter["schema"] for parameter in method["params"]}
                for parameter in example["params"]:
                    self.fields(parameter, {"name": str, "value": object})
                    self.assertEqual(
                        self.checker.problems(parameter["value"], schemas[parameter["name"]], parameter["name"]), [])
                given = {parameter["name"] for parameter in example["params"]}
                self.assertLessEqual({p["name"] for p in method["params"] if p["required"]}, given)

    def test_the_validator_finds_what_is_wrong(self):
        described = Client.api
        good = {"band": "A", "reason": "r", "updated_at_utc": "2026-01-31T12:00:00.000000Z", "metrics": {}}
        self.assertEqual(described.problems("cone.state", {"result": good}), [])
        for wrong in ({"band": "E"}, {"reason": 1}, {"updated_at_utc": "yesterday"}, {"metrics": None}, {"more": 1}):
            self.assertTrue(described.problems("cone.state", {"result": good | wrong}), wrong)
        self.assertTrue(described.problems("cone.state", {"result": {}}))
        self.assertTrue(described.problems("no.such", {"result": good}))
        error = {"code": 1100, "message": "m", "data": {"kind": "session_active"}}
        self.assertEqual(described.problems("session.start", {"error": error}), [])
        self.assertTrue(described.problems("cone.state", {"error": error}))
        self.assertTrue(described.problems("session.start", {"error": error | {"data": {"kind": "other"}}}))


def same_shape(answer, example) -> bool:
    """An empty list or object in an example stands for any; a list may be longer than the example shows."""
    if type(answer) is not type(example):
        return False
    if isinstance(example, dict):
        return not example or (answer.keys() == example.keys()
                               and all(same_shape(answer[name], example[name]) for name in example))
    if isinstance(example, list):
        return not example or (len(answer) >= len(example)
                               and all(same_shape(one, other) for one, other in zip(answer, example)))
    return True


def shortened(value):
    """What an example shows of an answer, free of what is only true on this machine."""
    if isinstance(value, list):
        cut = SHOWN_ITEMS if value and isinstance(value[0], dict) else len(value)
        return [shortened(one) for one in value[:cut]]
    if isinstance(value, dict):
        return {name: shortened({"pid": 4711, "uid": 1000, "gid": 1000}.get(name, one)) for name, one in value.items()}
    return value


class Examples(unittest.TestCase):
    def setUp(self):
        directory = self.enterContext(harness.temporary_directory())
        config = directory / "example.toml"
        config.write_text(f'[witness]\nname = "witness.example"\nlogs = ["{OTHER_LOG}"]\n')
        self.daemon = self.enterContext(Daemon("--config", str(config)))
        self.client = self.enterContext(self.daemon.client())

    def as_shown(self, answer: dict) -> dict:
        text = json.dumps(answer)
        text = text.replace(str(self.daemon.socket), "/run/valhalla/valhallad.sock")
        text = text.replace(str(self.daemon.state), "/var/lib/valhalla")
        text = re.sub(f': "{re.escape(self.name)}"', ': "anna"', text)
        shown = shortened(json.loads(text))
        if "openrpc" in shown:
            shown |= {"methods": [], "components": {}, "x-errors": []}
        return shown

    def test_each_can_be_carried_out_in_order_and_is_answered_like_that(self):
        # The examples show a daemon whose health is green, and change its thresholds themselves.
        self.assertGreaterEqual(shutil.disk_usage(self.daemon.directory).free, 1 << 30,
                                f"this test needs 1 GiB of free space below {self.daemon.directory}")
        self.name = self.client.call("daemon.info")["operator"]
        examples = json.loads(EXAMPLES.read_text())
        self.assertEqual(sorted(one["method"] for one in examples), sorted(Client.api.methods))
        changed = []
        drawn = {}  # the random id and text of the example's key, and those that this daemon has drawn
        for one in examples:
            params = {name: drawn.get(str(value), value) for name, value in one["params"].items()}
            # A connection that came with a key is not the owner's any more.
            client = self.enterContext(self.daemon.client()) if one["method"] == "auth.key" else self.client
            answer = client.call(one["method"], **params)
            if one["method"] == "key.create":
                drawn = {one["result"][name]: answer[name] for name in ("id", "key")}
            if not same_shape(answer, one["result"]):
                changed.append(one["method"])
                one["result"] = self.as_shown(answer)
        if changed and os.environ.get("ACCEPT") == "1":
            EXAMPLES.write_text(json.dumps(examples, indent=1, ensure_ascii=False) + "\n")
        else:
            self.assertEqual(changed, [], "run this with ACCEPT=1 and look at the difference")


if __name__ == "__main__":
    harness.main()
