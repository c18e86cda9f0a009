"""A wanted change of a merge patch or of a layer's mappings, as values: what the text must say afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.documents import JSON, Environments, Mode, OverrideDocument, Part, PartOverride
from integrations.core.edits.values import CannotEdit, EditList, Keys, Refusal
from integrations.core.edits.yaml_splice import is_same
from integrations.core.pointer import ABSENT, Absent


def with_value(config: Mapping[str, JSON], path: Keys, value: JSON) -> dict[str, JSON]:
    """The config with `value` at `path`. Raises CannotEdit where something else than an object is in the way."""
    if not path:
        raise CannotEdit(Refusal.NO_PLACE, "Name the setting that is to change.")
    if len(path) == 1:
        return {**config, path[0]: value}
    inner = config.get(path[0], {})
    if not isinstance(inner, dict):
        sentence = f"{path[0]} is set to {_shown(inner)} in this layer, so that nothing can be set within it."
        raise CannotEdit(Refusal.IN_THE_WAY, sentence)
    return {**config, path[0]: with_value(inner, path[1:], value)}


def without(config: Mapping[str, JSON], path: Keys) -> dict[str, JSON]:
    """The config without what is at `path`, and without the objects that this leaves empty."""
    inner = config.get(path[0], ABSENT)
    if inner is ABSENT or (len(path) > 1 and not isinstance(inner, dict)):
        return dict(config)
    rest = {name: value for name, value in config.items() if name != path[0]}
    if len(path) == 1:
        return rest
    kept = without(inner, path[1:])
    return {**config, path[0]: kept} if kept or not inner else rest


def edited_list(current: JSON | Absent, edit: EditList, *, directives: bool) -> JSON | Absent:
    """What the layer says of a list after the edit: a list where it had one, else list directives (ABSENT: nothing).

    What the layer itself added before is taken away again by removing it; anything else that is removed is named in
    `$remove`, wherever the layers below have it. `directives`: False at the platform layer, which has a list.
    """
    if isinstance(current, list):
        kept = [one for one in current if not _holds(edit.remove, one)]
        front = [one for one in edit.prepend if not _holds(kept, one)]
        return [*front, *kept, *(one for one in edit.append if not _holds([*front, *kept], one))]
    if not directives or not (current is ABSENT or (isinstance(current, dict) and _are_directives(current))):
        said = "nothing" if current is ABSENT else _shown(current)
        raise CannotEdit(Refusal.IN_THE_WAY, f"{'.'.join(edit.path)} is {said} in this layer, and no list.")
    said_before: dict[str, list[JSON]] = dict(current) if isinstance(current, dict) else {}
    own = [*said_before.get("$append", []), *said_before.get("$prepend", [])]
    said_now = {
        "$remove": _joined(said_before.get("$remove", []), [one for one in edit.remove if not _holds(own, one)]),
        "$prepend": _front(said_before.get("$prepend", []), edit),
        "$append": _joined(_less(said_before.get("$append", []), edit.remove), edit.append),
    }
    result = {name: said_now[name] for name in (*said_before, *said_now) if said_now[name]}
    return result or ABSENT


def _front(before: list[JSON], edit: EditList) -> list[JSON]:
    kept = _less(before, edit.remove)
    return [*(one for one in edit.prepend if not _holds(kept, one)), *kept]


def _less(values: list[JSON], gone: tuple[JSON, ...]) -> list[JSON]:
    return [one for one in values if not _holds(gone, one)]


def _joined(values: list[JSON], more: list[JSON] | tuple[JSON, ...]) -> list[JSON]:
    return [*values, *(one for one in more if not _holds(values, one))]


def _holds(values: list[JSON] | tuple[JSON, ...], value: JSON) -> bool:
    return any(is_same(one, value) for one in values)


def _are_directives(value: dict[str, JSON]) -> bool:
    return bool(value) and set(value) <= {"$append", "$prepend", "$remove"}


def _shown(value: JSON) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "null" if value is None else f"“{value}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an override says, without the places where it says so; expressions without the blanks behind them."""

    environments: Environments = None
    config: Mapping[str, JSON] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[Part, tuple[Mode, str | None]]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: OverrideDocument | None) -> Said:
        if document is None:
            return cls()
        mappings = {
            key: {part: _said_of(override) for part, override in parts.items()}
            for key, parts in document.mappings.items()
        }
        return cls(environments=document.environments, config=document.config, mappings=mappings)

    def is_same(self, other: Said) -> bool:
        """Types count: `1` is not `true`. So does nothing else but what a reader of the file would see."""
        return (
            self.environments == other.environments
            and is_same(self.config, other.config)
            and self.mappings == other.mappings
        )

    def with_part(self, key: str, part: Part, said: tuple[Mode, str | None] | None) -> Said:
        parts = {name: value for name, value in self.mappings.get(key, {}).items() if name is not part}
        if said is not None:
            parts[part] = (said[0], None if said[1] is None else plain(said[1]))
        rest = {name: value for name, value in self.mappings.items() if name != key}
        mappings = {**rest, key: parts} if parts else rest
        return Said(environments=self.environments, config=self.config, mappings=mappings)

    def with_config(self, config: Mapping[str, JSON]) -> Said:
        return Said(environments=self.environments, config=config, mappings=self.mappings)


def _said_of(override: PartOverride) -> tuple[Mode, str | None]:
    return override.mode, None if override.expression is None else plain(override.expression.text)


def plain(expression: str) -> str:
    """An expression's text as it counts: line breaks of one kind, no blanks at its end."""
    return expression.replace("\r\n", "\n").rstrip()


def like(old: str, expression: str) -> str:
    """The expression with the line breaks and the end that the old text has."""
    ending = old[len(old.rstrip()) :] if old.strip() else "\n"
    text = plain(expression) + ending.replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if "\r\n" in old else text
