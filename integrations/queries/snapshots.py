"""Which snapshots a person may see, and what of each."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from django.db.models import Count, Exists, OuterRef, QuerySet

from integrations.models import Change, Repository, Snapshot
from integrations.queries.findings import within_folders
from integrations.queries.reading import Visible

_CHANGED = "connections_changed"
_PROBLEMS = "problems"


def snapshots_for(repository: Repository, visible: Visible) -> QuerySet[Snapshot]:
    """All, or for who sees single accounts those that concern one: it changed something for it, or erred in its folder.

    Who wrote the others, why, and that there are any, is not theirs to know.
    """
    rows = repository.snapshots.all()
    if visible is None:
        return rows
    changed = Change.objects.filter(snapshot=OuterRef("pk"), account__in=visible)
    erred = within_folders(repository, visible).filter(snapshot=OuterRef("pk"))
    return rows.filter(Exists(changed) | Exists(erred))


def as_seen(repository: Repository, rows: Iterable[Snapshot], visible: Visible) -> list[Snapshot]:
    """The snapshots of `snapshots_for` as the person sees them: copies to show, never to save.

    For who sees single accounts the counts are of these, and what was said of the whole is left out. Two queries.
    """
    found = list(rows)
    if visible is None:
        return found
    pks = [row.pk for row in found]
    changes = Change.objects.filter(snapshot__in=pks, account__in=visible)
    changed = dict(changes.values_list("snapshot").annotate(n=Count("pk")).values_list("snapshot", "n"))
    problems = within_folders(repository, visible).filter(snapshot__in=pks)
    erred = dict(problems.values_list("snapshot").annotate(n=Count("pk")).values_list("snapshot", "n"))
    return [_narrowed(row, changed.get(row.pk, 0), erred.get(row.pk, 0)) for row in found]


def in_force(repository: Repository, visible: Visible) -> Snapshot | None:
    """The active snapshot; without its author and subject where it changed nothing for the accounts that are seen."""
    active = repository.active
    if active is None or visible is None:
        return active
    if snapshots_for(repository, visible).filter(pk=active.pk).exists():
        return as_seen(repository, [active], visible)[0]
    bare = _narrowed(active, 0, 0)
    bare.subject = bare.author_name = bare.author_email = ""
    bare.pull_request, bare.reviewed_by = None, []
    return bare


def _narrowed(row: Snapshot, changed: int, erred: int) -> Snapshot:
    seen = copy.copy(row)
    seen.counts = {_PROBLEMS: erred} if row.state == Snapshot.State.REJECTED else {_CHANGED: changed}
    seen.hold_reasons, seen.previous = [], None
    seen.decided_at, seen.decided_by_name, seen.decision_reason = None, "", ""
    return seen
