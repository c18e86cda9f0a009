"""The one way to write a value as JSON, so that equal values have equal hashes: RFC 8785 without fractions.

Keys are sorted, nothing stands between the tokens, only what must be is escaped, and the text is UTF-8. What RFC 8785
leaves to a number format or to UTF-16 is refused instead: floats, integers beyond 2^53, lone surrogates, keys with
characters beyond the basic plane. U+0000 is refused too, for PostgreSQL cannot store it.
"""

from __future__ import annotations

import json
from typing import Any

_MOST = 2**53 - 1
_BASIC_PLANE = "\uffff"
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class NotCanonical(ValueError):
    """The value has no canonical form."""


def canonical(value: Any) -> str:
    """The canonical text of plain JSON values; raises NotCanonical for any other."""
    _check(value)
    return _encode(value)


def _check(value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, int):
        if not -_MOST <= value <= _MOST:
            raise NotCanonical("an integer beyond 2^53")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key)
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise NotCanonical(f"a value of type {type(value).__name__}")


def _check_key(key: Any) -> None:
    if not isinstance(key, str) or not (key.isascii() or max(key) <= _BASIC_PLANE):
        raise NotCanonical("a key that is no text of the basic plane")
    check_text(key)


def check_text(text: str) -> None:
    """Raises NotCanonical for a text that has no canonical form."""
    if "\0" in text:
        raise NotCanonical("a text with U+0000")
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("a text with a lone surrogate") from None
