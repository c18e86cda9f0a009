"""The functions on texts, and how values become text."""

from __future__ import annotations

import json
import math
import re
from typing import Final

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.values import Function, Seq, U, Value, is_number, keys, rounded_text

_BLANKS: Final = re.compile(r"[ \t\n\r]+")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def string(machine: Machine, value: Value = U, prettify: Value = U) -> Value:
    """`$string`."""
    kind = type(value)
    if kind is str or value is U:
        return value
    if kind is int or kind is float:
        if math.isinf(value) or math.isnan(value):
            raise EvaluationError("D3001", value=value)
        return rounded_text(value)
    if isinstance(value, Function):
        return ""
    if type(value) is Seq and value.outer:
        value = value[0]
    writer = _Writer(machine)
    writer.write(value, "\n" if prettify is True else None)
    return "".join(writer.pieces)


class _Writer:
    """JSON text as JavaScript's `JSON.stringify` makes it."""

    def __init__(self, machine: Machine) -> None:
        self.pieces: list[str] = []
        self._machine = machine
        self._length = 0

    def write(self, value: Value, margin: str | None) -> None:
        """`margin`: the line end and indentation, or None for a single line."""
        kind = type(value)
        if kind is str:
            self._add(quoted(value))
        elif value is True or value is False:
            self._add("true" if value else "false")
        elif value is None or value is U:
            self._add("null")
        elif kind is int or kind is float:
            self._add(rounded_text(value) if is_number(value) else "null")
        elif kind is dict:
            self._object(value, margin)
        elif isinstance(value, list):
            self._array(value, margin)
        else:
            self._add('""')

    def _add(self, piece: str) -> None:
        self.pieces.append(piece)
        self._length += len(piece)
        self._machine.work()
        if self._length > self._machine.limits.characters:
            self._machine.text(self._length)

    def _array(self, items: list[Value], margin: str | None) -> None:
        inner = None if margin is None else margin + "  "
        self._add("[")
        for index, item in enumerate(items):
            self._separate(index, inner)
            self.write(item, inner)
        self._close("]", items, margin)

    def _object(self, value: dict[str, Value], margin: str | None) -> None:
        inner = None if margin is None else margin + "  "
        self._add("{")
        index = 0
        for key in keys(value):
            item = value[key]
            if item is U:
                continue
            self._separate(index, inner)
            self._add(quoted(key) + (":" if margin is None else ": "))
            self.write(item, inner)
            index += 1
        self._close("}", value, margin)

    def _separate(self, index: int, margin: str | None) -> None:
        if index:
            self._add(",")
        if margin is not None:
            self._add(margin)

    def _close(self, bracket: str, content: Value, margin: str | None) -> None:
        if content and margin is not None:
            self._add(margin)
        self._add(bracket)


def quoted(text: str) -> str:
    """A text in JSON. Half a character is escaped."""
    written = json.dumps(text, ensure_ascii=False)
    if not written.isascii() and _SURROGATES.search(written):
        return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
    return written


def substring(text: Value, start: Value = U, length: Value = U) -> Value:
    if text is U:
        return U
    count = len(text)
    if start is U:
        start = 0
    if count + start < 0:
        start = 0
    if length is U:
        return text[_whole(start) :]
    if length <= 0:
        return ""
    end = start + length if start >= 0 else count + start + length
    return text[_whole(start) : _whole(end)]


def _whole(position: float) -> int:
    """A position as JavaScript's `slice` takes it."""
    if position != position or math.isinf(position):  # noqa: PLR0124 - NaN
        return 0 if position != position or position < 0 else 2**62  # noqa: PLR0124
    return math.trunc(position)


def substring_before(text: Value, mark: Value = U) -> Value:
    if text is U or mark is U:
        return text
    before, found, _ = text.partition(mark) if mark else ("", True, text)
    return before if found else text


def substring_after(text: Value, mark: Value = U) -> Value:
    if text is U or mark is U:
        return text
    _, found, after = text.partition(mark) if mark else ("", True, text)
    return after if found else text


def lowercase(text: Value) -> Value:
    return U if text is U else text.lower()


def uppercase(text: Value) -> Value:
    return U if text is U else text.upper()


def length(text: Value) -> Value:
    return U if text is U else len(text)


def trim(text: Value) -> Value:
    if text is U:
        return U
    result = _BLANKS.sub(" ", text)
    return result.removeprefix(" ").removesuffix(" ")


def pad(machine: Machine, text: Value, width: Value = U, character: Value = U) -> Value:
    if text is U or width is U:
        return text
    width = math.trunc(width)
    missing = abs(width) - len(text)
    if missing <= 0:
        return text
    machine.text(abs(width))
    unit = character if character is not U and character else " "
    padding = (unit * (missing // len(unit) + 1))[:missing]
    return text + padding if width > 0 else padding + text


def join(machine: Machine, texts: Value, separator: Value = U) -> Value:
    if texts is U:
        return U
    between = "" if separator is U else separator
    machine.text(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)
