"""GitLab, at gitlab.com or self-hosted, by a personal, project or group token. REST, version 4.

A pull request is a merge request there and its number the `iid`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.core.pull_requests import (
    STATUS_CONTEXT,
    BranchCommit,
    CommitStatus,
    Contributor,
    PullRequest,
    PullRequestState,
    Review,
    StatusState,
)
from integrations.forges import shapes_gitlab as shapes
from integrations.forges.address import ForgeAddress
from integrations.forges.client import Client, bad_answer, joined
from integrations.forges.commenting import is_marked, marked
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.gitlab_reviews import person, reviews_of
from integrations.forges.port import Capabilities, Probe, preferred
from integrations.forges.probing import Findings, probed

CAPABILITIES = Capabilities(dates_reviews=False, longest_body=1_000_000, longest_title=255)
LONGEST_DESCRIPTION = 255
DEVELOPER = 30  # the access level that may push
DRAFT = "Draft: "
_STATES = {
    "opened": PullRequestState.OPEN,
    "locked": PullRequestState.OPEN,  # while it is being merged
    "closed": PullRequestState.CLOSED,
    "merged": PullRequestState.MERGED,
}
_CONFLICTING = {"can_be_merged": False, "cannot_be_merged": True}  # the others: not worked out yet
_TO_STATUS = {StatusState.FAILURE: "failed"}
_FROM_STATUS = {
    "created": StatusState.PENDING,
    "pending": StatusState.PENDING,
    "running": StatusState.PENDING,
    "success": StatusState.SUCCESS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLab:
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
        query = {"source_branch": head_branch, "state": "all", "scope": "all"}
        read = self.client.pages(self._at("merge_requests"), shapes.MergeRequest, query)
        ours = [one for one in read if one.source_project_id == one.target_project_id]
        return preferred([_pull_request(one) for one in ours if one.source_branch == head_branch])

    def open_pull_request(
        self, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
    ) -> PullRequest:
        named = f"{DRAFT}{title}" if is_draft else title
        sent = {"source_branch": head_branch, "target_branch": base_branch, "title": named, "description": body}
        return _pull_request(self.client.send("POST", self._at("merge_requests"), sent, shapes.MergeRequest))

    def pull_request(self, number: int) -> PullRequest:
        return _pull_request(self._merge_request(number))

    def update_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        given = {"title": title, "description": body}
        return self._put(number, {key: value for key, value in given.items() if value is not None})

    def close_pull_request(self, number: int) -> PullRequest:
        found = self.pull_request(number)
        return self._put(number, {"state_event": "close"}) if found.state is PullRequestState.OPEN else found

    def comment(self, number: int, *, text: str, marker: str) -> bool:
        author = self.pull_request(number).author
        if any(is_marked(one.body, marker) and person(one.author).id == author.id for one in self._notes(number)):
            return False
        path = self._at("merge_requests", number, "notes")
        self.client.send("POST", path, {"body": marked(text, marker)}, shapes.Note)
        return True

    def reviews(self, number: int) -> tuple[Review, ...]:
        approvals = self.client.get(self._at("merge_requests", number, "approvals"), shapes.Approvals)
        read = reviews_of(
            approvals=approvals,
            reviewers=self.client.pages(self._at("merge_requests", number, "reviewers"), shapes.Reviewer),
            versions=self.client.pages(self._at("merge_requests", number, "versions"), shapes.Version),
            notes=self._notes(number) if any(one.approved_at is None for one in approvals.approved_by) else (),
        )
        # Asked for last: a push in between makes the reviews stale, as it must.
        head_commit = self.pull_request(number).head_commit
        return tuple(one.seen_from(head_commit) for one in read)

    def request_reviewers(self, number: int, logins: Sequence[str]) -> None:
        asked = [one.id for one in self._merge_request(number).reviewers]
        wanted = [*dict.fromkeys([*asked, *map(self._id_of, logins)])]
        if wanted != asked:
            self._put(number, {"reviewer_ids": wanted})

    def commits(self, number: int) -> tuple[BranchCommit, ...]:
        read = self.client.pages(self._at("merge_requests", number, "commits"), shapes.Commit)
        return tuple(_commit(one) for one in reversed(read))  # they come newest first

    def status(self, commit: str, *, context: str) -> CommitStatus | None:
        path = self._at("repository", "commits", commit, "statuses")
        of_context = [one for one in self.client.pages(path, shapes.Status) if one.name == context]
        newest = max(of_context, key=lambda one: one.id, default=None)
        return _status(newest) if newest else None

    def set_status(self, commit: str, status: CommitStatus) -> None:
        described = status.description[:LONGEST_DESCRIPTION]
        now = self.status(commit, context=status.context)
        if now and (now.state, now.description, now.url) == (status.state, described, status.url):
            return
        state = _TO_STATUS.get(status.state, status.state.value)
        sent = {"state": state, "name": status.context, "description": described}
        if status.url:
            sent["target_url"] = status.url
        self.client.send("POST", self._at("statuses", commit), sent, shapes.Status)

    def _findings(self, base_branch: str) -> Findings:
        account = person(self.client.get("/user", shapes.User))
        project = self.client.get(self._at(), shapes.Project)
        branch = self.client.get(self._at("repository", "branches", base_branch), shapes.Branch)
        is_guarded = project.only_allow_merge_if_pipeline_succeeds
        return Findings(
            account=account,
            default_branch=project.default_branch,
            base_branch=base_branch,
            is_archived=project.archived,
            may_push=_may_push(project.permissions),
            may_open=project.merge_requests_access_level != "disabled",
            may_set_status=None,
            is_base_protected=branch.protected,
            # GitLab requires no status by its name: it requires all of them, or none.
            required_contexts=(STATUS_CONTEXT,) if is_guarded else (),
        )

    def _merge_request(self, number: int) -> shapes.MergeRequest:
        return self.client.get(self._at("merge_requests", number), shapes.MergeRequest)

    def _notes(self, number: int) -> list[shapes.Note]:
        return self.client.pages(self._at("merge_requests", number, "notes"), shapes.Note)

    def _put(self, number: int, change: Mapping[str, Any]) -> PullRequest:
        # Any: texts, or a list of ids.
        return _pull_request(self.client.send("PUT", self._at("merge_requests", number), change, shapes.MergeRequest))

    def _id_of(self, login: str) -> int:
        found = self.client.get("/users", list[shapes.User], {"username": login})
        if not found:
            raise ForgeError(ForgeErrorCode.VALIDATION, "A reviewer is not known at GitLab by this name.")
        return found[0].id

    def _at(self, *segments: str | int) -> str:
        return joined("projects", self.address.path, *segments)


def authorisation(token: str) -> Mapping[str, str]:
    """The headers of a request to GitLab."""
    return {"Accept": "application/json", "Authorization": f"Bearer {token}", "User-Agent": "glasshouse"}


def _may_push(permissions: shapes.Permissions | None) -> bool | None:
    if permissions is None:
        return None
    levels = [one.access_level for one in (permissions.project_access, permissions.group_access) if one]
    return max(levels, default=0) >= DEVELOPER


def _pull_request(read: shapes.MergeRequest) -> PullRequest:
    state = _STATES.get(read.state)
    if state is None:
        raise bad_answer("the merge request is in a state that GitLab does not describe")
    is_merged = state is PullRequestState.MERGED
    merger = read.merge_user or read.merged_by
    return PullRequest(
        number=read.iid,
        url=read.web_url,
        state=state,
        title=read.title,
        body=read.description or "",
        author=person(read.author),
        head_branch=read.source_branch,
        head_commit=read.sha or "",
        base_branch=read.target_branch,
        is_conflicting=_CONFLICTING.get(read.merge_status) if read.merge_status else read.has_conflicts,
        # A fast-forward makes no commit of its own: the branch's last one is it.
        merge_commit=(read.merge_commit_sha or read.squash_commit_sha or read.sha) if is_merged else None,
        merged_by=person(merger) if merger else None,
    )


def _commit(commit: shapes.Commit) -> BranchCommit:
    return BranchCommit(
        sha=commit.id,
        message=commit.message.rstrip("\n"),
        author=Contributor(name=commit.author_name, email=commit.author_email),
        committer=Contributor(name=commit.committer_name, email=commit.committer_email),
    )


def _status(status: shapes.Status) -> CommitStatus:
    return CommitStatus(
        context=status.name,
        state=_FROM_STATUS.get(status.status, StatusState.FAILURE),
        description=status.description or "",
        url=status.target_url or "",
    )
