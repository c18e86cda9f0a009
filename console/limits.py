"""How much one person may ask for: so many times a minute, and one thing at a time.

Counted in the shared cache, so that every web process counts together. Where the cache cannot be reached nothing is
counted, and what must be counted is refused.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from redis.exceptions import RedisError

from integrations.sandbox.slots import Slots

# Evaluations that a person asks for, be it in the playground, on a page or through the API: one share, one at a time.
EVALUATION = "evaluate"
LONGEST_EVALUATION = 30  # seconds after which a person may go on, whatever became of their last one

_WINDOW = 60  # seconds
_OUT_OF_REACH = (RedisError, DatabaseError, OSError)


class TooMany(Exception):
    """The person has had their share for now. `retry_after`: whole seconds until another try makes sense."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Uncounted(Exception):
    """The shared cache does not answer, so that nobody's share is known."""


def who_asks(request: HttpRequest) -> str:
    """Whose share a request takes: the person's, or without sign-in that of everyone at the same address."""
    user = request.user
    if isinstance(user, AnonymousUser):
        return f"address-{address_of(request)}"
    return f"user-{user.pk}"


def address_of(request: HttpRequest) -> str:
    """The peer's address; behind a trusted proxy the one that the proxy saw."""
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.TRUST_PROXY and forwarded:
        return forwarded.rpartition(",")[2].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def take_share(purpose: str, who: str, *, per_minute: int) -> None:
    """Count one use of `purpose` by `who`. Raises TooMany, which costs nothing of the share, or Uncounted.

    A sliding minute: the last whole minute counts by the part of it that lies less than a minute back.
    """
    now = time.time()
    number, passed = int(now // _WINDOW), now % _WINDOW
    try:
        before = _number(cache.get(_key(purpose, who, number - 1)))
        used = _count(_key(purpose, who, number))
        wait = _wait(before, used, passed, per_minute)
        if wait:
            cache.decr(_key(purpose, who, number))
    except _OUT_OF_REACH as error:
        raise Uncounted from error
    if wait:
        raise TooMany(f"You may do this {per_minute} times a minute; go on in {wait} s.", wait)


@contextmanager
def one_at_a_time(purpose: str, who: str, *, longest: int) -> Iterator[None]:
    """Hold `purpose` for `who`; raises TooMany where it is held already, or Uncounted.

    `longest`: seconds after which it is free again whatever happened to its holder.
    """
    key, token = f"alone:{purpose}:{who}", uuid.uuid4().hex
    try:
        is_mine = cache.add(key, token, timeout=longest)
    except _OUT_OF_REACH as error:
        raise Uncounted from error
    if not is_mine:
        raise TooMany("Your last one still runs; wait until it is done.", 1)
    try:
        yield
    finally:
        _release(key, token)


@contextmanager
def evaluation_of(who: str) -> Iterator[None]:
    """Hold what one evaluation of a person takes: their turn, and one of this machine's few slots.

    Raises TooMany, Uncounted, or Busy where every slot is taken. Their share is counted apart (`take_share`).
    """
    slots = Slots(folder=settings.DATA_DIR / "evaluation-slots", count=settings.EVALUATION_SLOTS)
    with one_at_a_time(EVALUATION, who, longest=LONGEST_EVALUATION), slots.hold():
        yield


def _release(key: str, token: str) -> None:
    try:
        # nosemgrep: secret-compared -- it names the holder of a lock, and nobody sends it
        if cache.get(key) == token:  # else it took too long, and another one holds it now
            cache.delete(key)
    except _OUT_OF_REACH:
        return  # it ends by itself; what was done in its hold is worth answering


def _key(purpose: str, who: str, number: int) -> str:
    return f"share:{purpose}:{who}:{number}"


def _count(key: str) -> int:
    cache.add(key, 0, timeout=2 * _WINDOW)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, timeout=2 * _WINDOW)
        return 1


def _number(kept: object) -> int:
    return kept if isinstance(kept, int) else 0


def _wait(before: int, used: int, passed: float, most: int) -> int:
    """Seconds until one more use fits; 0 when it fits now. `passed` of this minute, `used` in it with this use."""
    if before * (1 - passed / _WINDOW) + used <= most:
        return 0
    if used > most or not before:
        return math.ceil(_WINDOW - passed)
    return max(1, math.ceil((before + used - most) * _WINDOW / before - passed))
