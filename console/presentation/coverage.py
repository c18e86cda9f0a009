"""A unified schema beside a mapping: which of its fields the mapping fills, and which it cannot be seen to fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.presentation.values import dotted
from integrations.core.documents import JSON
from integrations.core.parts import EffectiveField
from integrations.core.pointer import escape

DEEPEST = 8
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One field of the schema, or one of the mapping that the schema does not know (`is_known` false).

    `field`: what fills it; `above`: the mapped field that holds it as a whole, so that it may be filled within.
    """

    path: str
    label: str
    type: str
    is_required: bool
    is_known: bool
    field: EffectiveField | None
    above: str = ""

    @property
    def is_missing(self) -> bool:
        return self.field is None and not self.above


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The schema's fields in its own order, then those of the mapping that it does not know."""

    rows: tuple[CoverageRow, ...]

    @property
    def known(self) -> int:
        return sum(row.is_known for row in self.rows)

    @property
    def filled(self) -> int:
        return sum(row.is_known and not row.is_missing for row in self.rows)

    @property
    def missing_required(self) -> tuple[CoverageRow, ...]:
        return tuple(row for row in self.rows if row.is_required and row.is_missing)


def coverage(schema: Mapping[str, JSON], fields: Sequence[EffectiveField]) -> Coverage:
    """Compares by path. A schema's object with named properties counts by these, not by itself."""
    by_path = {field.path: field for field in fields}
    rows: list[CoverageRow] = []
    for path, described, is_required in _fields(schema):
        if len(rows) >= MOST_ROWS:
            break
        above = "" if path in by_path else _above(path, by_path)
        rows.append(
            CoverageRow(
                path=path,
                label=dotted(path),
                type=_type(described),
                is_required=is_required,
                is_known=True,
                field=by_path.get(path),
                above=above,
            )
        )
    named = {row.path for row in rows}
    parents = {path[:cut] for path in named for cut in range(len(path)) if path[cut] == "/"}
    unknown = (field for path, field in by_path.items() if path not in named and path not in parents)
    rows.extend(
        CoverageRow(
            path=field.path,
            label=dotted(field.path),
            type="",
            is_required=False,
            is_known=False,
            field=field,
        )
        for field in unknown
        # Within an object or list of the schema whose inside is not described, anything may stand.
        if not _above(field.path, named)
    )
    return Coverage(rows=tuple(rows))


def _fields(
    schema: Mapping[str, JSON], path: str = "", depth: int = 0, *, is_needed: bool = True
) -> Iterator[tuple[str, Mapping[str, JSON], bool]]:
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = set(required) if isinstance(required, list) else set()
    for name, stated in properties.items() if isinstance(properties, Mapping) else ():
        at = f"{path}/{escape(str(name))}"
        described = stated if isinstance(stated, Mapping) else {}
        needed = is_needed and name in wanted
        if described.get("properties") and depth < DEEPEST:
            yield from _fields(described, at, depth + 1, is_needed=needed)
        else:
            yield at, described, needed


def _above(path: str, known: Mapping[str, object] | set[str]) -> str:
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        if path in known:
            return path
    return ""


def _type(described: Mapping[str, JSON]) -> str:
    """The schema's type in a few words: `string (date-time)`, `array of object`, `string or null`."""
    if "enum" in described:
        return "one of " + ", ".join(str(item) for item in described["enum"][:8])
    kind = described.get("type", "")
    text = " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
    items = described.get("items")
    if text == "array" and isinstance(items, Mapping) and items.get("type"):
        text = f"array of {_type(items)}"
    form = described.get("format")
    return f"{text} ({form})" if form else text
