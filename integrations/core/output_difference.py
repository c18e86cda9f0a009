"""Where an output departs from what was expected of it, and which layer's expression is to be looked at for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from integrations.core.directives import identity
from integrations.core.documents import JSON, Expression, Layer, Source
from integrations.core.outputs import OutputLeaf
from integrations.core.parts import LayerExpression
from integrations.core.pointer import ABSENT
from integrations.core.text import child

LONGEST_VALUE = 2_000  # characters of JSON of a value that is kept whole
_HALVES = re.compile("[\ud800-\udfff]")


class Departure(StrEnum):
    """What is wrong at a path: another value, none where one was expected, or one where none was."""

    CHANGED = "changed"
    MISSING = "missing"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDifference:
    """One leaf that is not as expected. `path` is a JSON Pointer into the output, lists entered by position.

    `got` is None for what is missing, `expected` None for what is unexpected. `layer` and `source` tell who produced
    the value and where; of a missing value, who was to produce it, or None where no expression names the field.
    `is_clipped`: the values were too long to keep, and `expected` and `got` are their JSON texts, cut.
    """

    path: str
    kind: Departure
    expected: JSON
    got: JSON
    layer: Layer | None
    source: Source | None
    is_clipped: bool = False


def output_differences(
    expected: JSON, got: JSON, layers: Sequence[LayerExpression], leaves: Iterable[OutputLeaf], *, path: str = ""
) -> Iterator[OutputDifference]:
    """The leaves where `got`, the merged output of `layers`, is not `expected`; either may be `pointer.ABSENT`.

    `leaves` are those of the output. `path` is put in front of each difference's own.
    """
    places = _Places(layers, leaves)
    for at, kind, wanted, given in _departures(expected, got, ""):
        layer, source = places.of_missing(at) if kind is Departure.MISSING else places.of_value(at)
        yield OutputDifference(path=path + at, kind=kind, expected=wanted, got=given, layer=layer, source=source)


def keepable(difference: OutputDifference) -> OutputDifference:
    """The difference as it can be kept and shown: of bounded size, and without halves of surrogate pairs."""
    texts = [json.dumps(value, ensure_ascii=False) for value in (difference.expected, difference.got)]
    path = whole(difference.path)
    if max(map(len, texts)) > LONGEST_VALUE:
        wanted, given = (whole(text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…") for text in texts)
        return replace(
            difference,
            path=path,
            expected=None if difference.kind is Departure.UNEXPECTED else wanted,
            got=None if difference.kind is Departure.MISSING else given,
            is_clipped=True,
        )
    if path == difference.path and not any(map(_HALVES.search, texts)):
        return difference
    expected, got = (json.loads(whole(text)) for text in texts)
    return replace(difference, path=path, expected=expected, got=got)


def whole(text: str) -> str:
    """The text with each half of a surrogate pair, which no UTF-8 has, replaced."""
    return _HALVES.sub("\ufffd", text)


def place_in(expression: Expression, path: str) -> Source:
    """The file and line of the key that sets `path` or what holds it; of the expression where none can be told."""
    return _key_of(expression, path) or expression.source


def ancestry(path: str) -> Iterator[str]:
    """The path and every one above it, the root last."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


_Departed: TypeAlias = tuple[str, Departure, JSON, JSON]  # path, kind, expected, got


def _departures(expected: JSON, got: JSON, path: str) -> Iterator[_Departed]:
    if got is ABSENT or expected is ABSENT:
        yield from _one_sided(expected, got, path)
    elif isinstance(expected, dict) and isinstance(got, dict):
        for key in dict.fromkeys((*expected, *got)):
            yield from _departures(expected.get(key, ABSENT), got.get(key, ABSENT), child(path, key))
    elif isinstance(expected, list) and isinstance(got, list):
        for index in range(max(len(expected), len(got))):
            yield from _departures(_at(expected, index), _at(got, index), f"{path}/{index}")
    elif identity(expected) != identity(got):
        yield path, Departure.CHANGED, expected, got


def _one_sided(expected: JSON, got: JSON, path: str) -> Iterator[_Departed]:
    if expected is not ABSENT:
        yield path, Departure.MISSING, expected, None
    elif isinstance(got, dict) and got:  # each leaf may be of another layer
        for key, value in got.items():
            yield from _one_sided(ABSENT, value, child(path, key))
    elif got is not ABSENT:
        yield path, Departure.UNEXPECTED, None, got


def _at(items: list[JSON], index: int) -> JSON:
    return items[index] if index < len(items) else ABSENT


class _Places:
    """Which layer's expression, and which line of it, stands behind a path of one output."""

    def __init__(self, layers: Sequence[LayerExpression], leaves: Iterable[OutputLeaf]) -> None:
        self._expressions = {said.layer: said.expression for said in layers}
        self._owners = {leaf.path: leaf.layer for leaf in leaves}

    def of_value(self, path: str) -> tuple[Layer | None, Source | None]:
        owner = next((self._owners[above] for above in ancestry(path) if above in self._owners), None)
        if owner is None:  # an object stands where a value was expected: its first leaf speaks for it
            below = (layer for leaf, layer in self._owners.items() if leaf.startswith(f"{path}/"))
            owner = next(below, None)
        return (owner, place_in(self._expressions[owner], path)) if owner in self._expressions else (None, None)

    def of_missing(self, path: str) -> tuple[Layer | None, Source | None]:
        if not path:  # no layer gave anything: the lowest was to give the most
            return next(((layer, expression.source) for layer, expression in self._expressions.items()), (None, None))
        for layer, expression in reversed(self._expressions.items()):
            if (source := _key_of(expression, path)) is not None:
                return layer, source
        return None, None


def _key_of(expression: Expression, path: str) -> Source | None:
    """The line of the static field at `path`, else of the nearest above, else of the first below; None for none."""
    lines = {field.path: field.line for field in reversed(expression.analysis.fields)}
    line = next((lines[above] for above in ancestry(path) if above in lines), None)
    if line is None:
        below = (field.line for field in expression.analysis.fields if field.path.startswith(f"{path}/"))
        line = next(below, None)
    source = expression.source
    return None if line is None else Source(file=source.file, line=source.line + line - 1)
