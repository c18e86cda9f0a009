"""Text of a file as numbered lines for a page: whole, or only what lies around the lines that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LARGEST_FILE = 1 << 20  # bytes of a file that a page shows
MOST_LINES = 5000
LONGEST_LINE = 2000  # characters


class Line(NamedTuple):
    """One line of a file. `mark`: the name of the layer that it speaks for, "hit" where it is only asked for, or ""."""

    number: int
    text: str
    mark: str


class Excerpt(NamedTuple):
    """Neighbouring lines of a file; a page puts a gap between two excerpts."""

    lines: tuple[Line, ...]


class Unreadable(NamedTuple):
    """Why a file's text is not shown, as a sentence."""

    reason: str


def too_large(size: int) -> Unreadable | None:
    """Why a file of this size is not shown, before it is read; None where it is small enough."""
    if size <= LARGEST_FILE:
        return None
    return Unreadable(f"The file has {size:,} bytes; a page shows at most {LARGEST_FILE:,}.")


def text_of(content: bytes) -> str | Unreadable:
    """The file's text, or why there is none to show."""
    if (refusal := too_large(len(content))) is not None:
        return refusal
    if b"\0" in content:
        return Unreadable("The file is binary.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return Unreadable("The file is not UTF-8.")


def numbered(text: str, marks: Mapping[int, str] | None = None, *, first: int = 1) -> tuple[Line, ...]:
    """All lines, the first one numbered `first`; lines and their number are cut at what a page can carry."""
    wanted = marks or {}
    return tuple(
        Line(number, line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…", wanted.get(number, ""))
        for number, line in enumerate(_split(text)[:MOST_LINES], first)
    )


def excerpts(text: str, marks: Mapping[int, str], *, around: int = 2) -> tuple[Excerpt, ...]:
    """The marked lines with their neighbours; ranges that touch are one. Marks past the end are left out."""
    lines = numbered(text, marks)
    found: list[tuple[int, int]] = []
    for number in sorted(number for number in marks if 1 <= number <= len(lines)):
        start, end = max(1, number - around), min(len(lines), number + around)
        # A gap of one line costs as much room as the line itself.
        if found and start <= found[-1][1] + 2:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(Excerpt(lines[start - 1 : end]) for start, end in found)


def line_range(wanted: str) -> range:
    """The lines that `12` or `12-20` names; empty for anything else."""
    start, _, end = wanted.partition("-")
    if not (start.isascii() and start.isdigit() and (not end or (end.isascii() and end.isdigit()))):
        return range(0)
    if len(wanted) > 20:  # noqa: PLR2004 - no file has more lines than ten digits can count
        return range(0)
    first, last = int(start), int(end or start)
    return range(first, min(last, first + MOST_LINES) + 1)


def marks_for(lines: Iterable[int], mark: str = "hit") -> dict[int, str]:
    return dict.fromkeys(lines, mark)


def _split(text: str) -> list[str]:
    # Not splitlines(): it also splits at form feeds and U+2028, where neither Git nor an editor counts a line.
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines and lines[-1] == "" else lines
