"""GitHub as it looks on the wire, Enterprise's prefix included."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from tests.forges import contract
from tests.forges.fakes.server import Reply, Request, page
from tests.forges.fakes.state import Account, Comment, Commit, Pull, Review, State, Status
from tests.forges.made import made

STATES = {
    "approved": "APPROVED",
    "changes-requested": "CHANGES_REQUESTED",
    "commented": "COMMENTED",
    "dismissed": "DISMISSED",
    "pending": "PENDING",
}


@dataclass(kw_only=True)
class GitHubWire:
    """`app_key` is the public key of the app whose installation may ask; its tokens are `state.token` and a number."""

    state: State = field(default_factory=State)
    prefix: str = "/api/v3"
    app_key: str = ""
    by_ruleset: bool = False
    issued: list[str] = field(default_factory=list)
    seconds: int = 3600
    now: float = 1_800_000_000

    def __post_init__(self) -> None:
        self.description = contract.github(self.prefix)

    def is_let_in(self, request: Request) -> bool:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.path.startswith(f"{self.prefix}/app"):
            return self._is_the_app(shown)
        return shown in (self.issued if self.app_key else [self.state.token])

    def refused(self, status: int, message: str) -> Reply:
        return Reply(status=status, body={"message": message, "documentation_url": "https://docs.github.com/rest"})

    def reply(self, request: Request) -> Reply:
        path = request.path.removeprefix(self.prefix)
        if path == "/user":
            return Reply(body=self._made("public-user", **_user(self.state.bot), name=None, email=None))
        if path.startswith("/app"):
            return self._app(request, path)
        if not path.startswith("/repos/acme/config"):
            return self.refused(404, "Not Found")
        return self._repository(request, path.removeprefix("/repos/acme/config"))

    def _repository(self, request: Request, path: str) -> Reply:
        parts = path.strip("/").split("/")
        match request.method, parts:
            case "GET", [""]:
                return Reply(body=self._full_repository())
            case "GET", ["branches", name]:
                return self._branch(name)
            case _, ["pulls", *_]:
                return self._pulls(request, parts[1:])
            case _, ["issues", number, "comments"]:
                return self._comments(request, self.state.pulls[int(number)])
            case "POST", ["statuses", commit]:
                return self._set_status(request, commit)
            case "GET", ["commits", commit, "statuses"]:
                newest_first = [self._status(one) for one in reversed(self.state.statuses.get(commit, []))]
                return self._listed(request, newest_first)
        return self.refused(404, "Not Found")

    def _pulls(self, request: Request, parts: list[str]) -> Reply:
        pulls = self.state.pulls
        match request.method, parts:
            case "GET", []:
                branch = request.query.get("head", "").partition(":")[2]
                found = [one for one in pulls.values() if one.head == branch]
                return self._listed(request, [self._pull(one, "pull-request-simple") for one in reversed(found)])
            case "POST", []:
                return self._open(request.body)
            case _, [number, *_] if int(number) not in pulls:
                return self.refused(404, "Not Found")
            case "GET", [number]:
                return self._tagged(request, self._pull(pulls[int(number)], "pull-request"))
            case "PATCH", [number]:
                return self._patch(pulls[int(number)], request.body)
            case "GET", [number, "reviews"]:
                return self._listed(request, [self._review(one) for one in pulls[int(number)].reviews])
            case "GET", [number, "commits"]:
                commits = self.state.branches[pulls[int(number)].head][:250]
                return self._listed(request, [self._commit(one) for one in commits])
            case "POST", [number, "requested_reviewers"]:
                return self._ask(pulls[int(number)], request.body["reviewers"])
        return self.refused(404, "Not Found")

    def _open(self, body: dict[str, Any]) -> Reply:
        if body["head"] not in self.state.branches:
            return self._invalid(field="head", code="invalid")
        if self.state.is_open(body["head"], body["base"]):
            message = f"A pull request already exists for acme:{body['head']}."
            return self._invalid(code="custom", message=message)
        pull = self.state.open(
            head=body["head"], base=body["base"], title=body["title"], body=body["body"], is_draft=body["draft"]
        )
        return Reply(status=201, body=self._pull(pull, "pull-request"))

    def _patch(self, pull: Pull, body: dict[str, Any]) -> Reply:
        if pull.state == "merged" and "state" in body:
            return self._invalid(field="state", code="invalid")
        pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
        pull.state = body.get("state", pull.state) if pull.state != "merged" else pull.state
        return Reply(body=self._pull(pull, "pull-request"))

    def _ask(self, pull: Pull, logins: list[str]) -> Reply:
        known = {login: one for login, one in self.state.people.items() if one.id != pull.author.id}
        if not set(logins) <= set(known):
            return Reply(
                status=422,
                body={"message": "Reviews may only be requested from collaborators.", "documentation_url": ""},
            )
        pull.reviewers += [known[one] for one in logins if known[one] not in pull.reviewers]
        return Reply(status=201, body=self._pull(pull, "pull-request-simple"))

    def _comments(self, request: Request, pull: Pull) -> Reply:
        if request.method == "GET":
            return self._listed(request, [self._comment(one) for one in pull.comments])
        comment = Comment(id=len(pull.comments) + 1, account=self.state.bot, body=request.body["body"])
        pull.comments.append(comment)
        return Reply(status=201, body=self._comment(comment))

    def _set_status(self, request: Request, commit: str) -> Reply:
        body = request.body
        status = Status(
            context=body["context"],
            state=body["state"],
            description=body["description"],
            url=body.get("target_url", ""),
        )
        if len(status.description) > 140:
            return self.refused(422, "description is too long (maximum is 140 characters)")
        self.state.statuses.setdefault(commit, []).append(status)
        return Reply(status=201, body=self._status(status))

    def _branch(self, name: str) -> Reply:
        if name not in self.state.branches:
            return self.refused(404, "Branch not found")
        checks = {"contexts": self.state.required_contexts, "checks": []}
        is_classic = self.state.is_protected and not self.by_ruleset
        protection: dict[str, Any] = {"enabled": is_classic}
        if is_classic:
            protection["required_status_checks"] = checks
        commit = self._made("commit", sha="0" * 40)
        fields = {"protected": self.state.is_protected, "protection": protection, "commit": commit}
        return Reply(body=self._made("branch-with-protection", name=name, **fields))

    # --- an app's tokens ---

    def _is_the_app(self, shown: str) -> bool:
        try:
            claim = jwt.decode(
                shown, self.app_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
            )
        except jwt.PyJWTError:
            return False
        return claim["iss"] == "12345" and claim["iat"] <= self.now < claim["exp"] <= self.now + 600

    def _app(self, request: Request, path: str) -> Reply:
        if path == "/app":
            owner = self._made("simple-user", **_user(self.state.bot))
            return Reply(body=self._made("integration", name="Glasshouse", slug="glasshouse", owner=owner))
        if not re.fullmatch(r"/app/installations/77/access_tokens", path):
            return self.refused(404, "Not Found")
        self.issued[:] = [*self.issued, f"{self.state.token}-{len(self.issued) + 1}"]
        ends = datetime.fromtimestamp(self.now + self.seconds, UTC).isoformat().replace("+00:00", "Z")
        granted = {
            name: right for name, right in request.body["permissions"].items() if self.state.may_push or right == "read"
        }
        return Reply(status=201, body={"token": self.issued[-1], "expires_at": ends, "permissions": granted})

    # --- shapes ---

    def _made(self, schema: str, /, **known: Any) -> dict[str, Any]:
        return made(self.description, schema, **known)

    def _listed(self, request: Request, items: list[Any]) -> Reply:
        shown, more = page(items, request, "per_page")
        return self._tagged(request, shown, **more)

    def _tagged(self, request: Request, body: Any, **headers: str) -> Reply:
        tag = '"' + hashlib.sha1(json.dumps(body).encode()).hexdigest() + '"'
        is_known = request.headers.get("if-none-match") == tag
        return Reply(status=304 if is_known else 200, body=body, headers={"ETag": tag, **headers})

    def _invalid(self, **error: str) -> Reply:
        body = {"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest", "errors": [error]}
        return Reply(status=422, body=body)

    def _user(self, account: Account | None) -> dict[str, Any] | None:
        return self._made("simple-user", **_user(account)) if account else None

    def _full_repository(self) -> dict[str, Any]:
        rights = {"admin": False, "pull": True, "push": self.state.may_push}
        fields = {"owner": self._user(self.state.bot), "archived": self.state.is_archived, "permissions": rights}
        return self._made("full-repository", full_name="acme/config", default_branch="main", **fields)

    def _pull(self, pull: Pull, name: str) -> dict[str, Any]:
        at = "2026-11-29T13:00:00Z"
        known: dict[str, Any] = {
            "number": pull.number,
            "html_url": f"https://forge.test/acme/config/pull/{pull.number}",
            "state": "open" if pull.state == "open" else "closed",
            "title": pull.title,
            "body": pull.body or None,
            "user": self._user(pull.author),
            "head": self._end(pull.head, self.state.head(pull), "mallory/config" if pull.from_fork else "acme/config"),
            "base": self._end(pull.base, "0" * 40, "acme/config"),
            "merged_at": at if pull.state == "merged" else None,
            "closed_at": at if pull.state != "open" else None,
            "merge_commit_sha": pull.merge_commit or "f" * 40,
            "draft": pull.is_draft,
            "requested_reviewers": [self._user(one) for one in pull.reviewers],
        }
        if name == "pull-request":
            known["mergeable"] = pull.mergeable
            known["merged"] = pull.state == "merged"
            known["merged_by"] = self._user(pull.merged_by)
            known["commits"] = len(self.state.branches[pull.head])
        return self._made(name, **known)

    def _end(self, ref: str, commit: str, full_name: str) -> dict[str, Any]:
        owner = self._user(self.state.bot)
        repo = self._made("repository", full_name=full_name, owner=owner)
        return {"label": f"acme:{ref}", "ref": ref, "sha": commit, "user": owner, "repo": repo}

    def _review(self, review: Review) -> dict[str, Any]:
        fields = {"state": STATES[review.verdict], "commit_id": review.commit, "submitted_at": review.at}
        return self._made("pull-request-review", id=review.id, user=self._user(review.account), body="", **fields)

    def _commit(self, commit: Commit) -> dict[str, Any]:
        known = self._made("commit")["commit"]
        git = {
            **known,
            "message": commit.message,
            "author": {"name": commit.author.name, "email": commit.author.email, "date": "2026-11-29T12:00:00Z"},
            "committer": {
                "name": commit.committer.name,
                "email": commit.committer.email,
                "date": "2026-11-29T12:00:00Z",
            },
        }
        author = self._user(commit.author) if commit.author.login != "nobody" else None
        return self._made("commit", sha=commit.sha, commit=git, author=author, committer=self._user(commit.committer))

    def _comment(self, comment: Comment) -> dict[str, Any]:
        return self._made("issue-comment", id=comment.id, body=comment.body, user=self._user(comment.account))

    def _status(self, status: Status) -> dict[str, Any]:
        fields = {"description": status.description, "target_url": status.url or None, "context": status.context}
        return self._made("status", state=status.state, creator=self._user(self.state.bot), **fields)


def _user(account: Account) -> dict[str, Any]:
    return {"id": account.id, "login": account.login, "type": "User"}
