"""Changed files line by line, as a page folds them: what goes, what comes, and a little around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

_AROUND = 3
_MOST_LINES = 4_000  # of a file that is compared
_MOST_SHOWN = 600
_LONGEST = 1_000  # characters of a line
MOST_FILES = 40


class DiffLine(NamedTuple):
    """`kind`: same, gone, new, or gap, which stands for lines that are left out."""

    kind: str
    old: int | None
    new: int | None
    text: str


class FileDiff(NamedTuple):
    """`kind`: changed, new or removed. `note`: why no line is shown, or that some are left out."""

    path: str
    kind: str
    lines: tuple[DiffLine, ...]
    gone: int
    come: int
    note: str


def file_diffs(texts: Mapping[str, tuple[str | None, str | None]]) -> tuple[FileDiff, ...]:
    """Of each path its text before and after; None where there is no file. Files that are alike are left out."""
    return tuple(_diff(path, old, new) for path, (old, new) in sorted(texts.items())[:MOST_FILES] if old != new)


def _diff(path: str, old: str | None, new: str | None) -> FileDiff:
    kind = "new" if old is None else "removed" if new is None else "changed"
    before, after = _split(old), _split(new)
    if max(len(before), len(after)) > _MOST_LINES:
        return FileDiff(path, kind, (), 0, 0, f"A file of more than {_MOST_LINES:,} lines is not compared here.")
    lines = tuple(_lines(before, after))
    gone, come = (sum(line.kind == each for line in lines) for each in ("gone", "new"))
    note = f"Only the first {_MOST_SHOWN} lines are shown." if len(lines) > _MOST_SHOWN else ""
    return FileDiff(path, kind, lines[:_MOST_SHOWN], gone, come, note)


def _lines(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    for number, group in enumerate(SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_AROUND)):
        if number or group[0][1] > 0:
            yield DiffLine("gap", None, None, "")
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                for step in range(old_end - old):
                    yield DiffLine("same", old + step + 1, new + step + 1, _cut(before[old + step]))
                continue
            yield from (DiffLine("gone", at + 1, None, _cut(before[at])) for at in range(old, old_end))
            yield from (DiffLine("new", None, at + 1, _cut(after[at])) for at in range(new, new_end))


def _split(text: str | None) -> list[str]:
    if not text:
        return []
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
