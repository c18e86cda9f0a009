"""How a user of the console appears in the log."""

from __future__ import annotations

from typing import Any, Protocol

from audit.record import PERSON, Actor, Subject


class Someone(Protocol):
    """A user: the key stays for ever, the name (`str`) can be erased from the log."""

    @property
    def pk(self) -> Any: ...


def actor_of(user: Someone) -> Actor:
    """The person as the one who acts."""
    return Actor(kind=PERSON, id=str(user.pk), name=str(user))


def subject_of(user: Someone) -> Subject:
    """The person as the one acted on."""
    return Subject(kind=PERSON, id=str(user.pk), name=str(user))


def command(name: str) -> Actor:
    """Whoever can run a command on the machine."""
    return Actor(kind="command", id=name)
