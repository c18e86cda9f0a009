"""Proposing through the API: once, with every reason for a refusal, and only what one may."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from audit.models import Entry
from integrations.actions.proposals.publishing import publish
from integrations.models import Proposal
from tests.api.asking import as_problem
from tests.web.proposing import PLATFORM, pages_of, proposed, published

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]
ADDRESS = "/api/v1/proposals/"
WISH = {
    "account": "acme-corp",
    "integration": "salesforce",
    "environment": "production",
    "set": [{"path": "pagination.page_size", "value": 25}],
    "reason": "Time-outs every night",
    "ticket": "CS-1204",
}


def post(asker, body, address: str = ADDRESS, **headers: str):
    named = asker.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return asker.client.post(address, json.dumps(body), content_type="application/json", headers=named)


def test_what_is_wanted_becomes_a_proposal_and_a_pull_request(asking_as, config):
    response = post(asking_as("dana"), WISH)
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"{ADDRESS}{body['id']}/"
    assert body["title"] == "Acme Corp: page size 25"
    assert body["changes"] == [{"name": "/pagination/page_size", "before": 50, "after": 25}]
    assert (body["state"], body["proposer"]) == ("queued", "Dana Whitfield")
    row = Proposal.objects.get()
    assert row.described["accounts"] == ["acme-corp"]
    assert Entry.objects.filter(event="proposal-opened", subject_id=row.pk).count() == 1
    assert publish(row.pk)
    told = asking_as("dana").json(f"{ADDRESS}{row.pk}/")
    assert (told["state"], told["pull_request"]) == ("open", 8)
    assert told["waits_for"] == "It waits for an approval by somebody other than Dana Whitfield."


def test_the_same_key_and_body_are_one_proposal(asking_as, config):
    dana = asking_as("dana")
    first = post(dana, WISH, Idempotency_Key="nightly-1")
    again = post(dana, dict(reversed(WISH.items())), Idempotency_Key="nightly-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = post(dana, WISH | {"reason": "Another"}, Idempotency_Key="nightly-1")
    assert as_problem(other, 422)["type"] == "urn:glasshouse:problem:key-reused"
    assert post(asking_as("engineer"), WISH, Idempotency_Key="nightly-1").status_code == 201
    assert Proposal.objects.count() == 2


def test_the_key_holds_when_the_change_is_in_force_by_now(asking_as, config):
    """What is wanted is so already then, which is no reason to refuse what was taken in."""
    dana = asking_as("dana")
    made = post(dana, WISH, Idempotency_Key="k").json()
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 25\n"})
    assert post(dana, WISH, Idempotency_Key="k").json()["id"] == made["id"]
    refused = as_problem(post(dana, WISH, Idempotency_Key="l"), 422)
    assert refused["type"] == "urn:glasshouse:problem:not-proposable"


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"set": []}, "bad-proposal", "Say what is to change."),
        ({"set": [{"path": "/pagination/page_size", "value": 50}]}, "bad-proposal", "Nothing would change"),
        (
            {"set": [{"path": "/api_key", "value": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"}]},
            "no-raw-secret",
            "vault://",
        ),
        ({"lists": [{"path": "/oauth_app/scopes", "append": ["full"]}]}, "no-wildcard-scope", ""),
        (
            {"set": [], "fields": [{"mapping": "crm/contacts/list", "path": "/tier", "expression": "response.["}]},
            "bad-expression",
            "",
        ),
        ({"integration": "nowhere"}, "no-place", ""),
    ],
)
def test_a_refusal_tells_each_finding(asking_as, config, change, code, says):
    body = as_problem(post(asking_as("dana"), WISH | change), 422)
    assert code in {finding["code"] for finding in body["findings"]}
    assert says in body["detail"]
    assert "4eC39HqLyjWDarjtT1zdp7dc" not in json.dumps(body)
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({}, "/account"),
        (WISH | {"layer": "platform"}, "/account"),
        (WISH | {"sett": []}, "/sett"),
        (WISH | {"set": [{"path": "a"}]}, "/set/0/value"),
        (WISH | {"set": [{"path": "", "value": 1}]}, "/set/0/path"),
        (WISH | {"set": [{"path": "a", "value": 1, "why": 2}]}, "/set/0/why"),
        (WISH | {"fields": [{"mapping": "contacts", "expression": "1"}]}, "/fields/0/mapping"),
        (WISH | {"fields": [{"mapping": "crm/contacts/list", "part": "x", "expression": "1"}]}, "/fields/0/part"),
        (WISH | {"fields": [{"mapping": "crm/contacts/list"}]}, "/fields/0/expression"),
        (WISH | {"reason": " "}, "/reason"),
        (WISH | {"reason": 1}, "/reason"),
        (WISH | {"title": "x" * 201}, "/title"),
        ({"layer": "environment", "integration": "salesforce", "reason": "x"}, "/environment"),
        ({"layer": "account", "integration": "salesforce", "reason": "x"}, "/layer"),
    ],
)
def test_a_body_that_makes_no_sense_names_the_place(asking_as, body, pointer):
    told = as_problem(post(asking_as("engineer"), body), 400)
    assert (told["type"], told["pointer"]) == ("urn:glasshouse:problem:bad-body", pointer)


def test_who_may_not_is_told_which_right_is_missing(asking_as, people):
    assert "propose an override" in as_problem(post(asking_as("viewer"), WISH), 403)["detail"]
    assert as_problem(post(asking_as("emea"), WISH), 404)
    platform = {key: value for key, value in WISH.items() if key not in {"account", "environment"}}
    platform["layer"] = "platform"
    assert "platform or an environment" in as_problem(post(asking_as("dana"), platform), 403)["detail"]
    assert post(asking_as("engineer"), platform).status_code == 201


def test_a_token_needs_the_scope(people):
    from datetime import timedelta

    from django.utils import timezone

    from audit.people import command
    from console.tokens import issue_token
    from tests.api.asking import Asker

    later = timezone.now() + timedelta(days=1)
    made = issue_token(
        people["engineer"], name="r", expires=later, role="engineer", scopes=["read"], actor=command("test")
    )
    body = as_problem(post(Asker(made[1]), WISH), 403)
    assert body["detail"] == "The token lacks the scope “propose”."


def test_the_right_is_read_again_as_it_is_taken_in(asking_as, people, monkeypatch):
    from console.api.views import proposals

    take = proposals.open_proposal

    def late(*arguments, **options):
        people["engineer"].groups.clear()
        return take(*arguments, **options)

    monkeypatch.setattr(proposals, "open_proposal", late)
    assert post(asking_as("engineer"), WISH).status_code in {403, 404}
    assert not Proposal.objects.exists()


def test_lists_are_narrowed_to_what_one_may_see(asking_as, config, people):
    own = proposed(config, people["dana"])
    everywhere = proposed(config, people["engineer"], pages_of(150, PLATFORM))

    def found(name, **query):
        return [row["id"] for row in asking_as(name).all_rows(ADDRESS, limit=1, **query)]

    assert found("viewer") == [everywhere.pk, own.pk]
    assert found("dana") == [own.pk]
    assert found("emea") == []
    assert found("viewer", account="acme-corp") == [own.pk]
    assert found("viewer", state="open") == []
    assert found("engineer", mine="1") == [everywhere.pk]
    asking_as("emea").problem(f"{ADDRESS}{own.pk}/", status=404)
    asking_as("viewer").problem(ADDRESS, status=400, state="nonsense")


def test_etags_and_withdrawing(asking_as, config, people):
    made = published(config, people["dana"])
    dana, address = asking_as("dana"), f"{ADDRESS}{made.pk}/"
    tag = dana.get(address)["ETag"]
    assert dana.get(address, headers={"If-None-Match": tag}).status_code == 304
    as_problem(post(dana, {}, f"{address}withdraw/"), 400)
    as_problem(post(asking_as("approver"), {"reason": "I say so"}, f"{address}withdraw/"), 403)
    as_problem(post(dana, {"reason": "They upgraded."}, f"{address}withdraw/", If_Match='W/"old"'), 412)
    body = post(dana, {"reason": "They upgraded."}, f"{address}withdraw/", If_Match=tag)
    assert (body.status_code, body.json()["state"]) == (200, "withdrawn")
    again = post(dana, {"reason": "They upgraded."}, f"{address}withdraw/")
    assert (again.status_code, again.json()["state"]) == (200, "withdrawn")
    assert Entry.objects.filter(event="proposal-withdrawn").count() == 1
    Proposal.objects.filter(pk=made.pk).update(state="in-force")
    as_problem(post(dana, {"reason": "Too late"}, f"{address}withdraw/"), 409)


def test_the_examples_of_the_documentation_run(asking_as, config):
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    section = text.partition("## Propose a change")[2].partition("\n## ")[0]
    commands = re.findall(r"^    curl .*(?:\n         .*)*", section, re.MULTILINE)
    assert len(commands) >= 3
    ids: list[str] = []
    for command in commands:
        filled = command.replace("3f9c21d07a4e", ids[-1] if ids else "none").replace("\\\n", " ")
        words = shlex.split(filled)
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        address = words[-1].removeprefix("https://console.example.com")
        dana = asking_as("dana")
        if "-d" in words:
            named = dana.headers | {key: value for key, value in headers.items() if key != "Authorization"}
            response = dana.client.post(
                address, words[words.index("-d") + 1], content_type="application/json", headers=named
            )
            ids.append(response.json()["id"])
        else:
            response = dana.get(address)
        assert response.status_code in {200, 201}, (command, response.content)
