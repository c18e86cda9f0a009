"""A sample's output before and after a change, leaf by leaf, and what the unified model says against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.presentation.values import dotted, shown_short
from console.proposing.choices import schema_of
from console.proposing.places import Place
from integrations.core.documents import JSON, Part, SampleDocument
from integrations.core.outcomes import Fault, Result
from integrations.core.pointer import build
from integrations.core.validation import TooMuch, errors
from integrations.queries.preview import SampleChange
from integrations.queries.sampling import Sampled

_MOST_LEAVES = 300
_MOST_BREACHES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPair:
    """One output field before and after, as JSON on one line; empty where there is none. `kind`: how it changes."""

    label: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if self.before == self.after:
            return "same"
        return "new" if not self.before else "gone" if not self.after else "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """`samples` may be chosen; `sample` is shown. `fault`: why the changed mapping fails on it, or empty."""

    sample: SampleDocument
    samples: Sequence[SampleDocument]
    mapping: str
    pairs: tuple[LeafPair, ...]
    fault: str
    warnings: tuple[str, ...]

    @property
    def changed(self) -> tuple[LeafPair, ...]:
        return tuple(pair for pair in self.pairs if pair.kind != "same")

    @property
    def same(self) -> tuple[LeafPair, ...]:
        return tuple(pair for pair in self.pairs if pair.kind == "same")


def output_of(place: Place, change: SampleChange, samples: Sequence[SampleDocument]) -> Output:
    """Of the sample's first record."""
    before, after = _leaves(change.before), _leaves(change.after)
    paths = list(dict.fromkeys((*before, *after)))[:_MOST_LEAVES]
    return Output(
        sample=change.sample,
        samples=samples,
        mapping=str(change.mapping),
        pairs=tuple(
            LeafPair(label=dotted(p) or "result", before=before.get(p, ""), after=after.get(p, "")) for p in paths
        ),
        fault=_fault(change.after),
        warnings=_breaches(place, change),
    )


def _leaves(side: Sampled | None) -> dict[str, str]:
    if side is None or not side.outputs:
        return {}
    return {leaf.path: shown_short(leaf.value) for leaf in side.outputs[0].leaves}


def _fault(side: Sampled | None) -> str:
    found = side.outputs[0].outcome if side is not None and side.outputs else None
    return f"It fails on this sample: {found.message}" if isinstance(found, Fault) else ""


def _breaches(place: Place, change: SampleChange) -> tuple[str, ...]:
    """What the model's schema says of the output that it did not say before."""
    if change.part is not Part.RESPONSE:
        return ()
    schema = schema_of(place, str(change.mapping))
    known = set(_said(change.before, schema))
    return tuple(text for text in _said(change.after, schema) if text not in known)[:_MOST_BREACHES]


def _said(side: Sampled | None, schema: Mapping[str, JSON]) -> list[str]:
    outcome = side.outputs[0].outcome if side is not None and side.outputs else None
    if not isinstance(outcome, Result) or not schema:
        return []
    try:
        return [_breach(path, message) for path, message in errors(outcome.value, schema)]
    except TooMuch as error:
        return [str(error)]


def _breach(path: Sequence[str | int], message: str) -> str:
    where = dotted(build(str(step) for step in path))
    about = f"“{where}” does not fit" if where else "The result does not fit"
    return f"{about} the product's model: {message[:300]}."
