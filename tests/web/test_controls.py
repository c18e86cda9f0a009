"""No control that a person may not use looks usable: it is disabled, and says why beside it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.web.expectations import OWNERS, PAGES, PEOPLE, ROLES, STRANGERS
from tests.web.test_matrix import Visitors, visitors  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db
# Forms that act on the person alone, or only evaluate what they typed.
OWN = {"account_logout", "account_login", "account_change_password", "account_reauthenticate", "playground_run"}


class Forms(HTMLParser):
    """The forms of a page that post: address, its buttons with whether each is enabled, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[bool], list[str]]] = []
        self._by_id: dict[str, int] = {}
        self._elsewhere: list[tuple[str, bool]] = []  # buttons that name the form they belong to
        self._hidden: set[int] = set()
        self._is_inside = False
        self.feed(page)
        for name, is_enabled in self._elsewhere:
            if name in self._by_id:
                self.found[self._by_id[name]][1].append(is_enabled)
        # A form that is not shown is for the buttons that name it, and without them out of reach.
        self.found = [each for at, each in enumerate(self.found) if each[1] or at not in self._hidden]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form" and (told.get("method") or "").lower() == "post":
            self._by_id[told.get("id") or ""] = len(self.found)
            self._hidden |= {len(self.found)} if "hidden" in told else set()
            self.found.append((told.get("action") or "", [], []))
            self._is_inside = True
        elif tag == "button" and told.get("form"):
            self._elsewhere.append((str(told["form"]), "disabled" not in told))
        elif tag == "button" and self._is_inside and told.get("type", "submit") == "submit":
            self.found[-1][1].append("disabled" not in told)

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "form"

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.found[-1][2].append(data)


def shown_at(visitors: Visitors, who: str) -> list[str]:  # noqa: F811
    """Addresses of pages that have forms, as this person finds them."""
    pages = [page.address for page in PAGES.values() if "GET" in page.rules]
    own = [visitors.address(address, OWNERS.get(who, "acme-corp")) for address in pages]
    commits = visitors.world.commits
    # Where somebody is asked for a decision, and where tests were not run yet.
    own += [f"/sync/{commits['held']}/", f"/integrations/salesforce/tests/?at={commits['globex']}"]
    return [address for address in own if not address.startswith(("/admin", "/api"))]


@pytest.mark.parametrize("who", [name for name in PEOPLE if name not in STRANGERS])
def test_a_control_is_enabled_for_exactly_those_whose_post_is_taken(visitors, who):  # noqa: F811
    from django.urls import resolve

    seen = set()
    for address in shown_at(visitors, who):
        status, body = visitors.ask(who, "GET", address, PAGES["home"])
        if status != 200:
            continue
        for action, buttons, text in Forms(body.decode()).found:
            name = resolve((action or address).partition("?")[0]).view_name
            if name in OWN:
                continue
            allowed = PAGES[name].rules["POST"](who, OWNERS.get(who, "")) not in {403, 404}
            seen.add(name)
            assert buttons, f"{address}: the form for {name} has no button"
            # One that waits for something to be typed is disabled for that; another of the form is not.
            assert any(buttons) == allowed, f"{who} at {address}: {name} {'lacks' if allowed else 'offers'} its control"
            assert allowed or "You lack the right to" in "".join(text), f"{who} at {address}: {name} says no reason"
    if who in ROLES:
        assert {"sync_now", "sync_decide", "mapping_tests_run"} <= seen
