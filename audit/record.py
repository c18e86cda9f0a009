"""The only writer of entries: no entry, no action.

An act within the database is recorded in its own transaction. An act outside (a push, a call) is recorded twice:
`intent` commits before it, `outcome` after it; `close_orphans` ends intents whose process died between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from audit.canonical import canonical, check_text
from audit.events import Event
from audit.models import Entry, PersonalData
from audit.rows import written

_NAMES = {event.value: event.name for event in Event}
PERSON = "person"
ACCOUNT = "account"


class NoTransaction(Exception):
    """`record` was called outside a transaction: the act could then stand without its entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `id` is opaque and stays for ever (never an e-mail address); a person's `name` can be erased."""

    kind: str = PERSON
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is acted on. `account` names the account concerned; it is the subject itself if that is an account."""

    kind: str
    id: str
    name: str = ""
    account: str = field(default="")


SYSTEM = Actor(kind="system", id="glasshouse", name="Glasshouse")


def record(
    event: Event,
    *,
    actor: Actor,
    subject: Subject,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Entry:
    """Writes one entry in the caller's transaction, which cannot commit without it.

    What keeps it from being written is raised here, or with the next statement or COMMIT, with which the entry may go.
    `data` is plain JSON without fractions and holds no secret and nothing about a person; what does goes into
    `personal` (an address, a user agent), together with the names of people, and can be erased.
    Raises NoTransaction, NotCanonical.
    """
    return _write(event, actor=actor, subject=subject, reason=reason, data=data, personal=personal)


def intent(
    event: Event, *, actor: Actor, subject: Subject, reason: str = "", data: Mapping[str, Any] | None = None
) -> Entry:
    """Says that an act outside is about to be tried. Its transaction must commit before the act."""
    return _write(event, actor=actor, subject=subject, reason=reason, data=data, phase=Entry.Phase.INTENT)


def outcome(
    intended: Entry, phase: Entry.Phase, *, actor: Actor, reason: str = "", data: Mapping[str, Any] | None = None
) -> Entry:
    """Says what became of it: DONE, FAILED or UNKNOWN.

    An intent has one outcome: a second ends the transaction in IntegrityError.
    """
    if phase not in {Entry.Phase.DONE, Entry.Phase.FAILED, Entry.Phase.UNKNOWN}:
        raise ValueError("an outcome is done, failed or unknown")
    subject = Subject(
        kind=intended.subject_kind, id=intended.subject_id, name=intended.subject_name, account=intended.account
    )
    return _write(
        Event[_NAMES[intended.event]],
        actor=actor,
        subject=subject,
        reason=reason,
        data=data,
        phase=phase,
        intent=intended.pk,
    )


@transaction.atomic(durable=True)
def close_orphans(*, older_than: timedelta, actor: Actor = SYSTEM) -> int:
    """Gives every older intent without an outcome the outcome UNKNOWN; says how many."""
    known = Entry.objects.filter(intent=OuterRef("pk"))
    orphans = Entry.objects.filter(phase=Entry.Phase.INTENT, at__lt=Now() - older_than).exclude(Exists(known))
    found = list(orphans.order_by("pk"))
    for orphan in found:
        outcome(orphan, Entry.Phase.UNKNOWN, actor=actor, reason="The process ended before it wrote an outcome.")
    return len(found)


@transaction.atomic(durable=True)
def erase(person: Subject, *, actor: Actor, reason: str) -> int:
    """Deletes the personal data of all entries by or about a person; says how many. The log stays provable."""
    by = Entry.objects.filter(actor_kind=PERSON, actor_id=person.id)
    about = Entry.objects.filter(subject_kind=PERSON, subject_id=person.id)
    kept = (by | about).exclude(commitment="").values("commitment")
    number, _ = PersonalData.objects.filter(commitment__in=kept).delete()
    # Named by the opaque id alone, or the name would be back.
    subject = Subject(kind=PERSON, id=person.id)
    record(Event.PERSONAL_DATA_ERASED, actor=actor, subject=subject, reason=reason, data={"entries": number})
    return number


def _write(
    event: Event,
    *,
    actor: Actor,
    subject: Subject,
    reason: str,
    data: Mapping[str, Any] | None,
    personal: Mapping[str, Any] | None = None,
    phase: Entry.Phase = Entry.Phase.WHOLE,
    intent: int | None = None,
) -> Entry:
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction(f"{event} was to be recorded outside a transaction")
    private = dict(personal) if personal else {}
    by_person, about_person = actor.kind == PERSON, subject.kind == PERSON
    if by_person and actor.name:
        private["actor"] = actor.name
    if about_person and subject.name:
        private["subject"] = subject.name
    # In the order of rows.GIVEN.
    given = (
        event.value,
        actor.kind,
        actor.id,
        "" if by_person else actor.name,
        subject.kind,
        subject.id,
        "" if about_person else subject.name,
        subject.account or (subject.id if subject.kind == ACCOUNT else ""),
        reason,
        canonical(dict(data)) if data else "{}",
        phase.value,
    )
    # What the database would cut or refuse later is refused now, in words.
    check_text("".join(given))
    return written(given, intent=intent, personal=canonical(private) if private else "")
