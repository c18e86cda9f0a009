"""Second factors: setting up, signing in and confirming with them, each code once, and failing closed."""

from __future__ import annotations

import base64
import json
import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client

from audit.events import Event
from audit.models import Entry, PersonalData
from console import fresh_mfa
from console.database_clock import database_now
from console.models import User
from integrations.models import Repository
from tests.web.factories import person
from tests.web.second_factors import code_of, confirmed, with_app

pytestmark = pytest.mark.django_db
MADE_UP = json.dumps(
    {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "MQ"},
    }
)
MADE_UP_NEW = json.dumps(
    {
        "id": "eA",
        "rawId": "eA",
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "oA"},
        "clientExtensionResults": {},
    }
)
PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _nothing_counted(db: None) -> None:
    cache.clear()


@pytest.fixture
def erin(db: None) -> User:
    return person("erin@example.com", "engineer", name="Erin Castellano")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def signing_in(user: User, **fields: str) -> Client:
    """After the right password."""
    client = Client()
    response = client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD, **fields})
    assert response.status_code == 302
    return client


def confirmed_with(client: Client, secret: str) -> Client:
    assert client.post("/me/confirm/", {"code": code_of(secret)}).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def events(user: User) -> list[str]:
    return list(Entry.objects.filter(subject_id=str(user.pk)).order_by("pk").values_list("event", flat=True))


class TestSettingUp:
    def test_an_app_is_set_up_with_the_code_that_it_shows(self, erin: User) -> None:
        client = client_of(erin)
        page = client.get("/me/app/").content.decode()
        assert "Your role has power" not in page
        picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
        assert picture is not None
        assert b"<svg" in base64.b64decode(unescape(picture[1]))
        secret = re.search(r'id="enrol-key">([A-Z2-7]+)<', page)
        assert secret is not None
        answer = client.post("/me/app/", {"code": code_of(secret[1]), "next": "/accounts/"})
        codes = re.findall(r"^\d{8}$", unescape(answer.content.decode()).replace('">', "\n"), re.MULTILINE)
        assert len(codes) >= 9  # the last one ends with the block
        assert 'href="/accounts/"' in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert events(erin) == [Event.MFA_ADDED, Event.RECOVERY_CODES_MADE]
        assert secret[1] not in str(Authenticator.objects.values_list("data", flat=True))
        assert codes[0] not in client.get("/me/").content.decode()

    def test_a_wrong_first_code_sets_up_nothing(self, erin: User) -> None:
        client = client_of(erin)
        client.get("/me/app/")
        assert "Incorrect code" in client.post("/me/app/", {"code": "000000"}).content.decode()
        assert not Authenticator.objects.exists()

    def test_the_code_that_set_it_up_is_used(self, erin: User) -> None:
        client = client_of(erin)
        secret = re.search(r'id="enrol-key">([A-Z2-7]+)<', client.get("/me/app/").content.decode())
        assert secret is not None
        code = code_of(secret[1])
        client.post("/me/app/", {"code": code})
        assert "Incorrect code" in signing_in(erin).post("/sign-in/second-factor/", {"code": code}).content.decode()

    def test_another_factor_takes_a_fresh_one(self, erin: User) -> None:
        with_app(erin)
        assert client_of(erin).get("/me/passkey/")["Location"] == "/me/confirm/?next=%2Fme%2Fpasskey%2F"

    def test_removing_takes_a_fresh_one_and_takes_the_recovery_codes_along(self, erin: User) -> None:
        client = client_of(erin)
        with_app(erin)
        app = Authenticator.objects.get(user=erin, type=Authenticator.Type.TOTP)
        address = f"/me/factors/{app.pk}/remove/"
        assert client.post(address)["Location"].startswith("/me/confirm/")
        assert Authenticator.objects.filter(pk=app.pk).exists()
        Authenticator.objects.all().delete()
        confirmed(client, erin)
        app = Authenticator.objects.get(user=erin, type=Authenticator.Type.TOTP)
        assert "your last second factor" in client.get(f"/me/factors/{app.pk}/remove/").content.decode()
        client.post(f"/me/factors/{app.pk}/remove/")
        assert not Authenticator.objects.exists()
        assert events(erin)[-1] == Event.MFA_REMOVED

    def test_nobody_removes_the_factor_of_another(self, erin: User) -> None:
        other = person("other@example.com", "viewer")
        with_app(other)
        theirs = Authenticator.objects.get(user=other, type=Authenticator.Type.TOTP)
        client = confirmed(client_of(erin), erin)
        assert client.post(f"/me/factors/{theirs.pk}/remove/").status_code == 404
        assert Authenticator.objects.filter(pk=theirs.pk).exists()

    def test_new_recovery_codes_replace_the_old_ones(self, erin: User) -> None:
        client = client_of(erin)
        _, old = with_app(erin)
        client.post("/me/confirm/", {"code": old[0]})
        answer = client.post("/me/recovery-codes/").content.decode()
        new = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()
        assert all(code in answer for code in new)
        assert not set(new) & set(old)
        assert "Incorrect" in client_of(erin).post("/me/confirm/", {"code": old[1]}).content.decode()


class TestSigningIn:
    def test_the_password_alone_does_not_sign_in(self, erin: User) -> None:
        secret, _ = with_app(erin)
        client = signing_in(erin, next="/accounts/")
        assert not is_signed_in(client)
        answer = client.post("/sign-in/second-factor/", {"code": code_of(secret)})
        assert answer["Location"] == "/accounts/"
        assert is_signed_in(client)
        entry = Entry.objects.get(event=Event.SIGNED_IN)
        assert '"totp"' in entry.data
        assert '"password"' in entry.data

    def test_a_code_works_once(self, erin: User) -> None:
        secret, _ = with_app(erin)
        code = code_of(secret)
        first, second = signing_in(erin), signing_in(erin)
        assert first.post("/sign-in/second-factor/", {"code": code}).status_code == 302
        assert "Incorrect code" in second.post("/sign-in/second-factor/", {"code": code}).content.decode()
        assert not is_signed_in(second)
        assert second.post("/sign-in/second-factor/", {"code": code_of(secret, steps=1)}).status_code == 302

    def test_a_recovery_code_works_once_and_is_recorded(self, erin: User) -> None:
        _, codes = with_app(erin)
        assert signing_in(erin).post("/sign-in/second-factor/", {"code": codes[3]}).status_code == 302
        again = signing_in(erin).post("/sign-in/second-factor/", {"code": codes[3]})
        assert "Incorrect code" in again.content.decode()
        entry = Entry.objects.get(event=Event.RECOVERY_CODE_USED)
        assert '"left":9' in entry.data.replace(" ", "")

    def test_guessing_codes_is_slowed_down(self, erin: User) -> None:
        secret, _ = with_app(erin)
        client = signing_in(erin)
        for guess in range(5):
            client.post("/sign-in/second-factor/", {"code": f"00000{guess}"})
        failures = Entry.objects.filter(event=Event.SIGN_IN_FAILED).count()
        answer = client.post("/sign-in/second-factor/", {"code": code_of(secret)})
        assert "Too many failed login attempts" in answer.content.decode()
        assert not is_signed_in(client)
        assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == failures == 5

    @pytest.mark.parametrize(
        "sent", ["", "x", "null", "1", "[]", "{}", '{"id":"eA","response":{}}', MADE_UP, MADE_UP_NEW]
    )
    def test_a_made_up_passkey_opens_nothing(self, erin: User, sent: str) -> None:
        secret, _ = with_app(erin)
        client = Client()
        client.get("/sign-in/passkey/", headers={"Accept": "application/json"})
        assert client.post("/sign-in/passkey/", {"credential": sent})["Location"] == "/sign-in/login/"
        assert not is_signed_in(client)
        inside = confirmed_with(client_of(erin), secret)
        inside.get("/me/passkey/")
        assert inside.post("/me/passkey/", {"name": "x", "credential": sent}).status_code == 200
        assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()

    def test_with_the_cache_lost_nobody_gets_in(self, erin: User, settings: Any) -> None:
        secret, codes = with_app(erin)
        client, inside = signing_in(erin), client_of(erin)
        working = settings.CACHES
        nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
        settings.CACHES = {"default": nowhere}
        for code in (code_of(secret), codes[0]):
            answer = client.post("/sign-in/second-factor/", {"code": code})
            assert answer.status_code == 503
            assert "Signing in is not possible for now" in answer.content.decode()
        assert Client().post("/sign-in/login/", {"login": erin.email, "password": PASSWORD}).status_code == 503
        assert inside.post("/me/confirm/", {"code": code_of(secret)}).status_code == 503
        assert inside.get("/me/").status_code == 200  # reading goes on
        settings.CACHES = working
        assert not is_signed_in(client)
        assert client.post("/sign-in/second-factor/", {"code": codes[0]}).status_code == 302  # nothing was used up

    def test_without_its_entry_nobody_gets_in(self, erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError("No space left on device")

        client = Client(raise_request_exception=False)
        monkeypatch.setattr("console.sign_in.adapter.record", full)
        answer = client.post("/sign-in/login/", {"login": erin.email, "password": PASSWORD})
        assert answer.status_code == 500
        assert not is_signed_in(client)


class TestConfirming:
    def test_a_password_is_not_enough_and_a_code_leads_back(self, erin: User) -> None:
        secret, _ = with_app(erin)
        client = client_of(erin)
        asked = client.get("/me/tokens/")
        assert asked["Location"] == "/me/confirm/?next=%2Fme%2Ftokens%2F"
        client.post(asked["Location"], {"password": PASSWORD, "next": "/me/tokens/"})
        assert client.get("/me/tokens/").status_code == 302
        answer = client.post("/me/confirm/", {"code": code_of(secret), "next": "/me/tokens/"})
        assert answer["Location"] == "/me/tokens/"
        assert client.get("/me/tokens/").status_code == 200

    @pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_it_leads_nowhere_else(self, erin: User, next_: str) -> None:
        secret, _ = with_app(erin)
        answer = client_of(erin).post("/me/confirm/", {"code": code_of(secret), "next": next_})
        assert answer["Location"] == "/me/"

    def test_whoever_has_none_sets_one_up_first(self, erin: User) -> None:
        answer = client_of(erin).get("/me/tokens/", follow=True)
        assert answer.redirect_chain[-1][0] == "/me/app/?next=%2Fme%2Ftokens%2F"
        assert "you have none yet" in answer.content.decode()

    def test_it_is_good_for_five_minutes_of_the_databases_clock(
        self, erin: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = confirmed(client_of(erin), erin)
        moment = database_now()
        for passed, status in ((timedelta(minutes=4, seconds=50), 200), (timedelta(minutes=5, seconds=1), 302)):
            monkeypatch.setattr(fresh_mfa, "database_now", lambda passed=passed: moment + passed)
            assert client.get("/me/tokens/").status_code == status
        monkeypatch.setattr(fresh_mfa, "database_now", lambda: moment - timedelta(days=1))
        assert client.get("/me/tokens/").status_code == 302  # a clock that was set back makes nothing fresh

    def test_signing_in_with_a_code_is_fresh_and_with_a_password_is_not(self, erin: User) -> None:
        secret, _ = with_app(erin)
        client = signing_in(erin)
        client.post("/sign-in/second-factor/", {"code": code_of(secret)})
        assert client.get("/me/tokens/").status_code == 200

    def test_it_is_the_persons_own(self, erin: User) -> None:
        client = confirmed(client_of(erin), erin)
        other = person("other@example.com", "viewer")
        with_app(other)
        session = client.session
        kept = dict(session["second_factor"])
        client.force_login(other)
        session = client.session
        session["second_factor"] = kept
        session.save()
        assert client.get("/me/tokens/").status_code == 302

    def test_a_sent_form_is_told_to_be_sent_again(self, erin: User) -> None:
        with_app(erin)
        client = client_of(erin)
        answer = client.post("/me/tokens/", {}, headers={"Referer": "http://testserver/accounts/?text=acme"})
        assert answer["Location"] == "/me/confirm/?next=%2Faccounts%2F%3Ftext%3Dacme"
        answer = client.post("/me/tokens/", {}, headers={"Referer": "https://evil.example/"})
        assert answer["Location"] == "/me/confirm/?next=%2F"
        assert "confirm first" in client.get(answer["Location"]).content.decode()
        answer = client.post("/me/tokens/", {}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Redirect"]) == (204, "/me/confirm/?next=%2F")

    def test_failures_are_recorded_with_where_from_kept_apart(self, erin: User) -> None:
        with_app(erin)
        client_of(erin).post(
            "/me/confirm/", {"code": "123"}, headers={"User-Agent": "Secret/7"}, REMOTE_ADDR="192.0.2.9"
        )
        entry = Entry.objects.get(event=Event.SIGN_IN_FAILED)
        assert entry.subject_id == str(erin.pk)
        assert "192.0.2.9" not in entry.data
        assert "192.0.2.9" in str(PersonalData.objects.get(commitment=entry.commitment).__dict__)


class TestRequiredByRole:
    @pytest.fixture(autouse=True)
    def _required(self, settings: Any) -> None:
        settings.MFA_REQUIRED_ROLES = ("engineer",)

    def test_nothing_opens_before_it_is_set_up(self, erin: User, config: object) -> None:
        client = client_of(erin)
        assert client.get("/accounts/?text=a")["Location"] == "/me/app/?next=%2Faccounts%2F%3Ftext%3Da"
        assert "Your role has power" in client.get("/me/app/").content.decode()
        assert client.get("/api/v1/accounts/").status_code == 403
        assert client.get("/api/v1/accounts/", headers={"Authorization": "Basic eDp5"}).status_code == 403
        assert client.get("/api/v1/accounts/", headers={"Authorization": "Bearer x"}).status_code == 401
        assert "Your role asks for a second factor" in client.get("/me/").content.decode()
        assert client.get("/healthz").status_code == 200
        confirmed(client, erin)
        assert client.get("/accounts/").status_code == 200

    def test_a_superuser_is_asked_too(self, config: object) -> None:
        root = User.objects.create_superuser("root@example.com", PASSWORD)
        assert client_of(root).get("/accounts/")["Location"].startswith("/me/app/")

    def test_other_roles_go_on(self, config: object) -> None:
        assert client_of(person("v@example.com", "viewer")).get("/accounts/").status_code == 200

    def test_the_demo_asks_for_nothing_and_says_so(self, erin: User, config: object) -> None:
        Repository.objects.update(is_trusted=True)
        client = client_of(erin)
        assert client.get("/accounts/").status_code == 200
        assert client.get("/me/tokens/").status_code == 200
        assert "no step here asks for a second factor" in client.get("/me/").content.decode()
        Repository.objects.create(name="own", url="https://example.com/config.git")
        assert client.get("/accounts/").status_code == 302
        assert client.get("/me/tokens/").status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_that_is_sent_twice_at_once_works_once(kind: str) -> None:
    erin = person("erin@example.com", "engineer")
    secret, codes = with_app(erin)
    clients = [signing_in(erin) for _ in range(4)]
    code = code_of(secret) if kind == "app" else codes[0]
    start, statuses = threading.Barrier(4), list[int]()

    def send(client: Client) -> None:
        try:
            start.wait()
            statuses.append(client.post("/sign-in/second-factor/", {"code": code}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 200, 302]
    assert sum(is_signed_in(client) for client in clients) == 1
    assert Entry.objects.filter(event=Event.SIGNED_IN).count() == 1
