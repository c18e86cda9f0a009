"""The columns of `=` in attributes that stand one below the other, as `terraform fmt` sets them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINE = re.compile(r'(?P<indent>[ \t]*)(?P<key>[A-Za-z_][A-Za-z0-9_-]*|"[^"\\]*")(?P<pad> *)= (?P<rest>.*)')
_OPEN = re.compile(r"[\[({]\s*(?:(?:#|//).*)?$|<<-?[A-Za-z_]\w*\s*$")


def realigned(text: str, line: int, *, line_break: str, is_forced: bool = False) -> str:
    """The text in which the attribute on a line (counted from 0) stands in one column with its neighbours.

    The neighbours move only where they stood in one column before, or with `is_forced`; else the attribute takes the
    column of the one above it, where it fits.
    """
    lines = text.split("\n")
    group = _group(lines, line)
    if not group:
        return text
    found = {index: match for index in group if (match := _LINE.fullmatch(lines[index].removesuffix("\r")))}
    others = [index for index in group if index != line]
    width = max(len(found[index]["key"]) for index in group)
    if is_forced or _are_aligned([found[index] for index in others]):
        for index in group:
            lines[index] = _padded(found[index], width, line_break)
    else:
        near = found[line - 1 if line - 1 in found else line + 1]
        column = max(len(near["key"]) + len(near["pad"]) - 1, len(found[line]["key"]))
        lines[line] = _padded(found[line], column, line_break)
    return "\n".join(lines)


def _group(lines: Sequence[str], line: int) -> range:
    """The lines around one that are attributes on one line each, as deep as it."""
    if not 0 <= line < len(lines) or (depth := _depth(lines[line])) is None:
        return range(0)
    start = end = line
    while start and _depth(lines[start - 1]) == depth:
        start -= 1
    while end + 1 < len(lines) and _depth(lines[end + 1]) == depth:
        end += 1
    return range(start, end + 1)


def _depth(line: str) -> str | None:
    """The indentation of an attribute on one line; None for any other line."""
    found = _LINE.fullmatch(line.removesuffix("\r"))
    return None if found is None or _OPEN.search(line.removesuffix("\r")) else found["indent"]


def _are_aligned(rows: Sequence[re.Match[str]]) -> bool:
    width = max((len(row["key"]) for row in rows), default=0)
    return all(len(row["key"]) + len(row["pad"]) == width + 1 for row in rows)


def _padded(row: re.Match[str], width: int, line_break: str) -> str:
    return f"{row['indent']}{row['key'].ljust(width)} = {row['rest']}" + ("\r" if line_break == "\r\n" else "")
