"""Home: what needs the person who signed in."""

from __future__ import annotations

from django.test import Client

from integrations.models import Repository
from tests.web.factories import many_accounts, person


def text(response) -> str:
    return response.content.decode()


def test_owner_sees_own_accounts_and_no_others(as_):
    page = text(as_("dana").get("/"))
    assert "Acme Corp" in page
    assert "Globex" not in page
    assert "Initech" not in page


def test_member_of_a_team_sees_the_accounts_of_the_team(as_):
    page = text(as_("emea").get("/"))
    assert "Globex" in page
    assert "Acme Corp" not in page


def test_person_without_accounts_is_told_how_one_comes_to_own_some(viewer):
    page = text(viewer.get("/"))
    assert "No account names you as its owner" in page
    assert "viewer@example.com" in page


def test_recent_changes_are_sentences_with_both_values(viewer):
    page = text(viewer.get("/"))
    assert "pagination.page_size" in page
    assert ">100<" in page
    assert ">50<" in page
    assert "Give Acme smaller pages (#7)" in page


def test_recent_changes_of_others_are_not_told(as_):
    assert "pagination.page_size" not in text(as_("emea").get("/"))


def test_person_who_may_see_nothing_is_refused_with_the_reason(as_):
    response = as_("nobody").get("/")
    assert response.status_code == 403
    assert "You lack the right to see what is in force." in text(response)


def test_anonymous_person_is_sent_to_sign_in(config):
    response = Client().get("/accounts/?text=acme")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/login/?next=/accounts/%3Ftext%3Dacme"


def test_console_without_a_repository_says_what_to_do(db):
    client = Client()
    client.force_login(person("viewer@example.com", "viewer"))
    response = client.get("/")
    assert response.status_code == 200
    assert "CONFIG_REPOSITORY_URL" in text(response)
    assert client.get("/accounts/").status_code == 404


def test_repository_that_was_never_synced_says_so_on_every_page(db):
    Repository.objects.create(name="new", url="file:///nowhere")
    client = Client()
    client.force_login(person("viewer@example.com", "viewer"))
    assert "Nothing has been synced yet" in text(client.get("/"))
    assert client.get("/sync/").status_code == 200
    response = client.get("/accounts/")
    assert response.status_code == 404
    assert "Nothing has been synced yet" in text(response)


def test_held_sync_needs_those_who_may_decide(as_, config):
    gone = {"customers/globex/account.yaml": None, "customers/initech/account.yaml": None}
    config.push_and_sync(gone, "Remove two customers")
    assert "A held sync waits for your decision" in text(as_("engineer").get("/"))
    assert "A held sync waits for your decision" not in text(as_("viewer").get("/"))


def test_queries_do_not_grow_with_accounts(as_, config, count_queries):
    client = as_("viewer")
    few = count_queries(client, "/")
    config.push_and_sync(many_accounts(30), "Thirty more")
    assert count_queries(client, "/") <= few
