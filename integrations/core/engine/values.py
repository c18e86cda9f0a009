"""The values that expressions compute with, and what the reference does with each kind of them.

A JSON value is itself, `None` being null. Undefined is `U`. What the reference marks on its arrays is a class here:
a sequence (`Seq`) collapses to its only item, or to nothing when empty; an array that a path's constructor made
(`Cons`) is not flattened; the tuples of a path with `%`, `@` or `#` (`Tuples`) are kept apart from values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, TypeAlias

from integrations.core.engine.faults import EvaluationError

Value: TypeAlias = Any  # a JSON value, U, a Function, or one of the lists below

SAFE: Final = 2**53  # integers up to here are exact in JavaScript
_PRECISE: Final = 15  # significant digits that `$string` keeps of a number with a fraction


class _Undefined:
    """No value, which is not null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


U: Final = _Undefined()


class Seq(list[Value]):
    """A sequence."""

    keep = False  # stays an array even with one item: `x[]`
    outer = False  # wraps an input that is an array, which is one input


class Tuples(Seq):
    """The bindings that each item of a path carries along; `@` is the item itself."""


class Cons(list[Value]):
    """An array that a path's own constructor made."""


class Function:
    """What can be called."""

    __slots__ = ()
    arity: int


def collapsed(value: Value) -> Value:
    """What a sequence is once it was evaluated: nothing, its only item, or itself."""
    if type(value) is Seq:
        if not value:
            return U
        if len(value) == 1 and not value.keep:
            return value[0]
    return value


def unchanged(value: Value) -> Value:
    return value


def number(value: float) -> float:
    """A number as JavaScript holds it: integers beyond 2^53 are rounded."""
    if type(value) is int and not -SAFE <= value <= SAFE:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def is_number(value: Value) -> bool:
    """Whether it is a number, as operators ask. Raises D1001 for an infinite one."""
    kind = type(value)
    if kind is int:
        if not -SAFE <= value <= SAFE and math.isinf(number(value)):
            raise EvaluationError("D1001", value=value)
        return True
    if kind is float:
        if math.isinf(value):
            raise EvaluationError("D1001", value=value)
        return not math.isnan(value)
    return False


def tidy(value: float) -> float:
    """An integer for a float that is one, as far as both are the same to JavaScript."""
    if type(value) is float and -SAFE <= value <= SAFE and value == int(value) and (value or str(value) == "0.0"):
        return int(value)
    return value


def truth(value: Value) -> bool:
    """`$boolean`, undefined being false."""
    if value is True or value is False:
        return bool(value)
    kind = type(value)
    if kind is str or kind is dict:
        return bool(value)
    if value is None or value is U:
        return False
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else any(map(truth, value))
    return bool(is_number(value) and value)


def same(left: Value, right: Value) -> bool:
    """Deep equality."""
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    kind = type(left)
    if kind is dict:
        return (
            type(right) is dict
            and len(left) == len(right)
            and all(key in right and same(value, right[key]) for key, value in left.items())
        )
    if kind is bool or type(right) is bool:
        return left is right
    if kind is int or kind is float:
        return type(right) in (int, float) and number(left) == number(right)
    return bool(left == right)


def append(left: Value, right: Value) -> Value:
    """Both as one array, undefined being nothing."""
    if left is U:
        return right
    if right is U:
        return left
    joined = list(left) if isinstance(left, list) else [left]
    if isinstance(right, list):
        joined.extend(right)
    else:
        joined.append(right)
    return joined


def lookup(value: Value, name: str) -> Value:
    """The field of an object, or those of the objects of an array."""
    if type(value) is dict:
        return value.get(name, U)
    if not isinstance(value, list):
        return U
    found = Seq()
    for item in value:
        got = item.get(name, U) if type(item) is dict else lookup(item, name)
        if got is U:
            continue
        if isinstance(got, list):
            found.extend(got)
        else:
            found.append(got)
    return found


def keys(value: dict[str, Value]) -> Iterable[str]:
    """An object's keys in JavaScript's order: those that are array indexes come first, by size."""
    for key in value:
        if key[:1].isdigit():
            break
    else:
        return value
    indexes = [key for key in value if _is_index(key)]
    if not indexes:
        return value
    taken = set(indexes)
    return sorted(indexes, key=int) + [key for key in value if key not in taken]


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal() and (key == "0" or key[0] != "0") and int(key) < 2**32 - 1


def units(text: str) -> int:
    """The length in UTF-16 units, in which JavaScript counts."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def text_order(text: str) -> str | bytes:
    """By what JavaScript compares texts: UTF-16 units. Comparable only with what was made for the same characters."""
    return text.encode("utf-16-be", "surrogatepass")


def precedes(left: str, right: str) -> bool:
    """Whether `left < right`."""
    if left.isascii() or right.isascii():
        return left < right
    return text_order(left) < text_order(right)  # type: ignore[operator]


def number_text(value: float) -> str:
    """A number as JavaScript writes it."""
    value = number(value)
    if type(value) is int:
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    size = abs(value)
    if size == 0:
        return "0"
    if 1e-6 <= size < 1e21:  # noqa: PLR2004 - JavaScript's own bounds
        if value == int(value) and size <= SAFE:
            return str(int(value))
        shown = repr(value)
        return format(Decimal(shown), "f") if "e" in shown else shown.removesuffix(".0")
    digits, _, exponent = repr(value).partition("e")
    return f"{digits.removesuffix('.0')}e{int(exponent):+d}"


def rounded_text(value: float) -> str:
    """A number as `$string` writes it: one with a fraction has at most 15 significant digits."""
    if type(value) is int or value == int(value):
        return number_text(value)
    decimal = Decimal(repr(value))
    if len(decimal.as_tuple().digits) > _PRECISE:
        value = float(Context(prec=_PRECISE, rounding=ROUND_HALF_UP).create_decimal(Decimal(value)))
    return number_text(value)
