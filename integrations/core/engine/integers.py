"""`$formatInteger` and `$parseInteger`: integers in digits of any script, letters, Roman numerals and English words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from integrations.core.engine.faults import STRING_TOO_LONG, EvaluationError
from integrations.core.engine.values import SAFE, U, Value, number, number_text, tidy

_FEW: Final = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
]
_ORDINALS: Final = [
    "Zeroth",
    "First",
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
    "Thirteenth",
    "Fourteenth",
    "Fifteenth",
    "Sixteenth",
    "Seventeenth",
    "Eighteenth",
    "Nineteenth",
]
_DECADES: Final = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety", "Hundred"]
_MAGNITUDES: Final = ["Thousand", "Million", "Billion", "Trillion"]
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_ROMAN_VALUES: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}
_ZEROS: Final = (
    0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
)  # fmt: skip
_LARGEST_ROMAN: Final = 100_000  # the numeral of a larger number has hundreds of letters
_WIDEST: Final = 100_000  # digits that a picture may ask for
_LONGEST: Final = 400  # digits that are read; a double has fewer


def _word_values() -> dict[str, int]:
    values = {word.lower(): index for words in (_FEW, _ORDINALS) for index, word in enumerate(words)}
    for index, word in enumerate(_DECADES):
        values[word.lower()] = values[word.lower()[:-1] + "ieth"] = (index + 2) * 10
    values["hundredth"] = 100
    for index, word in enumerate(_MAGNITUDES):
        values[word.lower()] = values[word.lower() + "th"] = 10 ** (index * 3 + 3)
    return values


WORD_VALUES: Final = _word_values()


@dataclass(slots=True)
class Format:
    """What an integer's picture asks for. `kind`: decimal, letters, roman, words or sequence."""

    picture: str
    kind: str = "decimal"
    case: str = "lower"
    is_ordinal: bool = False
    zero: int = 0x30
    mandatory: int = 0
    optional: int = 0
    regular: int = 0  # the size of the groups where all have the same
    separators: list[tuple[int, str]] = field(default_factory=list)
    parse_width: int = 0


_NAMED: Final = {
    "A": ("letters", "upper"), "a": ("letters", "lower"), "I": ("roman", "upper"), "i": ("roman", "lower"),
    "W": ("words", "upper"), "Ww": ("words", "title"), "w": ("words", "lower"),
}  # fmt: skip


def analysed(picture: str) -> Format:
    """Raises D3131 for digits of several scripts."""
    primary, semicolon, modifier = picture.rpartition(";")
    form = Format(picture=primary if semicolon else picture, is_ordinal=bool(semicolon) and modifier[:1] == "o")
    if form.picture in _NAMED:
        form.kind, form.case = _NAMED[form.picture]
        return form
    zero: int | None = None
    position = 0
    for character in reversed(form.picture):
        group = next((start for start in _ZEROS if start <= ord(character) <= start + 9), None)
        if group is not None:
            if zero is not None and zero != group:
                raise EvaluationError("D3131")
            zero = group
            form.mandatory += 1
            position += 1
        elif character == "#":
            form.optional += 1
            position += 1
        else:
            form.separators.append((position, character))
    if zero is None:
        form.kind = "sequence"
    else:
        form.zero = zero
        form.regular = _regular(form.separators)
    return form


def _regular(separators: list[tuple[int, str]]) -> int:
    if not separators or len({character for _, character in separators}) > 1:
        return 0
    positions = [position for position, _ in separators]
    factor = reduce(math.gcd, positions)
    return factor if all(index * factor in positions for index in range(1, len(positions) + 1)) else 0


def format_integer(value: Value, picture: Value = U) -> Value:
    if value is U:
        return U
    if picture is U:
        raise EvaluationError("T0410", index=2, value=picture)
    return formatted(math.floor(number(value)) if math.isfinite(number(value)) else value, analysed(picture))


def formatted(value: float, form: Format) -> str:
    size = abs(value)
    match form.kind:
        case "sequence":
            raise EvaluationError("D3130", value=form.picture)
        case "letters":
            text = _letters(int(size), "A" if form.case == "upper" else "a")
        case "roman":
            if size > _LARGEST_ROMAN:
                raise EvaluationError("D1001", value=value)
            text = _roman(int(size))
            text = text.upper() if form.case == "upper" else text
        case "words":
            text = _words(int(size), ordinal=form.is_ordinal)
            text = text.upper() if form.case == "upper" else text.lower() if form.case == "lower" else text
        case _:
            text = _decimal(size, form)
    return f"-{text}" if value < 0 else text


def _letters(value: int, first: str) -> str:
    letters = ""
    while value > 0:
        value, letter = divmod(value - 1, 26)
        letters = chr(letter + ord(first)) + letters
    return letters


def _roman(value: int) -> str:
    text = ""
    for size, numeral in _ROMAN:
        count, value = divmod(value, size)
        text += numeral * count
    return text


def _words(value: int, *, ordinal: bool, follows: bool = False) -> str:
    if value <= 19:  # noqa: PLR2004 - each has a word of its own
        return (" and " if follows else "") + (_ORDINALS if ordinal else _FEW)[value]
    if value < 100:  # noqa: PLR2004
        tens, rest = divmod(value, 10)
        text = (" and " if follows else "") + _DECADES[tens - 2]
        if rest:
            return f"{text}-{_words(rest, ordinal=ordinal)}"
        return f"{text[:-1]}ieth" if ordinal else text
    if value < 1000:  # noqa: PLR2004
        name = "Hundred"
        count = _FEW[value // 100]
        rest = value % 100
    else:
        magnitude = min((len(str(value)) - 1) // 3, len(_MAGNITUDES))
        factor, name = 1000**magnitude, _MAGNITUDES[magnitude - 1]
        many, rest = divmod(value, factor)
        if value > SAFE:  # as doubles divide
            many = int(float(value) / factor)
            rest = max(0, int(float(value) - float(many) * factor))
        count = _words(many, ordinal=False)
    text = f"{', ' if follows else ''}{count} {name}"
    if rest:
        return text + _words(rest, ordinal=ordinal, follows=True)
    return f"{text}th" if ordinal else text


def _decimal(size: float, form: Format) -> str:
    if form.mandatory > _WIDEST:
        raise EvaluationError(STRING_TOO_LONG, value=_WIDEST)
    text = number_text(tidy(size)).rjust(form.mandatory, "0")
    if form.zero != 0x30:  # noqa: PLR2004 - the digit 0
        text = "".join(chr(ord(character) + form.zero - 0x30) for character in text)
    if form.regular:
        for group in range((len(text) - 1) // form.regular, 0, -1):
            text = _inserted(text, len(text) - group * form.regular, form.separators[0][1])
    else:
        for position, character in reversed(form.separators):
            text = _inserted(text, len(text) - position, character)
    if form.is_ordinal:
        suffix = {"1": "st", "2": "nd", "3": "rd"}.get(text[-1:], "th")
        text += "th" if text[-2:-1] == "1" else suffix
    return text


def _inserted(text: str, at: int, character: str) -> str:
    at = max(at, 0)
    return text[:at] + character + text[at:]


def parse_integer(text: Value, picture: Value = U) -> Value:
    if text is U:
        return U
    if picture is U:
        raise EvaluationError("T0410", index=2, value=picture)
    return parsed(text, analysed(picture))


def pattern(form: Format) -> str:
    """The regular expression of what `parsed` takes."""
    match form.kind:
        case "sequence":
            raise EvaluationError("D3130", value=form.picture)
        case "letters":
            return "[A-Z]+" if form.case == "upper" else "[a-z]+"
        case "roman":
            return "[MDCLXVI]+" if form.case == "upper" else "[mdclxvi]+"
        case "words":
            return f"(?:{'|'.join([*WORD_VALUES, 'and', '[-, ]'])})+"
        case _:
            count = f"{{{min(form.parse_width, _LONGEST)}}}" if form.parse_width else "+"
            return f"[0-9]{count}" + ("(?:th|st|nd|rd)" if form.is_ordinal else "")


def parsed(text: str, form: Format) -> Value:
    """The integer that the text is, NaN where it is none."""
    match form.kind:
        case "sequence":
            raise EvaluationError("D3130", value=form.picture)
        case "letters":
            first = ord("A" if form.case == "upper" else "a")
            result: float = 0
            for character in text[:_LONGEST]:
                result = result * 26 + ord(character) - first + 1
            return number(result)
        case "roman":
            return _from_roman(text if form.case == "upper" else text.upper())
        case "words":
            return _from_words(text.lower())
        case _:
            return _from_digits(text, form)


def _from_roman(text: str) -> float:
    result = 0
    largest = 1
    for character in reversed(text):
        value = _ROMAN_VALUES.get(character)
        if value is None:
            return math.nan
        if value < largest:
            result -= value
        else:
            largest = value
            result += value
    return result


def _from_words(text: str) -> float:
    parts: list[float] = [0]
    for word in re.split(r",\s|\sand\s|[\s\\-]", text):
        value = WORD_VALUES.get(word)
        if value is None:
            return math.nan
        if value >= 100:  # noqa: PLR2004 - the words that multiply
            parts.append(number(parts.pop() * value))
            continue
        last = parts.pop()
        if last >= 1000:  # noqa: PLR2004
            parts.append(last)
            last = 0
        parts.append(last + value)
    return number(sum(parts))


def _from_digits(text: str, form: Format) -> float:
    digits = text[:-2] if form.is_ordinal else text
    for character in {","} if form.regular else {separator for _, separator in form.separators}:
        digits = digits.replace(character, "")
    if form.zero != 0x30:  # noqa: PLR2004 - the digit 0
        digits = "".join(chr(max(ord(character) - form.zero + 0x30, 0)) for character in digits)
    found = re.match(r"\s*([-+]?[0-9]{1,400})", digits)
    return number(int(found[1])) if found else math.nan
