"""Somebody else changed the same values meanwhile: for each a choice of three."""

from __future__ import annotations

import pytest

from integrations.actions.proposals.following import follow
from integrations.actions.proposals.publishing import publish
from integrations.core.proposals import State
from integrations.models import Proposal
from tests.git.build import build
from tests.web.proposing import pages_of, published, tier

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]
OVERRIDE = "customers/acme-corp/salesforce.yaml"


@pytest.fixture
def clashing(config, people) -> Proposal:
    """Page size 25 and another tier, while somebody made the page size 75."""
    made = published(config, people["dana"], pages_of(25), tier("response.Level__c"))
    from tests.web.factories import small_repository

    text = small_repository()[0][OVERRIDE].replace("100", "75")
    build(config.path, [{OVERRIDE: text}], messages=["Larger pages"])
    config.sync()
    follow(made.pk)
    made.refresh_from_db()
    assert made.state == State.CONFLICTING
    return made


def choose(client, proposal, choice: str, value: str = "30"):
    body = {"place-0": choice, "place-0-value": value}
    return client.post(f"/proposals/{proposal.pk}/conflict/", body)


def test_the_page_shows_three_values(as_, clashing):
    html = as_("dana").get(f"/proposals/{clashing.pk}/conflict/").content.decode()
    for value in (50, 75, 25):
        assert f">{value}</code>" in html
    assert "pagination.page_size" in html
    assert "tier" not in html.partition("<form")[2].partition("</form>")[0]
    page = as_("dana").get(f"/proposals/{clashing.pk}/").content.decode()
    assert f'href="/proposals/{clashing.pk}/conflict/"' in page
    viewer = as_("viewer").get(f"/proposals/{clashing.pk}/conflict/").content.decode()
    assert "Dana Whitfield, who proposed it, and engineers have it." in viewer
    assert choose(as_("viewer"), clashing, "mine").status_code == 403
    assert as_("emea").get(f"/proposals/{clashing.pk}/conflict/").status_code == 404


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("mine", "page_size: 25"), ("theirs", ""), ("edited", "page_size: 30")],
)
def test_what_was_chosen_is_published(as_, config, clashing, choice, expected):
    assert choose(as_("dana"), clashing, choice).status_code == 302
    publish(clashing.pk)
    follow(clashing.pk)
    clashing.refresh_from_db()
    assert (clashing.state, clashing.conflicts) == (State.OPEN, [])
    files = clashing.file_changes
    # Theirs is in force already, so that the file is none of the proposal's any more.
    assert expected in (files.get(OVERRIDE) or "")
    assert (OVERRIDE in files) == bool(expected)
    assert "Level__c" in "".join(filter(None, files.values()))
    html = as_("engineer").get(f"/proposals/{clashing.pk}/").content.decode()
    assert "What it builds on is as it was." in html
    assert "response.Level__c" in html


@pytest.mark.parametrize(
    ("choice", "value", "says"),
    [
        ("", "", "Choose one of the values."),
        ("edited", "fifty", "A text stands in quotation marks."),
        ("edited", " ", "This is not JSON"),
    ],
)
def test_what_makes_no_sense_is_told_and_what_was_typed_stays(as_, clashing, choice, value, says):
    response = choose(as_("dana"), clashing, choice, value)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert f">{value}</textarea>" in response.content.decode()


def test_another_value_is_checked_as_before_a_submit(as_, clashing):
    response = choose(as_("dana"), clashing, "edited", '"sk_live_' + '4eC39HqLyjWDarjtT1zdp7dc"')
    assert response.status_code == 409
    assert "vault://" in response.content.decode()
    clashing.refresh_from_db()
    assert clashing.state == State.CONFLICTING


def test_values_that_changed_once_more_are_asked_for_again(as_, config, clashing):
    from tests.web.factories import small_repository

    text = small_repository()[0][OVERRIDE].replace("100", "80")
    build(config.path, [{OVERRIDE: text}], messages=["Larger pages still"])
    config.sync()
    response = choose(as_("dana"), clashing, "mine")
    assert response.status_code == 409
    assert "look at them once more" in response.content.decode()


def test_nobody_approves_what_clashes(as_, clashing):
    html = as_("engineer").get(f"/proposals/{clashing.pk}/").content.decode()
    assert "The values clash with newer ones; it can be approved once they are chosen." in html
