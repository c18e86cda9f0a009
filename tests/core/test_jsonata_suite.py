"""The reference's own cases, where they are at hand: results, undefined, and the codes of errors."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from integrations.core.expressions import Limits, evaluate
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result

SUITE = Path(os.environ.get("JSONATA_SUITE", Path(__file__).parents[3] / "shared" / "jsonata-suite"))
RESULTS, CODES = 0.995, 0.97  # to reach
BOUNDS = {"U1001": {"D1011", "D1012"}}  # the code of the reference's own harness, and ours

pytestmark = pytest.mark.skipif(not (SUITE / "cases.jsonl").exists(), reason=f"no JSONata suite at {SUITE}")


def cases(*kinds: str) -> list[dict[str, Any]]:
    read = map(json.loads, (SUITE / "cases.jsonl").read_text().splitlines())
    return [case for case in read if any(kind in case for kind in kinds)]


@cache
def dataset(name: str) -> Any:
    return json.loads((SUITE / "datasets" / f"{name}.json").read_text())


def outcome(case: dict[str, Any]) -> Outcome:
    data = case["data"] if "data" in case else dataset(case["dataset"]) if case.get("dataset") else UNDEFINED
    limits = Limits(seconds=case.get("timelimit", 10_000) / 1000, depth=case.get("depth", 500))
    return evaluate(
        case["expr"], data, case.get("bindings"), limits=limits, clock=time.monotonic, now=1_700_000_000_000
    )


def is_as_expected(case: dict[str, Any], given: Outcome) -> bool:
    if "result" not in case:
        return given == UNDEFINED
    if not isinstance(given, Result):
        return False
    if case.get("unordered"):
        return sorted(map(json.dumps, given.value)) == sorted(map(json.dumps, case["result"]))
    return same(given.value, case["result"])


def same(given: Any, expected: Any) -> bool:
    """Equal as JSON, in which 1 and 1.0 are one number and true is none."""
    if isinstance(expected, dict):
        return (
            isinstance(given, dict)
            and given.keys() == expected.keys()
            and all(same(given[key], expected[key]) for key in expected)
        )
    if isinstance(expected, list):
        return isinstance(given, list) and len(given) == len(expected) and all(map(same, given, expected))
    return given == expected and isinstance(given, bool) is isinstance(expected, bool)


def test_results_are_those_of_the_reference():
    asked = cases("result", "undefinedResult")
    missed = [case["id"] for case in asked if not is_as_expected(case, outcome(case))]
    assert len(missed) <= (1 - RESULTS) * len(asked), missed


def test_errors_have_the_codes_of_the_reference():
    asked = cases("code")
    missed = []
    for case in asked:
        given = outcome(case)
        accepted = BOUNDS.get(case["code"], {case["code"]})
        if not isinstance(given, Fault) or given.code not in accepted or case.get("token", given.token) != given.token:
            missed.append(f"{case['id']}: {given}")
    assert len(missed) <= (1 - CODES) * len(asked), missed


def test_what_fails_without_a_code_fails():
    assert [case["id"] for case in cases("error") if not isinstance(outcome(case), Fault)] == []


def test_no_case_ends_in_a_fault_of_the_engine_itself():
    assert [case["id"] for case in cases("expr") if str(outcome(case)).startswith("Fault(code='G0005'")] == []
