"""Who sees what: every role and two tenants against every address of the schema."""

from __future__ import annotations

import pytest
from django.test import Client

from console.api.urls import urlpatterns
from tests.api.asking import PROBLEM, Asker, as_problem
from tests.web.conftest import ROLES

EVERYWHERE = {
    "accounts": ("/api/v1/accounts/", {}),
    "integrations": ("/api/v1/integrations/", {}),
    "integration": ("/api/v1/integrations/salesforce/", {}),
    "mappings": ("/api/v1/integrations/salesforce/mappings/", {}),
    "references": ("/api/v1/references/", {"field": "Tier__c"}),
    "search": ("/api/v1/search/", {"q": "e"}),
    "snapshots": ("/api/v1/snapshots/", {}),
    "snapshot": ("/api/v1/snapshots/{commit}/", {}),
    "repositories": ("/api/v1/repositories/", {}),
}
OF_ACCOUNT = {
    "account": ("/api/v1/accounts/{account}/", {}),
    "account_changes": ("/api/v1/accounts/{account}/changes/", {}),
    "effective": ("/api/v1/accounts/{account}/effective/zendesk/", {"environment": "production"}),
    "explain": (
        "/api/v1/accounts/{account}/effective/zendesk/explain/",
        {"environment": "production", "path": "category"},
    ),
}

NOTHING_OF_ANYONE = {"evaluate"}  # it gives what was sent, evaluated: test_jsonata.py


def test_the_matrix_holds_every_address():
    named = {pattern.name for pattern in urlpatterns} - {"schema", "nowhere", *NOTHING_OF_ANYONE}
    assert named == EVERYWHERE.keys() | OF_ACCOUNT.keys()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_everything(asking_as, config, role):
    asker = asking_as(role)
    for path, query in EVERYWHERE.values():
        asker.json(path.format(commit=config.commits[-1]), **query)
    for account in ("acme-corp", "globex"):
        for path, query in OF_ACCOUNT.values():
            asker.json(path.format(account=account), **query)


@pytest.mark.parametrize(
    ("owner", "mine", "foreign"), [("dana", "acme-corp", "globex"), ("emea", "globex", "acme-corp")]
)
def test_an_owner_sees_what_is_theirs_alone(asking_as, config, owner, mine, foreign):
    asker = asking_as(owner)
    for path, query in OF_ACCOUNT.values():
        asker.json(path.format(account=mine), **query)
        refused = asker.problem(path.format(account=foreign), status=404, **query)
        absent = asker.problem(path.format(account="no-such-account"), status=404, **query)
        # One that may not be seen is not told from one that does not exist.
        assert refused["detail"].replace(foreign, "…") == absent["detail"].replace("no-such-account", "…")
        if "changes" not in path:
            asker.problem(path.format(account=foreign), status=404, at=config.commits[0], **query)
    for path, query in EVERYWHERE.values():
        for commit in config.commits:
            text = asker.get(path.format(commit=commit), **query).content.decode()
            assert foreign not in text, path
    page = asker.json("/api/v1/accounts/")
    assert ([row["slug"] for row in page["results"]], page["total"]) == ([mine], 1)


def test_an_owner_does_not_learn_how_many_accounts_there_are(asking_as):
    for row in asking_as("dana").json("/api/v1/integrations/")["results"]:
        assert (row["connected_accounts"], row["overriding_accounts"]) == (None, None)


def test_an_owner_sees_errors_in_their_own_folders(asking_as, config):
    from tests.web.factories import BROKEN

    config.push(BROKEN)
    config.sync()
    found = asking_as("dana").json(f"/api/v1/snapshots/{config.commits[-1]}/")["problems"]
    assert {each["file"] for each in found} == {"customers/acme-corp/salesforce.yaml"}


def test_references_of_other_tenants_are_not_counted(asking_as):
    assert asking_as("dana").json("/api/v1/references/", field="Tier__c")["accounts"] == 1
    found = asking_as("emea").json("/api/v1/references/", field="Tier__c")
    assert (found["total"], found["accounts"], found["references"]) == (0, 0, [])


def test_nobody_in_particular_is_told_which_right_is_missing(asking_as, config):
    asker = asking_as("nobody")
    for path, query in (EVERYWHERE | OF_ACCOUNT).values():
        address = path.format(commit=config.commits[-1], account="acme-corp")
        body = asker.problem(address, status=403, **query)
        assert body["detail"] == "You lack the right to see what is in force. Every role has it; an admin gives roles."


def test_a_stranger_is_asked_to_sign_in(config):
    asker = Asker()
    paths = [
        path.format(commit=config.commits[-1], account="acme-corp") for path, _ in (EVERYWHERE | OF_ACCOUNT).values()
    ]
    for path in [*paths, "/api/schema/", "/api/", "/api/v1/", "/api/v1/no/such/thing/"]:
        response = asker.get(path)
        as_problem(response, 401)
        assert response["WWW-Authenticate"] == 'Bearer realm="Glasshouse"'


def test_a_session_serves_as_well(as_):
    response = as_("viewer").get("/api/v1/accounts/")
    assert response.status_code == 200


def test_nothing_can_be_written(api, config):
    for path, _ in (EVERYWHERE | OF_ACCOUNT).values():
        address = path.format(commit=config.commits[-1], account="acme-corp")
        for method in ("post", "put", "patch", "delete"):
            response = getattr(api.client, method)(address, headers=api.headers)
            as_problem(response, 405)
            assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_a_session_cannot_be_ridden_to_a_write(as_, people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["viewer"])
    response = client.post("/api/v1/accounts/")
    assert response["Content-Type"] == PROBLEM
    assert response.status_code == 403
