"""Looking for things: where a field is used, and the search over everything."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from console.api import examples, serializers
from console.api.conditional import by_moment
from console.api.parameters import AT, choice, number, query, required_text, text
from console.api.read import ReadView
from console.api.schema import reads
from console.management.commands.references import as_json
from console.visit import visit
from integrations.models import FieldReference
from integrations.queries.search import Hit, HitKind, search

TAG = "finding"
_DIRECTIONS = tuple(str(value) for value in FieldReference.Direction.values)
_MOST_REFERENCES = 1000
_MOST_HITS = 50


class References(ReadView):
    parameters = (
        query(
            "field",
            "A field's name in any case (`Tier__c`), or its exact pointer (`/response/Tier__c`).",
            required=True,
        ),
        query("integration", "Only this integration's expressions."),
        query(
            "direction",
            "Only expressions that read a provider field, or that write a unified one.",
            choices=_DIRECTIONS,
        ),
        query("limit", f"References in the answer, at most {_MOST_REFERENCES}; 200 by default.", kind=int),
        AT,
    )

    @reads(
        "references_list",
        serializers.References,
        summary="The mappings and accounts that read or write a field",
        tag=TAG,
        parameters=parameters,
        example=examples.REFERENCES,
    )
    def get(self, request: Request) -> Response:
        here = visit(request)
        field = required_text(request, "field")
        integration, direction = text(request, "integration"), choice(request, "direction", _DIRECTIONS)
        limit = number(request, "limit", 200, least=1, most=_MOST_REFERENCES)

        def make() -> dict[str, Any]:
            found = here.reader.references(
                field, integration=integration, direction=direction, visible=here.visible, limit=limit
            )
            return {
                "version": 1,
                "field": field,
                "total": found.total,
                "accounts": found.accounts,
                "references": [as_json(reference) for reference in found.references],
            }

        return by_moment(request, here, make)


class Search(ReadView):
    parameters = (
        query("q", "What to look for.", required=True),
        query("limit", f"Hits of each kind, at most {_MOST_HITS}; 8 by default.", kind=int),
    )

    @reads(
        "search_list",
        serializers.listed("Hit", serializers.Hit),
        summary="Accounts, connections, integrations, mappings, settings and fields whose name has the text in it",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request) -> Response:
        here = visit(request)
        wanted = required_text(request, "q")
        limit = number(request, "limit", 8, least=1, most=_MOST_HITS)

        def make() -> dict[str, Any]:
            hits = search(here.repository, wanted, visible=here.visible, limit=limit)
            return {"results": [_hit(request, hit) for hit in hits]}

        return by_moment(request, here, make)


def _hit(request: Request, hit: Hit) -> dict[str, Any]:
    return {
        "kind": str(hit.kind),
        "title": hit.title,
        "detail": hit.detail,
        "url": request.build_absolute_uri(_address(request, hit)),
    }


def _address(request: Request, hit: Hit) -> str:
    carried = {"repository": name} if (name := text(request, "repository")) else {}
    match hit.kind:
        case HitKind.ACCOUNT:
            path = reverse("api:account", args=[hit.names[0]])
        case HitKind.INTEGRATION | HitKind.CONFIG:
            path = reverse("api:integration", args=[hit.names[0]])
        case HitKind.MAPPING:
            path = reverse("api:mappings", args=[hit.names[0]])
        case HitKind.CONNECTION:
            account, integration, environment = hit.names
            path = reverse("api:effective", args=[account, integration])
            carried = {"environment": environment, **carried}
        case HitKind.FIELD:
            path = reverse("api:references")
            carried = {"field": hit.names[0], **carried}
    return f"{path}?{urlencode(carried)}" if carried else path
