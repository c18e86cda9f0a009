"""Who is signed in, for views that every signed-in person may use."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from console.models import User


def person(request: HttpRequest) -> User:
    """Raises PermissionDenied without sign-in, which `LoginRequiredMiddleware` has sent away before."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user
