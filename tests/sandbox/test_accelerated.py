"""The faster engine in the workers: the same answers, and the reference engine's where it has none."""

import json
import os
import time
from pathlib import Path

import msgspec
import pytest

from integrations.core import expressions
from integrations.core.acceleration import Engine
from integrations.core.expressions import Limits
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, outcome_as_json
from integrations.sandbox import accelerated
from integrations.sandbox.evaluator import Evaluator, Run
from integrations.sandbox.isolation import Isolation
from tests.bench.contacts import mapping, records
from tests.sandbox.test_evaluator import _reached

SUITE = Path(os.environ.get("JSONATA_SUITE", Path(__file__).parents[3] / "shared" / "jsonata-suite"))


@pytest.fixture(scope="module")
def evaluator():
    made = Evaluator()
    yield made
    made.close()


def form(outcome: Outcome) -> bytes:
    return msgspec.json.encode(outcome_as_json(outcome))


def test_a_mapping_gives_the_same_to_the_byte(evaluator):
    runs = [Run(expression=mapping(), data=data) for data in records(40)]
    expected = evaluator.evaluate_many(runs)
    assert [form(o) for o in evaluator.evaluate_many(runs, engine=Engine.FAST_ALONE)] == [form(o) for o in expected]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("$random() >= 0", {}),
        ("a + 1", {"a": 9007199254740993}),
        ("$length(a)", {"a": "\N{GRINNING FACE}"}),
        ("$keys(a)", {"a": {"z": 1, "2": 2}}),
        ("a +", {}),
        ('a + "x"', {"a": 1}),
        ("(a := 1)", {}),
    ],
)
def test_what_it_may_not_answer_is_answered_by_the_reference_engine(evaluator, text, data):
    run = Run(expression=text, data=data)
    assert isinstance(evaluator.evaluate(run, engine=Engine.FAST_ALONE), Fault)
    assert evaluator.evaluate(run, engine=Engine.FAST) == evaluator.evaluate(run)


def test_variables_are_for_the_reference_engine(evaluator):
    run = Run(expression="a & $x", data={"a": "1"}, bindings={"x": "2"})
    assert evaluator.evaluate(run, engine=Engine.FAST) == Result("12")


def test_without_the_extra_everything_is_answered_by_the_reference_engine(monkeypatch):
    monkeypatch.setattr(accelerated, "_library", None)
    accelerated._compiled.cache_clear()
    asked = []
    evaluate = accelerated.first_fast(lambda *given: (asked.append(given), UNDEFINED)[1])
    assert evaluate("a.b", {"a": {"b": 1}}, {}, Limits()) == UNDEFINED
    assert len(asked) == 1
    accelerated._compiled.cache_clear()


@pytest.mark.skipif(not SUITE.is_dir(), reason="the reference's test suite is not on this machine")
def test_what_qualifies_gives_the_same_in_the_references_own_suite():
    """This is where the list of what qualifies comes from."""
    compared, different = 0, []
    for case in map(json.loads, (SUITE / "cases.jsonl").read_text("utf-8").splitlines()):
        data = _input(case)
        fast = accelerated.fast_alone(case["expr"], data, case.get("bindings") or {}, Limits())
        if isinstance(fast, Fault):
            continue
        compared += 1
        told = expressions.evaluate(case["expr"], data, limits=Limits(), clock=time.monotonic, now=0)
        if form(told) != form(fast):
            different.append(case["id"])
    assert different == []
    assert compared > 250


def _input(case):
    if "data" in case:
        return case["data"]
    if case.get("dataset"):
        return json.loads((SUITE / "datasets" / f"{case['dataset']}.json").read_text("utf-8"))
    return UNDEFINED


@pytest.mark.parametrize("isolation", [Isolation.BUBBLEWRAP, Isolation.LANDLOCK])
@pytest.mark.parametrize("file", ["/proc/self/maps", "/proc/1/mem"])
def test_a_worker_reads_nothing_of_proc_though_the_template_may(isolation, file):
    if not isolation.works:
        pytest.skip(f"{isolation} does not work here")
    assert "file" not in _reached(isolation, Path(file), 1)
