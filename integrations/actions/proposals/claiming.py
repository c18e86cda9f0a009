"""A row is the queue: a worker claims it by one conditional UPDATE, and what it does later counts only while it holds.

All times are the database's.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from integrations.core.proposals import State, check_transition
from integrations.models import Proposal

LEASE = timedelta(minutes=10)  # longer than every time-out along the way together
MOST_DUE = 50


class LostLease(Exception):
    """Another worker has the proposal by now, or it was withdrawn: nothing more may be done in its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    pk: str
    token: str


def claim(pk: str) -> Lease | None:
    """None when there is nothing to do, or another worker is at it."""
    lease = Lease(pk=pk, token=secrets.token_hex(16))
    taken = Proposal.objects.filter(_due(), pk=pk).update(
        state=State.PUBLISHING, claimed_by=lease.token, claimed_until=Now() + LEASE
    )
    return lease if taken else None


def due_proposals() -> list[str]:
    """Those that no worker has, or whose worker died."""
    return list(Proposal.objects.filter(_due()).order_by("created_at").values_list("pk", flat=True)[:MOST_DUE])


@contextmanager
def held(lease: Lease) -> Iterator[Proposal]:
    """The row in a transaction of its own, as long as the claim holds. Raises LostLease."""
    with transaction.atomic(durable=True):
        rows = Proposal.objects.select_for_update(of=("self",)).select_related("repository", "proposer")
        proposal = rows.filter(pk=lease.pk, state=State.PUBLISHING, claimed_by=lease.token).first()
        if proposal is None:
            raise LostLease
        yield proposal


def move(proposal: Proposal, state: State, *, trouble: str = "") -> None:
    """Sets the state, and ends any claim. The caller holds the row and saves it. Raises BadTransition."""
    check_transition(State(proposal.state), state)
    proposal.state, proposal.trouble = state, trouble
    proposal.claimed_by, proposal.claimed_until = "", None


def _due() -> Q:
    is_waiting = Q(state=State.QUEUED) & (Q(due_at=None) | Q(due_at__lte=Now()))
    return is_waiting | Q(state=State.PUBLISHING, claimed_until__lt=Now())
