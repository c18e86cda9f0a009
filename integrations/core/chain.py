"""One leaf or field with what every layer says of it, for `explain` and for the effective page."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.documents import JSON, Layer, Part, Source
from integrations.core.effective import Effective, Leaf, Removed
from integrations.core.fold import shadowed_at
from integrations.core.parts import EffectivePart
from integrations.core.pointer import from_words

CONFIG = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What one layer says: a config value, or a mapping field's expression. `value` None: the layer removes it.

    `path` is where it says so: the chain's path, or one above it. Exactly one link of a chain wins.
    """

    layer: Layer
    value: JSON
    source: Source
    path: str
    is_winner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Every layer's say of one path, lowest layer first. `area`: `config`, or `model/resource/method:part`."""

    area: str
    path: str
    links: tuple[Link, ...]

    @property
    def winner(self) -> Link:
        return next(link for link in self.links if link.is_winner)

    @property
    def is_removed(self) -> bool:
        """Whether what wins is a removal: there is no value."""
        return self.winner.value is None


def chain(effective: Effective, path: str) -> Chain | None:
    """The chain of `path`; None where there is no such leaf, field or removal.

    `path` is a config pointer (`/pagination/page_size`), its keys with dots between, or a mapping, part and field:
    `crm/contacts/list:response/name/first`. A path into a list gives the list's own chain.
    """
    if ":" in path and not path.startswith("/"):
        found = _field_chain(effective, path)
        if found is not None:
            return found
    at = from_words(path)
    leaf = _leaf_at(effective, at)
    if leaf is not None:
        return _leaf_chain(leaf)
    removed = next((gone for gone in reversed(effective.removed) if gone.path == at or _has_leaf(gone, at)), None)
    if removed is None or any(other.startswith(at + "/") for other in effective.leaves):
        return None
    return _removed_chain(effective, at)


def _leaf_at(effective: Effective, at: str) -> Leaf | None:
    leaf = effective.leaves.get(at)
    above = at
    while leaf is None and (cut := above.rfind("/")) > 0:
        above = above[:cut]
        found = effective.leaves.get(above)
        leaf = found if found is not None and isinstance(found.value, list) else None
    return leaf


def _has_leaf(removed: Removed, path: str) -> bool:
    return any(leaf.path == path for leaf in removed.leaves)


def _leaf_chain(leaf: Leaf) -> Chain:
    lower = (
        Link(layer=said.layer, value=said.value, source=said.source, path=said.path, is_winner=False)
        for said in leaf.shadowed
    )
    last = Link(layer=leaf.layer, value=leaf.value, source=leaf.source, path=leaf.path, is_winner=True)
    return Chain(area=CONFIG, path=leaf.path, links=(*lower, last))


def _removed_chain(effective: Effective, at: str) -> Chain | None:
    said = shadowed_at(at, effective.levels)
    if not said:
        return None
    links = tuple(
        Link(layer=item.layer, value=item.value, source=item.source, path=item.path, is_winner=item is said[-1])
        for item in said
    )
    return Chain(area=CONFIG, path=at, links=links)


def _field_chain(effective: Effective, path: str) -> Chain | None:
    key, _, rest = path.partition(":")
    name, slash, tokens = rest.partition("/")
    part = _part(effective, key, name)
    if part is None:
        return None
    at = slash + tokens
    for field in part.fields:
        if field.path == at:
            lower = (
                Link(layer=said.layer, value=said.expression, source=said.source, path=at, is_winner=False)
                for said in field.shadowed
            )
            last = Link(layer=field.layer, value=field.expression, source=field.source, path=at, is_winner=True)
            return Chain(area=f"{key}:{name}", path=at, links=(*lower, last))
    return None


def _part(effective: Effective, key: str, name: str) -> EffectivePart | None:
    try:
        part = Part(name)
    except ValueError:
        return None
    return effective.mappings.get(key, {}).get(part)
