"""What people decide of a proposal on its way, and what becomes of it when the base has moved."""

from __future__ import annotations

import pytest

from integrations.actions.proposals.deciding import BadChoice, Choice, clear, resolve_conflict, retry, withdraw
from integrations.actions.proposals.following import follow
from integrations.actions.proposals.publishing import publish
from integrations.core.proposals import BadTransition, State
from integrations.models import LocalPullRequest, Proposal
from tests.actions.proposals.making import (
    OVERRIDE,
    SMALLER,
    branches,
    commit_at,
    entries,
    handed_in,
    open_intents,
    push_on_top,
)

pytestmark = pytest.mark.django_db
THEIRS = "environments: [production]\nconfig:\n  pagination:\n    page_size: 70\n"
ZENDESK = "customers/acme-corp/zendesk.yaml"


def published(config, people, **fields) -> Proposal:
    made = handed_in(config, people["dana"], **fields)
    publish(made.pk)
    made.refresh_from_db()
    assert made.state == State.OPEN, made.trouble
    return made


def test_a_base_that_moved_elsewhere_leaves_branch_and_approvals_alone(config, people):
    proposal = published(config, people)
    config.push_and_sync({"customers/globex/account.yaml": "name: Globex\nowner: team:emea-csm\n"})
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.base_commit) == (State.OPEN, config.commits[-2])
    assert branches(config) == {proposal.branch: proposal.head_commit}
    assert not entries("proposal-rebased")


def test_the_same_value_changed_by_somebody_else_is_a_choice_of_three(config, people):
    proposal = published(config, people, files={OVERRIDE: SMALLER, ZENDESK: "config:\n  a: 1\n"})
    before = commit_at(config, config.commits[-1]).tree[OVERRIDE].data.decode()
    config.push_and_sync({OVERRIDE: THEIRS})
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.CONFLICTING
    assert proposal.conflicts == [{"leaf": OVERRIDE, "base": before, "theirs": THEIRS, "mine": SMALLER}]
    follow(proposal.pk)
    assert len(entries("proposal-conflicted")) == 1, "said once"
    with pytest.raises(BadChoice, match="changed again"):
        resolve_conflict(proposal.pk, person=people["dana"], choices={ZENDESK: Choice.MINE})
    resolve_conflict(proposal.pk, person=people["dana"], choices={OVERRIDE: Choice.MINE}, reason="Agreed with Marco")
    assert publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.base_commit, proposal.conflicts) == (State.OPEN, config.commits[-1], [])
    commit = commit_at(config, branches(config)[proposal.branch])
    assert [str(parent) for parent in commit.parent_ids] == [config.commits[-1]]
    assert commit.tree[OVERRIDE].data.decode() == SMALLER
    assert LocalPullRequest.objects.count() == 1
    assert entries("conflict-resolved")[-1].reason == "Agreed with Marco"


def test_theirs_leaves_the_rest_of_the_proposal(config, people):
    proposal = published(config, people, files={OVERRIDE: SMALLER, ZENDESK: "config:\n  a: 1\n"})
    config.push_and_sync({OVERRIDE: THEIRS})
    follow(proposal.pk)
    resolve_conflict(proposal.pk, person=people["dana"], choices={OVERRIDE: Choice.THEIRS})
    publish(proposal.pk)
    commit = commit_at(config, branches(config)[proposal.branch])
    assert commit.tree[OVERRIDE].data.decode() == THEIRS
    assert commit.tree[ZENDESK].data == b"config:\n  a: 1\n"


def test_theirs_everywhere_leaves_nothing_to_propose(config, people):
    proposal = published(config, people)
    config.push_and_sync({OVERRIDE: THEIRS})
    follow(proposal.pk)
    with pytest.raises(BadChoice, match="withdraw it"):
        resolve_conflict(proposal.pk, person=people["dana"], choices={OVERRIDE: Choice.THEIRS})
    proposal.refresh_from_db()
    assert (proposal.state, proposal.file_changes) == (State.CONFLICTING, {OVERRIDE: SMALLER})


def test_a_conflict_that_goes_away_again_is_none(config, people):
    proposal = published(config, people)
    before = commit_at(config, config.commits[-1]).tree[OVERRIDE].data.decode()
    config.push_and_sync({OVERRIDE: THEIRS})
    follow(proposal.pk)
    config.push_and_sync({OVERRIDE: before})
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.conflicts) == (State.OPEN, [])


def test_a_conflict_before_the_push_keeps_everything_here(config, people):
    proposal = handed_in(config, people["dana"])
    config.push_and_sync({OVERRIDE: THEIRS})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, branches(config)) == (State.CONFLICTING, {})
    resolve_conflict(proposal.pk, person=people["dana"], choices={OVERRIDE: Choice.MINE})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN


def test_what_somebody_else_did_already_is_not_proposed_again(config, people):
    proposal = handed_in(config, people["dana"])
    config.push_and_sync({OVERRIDE: SMALLER})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, branches(config)) == (State.WITHDRAWN, {})
    assert "to what was wanted already" in proposal.trouble


def test_a_branch_on_which_others_work_is_never_pushed_over(config, people):
    proposal = published(config, people)
    head = push_on_top(config, proposal.branch, "Erin", "engineer@example.com")
    config.push_and_sync({OVERRIDE: THEIRS})
    follow(proposal.pk)
    resolve_conflict(proposal.pk, person=people["dana"], choices={OVERRIDE: Choice.MINE})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.FAILED
    assert "commits that the console did not make" in proposal.trouble
    assert branches(config) == {proposal.branch: head}
    assert not open_intents()


def test_withdrawing_closes_the_pull_request_and_deletes_the_branch(config, people):
    proposal = published(config, people)
    withdraw(proposal.pk, person=people["dana"], reason="Not needed any more")
    assert clear(proposal.pk)
    assert branches(config) == {}
    assert LocalPullRequest.objects.get().state == "closed"
    assert [entry.phase for entry in entries("branch-deleted")] == ["intent", "done"]
    assert entries("proposal-withdrawn")[-1].reason == "Not needed any more"
    assert not clear(proposal.pk)
    with pytest.raises(BadTransition):
        withdraw(proposal.pk, person=people["dana"])


def test_withdrawing_keeps_what_others_pushed(config, people):
    proposal = published(config, people)
    head = push_on_top(config, proposal.branch, "Erin", "engineer@example.com")
    withdraw(proposal.pk, person=people["engineer"])
    clear(proposal.pk)
    assert branches(config) == {proposal.branch: head}
    assert LocalPullRequest.objects.get().state == "closed"


@pytest.mark.parametrize("at", ["built", "intended", "pushed", "noted", "opening", "opened"])
def test_withdrawing_under_a_worker_leaves_nothing_outside(config, people, at):
    proposal = handed_in(config, people["dana"])

    def take_back(step: str) -> None:
        if step == at:
            withdraw(proposal.pk, person=people["dana"])

    publish(proposal.pk, step=take_back)
    proposal.refresh_from_db()
    assert proposal.state == State.WITHDRAWN
    assert not clear(proposal.pk), "the worker may still be at it"
    Proposal.objects.update(due_at=proposal.created_at)
    assert clear(proposal.pk)
    assert branches(config) == {}
    assert not LocalPullRequest.objects.filter(state="open").exists()
    assert not open_intents()


def test_another_try_after_what_failed(config, people):
    proposal = handed_in(config, people["dana"])
    away = config.path.rename(config.path.with_name("away.git"))
    publish(proposal.pk)
    away.rename(config.path)
    retry(proposal.pk, person=people["dana"])
    assert publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.attempts) == (State.OPEN, 0)
    with pytest.raises(BadTransition):
        retry(proposal.pk, person=people["dana"])
