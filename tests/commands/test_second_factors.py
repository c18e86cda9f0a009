"""reset_second_factors and link_sso: what an admin does on the machine for somebody who cannot sign in."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from audit.events import Event
from audit.models import Entry
from console.models import User
from tests.commands.running import run
from tests.web.factories import person
from tests.web.second_factors import with_app

ISSUER = "https://login.example.com"


@pytest.fixture
def erin(db: None) -> User:
    return person("erin@example.com", "engineer")


def test_all_second_factors_go_and_every_session_with_them(erin: User) -> None:
    with_app(erin)
    client = Client()
    client.force_login(erin)
    ran = run("reset_second_factors", "Erin@Example.com")
    assert "Removed 1;" in ran.out
    assert not Authenticator.objects.exists()
    assert client.get("/me/").status_code == 302
    entry = Entry.objects.get(event=Event.MFA_REMOVED)
    assert (entry.actor_id, entry.subject_id) == ("reset_second_factors", str(erin.pk))


def test_nobody_is_told_of(db: None) -> None:
    assert "Nobody has the address" in run("reset_second_factors", "x@example.com").err


def test_a_person_is_linked_once_to_a_subject(erin: User, settings: object) -> None:
    settings.OIDC_ISSUER = ISSUER  # type: ignore[attr-defined]
    assert run("link_sso", "erin@example.com", "--subject=248289761001").code == 0
    account = SocialAccount.objects.get()
    assert (account.user, account.provider, account.uid) == (erin, ISSUER, "248289761001")
    person("omar@example.com", "responder")
    assert "already" in run("link_sso", "omar@example.com", "--subject=248289761001").err
    assert Entry.objects.filter(event=Event.SSO_LINKED).count() == 1


def test_without_a_provider_nobody_is_linked(erin: User) -> None:
    assert "OIDC_ISSUER is not set" in run("link_sso", "erin@example.com", "--subject=1").err
