"""The list of what may be changed in a place, and new fields that a mapping may be given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.presentation.playground import UnifiedField, unified_fields
from console.presentation.values import shown_short
from console.proposing.places import Place
from console.proposing.targets import Kind, Target, mapping_words
from integrations.core.documents import JSON, Layer, MappingKey, ModelDocument, Part
from integrations.core.pointer import build, parse
from integrations.core.summaries import setting

_LONGEST_NAME = 200
_LAST = ("endpoints", "auth", "webhook")  # what is seldom changed for one customer


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`now` is the present value or expression, on one line."""

    target: Target
    now: str
    layer: Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Choices under one heading. `unmapped`: fields of the unified model that nothing fills yet."""

    title: str
    choices: tuple[Choice, ...]
    mapping: str = ""
    part: Part = Part.RESPONSE
    unmapped: tuple[UnifiedField, ...] = ()


class BadName(ValueError):
    """Why no field of this name can be added; the sentence may propose another name."""


def groups_of(place: Place) -> list[Group]:
    """Output fields first, by mapping, what the product reads before what it sends; then settings."""
    found = [
        _mapping_group(place, key, part)
        for key, parts in place.present.mappings.items()
        for part in parts
        if parts[part].layers
    ]
    found.sort(key=lambda group: (group.part is not Part.RESPONSE, not _is_own(group, place), not _is_list(group)))
    return [*found, *_settings(place)]


def _is_own(group: Group, place: Place) -> bool:
    """Whether the layer that is changed has its say here already."""
    return any(choice.layer is place.layer for choice in group.choices) and place.layer is not Layer.PLATFORM


def _is_list(group: Group) -> bool:
    return MappingKey.parse(group.mapping).method == "list"


def _mapping_group(place: Place, key: str, part: Part) -> Group:
    effective = place.present.mappings[key][part]
    choices = tuple(
        Choice(
            target=Target(kind=Kind.FIELD, path=parse(field.path), mapping=key, part=part),
            now=" ".join(field.expression.split())[:160],
            layer=field.layer,
        )
        for field in effective.fields
    )
    mapped = {choice.target.path[0] for choice in choices}
    fields = unified_fields(_models(place, key), MappingKey.parse(key), part)
    unmapped = tuple(field for field in fields if field.name not in mapped)
    return Group(title=mapping_words(key, part), choices=choices, mapping=key, part=part, unmapped=unmapped)


def _settings(place: Place) -> list[Group]:
    groups: dict[str, list[Choice]] = {}
    for path, leaf in place.present.leaves.items():
        keys = parse(path)
        choice = Choice(target=Target(kind=Kind.CONFIG, path=keys), now=shown_short(leaf.value), layer=leaf.layer)
        groups.setdefault(keys[0] if len(keys) > 1 else "", []).append(choice)
    order = sorted(groups, key=lambda name: (_LAST.index(name) if name in _LAST else -1, name == ""))
    return [
        Group(title=f"Settings: {setting((name,)) if name else 'general'}", choices=tuple(groups[name]))
        for name in order
    ]


def new_field(place: Place, mapping: str, part: str, name: str) -> Target:
    """The target of a field that the mapping does not give yet. Raises BadName."""
    try:
        kind = Part(part)
        key = MappingKey.parse(mapping)
    except ValueError:
        raise BadName("Choose where the new field belongs.") from None
    path = tuple(word.strip() for word in name.split("."))
    if not name.strip() or not all(path):
        raise BadName("Give the new field a name, such as support_tier.")
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadName("A name has printable characters, and not more than 200 of them.")
    if kind is Part.RESPONSE:
        _check_name(_schema(place, key), path)
    return Target(kind=Kind.FIELD, path=path, mapping=str(key), part=kind)


def _check_name(schema: Mapping[str, JSON], path: Sequence[str]) -> None:
    """Against the model's schema, as far as its objects say which names they have. Raises BadName."""
    at: JSON = schema
    for depth, name in enumerate(path):
        properties = at.get("properties", {}) if isinstance(at, Mapping) else {}
        if name in properties:
            at = properties[name]
            continue
        if isinstance(at, Mapping) and at.get("additionalProperties") is False:
            where = f"“{'.'.join(path[:depth])}”" if depth else "The product's model"
            raise BadName(f"{where} has no field “{name}”.{_instead(schema, path)}")
        return


def _instead(schema: Mapping[str, JSON], path: Sequence[str]) -> str:
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping):
        return ""
    custom = properties.get("custom")
    if isinstance(custom, Mapping) and custom.get("additionalProperties") is not False and path[0] != "custom":
        return f" A customer's own field goes below “custom”: custom.{'_'.join(path[-1].split())}."
    return f" It has {', '.join(list(properties)[:12])}."


def _schema(place: Place, key: MappingKey) -> Mapping[str, JSON]:
    return next((model.schema for model in _models(place, str(key)) if model.resource == key.resource), {})


def _models(place: Place, key: str) -> Sequence[ModelDocument]:
    return place.reader.models().get(MappingKey.parse(key).model, ())


def schema_of(place: Place, mapping: str) -> Mapping[str, JSON]:
    """The unified model's schema of one record; empty where there is none."""
    return _schema(place, MappingKey.parse(mapping))


def hint_of(place: Place, target: Target) -> str:
    """What the unified model says of an output field."""
    if target.kind is not Kind.FIELD or target.part is not Part.RESPONSE:
        return ""
    at: JSON = schema_of(place, target.mapping)
    for name in target.path:
        properties = at.get("properties") if isinstance(at, Mapping) else None
        at = properties.get(name) if isinstance(properties, Mapping) else None
    return str(at.get("description", "")) if isinstance(at, Mapping) else ""


def is_known(place: Place, target: Target) -> bool:
    """Whether the place has what is to be changed: a setting that is there, or a mapping."""
    if target.kind is Kind.CONFIG:
        return any(path == build(target.path) for path in place.present.leaves)
    return target.mapping in place.present.mappings
