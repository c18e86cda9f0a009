"""Whether the names in a module stand for something, and whether the values they lead to exist."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from integrations.core.hcl import Attribute, Block, Call, Expression, For, Literal, Reference, children, depth_first
from integrations.core.hcl_checks import evaluated, hint, keys_or_none
from integrations.core.hcl_functions import READING
from integrations.core.hcl_scope import Each, Scope, is_repeated, resolve
from integrations.core.hcl_static import NoValue, static_value
from integrations.core.problems import Code, Problem
from integrations.core.text import problem

MAX_INSTANCES = 10_000  # of all blocks of one root, looked at one by one before evaluation
_FORGIVING = frozenset(["try", "can"])


class Names:
    """One check of a whole root; counts the instances it looked at."""

    def __init__(self) -> None:
        self._instances = 0

    def check(self, scope: Scope) -> Iterator[Problem]:
        """The module of `scope` as called; not those that it calls."""
        for top, inner, attribute in evaluated(scope.module):
            bound = _iterators(top, inner)
            yield from _References(scope, top, inner.file).check(attribute.value, bound)
            for instance in self.instances(top, scope, attribute):
                yield from _check_value(attribute, instance)

    def instances(self, top: Block, scope: Scope, attribute: Attribute | None = None) -> Iterator[Scope]:
        """The scopes of the block's instances, one without a key where the text does not tell them."""
        keys = None
        if is_repeated(top) and (attribute is None or attribute.name not in {"for_each", "count"}):
            keys = keys_or_none(top, scope)
        if keys is None or self._instances + len(keys) > MAX_INSTANCES:
            yield scope
            return
        self._instances += len(keys)
        for key, value in keys.items():
            yield scope.inside(Each(key, value))


def _iterators(top: Block, inner: Block) -> frozenset[str]:
    """The names that `dynamic` blocks around `inner` bind."""
    names: list[str] = []
    path = _path(top, inner) or []
    for block, below in pairwise(path):
        if block.type == "dynamic" and block.labels and below.type == "content":
            chosen = block.attributes.get("iterator")
            is_named = chosen is not None and isinstance(chosen.value, Reference)
            names.append(str(chosen.value.path[0]) if is_named else block.labels[0])  # type: ignore[union-attr]
    return frozenset(names)


def _path(block: Block, target: Block) -> list[Block] | None:
    if block is target:
        return [block]
    for inner in block.blocks:
        if (found := _path(inner, target)) is not None:
            return [block, *found]
    return None


def _check_value(attribute: Attribute, scope: Scope) -> Iterator[Problem]:
    file = attribute.file
    try:
        static_value(attribute.value, scope)
    except NoValue as none:
        if none.is_here:
            yield problem(none.code, none.reason, file, none.line)
    for part in depth_first(attribute.value):
        if isinstance(part, Call) and part.name in READING and len(part.arguments) == 1:
            yield from _check_file(part, file, scope)


def _check_file(call: Call, file: str, scope: Scope) -> Iterator[Problem]:
    try:
        name = static_value(call.arguments[0], scope)
    except NoValue:
        return
    if not isinstance(name, str):
        return
    path = resolve(scope.program.root, name)
    if path is None:
        message = f"`{call.name}` may read files of this repository only, by a path relative to it: {name}"
        yield problem(Code.HCL_REFUSED, message, file, call.line)
    elif call.name != "fileexists" and scope.program.content(path) is None:
        yield problem(Code.MISSING_FILE, f"There is no file `{path}`.", file, call.line)


class _References:
    """The names in one attribute of the block `top`."""

    def __init__(self, scope: Scope, top: Block, file: str) -> None:
        self._scope = scope
        self._top = top
        self._file = file

    def check(self, expression: Expression, bound: frozenset[str]) -> Iterator[Problem]:
        if isinstance(expression, Call) and expression.name in _FORGIVING:
            return
        if isinstance(expression, Reference) and expression.path[0] not in bound:
            reason = self._reason(expression)
            if reason is not None:
                yield problem(Code.UNRESOLVED_VALUE, reason, self._file, expression.line)
        if isinstance(expression, For):
            yield from self.check(expression.collection, bound)
            inside = bound | frozenset(expression.names)
            for part in (expression.key, expression.value, expression.condition):
                if part is not None:
                    yield from self.check(part, inside)
            return
        for part in children(expression):
            yield from self.check(part, bound)

    def _reason(self, reference: Reference) -> str | None:
        """Why the name stands for nothing; None when it stands for something."""
        module = self._scope.module
        where = module.folder or "."
        match reference.path:
            case ["var", str(name), *_]:
                return None if name in module.variables else _none("variable", name, where, list(module.variables))
            case ["local", str(name), *_]:
                return None if name in module.locals else _none("local value", name, where, list(module.locals))
            case ["each", "key" | "value", *_]:
                return (
                    None
                    if "for_each" in self._top.attributes
                    else "`each` has a meaning only in a block with `for_each`."
                )
            case ["count", "index"]:
                return (
                    None if "count" in self._top.attributes else "`count` has a meaning only in a block with `count`."
                )
            case ["path", "module" | "root"]:
                return None
            case ["module", str(name), *rest]:
                return self._module_reason(name, rest)
            case ["data", *_]:
                return f"`{reference.text}` comes from a data source, which is never read here."
            case ["self" | "terraform" | "path", *_]:
                return f"`{reference.text}` is not known here: the repository must say it."
            case [str(kind), str(name), *rest]:
                return self._resource_reason(kind, name, rest)
        return f"`{reference.text}` stands for nothing."

    def _repeated_reason(self, name: str, needed: str) -> str | None:
        return None if needed in self._top.attributes else f"`{name}` has a meaning only in a block with `{needed}`."

    def _module_reason(self, name: str, rest: list[str | Expression]) -> str | None:
        module = self._scope.module
        if name not in module.calls:
            return _none("module", name, module.folder or ".", list(module.calls))
        folder = self._scope.program.callee(module.calls[name], module.folder)
        output = next((step for step in rest if isinstance(step, str)), None)
        if folder is None or output is None or not self._scope.program.has(folder):
            return None  # reported at the call
        outputs = list(self._scope.program.module(folder).outputs)
        return None if output in outputs else _none("output", output, folder or ".", outputs)

    def _resource_reason(self, kind: str, name: str, rest: list[str | Expression]) -> str | None:
        resource = self._scope.module.resources.get((kind, name))
        if resource is None:
            return f"There is no resource `{kind}.{name}` in {self._scope.module.folder or '.'}."
        steps = [step for step in rest if isinstance(step, str)]
        if is_repeated(resource) and any(isinstance(step, Literal) for step in rest) and not steps:
            return None
        if not steps or steps[0] in resource.attributes or any(block.type == steps[0] for block in resource.blocks):
            return None
        return (
            f"`{kind}.{name}` has no attribute `{steps[0]}` in the text; what a provider would add is not known here."
        )


def _none(what: str, name: str, where: str, known: list[str]) -> str:
    return f"There is no {what} `{name}` in {where}.{hint(name, known)}"
