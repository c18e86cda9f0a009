"""The page that signs in, with the other ways that are open."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings


class SignIn(LoginView):
    """allauth's page; `sso_name`: what single sign-on is called here, or empty where there is none."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        return {**found, "sso_name": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}


login = SignIn.as_view()
