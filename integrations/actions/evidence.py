"""Handing out evidence: recorded before the first line leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from audit.events import Event
from audit.export import export, export_entry
from audit.keys import signer
from audit.models import Entry
from audit.record import ACCOUNT, Actor, Subject, record
from integrations.queries.audit_log import concerning


def export_evidence(
    *, start: datetime, end: datetime, account: str, ticket: str, actor: Actor, reason: str
) -> Iterator[str]:
    """The lines of a bundle with the sealed entries of [start, end): all, or those that concern the account.

    The activations that changed the account are among them. Raises NothingSealed or Unprovable, and records nothing
    then; lines are read from the database as they are asked for.
    """
    also = concerning(account) if account else None
    lines = export(signer().verifier, start=start, end=end, account=account, concerning=also)
    subject = Subject(kind=ACCOUNT, id=account) if account else Subject(kind="audit-log", id="all")
    span = {"from": start.isoformat(), "to": end.isoformat(), "ticket": ticket}
    _record(subject, span, actor=actor, reason=reason)
    return lines


def export_one(entry: Entry, *, actor: Actor) -> Iterator[str]:
    """The lines of a bundle with this entry alone. Raises NothingSealed or Unprovable, and records nothing then."""
    lines = export_entry(signer().verifier, entry)
    _record(Subject(kind="entry", id=str(entry.pk), account=entry.account), {}, actor=actor, reason="")
    return lines


@transaction.atomic(durable=True)
def _record(subject: Subject, data: dict[str, str], *, actor: Actor, reason: str) -> None:
    record(Event.EVIDENCE_EXPORTED, actor=actor, subject=subject, reason=reason, data=data)
