"""Handing out evidence: recorded before the first line leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import transaction

from audit.events import Event
from audit.export import export, export_entry
from audit.keys import signer
from audit.models import Entry
from audit.record import ACCOUNT, Actor, Subject, record
from integrations.queries.audit_log import concerning


def export_evidence(
    *,
    start: datetime,
    end: datetime,
    account: str,
    ticket: str,
    actor: Actor,
    reason: str,
    still_may: Callable[[], None],
) -> Iterator[str]:
    """The lines of a bundle with the sealed entries of [start, end): all, or those that concern the account.

    The activations that changed the account are among them. Raises NothingSealed or Unprovable, and records nothing
    then; lines are read from the database as they are asked for. `still_may` raises, in the transaction of the record,
    where the person may not export any more.
    """
    also = concerning(account) if account else None
    lines = export(signer().verifier, start=start, end=end, account=account, concerning=also)
    subject = Subject(kind=ACCOUNT, id=account) if account else Subject(kind="audit-log", id="all")
    span = {"from": start.isoformat(), "to": end.isoformat(), "ticket": ticket}
    _record(subject, span, actor=actor, reason=reason, still_may=still_may)
    return lines


def export_one(entry: Entry, *, actor: Actor, still_may: Callable[[], None]) -> Iterator[str]:
    """The lines of a bundle with this entry alone. Raises NothingSealed or Unprovable, and records nothing then."""
    lines = export_entry(signer().verifier, entry)
    subject = Subject(kind="entry", id=str(entry.pk), account=entry.account)
    _record(subject, {}, actor=actor, reason="", still_may=still_may)
    return lines


@transaction.atomic(durable=True)
def _record(
    subject: Subject, data: dict[str, str], *, actor: Actor, reason: str, still_may: Callable[[], None]
) -> None:
    still_may()
    record(Event.EVIDENCE_EXPORTED, actor=actor, subject=subject, reason=reason, data=data)
