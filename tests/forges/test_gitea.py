"""Gitea and Forgejo against the fake, each against its own description."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest

from integrations.core.pull_requests import PullRequestState
from integrations.forges import shapes_gitea as shapes
from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.client import Client
from integrations.forges.gitea import PAGE_SIZE, Gitea, authorisation
from tests.forges import contract
from tests.forges.behaviour import Behaviour
from tests.forges.fakes.gitea import GiteaWire
from tests.forges.fields import undescribed

READ = {
    "User": shapes.User,
    "PullRequest": shapes.Pull,
    "PullReview": shapes.Review,
    "Comment": shapes.Comment,
    "CommitStatus": shapes.Status,
    "Repository": shapes.Repository,
    "Branch": shapes.ProtectedBranch,
}


class TestGitea(Behaviour):
    kind: ClassVar[str] = "gitea"

    def wire(self) -> GiteaWire:
        return GiteaWire(kind=self.kind)

    def forge_at(self, server, transport, token):
        address = address_of(self.kind, f"{server.url}/acme/config")
        client = Client(
            api_url=address.api_url,
            transport=transport,
            access=TokenAccess(token=token),
            headers_for=authorisation,
            size_parameter="limit",
            page_size=PAGE_SIZE,
        )
        return Gitea(address=address, client=client)

    def test_a_missing_required_status_is_warned_of(self, forge, state):
        state.required_contexts = []
        assert forge.probe(base_branch="main").requires_status is False

    def test_a_draft_is_named_so_and_not_called_conflicting(self, forge):
        opened = self.opened(forge, is_draft=True)
        assert opened.title == "WIP: Map the region"
        assert opened.is_conflicting is None

    def test_a_dismissed_approval_is_none(self, forge, state):
        self.opened(forge)
        state.review(1, "robin", "dismissed")
        state.review(1, "robin", "asked")
        state.review(1, "robin", "pending")
        assert [one.verdict for one in forge.reviews(1)] == ["dismissed"]

    def test_the_ghost_of_a_deleted_account_is_nobody(self, forge, state):
        self.opened(forge)
        ghost = state.person("Ghost")
        ghost.id = -1
        state.review(1, "Ghost", "approved")
        (review,) = forge.reviews(1)
        assert (review.reviewer.id, review.reviewer.login) == ("", "")

    @pytest.mark.parametrize("schema", READ)
    def test_every_field_that_is_read_is_described(self, schema):
        root = contract.gitea(self.kind).root
        assert undescribed(READ[schema], root["definitions"][schema], root) == []

    @pytest.mark.parametrize(
        ("recorded", "shape"),
        [
            ("pr", shapes.Pull),
            ("prs", list[shapes.Pull]),
            ("statuses", list[shapes.Status]),
            ("commits", list[shapes.Commit]),
        ],
    )
    def test_what_was_recorded_at_a_real_one_is_read(self, recorded, shape):
        text = msgspec.json.encode(contract.document("gitea/fixtures.json")[recorded])
        assert msgspec.json.decode(text, type=shape)


class TestForgejo(TestGitea):
    kind: ClassVar[str] = "forgejo"

    def test_it_calls_itself_by_its_own_name(self, forge):
        assert forge.kind == "forgejo"
        assert self.opened(forge).state is PullRequestState.OPEN
