"""The rows of the effective page: leaves of the config and output fields of the mappings, as flat tuples.

A page has hundreds of these rows. The templates unpack the tuples in a loop, because a look-up by name in each cell,
or a macro call in each row, costs more than all the rest of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from console.presentation.kept import Kept
from console.presentation.values import dotted, in_query, shown_short
from integrations.core.documents import JSON, Layer, Mode, Part
from integrations.core.effective import Effective, Leaf, Removed
from integrations.core.parts import EffectiveField, EffectivePart, LayerExpression

LONGEST_EXPRESSION = 160  # characters of a field's expression in its row


class LeafRow(NamedTuple):
    """`label`: the path within its group; `query`: the path as the value of `?path=`; `shadows`: values below.

    A removed value has `is_removed`, and `layer`, `file` and `line` tell who removed it.
    """

    path: str
    query: str
    label: str
    value: str
    kind: str
    layer: str
    shadows: int
    file: str
    line: int
    is_removed: bool


class LeafGroup(NamedTuple):
    """The leaves below one top-level key of the config."""

    name: str
    rows: tuple[LeafRow, ...]


class FieldRow(NamedTuple):
    """One output field of a mapping's part. `path` as `explain` takes it: `crm/contacts/list:response/name/first`."""

    path: str
    query: str
    label: str
    expression: str
    layer: str
    shadows: int
    file: str
    line: int


class Voice(NamedTuple):
    """What one layer says of a part. `is_dropped`: a later layer replaces it, so that it is never evaluated."""

    layer: str
    mode: str
    text: str
    file: str
    line: int
    is_dropped: bool


class PartSection(NamedTuple):
    """One part of a mapping. `is_static`: `rows` are all the fields that it can give."""

    name: str
    is_static: bool
    rows: tuple[FieldRow, ...]
    voices: tuple[Voice, ...]
    fields: int  # before filters


# The rows of what accounts share. A few thousand of each are in use at a time.
_leaf_rows: Kept[LeafRow] = Kept(20_000)
_sections: Kept[PartSection] = Kept(4_096)


class MappingSection(NamedTuple):
    key: str
    anchor: str
    parts: tuple[PartSection, ...]
    layers: tuple[str, ...]  # the layers that have an expression in force here, lowest first
    fields: int  # shown

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that a row or an expression points to."""
        found = {row.file: None for part in self.parts for row in part.rows}
        found.update((voice.file, None) for part in self.parts for voice in part.voices)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filters of the page; empty ones narrow nothing. `mapping` leaves the config out."""

    text: str = ""
    layer: str = ""
    mapping: str = ""

    @property
    def is_narrowing(self) -> bool:
        return bool(self.text or self.layer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that the page lists."""

    groups: tuple[LeafGroup, ...]
    mappings: tuple[MappingSection, ...]
    leaves: int  # shown
    fields: int  # shown


def sheet(effective: Effective, wanted: Wanted) -> Sheet:
    """The rows of one connection that pass the filters, in the order of the documents."""
    groups = () if wanted.mapping else leaf_groups(effective, wanted)
    mappings = tuple(mapping_sections(effective, wanted))
    return Sheet(
        groups=groups,
        mappings=mappings,
        leaves=sum(len(group.rows) for group in groups),
        fields=sum(section.fields for section in mappings),
    )


def leaf_groups(effective: Effective, wanted: Wanted | None = None) -> tuple[LeafGroup, ...]:
    """The config's leaves by their top-level key, removed ones among them."""
    rows = [_leaf_rows.get((leaf,), "", partial(_leaf_row, leaf)) for leaf in effective.leaves.values()]
    rows += [
        _leaf_rows.get((removed,), "removed", partial(_removed_row, removed)) for removed in still_removed(effective)
    ]
    if wanted is not None and wanted.is_narrowing:
        rows = [row for row in rows if _passes(wanted, row.layer, row.path, row.value, row.label)]
    found: dict[str, list[LeafRow]] = {}
    for row in rows:
        found.setdefault(_top(row.path), []).append(row)
    return tuple(LeafGroup(name, tuple(group)) for name, group in found.items())


def mapping_sections(effective: Effective, wanted: Wanted) -> Iterator[MappingSection]:
    """One section per mapping that has anything to show."""
    for key, parts in effective.mappings.items():
        if wanted.mapping and key != wanted.mapping:
            continue
        sections = tuple(part_section(key, name, part, wanted) for name, part in parts.items())
        shown = sections if not wanted.is_narrowing else tuple(s for s in sections if s.rows or _speaks(s, wanted))
        if not shown:
            continue
        layers = {voice.layer: None for part in shown for voice in part.voices if not voice.is_dropped}
        yield MappingSection(
            key, key.replace("/", "-"), shown, tuple(layers), sum(len(section.rows) for section in shown)
        )


def part_section(key: str, name: Part | str, part: EffectivePart, wanted: Wanted) -> PartSection:
    """The rows of one part; the very same object for the same part as long as nothing narrows it."""
    if wanted.is_narrowing:
        return _part_section(key, name, part, wanted)
    return _sections.get((part,), (key, str(name)), partial(_part_section, key, name, part, wanted))


def _part_section(key: str, name: Part | str, part: EffectivePart, wanted: Wanted) -> PartSection:
    rows: Iterable[FieldRow] = (_field_row(f"{key}:{name}", field) for field in part.fields)
    if wanted.is_narrowing:
        rows = (row for row in rows if _passes(wanted, row.layer, row.path, row.expression, row.label))
    voices = (*(_voice(said, dropped=True) for said in part.dropped), *(_voice(said) for said in part.layers))
    return PartSection(str(name), part.is_static, tuple(rows), voices, len(part.fields))


def kind_of(value: JSON) -> str:
    """The class name by which a page tells types apart."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case [] | {}:
            return "empty" if not value else "object"
        case _:
            return "object"


def _leaf_row(leaf: Leaf) -> LeafRow:
    path = leaf.path
    return LeafRow(
        path,
        in_query(path),
        _label(path),
        shown_short(leaf.value),
        kind_of(leaf.value),
        leaf.layer.value,
        len(leaf.shadowed),
        leaf.file,
        leaf.line,
        False,
    )


def _removed_row(removed: Removed) -> LeafRow:
    path = removed.path
    return LeafRow(
        path,
        in_query(path),
        _label(path),
        shown_short(removed.value),
        kind_of(removed.value),
        removed.layer.value,
        0,
        removed.file,
        removed.line,
        True,
    )


def still_removed(effective: Effective) -> Iterator[Removed]:
    """The removals that hold: nothing was set at their path, above or below it again, and no later one says it too."""
    last = {removed.path: removed for removed in effective.removed}
    for path, removed in last.items():
        below = f"{path}/"
        if not any(leaf == path or leaf.startswith(below) for leaf in effective.leaves):
            yield removed


def _field_row(prefix: str, field: EffectiveField) -> FieldRow:
    path = prefix + field.path
    text = field.expression
    return FieldRow(
        path,
        in_query(path),
        dotted(field.path),
        _on_one_line(text),
        field.layer.value,
        len(field.shadowed),
        field.source.file,
        field.source.line,
    )


def _on_one_line(text: str) -> str:
    if "\n" in text:
        # Indentation only swells a row; the chain shows the text as it is.
        text = " ".join(text.split())
    return text if len(text) <= LONGEST_EXPRESSION else f"{text[: LONGEST_EXPRESSION - 1]}…"


def _voice(said: LayerExpression, *, dropped: bool = False) -> Voice:
    expression = said.expression
    return Voice(
        said.layer.value,
        Mode(said.mode).value,
        expression.text.rstrip("\n"),
        expression.source.file,
        expression.source.line,
        dropped,
    )


def _passes(wanted: Wanted, layer: str, *texts: str) -> bool:
    if wanted.layer and layer != wanted.layer:
        return False
    needle = wanted.text.casefold()
    return not needle or any(needle in text.casefold() for text in texts)


def _speaks(section: PartSection, wanted: Wanted) -> bool:
    """Whether a part without matching rows still belongs: its fields cannot be told, but the wanted layer is in it."""
    if section.is_static or wanted.text:
        return False
    return any(voice.layer == wanted.layer for voice in section.voices)


def _top(pointer: str) -> str:
    return dotted("/" + pointer.split("/", 2)[1]) if pointer else ""


def _label(pointer: str) -> str:
    """The path below its top-level key; the key itself where it is a leaf."""
    parts = pointer.split("/", 2)
    return dotted("/" + parts[2]) if len(parts) > 2 else dotted(pointer)  # noqa: PLR2004 - "", key, rest


LAYERS: tuple[str, ...] = tuple(layer.value for layer in Layer)
