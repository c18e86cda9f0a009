"""Codes of second factors. Each works once, also when it is sent twice at the same moment.

A code that was accepted is remembered in the shared cache by its counter (RFC 6238, section 5.2). Where the cache does
not answer nothing is accepted: its error is raised, and the page says that signing in is not possible for now.
"""

from __future__ import annotations

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest

from audit.events import Event
from audit.people import actor_of, subject_of
from audit.record import record
from console.models import User
from console.sign_in.entries import whereabouts

# Longer than any clock lets a code live: before, at and after its own half minute.
_REMEMBERED = 600  # seconds


def accept(user: User, code: str, *, request: HttpRequest) -> Authenticator | None:
    """The factor of `user` that `code` is of, which is thereby used up; None for any other code."""
    factors: dict[str, Authenticator] = {each.type: each for each in Authenticator.objects.filter(user=user)}
    totp = factors.get(Authenticator.Type.TOTP)
    if totp is not None and accept_totp(user, decrypt(totp.data["secret"]), code):
        return totp
    recovery = factors.get(Authenticator.Type.RECOVERY_CODES)
    if recovery is not None and _accept_recovery(user, recovery, code, request):
        return recovery
    return None


def accept_totp(user: User, secret: str, code: str) -> bool:
    """Whether `code` is one of now that was not used before."""
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            return bool(cache.add(f"totp-used:{user.pk}:{counter}", 1, timeout=_REMEMBERED))
    return False


def _accept_recovery(user: User, recovery: Authenticator, code: str, request: HttpRequest) -> bool:
    with transaction.atomic():
        if not recovery.wrap().validate_code(code):  # type: ignore[no-untyped-call]
            return False
        record(
            Event.RECOVERY_CODE_USED,
            actor=actor_of(user),
            subject=subject_of(user),
            data={"left": len(Authenticator.objects.get(pk=recovery.pk).wrap().get_unused_codes())},
            personal=whereabouts(request),
        )
    return True
