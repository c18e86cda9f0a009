"""What a proposal is called where it is given no title: in lists, headings and the first line of its commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from integrations.core.documents import JSON, Layer
from integrations.core.edits import (
    ConfigEdit,
    Edit,
    EditList,
    MappingEdit,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
)
from integrations.core.summaries import Names, mapping_words, setting, shown
from integrations.core.text import short

LONGEST: Final = 72  # characters: a subject line that no tool cuts
_LONGEST_NAME: Final = 40
_PLAIN = re.compile(r"(?:response\.|\$)?([A-Za-z_][\w.]*)")


def title_of(edits: Sequence[Edit], names: Names | None = None) -> str:
    """A short title of one line and plain words, without marks of code: "Acme Corp: page size 50".

    All edits, of which there is at least one, are of one layer and account.
    """
    whose = _whose(edits[0].scope, names or Names())
    if len(edits) > 1:
        integrations = sorted({edit.scope.integration for edit in edits})
        where = integrations[0] if len(integrations) == 1 else f"{len(integrations)} integrations"
        return _cut(f"{whose}: {len(edits)} changes to {where}")
    tried = [f"{whose}: {what}" for what in _what(edits[0])]
    return next((title for title in tried if len(title) <= LONGEST), _cut(tried[-1]))


def _whose(scope: Scope, names: Names) -> str:
    if scope.layer is Layer.ACCOUNT and scope.account:
        return _plain(names.accounts.get(scope.account, scope.account), _LONGEST_NAME)
    return "Every account" if scope.environment is None else f"Every account in {_plain(scope.environment, 20)}"


def _what(edit: Edit) -> Iterator[str]:
    """What changes, said fully and then more and more shortly."""
    return _config(edit) if isinstance(edit, SetConfig | RemoveConfig | EditList) else _mapping(edit)


def _config(edit: ConfigEdit) -> Iterator[str]:
    match edit:
        case SetConfig(value=None):
            yield f"no {setting(edit.path)}"
        case SetConfig():
            yield f"{setting(edit.path)} {_value(edit.value)}"
            yield setting(edit.path)
        case RemoveConfig() if edit.scope.layer is Layer.PLATFORM:
            yield f"no {setting(edit.path)}"
        case RemoveConfig():
            yield f"inherited {setting(edit.path)}"
        case EditList():
            yield f"{setting(edit.path)} changed"


def _mapping(edit: MappingEdit) -> Iterator[str]:
    match edit:
        case SetField():
            field = _plain(".".join(edit.path), LONGEST)
            source = _PLAIN.fullmatch(edit.expression.strip())
            if source is not None:
                yield f"{field} from {source[1]}"
            yield f"mapping of {field}"
        case RemoveField():
            yield f"{_plain('.'.join(edit.path), LONGEST)} no longer mapped"
        case SetMapping(expression=None) | RemoveMapping():
            yield f"{mapping_words(edit.mapping)} {edit.part.replace('_', ' ')} no longer mapped"
        case SetMapping():
            yield f"mapping of {mapping_words(edit.mapping)} {edit.part.replace('_', ' ')}"


def _value(value: JSON) -> str:
    return "changed" if isinstance(value, list | dict) else _plain(shown(value), LONGEST)


def _plain(text: str, most: int) -> str:
    """One line without the marks that Markdown reads."""
    line = " ".join(short(text).replace("`", "'").split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _cut(title: str) -> str:
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
