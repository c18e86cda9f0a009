"""What stands in the repository is text on every page, whatever it looks like."""

from __future__ import annotations

import json
import re

import pytest

from tests.web.factories import HOSTILE, HOSTILE_MESSAGE, PAYLOAD

PAGES = (
    "/",
    "/accounts/",
    "/accounts/?text=%3Cscript%3Ealert(1)%3C/script%3E",
    "/accounts/evil/",
    "/accounts/evil/history/",
    "/accounts/evil/salesforce/production/",
    "/accounts/evil/salesforce/production/?view=source",
    "/accounts/evil/salesforce/production/?view=raw",
    "/accounts/evil/salesforce/production/chain/?path=/evil",
    "/integrations/",
    "/integrations/salesforce/",
    "/integrations/salesforce/mappings/crm/contacts/list/",
    "/layers/account/salesforce/?account=evil",
    "/layers/platform/salesforce/",
    "/source/customers/evil/account.yaml",
    "/source/customers/evil/salesforce.yaml",
    "/where-used/?field=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    "/where-used/?field=tier",
    "/search/?q=%3Cimg",
    "/sync/",
)


@pytest.fixture
def hostile(config):
    outcome = config.push_and_sync(HOSTILE, HOSTILE_MESSAGE)
    assert outcome.result == "activated", outcome
    return config


@pytest.mark.parametrize("address", PAGES)
def test_no_markup_of_the_repository_reaches_the_page(hostile, as_, address):
    response = as_("viewer").get(address)
    assert response.status_code == 200
    page = response.content.decode()
    assert not re.search(r"<(script|img|svg)[^>]*(alert|onerror)", page)
    assert "<script>alert" not in page


def test_the_payload_is_shown_as_it_is_written(hostile, as_):
    client = as_("viewer")
    for address in ("/accounts/", "/accounts/evil/"):
        assert "&lt;script&gt;alert" in client.get(address).content.decode()
    assert "&lt;script&gt;" in client.get(f"/sync/{hostile.commits[-1]}/").content.decode()


def test_errors_that_quote_the_repository_are_text(config, as_):
    config.push_and_sync(
        {f"customers/evil/{json.dumps('x')[1:-1]}.yaml": f"config: {{{json.dumps(PAYLOAD)}: [}}\n"}, HOSTILE_MESSAGE
    )
    page = as_("viewer").get(f"/sync/{config.commits[-1]}/").content.decode()
    assert "<script>alert" not in page


def test_policy_allows_nothing_inline(viewer):
    policy = viewer.get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
