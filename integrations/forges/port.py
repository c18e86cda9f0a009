"""What the console asks of a forge. One file per forge answers it; nothing here assumes HTTP.

Every call may raise ForgeError and nothing else. Every call may be repeated: what writes looks first, or is of a kind
that the forge itself makes once. `opened_pull_request` is the way to a pull request whatever fails in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from integrations.core.pull_requests import BranchCommit, CommitStatus, Person, PullRequest, PullRequestState, Review
from integrations.forges.errors import AMBIGUOUS, ForgeError, ForgeErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What differs between forges. A caller asks these, and never the kind.

    `longest_body` and `longest_title` count characters. `closes_with_comment`: why a pull request was closed can be
    said in a comment. `dates_reviews`: a review tells by itself which commit it saw.
    """

    reviews: bool = True
    required_statuses: bool = True
    drafts: bool = True
    reviewers_by_login: bool = True
    reports_mergeability: bool = True
    closes_with_comment: bool = True
    dates_reviews: bool = True
    longest_body: int = 65_536
    longest_title: int = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a look at the forge found. `account` is who the console is there, None where that cannot be asked.

    None for a flag: the forge does not tell. `sentences` say what stands in the way (`faults`) and what is risky
    (`warnings`), each complete in itself.
    """

    account: Person | None
    default_branch: str
    may_push: bool | None
    may_open: bool | None
    is_base_protected: bool | None
    requires_status: bool | None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not self.faults


class Forge(Protocol):
    """One repository at one forge, seen by one account."""

    @property
    def kind(self) -> str:
        """`github`, `gitlab`, `gitea`, `forgejo` or `local`."""

    @property
    def capabilities(self) -> Capabilities: ...

    def probe(self, *, base_branch: str) -> Probe:
        """Whether the token is good and suffices, and how the base branch is guarded. A bad token is a fault."""

    def find_pull_request(self, head_branch: str) -> PullRequest | None:
        """The open pull request of this branch of this repository, else the newest that is merged or closed."""

    def open_pull_request(
        self, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
    ) -> PullRequest:
        """ForgeError(ALREADY_EXISTS) when the branch has an open one. Prefer `opened_pull_request`."""

    def pull_request(self, number: int) -> PullRequest: ...

    def update_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        """None leaves it as it is."""

    def close_pull_request(self, number: int) -> PullRequest:
        """Closes it without a merge; one that is closed or merged already stays as it is."""

    def comment(self, number: int, *, text: str, marker: str) -> bool:
        """Writes a comment once: False when one with this marker is there. `marker` is [a-z0-9-]+ and not shown."""

    def reviews(self, number: int) -> tuple[Review, ...]:
        """All reviews that were handed in, oldest first."""

    def request_reviewers(self, number: int, logins: Sequence[str]) -> None:
        """Asks these besides those who were asked already. Unknown logins: ForgeError(VALIDATION)."""

    def commits(self, number: int) -> tuple[BranchCommit, ...]:
        """The commits of the branch that the base does not have, oldest first."""

    def status(self, commit: str, *, context: str) -> CommitStatus | None:
        """The newest status of this name."""

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """Writes a status unless the newest of its name says the same already."""


def opened_pull_request(
    forge: Forge, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
) -> PullRequest:
    """The one pull request of this branch: found, else opened. It may be merged or closed by now; the caller decides.

    After an answer that leaves open whether the request had its effect, the forge is asked once more what it has; only
    when it has nothing is the error raised. A later call does the same again, so a repeated task never opens a second.
    """
    found = forge.find_pull_request(head_branch)
    if found is not None:
        return found
    try:
        return forge.open_pull_request(
            head_branch=head_branch, base_branch=base_branch, title=title, body=body, is_draft=is_draft
        )
    except ForgeError as error:
        if error.code not in AMBIGUOUS and error.code is not ForgeErrorCode.ALREADY_EXISTS:
            raise
        found = _looked_up(forge, head_branch)
        if found is None:
            raise
        return found


def _looked_up(forge: Forge, head_branch: str) -> PullRequest | None:
    try:
        return forge.find_pull_request(head_branch)
    except ForgeError:
        return None  # the first error says more than the second


def preferred(pull_requests: Sequence[PullRequest]) -> PullRequest | None:
    """The open one, else the newest: the answer of `find_pull_request` where a branch had several."""
    by_rank = sorted(pull_requests, key=lambda one: (one.state is PullRequestState.OPEN, one.number))
    return by_rank[-1] if by_rank else None
