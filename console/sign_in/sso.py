"""Whom single sign-on lets in, and with which roles. A person is known by the provider's stable subject alone.

An e-mail address never links a sign-in to somebody who is here already: whoever can set an address at the provider
would become them. An admin links such a person with `manage.py link_sso`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from audit.events import Event
from audit.people import subject_of
from audit.record import Actor, record
from console.models import User

_LONGEST_NAME = 150


class Refused(Exception):
    """Why somebody whom the provider knows is not let in: a sentence for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a provider vouches for. (`issuer`, `subject`) is one person for ever; all else may change."""

    issuer: str
    subject: str
    email: str = ""
    is_email_verified: bool = False
    name: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)

    @property
    def provider(self) -> Actor:
        return Actor(kind="identity-provider", id=self.issuer, name=self.issuer)


@transaction.atomic
def admit(identity: Identity, role_of_group: Mapping[str, str]) -> User:
    """The person of `identity`, made where that is allowed, with the roles of their groups. Raises Refused."""
    known = SocialAccount.objects.filter(provider=identity.issuer, uid=identity.subject).select_related("user").first()
    user = known.user if known is not None else _made(identity)
    if user.is_active:
        bring_roles_in_step(user, identity, role_of_group)
    return user


@transaction.atomic
def link(user: User, *, issuer: str, subject: str, actor: Actor) -> None:
    """Lets `user` sign in as `subject`. Raises Refused where somebody does so already."""
    if SocialAccount.objects.filter(provider=issuer, uid=subject).exists():
        raise Refused("Somebody signs in with this subject already.")
    SocialAccount.objects.create(user=user, provider=issuer, uid=subject)
    record(Event.SSO_LINKED, actor=actor, subject=subject_of(user), data={"issuer": issuer})


def bring_roles_in_step(user: User, identity: Identity, role_of_group: Mapping[str, str]) -> None:
    """Grants and withdraws, of the roles that the provider's groups stand for, and leaves all others alone."""
    mapped = set(role_of_group.values())
    wanted = {role for group, role in role_of_group.items() if group in identity.groups}
    present = set(user.groups.filter(name__in=mapped).values_list("name", flat=True))
    for role in sorted(wanted - present):
        user.groups.add(Group.objects.get(name=role))
        record(Event.ROLE_GRANTED, actor=identity.provider, subject=subject_of(user), data={"role": role})
    for role in sorted(present - wanted):
        user.groups.remove(Group.objects.get(name=role))
        record(Event.ROLE_WITHDRAWN, actor=identity.provider, subject=subject_of(user), data={"role": role})


def _made(identity: Identity) -> User:
    if not identity.email:
        raise Refused("Your provider told no e-mail address for you, and people are known by theirs here.")
    if User.objects.filter(email__iexact=identity.email).exists():
        raise Refused("Somebody with your e-mail address signs in here in another way. An admin can link the two.")
    if not settings.OIDC_CREATE_USERS:
        raise Refused("Nobody has made an account for you here. Ask an admin.")
    if not (identity.is_email_verified or settings.OIDC_EMAILS_VERIFIED):
        raise Refused(
            "Your provider does not vouch for your e-mail address, which would name you the owner of accounts."
        )
    user = User.objects.create_user(identity.email, name=identity.name[:_LONGEST_NAME])
    SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)
    record(Event.USER_MADE, actor=identity.provider, subject=subject_of(user), data={"issuer": identity.issuer})
    return user
