"""GitHub and GitHub Enterprise, by a token or as an app. REST, version 2022-11-28."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from integrations.forges import shapes_github as shapes
from integrations.forges.address import ForgeAddress
from integrations.forges.client import Client, bad_answer, joined
from integrations.forges.commenting import is_marked, marked
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.github_app import AppAccess
from integrations.forges.port import Capabilities, Probe, preferred
from integrations.forges.probing import Findings, probed

LONGEST_DESCRIPTION = 140
CAPABILITIES = Capabilities(longest_title=256)
_VERDICTS = {
    "APPROVED": Verdict.APPROVED,
    "CHANGES_REQUESTED": Verdict.CHANGES_REQUESTED,
    "COMMENTED": Verdict.COMMENTED,
    "DISMISSED": Verdict.DISMISSED,
}
_STATES = {"pending": StatusState.PENDING, "success": StatusState.SUCCESS}
_NOT_HANDED_IN = "PENDING"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHub:
    """integrations.forges.port.Forge. `app` is there when the console is a GitHub App."""

    address: ForgeAddress
    client: Client
    app: AppAccess | None = None

    @property
    def kind(self) -> str:
        return self.address.kind

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def probe(self, *, base_branch: str) -> Probe:
        return probed(lambda: self._findings(base_branch))

    def find_pull_request(self, head_branch: str) -> PullRequest | None:
        query = {"head": f"{self.address.owner}:{head_branch}", "state": "all"}
        # A fork of the same owner may have a branch of the same name.
        pulls = [pull for pull in self.client.pages(self._at("pulls"), shapes.Pull, query) if self._is_ours(pull)]
        found = preferred([_pull_request(pull) for pull in pulls if pull.head.ref == head_branch])
        return self.pull_request(found.number) if found else None

    def open_pull_request(
        self, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
    ) -> PullRequest:
        sent = {"head": head_branch, "base": base_branch, "title": title, "body": body, "draft": is_draft}
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
        there = self.client.pages(path, shapes.Comment)
        if any(is_marked(one.body, marker) and _person(one.user).id == author.id for one in there):
            return False
        self.client.send("POST", path, {"body": marked(text, marker)}, shapes.Comment)
        return True

    def reviews(self, number: int) -> tuple[Review, ...]:
        head_commit = self.pull_request(number).head_commit
        read = self.client.pages(self._at("pulls", number, "reviews"), shapes.Review)
        return tuple(_review(one).seen_from(head_commit) for one in read if one.state != _NOT_HANDED_IN)

    def request_reviewers(self, number: int, logins: Sequence[str]) -> None:
        if logins:
            path = self._at("pulls", number, "requested_reviewers")
            self.client.send("POST", path, {"reviewers": list(dict.fromkeys(logins))}, shapes.Pull)

    def commits(self, number: int) -> tuple[BranchCommit, ...]:
        read = self.client.pages(self._at("pulls", number, "commits"), shapes.Commit)
        counted = self._pull(number).commits
        if counted is not None and counted > len(read):  # GitHub lists the first 250 and says nothing of the rest
            raise ForgeError(ForgeErrorCode.TOO_MANY, f"GitHub lists only {len(read)} of the {counted} commits.")
        return tuple(_commit(one) for one in read)

    def status(self, commit: str, *, context: str) -> CommitStatus | None:
        read = self.client.pages(self._at("commits", commit, "statuses"), shapes.Status)  # newest first
        found = next((one for one in read if one.context == context), None)
        return _status(found) if found else None

    def set_status(self, commit: str, status: CommitStatus) -> None:
        described = status.description[:LONGEST_DESCRIPTION]
        now = self.status(commit, context=status.context)
        if now and (now.state, now.description, now.url) == (status.state, described, status.url):
            return
        sent: dict[str, Any] = {"context": status.context, "state": status.state.value, "description": described}
        if status.url:
            sent["target_url"] = status.url
        self.client.send("POST", self._at("statuses", commit), sent, shapes.Status)

    def _findings(self, base_branch: str) -> Findings:
        account = self._account()
        repository = self.client.get(self._at(), shapes.Repository)
        branch = self.client.get(self._at("branches", base_branch), shapes.ProtectedBranch)
        may_push, may_open, may_set = self._rights(repository)
        return Findings(
            account=account,
            default_branch=repository.default_branch,
            base_branch=base_branch,
            is_archived=repository.archived,
            may_push=may_push,
            may_open=may_open,
            may_set_status=may_set,
            is_base_protected=branch.protected,
            required_contexts=_required(branch),
        )

    def _account(self) -> Person:
        if self.app is None:
            return _person(self.client.get("/user", shapes.User))
        return Person(id="", login=f"{self.app.slug()}[bot]")  # an app learns the id of its account nowhere

    def _rights(self, repository: shapes.Repository) -> tuple[bool | None, bool | None, bool | None]:
        if self.app is None:
            push = repository.permissions.push if repository.permissions else None
            return push, None, None  # a fine-grained token does not tell what it may do
        granted = self.app.permissions()
        return tuple(granted.get(name) == "write" for name in ("contents", "pull_requests", "statuses"))  # type: ignore[return-value]

    def _pull(self, number: int) -> shapes.Pull:
        return self.client.get(self._at("pulls", number), shapes.Pull)

    def _patch(self, number: int, change: Mapping[str, str]) -> PullRequest:
        return _pull_request(self.client.send("PATCH", self._at("pulls", number), change, shapes.Pull))

    def _is_ours(self, pull: shapes.Pull) -> bool:
        repo = pull.head.repo
        return repo is not None and repo.full_name.casefold() == self.address.path.casefold()

    def _at(self, *segments: str | int) -> str:
        return joined("repos", self.address.owner, self.address.name, *segments)


def _required(branch: shapes.ProtectedBranch) -> tuple[str, ...] | None:
    protection = branch.protection
    if branch.protected and (protection is None or not protection.enabled):
        return None  # a ruleset protects it, and may require what it likes
    checks = protection.required_status_checks if protection else None
    return tuple(checks.contexts) if checks else ()


def _pull_request(pull: shapes.Pull) -> PullRequest:
    if pull.state not in {"open", "closed"}:
        raise bad_answer("the pull request is neither open nor closed")
    closed = PullRequestState.MERGED if pull.merged_at else PullRequestState.CLOSED
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
        is_conflicting=None if pull.mergeable is None else not pull.mergeable,
        # Before the merge GitHub names a trial merge here.
        merge_commit=pull.merge_commit_sha if pull.merged_at else None,
        merged_by=_person(pull.merged_by) if pull.merged_by else None,
    )


def _person(user: shapes.User | None) -> Person:
    if user is None or not user.id:
        return Person(id="", login="")
    return Person(id=str(user.id), login=user.login, name=user.name or "", email=user.email or None)


def _review(review: shapes.Review) -> Review:
    verdict = _VERDICTS.get(review.state)
    if verdict is None:
        raise bad_answer("a review is in a state that GitHub does not describe")
    return Review(
        reviewer=_person(review.user),
        verdict=verdict,
        commit=review.commit_id or None,
        at=review.submitted_at,
        is_stale=False,
    )


def _commit(commit: shapes.Commit) -> BranchCommit:
    return BranchCommit(
        sha=commit.sha,
        message=commit.commit.message,
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
        state=_STATES.get(status.state, StatusState.FAILURE),
        description=status.description or "",
        url=status.target_url or "",
    )
