"""Every mapping and account that reads a provider field or writes a unified one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.context import Page
from console.presentation.addresses import source_addresses
from console.visit import Visit, visit
from integrations.models import FieldReference
from integrations.queries.fields import FieldCount, most_used
from integrations.queries.reading import Reference

_MOST = 300
_DIRECTIONS = {direction.value for direction in FieldReference.Direction}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingUse:
    """The places within one mapping of one integration, the platform's first."""

    integration: str
    mapping: str
    references: tuple[Reference, ...]

    @property
    def accounts(self) -> int:
        return len({reference.account for reference in self.references if reference.account})


@require_safe
def where_used(request: HttpRequest) -> HttpResponse:
    here = visit(request)
    field = request.GET.get("field", "").strip()[:400]
    integration = request.GET.get("integration", "")
    direction = request.GET.get("direction", "")
    direction = direction if direction in _DIRECTIONS else ""
    found = None
    if field:
        found = here.reader.references(
            as_asked(field), integration=integration, direction=direction, visible=here.visible, limit=_MOST
        )
    references = found.references if found is not None else ()
    context = {
        "field": field,
        "integration": integration,
        "direction": direction,
        "integrations": here.reader.integration_names(),
        "found": found,
        "uses": _by_mapping(references),
        "links": source_addresses({each.source.file for each in references}, Page(request).carried),
        "suggestions": _suggestions(here, field) if not references else (),
    }
    return render(request, "where_used/where_used.html", context)


def as_asked(field: str) -> str:
    """What a person types as the index names it: a pointer as it is, `response.Tier__c` as a pointer, else a name."""
    if field.startswith("/") or "." not in field:
        return field
    return "/" + field.replace(".", "/")


def _by_mapping(references: Iterable[Reference]) -> list[MappingUse]:
    ordered = sorted(
        references, key=lambda r: (r.integration, r.mapping, r.account is not None, r.layer != "platform", r.account)
    )
    return [
        MappingUse(integration=integration, mapping=mapping, references=tuple(group))
        for (integration, mapping), group in groupby(ordered, key=lambda r: (r.integration, r.mapping))
    ]


def _suggestions(here: Visit, field: str) -> list[tuple[str, list[FieldCount]]]:
    """Fields worth asking for: those that contain what was typed, else those that are used most."""
    name = field.replace(".", "/").rsplit("/", 1)[-1]
    titles = (("Provider fields that are read most", "reads"), ("Unified fields that are written most", "writes"))
    for text in dict.fromkeys((name, "")):
        found = [
            (title, most_used(here.repository, direction=direction, text=text, visible=here.visible))
            for title, direction in titles
        ]
        if any(counts for _, counts in found):
            return [(title, counts) for title, counts in found if counts]
    return []
