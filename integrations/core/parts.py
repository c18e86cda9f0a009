"""Mapping parts: which layers' expressions are kept, and which layer each statically known output field is from.

At run time every kept expression is evaluated on the same input and the results are deep-merged in layer order
(design §5). What can be told of that without running anything is told here; where it cannot be told, `is_static` is
false and the fields are those that are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import msgspec

from integrations.core.documents import (
    Expression,
    Layer,
    MappingDocument,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerExpression:
    """One layer's expression of a part. `source` is where the layer says so; the text has its own in `expression`."""

    layer: Layer
    mode: Mode
    expression: Expression
    source: Source


class ShadowedField(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A lower layer's expression for a field that a later layer sets too."""

    layer: Layer
    expression: str
    source: Source


class EffectiveField(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An output field, the expression that sets it, and the file and line of its key."""

    path: str
    expression: str
    layer: Layer
    source: Source
    shadowed: tuple[ShadowedField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectivePart:
    """One part of one mapping. `layers` are kept, lowest first; `dropped` were dropped by a later layer's `replace`.

    Without kept layers the part is not mapped. `is_static`: `fields` has every output field, and no other.
    """

    layers: tuple[LayerExpression, ...]
    dropped: tuple[LayerExpression, ...]
    fields: tuple[EffectiveField, ...]
    is_static: bool


Said: TypeAlias = tuple[Layer, PartOverride]  # a layer, and what it says of a part


@dataclass(frozen=True, kw_only=True)
class Mappings:
    """The mappings of a connection, merged when first asked for; hence not slotted.

    `lower`, where it is not None, has the same documents and all but the last of the overrides: its parts are shared
    where the last override says nothing of them.
    """

    documents: tuple[MappingDocument, ...]
    overrides: tuple[OverrideDocument, ...]
    lower: Mappings | None = None

    @cached_property
    def merged(self) -> dict[str, dict[Part, EffectivePart]]:
        """Keyed by `model/resource/method`, sorted; parts in the order of `Part`."""
        merged: dict[str, dict[Part, EffectivePart]] = {}
        if self.lower is not None and self.overrides:
            merged.update(self.lower.merged)
            changed: Mapping[str, Iterable[Part]] = self.overrides[-1].mappings
        else:
            changed = self._keys()
        for key, parts in changed.items():
            found = dict(merged.get(key, {}))
            found.update({part: merge_part(self._said(key, part)) for part in parts})
            merged[key] = {part: found[part] for part in Part if part in found}
        return {key: merged[key] for key in sorted(merged)}

    def _keys(self) -> dict[str, set[Part]]:
        keys: dict[str, set[Part]] = {}
        for document in self.documents:
            keys.setdefault(str(document.key), set()).update(document.parts)
        for override in self.overrides:
            for key, changes in override.mappings.items():
                keys.setdefault(key, set()).update(changes)
        return keys

    @cached_property
    def by_key(self) -> dict[str, MappingDocument]:
        return {str(document.key): document for document in reversed(self.documents)}

    def _said(self, key: str, part: Part) -> Iterable[Said]:
        document = (self.lower or self).by_key.get(key)
        expression = document.parts.get(part) if document is not None else None
        if expression is not None:
            yield Layer.PLATFORM, PartOverride(expression=expression, source=expression.source)
        for override in self.overrides:
            change = override.mappings.get(key, {}).get(part)
            if change is not None:
                yield override.layer, change


def merge_part(said: Iterable[Said]) -> EffectivePart:
    """What the layers, lowest first, say of one part, merged."""
    kept: list[LayerExpression] = []
    dropped: list[LayerExpression] = []
    for layer, change in said:
        if change.mode is Mode.REPLACE:
            dropped.extend(kept)
            kept = []
        if change.expression is not None:
            kept.append(
                LayerExpression(layer=layer, mode=change.mode, expression=change.expression, source=change.source)
            )
    fields, is_static = _merge_fields(kept)
    return EffectivePart(layers=tuple(kept), dropped=tuple(dropped), fields=fields, is_static=is_static)


def _merge_fields(layers: Sequence[LayerExpression]) -> tuple[tuple[EffectiveField, ...], bool]:
    fields: dict[str, EffectiveField] = {}
    is_static = True
    for said in layers:
        is_static = is_static and said.expression.analysis.is_static
        if fields:
            is_static = _join(fields, said) and is_static
        else:
            fields = {field.path: field for field in _fields(said)}
    return tuple(fields.values()), is_static


def _join(fields: dict[str, EffectiveField], said: LayerExpression) -> bool:
    """Merge a later layer's fields into `fields`; whether it can be told what that leaves of the lower ones."""
    is_told = True
    lower = dict(fields)
    parents = _parents(lower)
    for field in _fields(said):
        if _is_empty(field) and field.path in parents:
            continue  # an empty object joins the lower one and changes nothing
        is_told = is_told and _is_told(field, lower, parents)
        for parent in _above(field.path):
            if parent in lower and _is_empty(lower[parent]):
                fields.pop(parent, None)  # no leaf any more: it has gained a field
        old = lower.get(field.path)
        fields[field.path] = field if old is None else _over(field, old)
    return is_told


def _is_told(field: EffectiveField, lower: Mapping[str, EffectiveField], parents: frozenset[str]) -> bool:
    """Whether it can be told what `field` leaves of the lower layers' fields.

    An expression in the place of an object of lower fields may give an object, which joins them, or anything else,
    which replaces them, or nothing, which leaves them; and so the reverse. Both then stay listed.
    """
    old = lower.get(field.path)
    if old is not None and _is_empty(field) and not _is_empty(old):
        return False
    if field.path in parents:
        return False
    return all(_is_empty(lower[parent]) for parent in _above(field.path) if parent in lower)


def _is_empty(field: EffectiveField) -> bool:
    """Whether the field is set to an object constructor without keys."""
    return field.expression[:1] == "{" and not field.expression.strip("{} \t\r\n")


def _fields(said: LayerExpression) -> Iterable[EffectiveField]:
    source = said.expression.source
    for field in said.expression.analysis.fields:
        at = Source(file=source.file, line=source.line + field.line - 1)
        yield EffectiveField(path=field.path, expression=field.expression, layer=said.layer, source=at)


def _over(field: EffectiveField, old: EffectiveField) -> EffectiveField:
    last = ShadowedField(layer=old.layer, expression=old.expression, source=old.source)
    return EffectiveField(
        path=field.path,
        expression=field.expression,
        layer=field.layer,
        source=field.source,
        shadowed=(*old.shadowed, last),
    )


def _parents(fields: Iterable[str]) -> frozenset[str]:
    return frozenset(parent for path in fields for parent in _above(path))


def _above(path: str) -> Iterable[str]:
    while (cut := path.rfind("/")) > 0:
        path = path[:cut]
        yield path
