"""Two effective results side by side, leaf by leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from console.presentation.values import dotted, in_query, shown
from integrations.core.documents import JSON, Layer, Source
from integrations.core.effective import Effective
from integrations.core.merge import Difference, difference

CONFIG = "config"


class Side(NamedTuple):
    """What one side has at a path; `text` None: nothing."""

    text: str | None
    layer: str
    file: str
    line: int


NOTHING = Side(None, "", "", 0)


class ComparisonRow(NamedTuple):
    """`state`: changed, added (right only), removed (left only), moved (same value, other layer or line), same."""

    path: str
    query: str
    label: str
    state: str
    left: Side
    right: Side


class ComparisonArea(NamedTuple):
    """`config`, or a mapping's part."""

    name: str
    rows: tuple[ComparisonRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`counts` by state, over everything; `areas` holds only what is shown."""

    areas: tuple[ComparisonArea, ...]
    counts: Mapping[str, int]

    @property
    def differing(self) -> int:
        return sum(count for state, count in self.counts.items() if state not in {"same", "moved"})


def compare(left: Effective, right: Effective, *, everything: bool) -> Comparison:
    """Every leaf and field of both sides; only those whose value differs unless `everything`."""
    sides = _sides(left), _sides(right)
    differing = {(item.area, item.path): item for item in difference(left, right)}
    areas: dict[str, list[ComparisonRow]] = {}
    counts: dict[str, int] = dict.fromkeys(("changed", "added", "removed", "moved", "same"), 0)
    for area, path in _in_order(*sides, differing):
        row = _row(area, path, sides[0].get((area, path)), sides[1].get((area, path)), differing.get((area, path)))
        counts[row.state] += 1
        if everything or row.state in {"changed", "added", "removed"}:
            areas.setdefault(area, []).append(row)
    return Comparison(areas=tuple(ComparisonArea(name, tuple(rows)) for name, rows in areas.items()), counts=counts)


Found = Mapping[tuple[str, str], Side]


def _sides(effective: Effective) -> Found:
    found = {
        (CONFIG, path): Side(shown(leaf.value), leaf.layer.value, leaf.file, leaf.line)
        for path, leaf in effective.leaves.items()
    }
    for key, parts in effective.mappings.items():
        for name, part in parts.items():
            for field in part.fields:
                found[f"{key}:{name}", field.path] = Side(
                    field.expression, field.layer.value, field.source.file, field.source.line
                )
    return found


def _in_order(left: Found, right: Found, differing: Mapping[tuple[str, str], Difference]) -> list[tuple[str, str]]:
    return sorted(left.keys() | right.keys() | differing.keys(), key=lambda key: (key[0] != CONFIG, key))


def _row(area: str, path: str, left: Side | None, right: Side | None, differs: Difference | None) -> ComparisonRow:
    if differs is not None and not path:
        # A part whose change no field tells: the whole texts stand against each other.
        left = _whole(differs.before, differs.layer_before, None)
        right = _whole(differs.after, differs.layer_after, differs.source_after)
    full = path if area == CONFIG else f"{area}{path}"
    return ComparisonRow(
        full,
        in_query(full) if path else "",
        dotted(path) if path else "the expression as a whole",
        _state(left, right, is_different=differs is not None),
        left or NOTHING,
        right or NOTHING,
    )


def _whole(texts: JSON, layer: Layer | None, source: Source | None) -> Side | None:
    if texts is None:
        return None
    where = (source.file, source.line) if source else ("", 0)
    return Side("\n".join(texts), layer.value if layer else "", *where)


def _state(left: Side | None, right: Side | None, *, is_different: bool) -> str:
    if left is None or right is None:
        return "added" if left is None else "removed"
    if is_different:
        return "changed"
    return "same" if left.layer == right.layer else "moved"
