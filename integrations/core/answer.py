"""The `effective` answer of design §7 as plain JSON: the only serializer, for the command, the API and pages alike."""

from __future__ import annotations

from integrations.core.documents import JSON, Source
from integrations.core.effective import Effective, Leaf, Removed, Shadowed
from integrations.core.parts import EffectiveField, EffectivePart, LayerExpression

VERSION = 1  # of the answer's shape; raised when a key changes its meaning or goes


def as_json(effective: Effective, *, account: str, integration: str, environment: str, commit: str) -> dict[str, JSON]:
    """The answer, in keys and orders that stay put. Provenance and removals are sorted by path.

    It shares values with `effective`: serialize it, do not change it.
    """
    return {
        "version": VERSION,
        "environment": environment,
        "account": account,
        "integration": integration,
        "commit": commit,
        "config": effective.config,
        "mappings": {
            key: {str(part): _part(found) for part, found in parts.items()} for key, parts in effective.mappings.items()
        },
        "provenance": [_leaf(effective.leaves[path]) for path in sorted(effective.leaves)],
        "removed": [_removed(gone) for gone in sorted(effective.removed, key=lambda gone: gone.path)],
    }


def _leaf(leaf: Leaf) -> dict[str, JSON]:
    return {
        "path": leaf.path,
        "value": leaf.value,
        "layer": str(leaf.layer),
        "source": {"file": leaf.file, "line": leaf.line},
        "shadowed": [_shadowed(said, leaf.path) for said in leaf.shadowed],
    }


def _shadowed(said: Shadowed, path: str) -> dict[str, JSON]:
    body: dict[str, JSON] = {
        "layer": str(said.layer),
        "value": said.value,
        "source": {"file": said.file, "line": said.line},
    }
    if said.path != path:
        body["path"] = said.path  # above the leaf: what stood in its way
    return body


def _removed(gone: Removed) -> dict[str, JSON]:
    return {
        "path": gone.path,
        "value": gone.value,
        "layer": str(gone.layer),
        "source": {"file": gone.file, "line": gone.line},
        "leaves": [_leaf(leaf) for leaf in gone.leaves],
    }


def _part(part: EffectivePart) -> dict[str, JSON]:
    return {
        "layers": [_layer(said) for said in part.layers],
        "fields": [_field(field) for field in part.fields],
        "static": part.is_static,
        "dropped": [_layer(said) for said in part.dropped],
    }


def _layer(said: LayerExpression) -> dict[str, JSON]:
    return {
        "layer": str(said.layer),
        "mode": str(said.mode),
        "expression": said.expression.text,
        "source": _source(said.expression.source),
    }


def _field(field: EffectiveField) -> dict[str, JSON]:
    return {
        "path": field.path,
        "expression": field.expression,
        "layer": str(field.layer),
        "source": _source(field.source),
        "shadowed": [
            {"layer": str(said.layer), "expression": said.expression, "source": _source(said.source)}
            for said in field.shadowed
        ],
    }


def _source(source: Source) -> dict[str, JSON]:
    return {"file": source.file, "line": source.line}
