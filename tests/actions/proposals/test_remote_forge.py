"""A forge behind HTTP that stalls, refuses, limits and answers twice: one pull request all the same.

The fake GitHub is asked by the console's own client; commits go to a real repository, which the fake is told of.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pygit2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from audit.record import SYSTEM
from console.models import User
from integrations.actions.forge_accounts import link_forge_account
from integrations.actions.proposals.deciding import clear, retry, withdraw
from integrations.actions.proposals.following import follow
from integrations.actions.proposals.publishing import publish
from integrations.actions.sync import remote_of
from integrations.core.proposals import State
from integrations.models import Proposal, Repository
from tests.actions.proposals.making import branches, commit_at, entries, handed_in, open_intents
from tests.forges.contract import needs_contract
from tests.forges.fakes.github import GitHubWire
from tests.forges.fakes.server import Fault, Server, serving
from tests.forges.fakes.state import Commit

pytestmark = [pytest.mark.django_db, needs_contract]
STATUS = "glasshouse/independent-review"


@pytest.fixture
def server(config, settings, monkeypatch) -> Iterator[Server]:
    with serving(GitHubWire()) as server:
        monkeypatch.setenv("FORGE_TOKEN", server.wire.state.token)
        settings.OUTBOUND_ALLOWED_HOSTS = ("127.0.0.1",)
        Repository.objects.update(forge="github", web_url=f"{server.url}/acme/config", token_ref="env:FORGE_TOKEN")
        yield server


@pytest.fixture
def proposal(config, people, server) -> Proposal:
    return handed_in(config, people["dana"])


def publish_there(config, server: Server, proposal: Proposal) -> Proposal:
    """Publishes, and tells the fake of each pushed commit as GitHub would see it."""

    def step(name: str) -> None:
        if name == "pushed":
            tell(config, server)

    publish(proposal.pk, step=step)
    proposal.refresh_from_db()
    return proposal


def tell(config, server: Server) -> None:
    state = server.wire.state
    for branch, head in branches(config).items():
        author = commit_at(config, head).author
        known = state.person(author.email.partition("@")[0], email=author.email)
        message = commit_at(config, head).message
        state.branches[branch] = [Commit(sha=head, message=message, author=known, committer=state.bot)]


def due(proposal: Proposal) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(due_at=None)


def test_one_pull_request_with_the_proposal_as_its_branch(config, server, proposal):
    publish_there(config, server, proposal)
    (pull,) = server.wire.state.pulls.values()
    assert (proposal.state, proposal.pull_request, proposal.trouble) == (State.OPEN, pull.number, "")
    assert (pull.head, pull.base, pull.title) == (proposal.branch, "main", "Give Acme pages of 25")
    assert f"Glasshouse-Proposal: `{proposal.pk}`" in pull.body


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", status=500, is_after=True),
        Fault(method="POST", status=502),
        Fault(method="POST", drops=True, is_after=True),
        Fault(method="POST", content=b"<html>", content_type="text/html", is_after=True),
        Fault(method="GET", status=503),
    ],
    ids=["500-after-effect", "502", "dropped-after-effect", "no-json-after-effect", "503-on-look-up"],
)
def test_whatever_the_answer_there_is_one_pull_request(config, server, proposal, fault):
    fault.times = 1
    server.faults.append(fault)
    publish_there(config, server, proposal)
    if proposal.state == State.QUEUED:
        assert proposal.due_at > timezone.now()
        assert proposal.trouble.endswith("The console tries again by itself.")
        due(proposal)
        publish_there(config, server, proposal)
    assert (proposal.state, len(server.wire.state.pulls)) == (State.OPEN, 1)
    assert branches(config) == {proposal.branch: proposal.head_commit}
    assert not open_intents()


def test_a_limit_is_respected(config, server, proposal):
    server.faults.append(Fault(method="POST", status=429, headers={"Retry-After": "1200"}))
    before = timezone.now()
    publish_there(config, server, proposal)
    assert proposal.state == State.QUEUED
    assert 1190 < (proposal.due_at - before).total_seconds() < 1260
    assert not publish(proposal.pk), "nobody asks before the time"
    due(proposal)
    publish_there(config, server, proposal)
    assert (proposal.state, proposal.attempts) == (State.OPEN, 0)


def test_a_forge_that_stays_away_is_given_up_with_a_word_what_to_do(config, server, proposal):
    server.faults.append(Fault(method="POST", status=500, times=1000))
    for _ in range(20):
        publish_there(config, server, proposal)
        if proposal.state == State.FAILED:
            break
        due(proposal)
    assert (proposal.state, proposal.attempts) == (State.FAILED, 15)
    assert proposal.trouble.endswith("Try again, or withdraw the proposal.")
    assert not open_intents()


def test_a_revoked_token_says_so_and_a_new_one_mends_it(config, people, server, proposal, monkeypatch):
    token, server.wire.state.token = server.wire.state.token, "another-one"
    publish_there(config, server, proposal)
    assert proposal.state == State.FAILED
    assert "Give the console a new token" in proposal.trouble
    assert token not in proposal.trouble
    assert entries("proposal-failed")[-1].values["error"] == "unauthorised"
    monkeypatch.setenv("FORGE_TOKEN", "another-one")
    retry(proposal.pk, person=people["dana"])
    assert publish_there(config, server, proposal).state == State.OPEN


def test_a_pull_request_merged_between_two_tries_is_found_and_its_branch_not_made_again(config, server, proposal):
    def die(name: str) -> None:
        if name == "pushed":
            tell(config, server)
        if name == "opened":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(proposal.pk, step=die)
    server.wire.state.merge(1, "erin")
    pygit2.Repository(str(config.path)).references.delete(f"refs/heads/{proposal.branch}")
    Proposal.objects.update(claimed_until=proposal.created_at)
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, branches(config), len(server.wire.state.pulls)) == (State.MERGED, {}, 1)
    assert proposal.merge_commit == server.wire.state.pulls[1].merge_commit
    assert not open_intents()


def test_a_reviewer_whom_the_forge_does_not_know_keeps_nothing_up(config, people, server):
    proposal = handed_in(config, people["dana"], reviewers=["nobody-there"])
    publish_there(config, server, proposal)
    assert (proposal.state, "could not be asked" in proposal.trouble) == (State.OPEN, True)


def test_an_approval_counts_by_the_linked_account_of_somebody_else(config, people, server, proposal):
    publish_there(config, server, proposal)
    state = server.wire.state
    state.person("robin")
    state.review(proposal.pull_request, "robin", "approved")
    follow(proposal.pk)
    assert state.statuses[proposal.head_commit][-1].state == "pending"
    assert "nobody in the console has that account" in state.statuses[proposal.head_commit][-1].description
    link_forge_account(people["engineer"], forge="github", login="Robin", actor=SYSTEM)
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.review, state.statuses[proposal.head_commit][-1].state) == ("approved", "success")
    follow(proposal.pk)
    assert len(state.statuses[proposal.head_commit]) == 2, "what is said already is not said again"


def test_the_proposer_cannot_approve_with_the_account_at_the_forge(config, people, server, proposal):
    publish_there(config, server, proposal)
    link_forge_account(people["dana"], forge="github", login="dana", actor=SYSTEM)
    server.wire.state.review(proposal.pull_request, "dana", "approved")
    follow(proposal.pk)
    proposal.refresh_from_db()
    status = server.wire.state.statuses[proposal.head_commit][-1]
    assert (proposal.review, status.context, status.state) == ("pending", STATUS, "pending")
    assert "somebody else must approve" in status.description


def test_as_a_github_app(config, people, settings, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(private)
    settings.OUTBOUND_ALLOWED_HOSTS = ("127.0.0.1",)
    with serving(GitHubWire(app_key=public.decode(), now=time.time())) as server:
        reference = f"github-app:12345/77:file:{tmp_path}/key.pem"
        Repository.objects.update(forge="github", web_url=f"{server.url}/acme/config", token_ref=reference)
        proposal = publish_there(config, server, handed_in(config, people["dana"]))
        assert (proposal.state, proposal.trouble) == (State.OPEN, "")
        assert len(server.wire.issued) == 1, "one token serves git and the API"
        assert remote_of(config.row).secret == server.wire.issued[0]


def test_it_follows_a_merge_and_a_close(config, people, server, proposal):
    publish_there(config, server, proposal)
    server.wire.state.merge(proposal.pull_request, "erin")
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.merge_commit) == (State.MERGED, server.wire.state.pulls[1].merge_commit)
    second = publish_there(config, server, handed_in(config, people["dana"]))
    server.wire.state.pulls[second.pull_request].state = "closed"
    follow(second.pk)
    second.refresh_from_db()
    assert second.state == State.CLOSED
    assert len(entries("proposal-closed")) == 1


def test_a_forge_that_is_away_changes_nothing_that_is_known(config, server, proposal):
    publish_there(config, server, proposal)
    server.faults.append(Fault(status=500))
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN
    assert proposal.trouble.startswith("The forge could not be asked")
    assert proposal.due_at > timezone.now()
    server.faults.clear()
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.trouble, proposal.attempts) == ("", 0)


def test_withdrawing_closes_it_there_and_tries_again_when_the_forge_is_away(config, people, server, proposal):
    publish_there(config, server, proposal)
    dana: User = people["dana"]
    withdraw(proposal.pk, person=dana)
    server.faults.append(Fault(method="PATCH", status=500))
    assert not clear(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.due_at is not None
    Proposal.objects.update(due_at=proposal.created_at)
    assert clear(proposal.pk)
    assert (server.wire.state.pulls[1].state, branches(config)) == ("closed", {})
    assert not open_intents()
