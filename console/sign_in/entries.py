"""How signing in appears in the audit log: where from and with which browser are personal, and can be erased."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from audit.people import subject_of
from audit.record import Actor, Subject
from console.limits import address_of
from console.models import User

_LONGEST_AGENT = 300
# Whoever fails to sign in is nobody known yet.
VISITOR = Actor(kind="visitor", id="visitor", name="a visitor")


def whereabouts(request: HttpRequest) -> dict[str, Any]:
    """For `personal`: the address and the browser that a request came from."""
    return {"address": address_of(request), "agent": agent_of(request)}


def agent_of(request: HttpRequest) -> str:
    # Half characters have no UTF-8, and the log takes none.
    return request.headers.get("User-Agent", "")[:_LONGEST_AGENT].encode("utf-8", "replace").decode()


def tried(email: str) -> Subject:
    """Who a failed sign-in named: the person, or for an unknown address a keyed hash that tells only the same again."""
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        return subject_of(user)
    digest = salted_hmac("console.sign_in.tried", email.lower(), algorithm="sha256", secret=settings.SECRET_KEY)
    return Subject(kind="unknown-person", id=digest.hexdigest()[:32])
