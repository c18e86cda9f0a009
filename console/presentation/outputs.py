"""A mapping's output on a sample, as a page draws it: its JSON line by line, and its leaves, each with its layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from console.json_text import dumps
from console.presentation.code import Line, numbered
from console.presentation.rows import kind_of
from console.presentation.values import LONGEST_IN_A_ROW, dotted
from integrations.core.documents import JSON, Layer, Source
from integrations.core.outcomes import Fault, Result
from integrations.core.outputs import Output, OutputLeaf, source_of, source_of_fault
from integrations.core.parts import EffectivePart, LayerExpression
from integrations.core.text import child

MOST_LEAVES = 300
MOST_LINES = 1000
_AROUND = 2  # lines of an expression that are shown on either side of the one that failed


class Below(NamedTuple):
    """What a lower layer gave at a leaf, or at `above`, the label of the object that holds the leaf now."""

    layer: str
    value: str
    above: str
    file: str
    line: int


class Row(NamedTuple):
    """One leaf. `is_told`: it is among the fields that are known without running anything."""

    label: str
    value: str
    kind: str
    layer: str
    file: str
    line: int
    is_told: bool
    shadowed: tuple[Below, ...]


class Failure(NamedTuple):
    """Why there is no output. `column` counts in the file's line; None where more than the expression stands there."""

    layer: str
    code: str
    message: str
    source: Source
    column: int | None
    lines: tuple[Line, ...]

    @property
    def place(self) -> str:
        return f"{self.source}:{self.column}" if self.column is not None else str(self.source)


class OutputView(NamedTuple):
    """One output. `layers`: how many leaves each layer gave. `absent`: fields that are known and came out empty."""

    is_undefined: bool
    failure: Failure | None
    text: tuple[tuple[str, str], ...]  # lines of JSON, each with the layer of its leaf or ""
    is_cut: bool
    rows: tuple[Row, ...]
    more: int  # leaves beyond `rows`
    layers: tuple[tuple[str, int], ...]
    absent: tuple[str, ...]

    @property
    def files(self) -> set[str]:
        found = {row.file for row in self.rows} | {below.file for row in self.rows for below in row.shadowed}
        return found | ({self.failure.source.file} if self.failure else set())


def output_view(part: EffectivePart, output: Output) -> OutputView:
    said = {each.layer: each for each in part.layers}
    failure = None
    if isinstance(output.outcome, Fault):
        failure = _failure(said[output.failed] if output.failed is not None else part.layers[-1], output.outcome)
    lines: list[tuple[str, str]] = []
    if isinstance(output.outcome, Result):
        layers = {leaf.path: leaf.layer.value for leaf in output.leaves}
        lines = list(islice(_lines(output.outcome.value, "", layers), MOST_LINES + 1))
    told = frozenset(field.path for field in part.fields)
    given = Counter(leaf.layer for leaf in output.leaves)
    return OutputView(
        is_undefined=failure is None and not lines,
        failure=failure,
        text=tuple(lines[:MOST_LINES]),
        is_cut=len(lines) > MOST_LINES,
        rows=tuple(_row(leaf, said, told) for leaf in output.leaves[:MOST_LEAVES]),
        more=max(0, len(output.leaves) - MOST_LEAVES),
        layers=tuple((layer.value, given[layer]) for layer in Layer if given[layer]),
        absent=() if failure else tuple(_absent(part, output)),
    )


def _row(leaf: OutputLeaf, said: dict[Layer, LayerExpression], told: frozenset[str]) -> Row:
    source = source_of(said[leaf.layer], leaf.path)
    shadowed = []
    for under in leaf.shadowed:
        at = source_of(said[under.layer], under.path)
        above = (dotted(under.path) or "the whole output") if under.path != leaf.path else ""
        shadowed.append(Below(under.layer.value, _short(under.value), above, at.file, at.line))
    label = dotted(leaf.path) if leaf.path else "the whole output"
    kind = kind_of(leaf.value)
    return Row(
        label, _short(leaf.value), kind, leaf.layer.value, source.file, source.line, leaf.path in told, tuple(shadowed)
    )


def _short(value: JSON) -> str:
    text = dumps(value)
    return text if len(text) <= LONGEST_IN_A_ROW else f"{text[: LONGEST_IN_A_ROW - 1]}…"


def _absent(part: EffectivePart, output: Output) -> Iterator[str]:
    given = [leaf.path for leaf in output.leaves]
    for field in part.fields:
        if not any(path == field.path or path.startswith(f"{field.path}/") for path in given):
            yield dotted(field.path)


def _failure(said: LayerExpression, fault: Fault) -> Failure:
    source = source_of_fault(said, fault)
    start = said.expression.source
    is_whole_file = start.file.endswith(".jsonata")
    lines: tuple[Line, ...] = ()
    if fault.line is not None:
        every = numbered(said.expression.text, {source.line: "hit"}, first=start.line)
        lines = every[max(0, fault.line - 1 - _AROUND) : fault.line + _AROUND]
    return Failure(said.layer.value, fault.code, fault.message, source, fault.column if is_whole_file else None, lines)


def _lines(
    value: JSON, path: str, layers: dict[str, str], *, before: str = "", after: str = ""
) -> Iterator[tuple[str, str]]:
    """JSON over several lines, as `json.dumps` with an indent of 2 writes it; a leaf's lines bear its layer."""
    if isinstance(value, dict) and value:
        yield f"{before}{{", ""
        inner = " " * (len(before) - len(before.lstrip(" ")) + 2)
        for number, (key, item) in enumerate(value.items(), 1):
            comma = "," if number < len(value) else ""
            yield from _lines(item, child(path, key), layers, before=f"{inner}{dumps(key)}: ", after=comma)
        yield f"{inner[2:]}}}{after}", ""
        return
    first, *rest = dumps(value, indent=2).split("\n")
    margin = " " * (len(before) - len(before.lstrip(" ")))
    written = [f"{before}{first}", *(f"{margin}{line}" for line in rest)]
    written[-1] += after
    layer = layers.get(path, "")
    yield from ((line, layer) for line in written)
