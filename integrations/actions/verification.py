"""Verifying the audit log on request: a row is the queue, a task claims it, and the log keeps what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import pygit2
import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from audit.events import Event
from audit.keys import signer
from audit.models import Verification
from audit.people import actor_of
from audit.record import Actor, Subject, record
from audit.verify import Report, read_checkpoints, verify

log = structlog.get_logger(__name__)
PATIENCE = timedelta(minutes=30)  # after which a run is taken to have died with its worker
RESEND = timedelta(minutes=2)  # after which a message is taken to be lost
_MOST_FINDINGS = 200
_KEPT = 200
_State = Verification.State
_LOG = Subject(kind="audit-log", id="all")


class UnderWay(Exception):
    """A verification is queued or running already: one at a time."""


def ask_for_verification(*, actor: Actor, still_may: Callable[[], None]) -> Verification:
    """A queued verification; the caller sends the task (`integrations.tasks`). Raises UnderWay.

    `still_may` raises, in the same transaction, where the person may not verify any more.
    """
    try:
        with transaction.atomic():
            still_may()
            if Verification.objects.filter(_open() & ~_stale()).exists():
                raise UnderWay
            row = Verification.objects.create(asked_by=actor.id)
            record(Event.VERIFICATION_REQUESTED, actor=actor, subject=_LOG)
    except IntegrityError:
        raise UnderWay from None  # somebody else's was queued between
    return row


def run_verification(pk: int) -> bool:
    """Runs a queued verification and keeps its result. False when it was not waiting, as on a second delivery."""
    claimed = Verification.objects.filter(Q(pk=pk), Q(state=_State.QUEUED) | _stale())
    if not claimed.update(state=_State.RUNNING, started_at=timezone.now(), trouble=""):
        return False
    row = Verification.objects.get(pk=pk)
    try:
        report = verify(signer().verifier, _exported())
    except Exception:
        trouble = "The verification could not be run to its end; the log of the worker says more."
        Verification.objects.filter(pk=pk).update(state=_State.FAILED, finished_at=timezone.now(), trouble=trouble)
        raise
    _keep(row, report)
    return True


def queue_lost_verifications() -> list[int]:
    """Those whose message seems to be lost, or whose worker to have died."""
    lost = Verification.objects.filter(Q(state=_State.QUEUED, asked_at__lt=timezone.now() - RESEND) | _stale())
    return list(lost.values_list("pk", flat=True))


@transaction.atomic(durable=True)
def _keep(row: Verification, report: Report) -> None:
    row.state, row.finished_at = _State.DONE, timezone.now()
    row.leaves, row.checkpoints, row.root = report.leaves, report.checkpoints, report.root
    row.unsealed, row.erased = report.unsealed, report.erased
    row.findings = [asdict(finding) for finding in report.findings[:_MOST_FINDINGS]]
    row.save()
    old = Verification.objects.order_by("-pk").values_list("pk", flat=True)[_KEPT:]
    Verification.objects.filter(pk__in=list(old)).delete()
    record(
        Event.LOG_VERIFIED,
        actor=_asker(row),
        subject=_LOG,
        data={
            "whole": report.is_whole,
            "leaves": report.leaves,
            "checkpoints": report.checkpoints,
            "findings": len(report.findings),
            "root": report.root,
        },
    )


def _asker(row: Verification) -> Actor:
    """The person, by the name that they have now; by the opaque id alone once they are gone."""
    user = get_user_model().objects.filter(pk=row.asked_by).first() if row.asked_by.isdigit() else None
    return actor_of(user) if user is not None else Actor(id=row.asked_by)


def _exported() -> dict[str, str]:
    """The checkpoints that were exported; none where there is no repository yet."""
    place = settings.AUDIT_CHECKPOINT_REPOSITORY
    try:
        return read_checkpoints(place) if place.exists() else {}
    except (OSError, pygit2.GitError) as error:
        log.warning("audit.exported_checkpoints_not_read", error=type(error).__name__)
        return {}


def _open() -> Q:
    return Q(state__in=[_State.QUEUED, _State.RUNNING])


def _stale() -> Q:
    return Q(state=_State.RUNNING, started_at__lt=timezone.now() - PATIENCE)
