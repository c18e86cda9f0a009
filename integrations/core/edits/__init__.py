"""A wanted change → the smallest change of files that says it (docs/edits.md)."""

from integrations.core.edits.ground import Ground
from integrations.core.edits.planning import files_needed, plan_edit, plan_edits
from integrations.core.edits.values import (
    CannotEdit,
    ConfigEdit,
    Edit,
    EditList,
    FileChanges,
    MappingEdit,
    Refusal,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
    edit_as_json,
    edit_from_json,
)

__all__ = [
    "CannotEdit",
    "ConfigEdit",
    "Edit",
    "EditList",
    "FileChanges",
    "Ground",
    "MappingEdit",
    "Refusal",
    "RemoveConfig",
    "RemoveField",
    "RemoveMapping",
    "Scope",
    "SetConfig",
    "SetField",
    "SetMapping",
    "edit_as_json",
    "edit_from_json",
    "files_needed",
    "plan_edit",
    "plan_edits",
]
