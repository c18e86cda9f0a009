"""A string written again in the style that it has: between the same quotes, or as a block below `|`."""

from __future__ import annotations

import re

from integrations.core.edits.yaml_layout import Item, Page
from integrations.core.edits.yaml_render import quoted

_PRINTABLE = re.compile("[\n -~\xa1-\xac\xae-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U0010ffff]*")
_HEADER = re.compile(r"\|(?P<chomp>-?)[ \t]*(#.*)?")


def rewritten(page: Page, item: Item, value: str) -> str | None:
    """The new text of the scalar; None when its style cannot hold the value."""
    if not _PRINTABLE.fullmatch(value):
        return None
    match item.style:
        case "|":
            return _block(page, item, value)
        case "'":
            return "'" + value.replace("'", "''") + "'" if "\n" not in value else None
        case '"':
            return quoted(value)
    return None


def _block(page: Page, item: Item, value: str) -> str | None:
    """Lines below the mark, as deep as they stand now. The mark says whether the last line break counts."""
    end = page.line_end(item.start)
    header = _HEADER.fullmatch(page.text[item.start : end])
    content = page.text[page.next_line(item.start) : item.end].split("\n")
    first = next((line for line in content if line.strip()), "")
    body = value if header and header["chomp"] else value[:-1]
    is_kept = header is not None and first and (header["chomp"] == "-" or value.endswith("\n"))
    if not is_kept or not body.strip("\n") or body.endswith("\n") or body[:1] in {" ", "\n"}:
        return None
    pad = first[: len(first) - len(first.lstrip(" "))]
    lines = [pad + line if line else "" for line in body.split("\n")]
    return page.text[item.start : end] + page.line_break + page.line_break.join(lines)
