"""Single sign-on at a real OpenID provider, through its redirects: who gets in, as whom, and with which roles."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from audit.events import Event
from audit.models import Entry
from console.models import Session, User
from tests.commands.running import run
from tests.oidc.conftest import Dance, Provider
from tests.web.factories import person
from tests.web.second_factors import code_of, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_counted(db: None) -> None:
    cache.clear()


def roles(email: str) -> set[str]:
    return set(User.objects.get(email=email).groups.values_list("name", flat=True))


def events() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("event", flat=True))


class TestGettingIn:
    def test_the_sign_in_page_offers_it(self, provider: Provider) -> None:
        page = Client().get("/sign-in/login/?next=/accounts/").content.decode()
        assert "Sign in with Example Login" in page
        assert 'href="/sign-in/sso/?next=/accounts/"' in page.replace("%2F", "/")

    def test_a_new_person_is_made_with_the_roles_of_their_groups(self, dance: Dance) -> None:
        answer = dance.whole(next_="/accounts/?text=a")
        assert answer["Location"] == "/accounts/?text=a"
        assert dance.is_signed_in()
        nia = User.objects.get()
        assert (nia.email, nia.name, nia.has_usable_password()) == ("nia@example.com", "Nia Park", False)
        assert roles("nia@example.com") == {"engineer"}
        assert events() == [Event.USER_MADE, Event.ROLE_GRANTED, Event.SIGNED_IN]
        assert '"sso"' in Entry.objects.get(event=Event.SIGNED_IN).data
        account = SocialAccount.objects.get()
        assert (account.provider, account.extra_data) == (dance.provider.issuer, {})
        assert Session.objects.filter(user=nia).count() == 1

    def test_it_asks_with_state_nonce_and_pkce(self, dance: Dance) -> None:
        asked = parse_qs(urlsplit(dance.start()).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["state"][0]) >= 16
        assert len(asked["nonce"][0]) >= 32
        assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}

    @pytest.mark.parametrize("extra", ["process=connect", "scope=admin", "auth_params=prompt%3Dnone%26nonce%3Dx"])
    def test_the_address_changes_nothing_of_it(self, dance: Dance, extra: str) -> None:
        asked = parse_qs(urlsplit(dance.client.get(f"/sign-in/sso/?{extra}")["Location"]).query)
        assert "prompt" not in asked
        assert asked["nonce"] != ["x"]
        assert "admin" not in asked["scope"][0]

    def test_without_a_provider_there_is_nothing(self, db: None) -> None:
        assert Client().get("/sign-in/sso/").status_code == 404
        assert Client().get("/sign-in/sso/callback/?code=x&state=y").status_code == 404

    def test_a_second_factor_is_asked_for_all_the_same(self, dance: Dance) -> None:
        dance.whole()
        secret, _ = with_app(User.objects.get())
        again = Dance(dance.provider)
        assert again.whole()["Location"] == "/sign-in/second-factor/"
        assert not again.is_signed_in()
        again.client.post("/sign-in/second-factor/", {"code": code_of(secret)})
        assert again.is_signed_in()


class TestWhoSomebodyIs:
    def test_the_subject_decides_and_not_the_address(self, dance: Dance) -> None:
        dance.whole()
        nia = User.objects.get()
        dance.provider.tell(email="nia.new@example.com", email_verified=True, groups=["eng"])
        again = Dance(dance.provider)
        again.whole()
        assert again.is_signed_in()
        assert again.client.session["_auth_user_id"] == str(nia.pk)
        assert User.objects.get() == nia
        assert User.objects.get().email == "nia@example.com"

    def test_the_address_of_somebody_here_opens_nothing(self, dance: Dance) -> None:
        local = person("Nia@Example.com", "admin")
        answer = dance.whole()
        assert answer.status_code == 403
        assert "An admin can link the two" in answer.content.decode()
        assert not dance.is_signed_in()
        assert not SocialAccount.objects.exists()
        assert roles(local.email) == {"admin"}
        assert events() == [Event.SIGN_IN_FAILED]

    def test_another_subject_with_the_same_address_is_refused(self, dance: Dance) -> None:
        dance.whole("one")
        other = Dance(dance.provider)
        assert other.whole("two").status_code == 403
        assert not other.is_signed_in()

    def test_an_admin_links_somebody_who_is_here(self, dance: Dance) -> None:
        local = person("nia@example.com", "viewer")
        assert run("link_sso", "nia@example.com", "--subject=1").code == 0
        dance.whole("one")
        assert dance.client.session["_auth_user_id"] == str(local.pk)
        assert roles("nia@example.com") == {"engineer", "viewer"}
        assert events()[0] == Event.SSO_LINKED
        assert "already" in run("link_sso", "nia@example.com", "--subject=1").err

    @pytest.mark.parametrize(
        ("told", "sentence"),
        [
            ({"email": "nia@example.com", "email_verified": False}, "does not vouch"),
            ({"email": "nia@example.com", "email_verified": "true"}, "does not vouch"),
            ({"email": "", "email_verified": True}, "told no e-mail address"),
        ],
    )
    def test_an_address_that_nobody_vouches_for_makes_nobody(
        self, dance: Dance, told: dict[str, Any], sentence: str
    ) -> None:
        dance.provider.tell(**told)
        answer = dance.whole()
        assert (answer.status_code, sentence in answer.content.decode()) == (403, True)
        assert not User.objects.exists()

    def test_nobody_is_made_where_that_is_not_wanted(self, dance: Dance, settings: Any) -> None:
        settings.OIDC_CREATE_USERS = False
        assert "Ask an admin" in dance.whole().content.decode()
        assert not User.objects.exists()

    def test_a_deactivated_person_stays_out(self, dance: Dance) -> None:
        dance.whole()
        User.objects.update(is_active=False)
        again = Dance(dance.provider)
        assert again.whole()["Location"] == "/sign-in/inactive/"
        assert not again.is_signed_in()


class TestRoles:
    def test_they_follow_the_groups_at_each_sign_in(self, dance: Dance) -> None:
        dance.whole()
        dance.provider.tell(email="nia@example.com", email_verified=True, groups=["success"])
        Dance(dance.provider).whole()
        assert roles("nia@example.com") == {"csm"}
        dance.provider.tell(email="nia@example.com", email_verified=True)
        Dance(dance.provider).whole()
        assert roles("nia@example.com") == set()
        kinds = [event for event in events() if event.startswith("role-")]
        assert kinds == [Event.ROLE_GRANTED, Event.ROLE_GRANTED, Event.ROLE_WITHDRAWN, Event.ROLE_WITHDRAWN]
        assert {entry.actor_id for entry in Entry.objects.filter(event__startswith="role-")} == {dance.provider.issuer}

    def test_roles_that_no_group_stands_for_are_left_alone(self, dance: Dance) -> None:
        local = person("nia@example.com", "auditor", "team:emea")
        run("link_sso", local.email, "--subject=1")
        dance.provider.tell(email="nia@example.com", groups="success")
        dance.whole()
        assert roles(local.email) == {"auditor", "team:emea", "csm"}


class TestAttacks:
    def test_a_callback_that_nobody_began_is_refused(self, dance: Dance) -> None:
        location = dance.provider.answer(dance.start(), "one")
        stranger = Dance(dance.provider)  # its browser did not start: a link that was sent to it
        assert stranger.callback(location).status_code == 403
        assert not stranger.is_signed_in()
        assert dance.callback(location.replace("state=", "state=x")).status_code == 403
        assert not dance.is_signed_in()

    def test_a_callback_works_once(self, dance: Dance) -> None:
        location = dance.provider.answer(dance.start(), "one")
        assert dance.callback(location).status_code == 302
        assert dance.callback(location).status_code == 403

    @pytest.mark.parametrize(
        "tamper",
        [
            {"claims": {"nonce": "of-another-sign-in"}},
            {"claims": {"nonce": None}},
            {"claims": {"aud": "another-client"}},
            {"claims": {"aud": ["glasshouse", "another-client"], "azp": "another-client"}},
            {"claims": {"iss": "https://evil.example/o"}},
            {"claims": {"exp": 1_000_000_000}},
            {"claims": {"sub": ""}},
            {"signature": "none"},
            {"signature": "broken"},
            {"userinfo": {"sub": "somebody-else"}},
        ],
        ids=["nonce", "no nonce", "audience", "party", "issuer", "expired", "nobody", "unsigned", "broken", "userinfo"],
    )
    def test_a_token_that_does_not_hold_is_refused(self, dance: Dance, tamper: dict[str, Any]) -> None:
        dance.provider.tell(email="nia@example.com", email_verified=True, groups=["eng"], tamper=tamper)
        answer = dance.whole()
        assert answer.status_code == 403
        assert "does not hold" in answer.content.decode()
        assert not dance.is_signed_in()
        assert not User.objects.exists()
        assert events() == [Event.SIGN_IN_FAILED]

    def test_the_configuration_of_another_issuer_is_refused(self, dance: Dance, settings: Any) -> None:
        settings.OIDC_ISSUER = dance.provider.issuer + "/."  # answers, and with the name of another
        assert dance.client.get("/sign-in/sso/").status_code == 403

    def test_a_provider_that_is_away_is_told_of(self, dance: Dance, settings: Any) -> None:
        location = dance.provider.answer(dance.start(), "one")
        settings.OIDC_ISSUER = "http://127.0.0.1:1"
        for answer in (dance.client.get("/sign-in/sso/"), dance.callback(location)):
            assert answer.status_code == 403
            assert "try again" in answer.content.decode()

    def test_knocking_is_slowed_down_and_floods_no_log(self, dance: Dance) -> None:
        statuses = [dance.client.get("/sign-in/sso/callback/?code=x&state=y").status_code for _ in range(40)]
        assert statuses[-1] == 429
        assert Entry.objects.filter(event=Event.SIGN_IN_FAILED).count() == 30
