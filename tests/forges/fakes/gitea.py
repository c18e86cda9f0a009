"""Gitea and Forgejo as they look on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.forges import contract
from tests.forges.fakes.server import Reply, Request, page
from tests.forges.fakes.state import Account, Comment, Commit, Pull, Review, State, Status

STATES = {
    "approved": "APPROVED",
    "changes-requested": "REQUEST_CHANGES",
    "commented": "COMMENT",
    "dismissed": "APPROVED",
    "pending": "PENDING",
    "asked": "REQUEST_REVIEW",
}
OURS, FORK = 61, 62  # ids of repositories
MOST = 50  # items on a page, whatever is asked


@dataclass(kw_only=True)
class GiteaWire:
    kind: str = "gitea"
    state: State = field(default_factory=State)
    prefix: str = "/api/v1"

    def __post_init__(self) -> None:
        self.description = contract.gitea(self.kind)

    def is_let_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"token {self.state.token}"

    def refused(self, status: int, message: str) -> Reply:
        return Reply(status=status, body={"message": message, "url": "https://forge.test/api/swagger"})

    def reply(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if path == "/user":
            return Reply(body=_user(self.state.bot))
        if not path.startswith("/repos/acme/config"):
            return self.refused(404, "The target couldn't be found.")
        parts = path.removeprefix("/repos/acme/config").strip("/").split("/")
        match request.method, parts:
            case "GET", [""]:
                return Reply(body=self._repository(OURS))
            case "GET", ["branches", name]:
                return self._branch(name)
            case _, ["pulls", *rest]:
                return self._pulls(request, rest)
            case "GET", ["issues", number, "comments"]:
                return Reply(body=[_comment(one) for one in self.state.pulls[int(number)].comments])
            case "POST", ["issues", number, "comments"]:
                return self._commented(self.state.pulls[int(number)], request.body["body"])
            case "GET", ["statuses", commit]:
                known = self.state.statuses.get(commit, [])
                newest_first = request.query.get("sort") == "highestindex"
                return self._listed(request, [_status(one) for one in (reversed(known) if newest_first else known)])
            case "POST", ["statuses", commit]:
                return self._set_status(commit, request.body)
        return self.refused(404, "The target couldn't be found.")

    def _pulls(self, request: Request, parts: list[str]) -> Reply:
        pulls = self.state.pulls
        match request.method, parts:
            case "GET", []:
                is_open = {"open": {"open"}, "closed": {"closed", "merged"}}[request.query["state"]]
                found = [one for one in pulls.values() if one.state in is_open]
                return self._listed(request, [self._pull(one) for one in reversed(found)])
            case "POST", []:
                return self._open(request.body)
            case _, [number, *_] if int(number) not in pulls:
                return self.refused(404, "The target couldn't be found.")
            case "GET", [number]:
                return Reply(body=self._pull(pulls[int(number)]))
            case "PATCH", [number]:
                return self._patch(pulls[int(number)], request.body)
            case "GET", [number, "reviews"]:
                return self._listed(
                    request, [self._review(pulls[int(number)], one) for one in pulls[int(number)].reviews]
                )
            case "GET", [number, "commits"]:
                commits = reversed(self.state.branches[pulls[int(number)].head])
                return self._listed(request, [_commit(one) for one in commits])
            case "POST", [number, "requested_reviewers"]:
                return self._ask(pulls[int(number)], request.body["reviewers"])
        return self.refused(404, "The target couldn't be found.")

    def _open(self, body: dict[str, Any]) -> Reply:
        if body["head"] not in self.state.branches:
            return self.refused(404, "The target couldn't be found.")
        if self.state.is_open(body["head"], body["base"]):
            message = f"pull request already exists for these targets [id: 1, head_branch: {body['head']}]"
            return self.refused(409, message)
        title = body["title"]
        pull = self.state.open(
            head=body["head"], base=body["base"], title=title, body=body["body"], is_draft=title.startswith("WIP: ")
        )
        return Reply(status=201, body=self._pull(pull))

    def _patch(self, pull: Pull, body: dict[str, Any]) -> Reply:
        if pull.state == "merged" and "state" in body:
            return self.refused(412, "cannot change state of this pull request, it was already merged")
        pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
        pull.state = body.get("state", pull.state)
        return Reply(status=201, body=self._pull(pull))

    def _ask(self, pull: Pull, logins: list[str]) -> Reply:
        if not set(logins) <= set(self.state.people):
            return self.refused(404, "User does not exist")
        if any(one.login in logins for one in pull.reviewers):
            return self.refused(422, "Reviewer was asked already")
        pull.reviewers += [self.state.people[one] for one in logins]
        return Reply(status=201, body=[{"state": "REQUEST_REVIEW", "user": _user(one)} for one in pull.reviewers])

    def _commented(self, pull: Pull, body: str) -> Reply:
        comment = Comment(id=len(pull.comments) + 1, account=self.state.bot, body=body)
        pull.comments.append(comment)
        return Reply(status=201, body=_comment(comment))

    def _set_status(self, commit: str, body: dict[str, Any]) -> Reply:
        status = Status(
            context=body["context"], state=body["state"], description=body["description"], url=body["target_url"]
        )
        self.state.statuses.setdefault(commit, []).append(status)
        return Reply(status=201, body=_status(status))

    def _branch(self, name: str) -> Reply:
        if name not in self.state.branches:
            return self.refused(404, "The target couldn't be found.")
        is_protected = self.state.is_protected
        body = {
            "name": name,
            "protected": is_protected,
            "enable_status_check": is_protected,
            "status_check_contexts": self.state.required_contexts if is_protected else None,
            "user_can_push": not is_protected,
            "commit": {"id": "0" * 40, "message": "Base"},
        }
        return Reply(body=body)

    def _listed(self, request: Request, items: list[Any]) -> Reply:
        size = str(min(MOST, int(request.query.get("limit", "30"))))
        asked = Request(
            method=request.method,
            path=request.path,
            query={**request.query, "limit": size},
            body=None,
            headers=request.headers,
        )
        shown, more = page(items, asked, "limit")
        return Reply(body=shown, headers=more)

    # --- shapes ---

    def _repository(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "owner": _user(self.state.bot),
            "name": "config",
            "full_name": "acme/config" if number == OURS else "mallory/config",
            "default_branch": "main",
            "archived": self.state.is_archived,
            "has_pull_requests": True,
            "permissions": {"admin": False, "push": self.state.may_push, "pull": True},
        }

    def _pull(self, pull: Pull) -> dict[str, Any]:
        is_merged = pull.state == "merged"
        return {
            "id": 470 + pull.number,
            "number": pull.number,
            "html_url": f"https://forge.test/acme/config/pulls/{pull.number}",
            "state": "open" if pull.state == "open" else "closed",
            "title": pull.title,
            "body": pull.body,
            "user": _user(pull.author),
            "head": self._end(pull.head, self.state.head(pull), FORK if pull.from_fork else OURS),
            "base": self._end(pull.base, "0" * 40, OURS),
            "mergeable": bool(pull.mergeable) and not pull.is_draft,
            "draft": pull.is_draft,
            "merged": is_merged,
            "merge_commit_sha": pull.merge_commit if is_merged else None,
            "merged_by": _user(pull.merged_by) if pull.merged_by else None,
            "requested_reviewers": [_user(one) for one in pull.reviewers] or None,
        }

    def _end(self, ref: str, commit: str, number: int) -> dict[str, Any]:
        return {"label": ref, "ref": ref, "sha": commit, "repo_id": number, "repo": self._repository(number)}

    def _review(self, pull: Pull, review: Review) -> dict[str, Any]:
        return {
            "id": review.id,
            "state": STATES[review.verdict],
            "user": _user(review.account) if review.account else None,
            "body": "",
            "commit_id": review.commit,
            "dismissed": review.verdict == "dismissed",
            "stale": review.commit != self.state.head(pull),
            "official": True,
            "submitted_at": review.at,
        }


def _user(account: Account) -> dict[str, Any]:
    email = account.email or f"{account.login}@noreply.forge.test"
    return {"id": account.id, "login": account.login, "full_name": account.name, "email": email}


def _comment(comment: Comment) -> dict[str, Any]:
    return {"id": comment.id, "body": comment.body, "user": _user(comment.account), "created_at": comment.at}


def _commit(commit: Commit) -> dict[str, Any]:
    at = "2026-11-29T12:00:00Z"
    return {
        "url": "https://forge.test/x",
        "sha": commit.sha,
        "html_url": "https://forge.test/x",
        "commit": {
            "url": "https://forge.test/x",
            "message": f"{commit.message}\n",
            "author": {"name": commit.author.name, "email": commit.author.email, "date": at},
            "committer": {"name": commit.committer.name, "email": commit.committer.email, "date": at},
            "tree": {"url": "https://forge.test/x", "sha": "0" * 40},
        },
        "author": _user(commit.author) if commit.author.login != "nobody" else None,
        "committer": _user(commit.committer),
        "parents": [],
    }


def _status(status: Status) -> dict[str, Any]:
    return {
        "id": 1,
        "status": status.state,
        "target_url": status.url,
        "description": status.description,
        "context": status.context,
        "url": "https://forge.test/x",
    }
