"""One layer's config merged onto those below, keeping account of every leaf. The inner loop of `merge`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from integrations.core.directives import DIRECTIVES, edit, is_directive
from integrations.core.documents import JSON, IntegrationDocument, Layer, Lines, OverrideDocument
from integrations.core.effective import Leaf, Level, Removed, Shadowed
from integrations.core.pointer import ABSENT, build, escape, look_up, parse


class Fold:
    """A merge under way. `leaves` and `removed` are changed in place; the configs of `levels` never are."""

    __slots__ = ("config", "file", "layer", "leaves", "levels", "lines", "removed")

    def __init__(self, *, leaves: dict[str, Leaf], removed: list[Removed], lower: tuple[Level, ...]) -> None:
        self.leaves = leaves
        self.removed = removed
        self.levels = lower
        self.config: dict[str, JSON] = {}
        self.layer = Layer.PLATFORM
        self.file = ""
        self.lines: Lines = {}

    def apply(self, below: dict[str, JSON], layer: Layer, document: IntegrationDocument | OverrideDocument) -> None:
        """Merge one document's config onto `below`; the result is in `config`."""
        self.layer = layer
        self.file = document.source.file
        self.lines = document.lines
        self.config = dict(below)
        line = document.lines.get("", document.source.line)
        if self.levels:
            self._merge(self.config, document.config, "", line)
        else:
            self._plant(self.config, document.config, "", line)
        level = Level(
            layer=layer, patch=document.config, lines=document.lines, source=document.source, config=self.config
        )
        self.levels = (*self.levels, level)

    def _merge(self, target: dict[str, JSON], patch: Mapping[str, JSON], path: str, line: int) -> None:
        """Merge `patch` into `target`, which is the fold's own copy. `line` is that of the object around it.

        The usual cases stand in the loop, without a call: half of the time of a merge would be calls.
        """
        lines, leaves, layer, file = self.lines, self.leaves, self.layer, self.file
        for key, value in patch.items():
            at = f"{path}/{key}" if "/" not in key and "~" not in key else f"{path}/{escape(key)}"
            here = lines.get(at, line)
            if isinstance(value, dict):
                if not (value and DIRECTIVES.issuperset(value)):
                    self._merge_object(target, key, value, at, here)
                    continue
                value = edit(target.get(key), value)  # noqa: PLW2901 - the directive is done with
            elif value is None:
                if key in target:
                    self._remove(at, target.pop(key), here)
                continue
            old = leaves.get(at)
            if old is not None:
                last = Shadowed(path=at, value=old.value, layer=old.layer, file=old.file, line=old.line)
                shadowed = (*old.shadowed, last) if old.shadowed else (last,)
            else:
                shadowed = self._make_room(at, target.get(key), here)
            target[key] = value
            leaves[at] = Leaf(path=at, value=value, layer=layer, file=file, line=here, shadowed=shadowed)

    def _plant(self, target: dict[str, JSON], patch: Mapping[str, JSON], path: str, line: int) -> None:
        """`_merge` into an empty `target` below which no layer has said anything: nothing to look for or shadow."""
        lines, leaves, layer, file = self.lines, self.leaves, self.layer, self.file
        for key, value in patch.items():
            at = f"{path}/{key}" if "/" not in key and "~" not in key else f"{path}/{escape(key)}"
            here = lines.get(at, line)
            if isinstance(value, dict):
                if value and DIRECTIVES.issuperset(value):
                    value = edit(None, value)  # noqa: PLW2901 - the directive is done with
                else:
                    inner: dict[str, JSON] = {}
                    self._plant(inner, value, at, here)
                    target[key] = inner
                    if inner:
                        continue
                    value = inner  # noqa: PLW2901 - an empty object is a leaf
            elif value is None:
                continue
            target[key] = value
            leaves[at] = Leaf(path=at, value=value, layer=layer, file=file, line=here)

    def _merge_object(self, target: dict[str, JSON], key: str, value: Mapping[str, JSON], at: str, line: int) -> None:
        old = target.get(key, ABSENT)
        fresh: dict[str, JSON]
        if not isinstance(old, dict):
            if old is not ABSENT:
                self._remove(at, old, line)
            target[key] = fresh = {}
            if self.removed:
                self._merge(fresh, value, at, line)
            else:
                self._plant(fresh, value, at, line)
            if not fresh:
                self._set_empty(at, fresh, line)
        elif value:
            target[key] = fresh = old.copy()
            self._merge(fresh, value, at, line)
            if old and not fresh:
                self._set_empty(at, fresh, line)
            elif fresh and not old:
                del self.leaves[at]  # the empty object is no leaf any more

    def _set_empty(self, at: str, value: JSON, line: int) -> None:
        """Make an object that has come out empty a leaf."""
        shadowed = self._make_room(at, None, line)
        self.leaves[at] = Leaf(path=at, value=value, layer=self.layer, file=self.file, line=line, shadowed=shadowed)

    def _make_room(self, at: str, old: JSON, line: int) -> tuple[Shadowed, ...]:
        """What a leaf shadows that takes the place of no leaf: nothing, unless shapes differ or something was removed.

        `old`: what is there, which can only be nothing or an object with leaves.
        """
        if old is not None:
            self._remove(at, old, line)
        return shadowed_at(at, self.levels) if self.removed else ()

    def _remove(self, at: str, value: JSON, line: int) -> None:
        gone = tuple(self.leaves.pop(path) for path in leaf_paths(value, at))
        self.removed.append(Removed(path=at, value=value, layer=self.layer, file=self.file, line=line, leaves=gone))


def leaf_paths(value: JSON, path: str = "") -> Iterator[str]:
    """The pointers of all leaves in a config, or in a part of one that lies at `path`, in order.

    The root is no leaf, even when it is empty.
    """
    if isinstance(value, dict) and (value or not path):
        for key, item in value.items():
            yield from leaf_paths(item, f"{path}/{escape(key)}")
    else:
        yield path


def shadowed_at(path: str, levels: Sequence[Level]) -> tuple[Shadowed, ...]:
    """What each of these layers, lowest first, says of a path: at the path, or above it with anything but an object.

    This is the definition of shadowing. `Fold` keeps the same account as it goes where a leaf replaces a leaf, and
    asks here where the shapes differ or something was removed before.
    """
    keys = parse(path)
    found: list[Shadowed] = []
    below: Mapping[str, JSON] = {}
    for level in levels:
        said = _said(level, keys, below)
        if said is not None:
            found.append(said)
        below = level.config
    return tuple(found)


def _said(level: Level, keys: Sequence[str], below: Mapping[str, JSON]) -> Shadowed | None:
    node: JSON = level.patch
    line = level.lines.get("", level.source.line)
    place = ""
    for depth, key in enumerate([*keys, None]):
        if not isinstance(node, dict) or is_directive(node) or key is None:
            return _saying(level, node, keys[:depth], below, line)
        if key not in node:
            return None
        node = node[key]
        place = f"{place}/{escape(key)}"
        line = level.lines.get(place, line)
    return None


def _saying(level: Level, node: JSON, keys: Sequence[str], below: Mapping[str, JSON], line: int) -> Shadowed | None:
    before = look_up(below, keys)
    if node is None:
        if before is ABSENT:
            return None
        after = None
    else:
        after = look_up(level.config, keys)
        is_edit = isinstance(node, dict) and not is_directive(node)
        if is_edit and not _speaks(node) and isinstance(before, dict) and before == after:
            return None
    return Shadowed(path=build(keys), value=after, layer=level.layer, file=level.source.file, line=line)


def _speaks(patch: Mapping[str, JSON]) -> bool:
    """Whether an object of a patch sets any leaf."""
    return any(
        (_speaks(value) if isinstance(value, dict) and not is_directive(value) else value is not None)
        for value in patch.values()
    )
