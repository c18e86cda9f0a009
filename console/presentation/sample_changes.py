"""What samples give before and after a change: the leaves that differ, and both outputs coloured by layer."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from console.json_text import dumps
from console.presentation.outputs import OutputView, output_view
from console.presentation.values import LONGEST_IN_A_ROW, dotted
from integrations.core.documents import JSON
from integrations.core.outputs import Output, OutputLeaf
from integrations.queries.preview import ChangedTest, SampleChange
from integrations.queries.sampling import Sampled


class LeafSide(NamedTuple):
    text: str | None
    layer: str


class LeafChange(NamedTuple):
    label: str
    before: LeafSide
    after: LeafSide


class RecordChange(NamedTuple):
    """One output. A side is None where nothing maps it there."""

    leaves: tuple[LeafChange, ...]
    before: OutputView | None
    after: OutputView | None


class SampleView(NamedTuple):
    """`is_records`: the sample is a list, of which each record is an output."""

    file: str
    mapping: str
    part: str
    records: tuple[RecordChange, ...]
    is_records: bool

    @property
    def changed(self) -> int:
        return sum(bool(record.leaves) or _is_failing(record) for record in self.records)


class TestView(NamedTuple):
    """A mapping test that the change touches. Verdicts are words; empty where the test is not there."""

    file: str
    account: str
    before: str
    after: str
    breaks: bool
    follows: bool


def sample_view(change: SampleChange) -> SampleView:
    sides = [_views(side) for side in (change.before, change.after)]
    records = tuple(
        RecordChange(_leaves(old[0] if old else None, new[0] if new else None), old and old[1], new and new[1])
        for old, new in zip_longest(*sides)
    )
    told = change.after or change.before
    return SampleView(
        change.sample.source.file,
        str(change.mapping),
        str(change.part),
        records,
        told.is_records if told else False,
    )


def test_view(changed: ChangedTest) -> TestView:
    told = changed.after or changed.before
    assert told is not None
    before, after = (str(side.verdict).replace("_", " ") if side else "" for side in (changed.before, changed.after))
    return TestView(told.source.file, told.account or "", before, after, changed.breaks, changed.follows)


def _views(side: Sampled | None) -> list[tuple[Output, OutputView]]:
    return [(output, output_view(side.part, output)) for output in side.outputs] if side else []


def _leaves(before: Output | None, after: Output | None) -> tuple[LeafChange, ...]:
    old, new = ({leaf.path: leaf for leaf in side.leaves} if side else {} for side in (before, after))
    return tuple(
        LeafChange(dotted(path) if path else "the whole output", _side(old.get(path)), _side(new.get(path)))
        for path in dict.fromkeys((*old, *new))
        if _value(old.get(path)) != _value(new.get(path))
    )


def _side(leaf: OutputLeaf | None) -> LeafSide:
    if leaf is None:
        return LeafSide(None, "")
    text = dumps(leaf.value)
    return LeafSide(text if len(text) <= LONGEST_IN_A_ROW else f"{text[:LONGEST_IN_A_ROW]}…", leaf.layer.value)


def _value(leaf: OutputLeaf | None) -> JSON:
    return None if leaf is None else dumps(leaf.value)


def _is_failing(record: RecordChange) -> bool:
    return (record.after is not None and record.after.failure is not None) != (
        record.before is not None and record.before.failure is not None
    )
