"""The console's own forge keeps the promises of the port."""

from __future__ import annotations

import pytest

from integrations.actions.forges import forge_of
from integrations.actions.proposals.publishing import publish
from integrations.core.pull_requests import CommitStatus, PullRequestState, StatusState
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.port import Forge, opened_pull_request
from integrations.models import Proposal
from tests.actions.proposals.making import handed_in, push_on_top

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(config, people) -> Proposal:
    made = handed_in(config, people["dana"])
    publish(made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def forge(config, proposal) -> Forge:
    return forge_of(config.row)


def test_one_open_pull_request_per_branch_and_the_open_one_is_found(forge, proposal):
    number, branch = proposal.pull_request, proposal.branch
    with pytest.raises(ForgeError) as caught:
        forge.open_pull_request(head_branch=branch, base_branch="main", title="x", body="")
    assert caught.value.code is ForgeErrorCode.ALREADY_EXISTS
    assert forge.close_pull_request(number).state is PullRequestState.CLOSED
    assert forge.close_pull_request(number).state is PullRequestState.CLOSED
    assert forge.find_pull_request(branch).number == number
    again = forge.open_pull_request(head_branch=branch, base_branch="main", title="x", body="")
    assert again.number == number + 1
    found = opened_pull_request(forge, head_branch=branch, base_branch="main", title="y", body="")
    assert (found.number, found.title) == (again.number, "x")


def test_what_is_not_there_is_said(forge):
    with pytest.raises(ForgeError) as caught:
        forge.open_pull_request(head_branch="nowhere", base_branch="main", title="x", body="")
    assert caught.value.code is ForgeErrorCode.VALIDATION
    with pytest.raises(ForgeError) as caught:
        forge.pull_request(99)
    assert caught.value.code is ForgeErrorCode.NOT_FOUND
    assert forge.find_pull_request("nowhere") is None


def test_it_sees_the_branch_move_and_conflict(config, forge, proposal):
    head = push_on_top(config, proposal.branch, "Erin", "engineer@example.com")
    seen = forge.pull_request(proposal.pull_request)
    assert (seen.head_commit, seen.is_conflicting) == (head, False)
    commits = forge.commits(proposal.pull_request)
    assert [one.sha for one in commits] == [proposal.head_commit, head]
    assert commits[1].author.account.login == "engineer@example.com"
    config.push({"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 1\n"})
    assert forge.pull_request(proposal.pull_request).is_conflicting is True


def test_texts_comments_reviewers_and_statuses(forge, proposal):
    number = proposal.pull_request
    assert forge.update_pull_request(number, title="Better").title == "Better"
    assert forge.comment(number, text="The base moved.", marker="base-1")
    assert not forge.comment(number, text="The base moved.", marker="base-1")
    forge.request_reviewers(number, ["Engineer@example.com"])
    with pytest.raises(ForgeError) as caught:
        forge.request_reviewers(number, ["stranger@example.com"])
    assert caught.value.code is ForgeErrorCode.VALIDATION
    said = CommitStatus(context="c", state=StatusState.SUCCESS, description="Good.", url="/x/")
    assert forge.status(proposal.head_commit, context="c") is None
    forge.set_status(proposal.head_commit, said)
    assert forge.status(proposal.head_commit, context="c") == said


def test_a_look_at_the_set_up(config, forge):
    assert forge.probe(base_branch="main").is_good
    assert "no branch" in forge.probe(base_branch="elsewhere").faults[0]
    config.path.rename(config.path.with_name("away.git"))
    with pytest.raises(ForgeError) as caught:
        forge.probe(base_branch="main")
    assert caught.value.code is ForgeErrorCode.NOT_FOUND
