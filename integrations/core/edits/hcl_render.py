"""JSON values as HCL text, laid out as `terraform fmt` lays it out."""

from __future__ import annotations

import json
import math
import re

from integrations.core.documents import JSON
from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.text import INTEGER_LIMIT, unstorable

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset({"null", "true", "false", "for"})  # bare, these are no names
_TEMPLATE = re.compile(r"(?P<mark>[$%])(?P=mark)*\{")
_ESCAPED = re.compile("[\x7f-\xa0\xad\u2028\u2029\ufeff\ufff0-\uffff]")
_EXACT = 2**53  # the evaluator keeps whole numbers up to here


def quoted(text: str) -> str:
    """A string that means itself: nothing in it is taken for an interpolation."""
    if (bad := unstorable(text)) is not None:
        raise CannotEdit(Refusal.BAD_VALUE, f"The text holds the character U+{ord(bad):04X}, which is not kept.")
    written = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
    return _TEMPLATE.sub(_template, written)


def _template(found: re.Match[str]) -> str:
    """`${` is written `$${`; a mark before it must not be taken for a part of that."""
    mark = found["mark"]
    more = len(found[0]) - 2
    return f"\\u{ord(mark):04x}" * more + mark * 2 + "{"


def key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) and name not in _WORDS else quoted(name)


def line(value: JSON) -> str:
    """The value on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key(name)} = {line(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(line(item) for item in value) + "]"
    if isinstance(value, str):
        return quoted(value)
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)


def _number(value: float) -> str:
    if not math.isfinite(value) or (isinstance(value, int) and not -INTEGER_LIMIT < value < INTEGER_LIMIT):
        raise CannotEdit(Refusal.BAD_VALUE, f"{value} is no number that can be kept.")
    if abs(value) > _EXACT:
        raise CannotEdit(Refusal.BAD_VALUE, f"{value} is a larger number than HCL keeps exactly; make it a text.")
    return repr(value)


def lines(value: JSON, *, column: int) -> str:
    """The value behind `key = ` on a line that is indented by `column`: objects over lines, their keys aligned."""
    if not isinstance(value, dict) or not value:
        return line(value)
    pad = " " * (column + 2)
    rows = [(key(name), item) for name, item in value.items()]
    written = ["{"]
    for index, (name, item) in enumerate(rows):
        width = max(len(other) for other, _ in _chain(rows, index))
        written.append(f"{pad}{name.ljust(width)} = {lines(item, column=column + 2)}")
    return "\n".join([*written, " " * column + "}"])


def _chain(rows: list[tuple[str, JSON]], index: int) -> list[tuple[str, JSON]]:
    """The rows that are aligned with one: its neighbours on one line each; an object over lines stands alone."""
    if _is_tall(rows[index][1]):
        return [rows[index]]
    start = index
    while start and not _is_tall(rows[start - 1][1]):
        start -= 1
    end = index
    while end < len(rows) and not _is_tall(rows[end][1]):
        end += 1
    return rows[start:end]


def _is_tall(value: JSON) -> bool:
    return isinstance(value, dict) and bool(value)
