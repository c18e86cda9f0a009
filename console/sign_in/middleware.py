"""What holds for every request of a session: its limits, the second factor that a role asks for, a lost Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from redis.exceptions import RedisError

from console.fresh_mfa import has_confirmed, must_enrol
from console.sign_in.sessions import is_over, note_use
from console.views.errors import sign_in_unavailable

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
# What a person who still owes a second factor may do: set one up, and leave.
_OPEN = frozenset({"me", "me_app", "me_passkey", "me_confirm", "account_logout", "account_change_password"})


class SessionLimits:
    """Ends what is idle or old, and whatever session no longer opens anything: its person was deactivated."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            if is_over(request.session) or not request.user.is_authenticated:
                request.session.flush()
                request.user = AnonymousUser()
            else:
                note_use(request)
        return self.get_response(request)


class SecondFactorOwed:
    """Keeps people whose role asks for a second factor from everything until they have one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _arguments: object, _keywords: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        if not settings.MFA_REQUIRED_ROLES or match is None or match.url_name in _OPEN:
            return None
        is_api = request.path.startswith("/api/")
        if is_api and request.headers.get("Authorization", "").lower().startswith("bearer "):
            return None  # a token or nothing: with this header the session is never asked
        if not is_api and not getattr(view, "login_required", True):
            return None
        user = request.user
        if isinstance(user, AnonymousUser) or has_confirmed(request, user) or not must_enrol(user):
            return None
        if is_api:
            raise PermissionDenied("Your role asks for a second factor; set one up on the page “My security”.")
        return HttpResponseRedirect(f"{reverse('me_app')}?{urlencode({'next': request.get_full_path()})}")


class SignInNeedsCache:
    """Signing in and confirming fail closed where the shared cache does not answer: used codes would be forgotten."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RedisError) or request.path.startswith("/api/"):
            return None
        log.error("the shared cache does not answer", path=request.path, error=type(exception).__name__)
        return sign_in_unavailable(request)
