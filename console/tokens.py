"""API tokens: every write of them, and the one way to look one up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from audit.events import Event
from audit.record import Actor, Subject, record
from console.limited_rights import LimitedRights
from console.models import ApiToken, User

log = structlog.get_logger(__name__)
PREFIX = "ghs_"  # lets secret scanners recognise a token that leaked
_BYTES = 32
_SHOWN = 12
_LONGEST_NAME = 100
_USE_NOTED_EVERY = timedelta(minutes=1)


def roles_of(user: User) -> list[str]:
    """The roles that a token of `user` can be bound to; teams are none."""
    return list(user.groups.exclude(name__startswith="team:").order_by("name").values_list("name", flat=True))


@transaction.atomic
def issue_token(
    user: User, *, name: str, expires: datetime, role: str, scopes: Collection[str], actor: Actor
) -> tuple[ApiToken, str]:
    """A new token that acts as `user` within `role`, and its secret, which nobody can read again.

    An empty role leaves the rights on accounts that `user` owns. Raises ValueError when the token would be expired at
    once or could be used for nothing, for a user who may not sign in, lacks the role or is a superuser, or without a
    name.
    """
    if expires <= timezone.now():
        raise ValueError("The token would be expired at once.")
    if not user.is_active:
        raise ValueError(f"{user.email} may not sign in.")
    if user.is_superuser:
        raise ValueError(
            f"{user.email} may do everything, which no role narrows; make the token as somebody with a role."
        )
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"A token needs a name of at most {_LONGEST_NAME} characters, so that it can be told from others."
        )
    if role and role not in roles_of(user):
        raise ValueError(f"{user.email} has no role “{role}” to bind a token to.")
    if not scopes or not set(scopes) <= set(ApiToken.Scope.values):
        raise ValueError(f"A token needs at least one scope of {', '.join(ApiToken.Scope.values)}.")
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    row = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:_SHOWN],
        digest=_digest(secret),
        role=role,
        scopes=sorted(set(scopes)),
        expires_at=expires,
    )
    data = {"role": role, "scopes": row.scopes, "user": str(user.pk), "expires": row.expires_at.isoformat()}
    record(Event.TOKEN_MADE, actor=actor, subject=_subject(row), data=data)
    log.info("token issued", token=row.prefix, expires=expires.isoformat(), actor=actor.id)
    return row, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: Actor) -> None:
    """From now on the token opens nothing. Does nothing to one that is revoked already."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(Event.TOKEN_REVOKED, actor=actor, subject=_subject(token), data={"user": str(token.user_id)})
        log.info("token revoked", token=token.prefix, actor=actor.id)


def active_token(secret: str) -> ApiToken | None:
    """The token with its user, whose rights it narrows.

    None when it is unknown, expired, revoked, or its user may not sign in or lost its role. One query whichever it
    is; time is told by the database's clock.

    A digest is looked up, so that the time it takes tells nothing of the tokens that exist.
    """
    has_role = Exists(Group.objects.filter(user=OuterRef("user"), name=OuterRef("role")))
    token = (
        ApiToken.objects.select_related("user")
        .filter(Q(role="") | has_role, digest=_digest(secret), expires_at__gt=Now(), revoked_at=None)
        .filter(user__is_active=True, user__is_superuser=False)
        .first()
    )
    if token is not None:
        token.user.limited_to = LimitedRights(token.role)
    return token


def note_use(token: ApiToken) -> None:
    """Keeps when the token was last used, to the minute: a write for every request would cost more than it tells."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - _USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _subject(token: ApiToken) -> Subject:
    return Subject(kind="token", id=token.prefix, name=token.name)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
