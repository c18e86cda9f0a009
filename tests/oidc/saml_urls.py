"""The console's addresses as they are with SAML switched on."""

from __future__ import annotations

from django.urls import include, path

from console.urls import handler400, handler403, handler404, handler429, handler500, urlpatterns as _console

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500", "urlpatterns"]
urlpatterns = [path("sign-in/", include("allauth.socialaccount.providers.saml.urls")), *_console]
