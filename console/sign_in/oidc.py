"""Single sign-on by OpenID Connect, on allauth's flow with state and PKCE.

Beyond it: the ID token's signature is always checked, by an algorithm with a public key; a nonce ties the token to this
sign-in; the subject comes from the ID token alone; and only the configured issuer is believed.
"""

from __future__ import annotations

import secrets
from typing import Any

import jwt
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

# nosemgrep: outbound -- what allauth's client raises
from requests import RequestException

from console.limits import TooMany, Uncounted, address_of, take_share
from console.sign_in.sso import Identity
from console.views.errors import sign_in_unavailable, too_many_requests

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_CLOCKS_DIFFER = 60  # seconds
_PER_MINUTE = 30  # of one address
_NEEDED = frozenset({"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"})


class Adapter(OpenIDConnectOAuth2Adapter):
    """One sign-in at the configured issuer. `nonce`: the one that was sent along."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Raises OAuth2Error where it cannot be had, or is another issuer's."""
        try:
            config: dict[str, Any] = super().openid_config
        except RequestException as error:
            raise OAuth2Error(f"The configuration cannot be read: {type(error).__name__}") from error
        if missing := _NEEDED - config.keys():
            raise OAuth2Error(f"The configuration lacks {', '.join(sorted(missing))}")
        if str(config["issuer"]).rstrip("/") != settings.OIDC_ISSUER:
            raise OAuth2Error("The configuration is of another issuer")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("sso_callback"))

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        claims = self._verified(str(kwargs["response"].get("id_token", "")), app.client_id)
        told = self._fetch_user_info(token.token)
        if told.get("sub") != claims["sub"]:
            raise OAuth2Error("The user information is of another subject")
        everything = {**told, **claims}
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, everything)  # type: ignore[no-untyped-call]
        login.identity = _identity(everything)  # type: ignore[attr-defined]  # for `sso_adapter`
        return login

    def _verified(self, token: str, audience: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key=self._key(token),
                algorithms=list(_ALGORITHMS),
                audience=audience,
                issuer=self.openid_config["issuer"],
                leeway=_CLOCKS_DIFFER,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except (jwt.PyJWTError, RequestException, ValueError) as error:
            raise OAuth2Error(f"The ID token does not hold: {type(error).__name__}") from error
        if not self.nonce or not constant_time_compare(str(claims["nonce"]), self.nonce):
            raise OAuth2Error("The ID token is of another sign-in")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != audience:
            raise OAuth2Error("The ID token is for another party")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise OAuth2Error("The ID token has no subject")
        return claims

    def _key(self, token: str) -> Any:
        from allauth.socialaccount.adapter import get_adapter  # it reads the registry of providers, which reads this

        wanted = jwt.get_unverified_header(token).get("kid")
        with get_adapter().get_requests_session() as session:  # type: ignore[no-untyped-call]
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        fitting = [key for key in keys if key.key_id == wanted] or (keys if wanted is None and len(keys) == 1 else [])
        if not fitting:
            raise jwt.InvalidKeyError("no such key")
        return fitting[0].key


class Provider(OpenIDConnectProvider):
    """allauth's provider, with a nonce, that keeps nothing of what the provider tells."""

    oauth2_adapter_class = Adapter

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        answer: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params={"nonce": nonce}, nonce=nonce
        )
        return answer

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}


class _Callback(OAuth2CallbackView):
    adapter: Adapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, answer


@login_not_required
@never_cache
@require_GET
def login(request: HttpRequest) -> HttpResponse:
    """To the provider, and from there to `callback`."""
    if (refused := _refused(request)) is not None:
        return refused
    provider = Adapter(request, settings.OIDC_ISSUER).get_provider()  # type: ignore[no-untyped-call]
    try:
        answer: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    except OAuth2Error as error:
        return _failed(request, provider, error)
    return answer


@login_not_required
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    if (refused := _refused(request)) is not None:
        return refused
    adapter = Adapter(request, settings.OIDC_ISSUER)
    try:
        answer: HttpResponse = _Callback.adapter_view(adapter)(request)  # type: ignore[no-untyped-call]
    except OAuth2Error as error:  # the provider went away while somebody was there
        return _failed(request, adapter.get_provider(), error)  # type: ignore[no-untyped-call]
    return answer


def _failed(request: HttpRequest, provider: Any, error: OAuth2Error) -> HttpResponse:
    answer: HttpResponse = render_authentication_error(request, provider, exception=error)
    return answer


def _refused(request: HttpRequest) -> HttpResponse | None:
    if not settings.OIDC_ISSUER:
        raise Http404("There is no single sign-on here.")
    try:
        take_share("sso", f"address-{address_of(request)}", per_minute=_PER_MINUTE)
    except TooMany:
        return too_many_requests(request)
    except Uncounted:
        return sign_in_unavailable(request)
    return None


def _identity(claims: dict[str, Any]) -> Identity:
    groups = claims.get(settings.OIDC_GROUPS_CLAIM)
    listed = groups if isinstance(groups, list) else [groups]
    return Identity(
        issuer=settings.OIDC_ISSUER,
        subject=claims["sub"],
        email=str(claims.get("email") or ""),
        is_email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or ""),
        groups=frozenset(group for group in listed if isinstance(group, str)),
    )
