"""Second factors: every way in which one comes or goes. The ceremonies themselves are allauth's."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from audit.events import Event
from audit.people import subject_of
from audit.record import Actor, record
from console.models import Session, User

Codes = tuple[str, ...]
_KIND = {Authenticator.Type.TOTP: "app", Authenticator.Type.WEBAUTHN: "passkey"}


@transaction.atomic
def add_app(user: User, secret: str, *, actor: Actor, personal: dict[str, Any]) -> Codes:
    """An authenticator app. Gives recovery codes where it is the person's first factor, else none."""
    _lock(user)
    TOTP.activate(user, secret)
    return _added(user, Authenticator.Type.TOTP, actor, personal)


@transaction.atomic
def add_passkey(user: User, credential: Any, *, name: str, actor: Actor, personal: dict[str, Any]) -> Codes:
    """A passkey. Gives recovery codes as `add_app` does."""
    _lock(user)
    WebAuthn.add(user, name, credential)
    return _added(user, Authenticator.Type.WEBAUTHN, actor, personal)


@transaction.atomic
def remove_factor(factor: Authenticator, *, actor: Actor, personal: dict[str, Any]) -> None:
    """With the last one the recovery codes go too: they stand in for nothing any more."""
    user = _lock(factor.user)
    if not Authenticator.objects.filter(pk=factor.pk).delete()[0]:
        return
    left = Authenticator.objects.filter(user=user)
    if not left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        left.delete()
    data = {"kind": _KIND.get(Authenticator.Type(factor.type), str(factor.type)), "left": left.count()}
    record(Event.MFA_REMOVED, actor=actor, subject=subject_of(user), data=data, personal=personal)


@transaction.atomic
def remove_all_factors(user: User, *, actor: Actor) -> int:
    """Also ends every session, which may be a thief's. Says how many factors there were."""
    _lock(user)
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    ended, _ = Session.objects.filter(user=user).delete()
    data = {"kind": "all", "left": 0, "sessions_ended": ended}
    record(Event.MFA_REMOVED, actor=actor, subject=subject_of(user), data=data)
    return sum(kind != Authenticator.Type.RECOVERY_CODES for kind in kinds)


@transaction.atomic
def make_recovery_codes(user: User, *, actor: Actor, personal: dict[str, Any]) -> Codes:
    """New codes; older ones open nothing any more. Raises ValueError for a person without a second factor."""
    _lock(user)
    factors = Authenticator.objects.filter(user=user)
    if not factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        raise ValueError("Recovery codes stand in for a second factor, and there is none.")
    factors.filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    return _made_codes(user, actor, personal)


def _lock(user: User) -> User:
    # Two requests at once must not make two sets of codes.
    return User.objects.select_for_update().get(pk=user.pk)


def _added(user: User, kind: Authenticator.Type, actor: Actor, personal: dict[str, Any]) -> Codes:
    data = {"kind": _KIND[kind]}
    record(Event.MFA_ADDED, actor=actor, subject=subject_of(user), data=data, personal=personal)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).exists():
        return ()
    return _made_codes(user, actor, personal)


def _made_codes(user: User, actor: Actor, personal: dict[str, Any]) -> Codes:
    codes = tuple(RecoveryCodes.activate(user).get_unused_codes())
    data = {"codes": len(codes)}
    record(Event.RECOVERY_CODES_MADE, actor=actor, subject=subject_of(user), data=data, personal=personal)
    return codes
