"""The unified output of a mapping part: every kept layer's outcome on the same input, deep-merged in layer order.

Objects merge key by key, everything else replaces, null included; undefined leaves the lower value (design §5). Each
leaf of the result, a scalar, a list or an empty object, names its layer and what it shadows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from integrations.core.documents import JSON, Layer
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result
from integrations.core.text import child


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOutcome:
    """What one layer's expression gave."""

    layer: Layer
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowedOutput:
    """What a lower layer gave at a leaf's path, where a later layer gave something else or the same again."""

    layer: Layer
    value: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLeaf:
    """`path` is a JSON Pointer into the output, "" for an output that is itself a leaf. `shadowed` lowest first."""

    path: str
    value: JSON
    layer: Layer
    shadowed: tuple[ShadowedOutput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """`outcome` is the merged one: a fault when any layer failed, since what it would have set is unknown.

    `leaves` in the order of the output; empty for a fault or an undefined output. `failed`: the layer of the fault.
    """

    outcome: Outcome
    leaves: tuple[OutputLeaf, ...] = ()
    failed: Layer | None = None


def merge_outcomes(layers: Sequence[LayerOutcome]) -> Output:
    """Merge the layers' outcomes, lowest first. The outcomes' values are neither changed nor shared."""
    for said in layers:
        if isinstance(said.outcome, Fault):
            return Output(outcome=said.outcome, failed=said.layer)
    results = [(said.layer, said.outcome.value) for said in layers if isinstance(said.outcome, Result)]
    if not results:
        return Output(outcome=UNDEFINED)
    merged = _copied(results[0][1])
    for _, value in results[1:]:
        merged = _merged(merged, value)
    return Output(outcome=Result(merged), leaves=tuple(_leaves(merged, "", results)))


def _merged(lower: JSON, upper: JSON) -> JSON:
    if not (isinstance(lower, dict) and isinstance(upper, dict)):
        return _copied(upper)
    for key, value in upper.items():
        lower[key] = _merged(lower[key], value) if key in lower else _copied(value)
    return lower


def _copied(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _leaves(value: JSON, path: str, said: Iterable[tuple[Layer, JSON]]) -> Iterator[OutputLeaf]:
    """`said`: the layers that give something at `path`, lowest first."""
    here = list(said)
    if isinstance(value, dict) and value:
        for key, item in value.items():
            below = [(layer, given[key]) for layer, given in here if isinstance(given, dict) and key in given]
            yield from _leaves(item, child(path, key), below)
        return
    *lower, (layer, _) = here
    shadowed = tuple(ShadowedOutput(layer=under, value=given) for under, given in lower)
    yield OutputLeaf(path=path, value=value, layer=layer, shadowed=shadowed)
