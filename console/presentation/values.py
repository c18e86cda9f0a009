"""JSON values and paths as text for a page. Everything returned is plain text; the templates escape it."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

import msgspec
from markupsafe import Markup

from integrations.core.documents import JSON

LONGEST_IN_A_ROW = 160  # characters of a value that a table shows; its chain shows all


def shown(value: JSON) -> str:
    """The value as JSON on one line, so that "50" and 50 differ and nothing is invisible."""
    return msgspec.json.encode(value).decode()


def shown_short(value: JSON) -> str:
    """`shown`, cut with an ellipsis where it would swell a table."""
    text = shown(value)
    return text if len(text) <= LONGEST_IN_A_ROW else f"{text[: LONGEST_IN_A_ROW - 1]}…"


def indented(value: JSON) -> str:
    """The value as JSON over several lines."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def dotted(pointer: str) -> str:
    """A JSON Pointer as people say it: `/pagination/page_size` is `pagination.page_size`.

    A segment that itself contains a dot keeps the pointer's form, for the dotted one would name another field.
    """
    if "~" not in pointer and "." not in pointer:
        return pointer[1:].replace("/", ".")
    segments = segments_of(pointer)
    return pointer if any("." in segment for segment in segments) else ".".join(segments)


def segments_of(pointer: str) -> list[str]:
    """The unescaped reference tokens of a JSON Pointer (RFC 6901); [] for the whole document."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def in_query(text: str) -> str:
    """Quoted for the value of a query string, with slashes left legible."""
    return quote(text, safe="/:")


def markup(text: str) -> Markup:
    """The text escaped for an element's content, where quotes stand for themselves: JSON has so many of them."""
    # nosemgrep: raw-markup -- it is escaped right here
    return Markup(escape(text, quote=False))  # noqa: S704 - it is escaped right here
