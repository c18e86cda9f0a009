"""From an account's page to a change that is in force: proposed by one person, approved and merged by another.

What the browser test walks and what `make screenshots` takes its pictures of is the same.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, Page, expect

SIZE = {"width": 1440, "height": 900}
REASON = "Acme's regions are states; their reports need them by Friday."
Note = Callable[[Page, str], None]


def person(browser: Browser, address: str, name: str, **options: object) -> BrowserContext:
    """A window of one of the demo's people, signed in."""
    context = browser.new_context(**{"viewport": SIZE, "base_url": address, "reduced_motion": "reduce", **options})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/sign-in/login/")
    page.fill("[name=login]", f"{name}@example.com")
    page.fill("[name=password]", f"{name}-{name}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
    return context


def propose(page: Page, note: Note) -> str:
    """A CSM maps a new custom field of their account. Returns the proposal's address."""
    page.goto("/accounts/acme-corp/")
    page.get_by_role("link", name="Propose a change", exact=True).click()
    page.get_by_label("Name", exact=True).fill("custom.region")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("radio", name="MailingState").check()
    expect(page.locator("#preview tr.is-new", has_text="custom.region")).to_contain_text("IL")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Ticket").fill("CS-1204")
    expect(page.get_by_text("Kept as a draft")).to_be_visible()
    note(page, "walk-1-propose")
    page.get_by_role("button", name="Send for review").click()
    page.wait_for_url("**/proposals/**")
    expect(page.get_by_text("In review", exact=True)).to_be_visible()
    note(page, "walk-2-handed-in")
    return page.url


def review(page: Page, address: str, note: Note) -> None:
    """An engineer finds it waiting, looks at it, approves and merges it; it is in force when this returns."""
    page.goto("/proposals/?show=waiting")
    page.goto(address)
    expect(page.get_by_text("acme-corp", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", name="What comes out on samples")).to_be_visible()
    expect(page.get_by_text('"IL"').first).to_be_visible()
    note(page, "walk-3-review")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Merge")).to_be_enabled()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("In force since commit").first).to_be_visible(timeout=60_000)
    note(page, "walk-4-in-force")


def look(page: Page, note: Note) -> None:
    """The CSM sees it in force, with its history."""
    page.goto("/accounts/acme-corp/history/")
    newest = page.locator(".activation").first
    expect(newest).to_contain_text("custom.region")
    expect(newest).to_contain_text("Dana Whitfield")
    expect(newest).to_contain_text("Erin Castellano")
    note(page, "walk-5-history")
    page.goto("/accounts/acme-corp/salesforce/production/?q=custom")
    row = page.locator("tr", has_text="custom.region").first
    expect(row).to_contain_text("response.MailingState")
    expect(row).to_contain_text("account")
