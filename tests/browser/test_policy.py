"""Hostile text of a repository runs nowhere, and no page breaks the content policy."""

from __future__ import annotations

import pytest

from console.middleware import BrowserPolicyMiddleware
from tests.browser.pages import SIGNED_OUT, pages
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


def test_no_page_asks_anybody_else_for_anything(open_as, site):
    """Whoever looks at a customer here is known to this origin alone."""
    asked: set[str] = set()
    signed_out, admin = (open_as(email).new_page() for email in (None, "ada@example.com"))
    for page, addresses in (
        (signed_out, (*SIGNED_OUT, "/healthz", "/robots.txt")),
        (admin, (*pages(site.config.commits), "/admin/", "/admin/console/user/", "/api/v1/accounts/")),
    ):
        page.on("request", lambda request: asked.add(request.url))
        page.on("websocket", lambda socket: asked.add(socket.url))
        for address in addresses:
            page.goto(address)
    assert len(asked) > 40
    assert [url for url in sorted(asked) if not url.startswith((f"{site.url}/", "data:image/"))] == []


def test_pages_may_use_what_they_use_and_no_other_feature(open_as, site):
    page = open_as().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/accounts/")
    allowed = page.evaluate("document.featurePolicy.allowedFeatures()")
    # Client hints are headers that a server must ask for, and nobody here asks; they have no place in this policy.
    known = {name for name in allowed if not name.startswith("ch-")}
    assert known - {"aria-notify"} == set(BrowserPolicyMiddleware.USED)
    assert [text for text in said if "Permissions-Policy" in text] == []


# The site's newest commit is broken; this mends it.
_WHOLE_AGAIN = {
    "customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 50\n",
    "customers/globex/account.yaml": "name: Globex\nconnections: []\n",
}
