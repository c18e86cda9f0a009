"""The console's own forge: pull requests over a repository that has no other, as the one of `make run`.

The rows are the forge's; the branches are the remote's own and travel by git like everywhere else. What people do here
(review, merge) are actions: `integrations.actions.proposals.local`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Lower
from django.utils import timezone

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
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.port import Capabilities, Probe
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.outgoing import Outgoing
from integrations.git.remote import Remote
from integrations.models import LocalComment, LocalPullRequest, LocalReview, LocalStatus, Repository, Snapshot

KIND = "local"
CONSOLE = Person(id="glasshouse", login="glasshouse", name="Glasshouse")
_CAPABILITIES = Capabilities(drafts=False)
_CODES = {
    GitErrorCode.TIMED_OUT: ForgeErrorCode.TIMEOUT,
    GitErrorCode.DENIED: ForgeErrorCode.FORBIDDEN,
    GitErrorCode.NOT_FOUND: ForgeErrorCode.NOT_FOUND,
    GitErrorCode.REFUSED: ForgeErrorCode.PROTECTED_BRANCH,
    GitErrorCode.MOVED: ForgeErrorCode.CONFLICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is needed to work with the branches: `mirror` lends its objects, `timeout` is seconds for a git process."""

    remote: Remote
    mirror: Path
    timeout: float

    @contextmanager
    def desk(self) -> Iterator[Outgoing]:
        """A repository for a moment. Raises GitError as ForgeError."""
        folder = Path(tempfile.mkdtemp(prefix="glasshouse-desk-"))
        try:
            yield Outgoing(folder / "desk.git", borrow=self.mirror, timeout=self.timeout)
        except GitError as error:
            code = _CODES.get(error.code, ForgeErrorCode.UNAVAILABLE if error.is_retryable else ForgeErrorCode.CONFLICT)
            raise ForgeError(code, str(error), is_retryable=error.is_retryable) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalForge:
    """integrations.forges.port.Forge."""

    repository: Repository
    place: Place
    web_root: str = ""  # before `/proposals/<id>/`: a proposal's page is where its pull request is reviewed

    @property
    def kind(self) -> str:
        return KIND

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def probe(self, *, base_branch: str) -> Probe:
        faults: tuple[str, ...] = ()
        with self.place.desk() as desk:
            if base_branch not in desk.heads(self.place.remote, [base_branch]):
                faults = (f"The repository has no branch {base_branch}.",)
        return Probe(
            account=CONSOLE,
            default_branch=base_branch,
            may_push=None,
            may_open=True,
            is_base_protected=False,
            requires_status=True,
            faults=faults,
        )

    def find_pull_request(self, head_branch: str) -> PullRequest | None:
        rows = LocalPullRequest.objects.filter(repository=self.repository, head_branch=head_branch)
        found = rows.filter(state=PullRequestState.OPEN).first() or rows.order_by("-number").first()
        return self._seen(found) if found is not None else None

    def open_pull_request(
        self, *, head_branch: str, base_branch: str, title: str, body: str, is_draft: bool = False
    ) -> PullRequest:
        with self.place.desk() as desk:
            head = desk.heads(self.place.remote, [head_branch]).get(head_branch)
        if head is None:
            raise ForgeError(ForgeErrorCode.VALIDATION, f"There is no branch {head_branch}.")
        made = LocalPullRequest(repository=self.repository, head_branch=head_branch, base_branch=base_branch)
        made.title, made.body, made.head_commit = title[: _CAPABILITIES.longest_title], body, head
        try:
            with transaction.atomic():
                # One number at a time; the row of the repository is what all wait for.
                Repository.objects.select_for_update(of=("self",)).get(pk=self.repository.pk)
                made.number = self._next_number()
                made.save(force_insert=True)
        except IntegrityError:
            raise ForgeError(ForgeErrorCode.ALREADY_EXISTS, "The branch has an open pull request already.") from None
        return self._seen(made)

    def pull_request(self, number: int) -> PullRequest:
        return self._seen(self._row(number))

    def update_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        row = self._row(number)
        row.title = row.title if title is None else title[: _CAPABILITIES.longest_title]
        row.body = row.body if body is None else body
        row.save(update_fields=["title", "body"])
        return self._seen(row)

    def close_pull_request(self, number: int) -> PullRequest:
        open_ones = LocalPullRequest.objects.filter(
            repository=self.repository, number=number, state=PullRequestState.OPEN
        )
        open_ones.update(state=PullRequestState.CLOSED, ended_at=timezone.now())
        return self._seen(self._row(number))

    def comment(self, number: int, *, text: str, marker: str) -> bool:
        row = self._row(number)
        _, is_new = LocalComment.objects.get_or_create(pull_request=row, marker=marker, defaults={"text": text})
        return is_new

    def reviews(self, number: int) -> tuple[Review, ...]:
        row = self._row(number)
        return tuple(_review(review, row.head_commit) for review in row.reviews.select_related("reviewer"))

    def request_reviewers(self, number: int, logins: Sequence[str]) -> None:
        row = self._row(number)
        people = get_user_model().objects.annotate(address=Lower("email")).filter(is_active=True)
        wanted = list(dict.fromkeys(login.lower() for login in logins))
        known = set(people.filter(address__in=wanted).values_list("address", flat=True))
        if unknown := [login for login in wanted if login not in known]:
            raise ForgeError(ForgeErrorCode.VALIDATION, f"Nobody here has the address {unknown[0][:100]!a}.")
        row.requested = sorted({*row.requested, *wanted})
        row.save(update_fields=["requested"])

    def commits(self, number: int) -> tuple[BranchCommit, ...]:
        row = self._row(number)
        with self.place.desk() as desk:
            ends = desk.fetch(self.place.remote, [row.base_branch, row.head_branch])
            base = desk.parents(row.merge_commit)[0] if row.merge_commit else ends.get(row.base_branch, "")
            is_there = row.merge_commit or row.head_branch in ends
            found = desk.between(base, ends.get(row.head_branch, row.head_commit)) if is_there else []
        accounts = _accounts({one.author_email for one in found} | {one.committer_email for one in found})
        return tuple(
            BranchCommit(
                sha=one.id,
                message="\n\n".join(filter(None, (one.subject, one.body))),
                author=Contributor(
                    name=one.author_name, email=one.author_email, account=accounts.get(one.author_email.lower())
                ),
                committer=Contributor(
                    name=one.committer_name,
                    email=one.committer_email,
                    account=accounts.get(one.committer_email.lower()),
                ),
            )
            for one in found
        )

    def status(self, commit: str, *, context: str) -> CommitStatus | None:
        row = LocalStatus.objects.filter(repository=self.repository, commit=commit, context=context).first()
        if row is None:
            return None
        return CommitStatus(context=context, state=StatusState(row.state), description=row.description, url=row.url)

    def set_status(self, commit: str, status: CommitStatus) -> None:
        LocalStatus.objects.update_or_create(
            repository=self.repository,
            commit=commit,
            context=status.context,
            defaults={"state": status.state, "description": status.description or "", "url": status.url},
        )

    def _looked_at(self, row: LocalPullRequest) -> bool | None:
        """Brings an open one in step with its branches; whether it conflicts, None while that cannot be told.

        A branch whose commits are all in the base was merged, by whomever: the one who did may have died right after.
        """
        with self.place.desk() as desk:
            ends = desk.fetch(self.place.remote, [row.base_branch, row.head_branch])
            head, base = ends.get(row.head_branch), ends.get(row.base_branch)
            if not head or not base:
                return None
            merge = desk.merge_of(head, base) if desk.is_ancestor(head, base) else ""
            is_conflicting = not merge and desk.merged_tree(base, head) is None
        news: dict[str, Any] = {"head_commit": head}
        if merge:
            news |= {"state": PullRequestState.MERGED, "merge_commit": merge, "ended_at": timezone.now()}
        if merge or head != row.head_commit:
            LocalPullRequest.objects.filter(pk=row.pk, state=PullRequestState.OPEN).update(**news)
            row.refresh_from_db()
        return is_conflicting

    def _row(self, number: int) -> LocalPullRequest:
        row = LocalPullRequest.objects.filter(repository=self.repository, number=number).first()
        if row is None:
            raise ForgeError(ForgeErrorCode.NOT_FOUND, f"There is no pull request {number}.")
        return row

    def _next_number(self) -> int:
        """After every number that was used here, or that the history speaks of."""
        own = LocalPullRequest.objects.filter(repository=self.repository).aggregate(last=Max("number"))["last"]
        read = Snapshot.objects.filter(repository=self.repository).aggregate(last=Max("pull_request"))["last"]
        return max(own or 0, read or 0) + 1

    def _seen(self, row: LocalPullRequest) -> PullRequest:
        """The pull request with what the branches say now."""
        is_conflicting = self._looked_at(row) if row.state == PullRequestState.OPEN else False
        merger = Person(id=str(row.merged_by_id or ""), login="", name=row.merged_by_name)
        return PullRequest(
            number=row.number,
            url=f"{self.web_root}/proposals/{row.head_branch.rpartition('/')[2]}/",
            state=PullRequestState(row.state),
            title=row.title,
            body=row.body,
            author=CONSOLE,
            head_branch=row.head_branch,
            head_commit=row.head_commit,
            base_branch=row.base_branch,
            is_conflicting=is_conflicting,
            merge_commit=row.merge_commit or None,
            merged_by=merger if row.merge_commit else None,
        )


def person_of(user: AbstractUser) -> Person:
    """A user of the console as an account of its forge."""
    return Person(id=str(user.pk), login=user.email, name=str(user), email=user.email)


def _review(row: LocalReview, head: str) -> Review:
    reviewer = (
        person_of(row.reviewer)
        if row.reviewer is not None
        else Person(id="", login=row.reviewer_email, name=row.reviewer_name, email=row.reviewer_email)
    )
    return Review(
        reviewer=reviewer, verdict=Verdict(row.verdict), commit=row.commit, at=row.at, is_stale=row.commit != head
    )


def _accounts(addresses: set[str]) -> dict[str, Person]:
    lowered = {address.lower() for address in addresses}
    users = get_user_model().objects.annotate(address=Lower("email")).filter(address__in=lowered)
    return {user.email.lower(): person_of(user) for user in users}
