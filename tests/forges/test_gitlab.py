"""GitLab against the fake, and both against what GitLab publishes."""

from __future__ import annotations

import msgspec
import pytest

from integrations.core.pull_requests import CommitStatus, StatusState, Verdict
from integrations.forges import shapes_gitlab as shapes
from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.client import Client
from integrations.forges.gitlab import GitLab, authorisation
from tests.forges import contract
from tests.forges.behaviour import BRANCH, CONTEXT, Behaviour
from tests.forges.contract_gitlab import gitlab
from tests.forges.fakes.gitlab import GitLabWire
from tests.forges.fields import undescribed


class TestGitLab(Behaviour):
    def wire(self) -> GitLabWire:
        return GitLabWire()

    def forge_at(self, server, transport, token):
        address = address_of("gitlab", f"{server.url}/acme/config")
        client = Client(
            api_url=address.api_url,
            transport=transport,
            access=TokenAccess(token=token),
            headers_for=authorisation,
        )
        return GitLab(address=address, client=client)

    def test_the_project_is_named_by_its_escaped_path(self, forge, server):
        forge.find_pull_request(BRANCH)
        assert server.requests[0].path == "/api/v4/projects/acme%2Fconfig/merge_requests"

    def test_merges_without_the_statuses_are_warned_of(self, forge, server):
        server.wire.is_guarded = False
        probe = forge.probe(base_branch="main")
        assert probe.requires_status is False
        assert "approve their own changes" in " ".join(probe.warnings)

    def test_a_draft_is_named_so(self, forge):
        assert self.opened(forge, is_draft=True).title == "Draft: Map the region"

    def test_what_gitlab_still_checks_is_neither(self, forge, state):
        self.opened(forge)
        state.pulls[1].mergeable = None
        assert forge.pull_request(1).is_conflicting is None

    def test_a_status_can_go_back_and_forth(self, forge, state):
        commit = state.branches[BRANCH][-1].sha
        for said in (StatusState.PENDING, StatusState.SUCCESS, StatusState.FAILURE, StatusState.SUCCESS):
            forge.set_status(commit, CommitStatus(context=CONTEXT, state=said, description="x"))
            assert forge.status(commit, context=CONTEXT).state is said

    def test_an_older_gitlab_tells_by_its_notes_when_somebody_approved(self, forge, server, state):
        server.wire.tells_times = False
        self.opened(forge)
        state.review(1, "robin", "approved")
        (review,) = forge.reviews(1)
        assert (review.verdict, review.is_stale) == (Verdict.APPROVED, False)
        state.push(BRANCH, "Sneaked in")
        assert forge.reviews(1)[0].is_stale

    def test_an_approval_of_an_unknown_time_is_stale(self, forge, server, state):
        server.wire.tells_times = False
        self.opened(forge)
        state.review(1, "robin", "approved")
        forge.comment(1, text="approved this merge request", marker="x")  # no note of GitLab's own
        server.wire._notes = lambda pull: []
        (review,) = forge.reviews(1)
        assert (review.commit, review.is_stale) == (None, True)

    def test_an_approval_at_the_moment_of_a_push_did_not_see_it(self, forge, state):
        self.opened(forge)
        state.review(1, "robin", "approved")
        state.push(BRANCH, "At once")
        state.pulls[1].reviews[0].at = state.pulls[1].heads[-1][1]
        assert forge.reviews(1)[0].is_stale

    @pytest.mark.parametrize(
        ("shape", "definition"),
        [(shapes.MergeRequest, "merge_request"), (shapes.Note, "note"), (shapes.Branch, "branch")],
    )
    def test_every_field_that_is_read_is_described(self, shape, definition):
        root = gitlab().root
        missing = undescribed(shape, root["definitions"][definition], root)
        # The published schema describes a user by four fields, and leaves out two of a merge request's.
        elsewhere = ("username", "name", "id", "squash_commit_sha", "has_conflicts")
        assert [one for one in missing if not one.endswith(elsewhere)] == []

    @pytest.mark.parametrize(
        ("document", "recorded", "shape"),
        [
            ("gitlab/fixtures.json", "merge", shapes.MergeRequest),
            ("gitlab/fixtures.json", "merges", list[shapes.MergeRequest]),
            ("gitlab/fixtures.json", "merge_notes", list[shapes.Note]),
            ("gitlab/fixtures.json", "branch", shapes.Branch),
            ("gitlab/fixtures_go-gitlab.json", "get_merge_request", shapes.MergeRequest),
            ("gitlab/fixtures_go-gitlab.json", "get_merge_requests", list[shapes.MergeRequest]),
            ("gitlab/fixtures_go-gitlab.json", "get_branch", shapes.Branch),
        ],
    )
    def test_what_was_recorded_at_a_real_one_is_read(self, document, recorded, shape):
        text = msgspec.json.encode(contract.document(document)[recorded])
        assert msgspec.json.decode(text, type=shape)
