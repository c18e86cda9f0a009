"""Whether a person confirmed with a second factor within the last five minutes, and asking them where they did not.

A password alone never counts. The moment is the database's, kept in the session. In the demo, whose people have no
second factors, nothing is asked; `is_asked_for` tells, and the pages say so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from console.database_clock import database_now
from console.models import User
from integrations.models import Repository

FRESH = timedelta(minutes=5)
_CONFIRMED = "second_factor"
_STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
Answer = TypeVar("Answer", bound=HttpResponseBase)


def is_asked_for() -> bool:
    """False in the demo alone: where there are repositories, and each is one that the console made itself."""
    trusted = list(Repository.objects.values_list("is_trusted", flat=True))
    return not trusted or not all(trusted)


def has_second_factor(user: User) -> bool:
    """Recovery codes alone are none: they stand in for one that is lost."""
    return Authenticator.objects.filter(user=user, type__in=_STRONG).exists()


def must_enrol(user: User) -> bool:
    """Whether a role of `user` asks for a second factor that they lack. Superusers have every role."""
    roles = settings.MFA_REQUIRED_ROLES
    if not roles or not (user.is_superuser or user.groups.filter(name__in=roles).exists()):
        return False
    return is_asked_for() and not has_second_factor(user)


def is_mfa_fresh(request: HttpRequest) -> bool:
    """Whether the person of this session confirmed with a second factor within `FRESH`, or nobody asks."""
    user = request.user
    if isinstance(user, AnonymousUser):
        return False
    if not is_asked_for():
        return True
    if not has_confirmed(request, user):
        return False
    passed = database_now() - datetime.fromisoformat(request.session[_CONFIRMED]["at"])
    return timedelta(0) <= passed < FRESH and has_second_factor(user)


def has_confirmed(request: HttpRequest, user: User) -> bool:
    """Whether `user` proved a second factor in this session at all, however long ago. Costs no query."""
    kept = request.session.get(_CONFIRMED)
    return isinstance(kept, dict) and kept.get("user") == user.pk


def forget_confirmation(request: HttpRequest) -> None:
    request.session.pop(_CONFIRMED, None)


def note_confirmed(request: HttpRequest, user: User) -> None:
    """`user` has just proved a second factor in this session, be it to sign in or to confirm."""
    request.session[_CONFIRMED] = {"user": user.pk, "at": database_now().isoformat()}


def confirmation(request: HttpRequest, *, back: str = "") -> HttpResponse | None:
    """None when the second factor is fresh; else the answer that sends the person to confirm, and then `back`.

    Without `back` they return to the page that they are on: for a form that was sent, the page that holds it.
    """
    if is_mfa_fresh(request):
        return None
    if request.method != "GET":
        messages.info(request, "Nothing was done yet: confirm first, then do it again.")
    address = f"{reverse('me_confirm')}?{urlencode({'next': back or _present_page(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def require_fresh_mfa(view: Callable[..., Answer]) -> Callable[..., Answer | HttpResponse]:
    """For views: whoever has not confirmed within `FRESH` does so first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer | HttpResponse:
        return confirmation(request) or view(request, *args, **kwargs)

    return guarded


def safe_next(request: HttpRequest, default: str) -> str:
    """`next` of the request where it stays on this site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return wanted if _is_ours(request, wanted) else default


def _present_page(request: HttpRequest) -> str:
    if request.method == "GET" and not request.headers.get("HX-Request"):
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not _is_ours(request, came_from):
        return reverse("home")
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
