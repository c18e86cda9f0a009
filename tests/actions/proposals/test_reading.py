"""Lists of proposals with their filters, one for its page, and what is under way on a place."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.actions.proposals.publishing import publish
from integrations.core.proposals import State, Wait
from integrations.models import Proposal
from integrations.queries.proposals import ProposalFilter, open_changes, proposal, proposal_of, proposals
from tests.actions.proposals.making import OVERRIDE, SMALLER, handed_in

pytestmark = pytest.mark.django_db


def found(config, **wanted) -> list[str]:
    return [entry.row.pk for entry in proposals(config.row, ProposalFilter(**wanted)).entries]


def test_filters(config, people):
    dana, engineer = people["dana"], people["engineer"]
    first = handed_in(config, dana)
    second = handed_in(config, engineer, account="globex", integration="zendesk")
    third = handed_in(config, dana)
    Proposal.objects.filter(pk=third.pk).update(state=State.IN_FORCE)
    assert found(config) == [third.pk, second.pk, first.pk]
    assert found(config, mine=dana) == [third.pk, first.pk]
    assert found(config, account="globex") == [second.pk]
    assert found(config, integration="salesforce", is_under_way=True) == [first.pk]
    assert found(config, is_under_way=False) == [third.pk]
    assert found(config, states=[State.IN_FORCE]) == [third.pk]
    assert found(config, visible=frozenset({"globex"})) == [second.pk]


def test_waiting_for_me_is_what_i_can_move(config, people):
    mine, others = handed_in(config, people["dana"]), handed_in(config, people["engineer"])
    assert found(config, waiting_for=people["dana"]) == []
    Proposal.objects.filter(pk=mine.pk).update(state=State.CONFLICTING)
    Proposal.objects.filter(pk=others.pk).update(state=State.OPEN)
    assert found(config, waiting_for=people["dana"]) == [mine.pk]
    assert found(config, waiting_for=people["approver"]) == [others.pk]
    assert found(config, waiting_for=people["engineer"]) == [], "nobody reviews their own"
    assert found(config, waiting_for=people["viewer"]) == []


def test_pages_cost_the_same_however_many_there_are(config, people):
    made = [handed_in(config, people["dana"]).pk for _ in range(7)]
    page = proposals(config.row, ProposalFilter(), limit=3)
    assert (page.total, [entry.row.pk for entry in page.entries]) == (7, made[:3:-1])
    rest = proposals(config.row, ProposalFilter(), after=page.after, limit=10)
    assert [entry.row.pk for entry in rest.entries] == made[3::-1]
    assert rest.after is None
    row = config.row
    with CaptureQueriesContext(connection) as captured:
        shown = proposals(row, ProposalFilter(), limit=50)
        assert {str(entry.row.proposer) for entry in shown.entries} == {"Dana Whitfield"}
    assert len(captured) == 2


def test_one_proposal_with_its_timeline_and_who_else_is_at_it(config, people):
    first, second = handed_in(config, people["dana"]), handed_in(config, people["engineer"])
    publish(first.pk)
    detail = proposal(config.row, first.pk)
    assert (detail.wait, detail.sentence) == (Wait.REVIEW, "Waits for a review and to be merged.")
    assert detail.timeline[0].event == "proposal-opened"
    assert [entry.event for entry in detail.timeline].count("pull-request-opened") == 2
    assert [other.pk for other in detail.others] == [second.pk]
    assert detail.local.number == detail.row.pull_request
    (file,) = detail.files
    assert (file.path, "page_size: 50" in file.before, file.after) == (OVERRIDE, True, SMALLER)
    assert proposal(config.row, first.pk, visible=frozenset({"globex"})) is None
    assert proposal(config.row, "0" * 12) is None
    assert proposal_of(config.row, detail.row.pull_request).pk == first.pk
    assert proposal_of(config.row, 999) is None


def test_open_changes_on_a_place(config, people):
    made = handed_in(config, people["dana"], base_values={"/pagination/page_size": 50})
    row = config.row
    assert [one.pk for one in open_changes(row, "acme-corp")] == [made.pk]
    assert [one.pk for one in open_changes(row, "acme-corp", "salesforce", leaf="/pagination/page_size")] == [made.pk]
    assert open_changes(row, "acme-corp", "salesforce", leaf="/rate_limit") == []
    assert open_changes(row, "acme-corp", "zendesk") == []
    assert open_changes(row, "acme-corp", visible=frozenset()) == []
    Proposal.objects.update(state=State.MERGED)
    assert [one.pk for one in open_changes(row, "acme-corp")] == [made.pk], "until it is in force"
    Proposal.objects.update(state=State.IN_FORCE)
    assert open_changes(row, "acme-corp") == []
