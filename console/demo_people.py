"""The people of the demo: one for each role, with passwords that `up` prints."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from console.models import User


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
def make_demo_people() -> None:
    """Makes the people that are missing; never touches one that is there."""
    known = set(User.objects.values_list("email", flat=True))
    for person in PEOPLE:
        if person.email in known:
            continue
        user = User.objects.create_user(person.email, person.password, name=person.name)
        if "admin" in person.roles:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        names = [*person.roles, *person.teams]
        user.groups.add(*[Group.objects.get_or_create(name=name)[0] for name in names])
