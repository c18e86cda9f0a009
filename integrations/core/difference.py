"""What differs between two effective results: the record of an activation, and the comparisons on pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from integrations.core.chain import CONFIG
from integrations.core.directives import identity
from integrations.core.documents import JSON, Layer, Source
from integrations.core.effective import Effective, Leaf, Removed
from integrations.core.parts import EffectiveField, EffectivePart


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One changed leaf. Absent values are None, which no leaf of an effective config is.

    `area` is `config`, with config values in `before` and `after`; or `model/resource/method:part`, with expression
    texts. A path of `` stands for the part as a whole, where no field tells the change; its `before` and `after`
    are lists of the kept layers' texts, lowest first. For a config leaf that a layer removes, `layer_after` and
    `source_after` name that layer and place; they are None where nothing says anything any more.
    """

    area: str
    path: str
    before: JSON
    after: JSON
    layer_before: Layer | None
    layer_after: Layer | None
    source_after: Source | None


def difference(before: Effective | None, after: Effective | None) -> tuple[Difference, ...]:
    """The leaves whose value, and the fields whose expression, differ, in the order of area and path.

    None stands for a connection that is not there. A value that only moved to another layer or line is no difference.
    """
    config = _config(before.leaves if before else {}, after.leaves if after else {}, after.removed if after else ())
    return (*config, *_mappings(before, after))


def _config(before: Mapping[str, Leaf], after: Mapping[str, Leaf], removed: Iterable[Removed]) -> Iterator[Difference]:
    removers = {leaf.path: gone for gone in removed for leaf in gone.leaves}
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is new or (old is not None and new is not None and identity(old.value) == identity(new.value)):
            continue
        source = new or removers.get(path)
        yield Difference(
            area=CONFIG,
            path=path,
            before=old.value if old else None,
            after=new.value if new else None,
            layer_before=old.layer if old else None,
            layer_after=source.layer if source else None,
            source_after=source.source if source else None,
        )


def _mappings(before: Effective | None, after: Effective | None) -> Iterator[Difference]:
    old = before.mappings if before else {}
    new = after.mappings if after else {}
    for key in sorted(old.keys() | new.keys()):
        old_parts, new_parts = old.get(key, {}), new.get(key, {})
        for part in sorted(old_parts.keys() | new_parts.keys()):
            yield from _part(f"{key}:{part}", old_parts.get(part), new_parts.get(part))


def _part(area: str, before: EffectivePart | None, after: EffectivePart | None) -> Iterator[Difference]:
    texts_before, texts_after = _texts(before), _texts(after)
    if texts_before == texts_after:
        return
    fields = list(_fields(area, before, after))
    yield from fields
    is_told = all(part is None or part.is_static for part in (before, after))
    if not (fields and is_told):
        last_before = before.layers[-1] if before and before.layers else None
        last_after = after.layers[-1] if after and after.layers else None
        yield Difference(
            area=area,
            path="",
            before=texts_before or None,
            after=texts_after or None,
            layer_before=last_before.layer if last_before else None,
            layer_after=last_after.layer if last_after else None,
            source_after=last_after.expression.source if last_after else None,
        )


def _texts(part: EffectivePart | None) -> list[str]:
    return [said.expression.text for said in part.layers] if part else []


def _fields(area: str, before: EffectivePart | None, after: EffectivePart | None) -> Iterator[Difference]:
    old = _by_path(before)
    new = _by_path(after)
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is not None and now is not None and was.expression == now.expression:
            continue
        yield Difference(
            area=area,
            path=path,
            before=was.expression if was else None,
            after=now.expression if now else None,
            layer_before=was.layer if was else None,
            layer_after=now.layer if now else None,
            source_after=now.source if now else None,
        )


def _by_path(part: EffectivePart | None) -> dict[str, EffectiveField]:
    return {field.path: field for field in part.fields} if part else {}
