"""API tokens: making and revoking them on the page, and that each acts in one role, for its scopes, and no further."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import remove_perm

from audit.events import Event
from audit.models import Entry
from audit.people import command
from console.access import PROPOSE, VIEW, denial
from console.models import ApiToken, User
from console.tokens import active_token, issue_token
from integrations.models import Account
from tests.api.asking import Asker, as_problem
from tests.web.second_factors import confirmed
from tests.web.synced import Config

pytestmark = pytest.mark.django_db
ACCOUNTS, ACME = "/api/v1/accounts/", "/api/v1/accounts/acme-corp/"
EVALUATE = "/api/v1/jsonata/evaluate/"
FORM = {"name": "nightly", "role": "viewer", "scopes": ["read"], "days": "30"}


def token(user: User, role: str, *scopes: str) -> str:
    expires = timezone.now() + timedelta(days=1)
    actor = command("test")
    return issue_token(user, name="t", expires=expires, role=role, scopes=scopes or ["read"], actor=actor)[1]


def slugs(secret: str) -> set[str]:
    return {row["slug"] for row in Asker(secret).json(ACCOUNTS)["results"]}


class TestThePage:
    @pytest.fixture
    def client(self, people: dict[str, User], as_: Callable[[str], Client]) -> Client:
        return confirmed(as_("viewer"), people["viewer"])

    def test_a_token_is_made_and_shown_once(self, client: Client, people: dict[str, User]) -> None:
        answer = client.post("/me/tokens/", FORM)
        found = re.search(r"ghs_[A-Za-z0-9_-]{43}", answer.content.decode())
        assert found is not None
        assert "no-store" in answer["Cache-Control"]
        assert slugs(found[0]) == {"acme-corp", "globex", "initech"}
        page = client.get("/me/").content.decode()
        assert "nightly" in page
        assert found[0] not in page
        entry = Entry.objects.get(event=Event.TOKEN_MADE)
        assert entry.actor_id == str(people["viewer"].pk)
        assert found[0] not in str(entry.__dict__)
        row = ApiToken.objects.get()
        assert abs(row.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "wrong", [{"role": "admin"}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "4000"}, {"name": " "}]
    )
    def test_nobody_makes_one_beyond_their_own(self, client: Client, wrong: dict[str, object]) -> None:
        assert client.post("/me/tokens/", FORM | wrong).status_code == 200
        assert not ApiToken.objects.exists()

    def test_making_takes_a_fresh_second_factor(self, as_: Callable[[str], Client]) -> None:
        assert as_("viewer").post("/me/tokens/", FORM)["Location"].startswith("/me/confirm/")
        assert not ApiToken.objects.exists()

    def test_revoking_works_at_once_and_for_ones_own_alone(
        self, client: Client, people: dict[str, User], as_: Callable[[str], Client]
    ) -> None:
        secret = token(people["viewer"], "viewer")
        row = ApiToken.objects.get()
        assert as_("engineer").post(f"/me/tokens/{row.pk}/revoke/").status_code == 404
        assert Asker(secret).get(ACCOUNTS).status_code == 200
        assert client.post(f"/me/tokens/{row.pk}/revoke/").status_code == 302
        as_problem(Asker(secret).get(ACCOUNTS), 401)
        assert Entry.objects.filter(event=Event.TOKEN_REVOKED).count() == 1


class TestScopes:
    def test_each_use_takes_its_own(self, people: dict[str, User]) -> None:
        reads = Asker(token(people["viewer"], "viewer", "read"))
        evaluates = Asker(token(people["viewer"], "viewer", "evaluate"))
        body = {"expression": "1 + 1"}

        def evaluate(asker: Asker) -> object:
            return asker.client.post(EVALUATE, body, content_type="application/json", headers=asker.headers)

        assert reads.get(ACCOUNTS).status_code == 200
        assert "lacks the scope “evaluate”" in as_problem(evaluate(reads), 403)["detail"]  # type: ignore[arg-type]
        assert "lacks the scope “read”" in as_problem(evaluates.get(ACCOUNTS), 403)["detail"]
        assert evaluate(evaluates).status_code == 200  # type: ignore[attr-defined]

    def test_reading_everywhere_takes_read(self, people: dict[str, User]) -> None:
        other = Asker(token(people["viewer"], "viewer", "sync"))
        for path in (
            ACCOUNTS,
            ACME,
            "/api/v1/integrations/",
            "/api/v1/search/?q=a",
            "/api/v1/snapshots/",
            "/api/schema/",
        ):
            assert other.client.get(path, headers=other.headers).status_code == 403, path


class TestRoles:
    def test_a_token_acts_in_its_role_alone(self, people: dict[str, User], config: Config) -> None:
        both = people["engineer"]
        both.groups.add(Group.objects.get(name="viewer"))
        acme = Account.objects.get(slug="acme-corp")
        as_viewer = active_token(token(both, "viewer"))
        as_engineer = active_token(token(both, "engineer"))
        assert as_viewer is not None
        assert as_engineer is not None
        assert denial(both, PROPOSE) is None
        assert denial(as_viewer.user, PROPOSE) is not None
        assert denial(as_viewer.user, PROPOSE, acme) is not None
        assert denial(as_viewer.user, VIEW) is None
        assert denial(as_engineer.user, PROPOSE) is None

    def test_an_owner_proposes_only_in_a_role_that_proposes(self, people: dict[str, User], config: Config) -> None:
        dana, acme = people["dana"], Account.objects.get(slug="acme-corp")
        dana.groups.add(Group.objects.get(name="csm"), Group.objects.get(name="viewer"))
        may = {}
        for role in ("", "csm", "viewer"):
            found = active_token(token(dana, role))
            assert found is not None
            may[role] = denial(found.user, PROPOSE, acme) is None
        assert may == {"": True, "csm": True, "viewer": False}

    def test_without_a_role_it_opens_what_the_person_owns(self, people: dict[str, User], config: Config) -> None:
        dana = people["dana"]
        assert slugs(token(dana, "")) == {"acme-corp"}
        dana.groups.add(Group.objects.get(name="viewer"))
        assert slugs(token(dana, "")) == {"acme-corp"}
        assert slugs(token(dana, "viewer")) == {"acme-corp", "globex", "initech"}

    def test_nobody_has_one_whom_no_role_narrows(self, people: dict[str, User], config: Config) -> None:
        secret = token(people["viewer"], "viewer")
        User.objects.filter(pk=people["viewer"].pk).update(is_superuser=True)
        as_problem(Asker(secret).get(ACCOUNTS), 401)
        with pytest.raises(ValueError, match="may do everything"):
            token(User.objects.get(pk=people["viewer"].pk), "viewer")

    def test_a_lost_role_is_lost_at_once(self, people: dict[str, User], config: Config) -> None:
        secret = token(people["viewer"], "viewer")
        people["viewer"].groups.add(Group.objects.get(name="engineer"))
        people["viewer"].groups.remove(Group.objects.get(name="viewer"))
        as_problem(Asker(secret).get(ACCOUNTS), 401)

    def test_a_token_gives_nothing_that_the_person_lost(self, people: dict[str, User], config: Config) -> None:
        secret = token(people["dana"], "")
        assert Asker(secret).get(ACME).status_code == 200
        remove_perm(VIEW, people["dana"], Account.objects.get(slug="acme-corp"))
        as_problem(Asker(secret).get(ACME), 403)
