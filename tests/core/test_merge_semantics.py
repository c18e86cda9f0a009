"""The examples of docs/merge-semantics.md say what merging does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from integrations.core.documents import Analysis, Layer, Part
from integrations.core.expressions import analyse
from integrations.core.merge import merge
from integrations.core.outcomes import UNDEFINED, Result
from integrations.core.outputs import LayerOutcome, merge_outcomes
from tests.core.stacks import equal, mapped, stack

PAGE = Path(__file__).parents[2] / "docs" / "merge-semantics.md"
EXAMPLES = [json.loads(text) for text in re.findall(r"```json example\n(.*?)```", PAGE.read_text(), re.DOTALL)]
LAYERS = ("environment", "account")


def test_the_page_has_its_examples():
    known = ("config", "fields", "reads", "output")
    assert {next(kind for kind in known if kind in example) for example in EXAMPLES} == set(known)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "config" in example])
def test_an_example_of_a_config_holds(example):
    effective = merge(stack(example["platform"], *(example.get(layer) for layer in LAYERS)))
    assert equal(effective.config, example["config"])
    if "provenance" in example:
        assert effective.leaves.keys() == example["provenance"].keys()
    for path, expected in example.get("provenance", {}).items():
        leaf = effective.leaves[path]
        assert leaf.layer == expected["layer"]
        shadowed = [[said.layer, said.value, *([said.path] if said.path != path else [])] for said in leaf.shadowed]
        assert shadowed == expected.get("shadowed", [])
    removed = {gone.path: [gone.layer, gone.value] for gone in effective.removed}
    assert removed == example.get("removed", {})


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "fields" in example])
def test_an_example_of_a_mapping_holds(example):
    layers = [example[layer] for layer in ("platform", *LAYERS) if layer in example]
    assert len(layers) == 2
    files = {"environment": "account"}  # the second of two layers, whichever it is
    part = merge(mapped(*layers)).mappings["crm/contacts/list"][Part.RESPONSE]
    fields = {field.path: [files.get(field.layer, field.layer), field.expression] for field in part.fields}
    assert fields == example["fields"]
    assert part.is_static is example["static"]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "reads" in example])
def test_an_example_of_references_holds(example):
    analysis = analyse(example["expression"])
    assert isinstance(analysis, Analysis)
    assert [read.path for read in analysis.reads] == example["reads"]


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "output" in example])
def test_an_example_of_an_output_holds(example):
    gave = example["gave"]
    outcomes = [LayerOutcome(layer=of, outcome=Result(gave[of]) if of in gave else UNDEFINED) for of in Layer]
    output = merge_outcomes(outcomes)
    assert output.outcome == Result(example["output"])
    leaves = {
        leaf.path: [
            leaf.layer,
            *([said.layer, said.value, *([said.path] if said.path != leaf.path else [])] for said in leaf.shadowed),
        ]
        for leaf in output.leaves
    }
    assert leaves == example["leaves"]
