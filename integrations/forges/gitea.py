"""Gitea and Forgejo, which share one API (version 1), by a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.core.pull_requests import (
    BranchCommit,
    CommitStatus,
    Contributor,
    Person,
    PullRequest,
    PullRequestState,
    Review,
    StatusState,
    Verdict,
)
from integrations.forges import shapes_gitea as shapes
from integrations.forges.address import ForgeAddress
from integrations.forges.client import Client, bad_answer, joined, without_repetition
from integrations.forges.commenting import is_marked, marked
from integrations.forges.port import Capabilities, Probe, preferred
from integrations.forges.probing import Findings, probed

CAPABILITIES = Capabilities(longest_title=255)
PAGE_SIZE = 50  # the most that either gives unless its administrator allows more
DRAFT = "WIP: "  # a draft is what is named so; neither takes another word for it through the API
_VERDICTS = {
    "APPROVED": Verdict.APPROVED,
    "REQUEST_CHANGES": Verdict.CHANGES_REQUESTED,
    "COMMENT": Verdict.COMMENTED,
}
_NOT_HANDED_IN = {"PENDING", "REQUEST_REVIEW"}
_STATES = {"pending": StatusState.PENDING, "success": StatusState.SUCCESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gitea:
    """integrations.forges.port.Forge."""

    address: ForgeAddress
    client: Client

    @property
    def kind(self) -> str:
        return self.address.kind

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def probe(self, *, base_branch: str) -> Probe:
        return probed(lambda: self._findings(base_branch))

    def find_pull_request(self, head_branch: str) -> PullRequest | None:
        # The list has no filter for the head. Open ones first, for they are few and mostly what is looked for.
        for state in ("open", "closed"):
            query = {"state": state, "sort": "recentupdate"}
            pulls = self.client.pages(self._at("pulls"), shapes.Pull, query)
            found = preferred([_pull_request(pull) for pull in pulls if _is_of(pull, head_branch)])
            if found:
                return found
        return None

    def open_pull_request(
        self, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
    ) -> PullRequest:
        named = f"{DRAFT}{title}" if is_draft else title
        sent = {"head": head_branch, "base": base_branch, "title": named, "body": body}
        return _pull_request(self.client.send("POST", self._at("pulls"), sent, shapes.Pull))

    def pull_request(self, number: int) -> PullRequest:
        return _pull_request(self._pull(number))

    def update_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        given = {"title": title, "body": body}
        return self._patch(number, {key: value for key, value in given.items() if value is not None})

    def close_pull_request(self, number: int) -> PullRequest:
        found = self.pull_request(number)
        return self._patch(number, {"state": "closed"}) if found.state is PullRequestState.OPEN else found

    def comment(self, number: int, *, text: str, marker: str) -> bool:
        author = self.pull_request(number).author
        path = self._at("issues", number, "comments")
        there = self.client.get(path, list[shapes.Comment])  # all at once: this list has no pages
        if any(is_marked(one.body, marker) and _person(one.user).id == author.id for one in there):
            return False
        self.client.send("POST", path, {"body": marked(text, marker)}, shapes.Comment)
        return True

    def reviews(self, number: int) -> tuple[Review, ...]:
        head_commit = self.pull_request(number).head_commit
        read = self.client.pages(self._at("pulls", number, "reviews"), shapes.Review)
        return tuple(_review(one).seen_from(head_commit) for one in read if one.state not in _NOT_HANDED_IN)

    def request_reviewers(self, number: int, logins: Sequence[str]) -> None:
        asked = [one.login for one in self._pull(number).requested_reviewers or ()]
        if missing := without_repetition(asked, logins):
            path = self._at("pulls", number, "requested_reviewers")
            self.client.send("POST", path, {"reviewers": missing}, list[Any])  # Any: nothing of it is read

    def commits(self, number: int) -> tuple[BranchCommit, ...]:
        read = self.client.pages(self._at("pulls", number, "commits"), shapes.Commit)
        return tuple(_commit(one) for one in reversed(read))  # they come newest first

    def status(self, commit: str, *, context: str) -> CommitStatus | None:
        found = next((one for one in self._statuses(commit) if one.context == context), None)
        return _status(found) if found else None

    def set_status(self, commit: str, status: CommitStatus) -> None:
        if self.status(commit, context=status.context) == status:
            return
        sent = {
            "context": status.context,
            "state": status.state.value,
            "description": status.description,
            "target_url": status.url,
        }
        self.client.send("POST", self._at("statuses", commit), sent, shapes.Status)

    def _statuses(self, commit: str) -> Iterator[shapes.Status]:
        yield from self.client.pages(self._at("statuses", commit), shapes.Status, {"sort": "highestindex"})

    def _findings(self, base_branch: str) -> Findings:
        account = _person(self.client.get("/user", shapes.User))
        repository = self.client.get(self._at(), shapes.Repository)
        branch = self.client.get(self._at("branches", base_branch), shapes.ProtectedBranch)
        contexts = branch.status_check_contexts or [] if branch.enable_status_check else []
        return Findings(
            account=account,
            default_branch=repository.default_branch,
            base_branch=base_branch,
            is_archived=repository.archived,
            may_push=repository.permissions.push if repository.permissions else None,
            may_open=repository.has_pull_requests,
            may_set_status=None,
            is_base_protected=branch.protected,
            required_contexts=tuple(contexts),
        )

    def _pull(self, number: int) -> shapes.Pull:
        return self.client.get(self._at("pulls", number), shapes.Pull)

    def _patch(self, number: int, change: Mapping[str, str]) -> PullRequest:
        return _pull_request(self.client.send("PATCH", self._at("pulls", number), change, shapes.Pull))

    def _at(self, *segments: str | int) -> str:
        return joined("repos", self.address.owner, self.address.name, *segments)


def authorisation(token: str) -> Mapping[str, str]:
    """The headers of a request to Gitea or Forgejo."""
    return {"Accept": "application/json", "Authorization": f"token {token}", "User-Agent": "glasshouse"}


def _is_of(pull: shapes.Pull, head_branch: str) -> bool:
    return pull.head.ref == head_branch and pull.head.repo_id == pull.base.repo_id


def _pull_request(pull: shapes.Pull) -> PullRequest:
    if pull.state not in {"open", "closed"}:
        raise bad_answer("the pull request is neither open nor closed")
    closed = PullRequestState.MERGED if pull.merged else PullRequestState.CLOSED
    return PullRequest(
        number=pull.number,
        url=pull.html_url,
        state=PullRequestState.OPEN if pull.state == "open" else closed,
        title=pull.title,
        body=pull.body or "",
        author=_person(pull.user),
        head_branch=pull.head.ref,
        head_commit=pull.head.sha,
        base_branch=pull.base.ref,
        # A draft is never called mergeable, whether it conflicts or not.
        is_conflicting=None if pull.mergeable is None or pull.draft else not pull.mergeable,
        merge_commit=pull.merge_commit_sha if pull.merged else None,
        merged_by=_person(pull.merged_by) if pull.merged_by else None,
    )


def _person(user: shapes.User | None) -> Person:
    if user is None or user.id <= 0:  # -1 is the ghost of a deleted account
        return Person(id="", login="")
    return Person(id=str(user.id), login=user.login, name=user.full_name, email=user.email or None)


def _review(review: shapes.Review) -> Review:
    verdict = _VERDICTS.get(review.state)
    if verdict is None:
        raise bad_answer("a review is in a state that the forge does not describe")
    return Review(
        reviewer=_person(review.user),
        verdict=Verdict.DISMISSED if review.dismissed else verdict,
        commit=review.commit_id or None,
        at=review.submitted_at,
        is_stale=False,
    )


def _commit(commit: shapes.Commit) -> BranchCommit:
    return BranchCommit(
        sha=commit.sha,
        message=commit.commit.message.rstrip("\n"),
        author=_contributor(commit.commit.author, commit.author),
        committer=_contributor(commit.commit.committer, commit.committer),
    )


def _contributor(claimed: shapes.GitPerson | None, user: shapes.User | None) -> Contributor:
    account = _person(user)
    return Contributor(
        name=claimed.name if claimed else "",
        email=claimed.email if claimed else "",
        account=account if account.id else None,
    )


def _status(status: shapes.Status) -> CommitStatus:
    return CommitStatus(
        context=status.context,
        state=_STATES.get(status.status, StatusState.FAILURE),
        description=status.description,
        url=status.target_url,
    )
