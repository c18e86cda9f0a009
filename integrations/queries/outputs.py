"""What a mapping part gives for an input: every kept layer's expression evaluated on it, and the outcomes merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from integrations.core.documents import JSON, MappingKey, Part, Source
from integrations.core.effective import Effective
from integrations.core.outcomes import Fault, Outcome, Undefined, outcome_as_json
from integrations.core.outputs import LayerOutcome, Output, merge_outcomes, records_of, source_of, source_of_fault
from integrations.core.parts import EffectivePart
from integrations.sandbox.evaluator import Run

# What an input may bind (design §5); the object that holds them is the expression's input.
BINDINGS = ("response", "query", "rawQuery", "body", "headers", "context", "error", "id")


class Evaluates(Protocol):
    """What `integrations.sandbox.evaluator.Evaluator` does of an evaluator."""

    def evaluate_many(self, runs: Sequence[Run]) -> list[Outcome]: ...


class NoPart(Exception):
    """The connection has no such mapping, or the mapping no such part in force."""


class NotBindings(ValueError):
    """The input is no object of bindings; the sentence says how to make it one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One input with the expression's variables, named without the `$`."""

    data: JSON | Undefined
    bindings: Mapping[str, JSON]


def output_of(
    part: EffectivePart, data: JSON | Undefined, bindings: Mapping[str, JSON], evaluator: Evaluates
) -> Output:
    """The part's output for one input, each leaf with its layer."""
    return outputs_of(part, [Given(data=data, bindings=bindings)], evaluator)[0]


def outputs_of(part: EffectivePart, given: Iterable[Given], evaluator: Evaluates) -> list[Output]:
    """One output per input, in order. All go to the evaluator together, so that it may work on several at a time."""
    inputs = list(given)
    runs = [
        Run(expression=said.expression.text, data=each.data, bindings=each.bindings)
        for each in inputs
        for said in part.layers
    ]
    outcomes = iter(evaluator.evaluate_many(runs) if runs else [])
    return [
        merge_outcomes([LayerOutcome(layer=said.layer, outcome=next(outcomes)) for said in part.layers]) for _ in inputs
    ]


def inputs_of(key: MappingKey, part: Part, given: Given) -> list[Given]:
    """The inputs that one payload is: one, or one per record of a `list` mapping's response. Raises NotBindings."""
    require_bindings(given.data)
    records = records_of(key, part, given.data)
    return [given] if records is None else [Given(data=each, bindings=given.bindings) for each in records]


def require_bindings(data: JSON | Undefined) -> None:
    """Raises NotBindings unless `data` is an object whose keys are all names of bindings.

    Strict, because a payload that is not wrapped gives `undefined` for every field, and no error that would say why.
    """
    wrapping = 'Wrap what the provider answered: {"response": …}.'
    known = ", ".join(BINDINGS)
    if not isinstance(data, dict):
        raise NotBindings(f"The input of a mapping is an object that binds {known}. {wrapping}")
    stranger = next((key for key in data if key not in BINDINGS), None)
    if stranger is not None:
        shown = stranger if len(stranger) <= 60 else f"{stranger[:60]}…"  # noqa: PLR2004 - as much as a sentence takes
        raise NotBindings(f"The input of a mapping binds {known}, but this one has the key “{shown}”. {wrapping}")


def part_of(effective: Effective, mapping: str, part: Part) -> EffectivePart:
    """Raises NoPart with a sentence that names what there is instead."""
    parts = effective.mappings.get(mapping)
    if parts is None:
        known = ", ".join(effective.mappings) or "none"
        raise NoPart(f"{effective.integration} has no mapping {mapping[:200]} here; there are {known}.")
    found = parts.get(part)
    if found is None or not found.layers:
        known = ", ".join(str(name) for name, each in parts.items() if each.layers) or "none"
        raise NoPart(f"{mapping} maps no {part} here; its parts in force are {known}.")
    return found


def output_as_json(part: EffectivePart, output: Output) -> dict[str, JSON]:
    """The documented form: the outcome, and each leaf with its layer, source and what it shadows.

    A fault has the layer and the source of the failing expression instead of leaves.
    """
    said = {each.layer: each for each in part.layers}
    told = outcome_as_json(output.outcome)
    if isinstance(output.outcome, Fault):
        failed = said[output.failed] if output.failed is not None else part.layers[-1]
        return {**told, "layer": str(failed.layer), "source": _source(source_of_fault(failed, output.outcome))}
    told["leaves"] = [
        {
            "path": leaf.path,
            "value": leaf.value,
            "layer": str(leaf.layer),
            "source": _source(source_of(said[leaf.layer], leaf.path)),
            "shadowed": [
                {
                    "layer": str(under.layer),
                    "value": under.value,
                    **({"path": under.path} if under.path != leaf.path else {}),
                    "source": _source(source_of(said[under.layer], under.path)),
                }
                for under in leaf.shadowed
            ],
        }
        for leaf in output.leaves
    ]
    return told


def _source(source: Source) -> dict[str, JSON]:
    return {"file": source.file, "line": source.line}
