"""Where in a list of rows a page of it begins."""

from __future__ import annotations

from django.http import HttpRequest

_MOST_DIGITS = 18  # whatever has so many is a 64-bit key


def key_in(request: HttpRequest, name: str) -> int | None:
    """The row's key that the parameter holds; None where it is absent or holds none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
