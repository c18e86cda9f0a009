"""The effective answer and its explanation."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.api.asking import EFFECTIVE

EXPLAIN = f"{EFFECTIVE}explain/"
SCOPES = "/oauth_app/scopes"


def test_effective_answers_in_the_documented_shape(api, config):
    found = api.json(EFFECTIVE, environment="production")
    assert list(found) == [
        *("version", "environment", "account", "integration", "commit"),
        *("config", "mappings", "provenance", "removed"),
    ]
    assert (found["version"], found["account"], found["integration"]) == (1, "acme-corp", "salesforce")
    assert (found["environment"], found["commit"]) == ("production", config.commits[-1])
    assert found["config"]["pagination"] == {"type": "next_url", "page_size": 50}
    leaf = next(leaf for leaf in found["provenance"] if leaf["path"] == "/pagination/page_size")
    assert leaf["value"] == 50
    assert leaf["layer"] == "account"
    assert leaf["source"] == {"file": "customers/acme-corp/salesforce.yaml", "line": 4}
    assert [(said["layer"], said["value"]) for said in leaf["shadowed"]] == [("platform", 200)]
    part = found["mappings"]["crm/contacts/list"]["response"]
    assert [layer["layer"] for layer in part["layers"]] == ["platform", "account"]
    assert part["static"] is True
    tier = next(field for field in part["fields"] if field["path"] == "/tier")
    assert tier["expression"] == "response.Tier__c"
    assert tier["source"] == {"file": "customers/acme-corp/contacts_list.jsonata", "line": 2}


def test_effective_is_what_the_command_prints(api):
    out = StringIO()
    call_command("effective", "acme-corp", "salesforce", "--env=production", "--format=json", stdout=out)
    assert api.json(EFFECTIVE, environment="production") == json.loads(out.getvalue())


def test_every_environment_has_its_own_answer(api):
    staging = api.json(EFFECTIVE, environment="staging")
    assert staging["config"]["pagination"]["page_size"] == 200
    assert staging["config"]["rate_limit"]["concurrency"] == 25
    assert api.json(EFFECTIVE, environment="production")["config"]["rate_limit"]["concurrency"] == 20


def test_an_older_commit_is_shown_as_it_was(api, config):
    found = api.json(EFFECTIVE, environment="production", at=config.commits[0][:10])
    assert found["commit"] == config.commits[0]
    assert found["config"]["pagination"]["page_size"] == 100


def test_no_connection_lists_what_there_is(api):
    body = api.problem("/api/v1/accounts/globex/effective/salesforce/", status=404, environment="production")
    assert body["type"] == "urn:glasshouse:problem:no-connection"
    assert body["connections"] == [{"integration": "zendesk", "environment": "production"}]
    assert body["instance"] == "/api/v1/accounts/globex/effective/salesforce/"


def test_the_environment_is_asked_for_by_name(api):
    body = api.problem(EFFECTIVE, status=400)
    assert body["parameter"] == "environment"
    assert "staging, production" in body["detail"]


def test_a_commit_with_errors_says_them_all(api, config):
    from tests.web.factories import BROKEN

    config.push(BROKEN)
    config.sync()
    body = api.problem(EFFECTIVE, status=404, environment="production", at=config.commits[-1])
    assert body["type"] == "urn:glasshouse:problem:bad-commit"
    assert "customers/acme-corp/salesforce.yaml" in {found["file"] for found in body["problems"]}
    assert all(found["line"] for found in body["problems"])
    # The last good snapshot goes on being served.
    assert api.json(EFFECTIVE, environment="production")["commit"] == config.commits[-2]


def test_an_unknown_commit_is_not_found(api):
    assert "no commit" in api.problem(EFFECTIVE, status=404, environment="production", at="0123abc")["detail"]


@pytest.mark.parametrize("path", ["pagination.page_size", "/pagination/page_size"])
def test_explain_gives_the_chain_with_authors(api, config, path):
    found = api.json(EXPLAIN, environment="production", path=path)
    assert (found["version"], found["area"], found["path"]) == (1, "config", "/pagination/page_size")
    assert [(link["layer"], link["value"], link["wins"]) for link in found["chain"]] == [
        ("platform", 200, False),
        ("account", 50, True),
    ]
    first, last = (link["commit"] for link in found["chain"])
    assert (first["id"], last["id"]) == tuple(config.commits)
    assert (last["author"], last["email"], last["pull_request"]) == ("Dana Reyes", "dana@example.com", 7)


def test_explain_tells_a_mapping_field(api):
    found = api.json(EXPLAIN, environment="production", path="crm/contacts/list:response/tier")
    assert found["area"] == "crm/contacts/list:response"
    assert [link["expression"] for link in found["chain"]] == ["response.Tier__c"]


def test_explain_of_nothing_is_a_problem_of_its_own(api):
    body = api.problem(EXPLAIN, status=404, environment="production", path="/nothing/here")
    assert body["type"] == "urn:glasshouse:problem:unknown-path"


@pytest.mark.parametrize("at_first", [True, False])
def test_effective_costs_few_queries(api, config, django_assert_max_num_queries, at_first):
    """Token, its user's rights (two), repository, account, connections, override; and the shared layers when cold."""
    if not at_first:
        api.json(EFFECTIVE, environment="production")
    with django_assert_max_num_queries(9 if at_first else 7):
        api.json(EFFECTIVE, environment="production")
