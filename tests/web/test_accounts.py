"""The list of accounts and the page of one."""

from __future__ import annotations

import re

import pytest

from tests.web.factories import many_accounts


def text(response) -> str:
    return response.content.decode()


def listed(response) -> list[str]:
    return re.findall(r'class="row-link" href="[^"]*/accounts/([\w-]+)/', text(response))


def test_list_shows_every_account_with_owner_tags_and_counts(viewer):
    response = viewer.get("/accounts/")
    assert response.status_code == 200
    assert listed(response) == ["acme-corp", "globex", "initech"]
    page = text(response)
    assert "3 accounts" in page
    assert "dana@example.com" in page
    assert "team emea-csm" in page
    assert "enterprise" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text=ACME", ["acme-corp"]),
        ("text=lob", ["globex"]),
        ("owner=dana@example.com", ["acme-corp"]),
        ("owner=team:emea-csm", ["globex"]),
        ("tag=emea", ["globex"]),
        ("tag=em", []),
        ("integration=zendesk", ["acme-corp", "globex"]),
        ("integration=salesforce&environment=staging", ["acme-corp"]),
        ("environment=staging", ["acme-corp"]),
        ("overriding=1", ["acme-corp"]),
        ("integration=zendesk&overriding=1", []),
        ("text=nobody", []),
    ],
)
def test_filters_narrow_the_list(viewer, query, expected):
    response = viewer.get(f"/accounts/?{query}")
    assert listed(response) == expected
    if not expected:
        assert "No account matches" in text(response)


def test_htmx_is_given_the_list_alone_and_a_browser_the_whole_page(viewer):
    part = viewer.get("/accounts/?text=acme", headers={"HX-Request": "true", "HX-Target": "accounts"})
    assert "<html" not in text(part)
    assert listed(part) == ["acme-corp"]
    assert "HX-Request" in part["Vary"]
    whole = viewer.get("/accounts/?text=acme")
    assert text(part).strip() in text(whole)
    back = viewer.get(
        "/accounts/",
        headers={"HX-Request": "true", "HX-Target": "accounts", "HX-History-Restore-Request": "true"},
    )
    assert "<html" in text(back)


def test_pages_follow_one_another_and_lose_no_account(viewer, config):
    config.push_and_sync(many_accounts(75))
    first = viewer.get("/accounts/")
    assert len(listed(first)) == 50
    address = re.search(r'rel="next" href="([^"]+)"', text(first))[1].replace("&amp;", "&")
    second = viewer.get(address)
    assert len(listed(first) + listed(second)) == 78
    assert listed(first) + listed(second) == sorted({*listed(first), *listed(second)})
    assert 'rel="next"' not in text(second)


def test_queries_do_not_grow_with_accounts(viewer, config, count_queries):
    few = count_queries(viewer, "/accounts/")
    config.push_and_sync(many_accounts(30))
    assert count_queries(viewer, "/accounts/") == few


def test_account_shows_owner_tags_folder_and_connections(viewer):
    response = viewer.get("/accounts/acme-corp/")
    assert response.status_code == 200
    page = text(response)
    assert "dana@example.com" in page
    assert "customers/acme-corp/account.yaml:1" in page
    assert 'href="/accounts/acme-corp/salesforce/production/"' in page
    assert "2 settings, 1 expression" in " ".join(page.split())
    assert '<button class="btn" type="button" disabled>Propose a change</button>' in page
    assert "You lack the right to propose an override for this account" in page


def test_account_tells_its_recent_changes(viewer):
    page = text(viewer.get("/accounts/acme-corp/"))
    assert "pagination.page_size" in page
    assert "Give Acme smaller pages (#7)" in page


def test_account_without_connections_says_what_that_means(viewer):
    assert "No connections" in text(viewer.get("/accounts/initech/"))


def test_override_that_no_connection_uses_is_pointed_out(viewer, config):
    config.push_and_sync({"customers/globex/salesforce.yaml": "config:\n  pagination:\n    page_size: 1\n"})
    page = text(viewer.get("/accounts/globex/"))
    assert "in force nowhere" in page
    assert "customers/globex/salesforce.yaml:1" in page


def test_unknown_account_is_not_found(viewer):
    response = viewer.get("/accounts/umbrella/")
    assert response.status_code == 404
    assert "There is no account “umbrella”." in text(response)


def test_owner_sees_the_own_account_and_not_that_others_exist(as_):
    dana = as_("dana")
    assert dana.get("/accounts/acme-corp/").status_code == 200
    assert dana.get("/accounts/globex/").status_code == 404
    assert listed(dana.get("/accounts/")) == ["acme-corp"]
    assert listed(dana.get("/accounts/?text=globex")) == []


def test_older_commit_shows_the_account_as_it_was(viewer, config):
    second = config.commits[-1]
    config.push_and_sync({"customers/acme-corp/account.yaml": "name: Acme Incorporated\nconnections: []\n"})
    assert "Acme Incorporated" in text(viewer.get("/accounts/acme-corp/"))
    page = text(viewer.get(f"/accounts/acme-corp/?at={second}"))
    assert "Acme Corp" in page
    assert "You are looking at commit" in page
    assert "2025-01-01" in page
    assert f'href="/accounts/?at={second}"' in page
    assert f'href="/accounts/acme-corp/salesforce/production/?at={second}"' in page


def test_active_commit_by_its_id_is_no_time_travel(viewer, config):
    assert "You are looking at commit" not in text(viewer.get(f"/accounts/?at={config.commits[-1]}"))


@pytest.mark.parametrize("at", ["ffffffffffffffffffffffffffffffffffffffff", "--help", "a b", "HEAD:x", "é"])
def test_unknown_commit_is_not_found_with_a_sentence(viewer, at):
    response = viewer.get("/accounts/", {"at": at})
    assert response.status_code == 404
    assert "There is nothing here" in text(response)


def test_commit_with_errors_tells_them(viewer, config):
    config.push_and_sync({"customers/globex/account.yaml": "name: A\nname: B\n"})
    response = viewer.get("/accounts/", {"at": config.commits[-1]})
    assert response.status_code == 404
    assert "customers/globex/account.yaml:2" in text(response)


def test_account_that_has_gone_is_seen_at_an_older_commit_by_those_who_see_everything(as_, config, settings):
    settings.SYNC_HOLD_REMOVAL_PERCENT = 50
    config.push_and_sync({"customers/globex/account.yaml": None})
    assert as_("viewer").get("/accounts/globex/").status_code == 404
    at = f"?at={config.commits[1]}"
    assert as_("viewer").get(f"/accounts/globex/{at}").status_code == 200
    assert as_("dana").get(f"/accounts/globex/{at}").status_code == 404


def test_the_page_says_who_may_propose_and_by_which_line(as_, people):
    page = " ".join(as_("dana").get("/accounts/acme-corp/").content.decode().split())
    assert "Who may do what" in page
    assert "Dana Whitfield" in page
    assert "customers/acme-corp/account.yaml:2" in page
    assert "engineer@example.com" in page
    page = " ".join(as_("viewer").get("/accounts/initech/").content.decode().split())
    assert "nobody; its account.yaml names no owner" in page
