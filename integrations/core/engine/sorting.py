"""Orders: `^(…)` and `$sort`, by the reference's merge sort, so that the same comparisons are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.values import Tuples, U, Value, number, precedes
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler

_Keys: TypeAlias = list[Value]
_Item: TypeAlias = tuple[Value, _Keys]


def merged(items: list[Value], swaps: Callable[[Value, Value], bool]) -> list[Value]:
    """The items in order; `swaps` tells whether its first argument belongs behind its second."""
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = merged(items[:middle], swaps), merged(items[middle:], swaps)
    result: list[Value] = []
    at_left = at_right = 0
    while at_left < len(left) and at_right < len(right):
        if swaps(left[at_left], right[at_right]):
            result.append(right[at_right])
            at_right += 1
        else:
            result.append(left[at_left])
            at_left += 1
    result.extend(left[at_left:])
    result.extend(right[at_right:])
    return result


def sorting(compiler: Compiler, node: Symbol) -> Callable[[list[Value], Frame], list[Value]]:
    """`^(…)`. Each term is evaluated once for each item."""
    terms = [(compiler.code(term.expression), bool(term.descending)) for term in node.terms]
    position = compiler.start(node)

    def ordered(items: list[Value], frame: Frame) -> list[Value]:
        machine = frame.machine
        if len(items) <= 1:
            return items
        is_tuples = type(items) is Tuples
        keyed: list[_Item] = [(item, []) for item in items]

        def key(item: _Item, index: int) -> Value:
            value, known = item
            if index == len(known):
                code: Code = terms[index][0]
                if is_tuples:
                    known.append(code(value["@"], Frame(dict(value), frame, machine)))
                else:
                    known.append(code(value, frame))
            return known[index]

        def swaps(one: _Item, other: _Item) -> bool:
            machine.work()
            for index, (_, descending) in enumerate(terms):
                order = _order(key(one, index), key(other, index), position, descending=descending)
                if order:
                    return order > 0
            return False

        return [item for item, _ in merged(keyed, swaps)]

    return ordered


def _order(one: Value, other: Value, position: int, *, descending: bool) -> int:
    """Below 0 where `one` comes first; undefined comes last, whichever the direction."""
    if one is U or other is U:
        return 0 if one is other else 1 if one is U else -1
    is_text, is_other_text = _is_text(one, position), _is_text(other, position)
    if is_text is not is_other_text:
        raise EvaluationError("T2007", position=position, token="^", value=one, other=other)  # noqa: S106 - a token of the grammar
    if one == other:
        return 0
    before = precedes(one, other) if is_text else number(one) < number(other)
    return (-1 if before else 1) * (-1 if descending else 1)


def _is_text(value: Value, position: int) -> bool:
    kind = type(value)
    if kind is str:
        return True
    if kind is int or kind is float:
        return False
    raise EvaluationError("T2008", position=position, token="^", value=value)  # noqa: S106 - a token of the grammar
