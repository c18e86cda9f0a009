"""make_token: a token for the API, printed once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from console.models import ApiToken
from console.tokens import active_token
from tests.commands.running import run
from tests.web.factories import person


@pytest.fixture
def user(db):
    person("both@example.com", "viewer", "csm")
    return person("viewer@example.com", "viewer")


def test_the_token_alone_is_on_standard_output(user):
    ran = run("make_token", "Viewer@Example.com", "--name=ci", "--days=30")
    assert ran.code == 0
    token = active_token(ran.out.removesuffix("\n"))
    assert token is not None
    assert (token.user, token.name) == (user, "ci")
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert ran.out.strip() not in ran.err


def test_json(user):
    found = run("make_token", "viewer@example.com", "--name=ci", "--format=json").json
    assert set(found) == {"version", "token", "name", "prefix", "user", "role", "scopes", "expires_at"}
    assert (found["role"], found["scopes"]) == ("viewer", ["read"])
    assert active_token(found["token"]) is not None
    assert abs(ApiToken.objects.get().expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["other@example.com", "--name=ci"], "Nobody has the address"),
        (["viewer@example.com", "--name=ci", "--days=0"], "from 1 to 366"),
        (["viewer@example.com", "--name=ci", "--days=367"], "from 1 to 366"),
        (["viewer@example.com", "--name= "], "needs a name"),
        (["viewer@example.com", "--name=ci", "--role=admin"], "has no role “admin”"),
        (["viewer@example.com", "--name=ci", "--scope=everything"], "at least one scope of read, evaluate"),
        (["both@example.com", "--name=ci"], "say with --role which: csm, viewer"),
    ],
)
def test_senseless_tokens_are_not_made(user, arguments, sentence):
    ran = run("make_token", *arguments)
    assert (ran.out, ran.code) == ("", 1)
    assert sentence in ran.err
    assert not ApiToken.objects.exists()


def test_role_and_scopes_are_chosen_and_recorded(user):
    assert run("make_token", "both@example.com", "--name=ci", "--role=csm", "--scope=read", "--scope=sync").code == 0
    token = ApiToken.objects.get()
    assert (token.role, token.scopes) == ("csm", ["read", "sync"])
    entry = Entry.objects.get(event=Event.TOKEN_MADE)
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("command", "make_token", token.prefix)
