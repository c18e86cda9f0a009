"""How a proposal's change is made anew on another commit, and what its values are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from integrations.core.documents import (
    JSON,
    Document,
    IntegrationDocument,
    Layer,
    MappingDocument,
    OverrideDocument,
    expressions_of,
)
from integrations.core.edits import (
    CannotEdit,
    Edit,
    EditList,
    RemoveConfig,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
    edit_from_json,
)
from integrations.core.edits.patches import edited_list
from integrations.core.edits.values import MappingEdit, Refusal, RemoveField
from integrations.core.pointer import ABSENT, build, look_up
from integrations.core.state import applies
from integrations.core.tree import MissingFile, Tree
from integrations.models import Proposal
from integrations.queries.at_commit import BadCommit
from integrations.queries.expectations import followed_by
from integrations.queries.grounds import ground_of, planned
from integrations.queries.mirrors import mirror_of
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import Reader
from integrations.sandbox.evaluator import evaluator


class Editor(Protocol):
    """Reads and writes the values that a proposal touches, each under the name that people see."""

    def values(self, proposal: Proposal, commit: str) -> dict[str, JSON]:
        """What the touched values are at the commit; None for what is not there. Raises CannotEdit, GitError."""

    def wanted(self, proposal: Proposal) -> dict[str, JSON]:
        """What they are to be, under the same names."""

    def files(self, proposal: Proposal, commit: str, *, without: Collection[str] = ()) -> dict[str, str | None]:
        """The change of files that makes them so there, but for those `without`: empty where they are so already.

        Raises CannotEdit, GitError.
        """


class WholeFiles:
    """Takes each touched file as one value: right for every change, and coarser than need be for most."""

    def values(self, proposal: Proposal, commit: str) -> dict[str, JSON]:
        tree = mirror_of(proposal.repository).tree(commit)
        return {path: _text_at(tree, path) for path in proposal.file_changes}

    def wanted(self, proposal: Proposal) -> dict[str, JSON]:
        return dict(proposal.file_changes)

    def files(self, proposal: Proposal, commit: str, *, without: Collection[str] = ()) -> dict[str, str | None]:
        there = self.values(proposal, commit)
        return {
            path: text for path, text in proposal.file_changes.items() if path not in without and there[path] != text
        }


class Leaves:
    """Takes each edit as one value of its layer, so that two people may change one file at two places."""

    def values(self, proposal: Proposal, commit: str) -> dict[str, JSON]:
        return values_in(_reader(proposal, commit), _edits(proposal))

    def wanted(self, proposal: Proposal) -> dict[str, JSON]:
        return {name_of(edit): _wish(edit) for edit in _edits(proposal)}

    def files(self, proposal: Proposal, commit: str, *, without: Collection[str] = ()) -> dict[str, str | None]:
        edits = [edit for edit in _edits(proposal) if name_of(edit) not in without]
        return files_of(_reader(proposal, commit), edits) if edits else {}


def editor_of(proposal: Proposal) -> Editor:
    """The finest editor that knows the proposal's edits."""
    return Leaves() if proposal.edits else WholeFiles()


def outcome_of(proposal: Proposal) -> dict[str, JSON]:
    """What the layer is to say, by the names of `base_values`: of an edited list all, not the edit alone.

    Raises CannotEdit.
    """
    outcome = editor_of(proposal).wanted(proposal)
    for edit in _edits(proposal):
        if isinstance(edit, EditList):
            said = proposal.base_values.get(name_of(edit))
            directives = edit.scope.layer is not Layer.PLATFORM
            then = edited_list(ABSENT if said is None else said, edit, directives=directives)
            outcome[name_of(edit)] = None if then is ABSENT else then
    return outcome


def files_of(reader: Reader, edits: Sequence[Edit]) -> dict[str, str | None]:
    """The smallest change that makes the edits true at the reader's commit, and the samples that follow it.

    Raises CannotEdit.
    """
    files = planned(reader, edits).texts
    return {**files, **followed_by(reader, edits, files, evaluator())}


def values_in(reader: Reader, edits: Sequence[Edit]) -> dict[str, JSON]:
    """What the layers say now at the places that the edits touch; None where they say nothing."""
    documents = ground_of(reader, edits).documents
    return {name_of(edit): _value(edit, documents) for edit in edits}


def differing(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> list[str]:
    """The names whose values are not the same."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def name_of(edit: Edit) -> str:
    """The value that an edit touches, as people read it in a conflict."""
    if isinstance(edit, SetConfig | RemoveConfig | EditList):
        return build(edit.path)
    place = f"{edit.mapping} {edit.part}"
    return f"{place} {build(edit.path)}" if isinstance(edit, SetField | RemoveField) else place


def _edits(proposal: Proposal) -> list[Edit]:
    return [edit_from_json(body) for body in proposal.edits]


def _reader(proposal: Proposal, commit: str) -> Reader:
    try:
        return reader_for(proposal.repository, commit)
    except (UnknownMoment, BadCommit) as error:
        raise CannotEdit(Refusal.UNREADABLE, str(error)) from error


def _value(edit: Edit, documents: Iterable[Document]) -> JSON:
    """What the edit's own layer says at its place; None where it says nothing."""
    own = [document for document in documents if _is_of(document, edit.scope)]
    if isinstance(edit, SetConfig | RemoveConfig | EditList):
        configs = [one.config for one in own if isinstance(one, IntegrationDocument | OverrideDocument)]
        found = [look_up(dict(config), edit.path) for config in configs]
        return next((value for value in found if value is not ABSENT), None)
    return _expression(edit, own)


def _expression(edit: MappingEdit, own: Iterable[Document]) -> JSON:
    for document in own:
        for mapping, part, expression in expressions_of(document):
            if (mapping, part) != (edit.mapping, edit.part):
                continue
            if not isinstance(edit, SetField | RemoveField):
                return expression.text
            path = build(edit.path)
            return next((one.expression for one in expression.analysis.fields if one.path == path), None)
    return None


def _wish(edit: Edit) -> JSON:
    match edit:
        case SetConfig():
            return edit.value
        case EditList():
            given = {"$append": edit.append, "$prepend": edit.prepend, "$remove": edit.remove}
            return {key: list(items) for key, items in given.items() if items}
        case SetMapping() | SetField():
            return edit.expression
    return None


def _is_of(document: Document, scope: Scope) -> bool:
    environment = scope.environment
    match document:
        case OverrideDocument():
            said = (document.layer, document.integration, document.account)
            is_there = environment is None or applies(document.environments, environment)
            return is_there and said == (scope.layer, scope.integration, scope.account)
        case MappingDocument():
            return scope.layer is Layer.PLATFORM and document.integration == scope.integration
        case IntegrationDocument():
            return scope.layer is Layer.PLATFORM and document.slug == scope.integration
    return False


def _text_at(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode(errors="replace")
    except MissingFile:
        return None
