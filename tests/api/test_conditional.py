"""ETags: what is held already is not made again, and nobody is served what another may see."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from integrations.queries import effective
from tests.api.asking import EFFECTIVE
from tests.web.factories import many_accounts

QUERY = {"environment": "production"}
PATHS = [
    (EFFECTIVE, QUERY),
    (f"{EFFECTIVE}explain/", {**QUERY, "path": "pagination.page_size"}),
    ("/api/v1/accounts/", {}),
    ("/api/v1/accounts/acme-corp/", {}),
    ("/api/v1/accounts/acme-corp/changes/", {}),
    ("/api/v1/integrations/", {}),
    ("/api/v1/integrations/salesforce/", {}),
    ("/api/v1/integrations/salesforce/mappings/", {}),
    ("/api/v1/references/", {"field": "id"}),
    ("/api/v1/search/", {"q": "acme"}),
    ("/api/v1/snapshots/", {}),
    ("/api/v1/repositories/", {}),
]


def again(api, response, path, query):
    return api.get(path, headers={"If-None-Match": response["ETag"]}, **query)


@pytest.mark.parametrize(("path", "query"), PATHS)
def test_an_answer_that_is_held_is_not_sent_again(api, path, query):
    first = api.get(path, **query)
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in first["Vary"].split(",")}
    second = again(api, first, path, query)
    assert (second.status_code, second.content) == (304, b"")
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "private, no-cache"
    assert "Content-Type" not in second
    assert api.get(path, headers={"If-None-Match": '"other", W/"another"'}, **query).status_code == 200


def test_nothing_is_merged_for_what_is_held(api, monkeypatch):
    first = api.get(EFFECTIVE, **QUERY)
    monkeypatch.setattr(effective, "merge_account", None)  # merging would fail
    assert again(api, first, EFFECTIVE, QUERY).status_code == 304


def test_a_new_snapshot_makes_a_new_answer(api, config):
    first = api.get(EFFECTIVE, **QUERY)
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 1\n"})
    second = again(api, first, EFFECTIVE, QUERY)
    assert second.status_code == 200
    assert second.json()["config"]["pagination"]["page_size"] == 1


def test_an_older_commit_keeps_its_answer(api, config):
    query = {**QUERY, "at": config.commits[0]}
    first = api.get(EFFECTIVE, **query)
    config.push_and_sync(many_accounts(1))
    assert again(api, first, EFFECTIVE, query).status_code == 304


def test_an_older_commit_that_returns_brings_new_changes(api, config):
    """The account's history grows though the commit is one that was active before."""
    from tests.git.build import rewind

    path = "/api/v1/accounts/acme-corp/changes/"
    first = api.get(path)
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 1\n"})
    rewind(config.path, config.commits[1])
    held = config.sync()
    from audit.people import actor_of
    from integrations.actions.sync import decide_held
    from tests.web.factories import person

    if held.snapshot.commit != config.row.active.commit:
        decider = actor_of(person("decider@example.com", "engineer"))
        decide_held(held.snapshot.pk, accept=True, actor=decider, reason="test")
    assert config.row.active.commit == config.commits[1]
    second = again(api, first, path, {})
    assert second.status_code == 200
    assert len(second.json()["results"]) > len(first.json()["results"])


def test_a_tag_is_no_key_to_what_one_may_not_see(api, asking_as):
    seen = api.get("/api/v1/accounts/globex/")
    assert again(asking_as("dana"), seen, "/api/v1/accounts/globex/", {}).status_code == 404
    everything = api.get("/api/v1/accounts/")
    mine = again(asking_as("dana"), everything, "/api/v1/accounts/", {})
    assert mine.status_code == 200
    assert mine.json()["total"] == 1


def test_the_environment_is_part_of_the_tag(api):
    first = api.get(EFFECTIVE, environment="production")
    assert again(api, first, EFFECTIVE, {"environment": "staging"}).status_code == 200


def test_a_head_request_is_answered_without_a_body(api):
    response = api.client.head(f"{EFFECTIVE}?environment=production", headers=api.headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == api.get(EFFECTIVE, **QUERY)["ETag"]


@pytest.fixture(autouse=True)
def _empty_cache(db):
    cache.clear()
