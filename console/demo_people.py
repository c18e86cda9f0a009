"""The people of the demo: one for each role, with passwords that `up` prints."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from audit.record import Actor
from console.models import User
from console.people import make_user


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    email: str
    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...] = ()

    @property
    def password(self) -> str:
        first = self.email.split("@")[0]
        return f"{first}-{first}"


PEOPLE = (
    Person(email="dana@example.com", name="Dana Whitfield", roles=("csm",)),
    Person(email="marco@example.com", name="Marco Bellini", roles=("csm",)),
    Person(email="priya@example.com", name="Priya Raman", roles=("csm",), teams=("team:emea-csm",)),
    Person(email="erin@example.com", name="Erin Castellano", roles=("engineer",)),
    Person(email="omar@example.com", name="Omar Haddad", roles=("responder",)),
    Person(email="alex@example.com", name="Alex Novak", roles=("approver",)),
    Person(email="audrey@example.com", name="Audrey Lindqvist", roles=("auditor",)),
    Person(email="ada@example.com", name="Ada Okafor", roles=("admin",)),
    Person(email="viv@example.com", name="Viv Tanaka", roles=("viewer",)),
)


@transaction.atomic
def make_demo_people(*, actor: Actor) -> None:
    """Makes the people that are missing; never touches one that is there."""
    known = set(User.objects.values_list("email", flat=True))
    for person in PEOPLE:
        if person.email not in known:
            make_user(
                email=person.email,
                name=person.name,
                password=person.password,
                groups=[*person.roles, *person.teams],
                actor=actor,
                reason="One of the demo's people.",
            )
