"""From the row to one pull request, on a real bare repository and the console's own forge."""

from __future__ import annotations

import pytest

from integrations.actions.proposals.publishing import publish
from integrations.core.proposals import State
from integrations.models import LocalPullRequest, Proposal
from tests.actions.proposals.making import (
    OVERRIDE,
    SMALLER,
    branches,
    commit_at,
    entries,
    handed_in,
    open_intents,
)

pytestmark = pytest.mark.django_db


def test_a_proposal_becomes_one_commit_on_one_branch_and_one_pull_request(config, people):
    proposal = handed_in(config, people["dana"])
    assert publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.trouble) == (State.OPEN, "")
    assert branches(config) == {f"glasshouse/{proposal.pk}": proposal.head_commit}
    commit = commit_at(config, proposal.head_commit)
    assert [str(parent) for parent in commit.parent_ids] == [config.commits[-1]]
    assert (commit.author.name, commit.author.email) == ("Dana Whitfield", "dana@example.com")
    assert commit.committer.name == "Glasshouse"
    assert commit.message == (
        "Give Acme pages of 25\n\n- Their organisation is slow.\n\n"
        f"Glasshouse-Proposal: {proposal.pk}\nGlasshouse-Reason: Time-outs every night\nTicket: CS-1204\n"
    )
    assert commit.tree[OVERRIDE].data.decode() == SMALLER
    changed = [delta.new_file.path for delta in commit.tree.diff_to_tree(commit.parents[0].tree).deltas]
    assert changed == [OVERRIDE]
    pull_request = LocalPullRequest.objects.get()
    assert (pull_request.number, pull_request.head_commit) == (8, proposal.head_commit)  # the history knows 7
    assert (proposal.pull_request, proposal.url) == (8, f"/proposals/{proposal.pk}/")
    assert not publish(proposal.pk), "a second delivery finds nothing to do"


def test_what_is_done_outside_is_recorded_before_and_after(config, people):
    proposal = handed_in(config, people["dana"])
    publish(proposal.pk)
    (opened,) = entries("proposal-opened")
    assert (opened.actor_id, opened.account, opened.reason) == (
        str(people["dana"].pk),
        "acme-corp",
        "Time-outs every night",
    )
    for event in ("proposal-published", "pull-request-opened"):
        before, after = entries(event)
        assert (before.phase, after.phase, after.intent) == ("intent", "done", before.pk)
        assert before.account == "acme-corp"
    assert not open_intents()
    assert "pages of 25" not in "".join(
        entry.data + entry.reason + entry.subject_name for entry in entries("proposal-opened")
    )


def test_the_mirror_holds_nothing_of_what_was_proposed(config, people):
    from integrations.queries.mirrors import mirror_of

    proposal = handed_in(config, people["dana"])
    publish(proposal.pk)
    proposal.refresh_from_db()
    import pygit2

    assert proposal.head_commit not in pygit2.Repository(str(mirror_of(config.row).path))


def test_a_file_that_goes_and_a_folder_that_comes(config, people):
    files = {OVERRIDE: None, "customers/acme-corp/zendesk.yaml": "config:\n  a: 1\n", "models/a/b/c.json": "{}\n"}
    proposal = handed_in(config, people["engineer"], files=files)
    publish(proposal.pk)
    proposal.refresh_from_db()
    tree = commit_at(config, proposal.head_commit).tree
    assert OVERRIDE not in tree
    assert tree["customers/acme-corp/zendesk.yaml"].data == b"config:\n  a: 1\n"
    assert tree["models/a/b/c.json"].data == b"{}\n"
    assert tree["customers/globex/account.yaml"] is not None


def test_a_right_that_is_gone_keeps_everything_here(config, people):
    proposal = handed_in(config, people["dana"])
    config.push_and_sync({"customers/acme-corp/account.yaml": "name: Acme Corp\nowner: team:emea-csm\n"})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.FAILED
    assert "another owner by now" in proposal.trouble
    assert branches(config) == {}
    assert entries("proposal-failed")[-1].subject_id == proposal.pk


def test_a_right_that_goes_between_the_push_and_the_pull_request_keeps_the_latter_shut(config, people):
    proposal = handed_in(config, people["dana"])

    def leave(step: str) -> None:
        if step == "noted":
            people["dana"].is_active = False
            people["dana"].save()

    publish(proposal.pk, step=leave)
    proposal.refresh_from_db()
    assert (proposal.state, "no longer an active user" in proposal.trouble) == (State.FAILED, True)
    assert not LocalPullRequest.objects.exists()
    assert not open_intents()


def test_a_remote_that_is_gone_is_tried_again_or_says_what_to_do(config, people):
    proposal = handed_in(config, people["dana"])
    away = config.path.rename(config.path.with_name("away.git"))
    publish(proposal.pk)
    proposal.refresh_from_db()
    advice = "Check that the repository is still at its address, then try again."
    assert proposal.state == State.FAILED
    assert proposal.trouble == f"There is no repository at file://{config.path}. {advice}"
    away.rename(config.path)
    Proposal.objects.update(state=State.QUEUED, due_at=None)
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN
    assert not open_intents()
