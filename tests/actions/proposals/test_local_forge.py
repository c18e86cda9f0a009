"""Review and merge in the console's own forge, over a real bare repository, until the change is in force."""

from __future__ import annotations

import pygit2
import pytest

from integrations.actions.proposals.following import bring_into_force, follow
from integrations.actions.proposals.local import NotNow, local_merge, local_review
from integrations.actions.proposals.publishing import publish
from integrations.core.proposals import State
from integrations.core.pull_requests import STATUS_CONTEXT, Verdict
from integrations.models import LocalPullRequest, LocalReview, LocalStatus, Proposal
from tests.actions.proposals.making import OVERRIDE, SMALLER, commit_at, entries, handed_in, open_intents, push_on_top
from tests.git.build import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(config, people) -> Proposal:
    made = handed_in(config, people["dana"])
    publish(made.pk)
    follow(made.pk)
    made.refresh_from_db()
    return made


def status(proposal: Proposal) -> tuple[str, str]:
    row = LocalStatus.objects.get(context=STATUS_CONTEXT, commit=proposal.forge_head)
    return row.state, row.description


def test_approved_merged_synced_in_force(config, people, proposal):
    assert status(proposal) == ("pending", "Somebody other than those who made the change must approve it.")
    local_review(proposal.pk, reviewer=people["engineer"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.review, proposal.is_independent) == ("approved", True)
    assert status(proposal) == ("success", "Approved by engineer@example.com, who took no part in the change.")
    merged = local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    commit = commit_at(config, merged.merge_commit)
    assert [str(parent) for parent in commit.parent_ids] == [config.commits[-1], proposal.head_commit]
    assert commit.message == (
        f"Merge pull request #8 from glasshouse/{proposal.pk}\n\nGive Acme pages of 25\n\n"
        f"Glasshouse-Proposal: {proposal.pk}\nReviewed-by: engineer@example.com <engineer@example.com>\n"
    )
    assert (commit.author.email, commit.committer.name) == ("approver@example.com", "Glasshouse")
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.merge_commit) == (State.MERGED, merged.merge_commit)
    assert bring_into_force(config.pk) == []
    outcome = config.sync()
    assert (outcome.snapshot.pull_request, outcome.snapshot.reviewed_by) == (
        8,
        ["engineer@example.com <engineer@example.com>"],
    )
    assert bring_into_force(config.pk) == [proposal.pk]
    proposal.refresh_from_db()
    assert (proposal.state, proposal.in_force_commit) == (State.IN_FORCE, merged.merge_commit)
    assert [entry.actor_id for entry in entries("proposal-approved")] == [str(people["engineer"].pk)]
    assert [entry.phase for entry in entries("local-merged")] == ["intent", "done"]
    for event in ("local-reviewed", "proposal-merged", "proposal-in-force"):
        assert [entry.account for entry in entries(event)] == ["acme-corp"]
    assert not open_intents()


def test_whoever_took_part_cannot_approve(config, people, proposal):
    with pytest.raises(NotNow, match="proposed this change"):
        local_review(proposal.pk, reviewer=people["dana"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    head = push_on_top(config, proposal.branch, "Erin", "engineer@example.com")
    follow(proposal.pk)
    with pytest.raises(NotNow, match="wrote a commit"):
        local_review(proposal.pk, reviewer=people["engineer"], verdict=Verdict.APPROVED, head=head)
    assert not LocalReview.objects.exists()
    local_review(proposal.pk, reviewer=people["dana"], verdict=Verdict.COMMENTED, head=head, text="Thanks")
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.review == "pending"


def test_an_approval_holds_for_one_commit(config, people, proposal):
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    follow(proposal.pk)
    head = push_on_top(config, proposal.branch, "Viewer", "viewer@example.com")
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.review, proposal.forge_head) == ("pending", head)
    assert status(proposal) == (
        "pending",
        "approver@example.com approved an earlier commit; the present one still needs an approval.",
    )
    assert len(entries("approval-lapsed")) == 1
    with pytest.raises(NotNow, match="earlier commit"):
        local_merge(proposal.pk, merger=people["approver"], head=head)
    with pytest.raises(NotNow, match="moved on since"):
        local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    with pytest.raises(NotNow, match="moved on since"):
        local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)


def test_nothing_is_merged_while_somebody_asks_for_changes(config, people, proposal):
    head = proposal.head_commit
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=head)
    local_review(proposal.pk, reviewer=people["engineer"], verdict=Verdict.CHANGES_REQUESTED, head=head, text="Why 25?")
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.review == "changes_requested"
    with pytest.raises(NotNow, match="asked for changes"):
        local_merge(proposal.pk, merger=people["approver"], head=head)
    local_review(proposal.pk, reviewer=people["engineer"], verdict=Verdict.APPROVED, head=head)
    assert local_merge(proposal.pk, merger=people["approver"], head=head).merge_commit


def test_what_was_approved_and_merged_between_two_looks_is_on_record(config, people, proposal):
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    follow(proposal.pk)
    assert [entry.actor_id for entry in entries("proposal-approved")] == [str(people["approver"].pk)]
    assert entries("proposal-merged")[-1].values["was_reviewed_by_others"] is True


def test_what_was_merged_by_git_alone_says_that_nobody_else_reviewed_it(config, people, proposal):
    repository = pygit2.Repository(str(config.path))
    repository.references.create("refs/heads/main", proposal.head_commit, force=True)
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.merge_commit) == (State.MERGED, proposal.head_commit)
    assert entries("proposal-merged")[-1].values["was_reviewed_by_others"] is False


def test_a_merge_whose_worker_died_right_after_the_push_is_noticed(config, people, proposal):
    head = proposal.head_commit
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=head)
    merged = local_merge(proposal.pk, merger=people["approver"], head=head)
    LocalPullRequest.objects.update(state="open", merge_commit="", ended_at=None)
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.merge_commit) == (State.MERGED, merged.merge_commit)


def test_a_branch_that_moves_under_a_merge_is_not_overwritten(config, people, proposal, monkeypatch):
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    from integrations.actions.proposals import local

    push = local._push

    def late(*arguments: object) -> None:
        config.push({"README.md": "Somebody was quicker\n"})
        push(*arguments)

    monkeypatch.setattr(local, "_push", late)
    with pytest.raises(Exception, match="has moved"):
        local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    monkeypatch.undo()
    assert [entry.phase for entry in entries("local-merged")] == ["intent", "failed"]
    merged = local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    tree = commit_at(config, merged.merge_commit).tree
    assert tree["README.md"].data == b"Somebody was quicker\n"
    assert tree[OVERRIDE].data.decode() == SMALLER


def test_values_that_a_later_commit_took_back_are_not_called_in_force(config, people, proposal):
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    follow(proposal.pk)
    build(config.path, [{OVERRIDE: SMALLER.replace("25", "99")}])
    config.sync()
    assert bring_into_force(config.pk) == []
    proposal.refresh_from_db()
    assert (proposal.state, "later commit" in proposal.trouble) == (State.MERGED, True)
