"""Every page works by keyboard alone, and shows where one is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.pages import CONNECTION, pages

pytestmark = pytest.mark.browser
_FOCUSED = """() => {
  const at = document.activeElement;
  // A choice in the form of a chip shows where one is around the whole of it.
  const ringed = [at, at.closest("label")].filter(Boolean).map((each) => getComputedStyle(each));
  const box = at.getBoundingClientRect();
  return {
    name: at.tagName + " " + (at.getAttribute("aria-label") || at.textContent || at.name || "").trim().slice(0, 60),
    visible: ringed.some((style) =>
      (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"),
    onScreen: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""


def test_first_stop_skips_to_the_content(open_as, site):
    page = open_as().new_page()
    page.goto("/accounts/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_id("content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")


def test_focus_is_seen_at_every_stop(open_as, site):
    page = open_as(reduced_motion="reduce").new_page()  # else one would have to wait for smooth scrolling
    unseen = []
    for address in pages(site.config.commits):
        page.goto(address)
        for _ in range(25):
            page.keyboard.press("Tab")
            at = page.evaluate(_FOCUSED)
            if at["name"].startswith("BODY"):
                break
            if not (at["visible"] and at["onScreen"]):
                unseen.append(f"{address}: {at}")
    assert unseen == []


def test_search_opens_chooses_and_closes(open_as, site):
    page = open_as().new_page()
    page.goto("/accounts/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("ac")
    expect(page.locator('[role=option][aria-selected="true"]')).to_contain_text("Acme Corp")
    page.keyboard.press("ArrowDown")
    expect(page.locator('[role=option][aria-selected="true"]')).not_to_contain_text("Acme Corp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/acme-corp/")


def test_hits_that_come_late_do_not_change_what_enter_opens(open_as, site):
    page = open_as().new_page()
    page.goto("/accounts/")
    page.keyboard.press("Control+k")
    page.keyboard.type("a")
    chosen = page.locator('[role=option][aria-selected="true"]')
    expect(chosen).to_contain_text("Acme Corp")
    held: list[Route] = []
    page.route(re.compile(r"/search/\?.*q=ac"), lambda route: held.append(route))  # noqa: PLW0108 (it inspects what it is given)
    with page.expect_request(re.compile(r"q=ac")):
        page.keyboard.type("c")
    page.keyboard.press("ArrowDown")
    expect(chosen).not_to_contain_text("Acme Corp")
    second = chosen.inner_text()
    with page.expect_response(re.compile(r"q=ac")):
        held[0].continue_()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert chosen.inner_text() == second
    page.unroute_all()
    page.keyboard.type("m")
    expect(page.locator("[role=option]").first).to_contain_text("Acme")
    expect(chosen).to_contain_text("Acme Corp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/acme-corp/")


def test_filter_of_accounts_follows_the_typing_and_the_address_follows_it(open_as, site):
    page = open_as("viewer@example.com").new_page()
    page.goto("/accounts/")
    page.locator("#filter-text").focus()
    page.keyboard.type("glob")
    expect(page.locator("#accounts")).to_contain_text("1 account matches")
    expect(page).to_have_url(re.compile(r"/accounts/\?text=glob$"))
    page.reload()
    expect(page.locator("#accounts")).to_contain_text("1 account matches")
    expect(page.locator("#filter-text")).to_have_value("glob")
    page.go_back()
    expect(page.locator("#accounts")).to_contain_text("3 accounts")


def test_chain_opens_from_the_keyboard(open_as, site):
    page = open_as().new_page()
    page.goto(CONNECTION)
    leaf = page.get_by_role("link", name=re.compile("page_size")).first
    leaf.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("customers/acme-corp/salesforce.yaml:4").first).to_be_visible()
    expect(page.locator(".chain-step")).to_have_count(3)


def test_theme_switch_is_remembered(open_as, site):
    page = open_as(color_scheme="light").new_page()
    page.goto("/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")
    switch = page.locator("[data-theme-toggle]")
    while html.get_attribute("data-bs-theme") != "dark":
        switch.press("Enter")
    page.goto("/accounts/")
    expect(html).to_have_attribute("data-bs-theme", "dark")


def test_menu_of_a_phone_opens_and_leads_on(open_as, site):
    page = open_as(viewport={"width": 390, "height": 844}).new_page()
    page.goto("/")
    link = page.get_by_role("link", name="Integrations")
    expect(link).not_to_be_visible()
    page.locator(".sidebar-menu summary").press("Enter")
    expect(link).to_be_visible()
    link.press("Enter")
    page.wait_for_url("**/integrations/")


class TestWithoutScript:
    @pytest.fixture
    def page(self, open_as) -> Page:
        return open_as("erin@example.com", java_script_enabled=False).new_page()

    def test_accounts_are_filtered(self, page, site):
        page.goto("/accounts/")
        page.fill("#filter-text", "acme")
        page.get_by_role("button", name="Filter").click()
        assert "1 account matches" in page.inner_text("#accounts")

    def test_search_is_a_page(self, page, site):
        page.goto("/")
        page.click(".search-opener")
        page.wait_for_url("**/search/")
        page.fill("#search-q", "acme")
        page.get_by_role("button", name="Search", exact=True).click()
        assert "Acme Corp" in page.inner_text("#hits")

    def test_chain_is_a_page(self, page, site):
        page.goto(CONNECTION)
        page.get_by_role("link", name=re.compile("page_size")).first.click()
        assert "customers/acme-corp/salesforce.yaml:4" in page.inner_text("main")

    def test_user_menu_opens(self, page, site):
        page.goto("/")
        page.click(".user-menu")
        assert page.get_by_role("button", name="Sign out").is_visible()
