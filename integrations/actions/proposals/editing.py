"""How a proposal's change is made anew on another commit. What it needs to know of edits is this port and no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from integrations.core.documents import JSON
from integrations.core.tree import MissingFile, Tree
from integrations.models import Proposal


class Editor(Protocol):
    """Reads and writes the values that a proposal touches, each under the name that people see."""

    def values(self, proposal: Proposal, tree: Tree) -> dict[str, JSON]:
        """What the touched values are in this tree; None for what is not there."""

    def wanted(self, proposal: Proposal) -> dict[str, JSON]:
        """What they are to be, under the same names."""

    def files(self, proposal: Proposal, tree: Tree, *, without: Collection[str] = ()) -> dict[str, str | None]:
        """The change of files that makes them so in this tree, but for those `without`. Raises CannotEdit."""


class CannotEdit(Exception):
    """The change cannot be made on this commit; the sentence says why."""


class WholeFiles:
    """Takes each touched file as one value: right for every change, and coarser than need be for most."""

    def values(self, proposal: Proposal, tree: Tree) -> dict[str, JSON]:
        return {path: text_at(tree, path) for path in proposal.file_changes}

    def wanted(self, proposal: Proposal) -> dict[str, JSON]:
        return dict(proposal.file_changes)

    def files(self, proposal: Proposal, tree: Tree, *, without: Collection[str] = ()) -> dict[str, str | None]:
        return {path: text for path, text in proposal.file_changes.items() if path not in without}


def text_at(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode(errors="replace")
    except MissingFile:
        return None


def differing(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> list[str]:
    """The names whose values are not the same."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def editor_of(_proposal: Proposal) -> Editor:
    """The finest editor that knows the proposal's edits."""
    return WholeFiles()
