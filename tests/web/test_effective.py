import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from ruamel.yaml import YAML

from tests.web.factories import many_accounts

PAGE = "/accounts/acme-corp/salesforce/production/"
TIER = "crm/contacts/list:response/tier"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def row_of(response, label):
    """The cells of the row whose leaf is `label`, as text, but for the way to its change."""
    for row in re.findall(r"<tr data-row.*?</tr>", response.content.decode(), re.DOTALL):
        row = re.sub(r'<a class="leaf-change".*?</a>', "", row)  # noqa: PLW2901 - the same row
        cells = [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        ]
        if cells[0] == label:
            return cells
    return None


def test_each_value_names_its_layer_and_line(viewer):
    page = viewer.get(PAGE)
    assert row_of(page, "page_size") == [
        "page_size",
        "50",
        "account shadows 1",
        "customers/acme-corp/salesforce.yaml:4",
    ]
    assert row_of(page, "concurrency")[1:3] == ["20", "environment shadows 1"]
    assert row_of(page, "category") == ["category", '"crm"', "platform", "integrations/salesforce.tf:4"]
    assert row_of(page, "scopes")[1] == '["api","refresh_token","custom_objects"]'


def test_each_mapped_field_names_its_expression_layer_and_line_in_its_file(viewer):
    page = viewer.get(PAGE)
    assert row_of(page, "tier") == [
        "tier",
        "response.Tier__c",
        "account",
        "customers/acme-corp/contacts_list.jsonata:2",
    ]
    expected = ["title", "response.Title", "platform", "integrations/mappings/salesforce_contacts.jsonata:4"]
    assert row_of(page, "title") == expected


def test_overridden_here_leaves_only_what_the_account_sets(viewer):
    page = viewer.get(f"{PAGE}?layer=account")
    assert row_of(page, "page_size")
    assert row_of(page, "scopes")
    assert row_of(page, "tier")
    assert row_of(page, "category") is None
    assert row_of(page, "concurrency") is None
    assert row_of(page, "title") is None


@pytest.mark.parametrize("text", ["PAGE_size", "pagination", "Custom_Obj"])
def test_the_text_filter_looks_at_paths_and_values_in_any_case(viewer, text):
    page = viewer.get(PAGE, {"q": text})
    assert row_of(page, "category") is None
    assert row_of(page, "page_size") or row_of(page, "scopes")


def test_a_filter_that_nothing_passes_says_so_and_offers_the_way_back(viewer):
    page = viewer.get(PAGE, {"q": "no such thing"})
    assert "No leaf of the config passes the filter." in text_of(page)
    assert f'href="{PAGE}"' in page.content.decode()


def test_one_mapping_alone_shows_its_expressions_layer_by_layer(viewer):
    page = viewer.get(PAGE, {"mapping": "crm/contacts/list"})
    assert row_of(page, "page_size") is None
    assert row_of(page, "tier")
    assert "merged over the layers below" in text_of(page)
    assert '"tier": response.Tier__c' in text_of(page)


def test_a_path_in_the_address_opens_its_chain_with_losers_authors_and_pull_request(viewer):
    page = viewer.get(PAGE, {"path": "/pagination/page_size"})
    chain = page.content.decode().split('<ol class="chain-steps">')[1].split("</ol>")[0]
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", chain)).split())
    assert re.search(r"platform shadowed 200 integrations/salesforce.tf:\d+", said)
    assert "environment says nothing here" in said
    assert re.search(r"account wins 50 customers/acme-corp/salesforce.yaml:4", said)
    assert "Give Acme smaller pages (#7)" in said
    assert "Dana Reyes" in said
    assert "PR 7" in said
    assert chain.count("<del>") == 1
    assert chain.index("platform") < chain.index("environment") < chain.index("account")


def test_the_chain_has_its_own_page_and_is_a_row_for_htmx(viewer):
    whole = viewer.get(f"{PAGE}chain/", {"path": TIER})
    part = viewer.get(f"{PAGE}chain/", {"path": TIER}, headers={"HX-Request": "true"})
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    for response in (whole, part):
        assert "response.Tier__c" in text_of(response)
        assert "customers/acme-corp/contacts_list.jsonata:2" in text_of(response)


@pytest.mark.parametrize("path", ["", "/nothing/here", "crm/contacts/list:response/nothing", "crm:x/y", "/a\x00b"])
def test_a_path_that_nothing_sets_has_no_chain(viewer, path):
    assert viewer.get(f"{PAGE}chain/", {"path": path}).status_code == 404
    assert viewer.get(PAGE, {"path": path}).status_code == 200


def test_a_removed_value_is_shown_with_who_removed_it(viewer, config):
    removed = "config:\n  rate_limit:\n    requests: null\n"
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": removed})
    assert row_of(viewer.get(PAGE), "requests") == [
        "requests",
        "1000",
        "account removes it",
        "customers/acme-corp/salesforce.yaml:3",
    ]
    assert "account removes it null" in text_of(viewer.get(f"{PAGE}chain/", {"path": "/rate_limit/requests"}))


def test_an_older_commit_shows_what_held_then_and_links_stay_there(viewer, config):
    page = viewer.get(PAGE, {"at": config.commits[0]})
    assert row_of(page, "page_size")[1] == "100"
    assert f"/source/customers/acme-corp/salesforce.yaml?at={config.commits[0]}#L4" in page.content.decode()


@pytest.mark.parametrize("at", ["f" * 40, "no-such", "--help", "HEAD^{tree}"])
def test_a_commit_that_is_not_there_is_not_found(viewer, at):
    assert viewer.get(PAGE, {"at": at}).status_code == 404


def test_source_shows_the_lines_of_every_contributing_file(viewer):
    said = text_of(viewer.get(PAGE, {"view": "source"}))
    for file in (
        "integrations/salesforce.tf",
        "environments/production/salesforce.tf",
        "customers/acme-corp/salesforce.yaml",
    ):
        assert file in said
    assert "page_size: 50" in said


def test_raw_is_the_very_config_that_is_downloaded(viewer):
    raw = viewer.get(PAGE, {"view": "raw"}).content.decode()
    shown = json.loads(unescape(re.search(r'<pre class="code-block raw".*?<code>(.*?)</code>', raw, re.DOTALL)[1]))
    as_json = viewer.get(f"{PAGE}effective.json")
    as_yaml = viewer.get(f"{PAGE}effective.yaml")
    assert shown == json.loads(as_json.content) == YAML(typ="safe").load(as_yaml.content)
    assert shown["pagination"]["page_size"] == 50


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("yaml", "application/yaml")])
def test_a_download_names_what_it_holds(viewer, config, form, kind):
    response = viewer.get(f"{PAGE}effective.{form}", {"of": "all"})
    name = f"acme-corp-salesforce-production-effective-{config.commits[-1][:8]}.{form}"
    assert response["Content-Type"] == f"{kind}; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    body = json.loads(response.content) if form == "json" else YAML(typ="safe").load(response.content)
    assert body["commit"] == config.commits[-1]
    assert body["mappings"]["crm/contacts/list"]["response"]["fields"][-1]["path"] == "/tier"


def test_another_form_of_download_is_not_found(viewer):
    assert viewer.get(f"{PAGE}effective.xml").status_code == 404


def test_a_missing_connection_names_those_that_there_are(viewer):
    page = viewer.get("/accounts/globex/salesforce/production/")
    assert page.status_code == 404
    assert "/accounts/globex/zendesk/production/" in page.content.decode()


@pytest.mark.parametrize("tail", ["", "chain/?path=/category", "effective.json", "?view=raw"])
def test_only_those_who_may_see_the_account_see_it(as_, tail):
    assert as_("dana").get(PAGE + tail).status_code == 200
    assert as_("emea").get(PAGE + tail).status_code == 404
    assert as_("nobody").get(PAGE + tail).status_code in {403, 404}
    assert as_("viewer").get(f"/accounts/no-such/salesforce/production/{tail}").status_code == 404


def test_what_the_repository_says_is_text(viewer, config):
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    quoted = json.dumps(attack)
    account = f"config:\n  {quoted}: {quoted}\n  category: {quoted}\n"
    expression = '{"tier": "<script>alert(2)</script>"}'
    config.push_and_sync(
        {
            "customers/acme-corp/salesforce.yaml": f"{account}mappings:\n  crm/contacts/list:\n    response:\n"
            f"      expression: {json.dumps(expression)}\n"
        },
        "<script>alert(3)</script>",
    )
    for tail in (
        "",
        "?view=source",
        "?view=raw",
        "?view=raw&of=all",
        "?path=/category",
        "?mapping=crm/contacts/list",
        "?q=<script>",
        "chain/?path=/category",
        f"chain/?path={TIER}",
    ):
        page = viewer.get(PAGE + tail)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "<img src=x" not in page.content.decode()


def test_the_number_of_queries_does_not_grow_with_what_is_shown(viewer, config):
    viewer.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        viewer.get(PAGE)
    settings = "".join(f"  extra_{number}: {number}\n" for number in range(80))
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": f"config:\n{settings}", **many_accounts(12)})
    viewer.get(PAGE)
    with CaptureQueriesContext(connection) as many:
        page = viewer.get(PAGE)
    assert row_of(page, "extra_79")
    assert len(many) == len(few)
