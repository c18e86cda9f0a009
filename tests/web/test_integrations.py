import re
from html import unescape

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.factories import many_accounts


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_the_catalogue_tells_what_each_integration_is(viewer):
    said = text_of(viewer.get("/integrations/"))
    assert re.search(r"salesforce https://\{instance\}\S+ crm staging production 1 1 1", said)
    assert re.search(r"zendesk \S+ ticketing staging production 0 2 0", said)


def test_the_catalogue_narrows_by_text_category_and_environment(viewer):
    for query in ({"q": "SALES"}, {"category": "crm"}, {"q": "my.salesforce.com", "environment": "staging"}):
        said = text_of(viewer.get("/integrations/", query))
        assert "1 of 2 integrations" in said
    assert "No integration passes the filter" in text_of(viewer.get("/integrations/", {"q": "none such"}))


def test_an_integration_shows_each_environment_as_it_is_there(viewer):
    production, staging = (
        viewer.get("/integrations/salesforce/", {"environment": name}) for name in ("production", "staging")
    )
    assert "vault://kv/production/salesforce#client_id" in text_of(production)
    assert "vault://kv/staging/salesforce#client_id" in text_of(staging)
    assert re.search(r"concurrency 20 environment shadows 1 environments/production/salesforce.tf", text_of(production))
    assert re.search(r"concurrency 25 platform", text_of(staging))
    assert "contacts.list GET /query" in text_of(production)


def test_an_integration_names_who_overrides_it(viewer):
    said = text_of(viewer.get("/integrations/salesforce/"))
    assert re.search(r"acme-corp production pagination, oauth_app crm/contacts/list customers/acme-corp/\S+", said)


def test_an_integration_leads_those_who_may_to_a_change_for_all(as_):
    way = 'href="/layers/platform/salesforce/propose/"'
    assert way in as_("engineer").get("/integrations/salesforce/").content.decode()
    assert way not in as_("dana").get("/integrations/salesforce/").content.decode()


def test_overriding_accounts_come_in_pages(viewer, config, monkeypatch):
    monkeypatch.setattr("console.views.integrations._PER_PAGE", 3)
    config.push_and_sync(many_accounts(5))
    seen, address = [], "/integrations/salesforce/"
    while address:
        page = viewer.get(address).content.decode()
        seen += re.findall(r'/accounts/((?:many|acme)[a-z0-9-]+)/"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else None
    assert seen == ["acme-corp", *(f"many-{number:03d}" for number in range(5))]


def test_accounts_that_are_hidden_are_not_named(as_):
    assert "acme-corp" not in text_of(as_("emea").get("/integrations/salesforce/"))
    assert "acme-corp" in text_of(as_("dana").get("/integrations/salesforce/"))


def test_an_unknown_integration_is_not_found(viewer):
    assert viewer.get("/integrations/no-such/").status_code == 404


def test_the_number_of_queries_does_not_grow(viewer, config):
    addresses = ["/integrations/", "/integrations/salesforce/"]
    counts = []
    for _ in range(2):
        for address in addresses:
            viewer.get(address)
            with CaptureQueriesContext(connection) as counted:
                viewer.get(address)
            counts.append(len(counted))
        config.push_and_sync(many_accounts(20))
    assert counts[:2] == counts[2:]
