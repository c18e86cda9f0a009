"""axe-core finds nothing to complain about on any page, in either theme, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.pages import SIGNED_OUT, pages
from tests.web.second_factors import with_app

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "axe.min.js"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def complaints(page: Page, address: str) -> list[str]:
    page.goto(address)
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{address}: {violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in found
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESK), ("dark", DESK), ("dark", PHONE)], ids=["light", "dark", "phone"]
)
def test_no_page_has_a_violation(open_as, site, theme, viewport):
    # The policy of the console would forbid axe itself, and nothing else is asked of these contexts.
    options = {"color_scheme": theme, "viewport": viewport, "bypass_csp": True}
    page = open_as("dana@example.com", **options).new_page()
    found = [each for address in pages(site.config.commits) for each in complaints(page, address)]
    stranger = open_as(None, **options).new_page()
    found += [each for address in SIGNED_OUT for each in complaints(stranger, address)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("person", ["ada@example.com", "audrey@example.com"])
def test_pages_about_people_have_no_violation(open_as, site, person):
    """For who may change something there, once they have confirmed, and for who is told why not."""
    _, codes = with_app(site.people[person])
    for number, viewport in enumerate((DESK, PHONE)):
        page = open_as(person, viewport=viewport, bypass_csp=True).new_page()
        found = complaints(page, "/people/")
        page.click("text=Dana Whitfield")
        if person == "ada@example.com":
            page.get_by_label("Code").fill(codes[number])
            page.get_by_role("button", name="Confirm").click()
            page.wait_for_selector("text=Said in Git")
            found += complaints(page, "/people/add/")
            page.go_back()
        page.wait_for_selector("text=Said in Git")
        found += complaints(page, page.url)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert not found, "\n".join(found)


def test_open_search_has_no_violation(open_as, site):
    page = open_as(bypass_csp=True).new_page()
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("contacts")
    page.wait_for_selector("[role=option]")
    page.add_script_tag(path=AXE)
    found = page.evaluate("async () => (await axe.run('#palette')).violations.map((each) => [each.id, each.help])")
    assert found == []


def test_no_page_is_wider_than_a_phone(open_as, site):
    page = open_as(viewport=PHONE).new_page()
    wide = []
    for address in pages(site.config.commits):
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(address)
    assert wide == []
