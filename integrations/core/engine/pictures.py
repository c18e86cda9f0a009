"""`$formatNumber`: numbers by a picture, as XPath's format-number has it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import Final

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.numbers import rounded
from integrations.core.engine.values import U, Value, keys, number

_DEFAULTS: Final = {
    "decimal-separator": ".",
    "grouping-separator": ",",
    "exponent-separator": "e",
    "infinity": "Infinity",
    "minus-sign": "-",
    "NaN": "NaN",
    "percent": "%",
    "per-mille": "\u2030",
    "zero-digit": "0",
    "digit": "#",
    "pattern-separator": ";",
}
_MOST_PLACES: Final = 100  # of a fraction that JavaScript writes
_LARGEST_FIXED: Final = 1e21  # from here on JavaScript's toFixed writes an exponent


class _Signs:
    """The characters with a meaning in a picture."""

    def __init__(self, options: Value) -> None:
        chosen = dict(_DEFAULTS)
        for key in keys(options) if type(options) is dict else ():
            if type(options[key]) is not str:
                raise EvaluationError("T0410", index=3, value=options)
            chosen[key] = options[key]
        if not chosen["zero-digit"]:
            raise EvaluationError("T0410", index=3, value=options)
        self.decimal = chosen["decimal-separator"]
        self.grouping = chosen["grouping-separator"]
        self.exponent = chosen["exponent-separator"]
        self.minus = chosen["minus-sign"]
        self.percent = chosen["percent"]
        self.per_mille = chosen["per-mille"]
        self.zero = chosen["zero-digit"][0]
        self.digit = chosen["digit"]
        self.pattern = chosen["pattern-separator"]
        first = ord(self.zero)
        self.digits = [chr(min(code, 0x10FFFF)) for code in range(first, first + 10)]
        self.active = [*self.digits, self.decimal, self.exponent, self.grouping, self.digit, self.pattern]

    def is_digit(self, character: str) -> bool:
        return character in self.digits

    def is_place(self, character: str) -> bool:
        return character in self.digits or character == self.digit


@dataclass(frozen=True, slots=True)
class _Parts:
    """A part of a picture, taken apart."""

    prefix: str
    suffix: str
    active: str
    mantissa: str
    exponent: str | None
    integer: str
    fraction: str
    picture: str


@dataclass(frozen=True, slots=True)
class _Form:
    """What a part of a picture asks for."""

    prefix: str
    suffix: str
    picture: str
    integer_groups: list[int]
    regular_group: int
    fraction_groups: list[int]
    least_integer: int
    scale: int
    least_fraction: int
    most_fraction: int
    least_exponent: int


def format_number(machine: Machine, value: Value, picture: Value = U, options: Value = U) -> Value:
    if value is U:
        return U
    if picture is U:
        raise EvaluationError("T0410", index=2, value=picture)
    signs = _Signs(options)
    machine.text(len(picture))
    pictures = picture.split(signs.pattern) if signs.pattern else list(picture)
    if len(pictures) > 2:  # noqa: PLR2004 - for positive and negative numbers
        raise EvaluationError("D3080")
    parts = [_parts(part, signs) for part in pictures]
    for part in parts:
        _check(part, signs)
    forms = [_form(part, signs) for part in parts]
    places = max(form.most_fraction for form in forms)
    if places > _MOST_PLACES:
        raise EvaluationError("D1001", value=places)
    if len(forms) == 1:
        forms.append(replace(forms[0], prefix=signs.minus + forms[0].prefix))
    value = number(value)
    return _formatted(value, forms[0] if value >= 0 else forms[1], signs)


def _parts(picture: str, signs: _Signs) -> _Parts:
    marks = [index for index, sign in enumerate(picture) if sign in signs.active and sign != signs.exponent]
    prefix = picture[: marks[0]] if marks else ""
    suffix = picture[marks[-1] + 1 :] if marks else ""
    active = picture[len(prefix) : len(picture) - len(suffix)]
    at = picture.find(signs.exponent, len(prefix))
    if at == -1 or at > len(picture) - len(suffix):
        mantissa, exponent = active, None
    else:  # counted from the picture's start though taken from the active part, as the reference does
        mantissa, exponent = active[:at], active[at + 1 :]
    integer, found, fraction = mantissa.partition(signs.decimal) if signs.decimal else ("", True, mantissa)
    return _Parts(prefix, suffix, active, mantissa, exponent, integer, fraction if found else suffix, picture)


def _check(parts: _Parts, signs: _Signs) -> None:
    """Raise what is wrong with a part; of several faults the last that the reference looks for."""
    code = _fault_of_digits(parts, signs) or _fault_of_groups(parts, signs) or _fault_of_signs(parts, signs)
    if code is not None:
        raise EvaluationError(code)


def _fault_of_digits(parts: _Parts, signs: _Signs) -> str | None:
    has_exponent = parts.exponent is not None
    if has_exponent and not (parts.exponent and all(map(signs.is_digit, parts.exponent))):
        return "D3093"
    if has_exponent and (signs.percent in parts.picture or signs.per_mille in parts.picture):
        return "D3092"
    at = parts.fraction.rfind(signs.digit)
    if at != -1 and any(map(signs.is_digit, parts.fraction[at:])):
        return "D3091"
    at = parts.integer.find(signs.digit)
    if at != -1 and any(map(signs.is_digit, parts.integer[:at])):
        return "D3090"
    return None


def _fault_of_groups(parts: _Parts, signs: _Signs) -> str | None:
    picture, grouping = parts.picture, signs.grouping
    if grouping + grouping in picture:
        return "D3089"
    at = picture.find(signs.decimal)
    if at == -1:
        return "D3088" if parts.integer[-1:] == grouping else None
    if grouping in (picture[at - 1 : at] if at else "", picture[at + 1 : at + 2]):
        return "D3087"
    return None


def _fault_of_signs(parts: _Parts, signs: _Signs) -> str | None:
    picture = parts.picture
    if any(sign not in signs.active for sign in parts.active):
        return "D3086"
    if not any(map(signs.is_place, parts.mantissa)):
        return "D3085"
    if signs.percent in picture and signs.per_mille in picture:
        return "D3084"
    for sign, code in ((signs.per_mille, "D3083"), (signs.percent, "D3082"), (signs.decimal, "D3081")):
        if picture.find(sign) != picture.rfind(sign):
            return code
    return None


def _form(parts: _Parts, signs: _Signs) -> _Form:
    integer_groups = _groups(parts.integer, parts.integer, signs, to_left=False)
    least_integer = scale = sum(map(signs.is_digit, parts.integer))
    least_fraction = sum(map(signs.is_digit, parts.fraction))
    most_fraction = sum(map(signs.is_place, parts.fraction))
    has_exponent = parts.exponent is not None
    if least_integer == 0 and most_fraction == 0:
        if has_exponent:
            least_fraction = most_fraction = 1
        else:
            least_integer = 1
    if has_exponent and least_integer == 0 and signs.digit in parts.integer:
        least_integer = 1
    if least_integer == 0 and least_fraction == 0:
        least_fraction = 1
    return _Form(
        prefix=parts.prefix,
        suffix=parts.suffix,
        picture=parts.picture,
        integer_groups=integer_groups,
        regular_group=_regular(integer_groups),
        fraction_groups=_groups(parts.fraction, parts.integer, signs, to_left=True),
        least_integer=least_integer,
        scale=scale,
        least_fraction=least_fraction,
        most_fraction=most_fraction,
        least_exponent=sum(map(signs.is_digit, parts.exponent or "")),
    )


def _groups(part: str, integer: str, signs: _Signs, *, to_left: bool) -> list[int]:
    """How many places lie beyond each grouping separator. The reference finds later ones in the integer part always."""
    positions = []
    at = part.find(signs.grouping)
    while at != -1:
        beyond = part[:at] if to_left else part[at:]
        positions.append(sum(map(signs.is_place, beyond)))
        at = integer.find(signs.grouping, at + 1)
    return positions


def _regular(positions: list[int]) -> int:
    """The size of the groups where all have the same, else 0."""
    if not positions:
        return 0
    factor = reduce(math.gcd, positions)
    return factor if all(index * factor in positions for index in range(1, len(positions) + 1)) else 0


def _formatted(value: float, form: _Form, signs: _Signs) -> str:
    if signs.percent in form.picture:
        value *= 100
    elif signs.per_mille in form.picture:
        value *= 1000
    exponent: int | None = None
    if form.least_exponent:
        value, exponent = _scaled(value, form.scale)
    text = _fixed(rounded(value, form.most_fraction), form.most_fraction, signs)
    text = _padded(text, form, signs)
    text = _grouped(text, form, signs)
    at = text.find(signs.decimal)
    if signs.decimal not in form.picture or at == len(text) - 1:
        text = text[:-1]
    if exponent is not None:
        digits = _fixed(exponent, 0, signs).rjust(form.least_exponent, signs.zero)
        text += signs.exponent + (signs.minus if exponent < 0 else "") + digits
    return form.prefix + text + form.suffix


def _scaled(value: float, scale: int) -> tuple[float, int]:
    """Mantissa and exponent."""
    mantissa, exponent = float(value), 0
    if mantissa == 0 or not math.isfinite(mantissa):
        return mantissa, exponent
    least, most = 10.0 ** (min(scale, 300) - 1), 10.0 ** min(scale, 300)
    while abs(mantissa) < least:
        mantissa *= 10
        exponent -= 1
    while abs(mantissa) > most:
        mantissa /= 10
        exponent += 1
    return mantissa, exponent


def _fixed(value: float, places: int, signs: _Signs) -> str:
    """JavaScript's `toFixed`, in the picture's digits."""
    size = abs(value)
    if not math.isfinite(size) or size >= _LARGEST_FIXED:
        text = "Infinity" if math.isinf(size) else "NaN" if math.isnan(size) else repr(float(size)).replace(".0e", "e")
    else:
        text = format(Decimal(size).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP), "f")
    if signs.zero == "0":
        return text
    return "".join(signs.digits[int(sign)] if sign.isdecimal() and sign.isascii() else sign for sign in text)


def _padded(text: str, form: _Form, signs: _Signs) -> str:
    text = text.replace(".", signs.decimal, 1) if "." in text else text + signs.decimal
    text = text.strip(signs.zero)
    at = text.find(signs.decimal)
    text = signs.zero * max(0, form.least_integer - at) + text
    at = text.find(signs.decimal)
    return text + signs.zero * max(0, form.least_fraction - (len(text) - at - 1))


def _grouped(text: str, form: _Form, signs: _Signs) -> str:
    at = text.find(signs.decimal)
    if form.regular_group > 0:
        for group in range(1, (at - 1) // form.regular_group + 1):
            text = _inserted(text, at - group * form.regular_group, signs)
    else:
        for position in form.integer_groups:
            text = _inserted(text, at - position, signs)
            at += 1
    at = text.find(signs.decimal)
    for position in form.fraction_groups:
        text = _inserted(text, position + at + 1, signs)
    return text


def _inserted(text: str, at: int, signs: _Signs) -> str:
    return text[:at] + signs.grouping + text[at:]
