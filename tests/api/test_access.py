"""What the API says to whom it refuses. Who is refused what is in tests/web/test_matrix.py, as for the pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api.asking import PROBLEM, Asker, as_problem
from tests.web.expectations import PAGES
from tests.web.factories import BROKEN

PLACES = {
    "account": "acme-corp",
    "commit": "0" * 40,
    "proposal": "0" * 12,
}
READ = {
    name: page.address.format(**PLACES)
    for name, page in PAGES.items()
    if name.startswith("api:") and "GET" in page.rules and name not in {"api:schema", "api:nowhere"}
}


def test_one_that_may_not_be_seen_is_not_told_from_one_that_does_not_exist(asking_as, config):
    asker = asking_as("dana")
    for name in ("api:account", "api:account_changes", "api:effective", "api:explain"):
        template = PAGES[name].address
        refused = asker.problem(template.format(account="globex"), status=404)
        absent = asker.problem(template.format(account="no-such-account"), status=404)
        assert refused["detail"].replace("globex", "…") == absent["detail"].replace("no-such-account", "…")
        if name != "api:account_changes":
            joined = "&" if "?" in template else "?"
            asker.problem(f"{template.format(account='globex')}{joined}at={config.commits[0]}", status=404)


def test_an_owner_sees_errors_in_their_own_folders(asking_as, config):
    config.push(BROKEN)
    config.sync()
    body = asking_as("dana").json(f"/api/v1/snapshots/{config.commits[-1]}/")
    assert {each["file"] for each in body["problems"]} == {"customers/acme-corp/salesforce.yaml"}
    assert body["counts"] == {"problems": 1}


def test_errors_of_others_are_left_out_of_the_answer_about_a_bad_commit(asking_as, config):
    config.push(BROKEN)
    config.sync()
    address = f"/api/v1/accounts/?at={config.commits[-1]}"
    files = {each["file"] for each in asking_as("viewer").problem(address, status=404)["problems"]}
    assert files == {"customers/acme-corp/salesforce.yaml", "customers/globex/account.yaml"}
    told = asking_as("dana").problem(address, status=404)
    assert {each["file"] for each in told["problems"]} == {"customers/acme-corp/salesforce.yaml"}
    assert "2" not in told["detail"]


def test_references_of_other_tenants_are_not_counted(asking_as):
    assert asking_as("dana").json("/api/v1/references/", field="Tier__c")["accounts"] == 1
    found = asking_as("emea").json("/api/v1/references/", field="Tier__c")
    assert (found["total"], found["accounts"], found["references"]) == (0, 0, [])


@pytest.mark.parametrize("name", READ)
def test_nobody_in_particular_is_told_which_right_is_missing(asking_as, name):
    body = asking_as("nobody").problem(READ[name], status=403)
    assert body["detail"].startswith("You lack the right to see what is in force. Every role has it")


@pytest.mark.parametrize("path", [*READ.values(), "/api/schema/", "/api/", "/api/v1/", "/api/v1/no/such/thing/"])
def test_a_stranger_is_asked_to_sign_in(config, path):
    response = Asker().get(path)
    as_problem(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="Glasshouse"'


def test_a_session_serves_as_well(as_):
    response = as_("viewer").get("/api/v1/accounts/")
    assert response.status_code == 200


def test_nothing_but_proposals_can_be_written(api):
    for name, address in READ.items():
        if PAGES[name].rules.keys() != {"GET"}:
            continue
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
