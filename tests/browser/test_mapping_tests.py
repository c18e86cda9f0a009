"""The pages of mapping tests with real results: axe finds nothing, a phone shows all, and progress comes by itself."""

from __future__ import annotations

import pytest

from integrations.actions.mapping_tests import queue_due_reports, run_report
from tests.browser.test_axe import DESK, PHONE, complaints
from tests.web.factories import BROKEN, SAMPLES, small_repository

pytestmark = pytest.mark.browser
PAGES = ("/integrations/salesforce/tests/", "/accounts/acme-corp/tests/", "/integrations/salesforce/")
OWN = "customers/acme-corp/contacts_list.jsonata"


@pytest.fixture
def tested(site):
    good = {name: text for files in small_repository() for name, text in files.items()}
    mended = {name: good[name] for name in BROKEN}  # the site's newest commit has errors
    assert not site.config.push_and_sync({**SAMPLES, **mended}).problems
    run_due()
    return site


def run_due():
    for pk in queue_due_reports():
        assert run_report(pk)


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESK), ("dark", DESK), ("dark", PHONE)], ids=["light", "dark", "phone"]
)
def test_no_page_of_results_has_a_violation(open_as, tested, theme, viewport):
    page = open_as("dana@example.com", color_scheme=theme, viewport=viewport, bypass_csp=True).new_page()
    found = [each for address in PAGES for each in complaints(page, address)]
    assert not found, "\n".join(found)
    if viewport is PHONE:
        page.goto(PAGES[0])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.locator(".test-table").is_visible()


def test_the_page_shows_the_new_results_once_they_are_there(open_as, tested):
    page = open_as("viewer@example.com").new_page()
    tested.config.push_and_sync({OWN: '{"tier": "silver"}'})
    page.goto(PAGES[0])
    page.get_by_text("The tests of this commit are about to run.").wait_for()
    assert page.get_by_text("1 of 2 tests fails").first.is_visible()
    run_due()
    page.get_by_text("2 tests pass").wait_for()
    assert not page.get_by_text("about to run").is_visible()


def test_a_failing_test_is_open_and_a_passing_one_opens_by_keyboard(open_as, tested):
    page = open_as("viewer@example.com").new_page()
    page.goto(PAGES[0])
    failing, passing = page.locator("details.test").all()
    assert failing.get_attribute("open") is not None
    assert failing.get_by_text('"silver"').is_visible()
    assert passing.get_attribute("open") is None
    passing.locator("summary").focus()
    page.keyboard.press("Enter")
    assert passing.get_by_text("What comes out is what the sample expects.").is_visible()
