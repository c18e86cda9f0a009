import re
from html import unescape

PAGE = "/compare/acme-corp/salesforce/"
MINUS = "\N{MINUS SIGN}"
HERE = "acme-corp/production"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_environments_differ_in_value_and_layer(viewer):
    said = text_of(viewer.get(PAGE, {"left": HERE, "right": "acme-corp/staging"}))
    assert re.search(rf"pagination\.page_size {MINUS} 50 account \S+:4 \+ 200 platform", said)
    assert f"tier {MINUS} response.Tier__c account" in said
    assert "category" not in said.split("difference")[1]


def test_everything_includes_what_is_alike(viewer):
    said = text_of(viewer.get(PAGE, {"left": HERE, "right": "acme-corp/staging", "show": "all"}))
    assert "category" in said.split("differences")[1]


def test_split_puts_the_sides_in_columns(viewer):
    page = viewer.get(PAGE, {"left": HERE, "right": "acme-corp/staging", "as": "split"}).content.decode()
    assert '<td class="side-left"><code class="diff-text">50</code>' in page
    assert '<td class="side-right"><code class="diff-text">200</code>' in page


def test_two_commits_of_one_connection(viewer, config):
    first, last = config.commits[0], config.commits[-1]
    said = text_of(viewer.get(PAGE, {"left": f"{HERE}@{first}", "right": f"{HERE}@{last}"}))
    assert "1 difference" in said
    assert re.search(rf"pagination\.page_size {MINUS} 100 account \S+ \+ 50 account", said)


def test_an_account_against_the_layers_below_it(viewer):
    said = text_of(viewer.get(PAGE, {"left": "-/production", "right": HERE}))
    assert "tier + response.Tier__c account" in said


def test_both_sides_alike_say_so(viewer):
    assert "Both sides are alike" in text_of(viewer.get(PAGE, {"left": HERE, "right": HERE}))


def test_the_form_leads_to_the_one_address_of_a_comparison(viewer):
    fields = {"left_account": "acme-corp", "left_environment": "production", "left_at": ""}
    fields |= {"right_account": "", "right_environment": "staging", "right_at": "", "as": "split"}
    response = viewer.get(PAGE, fields)
    assert response.status_code == 302
    assert response["Location"] == f"{PAGE}?left=acme-corp%2Fproduction&right=-%2Fstaging&as=split"


def test_an_unknown_side_is_told_beside_the_form(viewer):
    for right in ("no-such/production", "acme-corp/nowhere", f"{HERE}@{'f' * 40}", "globex/production"):
        page = viewer.get(PAGE, {"left": HERE, "right": right})
        assert page.status_code == 200
        assert "banner-warning" in page.content.decode()


def test_nobody_compares_with_an_account_that_is_hidden_from_them(as_):
    said = text_of(as_("dana").get(PAGE, {"left": HERE, "right": "globex/production"}))
    assert "There is no account “globex”" in said
    assert "globex" not in as_("dana").get(PAGE).content.decode()
    assert as_("emea").get(PAGE).status_code == 404
