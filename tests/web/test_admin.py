"""The admin's pages: who gets in, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from audit.models import Entry
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
    fields |= {
        "reason": "She starts on Monday.",
        "password1": "a-long-pass-phrase-42",
        "password2": "a-long-pass-phrase-42",
    }
    assert admin.post("/admin/console/user/add/", fields).status_code == 302
    made = User.objects.get(email__iexact="new@example.com")
    assert made.has_perm("integrations.view_account")
    assert made.check_password("a-long-pass-phrase-42")
    found = Entry.objects.filter(event__in=["user-made", "role-granted"]).order_by("pk")
    assert [(row.event, row.subject_id, row.reason) for row in found] == [
        ("user-made", str(made.pk), "She starts on Monday."),
        ("role-granted", str(made.pk), "She starts on Monday."),
    ]


def test_every_change_of_a_person_is_recorded_and_needs_a_reason(admin: Client, people: dict[str, User]) -> None:
    viewer, role = people["viewer"], Group.objects.get(name="engineer")
    address = f"/admin/console/user/{viewer.pk}/change/"
    fields = {"email": "viv@example.com", "name": "Viv", "groups": [role.pk]}  # no longer active, another role
    assert b"This field is required" in admin.post(address, fields).content
    assert admin.post(address, {**fields, "reason": "Moved on."}).status_code == 302
    viewer.refresh_from_db()
    assert (viewer.email, viewer.is_active, [group.name for group in viewer.groups.all()]) == (
        "viv@example.com",
        False,
        ["engineer"],
    )
    found = Entry.objects.filter(subject_kind="person", subject_id=str(viewer.pk)).order_by("pk")
    events = [row.event for row in found if row.reason == "Moved on."]
    assert events == ["user-changed", "user-deactivated", "role-granted", "role-withdrawn"]
    assert {row.actor_id for row in found} == {str(people["admin"].pk)}


def test_the_last_admin_cannot_lock_everybody_out(admin: Client, people: dict[str, User]) -> None:
    ada = people["admin"]
    fields = {"email": ada.email, "name": "Ada", "is_active": "on", "groups": [], "reason": "Oops."}
    answer = admin.post(f"/admin/console/user/{ada.pk}/change/", fields, follow=True)
    assert b"is the last admin" in answer.content
    ada.refresh_from_db()
    assert ada.groups.filter(name="admin").exists()
    assert ada.name == "", "nothing of the form was done"


def test_a_right_withdrawn_meanwhile_stops_the_write(admin: Client, people: dict[str, User], monkeypatch) -> None:
    from console import admin as pages

    def late(user, right, ask=pages.require_now):
        User.objects.get(pk=user.pk).groups.clear()
        return ask(user, right)

    monkeypatch.setattr(pages, "require_now", late)
    viewer = people["viewer"]
    fields = {"email": viewer.email, "name": "Renamed", "is_active": "on", "groups": [], "reason": "Late."}
    assert admin.post(f"/admin/console/user/{viewer.pk}/change/", fields).status_code == 403
    viewer.refresh_from_db()
    assert viewer.name == ""


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


def test_a_repository_keeps_where_its_webhooks_secret_stands(admin: Client, config: Config) -> None:
    row = config.row
    fields = {"name": row.name, "url": row.url, "branch": "main", "webhook_secret_ref": "env:WEBHOOK_SECRET"}
    assert admin.post(f"/admin/integrations/repository/{row.pk}/change/", fields).status_code == 302
    assert config.row.webhook_secret_ref == "env:WEBHOOK_SECRET"
    page = admin.get(f"/admin/integrations/repository/{row.pk}/change/").content.decode()
    assert "env:WEBHOOK_SECRET" in page
