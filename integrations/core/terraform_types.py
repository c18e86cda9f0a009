"""The resource types of design §4: which attributes they have, and of which type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from integrations.core.documents import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """`attributes` with the JSON types that each may have; `slugs` are those that name a thing.

    `blocks` may stand as nested blocks, once each, except `mapping`.
    """

    attributes: Mapping[str, tuple[type, ...]]
    required: tuple[str, ...]
    slugs: tuple[str, ...]
    blocks: frozenset[str] = frozenset()


META: Final = frozenset(["count", "for_each", "depends_on", "provider"])
META_BLOCKS: Final = frozenset(["lifecycle"])

PARTS: Final = {
    "response_mapping": Part.RESPONSE,
    "query_mapping": Part.QUERY,
    "request_body_mapping": Part.REQUEST_BODY,
    "request_header_mapping": Part.REQUEST_HEADERS,
    "error_mapping": Part.ERROR,
}
_TEXT: Final = (str,)
_OBJECT: Final = (dict,)
_MAPPING: Final = {"unified_model": _TEXT, "resource": _TEXT, "method": _TEXT, **dict.fromkeys(PARTS, _TEXT)}
_NAMES: Final = ("unified_model", "resource", "method")

INTEGRATION: Final = ResourceType(
    attributes={
        "name": _TEXT,
        "category": _TEXT,
        "description": _TEXT,
        "base_url": _TEXT,
        "api_version": _TEXT,
        "auth": _OBJECT,
        "headers": _OBJECT,
        "pagination": _OBJECT,
        "rate_limit": _OBJECT,
        "retry": _OBJECT,
        "endpoints": _OBJECT,
        "oauth_app": _OBJECT,
        "webhook": _OBJECT,
        "labels": _OBJECT,
        "tags": (list,),
    },
    required=("name",),
    slugs=("name",),
    blocks=frozenset(
        ["auth", "headers", "pagination", "rate_limit", "retry", "endpoints", "oauth_app", "webhook", "labels"]
    ),
)
MAPPING: Final = ResourceType(
    attributes={"integration": _TEXT, **_MAPPING},
    required=("integration", *_NAMES),
    slugs=("integration", *_NAMES),
)
MAPPING_BLOCK: Final = ResourceType(attributes={**_MAPPING, "replace": (list,)}, required=_NAMES, slugs=_NAMES)
ENVIRONMENT_OVERRIDE: Final = ResourceType(
    attributes={"integration": _TEXT, "config": (dict, str)},
    required=("integration",),
    slugs=("integration",),
    blocks=frozenset(["mapping"]),
)
ACCOUNT_OVERRIDE: Final = ResourceType(
    attributes={"account": _TEXT, "integration": _TEXT, "config": (dict, str)},
    required=("account", "integration"),
    slugs=("account", "integration"),
    blocks=frozenset(["mapping"]),
)
TYPES: Final = {
    "unified_api_integration": INTEGRATION,
    "unified_api_mapping": MAPPING,
    "unified_api_environment_override": ENVIRONMENT_OVERRIDE,
    "unified_api_account_override": ACCOUNT_OVERRIDE,
}


def type_name(types: tuple[type, ...]) -> str:
    names: dict[type, str] = {str: "a string", dict: "an object", list: "a list"}
    return " or ".join(names[one] for one in types)
