"""Passkeys in a real browser, with Chromium's virtual authenticator: setting up, signing in, confirming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page, expect

from audit.events import Event
from audit.models import Entry
from tests.web.second_factors import code_of

pytestmark = pytest.mark.browser
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_device(context: BrowserContext, **options: Any) -> tuple[Page, Callable[[bool], None]]:
    """A page of a browser on a device that keeps passkeys, and a switch: whether its person is there to agree."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**_DEVICE, **options}})
    name = made["authenticatorId"]
    return page, lambda agrees: devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": agrees}
    )


def set_up(page: Page) -> None:
    page.goto("/me/passkey/")
    page.get_by_label("Name of the passkey").fill("This laptop")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()


def test_a_passkey_is_set_up_and_signs_in_without_a_password(open_as, site):
    page, _ = with_device(open_as("erin@example.com"))
    trouble: list[str] = []
    page.on("console", lambda said: trouble.append(said.text) if "Content Security" in said.text else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    set_up(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    assert len(kept.value.path().read_text().split()) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("row", name="This laptop")).to_be_visible()
    page.get_by_role("link", name="Sign out").first.click()
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/login/?next=/accounts/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site.url}/accounts/")
    entry = Entry.objects.filter(event=Event.SIGNED_IN).latest("pk")
    assert "webauthn" in entry.data
    assert "password" not in entry.data
    assert trouble == []


def test_it_is_a_second_factor_after_a_password(open_as, site):
    page, _ = with_device(open_as("erin@example.com"))
    set_up(page)
    page.context.clear_cookies()
    page.goto("/sign-in/login/")
    page.fill("[name=login]", "erin@example.com")
    page.fill("[name=password]", "correct-horse-battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(f"{site.url}/")
    assert "webauthn" in Entry.objects.filter(event=Event.SIGNED_IN).latest("pk").data


def test_it_confirms_where_power_is_given(open_as, site):
    page, _ = with_device(open_as("erin@example.com"))
    set_up(page)
    page.context.clear_cookies()
    again = site.session("erin@example.com")
    page.context.add_cookies([{"name": "session", "value": again, "url": site.url}])
    page.goto("/me/tokens/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Make an API token")).to_be_visible()
    page.get_by_label("Name: what uses it").fill("nightly")
    page.get_by_role("button", name="Make the token").click()
    assert page.locator("#token").inner_text().startswith("ghs_")


def test_a_device_that_does_not_agree_sets_up_nothing(open_as, site):
    page, agrees = with_device(open_as("erin@example.com"))
    agrees(False)
    page.goto("/me/passkey/")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert not Authenticator.objects.exists()


def test_the_passkey_of_another_site_or_person_opens_nothing(open_as, site):
    page, _ = with_device(open_as("erin@example.com"))
    set_up(page)
    Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).delete()  # as after its removal
    page.context.clear_cookies()
    page.goto("/sign-in/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    page.goto("/me/")
    assert "/sign-in/login/" in page.url


def test_an_app_is_set_up_from_the_picture(open_as, site):
    page = open_as("dana@example.com").new_page()
    page.goto("/me/app/")
    picture = page.locator(".enrol-picture img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.naturalWidth") > 100
    page.get_by_label("Code that the app shows now").fill(code_of(page.locator("#enrol-key").inner_text()))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
