"""GitLab as it looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.forges.contract_gitlab import PREFIX, gitlab
from tests.forges.fakes.server import Reply, Request, page
from tests.forges.fakes.state import Account, Comment, Commit, Pull, State, Status

OURS, FORK = 3, 4  # ids of projects
PATH = "/projects/acme%2Fconfig"
STATES = {"open": "opened", "closed": "closed", "merged": "merged"}
REVIEWER_STATES = {"approved": "approved", "changes-requested": "requested_changes", "commented": "reviewed"}
STATUSES = {"pending", "running", "success", "failed", "canceled", "skipped"}


@dataclass(kw_only=True)
class GitLabWire:
    """`tells_times`: as GitLab does since 18.5; before, only its notes tell when somebody approved."""

    state: State = field(default_factory=State)
    prefix: str = PREFIX
    tells_times: bool = True
    is_guarded: bool = True

    def __post_init__(self) -> None:
        self.description = gitlab()

    def is_let_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.state.token}"

    def refused(self, status: int, message: str) -> Reply:
        return Reply(status=status, body={"message": f"{status} {message}"})

    def reply(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if path == "/user":
            return Reply(body=_user(self.state.bot))
        if path == "/users":
            return Reply(
                body=[_user(one) for one in self.state.people.values() if one.login == request.query["username"]]
            )
        if not path.startswith(PATH):
            return self.refused(404, "Project Not Found")
        parts = path.removeprefix(PATH).strip("/").split("/")
        match request.method, parts:
            case "GET", [""]:
                return Reply(body=self._project())
            case "GET", ["repository", "branches", name]:
                return self._branch(name)
            case _, ["merge_requests", *rest]:
                return self._merge_requests(request, rest)
            case "GET", ["repository", "commits", commit, "statuses"]:
                known = self.state.statuses.get(commit, [])
                return self._listed(request, [_status(number, one) for number, one in enumerate(known, 1)])
            case "POST", ["statuses", commit]:
                return self._set_status(commit, request.body)
        return self.refused(404, "Not Found")

    def _merge_requests(self, request: Request, parts: list[str]) -> Reply:
        pulls = self.state.pulls
        match request.method, parts:
            case "GET", []:
                found = [one for one in pulls.values() if one.head == request.query["source_branch"]]
                return self._listed(request, [self._merge_request(one) for one in reversed(found)])
            case "POST", []:
                return self._open(request.body)
            case _, [number, *_] if int(number) not in pulls:
                return self.refused(404, "Not found")
            case "GET", [number]:
                return Reply(body=self._merge_request(pulls[int(number)]))
            case "PUT", [number]:
                return self._put(pulls[int(number)], request.body)
            case "GET", [number, what]:
                return self._of(request, pulls[int(number)], what)
            case "POST", [number, "notes"]:
                return self._commented(pulls[int(number)], request.body["body"])
        return self.refused(404, "Not Found")

    def _of(self, request: Request, pull: Pull, what: str) -> Reply:
        match what:
            case "notes":
                return self._listed(request, self._notes(pull))
            case "approvals":
                approved = [self._approval(one) for one in self._in_force(pull, "approved")]
                body = {"id": 900 + pull.number, "iid": pull.number, "project_id": OURS, "approved_by": approved}
                return Reply(body=body)
            case "reviewers":
                return self._listed(request, self._reviewers(pull))
            case "versions":
                return self._listed(request, [_version(*one) for one in reversed(pull.heads)])
            case "commits":
                return self._listed(request, [_commit(one) for one in reversed(self.state.branches[pull.head])])
        return self.refused(404, "Not Found")

    def _open(self, body: dict[str, Any]) -> Reply:
        head, base = body["source_branch"], body["target_branch"]
        if head not in self.state.branches:
            return Reply(status=400, body={"message": ["Source branch does not exist"]})
        if self.state.is_open(head, base):
            return Reply(
                status=409, body={"message": ["Another open merge request already exists for this source branch: !1"]}
            )
        title = body["title"]
        pull = self.state.open(
            head=head, base=base, title=title, body=body["description"], is_draft=title.startswith("Draft: ")
        )
        return Reply(status=201, body=self._merge_request(pull))

    def _put(self, pull: Pull, body: dict[str, Any]) -> Reply:
        pull.title, pull.body = body.get("title", pull.title), body.get("description", pull.body)
        if body.get("state_event") == "close" and pull.state == "open":
            pull.state = "closed"
        if "reviewer_ids" in body:
            by_id = {one.id: one for one in self.state.people.values()}
            pull.reviewers = [by_id[one] for one in body["reviewer_ids"]]
        return Reply(body=self._merge_request(pull))

    def _commented(self, pull: Pull, body: str) -> Reply:
        comment = Comment(id=len(pull.comments) + 1, account=self.state.bot, body=body)
        pull.comments.append(comment)
        return Reply(status=201, body=_note(comment.id, comment.account, body, comment.at, is_system=False))

    def _set_status(self, commit: str, body: dict[str, Any]) -> Reply:
        if body["state"] not in STATUSES:
            return Reply(status=400, body={"error": "state does not have a valid value"})
        known = self.state.statuses.setdefault(commit, [])
        status = Status(
            context=body["name"],
            state=body["state"],
            description=body["description"],
            url=body.get("target_url", ""),
        )
        newest = next((one for one in reversed(known) if one.context == status.context), None)
        if newest and newest.state == status.state == "pending":
            message = "Cannot transition status via :enqueue from :pending"
            return Reply(status=400, body={"message": message})
        known.append(status)
        return Reply(status=201, body=_status(len(known), status))

    def _branch(self, name: str) -> Reply:
        if name not in self.state.branches:
            return self.refused(404, "Branch Not Found")
        flags = dict.fromkeys(("merged", "developers_can_push", "developers_can_merge", "can_push"), False)
        body = {"name": name, "commit": {"id": "0" * 40}, "default": True, "web_url": "https://forge.test/x", **flags}
        return Reply(body={**body, "protected": self.state.is_protected})

    def _listed(self, request: Request, items: list[Any]) -> Reply:
        shown, more = page(items, request, "per_page")
        return Reply(body=shown, headers=more)

    # --- shapes ---

    def _project(self) -> dict[str, Any]:
        access = {"access_level": 30 if self.state.may_push else 20, "notification_level": 3}
        return {
            "id": OURS,
            "path_with_namespace": "acme/config",
            "default_branch": "main",
            "archived": self.state.is_archived,
            "merge_requests_access_level": "enabled",
            "only_allow_merge_if_pipeline_succeeds": self.is_guarded,
            "permissions": {"project_access": access, "group_access": None},
        }

    def _merge_request(self, pull: Pull) -> dict[str, Any]:
        is_merged = pull.state == "merged"
        by = {None: "checking", True: "can_be_merged", False: "cannot_be_merged"}
        at = "2026-11-29T12:00:00.000Z"
        return {
            "id": 900 + pull.number,
            "iid": pull.number,
            "project_id": OURS,
            "title": pull.title,
            "description": pull.body,
            "state": STATES[pull.state],
            "created_at": at,
            "updated_at": at,
            "merged_by": _user(pull.merged_by) if pull.merged_by else None,
            "merge_user": _user(pull.merged_by) if pull.merged_by else None,
            "target_branch": pull.base,
            "source_branch": pull.head,
            "upvotes": 0,
            "downvotes": 0,
            "author": _user(pull.author),
            "assignee": None,
            "reviewers": [_user(one) for one in pull.reviewers],
            "source_project_id": FORK if pull.from_fork else OURS,
            "target_project_id": OURS,
            "labels": [],
            "work_in_progress": pull.is_draft,
            "milestone": None,
            "merge_when_pipeline_succeeds": False,
            "merge_status": by[pull.mergeable],
            "sha": self.state.head(pull),
            "merge_commit_sha": pull.merge_commit if is_merged else None,
            "user_notes_count": len(pull.comments),
            "should_remove_source_branch": None,
            "force_remove_source_branch": False,
            "web_url": f"https://forge.test/acme/config/-/merge_requests/{pull.number}",
            "squash": False,
        }

    def _in_force(self, pull: Pull, verdict: str) -> list[Any]:
        newest = {one.account.login: one for one in pull.reviews if one.account}
        return [one for one in newest.values() if one.verdict == verdict]

    def _approval(self, review: Any) -> dict[str, Any]:
        return {"user": _user(review.account)} | ({"approved_at": review.at} if self.tells_times else {})

    def _reviewers(self, pull: Pull) -> list[dict[str, Any]]:
        newest = {one.account.login: one for one in pull.reviews if one.account}
        said = [
            {"user": _user(one.account), "state": REVIEWER_STATES.get(one.verdict, "unreviewed"), "created_at": one.at}
            for one in newest.values()
        ]
        asked = [one for one in pull.reviewers if one.login not in newest]
        at = "2026-11-29T12:00:00Z"
        return said + [{"user": _user(one), "state": "unreviewed", "created_at": at} for one in asked]

    def _notes(self, pull: Pull) -> list[dict[str, Any]]:
        """Newest first, GitLab's own about approvals among them."""
        own = [_note(one.id, one.account, one.body, one.at, is_system=False) for one in pull.comments]
        said = "approved this merge request"
        theirs = [
            _note(500 + one.id, one.account, said, _later(one.at), is_system=True)
            for one in pull.reviews
            if one.verdict == "approved"
        ]
        return list(reversed(own + theirs))


def _later(at: str) -> str:
    return (datetime.fromisoformat(at) + timedelta(seconds=1)).isoformat()


def _user(account: Account) -> dict[str, Any]:
    name = account.name or account.login
    fixed = {"state": "active", "avatar_url": None, "web_url": f"https://forge.test/{account.login}"}
    return {"id": account.id, "username": account.login, "name": name, **fixed}


def _note(number: int, account: Account, body: str, at: str, *, is_system: bool) -> dict[str, Any]:
    return {
        "id": number,
        "type": None,
        "body": body,
        "attachment": None,
        "author": _user(account),
        "created_at": at,
        "updated_at": at,
        "system": is_system,
        "noteable_id": 900,
        "noteable_type": "MergeRequest",
    }


def _version(commit: str, at: str) -> dict[str, Any]:
    bases = {"base_commit_sha": "0" * 40, "start_commit_sha": "0" * 40}
    return {"id": 1, "head_commit_sha": commit, "created_at": at, **bases}


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "short_id": commit.sha[:8],
        "title": commit.message,
        "message": f"{commit.message}\n",
        "author_name": commit.author.name,
        "author_email": commit.author.email,
        "committer_name": commit.committer.name,
        "committer_email": commit.committer.email,
        "created_at": "2026-11-29T12:00:00Z",
    }


def _status(number: int, status: Status) -> dict[str, Any]:
    return {
        "id": number,
        "name": status.context,
        "sha": "0" * 40,
        "status": status.state,
        "description": status.description,
        "target_url": status.url or None,
        "ref": None,
        "allow_failure": False,
    }
