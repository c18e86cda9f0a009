"""Stacks of layers for tests: by hand, and drawn by Hypothesis; and merging as plainly as it can be written."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from integrations.core.documents import (
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.expressions import analyse
from integrations.core.state import Stack

FILES = {Layer.PLATFORM: "integrations/crm.tf", Layer.ENVIRONMENT: "environments/production/main.tf"}
FILES[Layer.ACCOUNT] = "customers/acme-corp/crm.yaml"

KEYS = st.sampled_from(["a", "a", "a", "b", "b", "a/b", "~1", ""])  # few, so that layers meet
SCALARS = st.one_of(st.booleans(), st.integers(-2, 2), st.sampled_from([1.0, 0.5]), st.sampled_from(["", "x", "y"]))
LISTS = st.lists(st.one_of(SCALARS, st.none(), st.lists(SCALARS, max_size=2)), max_size=3)
DIRECTIVES = st.dictionaries(st.sampled_from(["$append", "$prepend", "$remove"]), LISTS, min_size=1)


def objects(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.recursive(leaves, lambda below: st.dictionaries(KEYS, below, max_size=4), max_leaves=12)
    return st.dictionaries(KEYS, inner, max_size=5)


CONFIGS = objects(st.one_of(SCALARS, LISTS, st.none(), st.just({})))
PLAIN_PATCHES = CONFIGS
PATCHES = objects(st.one_of(SCALARS, LISTS, st.none(), st.just({}), DIRECTIVES))


def override(
    layer: Layer,
    config: dict[str, Any] | None = None,
    *,
    lines: dict[str, int] | None = None,
    mappings: dict[str, dict[Part, PartOverride]] | None = None,
) -> OverrideDocument:
    return OverrideDocument(
        layer=layer,
        integration="crm",
        account="acme-corp" if layer is Layer.ACCOUNT else None,
        config=config or {},
        lines=lines or {},
        mappings=mappings or {},
        source=Source(file=FILES[layer], line=1),
    )


def stack(
    platform: dict[str, Any],
    environment: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
    *,
    lines: dict[Layer, dict[str, int]] | None = None,
) -> Stack:
    """The three layers of a config; None for a layer that has no document."""
    at = lines or {}
    return Stack(
        integration=IntegrationDocument(
            slug="crm",
            config=platform,
            lines=at.get(Layer.PLATFORM, {}),
            source=Source(file=FILES[Layer.PLATFORM], line=1),
        ),
        mappings=(),
        environment=None
        if environment is None
        else override(Layer.ENVIRONMENT, environment, lines=at.get(Layer.ENVIRONMENT)),
        account=None if account is None else override(Layer.ACCOUNT, account, lines=at.get(Layer.ACCOUNT)),
    )


def mapped(*layers: tuple[str | None, Mode] | str) -> Stack:
    """A stack whose layers, lowest first, give these expressions to `crm/contacts/list`'s response."""
    key = MappingKey(model="crm", resource="contacts", method="list")
    said = [(item, Mode.MERGE) if isinstance(item, str) else item for item in layers]
    platform = said[0][0]
    overrides = {
        layer: override(
            layer,
            mappings={
                str(key): {
                    Part.RESPONSE: PartOverride(
                        expression=None if text is None else expression(text, f"{layer}.jsonata"),
                        mode=mode,
                        source=Source(file=FILES[layer], line=7),
                    )
                }
            },
        )
        for layer, (text, mode) in zip((Layer.ENVIRONMENT, Layer.ACCOUNT), said[1:], strict=False)
    }
    document = MappingDocument(
        integration="crm",
        key=key,
        parts={Part.RESPONSE: expression(platform or "{}", "platform.jsonata")},
        source=Source(file=FILES[Layer.PLATFORM], line=20),
    )
    return Stack(
        integration=stack({}).integration,
        mappings=(document,),
        environment=overrides.get(Layer.ENVIRONMENT),
        account=overrides.get(Layer.ACCOUNT),
    )


def expression(text: str, file: str, line: int = 1) -> Expression:
    analysis = analyse(text)
    assert hasattr(analysis, "fields"), analysis
    return Expression(text=text, source=Source(file=file, line=line), analysis=analysis)


def plainly_merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, as it is written there, with list directives."""
    if isinstance(patch, dict) and patch and set(patch) <= {"$append", "$prepend", "$remove"}:
        items = target if isinstance(target, list) else []
        items = [item for item in items if not any(equal(item, gone) for gone in patch.get("$remove", []))]
        return copy.deepcopy(patch.get("$prepend", []) + items + patch.get("$append", []))
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = plainly_merged(result.get(name), value)
    return result


def equal(left: Any, right: Any) -> bool:
    """JSON equality."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(*pair) for pair in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)
