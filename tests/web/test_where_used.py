import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

TIER = "mappings:\n  crm/contacts/list:\n    response:\n      expression: '{\"tier\": response.Tier__c}'\n"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.mark.parametrize("field", ["Tier__c", "tier__C", "/response/Tier__c", "response.Tier__c"])
def test_a_provider_field_is_found_by_name_pointer_and_words(viewer, field):
    said = text_of(viewer.get("/where-used/", {"field": field}))
    assert "1 place in 1 mapping; 1 account through their own overrides." in said
    assert (
        "response.Tier__c read in response account acme-corp production customers/acme-corp/contacts_list.jsonata:2"
        in said
    )


def test_reading_and_writing_are_told_apart(viewer):
    both = text_of(viewer.get("/where-used/", {"field": "title"}))
    assert "2 places" in both
    read = text_of(viewer.get("/where-used/", {"field": "title", "direction": "reads"}))
    assert "response.Title read in response platform all all" in read
    assert "1 place" in read


def test_it_narrows_to_an_integration(viewer):
    assert "1 place" in text_of(viewer.get("/where-used/", {"field": "Tier__c", "integration": "salesforce"}))
    assert "Nothing reads or writes" in text_of(
        viewer.get("/where-used/", {"field": "Tier__c", "integration": "zendesk"})
    )


def test_without_a_field_it_offers_those_used_most(viewer):
    page = viewer.get("/where-used/")
    assert "Provider fields that are read most" in text_of(page)
    assert "field=%2Fresponse%2FFirstName" in page.content.decode()


def test_a_field_that_is_nowhere_offers_ones_like_it(viewer):
    said = text_of(viewer.get("/where-used/", {"field": "first"}))
    assert "Nothing reads or writes first" in said
    assert "response.FirstName" in said


def test_places_in_hidden_accounts_are_hidden(as_):
    said = text_of(as_("emea").get("/where-used/", {"field": "Tier__c"}))
    assert "Nothing reads or writes Tier__c" in said
    assert "acme-corp" not in said


def test_a_field_is_text(viewer):
    page = viewer.get("/where-used/", {"field": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_an_older_commit_is_searched_as_it_was(viewer, config):
    assert "1 place" in text_of(viewer.get("/where-used/", {"field": "Tier__c", "at": config.commits[0]}))


def test_the_number_of_queries_does_not_grow_with_the_places(viewer, config):
    with CaptureQueriesContext(connection) as few:
        viewer.get("/where-used/", {"field": "Tier__c"})
    more = {
        f"customers/{name}/{file}": text
        for name in ("one", "two", "three")
        for file, text in {
            "account.yaml": f"name: {name}\n",
            "salesforce.yaml": TIER,
        }.items()
    }
    config.push_and_sync(more)
    with CaptureQueriesContext(connection) as many:
        assert "4 places" in text_of(viewer.get("/where-used/", {"field": "Tier__c"}))
    assert len(many) == len(few)
