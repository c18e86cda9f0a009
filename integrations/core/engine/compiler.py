"""From the tree of `syntax.parse` to Python functions that evaluate it.

Each node becomes one function of its input and its variables, made once for an expression and used for every
evaluation of it. Nothing of one evaluation is kept in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from integrations.core.engine import calls, nodes, operators, paths, wildcards
from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.values import Seq, U, Value, collapsed, unchanged
from integrations.core.syntax import Symbol


class Compiler:
    """Compiles one expression."""

    def __init__(self, tree: Symbol) -> None:
        self._starts: dict[int, int] = getattr(tree, "starts", {})
        self.depth = 0  # levels of nodes between the function that is being compiled and the node at hand
        self.bound, self.uses_eval, has_transform = _names(tree)
        self.changes = has_transform or self.uses_eval  # objects that it is given

    def code(self, node: Symbol) -> Code:
        """The code of a node, its predicates and its grouping included."""
        self.depth += 1
        kind = _KINDS.get(node.type)
        code = plain = nodes.nothing if kind is None else kind(self, node)
        if node.type != "path":
            for predicate in node.predicate or ():
                code = _filtered(code, paths.condition(self, predicate.expr))
            if node.group is not None:
                code = _grouped(code, paths.grouping(self, node.group))
        self.depth -= 1
        if node.keep_array:
            return _kept(code)
        return code if code is plain else _settled(code)

    def settle(self, node: Symbol) -> Callable[[Value], Value]:
        """What becomes of a sequence that the node gives; nothing where predicates or a grouping still look at it."""
        return unchanged if node.keep_array or node.predicate or node.group is not None else collapsed

    def start(self, node: Symbol) -> int:
        """Where the node's token starts in the text."""
        position = int(node.position or 0)
        return self._starts.get(position, position)

    def is_builtin(self, name: str) -> bool:
        """Whether no expression can give the name another meaning; bindings of the evaluation may."""
        return not self.uses_eval and name not in self.bound


def _filtered(code: Code, condition: paths.Filter) -> Code:
    return lambda value, frame: condition(code(value, frame), frame)


def _grouped(code: Code, group: Code) -> Code:
    return lambda value, frame: group(code(value, frame), frame)


def _settled(code: Code) -> Code:
    return lambda value, frame: collapsed(code(value, frame))


def _kept(code: Code) -> Code:
    """`$x[]`: a sequence stays an array."""

    def kept(value: Value, frame: Frame) -> Value:
        result = code(value, frame)
        if type(result) is Seq:
            if not result:
                return U
            if not result.keep:
                result = Seq(result)
                result.keep = True
        return result

    return kept


def inner(node: Symbol) -> Iterator[Symbol]:
    """The nodes that a node consists of."""
    for name, part in vars(node).items():
        if name in _NO_PARTS or part is None:
            continue
        if type(part) is list:
            for item in part:
                if type(item) is list:
                    yield from (nested for nested in item if hasattr(nested, "type"))
                elif hasattr(item, "type"):
                    yield item
        elif hasattr(part, "type"):
            yield part


_NO_PARTS: Final = frozenset({"_outer_instance", "slot", "ancestor", "seeking_parent", "signature", "next_function"})


def _names(tree: Symbol) -> tuple[frozenset[str], bool, bool]:
    """The variables that the expression binds; whether it mentions `$eval`, which may bind more; a transform."""
    bound: set[str] = set()
    uses_eval = has_transform = False
    seen: set[int] = set()
    open_ = [tree]
    while open_:
        node = open_.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.type == "bind":
            bound.add(str(node.lhs.value))
        elif node.type == "lambda":
            bound.update(str(parameter.value) for parameter in node.arguments)
        elif node.type == "variable" and node.value == "eval":
            uses_eval = True
        elif node.type == "transform":
            has_transform = True
        elif node.type == "index":
            bound.add(str(node.value))
        bound.update(str(name) for name in (node.focus, node.index) if isinstance(name, str))
        open_.extend(inner(node))
    return frozenset(bound), uses_eval, has_transform


_KINDS: Final[dict[str, Callable[[Compiler, Symbol], Code]]] = {
    "path": paths.path,
    "name": paths.name,
    "wildcard": wildcards.wildcard,
    "descendant": wildcards.descendants,
    "binary": operators.binary,
    "unary": operators.unary,
    "string": nodes.literal,
    "number": nodes.literal,
    "value": nodes.literal,
    "parent": nodes.parent,
    "condition": nodes.condition,
    "block": nodes.block,
    "bind": nodes.bind,
    "variable": nodes.variable,
    "regex": nodes.regex,
    "lambda": calls.function_made,
    "function": calls.call,
    "partial": calls.partial,
    "apply": calls.application,
    "transform": calls.transform,
}
