"""Which unified fields of a mapping part the samples exercise, and which none does.

A field is what a layer's expression is known to set, or was seen to set. It is exercised by a sample in whose output
that layer produced a leaf there, null included; a field that came out undefined was not exercised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from integrations.core.documents import Layer, OverrideDocument, Part, Source
from integrations.core.effective import Effective
from integrations.core.mapping_tests import TestResult
from integrations.core.output_difference import ancestry, place_in
from integrations.core.parts import EffectivePart

_ORDER = {part: position for position, part in enumerate(Part)}  # the response, which most ask about, first


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCoverage:
    """`source` is the file and line that sets the field; `environments` are those where it does."""

    path: str
    layer: Layer
    source: Source
    environments: tuple[str, ...]
    is_exercised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCoverage:
    """The fields of one part. `account` None: those that the platform and environment layers set; else its own.

    `is_static`: no expression decides while it runs what else it sets.
    """

    integration: str
    mapping: str
    part: Part
    account: str | None
    fields: tuple[FieldCoverage, ...]
    is_static: bool

    @property
    def exercised(self) -> int:
        return sum(field.is_exercised for field in self.fields)

    @property
    def unexercised(self) -> tuple[FieldCoverage, ...]:
        return tuple(field for field in self.fields if not field.is_exercised)


def shared_coverage(
    integration: str, effective: Mapping[str, Effective], results: Iterable[TestResult]
) -> list[PartCoverage]:
    """Of the fields that hold for every account; `effective`: by environment, what holds without any account.

    By mapping and part. Every account's samples count: they run the lower layers too.
    """
    seen = _Seen(result for result in results if result.integration == integration)
    fields: dict[tuple[str, Part], _Fields] = defaultdict(_Fields)
    for environment, found in effective.items():
        for mapping, parts in found.mappings.items():
            for part, merged in parts.items():
                said = fields[mapping, part]
                said.is_static &= merged.is_static
                for field in merged.fields:
                    said.add(environment, field.layer, field.path, field.source)
                for layer, path, source in _only_seen(merged, seen.leaves(environment, mapping, part)):
                    said.add(environment, layer, path, source)
    return [
        PartCoverage(
            integration=integration, mapping=mapping, part=part, account=None, fields=told, is_static=said.is_static
        )
        for (mapping, part), said in sorted(fields.items(), key=lambda item: (item[0][0], _ORDER[item[0][1]]))
        if (told := tuple(said.told(seen, mapping, part)))
    ]


def own_coverage(
    account: str,
    overrides: Iterable[OverrideDocument],
    environments: tuple[str, ...],
    results: Iterable[TestResult],
) -> list[PartCoverage]:
    """Of the fields that the account's overrides set, by its own samples; by integration, mapping and part."""
    by_integration: dict[str, _Seen] = {}
    of_account = [result for result in results if result.account == account]
    fields: dict[tuple[str, str, Part], _Fields] = defaultdict(_Fields)
    for override in overrides:
        if override.account != account:
            continue
        seen = by_integration.setdefault(
            override.integration, _Seen(result for result in of_account if result.integration == override.integration)
        )
        for mapping, parts in override.mappings.items():
            for part, change in parts.items():
                if change.expression is None:
                    continue
                said = fields[override.integration, mapping, part]
                said.is_static &= change.expression.analysis.is_static
                for environment in override.environments or environments:
                    known = {field.path for field in change.expression.analysis.fields}
                    extra = _beyond(known, seen.leaves(environment, mapping, part), Layer.ACCOUNT)
                    for path in (*known, *extra):
                        said.add(environment, Layer.ACCOUNT, path, place_in(change.expression, path))
    return [
        PartCoverage(
            integration=integration, mapping=mapping, part=part, account=account, fields=told, is_static=said.is_static
        )
        for (integration, mapping, part), said in sorted(
            fields.items(), key=lambda item: (*item[0][:2], _ORDER[item[0][2]])
        )
        if (told := tuple(said.told(by_integration[integration], mapping, part)))
    ]


class _Seen:
    """The leaves that samples' outputs had."""

    def __init__(self, results: Iterable[TestResult]) -> None:
        self._leaves: dict[tuple[str, str, Part], set[tuple[Layer, str]]] = defaultdict(set)
        self._reached: dict[tuple[str, str, Part], set[tuple[Layer, str]]] = defaultdict(set)
        for result in results:
            for environment in result.environments:
                at = (environment, result.mapping, result.part)
                self._leaves[at].update(result.seen)
                # An expression that is known to set `/name` is exercised by a leaf at `/name/first`.
                self._reached[at].update((layer, above) for layer, path in result.seen for above in ancestry(path))

    def leaves(self, environment: str, mapping: str, part: Part) -> set[tuple[Layer, str]]:
        return self._leaves.get((environment, mapping, part), set())

    def reaches(self, environment: str, mapping: str, part: Part, layer: Layer, path: str) -> bool:
        return (layer, path) in self._reached.get((environment, mapping, part), ())


class _Fields:
    """The fields of one part as they are found, environment by environment."""

    def __init__(self) -> None:
        self.is_static = True
        self._environments: dict[tuple[str, Layer, Source], list[str]] = {}

    def add(self, environment: str, layer: Layer, path: str, source: Source) -> None:
        self._environments.setdefault((path, layer, source), []).append(environment)

    def told(self, seen: _Seen, mapping: str, part: Part) -> Iterator[FieldCoverage]:
        for (path, layer, source), environments in sorted(self._environments.items()):
            yield FieldCoverage(
                path=path,
                layer=layer,
                source=source,
                environments=tuple(environments),
                is_exercised=any(seen.reaches(name, mapping, part, layer, path) for name in environments),
            )


def _only_seen(part: EffectivePart, leaves: set[tuple[Layer, str]]) -> Iterator[tuple[Layer, str, Source]]:
    """The leaves that no static field tells of: what an expression decides while it runs."""
    for said in part.layers:
        known = {field.path for field in said.expression.analysis.fields}
        for path in _beyond(known, leaves, said.layer):
            yield said.layer, path, place_in(said.expression, path)


def _beyond(known: set[str], leaves: set[tuple[Layer, str]], layer: Layer) -> list[str]:
    """Of the layer's leaves those that are neither a known field, nor within one, nor around one."""
    around = {above for path in known for above in ancestry(path)}
    return sorted(
        path for whose, path in leaves if whose is layer and path not in around and known.isdisjoint(ancestry(path))
    )
