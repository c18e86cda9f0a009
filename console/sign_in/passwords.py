"""Changing passwords: whoever does it is recorded, and what the old one opened ends."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit.events import Event
from audit.people import subject_of
from audit.record import Actor, record
from console.models import Session, User


@transaction.atomic
def change_password(user: User, password: str, *, actor: Actor) -> None:
    """For somebody else, or from the machine: every session of the person ends."""
    user.set_password(password)
    user.save(update_fields=["password", "changed_at"])
    note_password_change(user, actor=actor)


@transaction.atomic
def note_password_change(
    user: User, *, actor: Actor, kept_session: str | None = None, personal: dict[str, Any] | None = None
) -> None:
    """In the transaction of the change: ends the person's other sessions and records who changed it."""
    ended, _ = Session.objects.filter(user=user).exclude(pk=kept_session).delete()
    data = {"sessions_ended": ended}
    record(Event.PASSWORD_CHANGED, actor=actor, subject=subject_of(user), data=data, personal=personal)
