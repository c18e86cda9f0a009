"""Which commit an approval at GitLab saw. GitLab does not say; it says when, and where the branch ended when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from integrations.core.pull_requests import Person, Review, Verdict
from integrations.forges import shapes_gitlab as shapes

_APPROVED = "approved this merge request"  # the words of GitLab's own note, which nobody else can write
_STATES = {"requested_changes": Verdict.CHANGES_REQUESTED, "reviewed": Verdict.COMMENTED}


def reviews_of(
    *,
    approvals: shapes.Approvals,
    reviewers: Iterable[shapes.Reviewer],
    versions: Sequence[shapes.Version],
    notes: Sequence[shapes.Note],
) -> Iterator[Review]:
    """The reviews in force; `is_stale` is still to be set. An approval of an unknown time has no commit."""
    for approval in approvals.approved_by:
        at = approval.approved_at or _noted(approval.user, notes)
        yield Review(
            reviewer=person(approval.user),
            verdict=Verdict.APPROVED,
            commit=_ended_at(versions, at) if at else None,
            at=at,
            is_stale=True,
        )
    for reviewer in reviewers:
        if reviewer.state in _STATES:
            yield Review(
                reviewer=person(reviewer.user), verdict=_STATES[reviewer.state], commit=None, at=None, is_stale=True
            )


def person(user: shapes.User | None) -> Person:
    return Person(id=str(user.id), login=user.username, name=user.name) if user else Person(id="", login="")


def _noted(user: shapes.User, notes: Iterable[shapes.Note]) -> datetime | None:
    times = (note.created_at for note in notes if note.system and note.author.id == user.id and note.body == _APPROVED)
    return max(times, default=None)


def _ended_at(versions: Iterable[shapes.Version], at: datetime) -> str | None:
    # What came at the very moment of the approval was not seen.
    before = [version for version in versions if version.created_at < at]
    return max(before, key=lambda version: version.created_at).head_commit_sha if before else None
