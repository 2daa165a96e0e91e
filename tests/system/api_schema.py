# SPDX-License-Identifier: Apache-2.0
"""Holds values against the schemas of rpc.discover.

The part of JSON Schema 7 that the document uses, no more: `check_schema` refuses every keyword that `problems` would
pass over. One thing is stricter: a member that the schema does not name is a problem, for then our own description of
our own answer is not complete.
"""

from __future__ import annotations

import re

ANNOTATIONS = {"description", "default"}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list,
         "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)")


def resolve(document: dict, reference: str) -> dict:
    """What `#/a/b` points to; KeyError when that is nothing."""
    assert reference.startswith("#/"), reference
    found = document
    for step in reference[2:].split("/"):
        found = found[step]
    return found


def has_type(value, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


class Checker:
    def __init__(self, document: dict):
        self.document = document

    def problems(self, value, schema: dict, at: str = "result") -> list[str]:
        """A sentence for each place where `value` is not what `schema` says."""
        if "$ref" in schema:
            return self.problems(value, resolve(self.document, schema["$ref"]), at)
        found = []
        if "type" in schema and not has_type(value, schema["type"]):
            return [f"{at} is {value!r:.80}, no {schema['type']}"]
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{at} is {value!r:.80}, none of {schema['enum']}")
        for part in schema.get("allOf", ()):
            found += self.problems(value, part, at)
        if "anyOf" in schema:
            tries = [self.problems(value, part, at) for part in schema["anyOf"]]
            found += [] if any(not one for one in tries) else min(tries, key=len)
        if isinstance(value, str):
            found += self._of_text(value, schema, at)
        elif isinstance(value, dict):
            found += self._of_object(value, schema, at)
        elif isinstance(value, list):
            if len(value) > schema.get("maxItems", len(value)):
                found.append(f"{at} has {len(value)} items")
            for i, item in enumerate(value):
                found += self.problems(item, schema.get("items", {}), f"{at}[{i}]")
        elif isinstance(value, (int, float)):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                found.append(f"{at} is {value}, out of bounds")
        return found

    @staticmethod
    def _of_text(value: str, schema: dict, at: str) -> list[str]:
        found = []
        if schema.get("format") == "date-time" and not TIME.fullmatch(value):
            found.append(f"{at} is {value!r:.80}, no time")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{at} has {len(value)} characters")
        return found

    def _of_object(self, value: dict, schema: dict, at: str) -> list[str]:
        found = [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        others = schema.get("additionalProperties")
        for name, inner in value.items():
            if name in schema.get("properties", {}):
                found += self.problems(inner, schema["properties"][name], f"{at}.{name}")
            elif others is not None:
                found += self.problems(inner, others, f"{at}.{name}")
            elif "properties" in schema:
                found.append(f"{at}.{name} is not described")
        return found

    def check_schema(self, schema, at: str) -> list[str]:
        """A sentence for each place where `schema` is no schema, or has a keyword that is not looked at here."""
        if not isinstance(schema, dict):
            return [f"{at} is no schema"]
        if "$ref" in schema:
            found = [] if set(schema) == {"$ref"} else [f"{at}: members beside $ref count for nothing"]
            try:
                resolve(self.document, schema["$ref"])
            except (KeyError, AssertionError):
                found.append(f"{at} points to {schema['$ref']}, which is not there")
            return found
        found = []
        for keyword, value in schema.items():
            here = f"{at}/{keyword}"
            if keyword in ("items", "additionalProperties"):
                found += self.check_schema(value, here)
            elif keyword == "properties":
                for name, inner in value.items():
                    found += self.check_schema(inner, f"{here}/{name}")
            elif keyword in ("allOf", "anyOf"):
                found += [] if isinstance(value, list) and value else [f"{here} is no list of schemas"]
                for i, inner in enumerate(value):
                    found += self.check_schema(inner, f"{here}/{i}")
            elif not self._is_good(keyword, value):
                found.append(f"{here} is {value!r:.80}")
        found += [f"{at}: {name} is required and not described" for name in schema.get("required", ())
                  if name not in schema.get("properties", {})]
        return found

    @staticmethod
    def _is_good(keyword: str, value) -> bool:
        if keyword == "type":
            return value in TYPES
        if keyword in ("enum", "required"):
            return isinstance(value, list) and all(isinstance(v, str) for v in value) and len(set(value)) == len(value)
        if keyword in ("minimum", "maximum"):
            return has_type(value, "number")
        if keyword in ("minLength", "maxLength", "maxItems"):
            return has_type(value, "integer") and value >= 0
        if keyword == "format":
            return value == "date-time"
        return keyword in ANNOTATIONS and (keyword != "description" or isinstance(value, str))


class Api:
    """The methods of one rpc.discover document, to hold answers against."""

    def __init__(self, document: dict):
        self.document = document
        self.checker = Checker(document)
        self.methods = {method["name"]: method for method in document["methods"]}
        self.notifications = {one["name"]: one["params"] for method in document["methods"]
                              for one in method.get("x-notifications", ())}

    def _errors(self, references: list[dict]) -> dict[int, dict]:
        errors = [resolve(self.document, one["$ref"]) for one in references]
        return {one["code"]: one for one in errors}

    def problems(self, method: str | None, answer: dict) -> list[str]:
        """What is not as described in the answer to a call of `method`; None: to a line that was no call of one."""
        described = self.methods.get(method)
        if "error" in answer:
            allowed = self._errors(self.document["x-errors"])
            if described:
                allowed |= self._errors(described["errors"])
            return self._of_error(answer["error"], allowed)
        if described is None:
            return [f"{method} has a result and is not described"]
        return self.checker.problems(answer["result"], described["result"]["schema"])

    def problems_of_notification(self, message: dict) -> list[str]:
        schema = self.notifications.get(message["method"])
        if schema is None or "id" in message:
            return [f"the notification {message['method']} is not described"]
        return self.checker.problems(message["params"], schema, "params")

    @staticmethod
    def _of_error(error: dict, allowed: dict[int, dict]) -> list[str]:
        if error.get("code") not in allowed:
            return [f"the error {error} is not described"]
        kind = allowed[error["code"]]["data"]["kind"]
        found = [] if error.get("data", {}).get("kind") == kind else [f"the kind of {error} is not {kind}"]
        return found + ([] if isinstance(error.get("message"), str) and error["message"] else [f"no message: {error}"])
