"""Who was refused what is in the audit log, and no refusal waits for it."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import DatabaseError
from django.test import Client

from audit.models import Entry
from tests.web.factories import BROKEN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(db):
    cache.clear()


def denied() -> list[tuple[str, str, dict[str, str]]]:
    rows = Entry.objects.filter(event="access-denied").order_by("pk")
    return [(row.subject_kind, row.subject_id, row.values) for row in rows]


@pytest.mark.parametrize("account", ["globex", "no-such-account"])
@pytest.mark.parametrize(
    ("template", "route"),
    [
        ("/accounts/{}/?secret=1", "account"),
        ("/accounts/{}/salesforce/production/effective.json", "effective_download"),
        ("/compare/{}/salesforce/", "compare"),
        ("/compare/acme-corp/salesforce/?right={}/production", "compare"),
        ("/playground/?account={}&integration=salesforce&environment=production", "playground"),
        ("/api/v1/accounts/{}/", "api:account"),
        ("/api/v1/accounts/{}/effective/salesforce/?environment=production", "api:effective"),
    ],
)
def test_an_account_that_is_not_theirs_whether_it_exists_or_not(as_, people, account, template, route):
    as_("dana").get(template.format(account))
    assert denied() == [("account", account, {"right": "integrations.view_account", "method": "GET", "route": route})]
    entry = Entry.objects.get(event="access-denied")
    assert (entry.actor_id, entry.account) == (str(people["dana"].pk), account)
    assert "secret" not in entry.data


def test_a_snapshot_and_a_file_that_are_not_theirs(as_, config):
    as_("emea").get(f"/sync/{config.commits[1]}/")
    as_("emea").get(f"/api/v1/snapshots/{config.commits[1]}/")
    as_("emea").get("/source/customers/acme-corp/account.yaml")
    assert [each[:2] for each in denied()] == [
        ("snapshot", config.commits[1]),
        ("file", "customers/acme-corp/account.yaml"),
    ]


def test_an_act_without_the_right_names_the_right(as_, config):
    as_("viewer").post("/sync/now/")
    as_("viewer").post(f"/sync/{config.commits[1]}/decide/")
    as_("dana").post("/mapping-tests/run/")
    assert [(each[0], each[2]["right"], each[2]["method"]) for each in denied()] == [
        ("right", "integrations.request_sync", "POST"),
        ("snapshot", "integrations.decide_held", "POST"),
        ("right", "integrations.view_account", "POST"),
    ]


def test_who_may_see_nothing_is_recorded_for_objects_and_never_for_lists(as_):
    client = as_("nobody")
    for address in ("/", "/accounts/", "/sync/", "/search/?q=a", "/api/v1/accounts/", "/api/v1/search/?q=a"):
        assert client.get(address).status_code == 403
    assert denied() == []
    client.get("/accounts/acme-corp/")
    assert [each[:2] for each in denied()] == [("account", "acme-corp")]


def test_once_a_minute_for_the_same_person_object_and_right(as_):
    for _ in range(3):
        as_("dana").get("/accounts/globex/")
        as_("dana").get("/api/v1/accounts/globex/")
    as_("nobody").get("/accounts/globex/")
    as_("dana").get("/accounts/initech/")
    assert len(denied()) == 3


def test_what_is_simply_not_there_is_no_denial(as_):
    for name in ("viewer", "dana"):
        as_(name).get("/no/such/page/")
    as_("viewer").get("/accounts/no-such-account/")
    Client().get("/accounts/acme-corp/")
    assert denied() == []


@pytest.mark.parametrize("address", ["/accounts/globex/", "/api/v1/accounts/globex/"])
def test_the_request_is_denied_even_when_that_cannot_be_recorded(as_, monkeypatch, caplog, address):
    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    client = as_("dana")
    with monkeypatch.context() as patch:
        patch.setattr("audit.record._write", fails)
        assert client.get(address).status_code == 404
    assert "denial.not_recorded" in caplog.text
    client.get(address)
    assert len(denied()) == 1, "the minute begins with an entry"


def test_whatever_is_asked_for_fits_the_log(as_):
    for path in ("/sync/a%00b/", "/sync/%ED%A0%80/", f"/sync/{'x' * 4000}/"):
        assert as_("dana").get(path).status_code == 404
    assert [len(each[1]) <= 200 for each in denied()] == [True] * 3


def test_the_admins_own_pages_record_it_too(as_, people):
    person = people["viewer"]
    client = as_("admin")
    people["admin"].is_staff = True
    people["admin"].save()
    assert client.get(f"/admin/console/user/{person.pk}/delete/").status_code == 403
    assert [each[:2] for each in denied()] == [("right", "admin:console_user_delete")]


def test_errors_of_others_at_a_bad_commit_are_not_shown(as_, config):
    config.push_and_sync(BROKEN)
    page = as_("dana").get(f"/accounts/?at={config.commits[-1]}")
    assert page.status_code == 404
    assert b"customers/acme-corp/salesforce.yaml" in page.content
    assert b"customers/globex" not in page.content
