"""What a forge says of a pull request, as plain values: the same for every forge, and for the console's own.

A pull request is what GitLab calls a merge request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

STATUS_CONTEXT = "glasshouse/independent-review"  # the commit status that branch protection is to require


class PullRequestState(StrEnum):
    """Where a pull request stands. `CLOSED` is closed without a merge."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What a review says. `DISMISSED`: it was taken back, by whom does not matter."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


class StatusState(StrEnum):
    """What a commit status says. `FAILURE` stands for every state of a forge that is neither of the others."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account at a forge. `id` outlives a change of `login`; both are empty for an account that was deleted.

    `email` is what the forge tells of the account itself, so no claim of a commit; most forges keep it back.
    """

    id: str
    login: str
    name: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """`is_conflicting` is None while the forge has not worked it out. `head_commit` is where the branch ends now."""

    number: int
    url: str
    state: PullRequestState
    title: str
    body: str
    author: Person
    head_branch: str
    head_commit: str
    base_branch: str
    is_conflicting: bool | None
    merge_commit: str | None = None
    merged_by: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review. `commit` is what the reviewer saw; None where the forge cannot tell, and then the review is stale.

    `is_stale`: the branch has moved on since.
    """

    reviewer: Person
    verdict: Verdict
    commit: str | None
    at: datetime | None
    is_stale: bool

    def seen_from(self, head_commit: str) -> Review:
        """The review with `is_stale` for a branch that ends at `head_commit`."""
        return replace(self, is_stale=self.commit is None or self.commit != head_commit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Whom a commit names. Name and e-mail are claims that Git does not check; `account` is the forge's guess."""

    name: str
    email: str
    account: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchCommit:
    """A commit of the branch that the base does not have."""

    sha: str
    message: str
    author: Contributor
    committer: Contributor


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """What a program says of a commit under the name `context`. The newest of one context is the one that counts."""

    context: str
    state: StatusState
    description: str
    url: str = ""
