"""The page that signs in, with the other ways that are open."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.urls import reverse


class SignIn(LoginView):
    """allauth's page; `sso_ways`: what single sign-on is called here, and where it begins."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        ways = []
        if settings.OIDC_ISSUER:
            ways.append((settings.OIDC_NAME, reverse("sso")))
        if settings.SAML_METADATA_URL:
            ways.append((settings.SAML_NAME, reverse("saml_login", kwargs={"organization_slug": "idp"})))
        return {**found, "sso_ways": ways}


login = SignIn.as_view()
