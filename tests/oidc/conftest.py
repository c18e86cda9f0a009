"""A provider for the session, and the dance between it and the console."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client

from tests.oidc_provider.__main__ import CLIENT, SECRET

_CALLBACK = "http://testserver/sign-in/sso/callback/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    issuer: str
    folder: Path

    def tell(self, **claims: Any) -> None:
        """What it says of whoever signs in from now on."""
        (self.folder / "claims.json").write_text(json.dumps(claims))

    def answer(self, address: str, person: str) -> str:
        """Where the provider sends the browser of `person` that came to `address`."""
        with httpx.Client() as browser:
            browser.get(f"{self.issuer.removesuffix('/o')}/login/", params={"as": person}).raise_for_status()
            answer = browser.get(address)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@pytest.fixture(scope="session")
def _provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    command = [sys.executable, "-m", "tests.oidc_provider", str(folder), _CALLBACK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start"
        yield Provider(issuer=issuer, folder=folder)
        process.kill()


@pytest.fixture
def provider(_provider: Provider, settings: Any) -> Provider:
    settings.OIDC_ISSUER = _provider.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_NAME = "Example Login"
    settings.OIDC_CREATE_USERS = True
    settings.OIDC_ROLE_MAP = {"eng": "engineer", "success": "csm"}
    _provider.tell(email="nia@example.com", email_verified=True, name="Nia Park", groups=["eng", "everyone"])
    return _provider


class Dance:
    """One browser's way through a sign-in."""

    def __init__(self, provider: Provider) -> None:
        self.provider, self.client = provider, Client()

    def start(self, next_: str = "") -> str:
        """The address at the provider that the console sends to."""
        answer = self.client.get("/sign-in/sso/", {"next": next_} if next_ else {})
        assert answer.status_code == 302
        return answer["Location"]

    def callback(self, location: str) -> HttpResponse:
        parts = urlsplit(location)
        return self.client.get(f"{parts.path}?{parts.query}")

    def whole(self, person: str = "one", next_: str = "") -> HttpResponse:
        return self.callback(self.provider.answer(self.start(next_), person))

    def is_signed_in(self) -> bool:
        return self.client.get("/me/").status_code == 200


@pytest.fixture
def dance(provider: Provider, db: None) -> Dance:
    return Dance(provider)
