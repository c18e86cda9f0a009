"""Regular expressions as values: functions that find matches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Machine, Native
from integrations.core.engine.values import Function, U, Value, is_number, units
from integrations.core.regexes import Regex


class Found(NamedTuple):
    """A match. `start` counts characters; `matched` is how far the text was used up."""

    text: str
    start: int
    end: int
    groups: list[Value]


class Matcher(Function):
    """A regular expression of the text."""

    __slots__ = ("regex",)
    arity = 2

    def __init__(self, regex: Regex) -> None:
        self.regex = regex

    def call(self, text: Value = U, start: Value = U) -> Value:
        """The first match from `start` on, as the reference gives it to a caller."""
        text = text if type(text) is str else ""
        begin = int(start) if start is not U and is_number(start) and start > 0 else 0
        return self._object(text, begin)

    def _object(self, text: str, begin: int) -> Value:
        if begin > len(text):
            return U
        found = self.regex.matcher.search(text, begin)
        if found is None:
            return U
        start, end = found.span()

        def following() -> Value:
            if end >= len(text):
                return U
            result = self._object(text, end)
            if result is not U and result["match"] == "":
                raise EvaluationError("D1004", value=self.regex.source)
            return result

        return {
            "match": found[0],
            "start": units(text[:start]),
            "end": units(text[:end]),
            "groups": [U if group is None else group for group in found.groups()],
            "next": Native("", following, None, arity=0, parameters=0, needs_machine=False),
        }

    def matches(self, text: str) -> Iterator[Found]:
        """Each match. Raises D1004 where one after the first is empty."""
        last = len(text)
        for found in self.regex.matcher.finditer(text):
            start, end = found.span()
            yield Found(found[0], start, end, [U if group is None else group for group in found.groups()])
            if end >= last:
                return
            if start == end:
                raise EvaluationError("D1004", value=self.regex.source)


def matches(machine: Machine, matcher: Function, text: str) -> Iterator[Found]:
    """Each match that a regular expression, or a function like one, finds."""
    if type(matcher) is Matcher:
        iterator = matcher.matches(text)
        empty_follows = False
        for found in iterator:
            machine.work()
            if empty_follows and not found.text:
                raise EvaluationError("D1004", value=matcher.regex.source)
            empty_follows = True
            yield found
        return
    result = machine.call(matcher, [text])
    while result is not U and (found_object := _checked(result)) is not None:
        yield found_object
        following = result.get("next", U)
        if not isinstance(following, Function):
            raise EvaluationError("T1010")
        result = machine.call(following, [])


def _checked(result: Any) -> Found | None:
    """The match that a function describes. Raises T1010 where it describes none."""
    if result is None or (type(result) in (bool, int, float, str) and not result):
        return None
    if type(result) is not dict:
        raise EvaluationError("T1010")
    text, start, end, groups = (result.get(name, U) for name in ("match", "start", "end", "groups"))
    has_numbers = type(start) in (int, float) and type(end) in (int, float)
    if type(text) is not str or not has_numbers or not isinstance(groups, list):
        raise EvaluationError("T1010")
    return Found(text, int(start), int(end), list(groups))


Replacer = Callable[[Found], Value]
