"""What is wrong with a rejected commit, as far as a person may see it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from integrations.core.layout import is_below
from integrations.core.problems import Problem
from integrations.models import Account, Repository, Snapshot, SnapshotProblem
from integrations.queries.reading import Visible


def problems_of(snapshot: Snapshot, *, visible: Visible = None, limit: int = 1000) -> list[Problem]:
    """In order. For a person who sees single accounts those in their folders: a message may quote a file."""
    rows = snapshot.problems.all() if visible is None else within_folders(snapshot.repository, visible)
    return [row.as_problem() for row in rows.filter(snapshot=snapshot).order_by("position")[:limit]]


def within_folders(repository: Repository, visible: frozenset[str]) -> QuerySet[SnapshotProblem]:
    """The kept problems in the folders of these accounts."""
    within = Q(pk__in=[])
    for folder in _folders(repository, visible):
        within |= Q(file__startswith=f"{folder}/")
    return SnapshotProblem.objects.filter(within, snapshot__repository=repository)


def problems_seen(problems: Iterable[Problem], repository: Repository, visible: Visible) -> tuple[Problem, ...]:
    """Those of a commit's problems that a person may see, as `problems_of`."""
    if visible is None:
        return tuple(problems)
    folders = _folders(repository, visible)
    return tuple(
        each for each in problems if each.source and any(is_below(each.source.file, folder) for folder in folders)
    )


def _folders(repository: Repository, visible: frozenset[str]) -> list[str]:
    mine = Account.objects.filter(repository=repository, slug__in=visible)
    return list(mine.values_list("folder", flat=True))
