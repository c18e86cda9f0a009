"""What is wrong with a rejected commit, as far as a person may see it."""

from __future__ import annotations

from django.db.models import Q

from integrations.core.problems import Problem
from integrations.models import Account, Snapshot
from integrations.queries.reading import Visible


def problems_of(snapshot: Snapshot, *, visible: Visible = None, limit: int = 1000) -> list[Problem]:
    """In order. For a person who sees single accounts those in their folders: a message may quote a file."""
    rows = snapshot.problems.order_by("position")
    if visible is not None:
        within = Q(pk__in=[])
        mine = Account.objects.filter(repository=snapshot.repository_id, slug__in=visible)
        for folder in mine.values_list("folder", flat=True):
            within |= Q(file__startswith=f"{folder}/")
        rows = rows.filter(within)
    return [row.as_problem() for row in rows[:limit]]
