"""How a comment of the console is known again: a mark that no page shows."""

import re


def marked(text: str, marker: str) -> str:
    """The text with its mark. `marker` is [a-z0-9-]+."""
    return f"{text}\n\n{_mark(marker)}"


def is_marked(body: str, marker: str) -> bool:
    return _mark(marker) in body


def _mark(marker: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,100}", marker):
        raise ValueError("a marker is made of a-z, 0-9 and -")
    return f"<!-- glasshouse:{marker} -->"
