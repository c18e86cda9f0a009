"""The built-in rules speak of what a change does, and of nothing that was so before."""

from __future__ import annotations

import pytest

from integrations.core.difference import difference
from integrations.core.merge import merge
from integrations.core.rules import Rule, check_connection, check_owner
from tests.core.stacks import stack

SANDBOX = {"base_url": "https://sandbox.example.com", "oauth_app": {"scopes": ["api"]}}
PLATFORM = {"base_url": "https://api.example.com", "oauth_app": {"scopes": ["api", "refresh"]}}


def effective(account=None, *, environment=None):
    return merge(stack(PLATFORM, environment, account))


def found(before, after, *, production=None):
    said = check_connection(difference(before, after), environment="staging", before=before, production=production)
    return [(finding.rule, finding.path) for finding in said]


STAGING = effective(environment=SANDBOX)
PRODUCTION = effective()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com",
        "https://API.example.com/v2",
        "https://prod.example.net",
        "https://x-live.example.net/",
    ],
)
def test_a_url_of_production_is_found_elsewhere(url):
    after = effective({"base_url": url}, environment=SANDBOX)
    assert found(STAGING, after, production=PRODUCTION) == [(Rule.PRODUCTION_URL, "/base_url")]


def test_in_production_itself_it_is_as_it_should_be():
    assert found(PRODUCTION, effective({"base_url": "https://prod.example.net"})) == []


@pytest.mark.parametrize(
    "url", ["https://sandbox.example.com/other", "https://staging.example.net", "not a url", "https://["]
)
def test_another_url_is_nothing(url):
    assert found(STAGING, effective({"base_url": url}, environment=SANDBOX), production=PRODUCTION) == []


def test_a_url_that_was_there_before_is_left_alone():
    before = effective({"base_url": "https://api.example.com/v1"}, environment=SANDBOX)
    after = effective({"base_url": "https://api.example.com/v2"}, environment=SANDBOX)
    assert found(before, after, production=PRODUCTION) == []


@pytest.mark.parametrize("scope", ["*", "full", "contacts.*", "ALL", "crm:*"])
def test_a_scope_that_asks_for_everything_is_found_once(scope):
    after = effective({"oauth_app": {"scopes": {"$append": [scope]}}})
    assert found(PRODUCTION, after) == [(Rule.WILDCARD_SCOPE, "/oauth_app/scopes")]
    wider = effective({"oauth_app": {"scopes": {"$append": [scope, "other"]}}})
    assert found(after, wider) == []


def test_an_owner_may_not_be_taken_away_nor_be_missing_from_the_start():
    assert [f.is_refused for f in check_owner("Acme", before="dana@example.com", after="")] == [True]
    assert [f.is_refused for f in check_owner("Acme", before=None, after="")] == [True]
    assert [f.is_refused for f in check_owner("Acme", before="", after="")] == [False], "it was so before"
    assert check_owner("Acme", before="", after="team:emea") == []
