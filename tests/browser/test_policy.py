"""Hostile text of a repository runs nowhere, and no page breaks the content policy."""

from __future__ import annotations

import pytest

from tests.browser.pages import pages
from tests.web.factories import HOSTILE, HOSTILE_MESSAGE
from tests.web.test_untrusted_text import PAGES

pytestmark = pytest.mark.browser


def test_nothing_runs_and_nothing_breaks_the_policy(open_as, site):
    site.config.push_and_sync({**HOSTILE, **_WHOLE_AGAIN}, HOSTILE_MESSAGE)
    assert site.config.row.health == "ok"
    page = open_as("viewer@example.com").new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: (trouble.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    page.on(
        "console", lambda said: trouble.append(f"{page.url}: {said.text}") if "Content Security" in said.text else None
    )
    page.on("request", lambda request: None if request.url.startswith(site.url) else trouble.append(request.url))
    for address in (*PAGES, *pages(site.config.commits)):
        page.goto(address)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("<img")
    page.wait_for_selector("[role=option], .palette-nothing")
    assert trouble == []


# The site's newest commit is broken; this mends it.
_WHOLE_AGAIN = {
    "customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 50\n",
    "customers/globex/account.yaml": "name: Globex\nconnections: []\n",
}
