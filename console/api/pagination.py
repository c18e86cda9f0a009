"""Pages by cursor: each begins after the last row of the one before.

So rows that come or go in between are neither repeated nor skipped. A cursor is opaque to clients and signed by
nobody: it holds the last row's key and no right; every page asks again what the person may see.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from console.api.parameters import number, query, text
from console.api.problems import BadParameter

DEFAULT_LIMIT = 50
MOST = 200
CURSOR = query("cursor", "Where to go on: as `next` of the page before has it. Opaque.")
LIMIT = query("limit", f"Rows on a page, at most {MOST}; {DEFAULT_LIMIT} by default.", kind=int)
PAGING = (CURSOR, LIMIT)

K = TypeVar("K", str, int)
_MOST_PK = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[K]):
    """What a request asks for: at most `limit` rows beyond the one whose key is `after` (None: from the start)."""

    after: K | None
    limit: int


def slice_of(request: Request, kind: type[K]) -> Slice[K]:
    """Raises BadParameter."""
    limit = number(request, "limit", DEFAULT_LIMIT, least=1, most=MOST)
    cursor = text(request, "cursor")
    return Slice(after=decode(cursor, kind) if cursor else None, limit=limit)


def encode(key: str | int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([key])).decode().rstrip("=")


def decode(cursor: str, kind: type[K]) -> K:
    """Raises BadParameter."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, msgspec.DecodeError):
        found = None
    key: Any = found[0] if isinstance(found, list) and len(found) == 1 else None
    is_known = key is not None and not isinstance(key, bool) and isinstance(key, kind)
    if not is_known or "\0" in str(key) or (kind is int and not 0 <= key < _MOST_PK):
        raise BadParameter("cursor", "The cursor is not one that this list gave.")
    found_key: K = key
    return found_key


def page(request: Request, results: Sequence[Any], *, after: str | int | None, **members: Any) -> Response:
    """The answer: results, the next page's address (also as a Link header, RFC 8288), and what else is known."""
    following = None
    if after is not None:
        following = replace_query_param(request.build_absolute_uri(), "cursor", encode(after))
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return Response({"results": results, "next": following, **members}, headers=headers)
