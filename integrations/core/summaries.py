"""Edits in plain English, for people who read no diff: on the proposal's page, in its pull request, in the log.

"Set page size to 50 for Acme Corp's Salesforce in production; it was 200, from the platform layer."
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from integrations.core.documents import JSON, Layer, Mode
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
from integrations.core.effective import Effective
from integrations.core.pointer import ABSENT, Absent, build, look_up
from integrations.core.text import short

_SPELT: Final = {word: word.upper() for word in ("api", "id", "url", "uri", "pkce", "http")} | {"oauth": "OAuth"}
_LISTED: Final = 5  # elements of a list that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call accounts and integrations, by slug; the slug itself where nothing is said."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    integrations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A value that is in force, and the layer that sets it where one layer alone does."""

    value: JSON | Absent = ABSENT
    layer: Layer | None = None


def describe(edit: Edit, before: Effective | None, after: Effective | None, *, names: Names | None = None) -> str:
    """One sentence that says what the edit does, where, and what was in force until now.

    It is plain text: whoever puts it into Markdown or HTML escapes it. `before` and `after`: what is effective for the
    connection without and with the edit; for a platform or environment edit that of the layers up to it. None:
    unknown, and nothing is said of it.
    """
    where = _where(edit.scope, names or Names())
    if isinstance(edit, SetConfig | RemoveConfig | EditList):
        return _config(edit, where, before, after)
    return _mapping(edit, where, before, after)


def setting(path: tuple[str, ...]) -> str:
    """A setting in words: `page size`; with its group where its own name is one word only: `webhook URL`."""
    own = _words(path[-1])
    return own if len(path) == 1 or " " in own else f"{_words(path[-2])} {own}"


def followed(samples: Sequence[str]) -> str:
    """What is said of the samples whose expected result changes with the edits; there is at least one."""
    count = "1 test follows" if len(samples) == 1 else f"{len(samples)} tests follow"
    more = f" and {len(samples) - _LISTED} more" if len(samples) > _LISTED else ""
    return f"The expected result of {count}: {', '.join(sorted(samples)[:_LISTED])}{more}."


def _config(edit: ConfigEdit, where: str, before: Effective | None, after: Effective | None) -> str:
    name = setting(edit.path)
    was = _was(before, edit.path)
    match edit:
        case SetConfig(value=None) if edit.scope.layer is not Layer.PLATFORM:
            return f"Take {name} away {where}{was}."
        case SetConfig():
            return f"Set {name} to {shown(edit.value)} {where}{was}."
        case RemoveConfig():
            return f"{_back_to(name, after, edit)} {where}{was}."
        case EditList():
            return f"{_list_changes(edit, name)} {where}{_now(after, edit.path)}."


def _back_to(name: str, after: Effective | None, edit: RemoveConfig) -> str:
    if edit.scope.layer is Layer.PLATFORM:
        return f"Remove {name}"
    found = _config_value(after, edit.path)
    if after is None or found.value is ABSENT:
        return f"Remove the {edit.scope.layer} layer's {name}"
    return f"Go back to the inherited {name}, {shown(found.value)}{_from(found.layer)},"


def _list_changes(edit: EditList, name: str) -> str:
    said = []
    if edit.remove:
        said.append(f"remove {_listed(edit.remove)} from {name}")
    if edit.prepend:
        said.append(f"put {_listed(edit.prepend)} in front of {name}")
    if edit.append:
        said.append(f"add {_listed(edit.append)} to {name}")
    sentence = " and ".join(said) or f"leave {name} as it is"
    return sentence[:1].upper() + sentence[1:]


def _mapping(edit: MappingEdit, where: str, before: Effective | None, after: Effective | None) -> str:
    part = f"{mapping_words(edit.mapping)} ({_words(edit.part)})"
    match edit:
        case SetMapping(expression=None):
            return f"Drop the mapping of {part} {where}, so that the layers below give nothing."
        case SetMapping(mode=Mode.REPLACE):
            return f"Write the {edit.scope.layer} layer's expression for {part} {where}, in place of the layers below."
        case SetMapping():
            return f"Write the {edit.scope.layer} layer's expression for {part} {where}; it adds to the layers below."
        case RemoveMapping():
            return (
                f"Remove the {edit.scope.layer} layer's expression for {part} {where}; the layers below are in force."
            )
        case SetField():
            was = _was_field(before, edit)
            return f"Map {_field(edit)} of {part} to {_code(edit.expression)} {where}{was}."
        case RemoveField():
            now = _field_value(after, edit)
            rest = "" if after is None else "; nothing sets it then" if now.value is ABSENT else _then(now)
            return f"No longer map {_field(edit)} of {part} {where}{rest}."


# what is in force


def _config_value(effective: Effective | None, path: tuple[str, ...]) -> _Found:
    if effective is None:
        return _Found()
    leaf = effective.leaves.get(build(path))
    return _Found(value=look_up(effective.config, path), layer=leaf.layer if leaf else None)


def _field_value(effective: Effective | None, edit: SetField | RemoveField) -> _Found:
    part = effective.parts.merged.get(edit.mapping, {}).get(edit.part) if effective else None
    pointer = build(edit.path)
    found = next((one for one in part.fields if one.path == pointer), None) if part else None
    return _Found() if found is None else _Found(value=found.expression, layer=found.layer)


def _was(effective: Effective | None, path: tuple[str, ...]) -> str:
    if effective is None:
        return ""
    found = _config_value(effective, path)
    return "; it was not set" if found.value is ABSENT else f"; it was {shown(found.value)}{_from(found.layer)}"


def _now(effective: Effective | None, path: tuple[str, ...]) -> str:
    found = _config_value(effective, path)
    return f"; it is then {shown(found.value)}" if isinstance(found.value, list) else ""


def _was_field(effective: Effective | None, edit: SetField) -> str:
    if effective is None:
        return ""
    found = _field_value(effective, edit)
    return "; it was not mapped" if found.value is ABSENT else f"; it was {_code(str(found.value))}{_from(found.layer)}"


def _then(found: _Found) -> str:
    return f"; it is then {_code(str(found.value))}{_from(found.layer)}"


def _from(layer: Layer | None) -> str:
    return f", from the {layer} layer" if layer else ""


# words


def _where(scope: Scope, names: Names) -> str:
    integration = names.integrations.get(scope.integration, scope.integration)
    environment = f"in {scope.environment}" if scope.environment else "in every environment"
    if scope.account is None:
        return f"for every account's {_line(integration)} {environment}"
    account = _line(names.accounts.get(scope.account, scope.account))
    possessive = "'" if account.endswith("s") else "'s"
    return f"for {account}{possessive} {_line(integration)} {environment}"


def _field(edit: SetField | RemoveField) -> str:
    return _line(".".join(edit.path))


def mapping_words(mapping: str) -> str:
    """`crm/contacts/list` as `contacts list`, which is how people say it."""
    return " ".join(_words(word) for word in mapping.split("/")[1:])


def _line(text: str) -> str:
    return short(" ".join(text.split()))


def _words(name: str) -> str:
    words = short(name).replace("-", " ").replace("_", " ").split()
    return " ".join(_SPELT.get(word.lower(), word) for word in words) or "“”"


def shown(value: JSON) -> str:
    """A value as a sentence may hold it: bounded, strings in quotes."""
    if isinstance(value, str):
        return f"“{_line(value)}”"
    if isinstance(value, list):
        return _listed(value) if value else "an empty list"
    if isinstance(value, dict):
        return short(json.dumps(value, ensure_ascii=False))
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else "nothing" if value is None else str(value)


def _listed(values: list[JSON] | tuple[JSON, ...]) -> str:
    told = [shown(value) for value in values[:_LISTED]]
    if len(values) > _LISTED:
        return f"{', '.join(told)} and {len(values) - _LISTED} more"
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]


def _code(expression: str) -> str:
    """An expression on one line, between the marks that Markdown and our pages show as code."""
    return f"`{_line(expression).replace('`', chr(39))}`"
