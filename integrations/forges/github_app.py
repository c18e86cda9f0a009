"""A GitHub App's tokens: a signed claim of the app is changed for a token of one hour, for one repository only.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import jwt
import msgspec

from integrations.forges.access import TokenAccess, check_secret
from integrations.forges.client import Client, joined
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.transport import Transport

PERMISSIONS = {"contents": "write", "metadata": "read", "pull_requests": "write", "statuses": "write"}
SLACK = 60  # seconds that GitHub's clock may be behind ours
CLAIM_SECONDS = 540  # GitHub takes at most ten minutes
RENEWED_BEFORE = 300  # seconds before a token ends: a push may take a while
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "glasshouse"}


class _Token(msgspec.Struct):
    token: str
    expires_at: datetime
    permissions: dict[str, str] = {}


class _App(msgspec.Struct):
    name: str
    slug: str = ""


@dataclass(slots=True, kw_only=True)
class AppAccess:
    """The access of an app's installation to the repository `name`. May be used by several threads.

    `private_key` is the PEM text. Raises ForgeError(BAD_SECRET) when it signs nothing.
    """

    api_url: str
    app_id: str
    installation_id: int
    private_key: str = field(repr=False)
    name: str
    transport: Transport
    clock: Callable[[], float] = time.time
    _token: _Token | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def secret(self) -> str:
        with self._lock:
            if self._token is None or self._token.expires_at.timestamp() - RENEWED_BEFORE <= self.clock():
                self._token = self._fetched()
            return self._token.token

    def renew(self) -> bool:
        with self._lock:
            self._token = None
        return True

    def secrets(self) -> Sequence[str]:
        token = self._token
        return (self.private_key, token.token) if token else (self.private_key,)

    def permissions(self) -> Mapping[str, str]:
        """What the installation grants, of what was asked."""
        self.secret()
        token = self._token
        return token.permissions if token else {}

    def slug(self) -> str:
        """The name in addresses; the app's account is `slug[bot]`."""
        app = self._as_app().get("/app", _App)
        return app.slug or app.name

    def _fetched(self) -> _Token:
        path = joined("app", "installations", self.installation_id, "access_tokens")
        body = {"repositories": [self.name], "permissions": PERMISSIONS}
        token = self._as_app().send("POST", path, body, _Token)
        check_secret(token.token)
        return token

    def _as_app(self) -> Client:
        return Client(
            api_url=self.api_url,
            transport=self.transport,
            access=TokenAccess(token=self._claim()),
            headers_for=bearer,
            clock=self.clock,
        )

    def _claim(self) -> str:
        now = int(self.clock())
        claim = {"iat": now - SLACK, "exp": now + CLAIM_SECONDS, "iss": self.app_id}
        try:
            return jwt.encode(claim, self.private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ForgeError(ForgeErrorCode.BAD_SECRET, "The private key of the GitHub App cannot be read.") from None


def bearer(token: str) -> Mapping[str, str]:
    """The headers of a request to GitHub."""
    return {**HEADERS, "Authorization": f"Bearer {token}"}
