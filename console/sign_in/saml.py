"""Single sign-on by SAML, where OpenID Connect cannot be had.

Read only when `SAML_METADATA_URL` is set: it needs the extra `saml`. The flow, its signatures and times are allauth's
and python3-saml's; whom it lets in is for `sso` to say.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.http import HttpRequest

from console.sign_in.sso import Identity

_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


class Provider(SAMLProvider):
    """Takes a subject only where the provider promises that it stays: `subject-id`, or a persistent name."""

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> SocialLogin:
        from console.sign_in.sso_adapter import refusal  # it names this module's app

        is_stable = self._extract(response).get("uid") or response.get_nameid_format() == _PERSISTENT  # type: ignore[no-untyped-call]
        if not is_stable:
            raise ImmediateHttpResponse(refusal(request, "Your provider tells no lasting name of you."))
        login: SocialLogin = super().sociallogin_from_response(request, response)
        login.identity = self._identity(response)  # type: ignore[attr-defined]  # for `sso_adapter`
        return login

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}

    def _identity(self, response: Any) -> Identity:
        told: dict[str, Any] = self._extract(response)  # type: ignore[no-untyped-call]
        groups = response.get_attributes().get(settings.SAML_GROUPS_ATTRIBUTE, [])
        return Identity(
            issuer=settings.SAML_ENTITY_ID,
            subject=str(self.extract_uid(response)),  # type: ignore[no-untyped-call]
            email=str(told.get("email") or ""),
            is_email_verified=told.get("email_verified") is True,
            name=" ".join(str(told[part]) for part in ("first_name", "last_name") if told.get(part)),
            groups=frozenset(map(str, groups)),
        )


def app() -> SocialApp:
    """The provider of the settings. `client_id` is part of this console's addresses there."""
    return SocialApp(
        provider="saml",
        provider_id=settings.SAML_ENTITY_ID,
        name=settings.SAML_NAME,
        client_id="idp",
        settings={
            "idp": {"entity_id": settings.SAML_ENTITY_ID, "metadata_url": settings.SAML_METADATA_URL},
            "advanced": {"strict": True, "want_assertion_signed": True, "name_id_format": _PERSISTENT},
        },
    )
