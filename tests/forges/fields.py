"""Whether what an adapter reads is in the forge's description."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


def undescribed(shape: type, schema: Any, root: Mapping[str, Any]) -> list[str]:
    """The fields of a Struct, and of those within it, that the schema has no property for."""
    return list(_undescribed(shape, schema, root, shape.__name__))


def _undescribed(shape: type, schema: Any, root: Mapping[str, Any], at: str) -> Iterator[str]:
    properties = _properties(schema, root)
    for field in msgspec.structs.fields(shape):
        place = f"{at}.{field.encode_name}"
        if field.encode_name not in properties:
            yield place
            continue
        inner = properties[field.encode_name]
        for one in _structs(field.type):
            yield from _undescribed(one, inner, root, place)


def _structs(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for argument in typing.get_args(annotation):
            yield from _structs(argument)


def _properties(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _properties(found, root)
    made = dict(schema.get("properties", {}))
    if "items" in schema:
        made |= _properties(schema["items"], root)
    for combined in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(combined, ()):
            made |= _properties(option, root)
    return made
