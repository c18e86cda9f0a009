"""One address for the page and for the part of it that htmx swaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page_or_part(
    request: HttpRequest, page: str, parts: Mapping[str, str], context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders the template `page`, or the one of `parts` whose key is the id of the element that htmx asked for.

    `page` includes the very templates of `parts`. Restoring history asks for the whole page, as a reload does.
    """
    part = None
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true":
        part = parts.get(request.headers.get("HX-Target", ""))
    response = render(request, part or page, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target", "HX-History-Restore-Request"])
    return response
