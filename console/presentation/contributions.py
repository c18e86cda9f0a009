"""The files that a connection's effective values come from, each with the lines that count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from console.presentation.code import Excerpt, Unreadable, excerpts, text_of
from console.presentation.rows import LAYERS, still_removed
from integrations.core.effective import Effective
from integrations.core.tree import MissingFile, Tree

MOST_FILES = 200
MIXED = "The file also tells of accounts that you may not see, so its text is not shown."


class Contribution(NamedTuple):
    """One file. `layers`: those that speak in it, lowest first; `note`: why there is no text, or empty."""

    file: str
    layers: tuple[str, ...]
    excerpts: tuple[Excerpt, ...]
    note: str


def contributions(
    effective: Effective, tree: Tree, mixed: Callable[[Iterable[str]], Collection[str]]
) -> list[Contribution]:
    """Lowest layer first, then by name. A line is marked with the highest layer that it speaks for.

    `mixed`: those of the files whose text the person may not see.
    """
    found: dict[str, dict[int, str]] = {}
    for layer, file, line in _lines(effective):
        marks = found.setdefault(file, {})
        if LAYERS.index(layer) >= LAYERS.index(marks.get(line, LAYERS[0])):
            marks[line] = layer
    shown = dict(list(found.items())[:MOST_FILES])
    hidden = mixed(shown)
    made = [_contribution(file, marks, None if file in hidden else tree) for file, marks in shown.items()]
    return sorted(made, key=lambda each: (LAYERS.index(each.layers[0]), each.file))


def _lines(effective: Effective) -> Iterator[tuple[str, str, int]]:
    for leaf in effective.leaves.values():
        yield leaf.layer.value, leaf.file, leaf.line
    for removed in still_removed(effective):
        yield removed.layer.value, removed.file, removed.line
    for parts in effective.mappings.values():
        for part in parts.values():
            for said in part.layers:
                yield said.layer.value, said.source.file, said.source.line
                first = said.expression.source.line
                for offset in range(said.expression.text.rstrip("\n").count("\n") + 1):
                    yield said.layer.value, said.expression.source.file, first + offset


def _contribution(file: str, marks: dict[int, str], tree: Tree | None) -> Contribution:
    """`tree` None: the text may not be seen."""
    shown: tuple[Excerpt, ...] = ()
    note = MIXED
    if tree is not None:
        try:
            text = text_of(tree.read(file))
        except MissingFile:
            text = Unreadable("The file cannot be read at this commit.")
        note = text.reason if isinstance(text, Unreadable) else ""
        shown = () if isinstance(text, Unreadable) else excerpts(text, marks)
    layers = tuple(layer for layer in LAYERS if layer in set(marks.values()))
    return Contribution(file, layers, shown, note)
