"""When the base has moved: the change is made anew where nobody else touched its values, else people choose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from audit.events import Event
from audit.record import SYSTEM, Actor, record
from integrations.actions.proposals.claiming import move
from integrations.actions.proposals.editing import differing, editor_of
from integrations.actions.subjects import proposal_subject
from integrations.core.documents import JSON
from integrations.core.edits import CannotEdit
from integrations.core.proposals import State
from integrations.git.errors import GitError
from integrations.models import Proposal
from integrations.queries.mirrors import mirror_of


class Standing(StrEnum):
    CURRENT = "current"  # its files are as they were at its base, so that it can be merged as it is
    REBASED = "rebased"
    CONFLICTING = "conflicting"
    DONE = "done"  # the base has all that was wanted by now


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the newest commit means for a proposal. `files`: its change on `base`."""

    standing: Standing
    base: str
    values: Mapping[str, JSON] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    conflicts: tuple[dict[str, JSON], ...] = ()


def look(proposal: Proposal) -> Look:
    """Compares the proposal with the newest commit that was fetched; nothing is written. Raises GitError."""
    mirror = mirror_of(proposal.repository)
    newest = mirror.head(proposal.repository.branch)
    if newest is None or newest == proposal.base_commit:
        return Look(standing=Standing.CURRENT, base=proposal.base_commit)
    changed = {change.path for change in mirror.changes(proposal.base_commit, newest)}
    if changed.isdisjoint(proposal.file_changes):
        return Look(standing=Standing.CURRENT, base=proposal.base_commit)
    try:
        return _compared(proposal, newest)
    except CannotEdit as error:
        conflicts = ({"leaf": "", "base": None, "theirs": None, "mine": None, "why": str(error)},)
        return Look(standing=Standing.CONFLICTING, base=newest, conflicts=conflicts)


def _compared(proposal: Proposal, newest: str) -> Look:
    """Raises CannotEdit."""
    editor = editor_of(proposal)
    theirs = editor.values(proposal, newest)
    base, mine = editor.values(proposal, proposal.base_commit), editor.wanted(proposal)
    clashing = [name for name in differing(base, theirs) if theirs.get(name) != mine.get(name)]
    files = {} if clashing else editor.files(proposal, newest)
    if clashing:
        conflicts = tuple(
            {"leaf": name, "base": base.get(name), "theirs": theirs.get(name), "mine": mine.get(name)}
            for name in clashing
        )
        return Look(standing=Standing.CONFLICTING, base=newest, values=theirs, conflicts=conflicts)
    standing = Standing.REBASED if files else Standing.DONE
    return Look(standing=standing, base=newest, values=theirs, files=files)


def rebase(proposal: Proposal, found: Look, *, actor: Actor = SYSTEM) -> None:
    """Puts the change on its new base. The caller holds the row and saves it."""
    old, proposal.base_commit = proposal.base_commit, found.base
    proposal.file_changes, proposal.base_values = dict(found.files), dict(found.values)
    proposal.conflicts, proposal.attempts = [], 0
    told = {"from": old, "to": found.base}
    record(Event.PROPOSAL_REBASED, actor=actor, subject=proposal_subject(proposal), data=told)


def conflict(proposal: Proposal, found: Look) -> None:
    """Shows people the three values of each place. The caller holds the row and saves it."""
    is_news = proposal.conflicts != list(found.conflicts)
    proposal.conflicts = list(found.conflicts)
    if proposal.state != State.CONFLICTING:
        move(proposal, State.CONFLICTING)
    proposal.trouble = "Somebody else changed the same values meanwhile: choose which are to hold."
    if is_news:
        told = {"base": proposal.base_commit, "newest": found.base, "places": len(found.conflicts)}
        record(Event.PROPOSAL_CONFLICTED, actor=SYSTEM, subject=proposal_subject(proposal), data=told)


def look_or_none(proposal: Proposal) -> Look | None:
    """`look`, or None where the mirror cannot answer at the moment: nothing hangs on it right now."""
    try:
        return look(proposal)
    except GitError:
        return None


def chosen(proposal: Proposal, found: Look, theirs: Collection[str]) -> Look:
    """The look with the change as people chose it: the places in `theirs` stay as they are on the new base.

    Raises CannotEdit.
    """
    files = editor_of(proposal).files(proposal, found.base, without=theirs)
    return replace(found, standing=Standing.REBASED, files=files)
