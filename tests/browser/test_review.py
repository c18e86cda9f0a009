"""A proposal in the browser: it is published while one looks, another person approves and merges it, it is in force."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from integrations.actions.proposals.following import follow
from integrations.tasks import publish_proposal, sync_repository
from tests.browser.test_axe import DESK, PHONE, complaints
from tests.git.build import build
from tests.web.factories import SAMPLES, small_repository
from tests.web.proposing import pages_of, proposed, published, tier

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]
FILES = {path: text for files in small_repository() for path, text in files.items()}
OVERRIDE = "customers/acme-corp/salesforce.yaml"
CURE = {path: FILES[path] for path in (OVERRIDE, "customers/globex/account.yaml")}
TITLE = "Give Acme pages of 25"


@pytest.fixture
def config(site):
    """The newest commit is good again, and has samples."""
    site.config.push_and_sync({**CURE, **SAMPLES}, "Cure it")
    return site.config


def test_from_handed_in_to_in_force(open_as, site, config):
    dana, erin = (open_as(f"{name}@example.com").new_page() for name in ("dana", "erin"))
    proposal = proposed(config, site.people["dana@example.com"], pages_of(25), tier("response.Tier__c & '!'"))

    dana.goto(f"/proposals/{proposal.pk}/")
    expect(dana.locator("#proposal-state")).to_contain_text("Being published")
    publish_proposal(proposal.pk)
    # Nobody loads it again: the page asks by itself.
    expect(dana.locator("#proposal-state")).to_contain_text("It waits for an approval by somebody other than Dana")
    expect(dana.get_by_role("button", name="Approve")).to_be_disabled()
    expect(dana.get_by_text("You proposed this; somebody else must review it.")).to_be_visible()

    erin.goto("/")
    erin.get_by_role("link", name=re.compile(TITLE)).click()
    expect(erin.locator("#changes ~ *, .value-group").first).to_be_visible()
    expect(erin.locator("#proposal-outputs")).to_contain_text("gold!")
    expect(erin.locator("#proposal-tests")).to_contain_text("touched")
    erin.get_by_label("Say something").fill("Their organisation is slow indeed.")
    erin.get_by_role("button", name="Approve").click()
    expect(erin.locator("#proposal-state")).to_contain_text("Approved by Erin Castellano. It waits to be merged.")
    expect(erin.get_by_role("button", name="Approve")).to_be_disabled()
    erin.get_by_role("button", name="Merge").click()
    expect(erin.locator("#proposal-state")).to_contain_text("It is merged, and comes into force with the next sync.")
    sync_repository(config.pk)
    expect(erin.locator("#proposal-state")).to_contain_text("In force since commit")
    expect(erin.get_by_role("button", name="Merge")).to_have_count(0)

    dana.goto("/accounts/acme-corp/history/")
    expect(dana.locator("#content")).to_contain_text(
        f"{TITLE}, PR 8, proposed by Dana Whitfield, approved by Erin Castellano"
    )
    dana.goto("/accounts/acme-corp/salesforce/production/?path=/pagination/page_size")
    expect(dana.locator("#rows")).to_contain_text("25")


def test_whoever_types_loses_nothing_when_the_change_moves_on(open_as, site, config):
    erin = open_as("erin@example.com").new_page()
    proposal = published(config, site.people["dana@example.com"])
    erin.goto(f"/proposals/{proposal.pk}/")
    build(config.path, [{OVERRIDE: FILES[OVERRIDE].replace("custom_objects", "other_objects")}], messages=["Others"])
    config.sync()
    publish_proposal(proposal.pk)
    assert follow(proposal.pk), "it is brought up to date"
    publish_proposal(proposal.pk)
    erin.get_by_label("Say something").fill("I have read it all.")
    erin.get_by_role("button", name="Approve").click()
    expect(erin.get_by_role("alert")).to_contain_text("The change has moved on since you looked at it")
    expect(erin.get_by_role("alert")).to_contain_text("Since you loaded the page:")
    expect(erin.get_by_label("Say something")).to_have_value("I have read it all.")
    erin.get_by_role("button", name="Approve").click()
    expect(erin.locator("#proposal-state")).to_contain_text("Approved by Erin Castellano")


def test_choosing_values_by_keyboard(open_as, site, config):
    dana = open_as("dana@example.com").new_page()
    proposal = published(config, site.people["dana@example.com"])
    build(config.path, [{OVERRIDE: FILES[OVERRIDE].replace("50", "75")}], messages=["Larger pages"])
    config.sync()
    follow(proposal.pk)
    dana.goto(f"/proposals/{proposal.pk}/")
    dana.get_by_role("link", name="Choose the values").click()
    dana.get_by_role("radio").first.focus()
    dana.keyboard.press("Space")
    dana.keyboard.press("ArrowDown")
    expect(dana.get_by_role("radio", name="By now it is")).to_be_checked()
    dana.keyboard.press("ArrowUp")
    dana.get_by_role("button", name="Keep these values").press("Enter")
    expect(dana.locator("#proposal-state")).to_contain_text("Being published")
    publish_proposal(proposal.pk)
    expect(dana.locator("#proposal-state")).to_contain_text("It waits for an approval")


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESK), ("dark", DESK), ("dark", PHONE)], ids=["light", "dark", "phone"]
)
def test_the_pages_have_no_violation(open_as, site, config, theme, viewport):
    proposal = published(config, site.people["dana@example.com"], pages_of(25), tier("response.Tier__c & '!'"))
    other = published(config, site.people["erin@example.com"], tier("response.Level__c"), title="Another tier")
    addresses = [
        "/",
        "/proposals/",
        f"/proposals/{proposal.pk}/",
        f"/proposals/{proposal.pk}/?as=split",
        f"/proposals/{proposal.pk}/outputs/",
        f"/proposals/{other.pk}/",
        "/accounts/acme-corp/",
        "/accounts/acme-corp/salesforce/production/",
    ]
    build(config.path, [{OVERRIDE: FILES[OVERRIDE].replace("50", "75")}], messages=["Larger pages"])
    config.sync()
    follow(proposal.pk)
    page = open_as("erin@example.com", color_scheme=theme, viewport=viewport, bypass_csp=True).new_page()
    found = [each for address in addresses for each in complaints(page, address)]
    found += complaints(page, f"/proposals/{proposal.pk}/conflict/")
    page.goto(f"/proposals/{other.pk}/")
    page.wait_for_selector("#proposal-outputs article, #proposal-outputs .note, #proposal-outputs h3")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert not found, "\n".join(found)
