"""Which evaluations a faster engine may be asked for in the place of the reference one. Pure; it runs neither.

An expression qualifies by what it is made of: only what was measured to give the same in both engines, on the
reference's own suite. Then its samples must give the same in both (`integrations.queries.acceleration`). And each
input is looked at, since some numbers and characters are not the same to both. What is in doubt is for the reference
engine, which is never wrong by definition.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import re2

from integrations.core.outcomes import Fault
from integrations.core.syntax import Symbol, parse


class Engine(StrEnum):
    """`FAST` is the faster one where it can answer and the reference one elsewhere; `FAST_ALONE` is for comparing."""

    REFERENCE = "python"
    FAST = "fast"
    FAST_ALONE = "fast-alone"


# Functions that give the same for the same, whatever the day. Not here: those by chance or clock ($random, $shuffle,
# $now, $millis), those that run what they are given ($eval), and those that differ or could: in how numbers, dates and
# patterns are read and written, and in what an error is.
FUNCTIONS = frozenset(
    {
        *("append", "boolean", "count", "distinct", "each", "exists", "filter", "join", "keys", "length", "lookup"),
        *("lowercase", "map", "max", "merge", "min", "not", "reduce", "reverse", "sift", "single", "spread", "string"),
        *("substring", "substringAfter", "substringBefore", "sum", "trim", "type", "uppercase", "zip"),
    }
)
_REFUSED = frozenset({"regex", "transform", "parent", "sort", "descendant", "error", "partial"})
_LINKS = frozenset({"_outer_instance", "create"})  # of a node to what made it
_EXACT = 1e15  # numbers up to here are the same, and are written the same, in both

_re2: Any = re2  # untyped
_options = _re2.Options()
_options.encoding = _re2.Options.Encoding.LATIN1  # bytes
# In the JSON of an input: integers and fractions of more digits than are exact, exponents, characters beyond the basic
# plane (engines count and order them differently) and names that are numbers (JavaScript puts these first).
_DOUBTFUL = _re2.compile(rb'[0-9]{16}|[:\[,]-?[0-9.]+[eE]|[\xf0-\xf4]|"[0-9]+":', _options)


def is_eligible(text: str) -> bool:
    """Whether the expression is sound and holds nothing but what both engines are known to agree on."""
    tree = parse(text)
    return not isinstance(tree, Fault) and _agrees(tree, {"", "$"})


def is_doubtful(data: bytes) -> bool:
    """Whether an input, as compact JSON in UTF-8, holds something that is not the same to both engines."""
    return _DOUBTFUL.search(data) is not None


def _is_ordered(node: Symbol) -> bool:
    """Whether an object's names are written out, and none is a number, which JavaScript puts first."""
    group = getattr(node, "group", None)
    pairs = [*(getattr(node, "lhs_object", None) or ()), *(getattr(group, "lhs_object", None) or ())]
    return all(key.type == "string" and not key.value.isdigit() for key, _ in pairs)


def _is_exact(node: Symbol) -> bool:
    """Whether no number comes from this node alone that is not finite, which the fast engine gives as null."""
    if node.type == "number":
        return bool(abs(node.value) <= _EXACT)
    if node.type != "binary":
        return True
    match node.value:
        case "*":
            return "number" in (node.lhs.type, node.rhs.type)
        case "/" | "%":
            return bool(node.rhs.type == "number" and abs(node.rhs.value) >= 1 / _EXACT)
        case "..":
            return False
    return True


def _agrees(item: Any, scope: set[str]) -> bool:
    """Whether all below `item` may be had from either engine; `scope`: the variables that are bound here."""
    if isinstance(item, list | tuple):
        return all(_agrees(one, scope) for one in item)
    if not hasattr(item, "type"):
        return True
    if item.type in _REFUSED or not _is_exact(item) or not _is_ordered(item):
        return False
    if getattr(item, "focus", None) or getattr(item, "index", None):  # the bindings of a step: `@$x`, `#$i`
        return False
    match item.type:
        case "variable" if item.value not in scope and item.value not in FUNCTIONS:
            return False
        case "block":
            scope = set(scope)
        case "lambda":
            return _agrees(item.body, scope | {parameter.value for parameter in item.arguments})
        case "bind":
            is_function = item.rhs.type == "lambda"  # which may call itself
            if not is_function and not _agrees(item.rhs, scope):
                return False
            scope.add(item.lhs.value)
            return not is_function or _agrees(item.rhs, scope)
    return all(_agrees(value, scope) for name, value in vars(item).items() if name not in _LINKS)
