"""The unified output of a mapping part: every kept layer's outcome on the same input, deep-merged in layer order.

Objects merge key by key, everything else replaces, null included; undefined leaves the lower value (design §5). Each
leaf of the result, a scalar, a list or an empty object, names its layer and what it shadows. Nothing that a layer gave
is passed over: what does not win is shadowed somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from integrations.core.documents import JSON, Layer, MappingKey, Part, Source
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result
from integrations.core.parts import LayerExpression
from integrations.core.text import child


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOutcome:
    """What one layer's expression gave."""

    layer: Layer
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowedOutput:
    """What a lower layer gave where a later layer gave something else or the same again.

    `path` is the leaf's own, or one above it: there the value stood in the place of the object that has the leaf.
    """

    layer: Layer
    value: JSON
    path: str


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
    try:
        merged = _copied(results[0][1])
        for _, value in results[1:]:
            merged = _merged(merged, value)
        leaves = tuple(_leaves(merged, "", results, ()))
    except RecursionError:
        return Output(outcome=_TOO_DEEP, failed=results[-1][0])
    return Output(outcome=Result(merged), leaves=leaves)


_TOO_DEEP = Fault(code="G0021", message="The output is nested too deeply to be merged.")


def records_of(key: MappingKey, part: Part, data: JSON) -> list[JSON] | None:
    """One input for each record, where `data` binds a `list` mapping's `response` to a list; None: it is one input.

    A `list` response mapping is evaluated once per record, with all other bindings as they are.
    """
    if key.method != "list" or part is not Part.RESPONSE or not isinstance(data, dict):
        return None
    records = data.get("response")
    return [{**data, "response": record} for record in records] if isinstance(records, list) else None


def source_of(said: LayerExpression, path: str) -> Source:
    """The file and line of what gives the output's `path`: of its static field, or of one around it, or the first."""
    start = said.expression.source
    lines = {field.path: field.line for field in said.expression.analysis.fields}
    while path and path not in lines:
        path = path.rpartition("/")[0]
    return Source(file=start.file, line=start.line + lines.get(path, 1) - 1)


def source_of_fault(said: LayerExpression, fault: Fault) -> Source:
    """The file and line at which the layer's expression failed; its first line where no place in it is at fault."""
    start = said.expression.source
    return Source(file=start.file, line=start.line + (fault.line or 1) - 1)


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


def _leaves(
    value: JSON, path: str, said: Iterable[tuple[Layer, JSON]], above: tuple[ShadowedOutput, ...]
) -> Iterator[OutputLeaf]:
    """`said`: the layers that give something at `path`, lowest first; `above`: what was replaced on the way there."""
    here = list(said)
    if isinstance(value, dict) and value:
        # The last one to give no object took the place of all below it, and later objects took its own.
        replaced = next((at for at in range(len(here), 0, -1) if not isinstance(here[at - 1][1], dict)), 0)
        above = (*above, *_shadowed(here[:replaced], path))
        for key, item in value.items():
            below = [(layer, given[key]) for layer, given in here[replaced:] if key in given]
            yield from _leaves(item, child(path, key), below, above)
        return
    *lower, (layer, _) = here
    yield OutputLeaf(path=path, value=value, layer=layer, shadowed=(*above, *_shadowed(lower, path)))


def _shadowed(said: Iterable[tuple[Layer, JSON]], path: str) -> Iterator[ShadowedOutput]:
    return (ShadowedOutput(layer=layer, value=_copied(given), path=path) for layer, given in said)
