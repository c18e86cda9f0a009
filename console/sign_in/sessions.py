"""A person's sessions: how they begin, how long they last, and ending them."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.events import Event
from audit.people import subject_of
from audit.record import Actor, record
from console.limits import address_of
from console.models import Session, User
from console.session_store import ADDRESS, AGENT, SEEN, STARTED
from console.sign_in.entries import agent_of

_NOTED_EVERY = 60  # seconds: a write for every request would cost more than it tells


def begin(request: HttpRequest) -> None:
    """Someone has just signed in with this session."""
    request.session[STARTED] = time.time()
    _see(request)


def is_over(session: SessionBase) -> bool:
    """Whether a session was idle for too long, or lasts for too long whatever was done in it."""
    now, started, seen = time.time(), session.get(STARTED), session.get(SEEN)
    if not isinstance(started, float) or not isinstance(seen, float):
        return True
    return now - started >= settings.SESSION_COOKIE_AGE or now - seen >= settings.SESSION_IDLE_SECONDS


def note_use(request: HttpRequest) -> None:
    is_due = time.time() - request.session[SEEN] >= _NOTED_EVERY
    if is_due or request.session.get(AGENT) != agent_of(request):
        _see(request)


def sessions_of(user: User) -> QuerySet[Session]:
    """Those that still open something, the last seen first."""
    now = timezone.now()
    seen, started = (timedelta(seconds=most) for most in (settings.SESSION_IDLE_SECONDS, settings.SESSION_COOKIE_AGE))
    alive = Session.objects.filter(user=user, expire_date__gt=now, seen_at__gt=now - seen, started_at__gt=now - started)
    return alive.order_by("-seen_at")


def public_name(key: str) -> str:
    """Names a session on a page without giving away its key, which is what its cookie holds."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


@transaction.atomic
def end_sessions(user: User, keys: list[str], *, actor: Actor, personal: dict[str, Any]) -> int:
    """Ends these sessions of `user`: the next request with one of them is a stranger's. Says how many there were."""
    ended, _ = Session.objects.filter(user=user, pk__in=keys).delete()
    if ended:
        data = {"sessions": ended}
        record(Event.SESSION_REVOKED, actor=actor, subject=subject_of(user), data=data, personal=personal)
    return ended


def _see(request: HttpRequest) -> None:
    request.session[SEEN] = time.time()
    request.session[ADDRESS], request.session[AGENT] = address_of(request), agent_of(request)
