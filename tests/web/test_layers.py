import re
from html import unescape


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_a_layer_says_what_it_says_and_no_more(viewer):
    said = text_of(viewer.get("/layers/environment/salesforce/"))
    assert "rate_limit.concurrency 20" in said
    assert "base_url" not in said


def test_the_platform_layer_stands_beside_its_text(viewer):
    page = viewer.get("/layers/platform/salesforce/")
    assert 'category = "crm"' in text_of(page)
    assert re.search(r'<span class="code-line mark-platform" data-line="\d+">  category = ', page.content.decode())


def test_the_account_layer_is_that_of_the_accounts_one_may_see(as_):
    assert "pagination.page_size 50" in text_of(as_("viewer").get("/layers/account/salesforce/"))
    assert "pagination.page_size 50" in text_of(as_("dana").get("/layers/account/salesforce/?account=acme-corp"))
    assert "This layer says nothing" in text_of(as_("emea").get("/layers/account/salesforce/"))
    assert as_("emea").get("/layers/account/salesforce/?account=acme-corp").status_code == 404


def test_it_narrows_to_an_environment(viewer):
    said = text_of(viewer.get("/layers/environment/salesforce/?environment=staging"))
    assert "This layer says nothing in staging" in said


def test_an_older_commit_shows_what_the_layer_said_then(viewer, config):
    said = text_of(viewer.get("/layers/account/salesforce/", {"at": config.commits[0]}))
    assert "pagination.page_size 100" in said


def test_unknown_layers_and_integrations_are_not_found(viewer):
    assert viewer.get("/layers/customer/salesforce/").status_code == 404
    assert viewer.get("/layers/platform/no-such/").status_code == 404
