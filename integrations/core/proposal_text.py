"""What people typed, as it is kept: in one line where one line is meant."""

from __future__ import annotations

import re

LONGEST_TITLE = 200
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def clean_line(text: str) -> str:
    """One line, without control characters and changes of writing direction."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def clean_title(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
