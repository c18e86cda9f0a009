"""API tokens: every write of them, and the one way to look one up."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from console.models import ApiToken, User

log = structlog.get_logger(__name__)
PREFIX = "ghs_"  # lets secret scanners recognise a token that leaked
_BYTES = 32
_SHOWN = 12
_LONGEST_NAME = 100
_USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(user: User, *, name: str, expires: datetime, actor: str) -> tuple[ApiToken, str]:
    """A new token that acts as `user`, and its secret, which nobody can read again.

    Raises ValueError when it would be expired at once, for a user who may not sign in, or without a name.
    """
    if expires <= timezone.now():
        raise ValueError("The token would be expired at once.")
    if not user.is_active:
        raise ValueError(f"{user.email} may not sign in.")
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"A token needs a name of at most {_LONGEST_NAME} characters, so that it can be told from others."
        )
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    row = ApiToken.objects.create(
        user=user, name=name.strip(), prefix=secret[:_SHOWN], digest=_digest(secret), expires_at=expires
    )
    log.info("token issued", token=row.prefix, user=user.email, expires=expires.isoformat(), actor=actor)
    return row, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: str) -> None:
    """From now on the token opens nothing. Does nothing to one that is revoked already."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        log.info("token revoked", token=token.prefix, actor=actor)


def active_token(secret: str) -> ApiToken | None:
    """The token with its user; None when it is unknown, expired, revoked, or its user may not sign in.

    One query whichever it is; time is told by the database's clock.

    A digest is looked up, so that the time it takes tells nothing of the tokens that exist.
    """
    return (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(secret), expires_at__gt=Now(), revoked_at=None, user__is_active=True)
        .first()
    )


def note_use(token: ApiToken) -> None:
    """Keeps when the token was last used, to the minute: a write for every request would cost more than it tells."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - _USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
