"""Mapping parts: which layers' expressions are kept, and which layer each statically known output field is from.

At run time every kept expression is evaluated on the same input and the results are deep-merged in layer order
(design §5). What can be told of that without running anything is told here; where it cannot be told, `is_static` is
false and the fields are those that are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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


def merge_parts(
    documents: Iterable[MappingDocument], overrides: Iterable[OverrideDocument]
) -> dict[str, dict[Part, EffectivePart]]:
    """All mappings of one connection, keyed by `model/resource/method`."""
    said: dict[str, dict[Part, list[tuple[Layer, PartOverride]]]] = {}
    for document in documents:
        parts = said.setdefault(str(document.key), {})
        for part, expression in document.parts.items():
            plain = PartOverride(expression=expression, mode=Mode.MERGE, source=expression.source)
            parts.setdefault(part, [(Layer.PLATFORM, plain)])
    for override in overrides:
        for key, changes in override.mappings.items():
            parts = said.setdefault(key, {})
            for part, change in changes.items():
                parts.setdefault(part, []).append((override.layer, change))
    return {key: {part: merge_part(said[key][part]) for part in Part if part in said[key]} for key in sorted(said)}


def merge_part(said: Iterable[tuple[Layer, PartOverride]]) -> EffectivePart:
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
        lower = dict(fields)
        parents = _parents(lower)
        for field in _fields(said):
            if _is_empty(field) and field.path in parents:
                continue  # an empty object joins the lower one and changes nothing
            is_static = is_static and _is_told(field, lower, parents)
            for parent in _above(field.path):
                if parent in lower and _is_empty(lower[parent]):
                    fields.pop(parent, None)  # no leaf any more: it has gained a field
            old = lower.get(field.path)
            fields[field.path] = field if old is None else _over(field, old)
    return tuple(fields.values()), is_static


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
