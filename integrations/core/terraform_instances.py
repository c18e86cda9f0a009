"""Whether the evaluator gave every block's instances: it drops module calls and empties loops without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from integrations.core.documents import JSON
from integrations.core.hcl import Block, ObjectValue
from integrations.core.hcl_builtins import UNKNOWN
from integrations.core.hcl_checks import MAX_CALLS, RESOURCES, keys_or_none
from integrations.core.hcl_scope import Each, Place, Scope, follow, is_repeated
from integrations.core.problems import Code, Problem
from integrations.core.text import problem

Key = str | int | None
Path = tuple[tuple[str, Key], ...]  # of a module instance: names and keys from the root on
_STEP: Final = re.compile(r'([^.\[\]"]+)(?:\[(?:"((?:[^"\\]|\\.)*)"|(\d+))\])?(?:\.|$)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`module.a["x"].unified_api_mapping.list[0]`: the module's path, then type, name and key."""

    modules: Path
    rest: tuple[tuple[str, Key], ...]


def parse_address(text: str) -> Address | None:
    """None for what is no address."""
    steps: list[tuple[str, Key]] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            return None
        name, quoted, number = match.groups()
        key: Key = int(number) if number is not None else None
        if quoted is not None:
            key = quoted.replace('\\"', '"').replace("\\\\", "\\")
        steps.append((name, key))
        at = match.end()
    modules = []
    while len(steps) > 2 and steps[0] == ("module", None):  # noqa: PLR2004 - a module's name and what is in it
        modules.append(steps[1])
        steps = steps[2:]
    return Address(modules=tuple(modules), rest=tuple(steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Which instances the result has."""

    modules: dict[Path, dict[str, set[Key]]] = field(default_factory=dict)  # of each module instance: its children
    resources: dict[tuple[Path, str, str], set[Key]] = field(default_factory=dict)

    @classmethod
    def of(cls, evaluated: Mapping[str, JSON]) -> Observed:
        found = cls()
        for kind, blocks in evaluated.items():
            for block in blocks if isinstance(blocks, list) else ():
                address = parse_address(str(block.get("__tfmeta", {}).get("path", "")))
                if address is None:
                    continue
                found._add(address, kind)
        return found

    def _add(self, address: Address, kind: str) -> None:
        for depth, (name, key) in enumerate(address.modules):
            self.modules.setdefault(address.modules[:depth], {}).setdefault(name, set()).add(key)
        if kind in RESOURCES and len(address.rest) == 2:  # noqa: PLR2004 - type and name
            name, key = address.rest[1]
            self.resources.setdefault((address.modules, kind, name), set()).add(key)


def each_of(block: Block, scope: Scope, key: Key) -> Each | None:
    """What `each` or `count` means in one instance of the block, with as much of its value as the text tells."""
    if key is None:
        return None
    keys = keys_or_none(block, scope)
    value = keys.get(key, UNKNOWN) if keys is not None else UNKNOWN
    loop = block.attributes.get("for_each")
    place = None
    if loop is not None:
        written = follow(Place(loop.value, scope.inside(None), loop.file))
        if isinstance(written.expression, ObjectValue):
            item = next((item for item in written.expression.items if item.key == key), None)
            place = None if item is None else Place(item.value, written.scope, written.file)
    return Each(key, value, place)


def scope_at(root: Scope, path: Path, scopes: dict[Path, Scope | None]) -> Scope | None:
    """The scope of a module instance; `scopes` remembers what was asked before."""
    if not path:
        return root
    if path not in scopes:
        parent = scope_at(root, path[:-1], scopes)
        name, key = path[-1]
        call = None if parent is None else parent.module.calls.get(name)
        found = None
        if parent is not None and call is not None:
            found = parent.child(name, each_of(call, parent, key))
        scopes[path] = found
    return scopes[path]


def check_instances(root: Scope, observed: Observed, scopes: dict[Path, Scope | None]) -> Iterator[Problem]:
    """One problem for each block whose instances are not those that its text asks for, or cannot be compared."""
    pending: list[Path] = [()]
    while pending:
        path = pending.pop()
        scope = scope_at(root, path, scopes)
        if scope is None:
            continue
        children = observed.modules.get(path, {})
        unknown = None
        for name, call in scope.module.calls.items():
            keys = children.get(name, set())
            if scope.child(name) is not None and scope.child(name).module.blocks:  # type: ignore[union-attr]
                yield from _compare(call, scope, keys)
            unknown = call if is_repeated(call) and keys_or_none(call, scope) is None else unknown
            pending.extend((*path, (name, key)) for key in keys)
        if unknown is not None and sum(map(len, children.values())) >= MAX_CALLS:
            message = (
                f"{MAX_CALLS} or more module instances stand under this module, and the text does not tell how many "
                f"this block asks for: some may be lost. Write its `for_each` out."
            )
            yield problem(Code.HCL_REFUSED, message, unknown.file, unknown.line)
        for (kind, name), block in scope.module.resources.items():
            if kind in RESOURCES:
                yield from _compare(block, scope, observed.resources.get((path, kind, name), set()))


def _compare(block: Block, scope: Scope, found: set[Key]) -> Iterator[Problem]:
    if not is_repeated(block):
        wanted: set[Key] | None = {None}
    else:
        keys = keys_or_none(block, scope)
        wanted = None if keys is None else set(keys)
    if wanted == found or (wanted is None and found):
        return
    label = ".".join(block.labels)
    if wanted is None:
        loop = block.attributes.get("for_each") or block.attributes["count"]
        message = f"`{label}` gave nothing, and the text does not tell that it should: write its `{loop.name}` out."
        yield problem(Code.UNRESOLVED_VALUE, message, block.file, loop.line)
        return
    lost = ", ".join(sorted(str(key) for key in wanted - found if key is not None)[:5])
    message = f"`{label}` asks for {len(wanted)} instances, and its evaluation gave {len(found)}"
    yield problem(Code.UNRESOLVED_VALUE, f"{message}; lost: {lost}." if lost else f"{message}.", block.file, block.line)
