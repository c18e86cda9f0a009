"""What a program wants changed, from the body of its request: edits, and why.

{"account": "acme-corp", "integration": "salesforce", "environment": "production",
"set": [{"path": "/pagination/page_size", "value": 25}], "reason": "Time-outs every night"}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from console.api.problems import BadBody
from integrations.core.documents import JSON, Layer, MappingKey, Part
from integrations.core.edits import (
    Edit,
    EditList,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetField,
    SetMapping,
)
from integrations.core.pointer import from_words, parse

_TEXTS = ("title", "reason", "ticket")
_PLACE = ("account", "layer", "integration", "environment")
_LISTS = ("set", "remove", "lists", "fields", "reviewers")
_MOST_EDITS = 50
_LONGEST = {"title": 200, "reason": 10_000, "ticket": 200, "account": 63, "integration": 63, "environment": 63}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`edits` may be empty: that is for the action to refuse. `fingerprint` names the whole body."""

    scope: Scope
    edits: tuple[Edit, ...]
    title: str
    reason: str
    ticket: str
    reviewers: tuple[str, ...]
    fingerprint: str


def asked_for(body: JSON) -> Asked:
    """Raises BadBody, with a pointer to what is at fault."""
    if not isinstance(body, dict):
        raise BadBody("", "The body is an object with account or layer, integration, edits and reason.")
    known = (*_PLACE, *_TEXTS, *_LISTS)
    if (stranger := next((key for key in body if key not in known), None)) is not None:
        raise BadBody(f"/{stranger}", f"There is no member “{stranger[:50]}” here; known are {', '.join(known)}.")
    scope = _scope(body)
    edits = tuple(_edits(body, scope))
    if len(edits) > _MOST_EDITS:
        raise BadBody("", f"One proposal may have {_MOST_EDITS} edits at most.")
    reviewers = [_is_text(each, f"/reviewers/{at}") for at, each in enumerate(_list(body, "reviewers"))]
    return Asked(
        scope=scope,
        edits=edits,
        title=_text(body, "title"),
        reason=_required(body, "reason"),
        ticket=_text(body, "ticket"),
        reviewers=tuple(reviewers),
        fingerprint=hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest(),
    )


def reason_of(body: JSON) -> str:
    """Why somebody takes something back. Raises BadBody."""
    if not isinstance(body, dict) or set(body) - {"reason"}:
        raise BadBody("", "The body is an object with the reason.")
    return _required(body, "reason")


def _scope(body: Mapping[str, JSON]) -> Scope:
    account, layer = _text(body, "account"), _text(body, "layer")
    if bool(account) == bool(layer):
        raise BadBody("/account", "Name an account, or else a layer: platform or environment.")
    if layer and layer not in {Layer.PLATFORM, Layer.ENVIRONMENT}:
        raise BadBody("/layer", "A layer is platform or environment; for the account layer name the account.")
    environment = _text(body, "environment") or None
    if layer == Layer.ENVIRONMENT and environment is None:
        raise BadBody("/environment", "The environment layer needs an environment.")
    if layer == Layer.PLATFORM and environment is not None:
        raise BadBody("/environment", "The platform layer holds for every environment.")
    return Scope(
        layer=Layer(layer) if layer else Layer.ACCOUNT,
        account=account or None,
        integration=_required(body, "integration"),
        environment=environment,
    )


def _edits(body: Mapping[str, JSON], scope: Scope) -> Iterator[Edit]:
    for at, each in enumerate(_list(body, "set")):
        item = _object(each, f"/set/{at}", ("path", "value"))
        if "value" not in item:
            raise BadBody(f"/set/{at}/value", "The value is missing.")
        yield SetConfig(scope=scope, path=_path(item, f"/set/{at}"), value=item["value"])
    for at, each in enumerate(_list(body, "remove")):
        yield RemoveConfig(scope=scope, path=_keys(_is_text(each, f"/remove/{at}"), f"/remove/{at}"))
    for at, each in enumerate(_list(body, "lists")):
        item = _object(each, f"/lists/{at}", ("path", "append", "prepend", "remove"))
        given = {name: tuple(_list(item, name, f"/lists/{at}")) for name in ("append", "prepend", "remove")}
        yield EditList(scope=scope, path=_path(item, f"/lists/{at}"), **given)
    for at, each in enumerate(_list(body, "fields")):
        yield _mapping_edit(_object(each, f"/fields/{at}", ("mapping", "part", "path", "expression")), scope, at)


def _mapping_edit(item: Mapping[str, JSON], scope: Scope, at: int) -> Edit:
    """A field of a part, or the part as a whole; an expression of null takes away what the layer says."""
    here = f"/fields/{at}"
    mapping, part = _mapping(item, here), _part(item, here)
    expression = item.get("expression")
    if "expression" not in item or (expression is not None and not isinstance(expression, str)):
        raise BadBody(f"{here}/expression", "The expression is a text, or null to take away what the layer says.")
    if "path" not in item:
        if expression is None:
            return RemoveMapping(scope=scope, mapping=mapping, part=part)
        return SetMapping(scope=scope, mapping=mapping, part=part, expression=expression)
    path = _path(item, here)
    if expression is None:
        return RemoveField(scope=scope, mapping=mapping, part=part, path=path)
    return SetField(scope=scope, mapping=mapping, part=part, path=path, expression=expression)


def _mapping(item: Mapping[str, JSON], here: str) -> str:
    key = item.get("mapping")
    try:
        return str(MappingKey.parse(key)) if isinstance(key, str) else _refuse_mapping(here)
    except ValueError:
        return _refuse_mapping(here)


def _refuse_mapping(here: str) -> str:
    raise BadBody(f"{here}/mapping", "A mapping is named as in crm/contacts/list.")


def _part(item: Mapping[str, JSON], here: str) -> Part:
    try:
        return Part(item.get("part", Part.RESPONSE))
    except ValueError:
        raise BadBody(f"{here}/part", f"A part is one of {', '.join(part.value for part in Part)}.") from None


def _path(item: Mapping[str, JSON], here: str) -> tuple[str, ...]:
    return _keys(_is_text(item.get("path"), f"{here}/path"), f"{here}/path")


def _keys(text: str, here: str) -> tuple[str, ...]:
    """A JSON Pointer, or keys with dots between."""
    keys = parse(from_words(text))
    if not keys or not all(keys):
        raise BadBody(here, "A path is a JSON Pointer such as /pagination/page_size, or pagination.page_size.")
    return keys


def _object(value: JSON, here: str, known: tuple[str, ...]) -> Mapping[str, JSON]:
    if not isinstance(value, dict):
        raise BadBody(here, f"This is an object with {', '.join(known)}.")
    if (stranger := next((key for key in value if key not in known), None)) is not None:
        raise BadBody(f"{here}/{stranger}", f"There is no member “{stranger[:50]}” here; known are {', '.join(known)}.")
    return value


def _list(body: Mapping[str, JSON], name: str, here: str = "") -> list[Any]:
    found = body.get(name, [])
    if not isinstance(found, list):
        raise BadBody(f"{here}/{name}", "This is a list.")
    return found


def _text(body: Mapping[str, JSON], name: str) -> str:
    found = body.get(name)
    if found is None:
        return ""
    return _is_text(found, f"/{name}", _LONGEST.get(name, 10_000)).strip()


def _required(body: Mapping[str, JSON], name: str) -> str:
    found = _text(body, name)
    if not found:
        raise BadBody(f"/{name}", f"The {name} is missing.")
    return found


def _is_text(value: JSON, here: str, longest: int = 300) -> str:
    if not isinstance(value, str):
        raise BadBody(here, "This is a text.")
    if len(value) > longest or "\0" in value:
        raise BadBody(here, f"This is a text of at most {longest:,} characters, without NUL.")
    return value
