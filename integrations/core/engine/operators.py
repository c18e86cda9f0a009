"""Operators and constructors, compiled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from integrations.core.engine import paths
from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.text import string
from integrations.core.engine.values import (
    SAFE,
    Cons,
    Seq,
    U,
    Value,
    collapsed,
    is_number,
    number,
    precedes,
    same,
    tidy,
    truth,
)
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler

_LONGEST_RANGE: Final = 10_000_000


def binary(compiler: Compiler, node: Symbol) -> Code:
    operator = str(node.value)
    left, right = compiler.code(node.lhs), compiler.code(node.rhs)
    position = compiler.start(node)
    if operator == "and":
        return _placed_truth(
            lambda value, frame: truth(left(value, frame)) and truth(right(value, frame)), position, operator
        )
    if operator == "or":
        return _placed_truth(
            lambda value, frame: truth(left(value, frame)) or truth(right(value, frame)), position, operator
        )
    if operator == "&":
        return _concatenation(left, right)
    if operator == "=":
        return lambda value, frame: _equal(left(value, frame), right(value, frame))
    if operator == "!=":
        return _inequality(left, right)
    if operator == "in":
        return lambda value, frame: _included(left(value, frame), right(value, frame))
    if operator == "..":
        return _range(left, right, position)
    operate = _ARITHMETIC.get(operator)
    if operate is not None:
        return _arithmetic(left, right, operate, operator, position)
    return _comparison(left, right, operator, position)


def _placed_truth(code: Code, position: int, token: str) -> Code:
    def placed(value: Value, frame: Frame) -> Value:
        try:
            return code(value, frame)
        except EvaluationError as error:
            raise error.placed(position, token) from None

    return placed


def _arithmetic(left: Code, right: Code, operate: Callable[[Any, Any], Any], token: str, position: int) -> Code:
    def code(value: Value, frame: Frame) -> Value:
        one, other = left(value, frame), right(value, frame)
        try:
            _check_numbers(one, other)
        except EvaluationError as error:
            raise error.placed(position, token) from None
        if one is U or other is U:
            return U
        return operate(number(one), number(other))

    return code


def _check_numbers(one: Value, other: Value) -> None:
    if one is not U and not is_number(one):
        raise EvaluationError("T2001", value=one)
    if other is not U and not is_number(other):
        raise EvaluationError("T2002", value=other)


def _sum(one: float, other: float) -> float:
    return _double(one + other)


def _difference(one: float, other: float) -> float:
    return _double(one - other)


def _product(one: float, other: float) -> float:
    result = one * other
    if result == 0 and (one < 0 or other < 0):
        return float(one) * float(other)  # which may be -0
    return _double(result)


def _double(result: float) -> float:
    """What JavaScript makes of it, which has no integers beyond 2^53 but doubles."""
    if type(result) is int and not -SAFE <= result <= SAFE:
        return float(result)
    return result


def _quotient(one: float, other: float) -> float:
    if other == 0:
        if one == 0:
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1.0, other)
    return tidy(one / other)


def _remainder(one: float, other: float) -> float:
    return tidy(math.fmod(one, other)) if other != 0 else math.nan


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
}


def _concatenation(left: Code, right: Code) -> Code:
    def code(value: Value, frame: Frame) -> Value:
        one, other = left(value, frame), right(value, frame)
        if type(one) is not str:
            one = "" if one is U else string(frame.machine, one)
        if type(other) is not str:
            other = "" if other is U else string(frame.machine, other)
        frame.machine.text(len(one) + len(other))
        return one + other

    return code


def _equal(one: Value, other: Value) -> bool:
    return one is not U and other is not U and same(one, other)


def _inequality(left: Code, right: Code) -> Code:
    def code(value: Value, frame: Frame) -> Value:
        one, other = left(value, frame), right(value, frame)
        return one is not U and other is not U and not same(one, other)

    return code


def _included(one: Value, other: Value) -> bool:
    if one is U or other is U:
        return False
    if not isinstance(other, list):
        other = [other]
    if isinstance(one, (list, dict)):
        return any(item is one for item in other)
    return any(not isinstance(item, (list, dict)) and same(item, one) for item in other)


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_COMPARE_TEXTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "<": precedes,
    "<=": lambda one, other: not precedes(other, one),
    ">": lambda one, other: precedes(other, one),
    ">=": lambda one, other: not precedes(one, other),
}


def _comparison(left: Code, right: Code, operator: str, position: int) -> Code:
    compare, compare_texts = _COMPARE[operator], _COMPARE_TEXTS[operator]

    def code(value: Value, frame: Frame) -> Value:
        one, other = left(value, frame), right(value, frame)
        is_text = _is_text(one, position, operator)
        is_other_text = _is_text(other, position, operator)
        if is_text is None or is_other_text is None:
            return U
        if is_text is not is_other_text:
            raise EvaluationError("T2009", position=position, token=operator, value=one, other=other)
        return compare_texts(one, other) if is_text else compare(number(one), number(other))

    return code


def _is_text(value: Value, position: int, operator: str) -> bool | None:
    """Whether it is a text, or else a number; None for undefined. Raises T2010 for what cannot be compared."""
    kind = type(value)
    if kind is str:
        return True
    if kind is int or kind is float:
        return False
    if value is U:
        return None
    raise EvaluationError("T2010", position=position, token=operator, value=value)


def _range(left: Code, right: Code, position: int) -> Code:
    def code(value: Value, frame: Frame) -> Value:
        first, last = left(value, frame), right(value, frame)
        for code_, end in (("T2003", first), ("T2004", last)):
            if end is not U and not _is_integer(end):
                raise EvaluationError(code_, position=position, token="..", value=end)  # noqa: S106 - a token of the grammar
        if first is U or last is U or first > last:
            return U
        size = int(last) - int(first) + 1
        if size > _LONGEST_RANGE:
            raise EvaluationError("D2014", position=position, token="..", value=size)  # noqa: S106 - a token of the grammar
        frame.machine.room(size)
        return collapsed(Seq(range(int(first), int(last) + 1)))

    return code


def _is_integer(value: Value) -> bool:
    kind = type(value)
    return kind is int or (kind is float and value.is_integer())


def unary(compiler: Compiler, node: Symbol) -> Code:
    operator = str(node.value)
    if operator == "[":
        return _array(compiler, node)
    if operator == "{":
        return paths.grouping(compiler, node)
    return _negation(compiler, node)


def _negation(compiler: Compiler, node: Symbol) -> Code:
    operand, position = compiler.code(node.expression), compiler.start(node)

    def code(value: Value, frame: Frame) -> Value:
        result = operand(value, frame)
        if result is U:
            return U
        try:
            if is_number(result):
                return -number(result) or -0.0
        except EvaluationError as error:
            raise error.placed(position, "-") from None
        raise EvaluationError("D1002", position=position, token="-", value=result)  # noqa: S106 - a token of the grammar

    return code


def _array(compiler: Compiler, node: Symbol) -> Code:
    items = [(compiler.code(item), str(item.value) == "[" and item.type == "unary") for item in node.expressions]
    kind: type[list[Value]] = Cons if node.consarray else list

    def code(value: Value, frame: Frame) -> Value:
        made = kind()
        for item, is_array in items:
            got = item(value, frame)
            if got is U:
                continue
            if is_array or not isinstance(got, list):
                made.append(got)
            else:
                made.extend(got)
        frame.machine.room(len(made))
        return made

    return code
