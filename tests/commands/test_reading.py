"""effective, explain and references: their text, and their JSON exactly as it is documented."""

from __future__ import annotations

import pytest

from tests.commands.running import run
from tests.web.factories import BROKEN

ACME = ("acme-corp", "salesforce")
PRODUCTION = "--env=production"
SOURCE = {"file", "line"}


def test_effective_as_json(config):
    ran = run("effective", *ACME, PRODUCTION, "--format=json")
    found = ran.json
    assert ran.code == 0
    assert set(found) == {
        *("version", "environment", "account", "integration", "commit"),
        *("config", "mappings", "provenance", "removed"),
    }
    assert found["commit"] == config.commits[-1]
    assert found["config"]["oauth_app"]["scopes"] == ["api", "refresh_token", "custom_objects"]
    for leaf in found["provenance"]:
        assert set(leaf) == {"path", "value", "layer", "source", "shadowed"}
        assert set(leaf["source"]) == SOURCE
        assert all(set(said) - {"path"} == {"layer", "value", "source"} for said in leaf["shadowed"])
    part = found["mappings"]["crm/contacts/list"]["response"]
    assert set(part) == {"layers", "fields", "static", "dropped"}
    assert part["layers"][1] == {
        "layer": "account",
        "mode": "merge",
        "expression": '{\n  "tier": response.Tier__c\n}\n',
        "source": {"file": "customers/acme-corp/contacts_list.jsonata", "line": 1},
    }
    assert [field["path"] for field in part["fields"]] == ["/id", "/first_name", "/title", "/tier"]
    assert all(set(field) == {"path", "expression", "layer", "source", "shadowed"} for field in part["fields"])


def test_effective_as_text_names_layer_file_and_line(config):
    out = run("effective", *ACME, PRODUCTION).out
    assert "/pagination/page_size = 50  [account] customers/acme-corp/salesforce.yaml:4  shadows 1" in out
    assert "/tier = response.Tier__c  [account] customers/acme-corp/contacts_list.jsonata:2" in out


def test_effective_at_an_older_commit(config):
    found = run("effective", *ACME, PRODUCTION, f"--at={config.commits[0]}", "--format=json").json
    assert (found["commit"], found["config"]["pagination"]["page_size"]) == (config.commits[0], 100)


def test_effective_without_a_connection_names_the_others(config):
    ran = run("effective", "globex", "salesforce", PRODUCTION)
    assert (ran.out, ran.code) == ("", 1)
    assert ran.err == (
        "globex has no connection to salesforce in production; it is connected to zendesk in production."
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--at=0123abc"], "There is no commit '0123abc'."),
        (["--repository=other"], "No such repository"),
    ],
)
def test_what_cannot_be_read_is_an_error(config, arguments, sentence):
    ran = run("effective", *ACME, PRODUCTION, *arguments)
    assert ran.code == 1
    assert sentence in ran.err


def test_a_commit_with_errors_lists_them(config):
    config.push(BROKEN)
    config.sync()
    ran = run("effective", *ACME, PRODUCTION, "--at=main")
    assert ran.code == 1
    assert "customers/acme-corp/salesforce.yaml:" in ran.err


@pytest.mark.parametrize("path", ["pagination.page_size", "/pagination/page_size"])
def test_explain_as_json(config, path):
    found = run("explain", *ACME, path, PRODUCTION, "--format=json").json
    assert {name: found[name] for name in found if name != "chain"} == {
        "version": 1,
        "account": "acme-corp",
        "integration": "salesforce",
        "environment": "production",
        "commit": config.commits[-1],
        "area": "config",
        "path": "/pagination/page_size",
    }
    first, last = found["chain"]
    assert set(first) == {"layer", "path", "value", "wins", "removed", "source", "commit"}
    assert (first["layer"], first["value"], first["wins"]) == ("platform", 200, False)
    assert (last["layer"], last["value"], last["wins"]) == ("account", 50, True)
    assert last["source"] == {"file": "customers/acme-corp/salesforce.yaml", "line": 4}
    assert set(last["commit"]) == {"id", "author", "email", "date", "subject", "pull_request"}
    assert (last["commit"]["id"], last["commit"]["pull_request"]) == (config.commits[-1], 7)


def test_explain_a_field_of_a_mapping(config):
    found = run("explain", *ACME, "crm/contacts/list:response/tier", PRODUCTION, "--format=json").json
    assert (found["area"], found["path"]) == ("crm/contacts/list:response", "/tier")
    assert [link["expression"] for link in found["chain"]] == ["response.Tier__c"]


def test_explain_as_text_marks_the_winner(config):
    lines = run("explain", *ACME, "pagination.page_size", PRODUCTION).out.splitlines()
    assert lines[0].startswith("acme-corp · salesforce · production at ")
    assert lines[1] == "config /pagination/page_size"
    assert lines[2].startswith("  platform     200  integrations/salesforce.tf:")
    assert lines[3].startswith("→ account      50  customers/acme-corp/salesforce.yaml:4")
    assert "Dana Reyes 2025-01-01" in lines[3]


def test_explain_of_nothing_says_how_to_ask(config):
    ran = run("explain", *ACME, "nothing.here", PRODUCTION)
    assert ran.code == 1
    assert "Name a config path" in ran.err


def test_references_as_json(config):
    found = run("references", "Tier__c", "--format=json").json
    assert found == {
        "version": 1,
        "field": "Tier__c",
        "total": 1,
        "accounts": 1,
        "references": [
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
        ],
    }


def test_references_are_narrowed(config):
    def total(*arguments):
        return run("references", *arguments, "--format=json").json["total"]

    assert total("title") == 2  # read from the provider's Title, written as the unified title
    assert total("title", "--direction=reads") == 1
    assert total("/response/Title") == 1
    assert total("/response/title") == 0
    assert total("title", "--integration=zendesk") == 0
    assert total("Tier__c", f"--at={config.commits[0]}") == 1


def test_references_as_text(config):
    out = run("references", "Tier__c").out
    assert (
        "customers/acme-corp/contacts_list.jsonata:2: account acme-corp, salesforce crm/contacts/list response" in out
    )
    assert "1 place; 1 account by their own overrides." in out
