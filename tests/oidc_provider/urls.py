"""The provider's own sign-in, without a page, and django-oauth-toolkit's addresses."""

from __future__ import annotations

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def sign_in(request: HttpRequest) -> HttpResponse:
    """GET /login/?as=NAME: whoever asks is that person. A provider of tests has no secrets to keep."""
    user = get_user_model().objects.get(username=request.GET["as"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse("signed in")


urlpatterns = [
    path("login/", sign_in),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
