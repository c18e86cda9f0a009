"""What an edit of a mapping makes of the expression that stands there, wherever it stands."""

from __future__ import annotations

from integrations.core.edits.constructors import check_expression, constructor, remove_field, set_field
from integrations.core.edits.ground import Draft
from integrations.core.edits.values import (
    CannotEdit,
    MappingEdit,
    Refusal,
    RemoveField,
    RemoveMapping,
    SetField,
    SetMapping,
)


def edited(edit: MappingEdit, current: str | None) -> str | None:
    """The expression after the edit; None when the part has none any more. `current`: None when it has none yet."""
    match edit:
        case SetMapping():
            if edit.expression is not None:
                check_expression(edit.expression)
            return edit.expression
        case RemoveMapping():
            return None
        case SetField():
            if current is None:
                return constructor(edit.path, edit.expression)
            return set_field(current, edit.path, edit.expression)
        case RemoveField():
            return None if current is None else remove_field(current, edit.path)


def refuse_if_shared(draft: Draft, path: str, edit: MappingEdit) -> None:
    """Raises CannotEdit where more than this part reads the file, unless the edit is meant for all."""
    others = draft.readers(path)
    if len(others) > 1 and not getattr(edit, "everywhere", False):
        sentence = (
            f"{path} is read by {', '.join(others)}. A change of it changes all of these; say that this is meant."
        )
        raise CannotEdit(Refusal.SHARED_FILE, sentence)
