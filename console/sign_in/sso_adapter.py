"""allauth's adapter for single sign-on: which provider there is, who is let in, and what a failure looks like."""

from __future__ import annotations

from typing import Any

# nosemgrep: outbound -- allauth's client, which asks the operator's issuer alone
import requests
import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from audit.events import Event
from audit.record import Subject, record
from console.limits import TooMany, Uncounted, address_of, take_share
from console.sign_in.entries import VISITOR, whereabouts
from console.sign_in.sso import Identity, Refused, admit
from console.views.errors import sign_in_unavailable, single_sign_on_refused, too_many_requests

log = structlog.get_logger(__name__)
_PER_MINUTE = 30  # failures of one address that are recorded
_FAILED = "The provider did not say who you are, or what it said does not hold. Nothing was done; try again."


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """From the settings alone: a row in the database makes no provider."""
        return [app for app in _apps() if provider in (None, app.provider, app.provider_id)]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def get_requests_session(self) -> requests.Session:
        session: requests.Session = super().get_requests_session()  # type: ignore[no-untyped-call]
        session.trust_env = False  # no proxy and no .netrc that somebody else may have set
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """`sociallogin.identity` is what was verified; whoever it is not enough for is sent away with the reason."""
        identity: Identity = sociallogin.identity  # type: ignore[attr-defined]  # the providers set it
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(single_sign_on_refused(request, _FAILED))
        try:
            sociallogin.user = admit(identity, settings.OIDC_ROLE_MAP)
        except Refused as error:
            _record_failure(request, identity.issuer)
            raise ImmediateHttpResponse(single_sign_on_refused(request, str(error))) from error

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        log.warning(
            "single sign-on failed", code=str(error), error=type(exception).__name__, detail=str(exception)[:200]
        )
        try:
            take_share("sso-failure", f"address-{address_of(request)}", per_minute=_PER_MINUTE)
        except TooMany as many:
            raise ImmediateHttpResponse(too_many_requests(request)) from many
        except Uncounted as lost:
            raise ImmediateHttpResponse(sign_in_unavailable(request)) from lost
        _record_failure(request, provider.sub_id)
        raise ImmediateHttpResponse(single_sign_on_refused(request, _FAILED))


def _record_failure(request: HttpRequest, issuer: str) -> None:
    with transaction.atomic():
        record(
            Event.SIGN_IN_FAILED,
            actor=VISITOR,
            subject=Subject(kind="identity-provider", id=issuer),
            data={"step": "sso"},
            personal=whereabouts(request),
        )


def _apps() -> list[SocialApp]:
    return [*_oidc(), *_saml()]


def _saml() -> list[SocialApp]:
    if not settings.SAML_METADATA_URL:
        return []
    from console.sign_in import saml  # it needs an extra

    return [saml.app()]


def _oidc() -> list[SocialApp]:
    if not settings.OIDC_ISSUER:
        return []
    details = {"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True, "scope": list(settings.OIDC_SCOPES)}
    app = SocialApp(
        provider="openid_connect",
        provider_id=settings.OIDC_ISSUER,
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings=details,
    )
    return [app]
