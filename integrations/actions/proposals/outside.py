"""Acts outside on behalf of a proposal: the intent is kept before, the outcome after, and no intent stays open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.events import Event
from audit.models import Entry
from audit.record import SYSTEM, Actor, intent, outcome
from integrations.actions.subjects import proposal_subject
from integrations.models import Proposal


def begin(proposal: Proposal, event: Event, *, data: Mapping[str, Any], actor: Actor = SYSTEM) -> None:
    """Says what is about to be tried. The caller holds the row, saves it, and commits before the act."""
    close(proposal)
    entry = intent(event, actor=actor, subject=proposal_subject(proposal), data=data)
    proposal.intent = entry.pk


def finish(proposal: Proposal, phase: Entry.Phase, *, reason: str = "", data: Mapping[str, Any] | None = None) -> None:
    """Says what became of it; nothing where no act is open, or somebody has closed it."""
    entry = Entry.objects.filter(pk=proposal.intent).first() if proposal.intent is not None else None
    if entry is not None and not Entry.objects.filter(intent=entry.pk).exists():
        actor = Actor(kind=entry.actor_kind, id=entry.actor_id, name=entry.actor_name)
        outcome(entry, phase, actor=actor, reason=reason, data=data)
    proposal.intent = None


def close(proposal: Proposal) -> None:
    """Ends the act of a worker that died: whether it had its effect is looked up, not assumed."""
    finish(proposal, Entry.Phase.UNKNOWN, reason="The worker ended before it could say; the next one looks.")
