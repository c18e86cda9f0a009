"""The admin's pages: who gets in, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from audit.people import command
from console.models import User
from console.tokens import issue_token
from integrations.models import Repository
from tests.web.second_factors import confirmed
from tests.web.synced import Config

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(as_: Callable[[str], Client], people: dict[str, User]) -> Client:
    User.objects.filter(pk=people["admin"].pk).update(is_staff=True)
    return confirmed(as_("admin"), people["admin"])


def test_the_admin_role_manages_people_tokens_and_repositories_and_nothing_from_git(admin: Client) -> None:
    page = admin.get("/admin/").content.decode()
    for name in ("user", "apitoken", "repository"):
        assert f"/{name}/" in page
    assert "/account/" not in page
    assert "/document/" not in page


def test_nobody_changes_there_what_people_sign_in_with(people: dict[str, User]) -> None:
    root = User.objects.create_superuser("root@example.com", "correct-horse-battery")
    client = Client()
    client.force_login(root)
    page = client.get("/admin/").content.decode()
    for name in ("mfa/authenticator", "socialaccount/socialaccount", "socialaccount/socialapp", "account/emailaddress"):
        assert f"/admin/{name}/" not in page
        assert client.get(f"/admin/{name}/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "engineer", "auditor"])
def test_other_roles_are_kept_out(as_: Callable[[str], Client], role: str) -> None:
    assert as_(role).get("/admin/").status_code in {302, 403}


def test_a_person_is_added_with_a_role(admin: Client) -> None:
    page = admin.get("/admin/console/user/add/")
    assert page.status_code == 200
    group = User.objects.get(email="csm@example.com").groups.get()
    fields = {"email": "New@Example.com", "name": "New", "groups": [group.pk], "usable_password": "true"}
    fields |= {"password1": "a-long-pass-phrase-42", "password2": "a-long-pass-phrase-42"}
    assert admin.post("/admin/console/user/add/", fields).status_code == 302
    made = User.objects.get(email__iexact="new@example.com")
    assert made.has_perm("integrations.view_account")


def test_a_repository_with_a_dangerous_address_is_refused(admin: Client, config: Config) -> None:
    fields = {"name": "evil", "url": "ext::sh -c touch% /tmp/x", "branch": "main", "forge": ""}
    answer = admin.post("/admin/integrations/repository/add/", fields)
    assert answer.status_code == 200
    assert not Repository.objects.filter(name="evil").exists()
    fields["url"] = "https://github.com/acme/config.git"
    assert admin.post("/admin/integrations/repository/add/", fields).status_code == 302
    assert Repository.objects.get(name="evil").forge == "github"


def test_tokens_are_revoked_and_never_shown(admin: Client, people: dict[str, User]) -> None:
    from datetime import timedelta

    from django.utils import timezone

    expires = timezone.now() + timedelta(days=1)
    row, secret = issue_token(
        people["viewer"], name="ci", expires=expires, role="viewer", scopes=["read"], actor=command("test")
    )
    page = admin.get("/admin/console/apitoken/").content.decode()
    assert row.prefix in page
    assert secret not in page
    admin.post("/admin/console/apitoken/", {"action": "revoke", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.revoked_at is not None
