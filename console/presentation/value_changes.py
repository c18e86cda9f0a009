"""What a proposal changes, value by value, as its page draws it: before and after with their layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from console.presentation.sentences import subject_of
from console.presentation.values import dotted, shown
from integrations.core.difference import Difference
from integrations.core.documents import JSON
from integrations.core.pull_request_body import Change
from integrations.models import Change as ChangeRow
from integrations.queries.effects import Place
from integrations.queries.preview import Affected

CONFIG = "config"
MOST_ROWS = 200
_WHOLE = "the expression as a whole"


class Side(NamedTuple):
    """`text` None: nothing is set there. `layer` is empty where it is not known."""

    text: str | None
    layer: str


class ValueRow(NamedTuple):
    """`kind`: changed, added or removed. `subject`: config, or what people call the mapping."""

    subject: str
    label: str
    kind: str
    before: Side
    after: Side


class ValueGroup(NamedTuple):
    """Connections that change alike. `verb`: connected or disconnected, where that is the change."""

    verb: str
    connections: int
    accounts: int
    places: tuple[Place, ...]
    rows: tuple[ValueRow, ...]
    more: int


def groups_of(affected: Iterable[Affected]) -> tuple[ValueGroup, ...]:
    """What would change in what is in force."""
    return tuple(
        ValueGroup(
            verb="" if each.kind == ChangeRow.Kind.CHANGED else str(each.kind),
            connections=each.connections,
            accounts=each.accounts,
            places=each.places,
            rows=tuple(_row(difference) for difference in each.differences[:MOST_ROWS]),
            more=max(0, len(each.differences) - MOST_ROWS),
        )
        for each in affected
    )


def kept_groups(changes: Iterable[Change]) -> tuple[ValueGroup, ...]:
    """What was found when the proposal was handed in."""
    found: dict[str, list[ValueRow]] = {}
    for each in changes:
        area, _, path = each.path.rpartition(" ")
        row = ValueRow(
            area or CONFIG,
            dotted(path) if path.startswith("/") else path,
            _kind(each.before, each.after),
            Side(each.before, ""),
            Side(each.after, ""),
        )
        found.setdefault(each.where, []).append(row)
    return tuple(
        ValueGroup(where, 0, 0, (), tuple(rows[:MOST_ROWS]), max(0, len(rows) - MOST_ROWS))
        for where, rows in found.items()
    )


def asked_for(before: Mapping[str, JSON], wanted: Mapping[str, JSON]) -> tuple[ValueRow, ...]:
    """The values of the proposal's own layer, as they were and as they are to be."""
    rows = []
    for name in sorted(wanted):
        area, path = name_parts(name)
        old, new = text_of(before.get(name)), text_of(wanted[name])
        rows.append(ValueRow(area, path, _kind(old, new), Side(old, ""), Side(new, "")))
    return tuple(rows)


def name_parts(name: str) -> tuple[str, str]:
    """(subject, label) of a value as proposals name it: `/pagination/page_size`, or a mapping, part and path."""
    if name.startswith("/"):
        return CONFIG, dotted(name)
    mapping, _, rest = name.partition(" ")
    part, _, path = rest.partition(" ")
    if not part or mapping.count("/") != 2:  # noqa: PLR2004 - model/resource/method
        return "file", name
    return subject_of(f"{mapping}:{part}"), dotted(path) if path else _WHOLE


def text_of(value: JSON) -> str | None:
    """Expressions and files as they are, other values as JSON."""
    return value if value is None or isinstance(value, str) else shown(value)


def _row(difference: Difference) -> ValueRow:
    is_config = difference.area == CONFIG
    before, after = (_text(value, is_config=is_config) for value in (difference.before, difference.after))
    return ValueRow(
        subject_of(difference.area),
        dotted(difference.path) if difference.path else _WHOLE,
        _kind(before, after),
        Side(before, difference.layer_before.value if difference.layer_before else ""),
        Side(after, difference.layer_after.value if difference.layer_after else ""),
    )


def _text(value: JSON, *, is_config: bool) -> str | None:
    if value is None:
        return None
    if is_config:
        return shown(value)
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _kind(before: str | None, after: str | None) -> str:
    return "added" if before is None else "removed" if after is None else "changed"
