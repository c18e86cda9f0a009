"""The schedule alone brings a proposal from its row into force, and clears what was withdrawn."""

from __future__ import annotations

import pytest

from integrations import tasks
from integrations.actions.proposals.deciding import withdraw
from integrations.actions.proposals.local import local_merge, local_review
from integrations.core.proposals import State
from integrations.core.pull_requests import Verdict
from integrations.models import Proposal
from tests.actions.proposals.making import branches, handed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """What is queued runs where it is queued."""
    for task in (tasks.publish_proposal, tasks.follow_proposal, tasks.clear_proposal, tasks.sync_repository):
        monkeypatch.setattr(task, "delay", task)
    monkeypatch.setattr(tasks.run_mapping_tests, "delay", lambda _pk: None)


def state(proposal: Proposal) -> State:
    proposal.refresh_from_db()
    return State(proposal.state)


def test_from_the_row_into_force(config, people):
    proposal = handed_in(config, people["dana"])
    tasks.publish_due_proposals()
    assert state(proposal) == State.OPEN
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    Proposal.objects.update(due_at=None)
    tasks.follow_due_proposals()
    assert state(proposal) == State.OPEN
    assert proposal.review == "approved"
    local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    Proposal.objects.update(due_at=None)
    tasks.follow_due_proposals()
    assert state(proposal) == State.IN_FORCE, "a merge is synced at once"
    assert config.row.active.commit == proposal.in_force_commit == proposal.merge_commit


def test_each_look_is_asked_for_once(config, people, monkeypatch):
    proposal = handed_in(config, people["dana"])
    tasks.publish_due_proposals()
    Proposal.objects.update(due_at=None)
    asked: list[str] = []
    monkeypatch.setattr(tasks.follow_proposal, "delay", asked.append)
    tasks.follow_due_proposals()
    tasks.follow_due_proposals()
    assert asked == [proposal.pk]


def test_what_was_withdrawn_is_cleared(config, people):
    proposal = handed_in(config, people["dana"])
    tasks.publish_due_proposals()
    withdraw(proposal.pk, person=people["dana"])
    assert branches(config)
    tasks.clear_due_proposals()
    assert branches(config) == {}
