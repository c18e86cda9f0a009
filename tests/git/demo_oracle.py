"""A second reading of the config repository format, small and slow, to hold the demo's samples against.

It shares no code with the product, so that a sample which both agree on is right for two reasons.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonata import Jsonata
from ruamel.yaml import YAML

ATTRIBUTES = {
    "response": "response_mapping",
    "query": "query_mapping",
    "request_body": "request_body_mapping",
    "request_headers": "request_header_mapping",
    "error": "error_mapping",
}

# tfparse carries a Go runtime: in a process of its own it cannot disturb the tests.
_EVALUATE = """
import json, sys, tfparse
out = {}
for root in json.load(sys.stdin):
    out[root] = tfparse.load_from_path(root, vars_paths=["terraform.tfvars"])
json.dump(out, sys.stdout)
"""


def evaluate_roots(roots: Iterable[Path]) -> dict[Path, dict[str, list[dict[str, Any]]]]:
    """What each root module evaluates to. Fails when tfparse wrote anything to its error log."""
    done = subprocess.run(
        [sys.executable, "-c", _EVALUATE],
        input=json.dumps([str(root) for root in roots]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert not done.stderr, done.stderr
    return {Path(root): found for root, found in json.loads(done.stdout).items()}


def read_sample(path: Path) -> dict[str, Any]:
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return plain_yaml(path.read_text())


def plain_yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


@cache
def compiled(expression: str) -> Jsonata:
    return Jsonata(expression)


def output_of(root: Path, state: dict[str, Any], integration: str, sample: dict[str, Any]) -> Any:
    """The merged output of a sample over the layers that apply to it.

    A sample that names no environment must come out the same in every one.
    """
    outputs = []
    for environment in [sample["environment"]] if "environment" in sample else sorted(state):
        layers = _layers(
            root,
            state[environment],
            environment=environment,
            account=sample.get("account"),
            integration=integration,
            key=sample["mapping"],
            part=sample.get("part", "response"),
        )
        outputs.append(_merged(layers, sample["input"], sample.get("bindings", {})))
    assert all(output == outputs[0] for output in outputs)
    return outputs[0]


def _merged(layers: Iterable[tuple[str, str | None]], data: dict[str, Any], bindings: dict[str, Any]) -> Any:
    result: Any = None
    kept: list[str] = []
    for mode, expression in layers:
        kept = [*([] if mode == "replace" else kept), *([expression] if expression else [])]
    assert kept, "no expression is left for this part"
    for expression in kept:
        engine = compiled(expression)
        variables = engine.create_frame()
        for name, value in bindings.items():
            variables.bind(name, value)
        found = engine.evaluate(copy.deepcopy(data), variables)
        result = _deep(result, found)
    return result


def _deep(low: Any, high: Any) -> Any:
    if isinstance(low, dict) and isinstance(high, dict):
        return {
            **low,
            **{key: _deep(low[key], value) if key in low else value for key, value in high.items()},
        }
    return low if high is None else high


def _layers(
    root: Path,
    resources: dict[str, Any],
    *,
    environment: str,
    account: str | None,
    integration: str,
    key: str,
    part: str,
) -> Iterator[tuple[str, str | None]]:
    for found in resources.get("unified_api_mapping", ()):
        if found["integration"] == integration and _key(found) == key and found.get(ATTRIBUTES[part]):
            yield "merge", found[ATTRIBUTES[part]]
    for found in resources.get("unified_api_environment_override", ()):
        if found["integration"] == integration:
            yield from _blocks(found, key, part)
    if account is not None:
        for found in resources.get("unified_api_account_override", ()):
            if found["integration"] == integration and found["account"] == account:
                yield from _blocks(found, key, part)
        yield from _account_file(root / "customers" / account, environment, integration, key, part)


def _blocks(found: dict[str, Any], key: str, part: str) -> Iterator[tuple[str, str | None]]:
    blocks = found.get("mapping", [])
    for block in blocks if isinstance(blocks, list) else [blocks]:
        dropped = part in block.get("replace", ())
        if _key(block) == key and (dropped or block.get(ATTRIBUTES[part])):
            yield "replace" if dropped else "merge", block.get(ATTRIBUTES[part])


def _account_file(
    folder: Path, environment: str, integration: str, key: str, part: str
) -> Iterator[tuple[str, str | None]]:
    path = folder / f"{integration}.yaml"
    if not path.exists():
        return
    override = plain_yaml(path.read_text())
    if environment not in override.get("environments", [environment]):
        return
    said = override.get("mappings", {}).get(key, {}).get(part)
    if said is not None:
        text = said["expression"] if "expression" in said else (folder / said["file"]).read_text()
        yield said.get("mode", "merge"), text


def _key(found: dict[str, Any]) -> str:
    return f"{found['unified_model']}/{found['resource']}/{found['method']}"
