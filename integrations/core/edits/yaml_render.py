"""JSON values as YAML text that every reader takes for the same value: each string between double quotes.

Terraform's `yamldecode` and many editors read YAML 1.1, where `yes` is true and `1e3` may be a text. Quoted, a string
is a string everywhere; JSON's escapes are YAML's as well.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from integrations.core.documents import JSON
from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.text import INTEGER_LIMIT, unstorable

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_./$-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# What JSON leaves as it is and YAML does not read, or reads as a line's end (see `core.yaml`); and the byte order mark.
_ESCAPED = re.compile("[\x7f-\xa0\xad\u2028\u2029\ufeff\ufff0-\uffff]")


def scalar(value: JSON) -> str:
    """One line of text for a string, a number, a truth value or null. Raises CannotEdit for what is not kept."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CannotEdit(Refusal.BAD_VALUE, f"{value} is no number that can be kept.")
        return repr(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise CannotEdit(Refusal.BAD_VALUE, f"{value} is too large a number to be kept; make it a text.")
    return json.dumps(value)


def quoted(text: str) -> str:
    if (bad := unstorable(text)) is not None:
        raise CannotEdit(Refusal.BAD_VALUE, f"The text holds the character U+{ord(bad):04X}, which is not kept.")
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def key(name: str) -> str:
    """A key as short as it can be without being taken for anything but a text."""
    return name if _PLAIN_KEY.fullmatch(name) and name.lower() not in _WORDS else quoted(name)


def flow(value: JSON) -> str:
    """The value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(name)}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def block(name: str, value: JSON, *, column: int, step: int) -> Iterator[str]:
    """The lines of one key: an object below its key, everything else behind it."""
    start = " " * column + key(name) + ":"
    if not isinstance(value, dict) or not value:
        yield f"{start} {flow(value)}"
        return
    yield start
    for inner, item in value.items():
        yield from block(inner, item, column=column + step, step=step)
