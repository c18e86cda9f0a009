import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

PAGE = "/accounts/acme-corp/history/"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def test_a_change_is_a_sentence_with_before_and_after(viewer, config):
    page = viewer.get(PAGE)
    said = text_of(page)
    assert "Give Acme smaller pages (#7)" in said
    assert re.search(r"config : pagination\.page_size changed in the account layer \S+:4 100 → 50", said)
    assert "PR 7" in said
    assert f"production/?at={config.commits[0]}" in page.content.decode()
    assert f"production/?at={config.commits[1]}" in page.content.decode()


ACCOUNT = (
    "name: Acme Corp\nowner: dana@example.com\nconnections:\n  - {integration: salesforce, environment: production}\n"
)


def test_connections_that_come_and_go_are_told(viewer, config):
    config.push_and_sync({"customers/acme-corp/account.yaml": ACCOUNT}, "Leave staging")
    assert "salesforce in staging was disconnected" in text_of(viewer.get(PAGE))
    more = f"{ACCOUNT}  - {{integration: salesforce, environment: staging}}\n"
    config.push_and_sync({"customers/acme-corp/account.yaml": more}, "Back to staging")
    said = text_of(viewer.get(PAGE))
    assert "salesforce in staging was connected." in said
    assert said.index("Back to staging") < said.index("Leave staging") < said.index("smaller pages")


@pytest.mark.parametrize(
    ("query", "is_there"),
    [({"integration": "salesforce"}, True), ({"integration": "zendesk"}, False), ({"in": "staging"}, False)],
)
def test_it_narrows_to_an_integration_or_environment(viewer, query, is_there):
    assert ("pagination.page_size" in text_of(viewer.get(PAGE, query))) is is_there


def test_a_filter_that_nothing_passes_says_so(viewer):
    assert "No such change" in text_of(viewer.get(PAGE, {"integration": "none-such"}))
    assert viewer.get(PAGE, {"before": "²"}).status_code == 200


def test_pages_go_on_where_the_last_one_ended(viewer, config, monkeypatch):
    monkeypatch.setattr("console.views.history._PER_PAGE", 1)
    page_size = "config:\n  pagination:\n    page_size: 60\n"
    config.push_and_sync({"customers/acme-corp/salesforce.yaml": page_size}, "Larger pages")
    seen, address = [], PAGE
    while address:
        page = viewer.get(address)
        seen += [title for title in ("Larger pages", "smaller pages") if title in text_of(page)]
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = unescape(following[1]) if following else None
    assert seen[0] == "Larger pages"
    assert seen[-1] == "smaller pages"


def test_an_account_that_is_hidden_has_no_history(as_):
    assert as_("dana").get(PAGE).status_code == 200
    assert as_("emea").get(PAGE).status_code == 404
    assert as_("viewer").get("/accounts/no-such/history/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_changes(viewer, config):
    with CaptureQueriesContext(connection) as few:
        viewer.get(PAGE)
    for size in (51, 52, 53):
        config.push_and_sync(
            {"customers/acme-corp/salesforce.yaml": f"config:\n  pagination:\n    page_size: {size}\n"}
        )
    with CaptureQueriesContext(connection) as many:
        assert "53" in text_of(viewer.get(PAGE))
    assert len(many) == len(few)


def test_it_says_who_reviewed_a_change(viewer, config):
    message = "Larger pages (#9)\n\nReviewed-by: Ruth Okafor <ruth@example.com>\nApproved-by: Ken Watanabe"
    config.push_and_sync(
        {"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 77\n"}, message
    )
    for path in ("/accounts/acme-corp/history/", f"/sync/{config.commits[-1]}/"):
        assert "Ruth Okafor and Ken Watanabe" in viewer.get(path).content.decode()
