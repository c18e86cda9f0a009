"""Denied attempts in the audit log: who was refused what, at which address.

Only people who signed in, and only what stands for an object or an act: that somebody may not see a list is no attempt
at anything. Whatever becomes of the entry, the request stays denied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from audit.canonical import NotCanonical
from audit.events import Event
from audit.people import actor_of
from audit.record import ACCOUNT, Subject, record
from console.access import Hidden, Refused
from console.models import User

log = structlog.get_logger(__name__)
_EVERY = 60  # seconds between two entries about the same person, object and right
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_ADDRESS = {"account": ACCOUNT, "commit": "snapshot", "path": "file", "person": "person", "proposal": "proposal"}
_LONGEST = 200


class DenialMiddleware:
    """Records what pages refuse; the API's exception handler does so for the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        note_denial(request, exception)


def note_denial(request: Any, error: Exception) -> None:
    """Records the denial, if `error` is one: at most once a minute for the same person, object and right.

    In a transaction of its own. `request`: Django's, or the API framework's around it.
    """
    subject = _subject(request, error)
    if subject is None or not isinstance(request.user, User):
        return
    right = getattr(error, "right", "")
    key = _key(request.user, subject, right)
    if not _is_first(key):
        return
    match = request.resolver_match
    data = {"right": right, "method": request.method, "route": match.view_name if match else ""}
    try:
        with transaction.atomic():
            record(Event.ACCESS_DENIED, actor=actor_of(request.user), subject=subject, data=data)
    except (DatabaseError, NotCanonical):
        log.exception("denial.not_recorded", subject=subject.kind, route=data["route"])
        _forget(key)


def _subject(request: Any, error: Exception) -> Subject | None:
    """What was refused, named as it was asked for; None for what is no denial, or of no object and no act."""
    match error:
        case Hidden():
            return _named(error.kind, error.id)
        case Refused(account=str(account)):
            return _named(ACCOUNT, account)
        case Refused():
            return _of_address(request) or (None if request.method in _SAFE else _named("right", error.right))
        case PermissionDenied() if request.resolver_match and "admin" in request.resolver_match.namespaces:
            return _named("right", request.resolver_match.view_name)
    return None


def _of_address(request: Any) -> Subject | None:
    """The object that the address names, for who may not even be told whether it is there."""
    found = request.resolver_match.kwargs if request.resolver_match else {}
    return next((_named(kind, str(found[name])) for name, kind in _OF_ADDRESS.items() if name in found), None)


def _named(kind: str, asked: str) -> Subject:
    """What people type into an address may be anything; the log takes text that every database can hold."""
    text = asked.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return Subject(kind=kind, id=text[:_LONGEST])


def _key(user: User, subject: Subject, right: str) -> str:
    text = "\n".join([str(user.pk), subject.kind, subject.id, right])
    return f"denied:{hashlib.sha256(text.encode()).hexdigest()}"


def _is_first(key: str) -> bool:
    try:
        return cache.add(key, 1, timeout=_EVERY)
    except (RedisError, DatabaseError, OSError):
        return True  # too many entries are better than none


def _forget(key: str) -> None:
    try:
        cache.delete(key)
    except (RedisError, DatabaseError, OSError):
        return  # it ends by itself
