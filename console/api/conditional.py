"""ETags: a client that holds the answer already is told so (304) before anything is merged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from console.visit import Visit


def by_moment(request: Request, here: Visit, make: Callable[[], Any]) -> Response:
    """The answer of `make`, where it depends on the snapshot, the address and what the person may see alone.

    The caller has checked that the person may see it. Of the active snapshot the time of activation counts too: an
    account's history grows when an old commit returns.
    """
    active = here.repository.active
    activated = active.activated_at.isoformat() if here.reader.is_current and active and active.activated_at else ""
    visible = "*" if here.visible is None else _hash(sorted(here.visible))
    address = request.build_absolute_uri()
    version = settings.SPECTACULAR_SETTINGS["VERSION"]
    tag = _tag([version, here.repository.pk, here.reader.commit, activated, visible, address])
    return _unchanged(tag) if _is_held(request, tag) else _tagged(make(), tag)


def by_content(request: Request, answer: Response | Any) -> Response:
    """For what changes between activations as well: the tag names the answer itself."""
    response = answer if isinstance(answer, Response) else Response(answer)
    tag = _tag(response.data)
    return _unchanged(tag) if _is_held(request, tag) else _tagged(response, tag)


def _tag(parts: Any) -> str:
    # Weak (RFC 9110, 8.8.1): a proxy may compress the answer, and it stays the same answer.
    return f'W/"{_hash(parts)}"'


def _hash(parts: Iterable[Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def _is_held(request: Request, tag: str) -> bool:
    held = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    return "*" in held or tag.removeprefix("W/") in held


def _unchanged(tag: str) -> Response:
    return Response(status=304, headers={"ETag": tag})


def _tagged(answer: Response | Any, tag: str) -> Response:
    response = answer if isinstance(answer, Response) else Response(answer)
    response["ETag"] = tag
    return response
