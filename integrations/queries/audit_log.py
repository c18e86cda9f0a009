"""The audit log as its readers ask for it: entries newest first, by filters, with the names and things they speak of.

An account's entries are those that bear its name and the activations that changed it. An activation names up to a
hundred accounts in its data; `Change` has the rest. An act outside the database is one row: its intent, with the
outcome beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F, Max, Min, Q, QuerySet

from audit.events import Event
from audit.models import Entry, PersonalData
from audit.record import ACCOUNT, PERSON
from audit.search import commit_is_one_of, grant_is, names_account, reason_holds
from integrations.models import Account, Change, Snapshot

SNAPSHOT = "snapshot"
REPOSITORY = "repository"
_EVENTS = {event.value: event for event in Event}
_MOST_DIGITS = 19  # of a 64-bit key
_NEAR = 5000  # how many ids are looked through in order before a rare word is looked up
_NAMES = ("actor", "subject")  # what personal data hold beside what is the entry's own


class State(StrEnum):
    """Of an act outside the database."""

    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Filters; empty ones narrow nothing. `actor`: `kind:id`; `start` and `end`: the half-open span."""

    actor: str = ""
    account: str = ""
    event: str = ""
    kind: str = ""
    start: datetime | None = None
    end: datetime | None = None
    text: str = ""
    grant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who acted, or what was acted on. `is_erased`: a person whose name was deleted from the log."""

    kind: str
    id: str
    name: str
    is_erased: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry. `event` is None for a kind of act that this version of the console does not know.

    `personal`: what else is known of people, such as a commit's author; empty once it is erased.
    """

    pk: int
    at: datetime
    value: str
    event: Event | None
    actor: Party
    subject: Party
    account: str
    reason: str
    data: Mapping[str, Any]
    personal: Mapping[str, Any]
    is_erased: bool
    phase: str
    intent: int | None
    outcome: Told | None = None

    @property
    def is_security(self) -> bool:
        return self.event is None or self.event.is_security

    @property
    def state(self) -> State | None:
        """What became of an act outside; None for an act of the database alone."""
        if self.phase == Entry.Phase.INTENT:
            return State(self.outcome.phase) if self.outcome is not None else State.UNDER_WAY
        return State(self.phase) if self.phase else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What entries speak of and pages exist for: by slug and by commit, the repository's name; ids of people."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    snapshots: Mapping[str, str] = field(default_factory=dict)
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A page of the log. `older` and `newer`: the entry to go on before and after; None at the ends."""

    entries: tuple[Told, ...]
    known: Known
    older: int | None
    newer: int | None


def slug_of(account: str) -> str:
    """The slug of the account that is called so, in any case of letters; what was given where there is none."""
    rows = Account.objects.filter(Q(slug=account.lower()) | Q(name__iexact=account)).values_list("slug", flat=True)
    found = set(rows[:2]) if account else set()
    return found.pop() if len(found) == 1 else account


def timeline(wanted: Wanted, *, before: int | None = None, after: int | None = None, limit: int = 50) -> Timeline:
    """The page of entries older than `before`, or newer than `after`, or the newest; a constant number of queries."""
    is_upward = after is not None and before is None
    edge = after if is_upward else before
    found: dict[int, Entry] = {}
    for branch in _branches(wanted):
        if wanted.text:
            rows = _scattered(branch, wanted.text, edge, limit + 1, is_upward=is_upward)
        else:
            rows = _in_order(branch, edge, limit + 1, is_upward=is_upward)
        found.update((row.pk, row) for row in rows)
    chosen = sorted(found.values(), key=lambda row: row.pk, reverse=not is_upward)
    is_more, chosen = len(chosen) > limit, chosen[:limit]
    if is_upward:
        chosen.reverse()
    has_newer = is_more if is_upward else before is not None
    has_older = bool(chosen) if is_upward else is_more
    entries = tell(chosen)
    return Timeline(
        entries=entries,
        known=known(entries),
        older=chosen[-1].pk if chosen and has_older else None,
        newer=chosen[0].pk if chosen and has_newer else None,
    )


def concerning(account: str) -> Q:
    """Entries that concern the account, those among them that do not bear its name."""
    return Q(account=account) | _activations(account)


def tell(rows: Sequence[Entry], *, with_outcomes: bool = True) -> tuple[Told, ...]:
    """The rows with the names that are kept apart, and with their outcomes; two queries."""
    intents = [row.pk for row in rows if row.phase == Entry.Phase.INTENT]
    outcomes = list(Entry.objects.filter(intent__in=intents)) if with_outcomes else []
    bound = {row.commitment for row in (*rows, *outcomes) if row.commitment}
    personal = {
        commitment: json.loads(body)
        for commitment, body in PersonalData.objects.filter(pk__in=bound).values_list("commitment", "body")
    }
    ended = {row.intent: _told(row, personal) for row in outcomes}
    return tuple(_told(row, personal, ended.get(row.pk)) for row in rows)


def known(entries: Iterable[Told]) -> Known:
    """Which of the accounts, snapshots and people that the entries are about are there; three queries."""
    entries = list(entries)
    accounts = {each.account for each in entries}
    accounts |= {each.subject.id for each in entries if each.subject.kind == ACCOUNT}
    commits = {each.subject.id for each in entries if each.subject.kind == SNAPSHOT}
    people = {each.subject.id for each in entries if each.subject.kind == PERSON and each.subject.id.isdecimal()}
    of_people = get_user_model().objects.filter(pk__in=[number for number in people if len(number) < _MOST_DIGITS])
    of_accounts = Account.objects.filter(slug__in=accounts - {""}).order_by("-repository")
    of_commits = Snapshot.objects.filter(commit__in=commits).order_by("-repository")
    return Known(
        accounts=dict(of_accounts.values_list("slug", "repository__name")),
        snapshots=dict(of_commits.values_list("commit", "repository__name")),
        people=frozenset(str(number) for number in of_people.values_list("pk", flat=True)),
    )


def _branches(wanted: Wanted) -> list[QuerySet[Entry]]:
    """Sets of rows that together are those wanted but for the words: each can be read in the order of an index."""
    rows = Entry.objects.filter(_condition(wanted), intent=None)
    if not wanted.account:
        return [rows]
    # One query with OR would read the whole log backwards to find a rare account.
    return [rows.filter(account=wanted.account), rows.filter(_activations(wanted.account))]


def _in_order(rows: QuerySet[Entry], edge: int | None, limit: int, *, is_upward: bool) -> list[Entry]:
    if edge is not None:
        rows = rows.filter(pk__gt=edge) if is_upward else rows.filter(pk__lt=edge)
    return list(rows.order_by("pk" if is_upward else "-pk")[:limit])


def _scattered(rows: QuerySet[Entry], text: str, edge: int | None, limit: int, *, is_upward: bool) -> list[Entry]:
    """For words, which no index has in the order of ids: a common one is met soon, a rare one hardly ever.

    PostgreSQL cannot tell them apart, and would read the whole log for the rare one. So it looks nearby first, and then
    must gather all that match.
    """
    if edge is None:
        edge = (Entry.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    near = rows.filter(reason_holds(text, connection.vendor, is_nearby=True))
    near = near.filter(pk__lte=edge + _NEAR) if is_upward else near.filter(pk__gte=edge - _NEAR)
    found = _in_order(near, edge, limit, is_upward=is_upward)
    if len(found) == limit:
        return found
    rows = rows.filter(reason_holds(text, connection.vendor))
    rows = rows.filter(pk__gt=edge) if is_upward else rows.filter(pk__lt=edge)
    number = F("pk") + 0  # an order that no index has
    return list(rows.order_by(number.asc() if is_upward else number.desc())[:limit])


def _condition(wanted: Wanted) -> Q:
    found = Q()
    if wanted.actor:
        kind, _, number = wanted.actor.partition(":")
        found &= Q(actor_kind=kind, actor_id=number)
    if wanted.event:
        found &= Q(event=wanted.event)
    if wanted.kind:
        found &= Q(subject_kind=wanted.kind)
    if wanted.grant:
        found &= grant_is(wanted.grant)
    return found & _span(wanted)


def _span(wanted: Wanted) -> Q:
    """The span of time, with the ids that lie in it: pages go by id, and must not look for them in all the log."""
    if wanted.start is None and wanted.end is None:
        return Q()
    within = Q()
    within &= Q(at__gte=wanted.start) if wanted.start else Q()
    within &= Q(at__lt=wanted.end) if wanted.end else Q()
    # Plus nothing, so that PostgreSQL reads the span in its own index, and not the whole log from its end.
    ids = Entry.objects.filter(within).aggregate(least=Min(F("pk") + 0), most=Max(F("pk") + 0))
    if ids["least"] is None:
        return Q(pk__in=[])
    return within & Q(pk__gte=ids["least"], pk__lte=ids["most"])


def _activations(account: str) -> Q:
    """Activations that changed what is in force for the account, by their ids.

    Gathered first: asked for in the order of ids, PostgreSQL would read every activation backwards.
    """
    commits = Change.objects.filter(account=account).values_list("snapshot__commit", flat=True).distinct()
    named = names_account(account) | commit_is_one_of(json.dumps(list(commits)))
    return Q(pk__in=list(Entry.objects.filter(named).values_list("pk", flat=True)))


def _told(row: Entry, personal: Mapping[str, Mapping[str, Any]], outcome: Told | None = None) -> Told:
    kept = personal.get(row.commitment, {})
    is_erased = bool(row.commitment) and row.commitment not in personal

    def party(kind: str, number: str, name: str, key: str) -> Party:
        if kind != PERSON:
            return Party(kind=kind, id=number, name=name)
        return Party(kind=kind, id=number, name=str(kept.get(key, "")), is_erased=is_erased)

    return Told(
        pk=row.pk,
        at=row.at,
        value=row.event,
        event=_EVENTS.get(row.event),
        actor=party(row.actor_kind, row.actor_id, row.actor_name, "actor"),
        subject=party(row.subject_kind, row.subject_id, row.subject_name, "subject"),
        account=row.account,
        reason=row.reason,
        data=row.values,
        personal={key: value for key, value in kept.items() if key not in _NAMES},
        is_erased=is_erased,
        phase=row.phase,
        intent=row.intent,
        outcome=outcome,
    )
