"""The forges' own published API descriptions, where they are at hand, as checks of requests and answers.

They lie beside the repository (`../shared/forge-contract`) or where FORGE_CONTRACT says, and are never copied into it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

CONTRACT = Path(os.environ.get("FORGE_CONTRACT", Path(__file__).parents[3] / "shared" / "forge-contract"))
UNDESCRIBED = {401, 403, 429, 500, 502, 503}  # what any operation may answer, whether the description says so or not

needs_contract = pytest.mark.skipif(
    not (CONTRACT / "README.md").exists(), reason=f"no descriptions of the forges at {CONTRACT} (FORGE_CONTRACT)"
)


@cache
def document(name: str) -> dict[str, Any]:
    return json.loads((CONTRACT / name).read_text())


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of a description. A schema of None: nothing is said of the body."""

    name: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, Any]
    body: Any
    answers: Mapping[int, Any]


@dataclass(frozen=True, kw_only=True)
class Description:
    """`root` holds what the schemas refer to."""

    operations: tuple[Operation, ...]
    root: Mapping[str, Any]

    def operation(self, method: str, path: str) -> Operation | None:
        """`path` as it was sent, so that an escaped slash is none; literal paths go before those with parameters."""
        found = [one for one in self.operations if one.method == method and one.path.fullmatch(path)]
        return min(found, key=lambda one: one.path.pattern.count("[^/]+"), default=None)

    def request_faults(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Iterator[str]:
        operation = self.operation(method, path)
        if operation is None:
            yield f"{method} {path} is not described"
            return
        for name, value in query.items():
            if name not in operation.query:
                yield f"{operation.name}: the parameter {name} is not described"
            else:
                yield from self._faults(operation.query[name], _typed(value, operation.query[name]), operation.name)
        if operation.body is None:
            if body is not None:
                yield f"{operation.name}: a body is not described"
        else:
            yield from self._faults(operation.body, body, operation.name)

    def answer_faults(self, method: str, path: str, status: int, body: Any) -> Iterator[str]:
        operation = self.operation(method, path)
        if operation is None or (status in UNDESCRIBED and status not in operation.answers):
            return
        if status not in operation.answers:
            yield f"{operation.name}: the status {status} is not described"
        elif (schema := operation.answers[status]) is not None:
            yield from self._faults(schema, body, operation.name)

    def _faults(self, schema: Any, value: Any, name: str) -> Iterator[str]:
        # The schema's own keys stand beside the root's, since its references are to the root.
        for error in Draft202012Validator({**self.root, **schema}).iter_errors(value):
            yield f"{name}: {error.json_path}: {error.message[:300]}"


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    return int(value) if schema.get("type") == "integer" and value.isdigit() else value


def pattern(path: str, prefix: str = "") -> re.Pattern[str]:
    return re.compile(re.escape(prefix) + re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path)))


# --- OpenAPI 3.0, as GitHub's ------------------------------------------------------------------------------------


@cache
def github(prefix: str = "/api/v3") -> Description:
    read = document("github/openapi3.json")
    operations = tuple(
        Operation(
            name=f"{method.upper()} {path}",
            method=method.upper(),
            path=pattern(path, prefix),
            query={one["name"]: nullable(one["schema"]) for one in _parameters(read, spec) if one["in"] == "query"},
            body=_body_3(spec),
            answers={int(code): _answer_3(read, answer) for code, answer in spec["responses"].items()},
        )
        for path, methods in read["paths"].items()
        for method, spec in methods.items()
        if method != "parameters"
    )
    schemas = {name: nullable(schema) for name, schema in read["components"]["schemas"].items()}
    return Description(operations=operations, root={"components": {"schemas": schemas}})


def _parameters(read: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[Any]:
    for one in spec.get("parameters", ()):
        yield _referred(read, one["$ref"]) if "$ref" in one else one


def _referred(read: Mapping[str, Any], reference: str) -> Any:
    found: Any = read
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _body_3(spec: Mapping[str, Any]) -> Any:
    content = spec.get("requestBody", {}).get("content", {})
    return closed(nullable(content["application/json"]["schema"])) if content else None


def _answer_3(read: Mapping[str, Any], answer: Mapping[str, Any]) -> Any:
    answer = _referred(read, answer["$ref"]) if "$ref" in answer else answer
    content = answer.get("content", {}).get("application/json")
    return nullable(content["schema"]) if content else None


def nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's words."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def closed(schema: Any) -> Any:
    """The schema of an object that may have no other properties: what we send must be described."""
    return {**schema, "additionalProperties": False} if schema.get("properties") else schema


# --- Swagger 2, as Gitea's and Forgejo's -------------------------------------------------------------------------

COMMITS_OF_A_PULL_REQUEST = "/repos/{owner}/{repo}/pulls/{index}/commits"  # not in the slice; both forges have it
COMMIT_FIELDS = {"url", "sha", "html_url", "commit", "author", "committer", "parents", "created", "files", "stats"}


@cache
def gitea(kind: str) -> Description:
    read = document(f"{kind}/swagger2.json")
    prefix = read["basePath"]
    operations = [
        Operation(
            name=f"{method.upper()} {path}",
            method=method.upper(),
            path=pattern(path, prefix),
            query={one["name"]: one for one in spec.get("parameters", ()) if one["in"] == "query"},
            body=next((one["schema"] for one in spec.get("parameters", ()) if one["in"] == "body"), None),
            answers={int(code): _answer_2(read, answer) for code, answer in spec["responses"].items()},
        )
        for path, methods in read["paths"].items()
        for method, spec in methods.items()
    ]
    paging = {"page": {"type": "integer"}, "limit": {"type": "integer"}}
    operations.append(
        Operation(
            name=f"GET {COMMITS_OF_A_PULL_REQUEST}",
            method="GET",
            path=pattern(COMMITS_OF_A_PULL_REQUEST, prefix),
            query=paging,
            body=None,
            answers={200: {"type": "array", "items": _recorded_commit(kind)}, 404: None},
        )
    )
    definitions = {name: _loose(schema) for name, schema in read["definitions"].items()}
    return Description(operations=tuple(operations), root={"definitions": definitions})


def _answer_2(read: Mapping[str, Any], answer: Mapping[str, Any]) -> Any:
    return (_referred(read, answer["$ref"]) if "$ref" in answer else answer).get("schema")


def _loose(schema: Mapping[str, Any]) -> Any:
    """Every property may be null, for the description omits it; none may be there that is not described."""
    properties = {
        name: {"anyOf": [{key: value for key, value in one.items() if key != "format"}, {"type": "null"}]}
        for name, one in schema.get("properties", {}).items()
    }
    made = {key: value for key, value in schema.items() if key != "properties"}
    return {**made, "properties": properties, "additionalProperties": False} if properties else made


def _recorded_commit(kind: str) -> Any:
    """The shape of the commit that was recorded at a Gitea, whose fields are those of both forges."""
    recorded = document("gitea/fixtures.json")["commit"]
    assert set(recorded) <= COMMIT_FIELDS
    return shape_of(recorded)


def shape_of(recorded: Any) -> dict[str, Any]:
    """A schema that asks for the types of a recorded answer; what was null there may be anything."""
    if isinstance(recorded, dict):
        properties = {key: shape_of(value) for key, value in recorded.items()}
        one = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"anyOf": [one, {"type": "null"}]} if properties else {}
    if isinstance(recorded, list):
        return {"type": "array", "items": shape_of(recorded[0])} if recorded else {"type": "array"}
    names = {bool: "boolean", int: "number", float: "number", str: "string"}
    return {} if recorded is None else {"type": [names[type(recorded)], "null"]}
