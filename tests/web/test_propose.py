"""Proposing a change for one account: from the empty page to a proposal, and what keeps it from becoming one."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from kombu.exceptions import OperationalError

from audit.models import Entry
from integrations.models import Draft, Proposal
from integrations.tasks import publish_proposal
from tests.web.sampled import SAMPLES

pytestmark = pytest.mark.django_db
PAGE = "/accounts/acme-corp/propose/?integration=salesforce"
SIZE = "config:/pagination/page_size"
SCOPES = "config:/oauth_app/scopes"
TIER = "field:crm/contacts/list:response:/tier"
REGION = "field:crm/contacts/list:response:/custom/region"
YAML = "customers/acme-corp/salesforce.yaml"
JSONATA = "customers/acme-corp/contacts_list.jsonata"


@pytest.fixture(autouse=True)
def queued(monkeypatch):
    """The proposals that a worker was asked to publish."""
    asked = []
    monkeypatch.setattr(publish_proposal, "delay", asked.append)
    return asked


@pytest.fixture
def dana(config, people, as_):
    config.push_and_sync(SAMPLES)
    return as_("dana")


def form(*changes, **fields):
    """What the form sends: each change a mapping of its own fields, the first of which is its target."""
    sent = {"environment": "production", "reason": "The customer asked", "key": "one-attempt", **fields}
    for number, change in enumerate(changes):
        sent |= {f"c{number}-{name}": value for name, value in change.items()}
    return sent


def page_size(value, **more):
    return {"target": SIZE, "how": "set", "value": value, "was": "production 50", **more}


def region(**more):
    return {"target": REGION, "how": "copy", "source": "/response/Region__c", "was": "production ", **more}


def submit(client, *changes, page=PAGE, **fields):
    return client.post(page, form(*changes, do="submit", **fields))


def preview(client, *changes, page=PAGE, **fields):
    response = client.post(page, form(*changes, **fields), headers={"HX-Request": "true", "HX-Target": "preview"})
    assert response.status_code == 200
    return unescape(response.content.decode())


def text_of(response):
    return unescape(response.content.decode())


def made():
    return Proposal.objects.get()


# --- what becomes a proposal ---------------------------------------------------------------------------
def test_a_new_custom_field_is_copied_from_a_field_of_the_provider(dana):
    assert submit(dana, region()).status_code == 302
    proposal = made()
    assert (
        proposal.file_changes
        == {JSONATA: '{\n  "tier": response.Tier__c,\n  "custom": {\n    "region": response.Region__c\n  }\n}\n'}
        or "response.Region__c" in proposal.file_changes[JSONATA]
    )
    assert (proposal.account, proposal.integration, proposal.environment) == ("acme-corp", "salesforce", "production")
    assert proposal.title == "Acme Corp: custom.region from Region__c"
    assert proposal.edits[0]["edit"] == "set_field"
    assert Entry.objects.filter(event="proposal-opened", subject_id=proposal.pk).count() == 1


OWN_TEST = "samples/salesforce/acme-region.yaml"
OWN_TEXT = """\
mapping: crm/contacts/list
account: acme-corp
environment: production
input: {response: {Id: "003", Tier__c: "gold", Region__c: "ZH"}}
expected:
  id: "003"
  tier: "gold"
"""


def test_a_check_of_ones_own_expects_the_new_result_and_is_changed_with_it(dana, config):
    assert not config.push_and_sync({OWN_TEST: OWN_TEXT}).problems
    shown = preview(dana, region())
    assert "1 check of yours expects the new result from now on." in shown
    assert "would fail" not in shown
    assert '+    region: "ZH"' in shown
    submit(dana, region())
    proposal = made()
    assert set(proposal.file_changes) == {JSONATA, OWN_TEST}
    assert proposal.file_changes[OWN_TEST] == OWN_TEXT + '  custom:\n    region: "ZH"\n'
    assert proposal.summary.splitlines()[-1] == f"The expected result of 1 test follows: {OWN_TEST}."


def test_a_check_that_really_breaks_is_told_with_what_it_expected_and_is_left(dana, config):
    assert not config.push_and_sync({OWN_TEST: OWN_TEXT}).problems
    tier = {
        "target": TIER,
        "how": "advanced",
        "expression": "response.Tier__c * 2",
        "was": "production response.Tier__c",
    }
    shown = preview(dana, tier)
    assert "1 check would fail: acme-region ends with an error" in shown
    assert "expects the new result" not in shown
    submit(dana, tier)
    assert set(made().file_changes) == {JSONATA}


def test_the_page_size_changes_and_nothing_else(dana, queued):
    submit(dana, page_size("80"))
    assert queued == [made().pk]
    proposal = made()
    assert "page_size: 80" in proposal.file_changes[YAML]
    assert set(proposal.file_changes) == {YAML}
    assert "it was 50" in proposal.summary
    assert proposal.described["account_count"] == 1


def test_a_scope_is_added_and_the_list_stays_inherited(dana):
    submit(
        dana,
        {"target": SCOPES, "how": "set", "keep": ["api", "refresh_token", "custom_objects"], "add": "chatter_api\n"},
    )
    assert '$append: ["custom_objects", "chatter_api"]' in made().file_changes[YAML]


def test_an_inherited_scope_is_taken_away(dana):
    submit(
        dana,
        {
            "target": SCOPES,
            "how": "set",
            "keep": ["api", "custom_objects"],
            "was": 'production ["api","refresh_token","custom_objects"]',
        },
    )
    assert '$remove: ["refresh_token"]' in made().file_changes[YAML]


def test_an_override_is_taken_back(dana):
    submit(dana, {"target": SIZE, "how": "inherit", "was": "production 50"})
    assert "page_size" not in made().file_changes[YAML]
    assert "200" in made().summary


def test_several_changes_make_one_proposal(dana):
    submit(
        dana,
        page_size("80"),
        region(),
        {
            "target": "config:/base_url",
            "how": "set",
            "value": "https://eu.example.com",
            "was": 'production "https://{instance}.my.salesforce.com"',
        },
    )
    proposal = made()
    assert len(proposal.edits) == 3
    assert set(proposal.file_changes) == {YAML, JSONATA}
    assert proposal.title == "Acme Corp: 3 changes to salesforce"
    assert len(proposal.summary.splitlines()) == 3


def test_a_change_for_one_environment_or_for_all(dana):
    page = "/accounts/acme-corp/propose/?integration=zendesk"
    change = {"target": "config:/category", "how": "set", "value": "support", "was": 'production "ticketing"'}
    submit(dana, change, page=page, environment="production")
    proposal = made()
    assert proposal.environment == "production"
    assert proposal.file_changes["customers/acme-corp/zendesk.yaml"].startswith('environments: ["production"]')


def test_a_change_everywhere_has_no_environment(config, people, as_):
    config.push_and_sync({**SAMPLES, YAML: "config:\n  pagination:\n    page_size: 50\n"})
    page = unescape(as_("dana").get(PAGE).content.decode())
    assert 'value="*" checked' in page
    submit(as_("dana"), page_size("70", was="* 50"), environment="*")
    assert made().environment == ""


def test_the_reviewers_are_asked_who_may_approve_and_nobody_else(dana):
    submit(dana, page_size("80"), reviewers=["approver@example.com", "viewer@example.com"])
    assert made().reviewers == ["approver@example.com"]


@pytest.mark.parametrize(
    ("change", "expression"),
    [
        ({"source": "/response/Region__c"}, "response.Region__c"),
        ({"source": "other", "other": "Owner.Region Name"}, "response.Owner.`Region Name`"),
        ({"source": "/response/Region__c", "convert": "number"}, "$number(response.Region__c)"),
        ({"source": "/response/Region__c", "convert": "text"}, "$string(response.Region__c)"),
        ({"source": "/response/Region__c", "convert": "yes-no"}, '["true", "yes", "1"]'),
        ({"how": "fixed", "fixed": 'the "best"'}, '"the \\"best\\""'),
        ({"how": "fixed", "kind": "number", "fixed": "4"}, "4"),
        ({"how": "fixed", "kind": "yes"}, "true"),
        ({"how": "first", "first": "/response/A", "second": "/response/B"}, "[response.A, response.B]"),
        ({"how": "advanced", "expression": "$uppercase(response.R)"}, "$uppercase(response.R)"),
    ],
)
def test_a_field_without_a_word_of_jsonata(dana, change, expression):
    submit(dana, region(**change))
    assert expression in made().file_changes[JSONATA]


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("text", '"7"', '"7"'),
        ("number", '"7"', "7"),
        ("yes-no", '"Yes"', "true"),
        ("yes-no", "false", "false"),
    ],
)
def test_a_conversion_says_on_the_sample_what_it_gives(dana, config, form, value, shown):
    record = f'{{"Id": "1", "R": {value}}}'
    whose = '"mapping": "crm/contacts/list", "account": "acme-corp"'
    sample = f'{{{whose}, "input": {{"response": {record}}}, "expected": {{}}}}'
    config.push_and_sync({**dict.fromkeys(SAMPLES), "samples/salesforce/one.json": sample})
    page = preview(dana, region(source="/response/R", convert=form))
    assert f"<code>{shown}</code>" in page


def test_who_set_a_value_is_one_click_away(dana):
    page = text_of(dana.get(f"{PAGE}&pick={TIER}&pick={SIZE}"))
    for address in re.findall(r'<a href="([^"]+)">Who set it', page):
        assert "wins" in text_of(dana.get(address))
    assert page.count("Who set it?") == 2


# --- what keeps it from becoming one -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (page_size("many"), "This is no number"),
        (page_size(""), "Type a number"),
        (page_size("50"), "This is as it is already"),
        (region(source=""), "Choose the field that the value comes from"),
        (region(how="advanced", expression="$uppercase("), "JSONata"),
        (region(how="first", first="/response/A"), "at least two fields"),
        (
            {"target": SCOPES, "how": "set", "keep": ["api", "refresh_token", "custom_objects"], "add": "full"},
            "asks for everything",
        ),
    ],
)
def test_what_is_wrong_is_told_beside_it_and_everything_typed_stays(dana, change, sentence):
    response = submit(
        dana, change, region() if change["target"] != REGION else page_size("81"), reason="Since <they> asked"
    )
    page = text_of(response)
    assert response.status_code == 422
    assert not Proposal.objects.exists()
    card = page[page.index('data-change="' + change["target"]) :].partition("</article>")[0]
    assert sentence in card
    assert "Since <they> asked" in page
    assert (change.get("value") or change.get("expression") or change.get("first") or "") in card


def test_a_reason_is_needed(dana):
    response = submit(dana, page_size("80"), reason="  ")
    assert response.status_code == 422
    assert "Say why" in text_of(response)
    assert 'name="c0-value" value="80"' in text_of(response)


def test_what_the_model_does_not_allow_is_told_before_it_is_handed_in(dana):
    page = preview(
        dana, {"target": TIER, "how": "fixed", "kind": "number", "fixed": "7", "was": "production response.Tier__c"}
    )
    assert "“tier” does not fit the product's model" in page


def test_the_outputs_stand_side_by_side(dana):
    page = preview(dana, {"target": TIER, "how": "fixed", "fixed": "silver", "was": "production response.Tier__c"})
    assert '<code>"gold"</code>' in page
    assert '<code>"silver"</code>' in page
    assert "fields stay as before" in page


def test_the_expression_that_fails_on_the_sample_says_so(dana):
    page = preview(dana, region(how="advanced", expression="response.Tier__c * 2"))
    assert "It fails on this sample" in page


@pytest.mark.parametrize("word", ["branch", "commit", "pull request", "YAML", "merge", "repository"])
def test_the_form_has_no_word_of_git(dana, word):
    page = dana.get(f"{PAGE}&pick={SIZE}&pick={REGION}").content.decode()
    main = page[page.index('<form id="propose"') :].partition("</form>")[0]
    without_addresses = main.partition("For engineers")[0]
    assert word.lower() not in without_addresses.replace(YAML, "").lower()


def test_another_change_under_way_on_the_value_is_named(dana, as_):
    submit(as_("engineer"), page_size("90"))
    other = made()
    page = preview(dana, page_size("80"))
    assert "has an open change on this" in page
    assert other.title in page
    assert "has an open change on this" not in preview(dana, region())


# --- secrets -------------------------------------------------------------------------------------------
SECRET = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"target": "config:/oauth_app/client_secret_ref", "how": "set", "value": SECRET, "was": "production x"}, {}),
        (
            {
                "target": "config:/oauth_app/client_secret_ref",
                "how": "set",
                "value": "hunter2hunter2",
                "was": "production x",
            },
            {},
        ),
        (region(how="fixed", fixed=SECRET), {}),
        (region(how="advanced", expression=f'"{SECRET}"'), {}),
        ({"target": SCOPES, "how": "set", "add": f"x\n{SECRET}"}, {}),
        (page_size("80"), {"reason": f"the key is {SECRET}"}),
        (page_size("80"), {"ticket": SECRET}),
    ],
)
@pytest.mark.parametrize("do", ["", "look", "submit"])
def test_a_secret_is_neither_kept_nor_shown_again(dana, change, more, do):
    headers = {"HX-Request": "true", "HX-Target": "propose" if do else "preview"}
    response = dana.post(PAGE, form(change, do=do, **more), headers=headers)
    page = text_of(response)
    assert response.status_code == (422 if do == "submit" else 200)
    assert "looks like a secret" in page
    secret = "hunter2hunter2" if "hunter2hunter2" in str(change) else SECRET
    assert secret not in page
    assert not Proposal.objects.exists()
    rows = [*Draft.objects.values_list("fields", flat=True), *Entry.objects.values_list("data", "reason")]
    assert secret not in repr(rows)
    assert secret not in text_of(dana.get(PAGE))


def test_a_queue_that_cannot_be_reached_loses_nothing(dana, monkeypatch):
    def refuse(_pk):
        raise OperationalError("no broker")

    monkeypatch.setattr(publish_proposal, "delay", refuse)
    assert submit(dana, page_size("80")).status_code == 302
    assert made().state == "queued"


# --- twice, too late, too little ----------------------------------------------------------------------
def test_a_double_click_makes_one_proposal(dana):
    first, second = submit(dana, page_size("80")), submit(dana, page_size("80"))
    assert first["Location"] == second["Location"]
    assert Proposal.objects.count() == 1


def test_the_same_form_sent_again_with_other_values_is_asked_about(dana):
    submit(dana, page_size("80"))
    response = submit(dana, page_size("81"))
    assert response.status_code == 422
    assert "handed this in already" in text_of(response)
    key = text_of(response).partition('name="key" value="')[2].partition('"')[0]
    submit(dana, page_size("81"), key=key)
    assert Proposal.objects.count() == 2


def test_a_right_that_went_between_form_and_submit_keeps_what_was_typed(dana, config, people):
    config.push_and_sync({"customers/acme-corp/account.yaml": config_account(owner="someone@example.com")})
    people["dana"].groups.add(group("viewer"))
    response = submit(dana, page_size("80"))
    assert response.status_code == 403
    assert "You lack the right to propose" in text_of(response)
    assert 'name="c0-value" value="80"' in text_of(response)
    assert not Proposal.objects.exists()
    assert Draft.objects.get().fields["changes"][0]["texts"]["value"] == "80"
    assert Entry.objects.filter(event="access-denied").exists()


def test_an_account_that_changed_hands_leaves_the_draft_readable(dana, config):
    preview(dana, page_size("80"), reason="Before the handover")
    config.push_and_sync({"customers/acme-corp/account.yaml": config_account(owner="someone@example.com")})
    assert submit(dana, page_size("81")).status_code in {403, 404}
    assert not Proposal.objects.exists()
    assert Draft.objects.get().fields["reason"] == "Before the handover"


def test_a_value_that_somebody_changed_meanwhile_is_shown_and_ones_own_kept(dana, config):
    config.push_and_sync({YAML: "environments: [production]\nconfig:\n  pagination:\n    page_size: 60\n"})
    response = submit(dana, page_size("80"))
    page = text_of(response)
    assert response.status_code == 422
    assert "somebody changed this: it is <code>60</code> now" in page
    assert 'name="c0-value" value="80"' in page
    assert 'name="c0-was" value="production 60"' in page
    assert submit(dana, page_size("80", was="production 60")).status_code == 302


def test_what_somebody_added_to_a_list_meanwhile_is_not_taken_away(dana, config):
    config.push_and_sync(
        {YAML: "environments: [production]\nconfig: {oauth_app: {scopes: {$append: [custom_objects, new_one]}}}\n"}
    )
    was = 'production ["api","refresh_token","custom_objects","new_one"]'
    submit(
        dana,
        {
            "target": SCOPES,
            "how": "set",
            "keep": ["api", "refresh_token", "custom_objects"],
            "add": "mine",
            "was": 'production ["api","refresh_token","custom_objects"]',
        },
    )
    submit(
        dana,
        {
            "target": SCOPES,
            "how": "set",
            "keep": ["api", "refresh_token", "custom_objects", "new_one"],
            "add": "mine",
            "was": was,
        },
    )
    assert 'new_one, "mine"' in made().file_changes[YAML]
    assert "$remove" not in made().file_changes[YAML]


# --- drafts --------------------------------------------------------------------------------------------
def test_what_is_typed_is_found_again(dana):
    preview(dana, page_size("80"), reason="Half a reason")
    page = text_of(dana.get(PAGE))
    assert 'name="c0-value" value="80"' in page
    assert "Half a reason" in page
    assert "everything as you left it" in page


def test_a_draft_ends_with_the_proposal_and_does_not_come_back(dana):
    preview(dana, page_size("80"))
    submit(dana, page_size("80"))
    assert not Draft.objects.exists()
    preview(dana, page_size("80"))  # the last look, that came behind the submit
    assert not Draft.objects.exists()


def test_a_draft_is_nobody_elses(dana, as_):
    preview(dana, page_size("80"))
    assert 'name="c0-value"' not in text_of(as_("engineer").get(PAGE))
    as_("engineer").post("/drafts/discard/", {"place": PAGE})
    assert Draft.objects.count() == 1
    dana.post("/drafts/discard/", {"place": PAGE})
    assert not Draft.objects.exists()


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example/accounts/acme-corp/propose/", "/admin/"])
def test_discarding_leads_nowhere_else(dana, place):
    assert dana.post("/drafts/discard/", {"place": place, "again": "1"})["Location"] == "/"


def test_without_a_script_each_step_is_a_page(dana):
    response = dana.post(PAGE, form(do=f"add:{SIZE}"))
    assert response.status_code == 302
    assert 'name="c0-value" value="50"' in text_of(dana.get(response["Location"]))
    response = dana.post(PAGE, form(page_size("80"), do=f"drop:{SIZE}"))
    assert 'name="c0-value"' not in text_of(dana.get(response["Location"]))


# --- names ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["", " . ", "a..b", "x" * 201, "a\nb"])
def test_a_name_that_is_none_is_refused_with_a_sentence(dana, name):
    response = dana.post(
        PAGE, form(page_size("80"), do="new", **{"new-mapping": "crm/contacts/list:response", "new-name": name})
    )
    assert response.status_code == 200
    assert 'id="new-error"' in text_of(response)
    assert 'name="c0-value" value="80"' in text_of(response)


def test_a_name_that_the_model_lacks_is_sent_where_it_belongs(dana, config):
    known = {name: {} for name in ("id", "first_name", "title", "tier")}
    schema = {"type": "object", "additionalProperties": False, "properties": {**known, "custom": {"type": "object"}}}
    assert not config.push_and_sync({"models/crm/contacts.schema.json": json.dumps(schema)}).problems
    response = dana.post(PAGE, form(do="new", **{"new-mapping": "crm/contacts/list:response", "new-name": "region"}))
    assert "custom.region" in text_of(response)
    spaced = form(do="new", **{"new-mapping": "crm/contacts/list:response", "new-name": "sales region"})
    assert "custom.sales_region" in text_of(dana.post(PAGE, spaced))
    response = dana.post(
        PAGE, form(do="new", **{"new-mapping": "crm/contacts/list:response", "new-name": "custom.region"})
    )
    assert response.status_code == 302


@pytest.mark.parametrize(
    "pick",
    [
        "",
        "config:",
        "config:no-slash",
        "field:x",
        "field:a/b/c:nope:/x",
        "mapping:crm/contacts/list:response:/x",
        "config:/no/such",
        "x" * 5000,
    ],
)
def test_an_address_that_names_nothing_opens_the_empty_form(dana, pick):
    response = dana.get(PAGE, {"integration": "salesforce", "pick": pick})
    assert response.status_code == 200
    assert "Choose what should change first." in text_of(response)


def test_markup_in_names_and_values_stays_text(config, people, as_):
    from tests.web.factories import HOSTILE, PAYLOAD

    config.push_and_sync({**HOSTILE, **SAMPLES})
    engineer = as_("engineer")
    page = "/accounts/evil/propose/?integration=salesforce"
    for address in (page, f"{page}&pick=field:crm/contacts/list:response:/tier", f"{page}&pick=config:/evil"):
        assert "<script>alert" not in engineer.get(address).content.decode()
    change = {"target": "config:/evil", "how": "set", "value": f"{PAYLOAD} more", "was": "x"}
    response = engineer.post(page, form(change, reason=PAYLOAD), headers={"HX-Request": "true", "HX-Target": "preview"})
    assert "<script>alert" not in response.content.decode()


# --- who ----------------------------------------------------------------------------------------------
def test_who_may_not_is_told_who_can(config, people, as_):
    response = as_("viewer").get(PAGE)
    assert response.status_code == 403
    assert "You lack the right to propose an override for this account" in text_of(response)
    assert "Dana Whitfield" in text_of(response)
    assert as_("viewer").post(PAGE, form(page_size("80"))).status_code == 403
    assert not Draft.objects.exists()


def test_who_owns_another_account_learns_nothing(config, people, as_):
    assert as_("emea").get(PAGE).status_code == 404
    assert as_("emea").post(PAGE, form(page_size("80"), do="submit")).status_code == 404


def test_several_integrations_are_a_question(dana):
    page = text_of(dana.get(f"/accounts/acme-corp/propose/?pick={SIZE}"))
    assert "Which integration is it about?" in page
    assert "integration=zendesk" in page


def config_account(owner):
    return (
        f"name: Acme Corp\nowner: {owner}\ntags: [enterprise, custom]\nconnections:\n"
        "  - {integration: salesforce, environment: production}\n"
        "  - {integration: salesforce, environment: staging}\n"
        "  - {integration: zendesk, environment: production}\n"
    )


def group(name):
    from django.contrib.auth.models import Group

    return Group.objects.get(name=name)
