"""Tokens: which open something, for how long, and what a bad one learns."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from audit.people import command
from console.api.authentication import MOST_FAILURES, REFUSED
from console.models import ApiToken
from console.tokens import issue_token, revoke_token
from tests.api.asking import Asker, as_problem

PATH = "/api/v1/accounts/"


@pytest.fixture(autouse=True)
def _no_failures_yet(db):
    cache.clear()


ACTOR = command("test")


def tomorrow():
    return timezone.now() + timedelta(days=1)


@pytest.fixture
def issued(people):
    return issue_token(people["viewer"], name="test", expires=tomorrow(), role="viewer", scopes=["read"], actor=ACTOR)


def refused(secret):
    response = Asker(secret).get(PATH)
    assert response["WWW-Authenticate"] == 'Bearer realm="Glasshouse", error="invalid_token"'
    return as_problem(response, 401)["detail"]


def test_only_the_digest_is_kept(issued):
    row, secret = issued
    assert secret.startswith("ghs_")
    assert len(secret) == 47
    assert row.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(ApiToken.objects.values().get())
    assert secret.startswith(row.prefix)
    assert len(row.prefix) == 12


def test_every_bad_token_is_refused_alike(people, issued):
    row, secret = issued
    assert Asker(secret).get(PATH).status_code == 200
    said = {refused(bad) for bad in ("ghs_unknown", "", "x y", "é", secret + "x", secret.upper())}
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    said.add(refused(secret))
    ApiToken.objects.update(expires_at=tomorrow())
    people["viewer"].is_active = False
    people["viewer"].save()
    said.add(refused(secret))
    people["viewer"].is_active = True
    people["viewer"].save()
    assert Asker(secret).get(PATH).status_code == 200
    revoke_token(row, actor=ACTOR)
    said.add(refused(secret))
    assert said == {REFUSED}


def test_a_revoked_token_stays_revoked_since_the_first_time(issued):
    row, _ = issued
    revoke_token(row, actor=ACTOR)
    row.refresh_from_db()
    first = row.revoked_at
    revoke_token(row, actor=ACTOR)
    row.refresh_from_db()
    assert row.revoked_at == first


def test_a_token_loses_a_role_at_once_with_its_person(people, issued):
    _, secret = issued
    people["viewer"].groups.clear()
    assert refused(secret) == REFUSED


def test_rights_are_those_of_the_role_at_this_moment(people, issued):
    _, secret = issued
    people["viewer"].groups.get().permissions.clear()
    as_problem(Asker(secret).get(PATH), 403)


@pytest.mark.parametrize(
    ("name", "days", "is_active"),
    [("", 1, True), (" ", 1, True), ("x" * 101, 1, True), ("ok", 0, True), ("ok", 1, False)],
)
def test_senseless_tokens_are_not_issued(people, name, days, is_active):
    people["viewer"].is_active = is_active
    expires = timezone.now() + timedelta(days=days)
    with pytest.raises(ValueError, match=r"token|may not sign in"):
        issue_token(people["viewer"], name=name, expires=expires, role="viewer", scopes=["read"], actor=ACTOR)
    assert not ApiToken.objects.exists()


def test_use_is_noted_once_a_minute(issued, django_assert_num_queries):
    row, secret = issued
    asker = Asker(secret)
    asker.json(PATH)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    asker.json(PATH)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    asker.json(PATH)
    row.refresh_from_db()
    assert row.last_used_at >= first


def test_bad_tokens_from_one_address_are_slowed_down_and_good_ones_are_not(issued):
    _, secret = issued
    for _ in range(MOST_FAILURES):
        refused("ghs_guess")
    response = Asker("ghs_guess").get(PATH)
    as_problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 60
    assert Asker(secret).get(PATH).status_code == 200
    elsewhere = Asker("ghs_guess").client.get(PATH, headers={"Authorization": "Bearer x"}, REMOTE_ADDR="192.0.2.7")
    as_problem(elsewhere, 401)


def test_the_address_behind_a_trusted_proxy_is_the_one_it_saw(settings, db):
    def ask(forwarded):
        return Asker("ghs_guess").get(PATH, headers={"X-Forwarded-For": forwarded}).status_code

    settings.TRUST_PROXY = True
    for number in range(MOST_FAILURES):
        assert ask(f"10.0.0.{number}, 192.0.2.1") == 401
    assert ask("10.9.9.9, 192.0.2.1") == 429
    assert ask("192.0.2.1, 192.0.2.2") == 401


def test_another_scheme_is_not_taken_for_a_token(issued):
    response = Asker().get(PATH, headers={"Authorization": "Basic Zm9vOmJhcg=="})
    as_problem(response, 401)


def test_no_token_reaches_a_log_or_an_answer(people, capfd, caplog):
    _, secret = issue_token(
        people["viewer"], name="canary", expires=tomorrow(), role="viewer", scopes=["read"], actor=ACTOR
    )
    Asker(secret).json(PATH)
    bad = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    texts = [Asker(bad).get(PATH).content.decode() for _ in range(MOST_FAILURES + 1)]
    out, err = capfd.readouterr()
    for text in [*texts, out, err, caplog.text]:
        assert secret[12:40] not in text
