"""Where a proposal stands, in words for people who know no Git: its badge, its way, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from integrations.core.proposals import TERMINAL, State
from integrations.models import Proposal
from integrations.queries.open_changes import approvers_of

_FORGES = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea"}
_DONE, _NOW, _LATER, _STOPPED = "done", "now", "later", "stopped"


class Badge(NamedTuple):
    """`tone`: ok, warning, danger, info or quiet."""

    text: str
    tone: str


class Step(NamedTuple):
    """One stop on the way. `state`: done, now, later or stopped."""

    label: str
    state: str
    at: datetime | None


# State → how many steps are done, and whether the next one is under way or cannot be reached.
_REACHED: Mapping[State, int] = {
    State.QUEUED: 1,
    State.PUBLISHING: 1,
    State.FAILED: 1,
    State.OPEN: 2,
    State.CONFLICTING: 2,
    State.MERGED: 4,
    State.IN_FORCE: 5,
}
_BADGES: Mapping[State, Badge] = {
    State.QUEUED: Badge("Being published", "info"),
    State.PUBLISHING: Badge("Being published", "info"),
    State.OPEN: Badge("In review", "info"),
    State.CONFLICTING: Badge("Needs a choice", "warning"),
    State.MERGED: Badge("Merged", "info"),
    State.IN_FORCE: Badge("In force", "ok"),
    State.CLOSED: Badge("Closed", "quiet"),
    State.WITHDRAWN: Badge("Withdrawn", "quiet"),
    State.FAILED: Badge("Stuck", "danger"),
}
MOVING = frozenset({State.QUEUED, State.PUBLISHING, State.MERGED})  # without anybody's doing


def badge(row: Proposal) -> Badge:
    if row.status is State.OPEN and row.review == Proposal.Review.APPROVED:
        return Badge("Approved", "ok")
    if row.status is State.OPEN and row.review == Proposal.Review.CHANGES_REQUESTED:
        return Badge("Changes asked for", "warning")
    return _BADGES[row.status]


def steps(row: Proposal) -> tuple[Step, ...]:
    """Handed in, published, approved, merged, in force; an end without a merge takes the place of what is left."""
    times = {
        "Handed in": row.created_at,
        "Open for review": row.opened_at,
        "Approved": None,
        "Merged": row.ended_at if row.status in {State.MERGED, State.IN_FORCE} else None,
        "In force": row.in_force_at,
    }
    if row.status in {State.CLOSED, State.WITHDRAWN}:
        reached = 2 if row.opened_at else 1
        kept = [Step(label, _DONE, at) for label, at in list(times.items())[:reached]]
        return (*kept, Step(_BADGES[row.status].text, _STOPPED, row.ended_at))
    reached = _REACHED[row.status] + (row.status is State.OPEN and row.review == Proposal.Review.APPROVED)
    is_stuck = row.status in {State.FAILED, State.CONFLICTING}
    return tuple(
        Step(label, _DONE if place < reached else _next(place, reached, is_stuck=is_stuck), at)
        for place, (label, at) in enumerate(times.items())
    )


def waits(row: Proposal) -> str:
    """What it waits for, or how it ended; one or two plain sentences."""
    match row.status:
        case State.QUEUED | State.PUBLISHING:
            return row.trouble or "The console is publishing it; that takes some seconds."
        case State.OPEN:
            return _waits_open(row)
        case State.CONFLICTING:
            return f"Somebody else changed the same values meanwhile: {row.proposer_name} has to choose which hold."
        case State.FAILED:
            return row.trouble or "It could not be published; somebody has to act."
        case State.MERGED:
            return row.trouble or "It is merged, and comes into force with the next sync."
        case State.IN_FORCE:
            return "It is in force."
        case State.CLOSED:
            return "It was closed without being merged, so that nothing changed."
        case _:
            return "It was withdrawn, so that nothing changed."


def forge_name(row: Proposal) -> str:
    """What people call the forge; empty where the pull request is the console's own."""
    return _FORGES.get(row.repository.forge, row.repository.forge)


def is_over(row: Proposal) -> bool:
    return row.status in TERMINAL


def mark(row: Proposal) -> str:
    """Changes whenever the page says something else of how it stands."""
    return "-".join([row.state, row.review, row.forge_head[:12], str(len(row.reviews)), str(len(row.trouble))])


def is_moving_mark(text: str) -> bool:
    """Whether the mark was made while nobody had anything to type on the page."""
    return text.partition("-")[0] in {str(state) for state in MOVING}


def _waits_open(row: Proposal) -> str:
    where = f" at {forge_name(row)}" if row.repository.forge else ""
    if row.trouble:
        return row.trouble
    if row.is_conflicting:
        return "It cannot be merged as it is: what it builds on has changed. The console looks at it again by itself."
    if row.review == Proposal.Review.CHANGES_REQUESTED:
        return f"{row.independence or 'Somebody asked for changes.'} It waits for an answer."
    if row.review == Proposal.Review.APPROVED:
        names = approvers_of(row)
        by = f" by {' and '.join(names)}" if names else ""
        return f"Approved{by}. It waits to be merged{where}."
    return f"It waits for an approval{where} by somebody other than {row.proposer_name}."


def _next(place: int, reached: int, *, is_stuck: bool) -> str:
    if place > reached:
        return _LATER
    return _STOPPED if is_stuck else _NOW
