"""Sign-in by `Authorization: Bearer ghs_…`.

A token has 256 random bits, so that guessing is hopeless; the limit on failures keeps a broken client from filling
the logs and the database's time. A good token is never slowed down by somebody else's bad ones at the same address.
"""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from console.limits import TooMany, Uncounted, address_of, take_share
from console.models import ApiToken, User
from console.tokens import PREFIX, active_token, note_use

SCHEME = "bearer"
CHALLENGE = 'Bearer realm="Glasshouse"'
MOST_FAILURES = 20
# One sentence for every way in which a token can fail: which of them it was is not the sender's to learn.
REFUSED = "The token is unknown, expired or revoked, or its user may not sign in or lost its role."


class TokenAuthentication(BaseAuthentication):
    """The token's user. Requests without a bearer token are left to the next way of signing in."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME.encode():
            return None
        secret = words[1].decode("latin-1") if len(words) == 2 else ""  # noqa: PLR2004 - the scheme and the token
        token = active_token(secret)
        if token is None:
            _count_failure(request)
            raise AuthenticationFailed(REFUSED)
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """RFC 6750: the error is named when a token was sent."""
        sent = get_authorization_header(request).lower().startswith(SCHEME.encode())
        return f'{CHALLENGE}, error="invalid_token"' if sent else CHALLENGE


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "console.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": SCHEME,
            "bearerFormat": f"{PREFIX}…",
            "description": (
                "A token acts as its user within one of their roles, for what its scopes name. People make theirs on"
                " the page “My security”, or `manage.py make_token` does."
            ),
        }


def _count_failure(request: Request) -> None:
    """Counts per address and minute. Raises Throttled past the limit."""
    try:
        take_share("api-failure", f"address-{address_of(request)}", per_minute=MOST_FAILURES)
    except TooMany as error:
        raise Throttled(wait=error.retry_after, detail="Too many bad tokens came from your address.") from error
    except Uncounted:
        return  # the token is refused whether its failure is counted or not
