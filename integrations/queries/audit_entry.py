"""One entry of the audit log with what explains it: what it changed, who approved it, what else befell its subject."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from audit.events import Event
from audit.models import Entry
from integrations.models import Snapshot
from integrations.queries.audit_log import SNAPSHOT, Known, Told, known, tell
from integrations.queries.changes import Effect, effects
from integrations.queries.reading import Visible

_NEARBY = 5
_DECIDED = (Event.HELD_SYNC_ACCEPTED, Event.HELD_SYNC_DISCARDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """`counterpart`: an outcome's intent or an intent's outcome. `decisions`: those on the held sync that it is about.

    `before` and `after`: the nearest entries about the same subject, oldest first.
    """

    told: Told
    counterpart: Told | None
    decisions: tuple[Told, ...]
    before: tuple[Told, ...]
    after: tuple[Told, ...]
    snapshot: Snapshot | None
    effects: tuple[Effect, ...]
    known: Known


def entry_detail(pk: int, *, visible: Visible = None) -> Detail | None:
    """None when there is no such entry. A constant number of queries."""
    row = Entry.objects.filter(pk=pk).first()
    if row is None:
        return None
    same = Entry.objects.filter(subject_kind=row.subject_kind, subject_id=row.subject_id).exclude(pk=pk)
    older = list(same.filter(pk__lt=pk).order_by("-pk")[:_NEARBY])[::-1]
    newer = list(same.filter(pk__gt=pk).order_by("pk")[:_NEARBY])
    decided = _decisions(row)
    pair = _pair(row)
    told, *others = tell([row, *pair, *decided, *older, *newer])
    rest = iter(others)
    counterpart = [next(rest) for _ in pair]
    decisions = tuple(next(rest) for _ in decided)
    before = tuple(next(rest) for _ in older)
    snapshot = _snapshot(told)
    return Detail(
        told=told,
        counterpart=counterpart[0] if counterpart else None,
        decisions=decisions,
        before=before,
        after=tuple(rest),
        snapshot=snapshot,
        effects=tuple(effects(snapshot, visible=visible)) if snapshot and told.event is Event.SYNC_ACTIVATED else (),
        known=known([told, *others]),
    )


def _pair(row: Entry) -> list[Entry]:
    if row.intent is None and row.phase != Entry.Phase.INTENT:
        return []
    return list(Entry.objects.filter(Q(pk=row.intent) if row.intent is not None else Q(intent=row.pk)))


def _decisions(row: Entry) -> list[Entry]:
    if row.subject_kind != SNAPSHOT:
        return []
    same = Entry.objects.filter(subject_kind=SNAPSHOT, subject_id=row.subject_id, event__in=_DECIDED)
    return list(same.exclude(pk=row.pk).order_by("pk"))


def _snapshot(told: Told) -> Snapshot | None:
    if told.subject.kind != SNAPSHOT:
        return None
    rows = Snapshot.objects.filter(commit=told.subject.id).select_related("previous").order_by("repository")
    name = told.data.get("repository")
    return (rows.filter(repository__name=name) if isinstance(name, str) else rows).first()
