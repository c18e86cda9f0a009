"""The states of a proposal, and the only ways from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a proposal stands. The values are stored."""

    QUEUED = "queued"  # its commit is to be pushed: at first, or again after it was rebased
    PUBLISHING = "publishing"  # a worker has claimed it
    OPEN = "open"
    CONFLICTING = "conflicting"  # the base has other values by now where the proposal changes them
    MERGED = "merged"
    IN_FORCE = "in-force"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"  # only a person can mend it


class Wait(StrEnum):
    """What has to happen for a proposal to leave its state."""

    WORKER = "worker"
    REVIEW = "review"
    CHOICE = "choice"
    SYNC = "sync"
    PERSON = "person"
    NOTHING = "nothing"


class BadTransition(Exception):
    """There is no way from the one state to the other."""

    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"A proposal that is {old} cannot become {new}.")
        self.old = old
        self.new = new


# From PUBLISHING a proposal may meet its end at once: the pull request that an earlier attempt opened may have been
# merged or closed by the time it is found.
_WAYS: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.PUBLISHING, State.WITHDRAWN}),
    State.PUBLISHING: frozenset(
        {State.QUEUED, State.OPEN, State.CONFLICTING, State.MERGED, State.CLOSED, State.WITHDRAWN, State.FAILED}
    ),
    State.OPEN: frozenset({State.QUEUED, State.CONFLICTING, State.MERGED, State.CLOSED, State.WITHDRAWN}),
    State.CONFLICTING: frozenset({State.QUEUED, State.OPEN, State.MERGED, State.CLOSED, State.WITHDRAWN}),
    State.MERGED: frozenset({State.IN_FORCE}),
    State.FAILED: frozenset({State.QUEUED, State.MERGED, State.CLOSED, State.WITHDRAWN}),
    State.IN_FORCE: frozenset(),
    State.CLOSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
_WAITS: Mapping[State, Wait] = {
    State.QUEUED: Wait.WORKER,
    State.PUBLISHING: Wait.WORKER,
    State.OPEN: Wait.REVIEW,
    State.CONFLICTING: Wait.CHOICE,
    State.MERGED: Wait.SYNC,
    State.FAILED: Wait.PERSON,
    State.IN_FORCE: Wait.NOTHING,
    State.CLOSED: Wait.NOTHING,
    State.WITHDRAWN: Wait.NOTHING,
}
_SENTENCES: Mapping[State, str] = {
    State.QUEUED: "Waits to be published.",
    State.PUBLISHING: "Is being published.",
    State.OPEN: "Waits for a review and to be merged.",
    State.CONFLICTING: "Somebody else changed the same values meanwhile: choose which are to hold.",
    State.MERGED: "Is merged and waits for the next sync.",
    State.IN_FORCE: "Is in force.",
    State.CLOSED: "Was closed without being merged.",
    State.WITHDRAWN: "Was withdrawn.",
    State.FAILED: "Could not be published; somebody has to act.",
}
TERMINAL = frozenset(state for state, ways in _WAYS.items() if not ways)
FOLLOWED = frozenset({State.OPEN, State.CONFLICTING})  # their pull requests are looked at
UNDECIDED = frozenset({State.QUEUED, State.PUBLISHING, State.OPEN, State.CONFLICTING, State.FAILED})


def ways_from(state: State) -> frozenset[State]:
    return _WAYS[state]


def check_transition(old: State, new: State) -> None:
    """Staying where it is, is no transition. Raises BadTransition."""
    if new not in _WAYS[old]:
        raise BadTransition(old, new)


def waits_for(state: State) -> Wait:
    return _WAITS[state]


def sentence_of(state: State) -> str:
    """What the state means, for people; complete in itself."""
    return _SENTENCES[state]
