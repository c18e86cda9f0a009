import json
import re
from html import unescape

PAGE = "/integrations/salesforce/mappings/crm/contacts/list/"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_a_mapping_stands_beside_its_schema(viewer):
    page = viewer.get(PAGE)
    said = text_of(page)
    assert "Unified fields 3 of 4 filled" in said
    assert re.search(r"title string or null response.Title platform integrations/mappings/\S+:4", said)
    assert "tier string or null not filled" in said


def test_its_lines_lead_to_the_lines_of_its_file(viewer):
    page = viewer.get(PAGE).content.decode()
    assert re.search(r'data-line="4" href="/source/integrations/mappings/salesforce_contacts.jsonata#L4"', page)


def test_it_lists_the_provider_fields_that_it_reads(viewer):
    page = viewer.get(PAGE).content.decode()
    assert "/where-used/?field=FirstName&amp;direction=reads" in page


def test_it_names_the_accounts_that_override_it_to_those_who_may_see_them(as_):
    assert "acme-corp production response, merge" in text_of(as_("viewer").get(PAGE))
    assert "acme-corp" not in text_of(as_("emea").get(PAGE))


def test_samples_are_shown_but_those_of_hidden_accounts(as_, config):
    sample = {
        "mapping": "crm/contacts/list",
        "account": "acme-corp",
        "input": {"response": {"Id": "<b>1</b>"}},
        "expected": {"id": "<b>1</b>"},
    }
    outcome = config.push_and_sync({"samples/salesforce/contact.json": json.dumps(sample)})
    assert not outcome.problems
    assert "<b>1</b>" in text_of(as_("viewer").get(PAGE)) or "&lt;b&gt;" in as_("viewer").get(PAGE).content.decode()
    assert "<b>1</b>" not in as_("viewer").get(PAGE).content.decode()
    assert "No sample tests this mapping" in text_of(as_("emea").get(PAGE))


def test_a_mapping_that_is_not_there_is_not_found(viewer):
    for address in (
        "/integrations/no-such/mappings/crm/contacts/list/",
        "/integrations/salesforce/mappings/crm/contacts/get/",
        "/integrations/zendesk/mappings/crm/contacts/list/",
    ):
        assert viewer.get(address).status_code == 404
