"""The functions that look for patterns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine
from integrations.core.engine.regexes import Found, matches
from integrations.core.engine.values import Seq, U, Value, units


def contains(machine: Machine, text: Value, token: Value = U) -> Value:
    if text is U or token is U:
        return U
    if type(token) is str:
        return token in text
    return next(matches(machine, token, text), None) is not None


def match(machine: Machine, text: Value, matcher: Value, limit: Value = U) -> Value:
    if text is U:
        return U
    _check_limit(limit, "D3040")
    found = Seq()
    if limit is not U and limit <= 0:
        return found
    for one in matches(machine, matcher, text):
        found.append({"match": one.text, "index": units(text[: one.start]), "groups": one.groups})
        machine.room(len(found))
        if limit is not U and len(found) >= limit:
            break
    return found


def _check_limit(limit: Value, code: str) -> None:
    if limit is not U and limit < 0:
        raise EvaluationError(code, value=limit)


def split(machine: Machine, text: Value, separator: Value = U, limit: Value = U) -> Value:
    if text is U:
        return U
    _check_limit(limit, "D3020")
    if limit is not U and limit <= 0:
        return []
    if separator is U:
        return [text]
    if type(separator) is str:
        parts = text.split(separator) if separator else list(text)
        machine.room(len(parts))
        return parts if limit is U else parts[: math.trunc(limit)]
    result: list[Value] = []
    start = 0
    for one in matches(machine, separator, text):
        result.append(text[start : one.start])
        start = one.end
        machine.room(len(result))
        if limit is not U and len(result) >= limit:
            return result
    result.append(text[start:])
    return result


def replace(machine: Machine, text: Value, pattern: Value = U, replacement: Value = U, limit: Value = U) -> Value:  # noqa: C901 - one case after another
    if text is U:
        return U
    if pattern == "":
        raise EvaluationError("D3010")
    _check_limit(limit, "D3011")
    if limit is not U and limit <= 0:
        return text
    if type(pattern) is str:
        return _replaced_text(machine, text, pattern, replacement, limit)
    if pattern is U:
        return text
    replacer: Callable[[Found], Value]
    if type(replacement) is str:
        template = _Template(replacement)
        replacer = template.filled
    else:

        def replacer(found: Found) -> Value:
            return machine.call(replacement, [_described(text, found)])

    pieces: list[str] = []
    position = size = 0
    for count, one in enumerate(matches(machine, pattern, text), start=1):
        new = replacer(one)
        if type(new) is not str:
            raise EvaluationError("D3012", value=new)
        pieces += (text[position : one.start], new)
        position = one.start + len(one.text)
        size += len(pieces[-2]) + len(new)
        machine.text(size)
        if limit is not U and count >= limit:
            break
    return "".join(pieces) + text[position:]


def _described(text: str, found: Found) -> dict[str, Value]:
    """A match as a function that replaces it gets it."""
    start = units(text[: found.start])
    return {"match": found.text, "start": start, "end": start + units(found.text), "groups": found.groups}


def _replaced_text(machine: Machine, text: str, pattern: str, replacement: Value, limit: Value) -> Value:
    count = text.count(pattern)
    if limit is not U:
        count = min(count, math.ceil(limit))
    if not count:
        return text
    if type(replacement) is not str:
        raise EvaluationError("D3012", value=replacement)
    machine.text(len(text) + count * max(0, len(replacement) - len(pattern)))
    return text.replace(pattern, replacement, count)


_DIGITS = re.compile(r"[0-9]+")


class _Template:
    """A replacement with `$0`, `$1` … for what was matched and `$$` for a dollar."""

    def __init__(self, template: str) -> None:
        self._template = template

    def filled(self, found: Found) -> str:
        template = self._template
        pieces: list[str] = []
        position = 0
        index = template.find("$")
        while index != -1:
            pieces.append(template[position:index])
            position = index + 1
            following = template[position : position + 1]
            if following == "$":
                pieces.append("$")
                position += 1
            elif following == "0":
                pieces.append(found.text)
                position += 1
            else:
                position = self._group(found, position, pieces)
            index = template.find("$", position)
        pieces.append(template[position:])
        return "".join(pieces)

    def _group(self, found: Found, position: int, pieces: list[str]) -> int:
        """Add the group whose number stands here, or the dollar before it; gives what comes next."""
        count = len(found.groups)
        most = len(str(count)) if count else 1
        number = self._number(position, most)
        if most > 1 and number is not None and number > count:
            number = self._number(position, most - 1)
        if number is None:
            pieces.append("$")
            return position
        if 0 < number <= count and type(found.groups[number - 1]) is str:
            pieces.append(found.groups[number - 1])
        return position + len(str(number))

    def _number(self, position: int, most: int) -> int | None:
        digits = _DIGITS.match(self._template, position, position + most)
        return None if digits is None else int(digits[0])
