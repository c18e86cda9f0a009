"""Lists: filters, pages by cursor, and shapes."""

from __future__ import annotations

import pytest

from console.api.pagination import encode
from tests.web.factories import BROKEN, FIRST_SUBJECT, SECOND_SUBJECT, many_accounts

ACCOUNTS = "/api/v1/accounts/"


def slugs(rows):
    return [row["slug"] for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["acme-corp", "globex", "initech"]),
        ({"q": "GLOB"}, ["globex"]),
        ({"owner": "dana@example.com"}, ["acme-corp"]),
        ({"owner": "team:emea-csm"}, ["globex"]),
        ({"tag": "emea"}, ["globex"]),
        ({"tag": "eme"}, []),
        ({"integration": "zendesk"}, ["acme-corp", "globex"]),
        ({"integration": "zendesk", "environment": "staging"}, []),
        ({"environment": "staging"}, ["acme-corp"]),
        ({"overriding": "true"}, ["acme-corp"]),
        ({"overriding": "false"}, ["acme-corp", "globex", "initech"]),
        ({"overriding": "true", "integration": "zendesk"}, []),
    ],
)
def test_accounts_are_narrowed_by_filters(api, query, found):
    page = api.json(ACCOUNTS, **query)
    assert slugs(page["results"]) == found
    assert (page["total"], page["next"]) == (len(found), None)


def test_a_row_of_accounts(api):
    (row,) = api.json(ACCOUNTS, q="acme")["results"]
    assert row == {
        "slug": "acme-corp",
        "name": "Acme Corp",
        "owner": "dana@example.com",
        "tags": ["enterprise", "custom"],
        "source": {"file": "customers/acme-corp/account.yaml", "line": 1},
        "connections": [
            {"integration": "salesforce", "environment": "production"},
            {"integration": "salesforce", "environment": "staging"},
            {"integration": "zendesk", "environment": "production"},
        ],
        "overrides": 1,
    }


def test_one_account_shows_what_it_overrides(api, config):
    found = api.json(f"{ACCOUNTS}acme-corp/")
    assert found["commit"] == config.commits[-1]
    (override,) = found["overrides"]
    assert override["environments"] == ["production"]
    assert override["config"] == {
        "pagination": {"page_size": 50},
        "oauth_app": {"scopes": {"$append": ["custom_objects"]}},
    }
    assert override["mappings"]["crm/contacts/list"]["response"] == {
        "mode": "merge",
        "expression": '{\n  "tier": response.Tier__c\n}\n',
        "source": {"file": "customers/acme-corp/contacts_list.jsonata", "line": 1},
    }


def test_lists_are_shown_at_an_older_commit(api, config):
    config.push_and_sync(many_accounts(1))
    assert api.json(ACCOUNTS)["total"] == 4
    assert slugs(api.json(ACCOUNTS, at=config.commits[0])["results"]) == ["acme-corp", "globex", "initech"]


def test_pages_walk_all_rows_once_while_others_come_and_go(api, config):
    config.push_and_sync(many_accounts(7))
    first = api.json(ACCOUNTS, limit=3)
    assert slugs(first["results"]) == ["acme-corp", "globex", "initech"]
    assert first["total"] == 10
    # One account appears before the cursor, one after it; what lies ahead is met once, what lies behind not again.
    config.push_and_sync(many_accounts(1, prefix="aaa") | many_accounts(1, prefix="zzz"))
    rest = api.all_rows(first["next"].removeprefix("http://testserver"))
    assert slugs(rest) == [f"many-{number:03d}" for number in range(7)] + ["zzz-000"]


def test_the_next_page_is_named_in_a_link_header_too(api):
    response = api.get(ACCOUNTS, limit=2, tag="")
    assert response["Link"] == f'<{response.json()["next"]}>; rel="next"'
    assert "limit=2" in response.json()["next"]
    assert "Link" not in api.get(ACCOUNTS)


@pytest.mark.parametrize("cursor", ["%%%", "AAAA", "W10", encode(3), encode("a\0b"), "é", encode("x") + "!"])
def test_a_foreign_cursor_is_refused(api, cursor):
    assert api.problem(ACCOUNTS, status=400, cursor=cursor)["parameter"] == "cursor"


@pytest.mark.parametrize("cursor", [encode("acme"), encode(2**63), encode(-1), "W3RydWVd", "W251bGxd"])
def test_a_cursor_of_another_kind_is_refused(api, cursor):
    assert api.problem("/api/v1/snapshots/", status=400, cursor=cursor)["parameter"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3", "\uff19", "99999999999999999999"])
def test_a_page_has_a_size_within_bounds(api, limit):
    assert api.problem(ACCOUNTS, status=400, limit=limit)["parameter"] == "limit"


def test_the_number_of_queries_does_not_grow_with_rows(api, config, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    config.push_and_sync(many_accounts(20))
    paths = [
        (ACCOUNTS, {"limit": 2}, {"limit": 20}),
        ("/api/v1/references/", {"field": "Title", "limit": 1}, {"field": "id", "limit": 100}),
        ("/api/v1/snapshots/", {"limit": 1}, {"limit": 3}),
        ("/api/v1/search/", {"q": "many", "limit": 1}, {"q": "many", "limit": 15}),
    ]
    for path, few, many in paths:
        api.json(path, **few)  # notes the token's use
        with CaptureQueriesContext(connection) as counted:
            api.json(path, **few)
        with django_assert_num_queries(len(counted)):
            api.json(path, **many)


def test_changes_of_an_account_newest_first(api, config):
    config.push_and_sync(
        {"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 25\n"}, message="Smaller still"
    )
    path = f"{ACCOUNTS}acme-corp/changes/"
    rows = api.all_rows(path, integration="salesforce", environment="production", limit=1)
    assert [row["snapshot"]["subject"] for row in rows] == ["Smaller still", SECOND_SUBJECT]
    assert {row["kind"] for row in rows} == {"changed"}
    (change,) = rows[1]["differences"]
    assert change == {
        "area": "config",
        "path": "/pagination/page_size",
        "before": 100,
        "after": 50,
        "layer_before": "account",
        "layer_after": "account",
        "source_after": {"file": "customers/acme-corp/salesforce.yaml", "line": 4},
    }
    assert api.all_rows(path, limit=1) == api.json(path)["results"]


def test_integrations_and_their_mappings(api):
    assert slugs(api.json("/api/v1/integrations/")["results"]) == ["salesforce", "zendesk"]
    found = api.json("/api/v1/integrations/salesforce/")
    assert (found["category"], found["mappings"], found["connected_accounts"]) == ("crm", 1, 1)
    assert found["documents"][0]["config"]["pagination"]["page_size"] == 200
    assert found["environment_overrides"][0]["environments"] == ["production"]
    (mapping,) = api.json("/api/v1/integrations/salesforce/mappings/")["results"]
    assert mapping["key"] == "crm/contacts/list"
    part = mapping["parts"]["response"]
    assert part["static"] is True
    assert [field["path"] for field in part["fields"]] == ["/id", "/first_name", "/title"]
    assert part["reads"] == ["/response/FirstName", "/response/Id", "/response/Title"]
    assert api.problem("/api/v1/integrations/nothing/", status=404)["detail"] == "There is no integration “nothing”."
    api.problem("/api/v1/integrations/nothing/mappings/", status=404)


def test_references_of_a_field(api):
    found = api.json("/api/v1/references/", field="tier__C")
    assert (found["total"], found["accounts"]) == (1, 1)
    assert found["references"] == [
        {
            "direction": "reads",
            "path": "/response/Tier__c",
            "layer": "account",
            "account": "acme-corp",
            "environments": ["production"],
            "integration": "salesforce",
            "mapping": "crm/contacts/list",
            "part": "response",
            "source": {"file": "customers/acme-corp/contacts_list.jsonata", "line": 2},
        }
    ]
    assert api.json("/api/v1/references/", field="tier__c", direction="writes")["total"] == 0
    assert api.json("/api/v1/references/", field="Tier__c", integration="zendesk")["total"] == 0
    assert api.problem("/api/v1/references/", status=400, field="x", direction="up")["parameter"] == "direction"
    assert api.problem("/api/v1/references/", status=400)["parameter"] == "field"


def test_every_hit_of_a_search_leads_somewhere(api):
    wanted = {
        "acme": {"account"},
        "salesforce": {"integration", "mapping"},
        "tier": {"field"},
        "acme production": {"connection"},
        "pagination.page_size": {"config"},
    }
    for text, kinds in wanted.items():
        hits = api.json("/api/v1/search/", q=text)["results"]
        assert kinds <= {hit["kind"] for hit in hits}
        for hit in hits:
            path, _, query = hit["url"].removeprefix("http://testserver").partition("?")
            assert api.get(f"{path}?{query}" if query else path).status_code == 200
    assert api.problem("/api/v1/search/", status=400, q="  ")["parameter"] == "q"


def test_snapshots_with_errors_and_effects(api, config):
    config.push(BROKEN, messages=["Break it"])
    config.sync()
    bad, second, first = api.all_rows("/api/v1/snapshots/", limit=2)
    assert [row["subject"] for row in (bad, second, first)] == ["Break it", SECOND_SUBJECT, FIRST_SUBJECT]
    assert [row["state"] for row in (bad, second, first)] == ["rejected", "active", "superseded"]
    problems = api.json(f"/api/v1/snapshots/{bad['commit']}/")["problems"]
    assert {found["file"] for found in problems} == {
        "customers/acme-corp/salesforce.yaml",
        "customers/globex/account.yaml",
    }
    detail = api.json(f"/api/v1/snapshots/{second['commit'][:10]}/")
    (effect,) = detail["effects"]
    assert (effect["kind"], effect["connections"], effect["accounts"]) == ("changed", 1, 1)
    assert effect["examples"] == [{"account": "acme-corp", "integration": "salesforce", "environment": "production"}]
    assert effect["differences"][0]["after"] == 50
    assert [row["commit"] for row in api.json("/api/v1/snapshots/", state="active")["results"]] == [second["commit"]]
    (repository,) = api.json("/api/v1/repositories/")["results"]
    assert (repository["name"], repository["health"]) == ("small", "rejected")
    assert repository["active"]["commit"] == second["commit"]
    assert repository["head_commit"] == bad["commit"]


@pytest.mark.parametrize("commit", ["0" * 40, "abc", "main", "%00%00%00%00%00%00%00", "G" * 40])
def test_no_snapshot_of_a_commit_that_was_not_looked_at(api, commit):
    api.problem(f"/api/v1/snapshots/{commit}/", status=404)


def test_the_repository_is_chosen_by_name(api):
    assert api.json(ACCOUNTS, repository="small")["total"] == 3
    assert api.problem(ACCOUNTS, status=404, repository="other")["detail"] == "There is no such repository."
