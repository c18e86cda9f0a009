"""One path with what each of the three layers says of it, lowest first, silent layers included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.presentation.rows import kind_of
from console.presentation.values import dotted, indented
from integrations.core.documents import JSON, Layer, Mode, Part, Source
from integrations.core.effective import Effective
from integrations.core.merge import Chain, Link
from integrations.git.history import CommitInfo

CONFIG = "config"
_DROPPED = "dropped: a later layer replaces the whole expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One layer's say. `is_silent`: it says nothing of this path; `note` may tell more than the default words."""

    layer: Layer
    is_winner: bool = False
    is_silent: bool = False
    is_removal: bool = False
    text: str = ""
    kind: str = ""
    source: Source | None = None
    commit: CommitInfo | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """`path` as `?path=` and `explain` take it; `label` as people say it."""

    path: str
    label: str
    steps: tuple[Step, ...]


def sources_of(chain: Chain) -> frozenset[Source]:
    """The lines whose authors the view shows."""
    return frozenset(link.source for link in chain.links)


def full_path(chain: Chain) -> str:
    """The path that names the chain among all of a connection's: as the rows of the effective page do."""
    return chain.path if chain.area == CONFIG else f"{chain.area}{chain.path}"


def chain_view(chain: Chain, effective: Effective, authors: Mapping[Source, CommitInfo]) -> ChainView:
    """The chain as it is drawn: one step per layer, so that a layer that says nothing is seen to say nothing."""
    steps: list[Step] = []
    for layer in Layer:
        links = [link for link in chain.links if link.layer is layer]
        if links:
            steps.extend(_step(link, chain, authors) for link in links)
        else:
            steps.append(Step(layer=layer, is_silent=True, note=_silence(chain, effective, layer)))
    label = dotted(chain.path)
    return ChainView(
        path=full_path(chain), label=label if chain.area == CONFIG else f"{chain.area} {label}", steps=tuple(steps)
    )


def _step(link: Link, chain: Chain, authors: Mapping[Source, CommitInfo]) -> Step:
    is_expression = chain.area != CONFIG
    note = f"said of {dotted(link.path)} as a whole" if link.path != chain.path and not link.is_winner else ""
    return Step(
        layer=link.layer,
        is_winner=link.is_winner,
        is_removal=link.value is None,
        text=str(link.value) if is_expression else _text(link.value),
        kind="expression" if is_expression else kind_of(link.value),
        source=link.source,
        commit=authors.get(link.source),
        note=note,
    )


def _text(value: JSON) -> str:
    return indented(value)


def _silence(chain: Chain, effective: Effective, layer: Layer) -> str:
    """What is to be told of a layer whose expression for the part does not count for the field; else empty."""
    if chain.area == CONFIG:
        return ""
    key, _, name = chain.area.partition(":")
    part = effective.mappings.get(key, {}).get(Part(name))
    if part is None:
        return ""
    if any(said.layer is layer for said in part.dropped):
        return _DROPPED
    said = next((said for said in part.layers if said.layer is layer), None)
    if said is None:
        return ""
    if said.mode is Mode.REPLACE:
        return "replaces the layers below"
    return (
        "has an expression, which does not set this field"
        if said.expression.analysis.is_static
        else ("has an expression; whether it sets this field is decided while it runs")
    )
