"""The effective page on a sample: what a mapping gives, leaf by leaf, each with its layer."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.limits import EVALUATION, one_at_a_time
from console.views.effective_output import MOST_RECORDS
from tests.web.sampled import CONTACT, DYNAMIC, FAILING, LIST, MAPPING, OF_ACME, SAMPLES, with_expression

PAGE = "/accounts/acme-corp/salesforce/production/"
PLATFORM = "integrations/mappings/salesforce_contacts.jsonata"
ACCOUNT = "customers/acme-corp/contacts_list.jsonata"


def asked(**query):
    return {"view": "sample", "mapping": MAPPING, "part": "response", **query}


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def leaves(response):
    """The rows of the output, by label: the other cells as text."""
    found = {}
    for row in re.findall(r"<tr data-output-leaf>.*?</tr>", response.content.decode(), re.DOTALL):
        cells = [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        ]
        found[cells[0]] = cells[1:]
    return found


@pytest.fixture
def dynamic(config):
    assert not config.push_and_sync(with_expression(DYNAMIC)).problems
    return config


def test_each_leaf_names_its_layer_its_line_and_what_it_shadows(viewer, dynamic):
    page = viewer.get(PAGE, asked(sample=OF_ACME))
    assert page.status_code == 200
    assert leaves(page) == {
        "id": ['"003B"', "platform", f"{PLATFORM}:2"],
        "first_name": ['"Bea"', "platform", f"{PLATFORM}:3"],
        "title": [f'"Dr CTO" over platform "CTO" {PLATFORM}:4', "account", f"{ACCOUNT}:1"],
        "tier only when run": ['"gold"', "account", f"{ACCOUNT}:1"],
    }
    assert "platform 2 leaves account 2 leaves" in text_of(page)


def test_the_output_is_written_as_json_with_each_leaf_in_the_colour_of_its_layer(viewer, dynamic):
    page = viewer.get(PAGE, asked(sample=OF_ACME)).content.decode()
    block = page.split('aria-label="Output, coloured by layer"')[1].split("</pre>")[0]
    lines = re.findall(r'<span class="code-line([^"]*)">(.*?)\n</span>', block)
    assert json.loads("\n".join(unescape(line) for _, line in lines)) == {
        "id": "003B",
        "first_name": "Bea",
        "title": "Dr CTO",
        "tier": "gold",
    }
    assert [mark.strip() for mark, _ in lines] == [
        "",
        "mark-platform",
        "mark-platform",
        "mark-account",
        "mark-account",
        "",
    ]


def test_fields_that_are_mapped_but_came_out_empty_are_named(viewer, dynamic):
    page = viewer.get(PAGE, asked(sample=CONTACT))
    assert set(leaves(page)) == {"id", "first_name", "title"}
    page = viewer.get(PAGE, asked(sample=LIST))
    assert "Mapped, but not in this output: first_name ." in text_of(page)


def test_the_accounts_own_sample_comes_first_then_everyones(viewer, dynamic):
    page = viewer.get(PAGE, asked()).content.decode()
    assert re.findall(r'<optgroup label="([^"]+)">', page) == ["For Acme Corp", "For every account"]
    assert re.findall(r'<option value="(samples/[^"]+)"( selected)?', page) == [
        (OF_ACME, " selected"),
        (CONTACT, ""),
        (LIST, ""),
    ]


def test_with_nothing_chosen_it_opens_at_a_mapping_that_the_accounts_own_sample_exercises(viewer, dynamic):
    page = viewer.get(PAGE, {"view": "sample"})
    assert leaves(page)["id"][0] == '"003B"'
    assert leaves(viewer.get(page["HX-Push-Url"])) == leaves(page)


def test_a_list_is_evaluated_once_per_record(viewer, dynamic):
    said = text_of(viewer.get(PAGE, asked(sample=LIST)))
    assert "Record 1 of 2" in said
    assert "Record 2 of 2" in said
    assert '"silver"' in said


def test_of_very_many_records_the_first_are_shown(viewer, config):
    sample = {"mapping": MAPPING, "input": {"response": [{"Id": str(n)} for n in range(MOST_RECORDS + 5)]}}
    assert not config.push_and_sync({LIST: json.dumps({**sample, "expected": []})}).problems
    page = viewer.get(PAGE, asked(sample=LIST))
    assert page.content.decode().count('class="sampled"') == MOST_RECORDS
    assert "5 more records of the sample are not shown." in text_of(page)


def test_the_part_that_htmx_swaps_is_the_one_that_the_page_includes(viewer, dynamic):
    whole = viewer.get(PAGE, asked(sample=OF_ACME))
    part = viewer.get(PAGE, asked(sample=OF_ACME), headers={"HX-Request": "true", "HX-Target": "on-sample"})
    assert "<html" not in part.content.decode()
    assert leaves(part) == leaves(whole)
    assert part.content.decode().strip() in whole.content.decode()
    assert "HX-Request" in part["Vary"]


def test_choosing_another_mapping_leaves_the_old_ones_sample_behind(viewer, dynamic):
    htmx = {"HX-Request": "true", "HX-Target": "on-sample"}
    page = viewer.get(PAGE, asked(sample="samples/salesforce/of-another-mapping.yaml"), headers=htmx)
    assert "is no sample of this part" not in text_of(page)
    address = page["HX-Push-Url"]
    assert parse_qs(urlsplit(address).query) == {
        "view": ["sample"],
        "mapping": [MAPPING],
        "part": ["response"],
        "sample": [OF_ACME],
    }
    assert leaves(viewer.get(address)) == leaves(page)


def test_every_part_leads_to_its_samples_and_to_the_playground(viewer, dynamic):
    page = viewer.get(PAGE).content.decode()
    (address,) = [unescape(link) for link in re.findall(r'href="(\?[^"]*view=sample[^"]*part=[^"]*)"', page)]
    assert parse_qs(address[1:]) == {"view": ["sample"], "mapping": [MAPPING], "part": ["response"]}
    shown = viewer.get(PAGE + address)
    assert leaves(shown)
    link = re.search(r'href="(/playground/[^"]*sample=[^"]*)"', shown.content.decode())
    assert link is not None
    assert parse_qs(urlsplit(unescape(link.group(1))).query) == {
        "account": ["acme-corp"],
        "integration": ["salesforce"],
        "environment": ["production"],
        "mapping": [MAPPING],
        "part": ["response"],
        "sample": [OF_ACME],
    }
    assert viewer.get(unescape(link.group(1))).status_code == 200


def test_a_layer_that_fails_is_named_with_its_line_which_leads_to_the_source(viewer, config):
    assert not config.push_and_sync(with_expression(FAILING)).problems
    page = viewer.get(PAGE, asked(sample=OF_ACME))
    assert page.status_code == 200
    said = text_of(page)
    assert "The account layer's expression fails on this sample" in said
    assert "[T2001]" in said
    assert re.search(rf'href="/source/{ACCOUNT}#L2">{ACCOUNT}:2:\d+<', page.content.decode())
    assert 'data-line="2"> &#34;tier&#34;: response.Tier__c * 2' in " ".join(page.content.decode().split())


def test_without_a_sample_it_says_what_to_do(viewer):
    said = text_of(viewer.get(PAGE, asked()))
    assert "No sample exercises this mapping" in said
    assert "under samples/salesforce/" in said
    assert "Try it in the playground" in said


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"mapping": "crm/deals/list"}, "crm/deals/list maps no response here"),
        ({"part": "query"}, f"{MAPPING} maps no query here"),
    ],
)
def test_what_is_not_mapped_says_so(viewer, query, sentence):
    page = viewer.get(PAGE, {**asked(), **query})
    assert page.status_code == 200
    assert sentence in text_of(page)


def test_a_part_that_is_none_is_the_response(viewer, dynamic):
    assert leaves(viewer.get(PAGE, asked(part="nonsense")))


def test_an_integration_without_mappings_says_so(viewer):
    page = viewer.get("/accounts/acme-corp/zendesk/production/", {"view": "sample"})
    assert "There are no mappings here" in text_of(page)


def test_a_sample_that_is_gone_is_not_silently_another(viewer, dynamic):
    page = viewer.get(PAGE, asked(sample="samples/salesforce/gone.yaml"))
    assert "samples/salesforce/gone.yaml is no sample of this part at this commit; another one is shown." in text_of(
        page
    )


def test_a_sample_whose_input_binds_nothing_says_so(viewer, config):
    unwrapped = f'mapping: {MAPPING}\ninput: {{Id: "1"}}\nexpected: {{}}\n'
    if config.push_and_sync({CONTACT: unwrapped}).problems:
        pytest.skip("such a sample is refused before it gets here")
    assert "but this one has the key “Id”" in text_of(viewer.get(PAGE, asked(sample=CONTACT)))


def test_an_older_commit_is_evaluated_as_it_was(viewer, dynamic):
    dynamic.push_and_sync({ACCOUNT: '{"tier": "always"}'})
    at = dynamic.commits[-2]
    page = viewer.get(PAGE, asked(sample=OF_ACME, at=at))
    assert leaves(page)["tier only when run"][0] == '"gold"'
    assert leaves(viewer.get(PAGE, asked(sample=OF_ACME)))["tier"][0] == '"always"'
    assert f"at={at}" in page.content.decode()


def test_a_sample_of_an_account_that_may_not_be_seen_is_not_offered(as_, config):
    of_globex = SAMPLES[OF_ACME].replace("acme-corp", "globex").replace("Bea", "Secret")
    files = {
        **SAMPLES,
        "samples/salesforce/contact-globex.yaml": of_globex,
        "customers/globex/salesforce.yaml": "config: {}\n",
        "customers/globex/account.yaml": (
            "name: Globex\nowner: team:emea-csm\nconnections:\n  - {integration: salesforce, environment: production}\n"
        ),
    }
    assert not config.push_and_sync(files).problems
    hidden = "samples/salesforce/contact-globex.yaml"
    mine = as_("dana").get(PAGE, asked(sample=hidden))
    assert hidden not in re.sub(r"<p class=\"banner.*?</p>|<a[^>]*>", "", mine.content.decode(), flags=re.DOTALL)
    assert "Secret" not in mine.content.decode()
    seen = as_("viewer").get(PAGE, asked(sample=hidden))
    assert leaves(seen)["first_name"][0] == '"Secret"'
    assert "This sample was written for globex" in text_of(seen)


def test_who_may_not_see_the_account_evaluates_nothing(as_, dynamic):
    assert as_("emea").get(PAGE, asked()).status_code == 404


def test_a_person_who_has_had_their_share_is_told_so(viewer, dynamic, settings):
    settings.EVALUATIONS_PER_MINUTE = 1
    assert leaves(viewer.get(PAGE, asked()))
    refused = viewer.get(PAGE, asked())
    assert refused.status_code == 200
    assert "You may do this 1 times a minute" in text_of(refused)
    assert not leaves(refused)


def test_an_evaluation_that_still_runs_is_waited_for(viewer, people, dynamic):
    with one_at_a_time(EVALUATION, f"user-{people['viewer'].pk}", longest=30):
        assert "Your last one still runs" in text_of(viewer.get(PAGE, asked()))


def test_the_page_without_a_sample_evaluates_nothing_and_asks_nothing_more(viewer, dynamic, count_queries, monkeypatch):
    before = count_queries(viewer, PAGE)

    def fail():
        raise AssertionError

    monkeypatch.setattr("console.evaluations.evaluator", fail)
    for view in ("rendered", "source", "raw"):
        assert viewer.get(PAGE, {"view": view}).status_code == 200
    assert count_queries(viewer, PAGE) == before


def test_a_sample_costs_the_page_one_query_beside_those_of_the_share(viewer, dynamic):
    counts = []
    for address in (PAGE, f"{PAGE}?{urlencode(asked(sample=OF_ACME))}"):
        assert viewer.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert viewer.get(address).status_code == 200
        asked_for = [query["sql"] for query in captured]
        counts.append(len([sql for sql in asked_for if "SAVEPOINT" not in sql and "django_cache" not in sql]))
    assert counts[1] <= counts[0] + 1


def test_text_of_a_sample_stays_text(viewer, config):
    evil = "<script>alert(1)</script>"
    sample = {"mapping": MAPPING, "input": {"response": {"Id": evil}}, "expected": {"id": evil}}
    assert not config.push_and_sync(
        {**with_expression(f'{{"{evil}": response.Id}}'), LIST: json.dumps(sample)}
    ).problems
    page = viewer.get(PAGE, asked(sample=LIST)).content.decode()
    assert evil not in page
    assert "&lt;script&gt;" in page
