"""One box over accounts, integrations, mappings and fields: a page, and the hits of the dialog that Ctrl-K opens."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.htmx import page_or_part
from console.presentation.page_hits import pages_like
from console.visit import visit
from integrations.queries.search import search as find

_MOST_TEXT = 200
_ON_PAGE = 25
_IN_DIALOG = 5


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    here = visit(request)
    text = request.GET.get("q", "").strip()[:_MOST_TEXT]
    is_dialog = request.headers.get("HX-Target") == "palette-hits"
    hits = pages_like(text, request.user)
    hits += find(here.repository, text, visible=here.visible, limit=_IN_DIALOG if is_dialog else _ON_PAGE)
    context = {
        "text": text,
        "groups": [(kind, list(group)) for kind, group in groupby(hits, key=lambda hit: hit.kind.value)],
        "count": len(hits),
    }
    parts = {"palette-hits": "search/_dialog.html", "hits": "search/_hits.html"}
    return page_or_part(request, "search/search.html", parts, context)
