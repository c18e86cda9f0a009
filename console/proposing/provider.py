"""The provider's fields that a mapping's output can be made of, with examples, and expressions that copy them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from console.presentation.playground import sample_choices
from console.presentation.values import segments_of, shown_short
from console.proposing.places import Place
from integrations.core.documents import JSON, MappingKey, Part, SampleDocument
from integrations.core.outputs import records_of
from integrations.core.pointer import build

_ROOTS = {
    Part.RESPONSE: "response",
    Part.QUERY: "query",
    Part.REQUEST_BODY: "body",
    Part.REQUEST_HEADERS: "headers",
    Part.ERROR: "error",
}
_MOST = 200
_DEEPEST = 5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({"and", "or", "in", "true", "false", "null", "function", "lambda"})
_STEP = re.compile(r'\.(?:([A-Za-z_][A-Za-z0-9_]*)|`([^`]+)`|("(?:[^"\\]|\\.)*"))')


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderField:
    """`path` is the pointer that the form sends: `/response/Tier__c`. `example` is JSON on one line, or empty."""

    path: str
    label: str
    example: str


def samples_for(place: Place, mapping: str, part: Part) -> tuple[SampleDocument, ...]:
    """The samples that a mapping of the place can be tried on, the account's own first."""
    choices = sample_choices(
        place.reader,
        place.integration,
        key=MappingKey.parse(mapping),
        part=part,
        account=place.account or None,
        environment=place.environment,
        visible=place.visit.visible,
    )
    return tuple(choice.document for choice in choices)


def provider_fields(place: Place, mapping: str, part: Part) -> tuple[ProviderField, ...]:
    """What the samples hold, and what the expressions in force read beside it."""
    root = _ROOTS[part]
    found: dict[str, JSON] = {}
    for sample in samples_for(place, mapping, part)[:3]:
        records = records_of(MappingKey.parse(mapping), part, sample.input)
        for path, value in _leaves((records or [sample.input])[0], ()):
            if path[:1] == (root,):
                found.setdefault(build(path), value)
    effective = place.present.mappings.get(mapping, {}).get(part)
    reads = [read.path for said in effective.layers for read in said.expression.analysis.reads] if effective else []
    without = [path for path in dict.fromkeys(reads) if path.startswith(f"/{root}/") and "*" not in path]
    known = {path: shown_short(value) for path, value in found.items()}
    merged = {**known, **{path: "" for path in without if path not in known and not _is_above(path, known)}}
    # A customer's own fields are what people look for.
    order = sorted(merged, key=lambda path: (not _is_custom(path), path not in known))
    return tuple(ProviderField(path=path, label=_label(path), example=merged[path]) for path in order[:_MOST])


def copy_of(path: str) -> str:
    """The expression that gives the field's value as it is."""
    root, *names = segments_of(path)
    return ".".join([root, *(_step(name) for name in names)])


def copied_by(expression: str, part: Part) -> str | None:
    """The field that the expression copies and does nothing else with; None for any other expression."""
    text, root = expression.strip(), _ROOTS[part]
    if not text.startswith(root):
        return None
    names, at = [], len(root)
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return None
        names.append(step[1] or step[2] or json.loads(step[3]))
        at = step.end()
    return build([root, *names]) if names else None


def typed_path(text: str, part: Part) -> str:
    """A field that a person typed by name: `Tier__c`, `Account.Name`, with or without `response.` before it."""
    names = [name.strip() for name in text.strip().split(".") if name.strip()]
    root = _ROOTS[part]
    return build(names if names[:1] == [root] else [root, *names])


def _leaves(value: JSON, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], JSON]]:
    if isinstance(value, dict) and value and len(path) < _DEEPEST:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif path:
        yield path, value


def _is_above(path: str, known: Iterable[str]) -> bool:
    return any(each.startswith(f"{path}/") for each in known)


def _is_custom(path: str) -> bool:
    return "__c" in path or "/custom" in path


def _label(path: str) -> str:
    return ".".join(segments_of(path)[1:])


def _step(name: str) -> str:
    if _NAME.fullmatch(name) and name not in _RESERVED:
        return name
    return f"`{name}`" if name and "`" not in name and "\\" not in name else json.dumps(name, ensure_ascii=False)


def first_of(paths: Sequence[str]) -> str:
    """The first of the fields that holds something."""
    return f'[{", ".join(copy_of(path) for path in paths)}][$ != null and $ != ""][0]'
