"""In a real browser, as a person who knows no Git: from the account's page to a proposal, with nothing typed lost."""

from __future__ import annotations

import pytest

from integrations.models import Draft, Proposal
from integrations.tasks import publish_proposal
from tests.browser.test_axe import DESK, PHONE, complaints
from tests.web.factories import BROKEN, small_repository
from tests.web.sampled import SAMPLES

pytestmark = pytest.mark.browser
PAGE = "/accounts/acme-corp/propose/?integration=salesforce"
SIZE = "config:/pagination/page_size"
FIELD = "field:crm/contacts/list:response:/custom/level"


@pytest.fixture(autouse=True)
def _worker(monkeypatch):
    monkeypatch.setattr(publish_proposal, "delay", lambda _pk: None)


@pytest.fixture
def mended(site):
    good = {name: text for files in small_repository() for name, text in files.items()}
    assert not site.config.push_and_sync({**SAMPLES, **{name: good[name] for name in BROKEN}}).problems
    return site


@pytest.fixture
def clicks(open_as, mended):
    """A page of Dana's that counts her clicks, and tells what its console said."""
    page = open_as("dana@example.com").new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    return page


def test_a_custom_field_is_mapped_in_few_clicks_and_without_a_formula(clicks):
    page, count = clicks, 3
    page.goto("/accounts/acme-corp/")
    page.get_by_role("link", name="Propose a change", exact=True).click()
    page.locator(".pr-integration", has_text="salesforce").click()
    page.get_by_label("Name", exact=True).click()
    page.keyboard.type("custom.level")
    page.keyboard.press("Enter")
    page.locator("[data-change] .pr-field", has_text="Tier__c").click()
    count += 1
    page.locator("#preview").get_by_text('"gold"').first.wait_for()
    assert page.locator("#preview .is-new").get_by_text("custom.level").is_visible()
    page.get_by_label("Reason").click()
    count += 1
    page.keyboard.type("They rank their contacts.")
    page.get_by_role("button", name="Send for review").click()
    count += 1
    page.get_by_text("Your change is on its way").wait_for()
    assert count <= 6
    proposal = Proposal.objects.get()
    assert "response.Tier__c" in next(iter(proposal.file_changes.values()))
    assert proposal.reason == "They rank their contacts."
    assert page.said == []
    assert not page.evaluate("Object.keys(sessionStorage).some((key) => key.startsWith('propose:'))")
    assert not Draft.objects.exists()


def test_all_of_it_goes_by_keyboard(clicks):
    page = clicks
    page.goto(PAGE)
    page.locator("#pr-search").focus()
    page.keyboard.type("page size")
    page.keyboard.press("Enter")
    page.locator("[name=c0-value]").wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("Pagination: page size")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.locator("[name=c0-value]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("75")
    page.locator("#preview").get_by_text("Set page size to 75").wait_for()
    page.locator("#reason").focus()
    page.keyboard.type("Their org is faster now.")
    page.locator("[data-submit]").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Your change is on its way").wait_for()
    assert Proposal.objects.get().edits[0]["value"] == 75


def test_enter_in_a_field_hands_nothing_in(clicks):
    page = clicks
    page.goto(f"{PAGE}&pick={SIZE}")
    page.locator("[name=c0-value]").fill("75")
    page.keyboard.press("Enter")
    page.locator("#preview").get_by_text("Set page size to 75").wait_for()
    assert page.locator("[data-change]").count() == 1
    assert not Proposal.objects.exists()


def test_what_is_wrong_gets_the_focus_and_all_stays(clicks):
    page = clicks
    page.goto(f"{PAGE}&pick={SIZE}")
    page.locator("[name=c0-value]").fill("seventy")
    page.locator("#reason").fill("A reason")
    page.get_by_role("button", name="Send for review").click()
    page.locator(".form-error", has_text="This is no number").wait_for()
    assert page.locator("[name=c0-value]").input_value() == "seventy"
    assert page.locator("#reason").input_value() == "A reason"
    assert page.evaluate("document.activeElement.name") == "c0-value"
    page.locator("[name=c0-value]").fill("70")
    page.locator("#preview").get_by_text("Set page size to 70").wait_for()
    assert page.locator(".form-error, .pr-change.is-wrong, [aria-invalid]").count() == 0
    assert [text for text in page.said if "422" not in text] == []


def test_what_is_wrong_with_the_reason_is_no_longer_said_once_it_is_typed(clicks):
    page = clicks
    page.goto(f"{PAGE}&pick={SIZE}")
    page.locator("[name=c0-value]").fill("70")
    page.get_by_role("button", name="Send for review").click()
    page.locator("#reason-error").wait_for()
    page.locator("#reason").fill("They asked for it.")
    assert page.locator("#reason-error, #reason[aria-invalid]").count() == 0
    assert page.locator("#reason").get_attribute("aria-describedby") == "reason-hint"


def test_what_was_typed_survives_the_end_of_the_session(clicks, settings):
    page = clicks
    page.goto(f"{PAGE}&pick={SIZE}")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("[name=c0-value]").fill("77")
    page.locator("#reason").fill("Typed after it ended")
    page.get_by_role("link", name="Sign in again").wait_for()
    page.get_by_role("link", name="Sign in again").click()
    page.locator("input[name=login]").fill("dana@example.com")
    page.locator("input[name=password]").fill("correct-horse-battery")
    page.locator("main form button[type=submit], .entrance form button[type=submit]").first.click()
    page.get_by_text("everything as you left it").wait_for()
    assert page.locator("[name=c0-value]").input_value() == "77"
    assert page.locator("#reason").input_value() == "Typed after it ended"


def test_a_formula_has_the_editor_of_the_playground(clicks):
    page = clicks
    page.goto(f"{PAGE}&pick={FIELD}")
    page.get_by_text("Formula", exact=False).first.click()
    editor = page.locator(".pr-how-advanced .cm-content")
    editor.click()
    page.keyboard.type("$uppercase(response.Tier__c")
    page.locator("#preview").get_by_text('"GOLD"').first.wait_for()
    assert page.said == []


def test_a_draft_waits_at_home(clicks):
    page = clicks
    page.goto(f"{PAGE}&pick={SIZE}")
    page.locator("[name=c0-value]").fill("78")
    page.get_by_text("Kept as a draft").wait_for()
    page.goto("/")
    page.get_by_role("link", name="Continue").click()
    assert page.locator("[name=c0-value]").input_value() == "78"
    page.goto("/")
    page.get_by_role("button", name="Discard").click()
    page.get_by_text("The draft is gone").wait_for()
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESK), ("dark", DESK), ("dark", PHONE)], ids=["light", "dark", "phone"]
)
def test_no_state_of_the_form_has_a_violation(open_as, mended, theme, viewport):
    page = open_as("dana@example.com", color_scheme=theme, viewport=viewport, bypass_csp=True).new_page()
    addresses = (
        PAGE,
        "/accounts/acme-corp/propose/",
        f"{PAGE}&pick={SIZE}&pick={FIELD}&pick=config:/oauth_app/scopes",
        "/accounts/globex/propose/",
    )
    found = []
    for address in addresses:
        found += complaints(page, address)
        if viewport is PHONE and page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{address} is wider than a phone")
    assert not found, "\n".join(found)
