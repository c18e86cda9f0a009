"""JSON that somebody sends or names: RFC 8259 and nothing beyond, in UTF-8."""

from __future__ import annotations

import json

from integrations.core.documents import JSON

_MOST_DIGITS = 1000  # of an integer; far more than a double tells apart


class NotJson(ValueError):
    """A plain sentence says what is wrong, and where when that can be told."""


def parse(text: bytes) -> JSON:
    """The value of a JSON text; of a repeated key the last value. Raises NotJson."""
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_float, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise NotJson(f"This is not UTF-8: byte {error.start + 1} is 0x{text[error.start]:02x}.") from None
    except json.JSONDecodeError as error:
        said = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise NotJson(f"This is not JSON: {said} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise NotJson("This is nested too deeply.") from None


def dumps(value: JSON, *, indent: int | None = None) -> str:
    """JSON that any stream can carry: half of a surrogate pair, which UTF-8 has no bytes for, is escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, allow_nan=False)
    return text


def _refuse(word: str) -> JSON:
    raise NotJson(f"This is not JSON: {word} is no number of it.")


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise NotJson(f"The number {text[:30]} is too large.")
    return number


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise NotJson(f"The number {text[:30]}… is too large.")
    return int(text)
