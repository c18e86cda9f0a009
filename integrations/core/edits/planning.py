"""Wanted changes → the files that say them. The only door to this package for those who write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from integrations.core.documents import (
    Document,
    IntegrationDocument,
    Layer,
    MappingDocument,
    OverrideDocument,
    expressions_of,
)
from integrations.core.edits import account_files, module_files
from integrations.core.edits.ground import Draft, Ground
from integrations.core.edits.values import (
    CannotEdit,
    Edit,
    EditList,
    FileChanges,
    Refusal,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
)
from integrations.core.layout import YAML_SUFFIXES


def files_needed(edits: Sequence[Edit], ground: Ground) -> tuple[str, ...]:
    """The files whose texts `plan_edits` asks for, sorted. Raises CannotEdit as that does for what has no place."""
    found: set[str] = set()
    for edit in edits:
        scope = _checked(edit.scope)
        for document in ground.documents:
            if _concerns(document, scope):
                found.add(document.source.file)
                found.update(expression.source.file for _, _, expression in expressions_of(document))
        if scope.layer is Layer.ENVIRONMENT:
            found.add(module_files.override_file(scope))
    return tuple(sorted(found & set(ground.paths)))


def plan_edits(edits: Sequence[Edit], files: Mapping[str, str], ground: Ground) -> FileChanges:
    """The changes that make all of the edits true, one after the other, and nothing else.

    `files` has the text of each file that `files_needed` names, line ends as they are. Raises CannotEdit.
    """
    draft = Draft.of(ground, files)
    for edit in edits:
        _plan(edit, draft)
    return draft.changes()


def plan_edit(edit: Edit, files: Mapping[str, str], ground: Ground) -> FileChanges:
    """`plan_edits` with one edit."""
    return plan_edits([edit], files, ground)


def _plan(edit: Edit, draft: Draft) -> None:
    scope = _checked(edit.scope)
    if isinstance(edit, SetConfig | RemoveConfig | EditList) and not edit.path:
        raise CannotEdit(Refusal.NO_PLACE, "Name the setting that is to change.")
    home = account_files.home_of(scope, draft) if scope.layer is Layer.ACCOUNT else None
    in_yaml = home is not None and home.file.endswith(YAML_SUFFIXES)
    match edit:
        case SetConfig() | RemoveConfig() | EditList():
            if home is not None and in_yaml:
                account_files.plan_config(edit, draft, home)
            else:
                module_files.plan_config(edit, draft, home.document if home else None)
        case SetMapping() | RemoveMapping() | SetField() | RemoveField():
            if home is not None and in_yaml:
                account_files.plan_mapping(edit, draft, home)
            else:
                module_files.plan_mapping(edit, draft, home.document if home else None)


def _checked(scope: Scope) -> Scope:
    """Raises ValueError for a scope that names no layer's place: that is the caller's mistake."""
    match scope.layer:
        case Layer.PLATFORM:
            is_good = scope.account is None and scope.environment is None
        case Layer.ENVIRONMENT:
            is_good = scope.account is None and scope.environment is not None
        case Layer.ACCOUNT:
            is_good = scope.account is not None
    if not is_good:
        raise ValueError(f"{scope} names no place of the {scope.layer} layer")
    return scope


def _concerns(document: Document, scope: Scope) -> TypeGuard[IntegrationDocument | MappingDocument | OverrideDocument]:
    """Whether the layer says something of the integration in this document."""
    match document:
        case OverrideDocument():
            said = (document.layer, document.integration, document.account)
            return said == (scope.layer, scope.integration, scope.account)
        case MappingDocument():
            return scope.layer is Layer.PLATFORM and document.integration == scope.integration
        case IntegrationDocument():
            return scope.layer is Layer.PLATFORM and document.slug == scope.integration
    return False
