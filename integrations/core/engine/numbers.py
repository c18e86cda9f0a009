"""The functions on numbers."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.values import SAFE, U, Value, number, number_text, tidy

_DECIMAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?")
_BASED: Final = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_BASES: Final = {"x": 16, "o": 8, "b": 2}
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST: Final = 4_000  # digits of a number's text; a double has fewer
_FRACTION: Final = 1_100  # digits of a double's fraction in base 2


def to_number(value: Value) -> Value:
    """`$number`."""
    if value is U or type(value) in (int, float):
        return value
    if value is True or value is False:
        return int(value)
    if len(value) <= _LONGEST:
        if _DECIMAL.fullmatch(value):
            converted = float(value)
            if not math.isinf(converted):
                return _exactly(value, converted)
        elif _BASED.fullmatch(value):
            return number(int(value[2:], _BASES[value[1].lower()]))
    raise EvaluationError("D3030", value=value)


def _exactly(text: str, converted: float) -> float:
    if abs(converted) <= SAFE and converted == int(converted) and (converted or not text.startswith("-")):
        return int(converted)
    return converted


def absolute(value: Value) -> Value:
    return U if value is U else abs(number(value))


def floor(value: Value) -> Value:
    return U if value is U else _whole(math.floor, value)


def ceil(value: Value) -> Value:
    return U if value is U else _whole(math.ceil, value)


def _whole(rounding: object, value: float) -> float:
    if math.isinf(value) or math.isnan(value):
        return value
    assert callable(rounding)
    result: int = rounding(number(value))
    return number(result)


def rounded(value: Value, precision: Value = U) -> Value:
    """`$round`: to so many decimals, halves to the even digit."""
    if value is U:
        return U
    value = number(value)
    if math.isinf(value) or math.isnan(value):
        return value
    shift = 0 if precision is U else precision
    if shift != math.trunc(shift):
        return math.nan
    shift = int(shift)
    if shift:
        value = _shifted(value, shift)
    if math.isinf(value):
        return value
    result: float = number(math.floor(value + 0.5)) if abs(value) < SAFE / 2 else value
    if abs(result - value) == 0.5 and result % 2 == 1:  # noqa: PLR2004 - a half
        result -= 1
    if shift:
        result = _shifted(result, -shift)
    return tidy(result) or 0


def _shifted(value: float, places: int) -> float:
    """Times ten to the power of `places`, in decimals, as JavaScript reads it from text."""
    if not -400 <= places <= 700:  # noqa: PLR2004 - beyond a double's exponents
        return 0.0 if places < 0 or value == 0 else math.copysign(math.inf, value)
    return float(Decimal(number_text(value)).scaleb(places))


def square_root(value: Value) -> Value:
    if value is U:
        return U
    if value < 0:
        raise EvaluationError("D3060", value=value)
    return tidy(math.sqrt(number(value)))


def power(base: Value, exponent: Value = U) -> Value:
    if base is U:
        return U
    try:
        result = math.nan if exponent is U else math.pow(number(base), number(exponent))
    except (OverflowError, ValueError):
        result = math.inf
    if math.isinf(result) or math.isnan(result) or (abs(base) == 1 and exponent is not U and math.isinf(exponent)):
        raise EvaluationError("D3061", value=base, exponent=exponent)
    return tidy(result)


def random(machine: Machine) -> Value:
    return machine.random.random()


def total(values: Value) -> Value:
    """`$sum`."""
    return U if values is U else _total(values)


def _total(values: list[Value]) -> float:
    if all(type(value) is int for value in values):
        result = sum(values)
        if -SAFE <= result <= SAFE:
            return result
    added: float = 0
    for value in values:
        added = number(added + number(value))
    return tidy(added)


def maximum(values: Value) -> Value:
    return U if values is U or not values else max(values, key=number)


def minimum(values: Value) -> Value:
    return U if values is U or not values else min(values, key=number)


def average(values: Value) -> Value:
    return U if values is U or not values else tidy(_total(values) / len(values))


def format_base(value: Value, radix: Value = U) -> Value:
    if value is U:
        return U
    base = 10 if radix is U else rounded(radix)
    if not 2 <= base <= 36:  # noqa: PLR2004 - the digits there are
        raise EvaluationError("D3100", value=base)
    value = rounded(value)
    if base == 10:  # noqa: PLR2004
        return number_text(value)
    if math.isinf(value) or math.isnan(value):
        return number_text(value)
    digits: list[str] = []
    rest = abs(int(value))
    while rest:
        rest, digit = divmod(rest, int(base))
        digits.append(_DIGITS[digit])
    return ("-" if value < 0 else "") + ("".join(reversed(digits)) or "0")
