"""What Django and allauth tell of: each hands over the person and the request itself."""

from __future__ import annotations

from typing import Any

from allauth.mfa.signals import authenticator_used
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from console.fresh_mfa import note_confirmed
from console.models import User
from console.sign_in.sessions import begin


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="console.sign_in")
    authenticator_used.connect(_confirmed, dispatch_uid="console.sign_in")


def _signed_in(*, request: HttpRequest, **_: Any) -> None:
    begin(request)


def _confirmed(*, request: HttpRequest, user: User, **_: Any) -> None:
    note_confirmed(request, user)
