"""A value set or removed in a JSON text, every other character kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from integrations.core.documents import JSON

_Path: TypeAlias = tuple[str | int, ...]
_BLANK = re.compile(r"[ \t\r\n]*")
_READER: Final = json.JSONDecoder()
_STEP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One member of an object or element of a list, from `start` (of its key) on. `value`: where its value begins."""

    key: str | int
    start: int
    value: int
    end: int


def set_in_json(text: str, path: _Path, value: JSON) -> str:
    """The text, which is JSON, with `value` at `path`; a new key goes behind the last one. All above it is there."""
    *way, last = path
    holder = _place(text, tuple(way))
    members = list(_members(text, holder))
    found = next((each for each in members if each.key == last), None)
    if found is not None:
        pad = _pad(text, found.start)
        return text[: found.value] + _written(value, pad, text[found.value : found.end]) + text[found.end :]
    name = "" if isinstance(last, int) else f"{json.dumps(last, ensure_ascii=False)}: "
    if not members:
        end = _end(text, holder)
        return text[: holder + 1] + name + _written(value, None, "") + text[end - 1 :]
    final = members[-1]
    pad = _pad(text, final.start)
    gap = ("\r\n" if "\r\n" in text else "\n") + pad if pad is not None else " "
    return (
        text[: final.end] + "," + gap + name + _written(value, pad, "\n" if pad is not None else "") + text[final.end :]
    )


def remove_in_json(text: str, path: _Path) -> str:
    """The text without what stands at `path`, which is there."""
    *way, last = path
    holder = _place(text, tuple(way))
    members = list(_members(text, holder))
    at = next(index for index, each in enumerate(members) if each.key == last)
    if at:
        return text[: members[at - 1].end] + text[members[at].end :]
    if len(members) > 1:
        return text[: members[0].start] + text[members[1].start :]
    return text[: holder + 1] + text[_end(text, holder) - 1 :]


def _written(value: JSON, pad: str | None, old: str) -> str:
    """On one line where nothing says otherwise: the value before was on one, or it has no parts."""
    if pad is None or "\n" not in old or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent="\t" if "\t" in pad else _STEP).replace("\n", f"\n{pad}")


def _pad(text: str, start: int) -> str | None:
    """What indents the line that begins at `start`; None where something else stands before it."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return before if not before.strip() and "\n" in text[:start] else None


def _place(text: str, path: _Path) -> int:
    """Where the value at `path` begins."""
    at = _blank(text, 0)
    for key in path:
        at = next(member.value for member in _members(text, at) if member.key == key)
    return at


def _members(text: str, at: int) -> Iterator[_Member]:
    is_object, count = text[at] == "{", 0
    at = _blank(text, at + 1)
    while text[at] not in "]}":
        start = at
        key: str | int = count
        if is_object:
            key, at = _READER.raw_decode(text, at)
            at = _blank(text, _blank(text, at) + 1)
        end = _end(text, at)
        yield _Member(key=key, start=start, value=at, end=end)
        at = _blank(text, end)
        if text[at] == ",":
            at = _blank(text, at + 1)
        count += 1


def _end(text: str, at: int) -> int:
    """Where the value that begins at `at` ends."""
    return _READER.raw_decode(text, at)[1]


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found is not None  # it may be empty
    return found.end()
