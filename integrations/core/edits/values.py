"""What may be wanted of the configuration, and what becomes of it: changed files, or why there are none.

An edit names a layer and what is to be true of it afterwards; it does not say how the files look. Edits are values
that a row can keep: `edit_as_json` and `edit_from_json` are inverses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import msgspec

from integrations.core.documents import JSON, Layer, Mode, Part, Source

Keys: TypeAlias = tuple[str, ...]  # the keys that lead to a place in a config, or to a field of a mapping


class Refusal(StrEnum):
    """Why an edit is not written. Stable names; `docs/edits.md` lists them."""

    NO_PLACE = "no-place"  # nothing in the repository that the edit could belong to
    OTHER_SCOPE = "other-scope"  # what would be changed is in force in other environments than were asked for
    IN_THE_WAY = "in-the-way"  # a value of another shape stands where the edit leads through
    NOT_LITERAL = "not-literal"  # HCL computes the value
    DYNAMIC = "dynamic"  # the expression does not say its fields
    BAD_EXPRESSION = "bad-expression"  # the wanted expression is no JSONata
    BAD_VALUE = "bad-value"  # the wanted value cannot be kept
    SHARED_FILE = "shared-file"  # the expression's file is read by other mappings too
    UNREADABLE = "unreadable"  # a file cannot be read as it is
    NOT_EXACT = "not-exact"  # the text that came out would mean something else than was wanted


class CannotEdit(Exception):
    """An edit that is not written. `sentence` says why and what to do, in plain words; `source` where it stands."""

    def __init__(self, code: Refusal, sentence: str, source: Source | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.source = source

    def __str__(self) -> str:
        return f"{self.source}: {self.sentence}" if self.source else self.sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose layer of which integration is edited.

    `account` is set exactly at the account layer. `environment` is None at the platform layer, is needed at the
    environment layer, and at the account layer None means every environment that the account is connected in.
    """

    layer: Layer
    integration: str
    environment: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfig:
    """The layer says `value` at `path` of the config. `null` in an override takes the inherited value away."""

    scope: Scope
    path: Keys
    value: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveConfig:
    """The layer no longer speaks of `path`, so that the value below is restored; objects left empty go too."""

    scope: Scope
    path: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class EditList:
    """The layer edits the list at `path`: see `lists.edited`."""

    scope: Scope
    path: Keys
    append: tuple[JSON, ...] = ()
    prepend: tuple[JSON, ...] = ()
    remove: tuple[JSON, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMapping:
    """The layer gives a part of a mapping this expression. None, with `replace`, drops the part.

    `everywhere`: a file that other mappings read too is changed for all of them, instead of being refused.
    """

    scope: Scope
    mapping: str
    part: Part = Part.RESPONSE
    expression: str | None
    mode: Mode = Mode.MERGE
    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMapping:
    """The layer no longer speaks of this part of the mapping."""

    scope: Scope
    mapping: str
    part: Part = Part.RESPONSE


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """The layer's expression for the part gives the output field `path` by `expression`; its other fields stay."""

    scope: Scope
    mapping: str
    part: Part = Part.RESPONSE
    path: Keys
    expression: str
    everywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveField:
    """The layer's expression for the part no longer gives the output field `path`."""

    scope: Scope
    mapping: str
    part: Part = Part.RESPONSE
    path: Keys
    everywhere: bool = False


Edit: TypeAlias = SetConfig | RemoveConfig | EditList | SetMapping | RemoveMapping | SetField | RemoveField
ConfigEdit: TypeAlias = SetConfig | RemoveConfig | EditList
MappingEdit: TypeAlias = SetMapping | RemoveMapping | SetField | RemoveField

_TYPES: Mapping[str, type[Edit]] = {
    "set_config": SetConfig,
    "remove_config": RemoveConfig,
    "edit_list": EditList,
    "set_mapping": SetMapping,
    "remove_mapping": RemoveMapping,
    "set_field": SetField,
    "remove_field": RemoveField,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """The new text of each file that changes, by path; None for one that is deleted. Empty: nothing is to be done."""

    texts: Mapping[str, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.texts)


def edit_as_json(edit: Edit) -> dict[str, JSON]:
    body: dict[str, JSON] = msgspec.to_builtins(edit)
    return {"edit": _NAMES[type(edit)], **body}


def edit_from_json(body: Mapping[str, JSON]) -> Edit:
    """Raises ValueError for what is no edit."""
    rest = dict(body)
    kind = _TYPES.get(str(rest.pop("edit", "")))
    if kind is None:
        raise ValueError("this names no kind of edit")
    return msgspec.convert(rest, kind)  # msgspec.ValidationError is a ValueError
