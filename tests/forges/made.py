"""Answers made from a description: what it requires is filled in, so that a fake need only say what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.forges.contract import Description


def made(description: Description, name: str, /, **known: Any) -> dict[str, Any]:
    """An object of the component `name` with the properties `known`; the other required ones are filled."""
    schemas = description.root["components"]["schemas"]
    schema = schemas[name]
    # Some components may be null as a whole.
    filled = _filled(schemas, schema["anyOf"][0] if "anyOf" in schema else schema, known)
    assert isinstance(filled, dict)
    return {**filled, **known}


def _filled(schemas: Mapping[str, Any], schema: Any, known: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _filled(schemas, schemas[schema["$ref"].rpartition("/")[2]], {})
    for combined in ("anyOf", "oneOf"):
        if combined in schema:
            options = schema[combined]
            if any(option.get("type") == "null" for option in options):
                return None
            return _filled(schemas, options[0], known)
    if "allOf" in schema:
        return _filled(schemas, schema["allOf"][0], known)
    return schema["enum"][0] if "enum" in schema else _of_type(schemas, schema, known)


def _of_type(schemas: Mapping[str, Any], schema: Any, known: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "string":
            return "2026-11-29T12:00:00Z" if schema.get("format") == "date-time" else "https://forge.test/x"
        case "integer" | "number":
            return 0
        case "boolean":
            return False
        case "array":
            return []
        case _:
            properties = schema.get("properties", {})
            return {
                key: known[key] if key in known else _filled(schemas, properties[key], {})
                for key in schema.get("required", ())
            }
