"""Proposing a change for all accounts, or all of an environment; and the ways to the form from other pages."""

from __future__ import annotations

from html import unescape

import pytest

from integrations.models import Draft, Proposal
from integrations.tasks import publish_proposal
from tests.web.factories import many_accounts
from tests.web.sampled import SAMPLES
from tests.web.test_propose import SIZE, form, preview, submit, text_of

pytestmark = pytest.mark.django_db
PLATFORM = "/layers/platform/salesforce/propose/"
PRODUCTION = "/layers/environment/salesforce/propose/?environment=production"
CONNECTION = "/accounts/acme-corp/salesforce/production/"
TITLE = "field:crm/contacts/list:response:/title"


@pytest.fixture(autouse=True)
def _worker(monkeypatch):
    monkeypatch.setattr(publish_proposal, "delay", lambda _pk: None)


@pytest.fixture
def erin(config, people, as_):
    more = many_accounts(3)
    del more["customers/many-000/salesforce.yaml"]
    config.push_and_sync({**SAMPLES, **more})
    return as_("engineer")


def concurrency(value):
    return {"target": "config:/rate_limit/concurrency", "how": "set", "value": value, "was": "production 20"}


def test_a_change_for_every_account_becomes_a_proposal(erin):
    change = {"target": "config:/rate_limit/requests", "how": "set", "value": "500", "was": "* 1000"}
    assert submit(erin, change, page=PLATFORM).status_code == 302
    made = Proposal.objects.get()
    assert (made.layer, made.account, made.environment) == ("platform", "", "")
    assert set(made.file_changes) == {"integrations/salesforce.tf"}
    assert made.described["account_count"] == 4


def test_a_change_for_one_environment_stays_there(erin):
    assert submit(erin, concurrency("10"), page=PRODUCTION).status_code == 302
    made = Proposal.objects.get()
    assert (made.layer, made.environment) == ("environment", "production")
    assert set(made.file_changes) == {"environments/production/salesforce.tf"}


def test_whom_it_affects_is_told_when_asked(erin):
    change = {"target": SIZE, "how": "set", "value": "100", "was": "* 200"}
    page = preview(erin, change, page=PLATFORM)
    assert "Show which accounts" in page
    assert "many-000" not in page
    told = preview(erin, change, page=PLATFORM, do="accounts")
    assert "many-000 in production" in told
    assert "many-001" not in told  # it has its own page size
    assert "pagination.page_size" in told


def test_the_platform_page_speaks_of_the_platform_alone(erin):
    page = text_of(erin.get(f"{PLATFORM}?pick=config:/rate_limit/concurrency"))
    assert "Now <code>25</code>, from the standard set-up (platform)" in page
    page = text_of(erin.get(f"{PRODUCTION}&pick=config:/rate_limit/concurrency"))
    assert "Now <code>20</code>, from what holds for every account in production (environment)" in page


def test_an_output_field_of_all_is_shown_on_a_sample(erin):
    change = {"target": TITLE, "how": "advanced", "expression": "$uppercase(response.Title)", "was": "* response.Title"}
    page = preview(erin, change, page=PLATFORM)
    assert '"BUYER"' in page or '"CTO"' in page


def test_what_is_in_force_by_now_is_told_before_it_is_handed_in(erin):
    change = {"target": "config:/base_url", "how": "set", "value": "https://a.example.com", "was": "* x"}
    response = submit(erin, change, page=PLATFORM)
    assert response.status_code == 422  # it is not what they saw
    assert "somebody changed this" in text_of(response)


@pytest.mark.parametrize("who", ["csm", "viewer", "approver", "admin"])
def test_only_engineers_may(people, as_, who):
    response = as_(who).get(PLATFORM)
    assert response.status_code == 403
    assert "propose a change for the platform or an environment" in text_of(response)
    assert as_(who).post(PLATFORM, form(concurrency("1"))).status_code == 403
    assert not Draft.objects.exists()


def test_an_owner_of_one_account_hands_nothing_in_for_all(people, as_):
    change = {"target": "config:/rate_limit/requests", "how": "set", "value": "500", "was": "* 1000"}
    response = submit(as_("dana"), change, page=PLATFORM)
    assert response.status_code == 403
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("address", ["/layers/account/salesforce/propose/", "/layers/x/salesforce/propose/"])
def test_no_other_layer_is_changed_for_all(erin, address):
    assert erin.get(address).status_code == 404


def test_an_integration_that_is_not_there(erin):
    assert erin.get("/layers/platform/nothing/propose/").status_code == 404


# --- ways ----------------------------------------------------------------------------------------------
def test_each_value_in_force_leads_to_its_change(erin):
    page = erin.get(CONNECTION).content.decode()
    assert 'href="propose/?path=/pagination/page_size"' in page
    response = erin.get(f"{CONNECTION}propose/?path=/pagination/page_size")
    assert response["Location"].startswith("/accounts/acme-corp/propose/?integration=salesforce&environment=production")
    assert 'name="c0-target" value="config:/pagination/page_size"' in text_of(erin.get(response["Location"]))
    response = erin.get(f"{CONNECTION}propose/?path=crm/contacts/list:response/title")
    assert f'name="c0-target" value="{TITLE}"' in text_of(erin.get(response["Location"]))
    assert erin.get(f"{CONNECTION}propose/?path=nonsense")["Location"].endswith("environment=production")


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("/accounts/acme-corp/", "viewer"),
        (CONNECTION, "viewer"),
        ("/layers/platform/salesforce/", "csm"),
        ("/layers/account/salesforce/?account=acme-corp", "viewer"),
    ],
)
def test_who_may_not_sees_the_way_closed_and_why(people, as_, address, who):
    page = text_of(as_(who).get(address))
    assert "disabled>Propose a change</button>" in page
    assert "You lack the right to propose" in page
    assert "may-propose" not in page


def test_the_past_is_not_changed(erin, config):
    page = text_of(erin.get(f"/accounts/acme-corp/?at={config.commits[0]}"))
    assert "Propose a change" not in page
    assert erin.get(f"/accounts/acme-corp/propose/?integration=salesforce&at={config.commits[0]}").status_code == 404


def test_the_playground_hands_its_expression_over(erin):
    playground = (
        "/playground/?account=acme-corp&integration=salesforce&environment=production&mapping=crm/contacts/list"
    )
    page = text_of(erin.get(playground))
    assert 'action="/accounts/acme-corp/propose/?integration=salesforce"' in page
    assert 'action="/layers/platform/salesforce/propose/"' in page
    change = {"target": "mapping:crm/contacts/list:response:", "how": "set", "expression": '{"tier": "x"}'}
    response = erin.post("/accounts/acme-corp/propose/?integration=salesforce", form(change, do="look", key=""))
    assert response.status_code == 302
    assert '{"tier": "x"}</textarea>' in text_of(erin.get(response["Location"]))
    submit(erin, {**change, "was": 'production {\n  "tier": response.Tier__c\n}\n'})
    (text,) = Proposal.objects.get().file_changes.values()
    assert text.strip() == '{"tier": "x"}'


def test_drafts_are_listed_at_home_until_they_are_thrown_away(erin):
    preview(erin, concurrency("10"), page=PRODUCTION, reason="A thought")
    page = unescape(erin.get("/").content.decode())
    assert "environment, salesforce, production" in page
    assert "A thought" in page
    erin.post("/drafts/discard/", {"place": PRODUCTION})
    assert "Your drafts" not in text_of(erin.get("/"))
