"""What a proposal would do at this moment: to its files, to what is in force, to samples and tests.

What would be merged is what is shown: of a branch that others pushed to, its files as they are there. What has ended
is told as it was found when it was handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from integrations.actions.forges import is_local, local_forge_of
from integrations.actions.proposals.commits import Described
from integrations.actions.proposals.editing import outcome_of
from integrations.actions.proposals.rebasing import Standing, look_or_none
from integrations.core.documents import JSON
from integrations.core.edits import CannotEdit
from integrations.core.proposals import FOLLOWED, UNDECIDED
from integrations.core.tree import MissingFile
from integrations.forges.errors import ForgeError
from integrations.forges.local_files import BranchFiles, branch_files
from integrations.git.errors import GitError
from integrations.models import Proposal
from integrations.queries.mirrors import mirror_of
from integrations.queries.preview import Affected, Preview, affected, preview
from integrations.queries.reading import Visible

Texts = Mapping[str, tuple[str | None, str | None]]  # path → text before and after


@dataclass(frozen=True, kw_only=True)
class PresentChange:
    """Not slotted: each part is found when it is first asked for, and kept."""

    row: Proposal
    visible: Visible

    @cached_property
    def is_foreign(self) -> bool:
        """Whether the branch ends at a commit that the console did not make."""
        row = self.row
        return row.status in FOLLOWED and bool(row.forge_head) and row.forge_head not in row.own_commits

    @cached_property
    def branch(self) -> BranchFiles | None:
        """The branch as it is, where others pushed to it and it can be read here."""
        if not self.is_foreign or not is_local(self.row.repository):
            return None
        place = local_forge_of(self.row.repository).place
        try:
            return branch_files(place, base_branch=self.row.repository.branch, head_branch=self.row.branch)
        except ForgeError:
            return None

    @cached_property
    def _found(self) -> tuple[Standing | None, str, Mapping[str, str | None]]:
        """How it stands to the newest commit, the commit that its files are for, and the files; None: nobody knows."""
        row = self.row
        found = look_or_none(row) if row.status in UNDECIDED else None
        if found is not None and found.standing is Standing.REBASED:
            return found.standing, found.base, found.files
        return (found.standing if found else None), row.base_commit, row.file_changes

    @property
    def standing(self) -> Standing | None:
        return self._found[0]

    @cached_property
    def texts(self) -> Texts:
        """Every changed file before and after."""
        if self.branch is not None:
            return self.branch.texts
        _, base, files = self._found
        try:
            tree = mirror_of(self.row.repository).tree(base)
        except GitError:
            return {path: (None, text) for path, text in files.items()}
        before: dict[str, str | None] = {}
        for path in files:
            try:
                before[path] = tree.read(path).decode(errors="replace")
            except MissingFile:
                before[path] = None
        return {path: (before[path], text) for path, text in files.items()}

    @cached_property
    def preview(self) -> Preview | None:
        """None where nothing is to come any more, where it clashes, or where nothing is in force to compare with."""
        is_open = self.row.status in UNDECIDED
        if not is_open or self.standing is Standing.CONFLICTING or self.row.repository.active is None:
            return None
        if self.branch is None and self.standing is Standing.DONE:
            return None
        files = {path: after for path, (_, after) in self.texts.items()}
        return preview(self.row.repository, files, checks_accounts=False)

    @cached_property
    def affected(self) -> list[Affected]:
        return affected(self.preview.effects, visible=self.visible) if self.preview is not None else []

    @cached_property
    def accounts(self) -> list[str]:
        """The accounts whose effective values would change, those that may be named."""
        effects = self.preview.effects if self.preview is not None else ()
        return sorted(
            {effect.place[0] for effect in effects if self.visible is None or effect.place[0] in self.visible}
        )

    @cached_property
    def kept(self) -> Described | None:
        """What was found when it was handed in."""
        try:
            return msgspec.convert(self.row.described, Described) if self.row.described else None
        except msgspec.ValidationError:
            return None

    @cached_property
    def wanted(self) -> dict[str, JSON]:
        """The values that it sets, by the names that `base_values` has."""
        try:
            return outcome_of(self.row)
        except CannotEdit:
            return {}
