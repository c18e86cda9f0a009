"""People of the tests with a second factor, proved through the pages."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from audit.record import SYSTEM
from console.models import User
from console.sign_in.factors import Codes, add_app


def with_app(user: User) -> tuple[str, Codes]:
    """Gives `user` an authenticator app: its key, and the recovery codes."""
    secret = generate_totp_secret()
    return secret, add_app(user, secret, actor=SYSTEM, personal={})


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or `steps` half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def confirmed(client: Client, user: User) -> Client:
    """`client`, which is signed in as `user`, after a second factor was just given."""
    _, codes = with_app(user)
    assert client.post("/me/confirm/", {"code": codes[0], "next": "/"}).status_code == 302
    return client
