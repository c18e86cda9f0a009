"""What a fake forge remembers, whatever the wire looks like."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


def sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass(kw_only=True)
class Account:
    id: int
    login: str
    name: str = ""
    email: str = ""  # of the account; shown where the forge shows it


@dataclass(kw_only=True)
class Commit:
    sha: str
    message: str
    author: Account
    committer: Account


@dataclass(kw_only=True)
class Review:
    id: int
    account: Account | None
    verdict: str  # approved, changes-requested, commented, dismissed, pending
    commit: str
    at: str


@dataclass(kw_only=True)
class Comment:
    id: int
    account: Account
    body: str
    at: str = "2026-11-29T12:00:00Z"


@dataclass(kw_only=True)
class Status:
    context: str
    state: str
    description: str
    url: str


@dataclass(kw_only=True)
class Pull:
    number: int
    title: str
    body: str
    head: str
    base: str
    author: Account
    state: str = "open"  # open, merged, closed
    is_draft: bool = False
    from_fork: bool = False
    mergeable: bool | None = True
    merge_commit: str = ""
    merged_by: Account | None = None
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reviewers: list[Account] = field(default_factory=list)
    heads: list[tuple[str, str]] = field(default_factory=list)  # (commit, since), where the branch ended when


@dataclass(kw_only=True)
class State:
    """One repository `acme/config`, its branches, people and pull requests."""

    bot: Account = field(default_factory=lambda: Account(id=900, login="glasshouse-bot", email="bot@console.test"))
    people: dict[str, Account] = field(default_factory=dict)
    branches: dict[str, list[Commit]] = field(default_factory=lambda: {"main": []})
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)  # oldest first
    may_push: bool = True
    is_archived: bool = False
    is_protected: bool = True
    required_contexts: list[str] = field(default_factory=lambda: ["glasshouse/independent-review"])
    token: str = "fake-token-canary-1f0c7e"
    minute: int = 0

    def person(self, login: str, *, email: str = "") -> Account:
        return self.people.setdefault(
            login, Account(id=len(self.people) + 1, login=login, name=login.title(), email=email)
        )

    def push(self, branch: str, message: str = "Change", *, author: str = "dana", committer: str = "") -> str:
        """A commit on the branch, as `git push` would bring it; open pull requests follow."""
        commits = self.branches.setdefault(branch, [])
        who = self.person(author, email=f"{author}@example.com")
        by = self.person(committer, email=f"{committer}@example.com") if committer else self.bot
        made = sha(f"{branch} {len(commits)} {message}")
        commits.append(Commit(sha=made, message=message, author=who, committer=by))
        at = self.now()
        for pull in self.pulls.values():
            if pull.head == branch and pull.state == "open" and not pull.from_fork:
                pull.heads.append((made, at))
        return made

    def head(self, pull: Pull) -> str:
        return self.branches[pull.head][-1].sha

    def open(self, *, head: str, base: str, title: str, body: str, is_draft: bool = False) -> Pull:
        number = len(self.pulls) + 1
        pull = Pull(number=number, title=title, body=body, head=head, base=base, author=self.bot, is_draft=is_draft)
        pull.heads.append((self.head(pull), self.now()))
        self.pulls[number] = pull
        return pull

    def is_open(self, head: str, base: str) -> bool:
        ours = (pull for pull in self.pulls.values() if not pull.from_fork)
        return any((pull.head, pull.base, pull.state) == (head, base, "open") for pull in ours)

    def review(self, number: int, login: str, verdict: str) -> Review:
        pull = self.pulls[number]
        account = self.person(login)
        review = Review(
            id=len(pull.reviews) + 1, account=account, verdict=verdict, commit=self.head(pull), at=self.now()
        )
        pull.reviews.append(review)
        return review

    def merge(self, number: int, login: str) -> None:
        pull = self.pulls[number]
        pull.state, pull.merged_by, pull.merge_commit = "merged", self.person(login), sha(f"merge {number}")

    def now(self) -> str:
        """A minute later at every call, so that nothing happens at the same time."""
        self.minute += 1
        return f"2026-11-29T{12 + self.minute // 60:02}:{self.minute % 60:02}:00Z"
