"""Which fields the active snapshot's expressions speak of most."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from integrations.models import FieldReference, Repository
from integrations.queries.reading import Visible


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCount:
    """A field by its last segment, as written most often, with the number of places that name it."""

    path: str
    direction: str
    places: int


def most_used(
    repository: Repository, *, direction: str, text: str = "", visible: Visible = None, limit: int = 12
) -> list[FieldCount]:
    """The fields with the most places, those whose name contains `text` where given. One query."""
    rows = FieldReference.objects.filter(repository=repository, direction=direction)
    rows = rows.filter(name__contains=text.lower()) if text else rows
    if visible is not None:
        rows = rows.filter(Q(document__account=None) | Q(document__account__slug__in=visible))
    found = rows.values("path").annotate(places=Count("pk")).order_by("-places", "path")[:limit]
    return [FieldCount(path=row["path"], direction=direction, places=row["places"]) for row in found]
