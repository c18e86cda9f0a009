"""Evaluated values with their lines, compared with what the text tells: what is unresolved is a problem, no value."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from integrations.core.documents import JSON, Source
from integrations.core.hcl import (
    Attribute,
    Call,
    Conditional,
    Expression,
    Literal,
    ObjectValue,
    Reference,
    Template,
    TupleValue,
    depth_first,
)
from integrations.core.hcl_builtins import UNKNOWN, text_of
from integrations.core.hcl_scope import Place, Scope, definition, follow, resolve
from integrations.core.hcl_static import NoValue, static_value
from integrations.core.problems import Code, Problem
from integrations.core.text import child, problem, unstorable

MAX_EXACT: Final = 2**53
_MAY_BE_NULL: Final = frozenset(["jsondecode", "yamldecode", "one"])
_MAX_TRACED: Final = 2_000
_WRAPPERS: Final = frozenset(["tomap", "tolist", "toset", "tostring", "trimspace", "chomp"])


@dataclass(slots=True, kw_only=True)
class Values:
    """Reads the attributes of one block instance. `file` is the block's: lines are given for what stands in it."""

    scope: Scope
    file: str
    problems: list[Problem] = field(default_factory=list)

    def read(self, value: JSON, attribute: Attribute, lines: dict[str, int], pointer: str) -> JSON:
        """The attribute's value, cleaned; the lines of it and of all in it are added under `pointer`.

        A string that the text shows to be `jsonencode(…)` is decoded.
        """
        place = Place(attribute.value, self.scope, self.file)
        try:
            expected = static_value(attribute.value, self.scope)
        except NoValue as none:
            self.problems.append(problem(none.code, none.reason, self.file, none.line))
            return None
        written = follow(place)
        if _is_call(written.expression, "jsonencode") and isinstance(value, str):
            return self._encoded(value, written, attribute, lines, pointer)
        return _Walk(self, attribute, lines).walk(value, place, expected, pointer, attribute.line)

    def _encoded(self, text: str, written: Place, attribute: Attribute, lines: dict[str, int], pointer: str) -> JSON:
        call = written.expression
        assert isinstance(call, Call)
        inner = Place(call.arguments[0], written.scope, written.file)
        try:
            value = json.loads(text)
            expected = static_value(inner.expression, inner.scope)
        except (ValueError, RecursionError):
            self.problems.append(problem(Code.UNRESOLVED_VALUE, "This gave no JSON.", self.file, attribute.line))
            return None
        except NoValue as none:
            self.problems.append(problem(none.code, none.reason, self.file, attribute.line))
            return None
        return _Walk(self, attribute, lines).walk(value, inner, expected, pointer, attribute.line)

    def text_source(self, text: str, attribute: Attribute) -> Source:
        """Where a text stands: in the file that `file()` read it from, else where it is written."""
        at = Place(attribute.value, self.scope, self.file)
        for place in closure(at):
            if _is_call(place.expression, "file") and (path := self._file_with(text, place)) is not None:
                return Source(file=path, line=1)
        written = follow(at)
        expression = _chosen(written)
        if isinstance(expression, (Literal, Template)):
            return Source(file=written.file, line=expression.content_line)
        return Source(file=self.file, line=attribute.line)

    def _file_with(self, text: str, place: Place) -> str | None:
        call = place.expression
        assert isinstance(call, Call)
        try:
            name = static_value(call.arguments[0], place.scope)
        except (NoValue, IndexError):
            return None
        path = resolve(self.scope.program.root, name) if isinstance(name, str) else None
        content = None if path is None else self.scope.program.content(path)
        return path if content is not None and content == text.encode("utf-8", "surrogatepass") else None


@dataclass(slots=True)
class _Walk:
    """One attribute: its value and its text, side by side."""

    values: Values
    attribute: Attribute
    lines: dict[str, int]
    _raw: frozenset[str] | None = None

    def walk(self, value: JSON, place: Place, expected: Any, pointer: str, line: int) -> JSON:
        """The value without the evaluator's marks; a problem for each part that it could not resolve."""
        self.lines[pointer] = line
        written = follow(place)
        if isinstance(value, dict) and "__attribute__" in value:
            # So the evaluator shows each name that leads to no value: also to a null, which is one.
            return self._null(written, expected, line, f"`{_shown(value)}` could not be resolved.")
        if value is None:
            return self._null(written, expected, line, "This could not be evaluated: it gave no value.")
        if isinstance(value, dict):
            return self._object(value, written, expected, pointer, line)
        if isinstance(value, list):
            return self._list(value, written, expected, pointer, line)
        return self._scalar(value, expected, line)

    def _object(self, value: dict[str, JSON], written: Place, expected: Any, pointer: str, line: int) -> JSON:
        if isinstance(expected, dict) and (lost := sorted(expected.keys() - value.keys())):
            return self._unresolved(line, f"The text has `{lost[0]}` here, and its evaluation lost it.")
        result = {}
        for key, item in value.items():
            place, at = written, line
            if (found := _item_of(written, key)) is not None:
                entry, inside = found
                place = Place(entry.value, inside.scope, inside.file)
                at = self._line(inside, entry.line, line)
            wanted = expected.get(key, UNKNOWN) if isinstance(expected, dict) else UNKNOWN
            result[key] = self.walk(item, place, wanted, child(pointer, key), at)
        return result

    def _list(self, value: list[JSON], written: Place, expected: Any, pointer: str, line: int) -> JSON:
        if not agree(value, expected):
            message = f"The text says {_short(expected)} here, but its evaluation gave {_short(value)}."
            return self._unresolved(line, message)
        items = _items_of(written)
        result = []
        for index, item in enumerate(value):
            place, at = written, line
            if items is not None and len(items) == len(value):
                place = Place(items[index], written.scope, written.file)
                at = self._line(written, items[index].line, line)
            wanted = UNKNOWN  # a scalar's: what is written as a list may be a set, which has another order
            if isinstance(expected, list) and len(expected) == len(value) and not isinstance(item, (str, int, float)):
                wanted = expected[index]
            result.append(self.walk(item, place, wanted, f"{pointer}/{index}", at))
        return result

    def _line(self, place: Place, line: int, otherwise: int) -> int:
        return line if place.file == self.values.file else otherwise

    def _scalar(self, value: JSON, expected: Any, line: int) -> JSON:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > MAX_EXACT:
            return self._unresolved(line, "This number is too large to be kept exactly: write it as a string.")
        if isinstance(value, str):
            if (bad := unstorable(value)) is not None:
                message = f"The value holds the character U+{ord(bad):04X}, which is not kept."
                self.values.problems.append(problem(Code.NOT_UTF8, message, self.values.file, line))
                return None
            if "${" in value and self._is_left_over(value):
                return self._unresolved(line, "An interpolation in this text could not be resolved.")
        if expected is not UNKNOWN and text_of(value) != text_of(expected):
            message = f"The text says {_short(expected)} here, but its evaluation gave {_short(value)}."
            return self._unresolved(line, message)
        return value

    def _is_left_over(self, value: str) -> bool:
        """Whether the evaluator left the source text of an interpolation in the string."""
        if self._raw is None:
            found = {
                raw
                for place in closure(Place(self.attribute.value, self.values.scope, self.values.file))
                if isinstance(place.expression, Template)
                for raw in place.expression.raw
            }
            self._raw = frozenset(found)
        return bool(self._raw) and ("${...}" in value or any(raw in value for raw in self._raw))

    def _null(self, written: Place, expected: Any, line: int, message: str) -> None:
        """None is right where the text says null, or can give one; a problem elsewhere."""
        if expected is None:
            return
        if expected is UNKNOWN and any(_gives_null(place.expression) for place in closure(written)):
            return
        self._unresolved(line, message)

    def _unresolved(self, line: int, message: str) -> None:
        self.values.problems.append(problem(Code.UNRESOLVED_VALUE, message, self.values.file, line))


def agree(value: JSON, expected: Any) -> bool:
    """Whether a list is what the text tells, in whichever order: sets have none."""
    if not isinstance(expected, list) or not isinstance(value, list):
        return True
    texts = [text_of(item) for item in expected]
    if None in texts:
        return True
    return Counter(texts) == Counter(text_of(item) for item in value) or set(texts) == {text_of(item) for item in value}


def closure(place: Place) -> list[Place]:
    """All expressions that the one at `place` is made of, through the names it uses; the first ones of a great many."""
    found: list[Place] = []
    seen: set[tuple[int, int, int]] = set()
    pending = [place]
    while pending and len(found) < _MAX_TRACED:
        current = pending.pop()
        for part in depth_first(current.expression):
            here = Place(part, current.scope, current.file)
            found.append(here)
            if isinstance(part, Reference) and (target := definition(part, current.scope)) is not None:
                where = target[0]
                mark = (id(where.expression), id(where.scope.parent), id(where.scope.call))
                if mark not in seen:
                    seen.add(mark)
                    pending.append(where)
    return found


def _is_call(expression: Expression, name: str) -> bool:
    return isinstance(expression, Call) and expression.name == name and bool(expression.arguments)


def _gives_null(expression: Expression) -> bool:
    if isinstance(expression, Literal):
        return expression.value is None
    if isinstance(expression, Call):
        is_optional = expression.name == "optional" and len(expression.arguments) == 1
        return is_optional or expression.name in _MAY_BE_NULL
    return False


def _chosen(written: Place) -> Expression:
    """The branch of a conditional that the text shows to be taken; the expression itself otherwise."""
    expression = written.expression
    if isinstance(expression, Conditional):
        try:
            condition = static_value(expression.condition, written.scope)
        except NoValue:
            return expression
        if isinstance(condition, bool):
            return expression.yes if condition else expression.no
    return expression


def _item_of(written: Place, key: str) -> tuple[Any, Place] | None:
    """The entry of a written object, or of the last one merged that has the key, and where it is."""
    expression = written.expression
    if isinstance(expression, ObjectValue):
        item = next((item for item in reversed(expression.items) if item.key == key), None)
        return None if item is None else (item, written)
    if isinstance(expression, Call) and expression.name in {"merge", "tomap"}:
        for argument in reversed(expression.arguments):
            found = _item_of(follow(Place(argument, written.scope, written.file)), key)
            if found is not None:
                return found
    return None


def _items_of(written: Place) -> tuple[Expression, ...] | None:
    expression = written.expression
    if isinstance(expression, Call) and expression.name == "tolist" and len(expression.arguments) == 1:
        return _items_of(follow(Place(expression.arguments[0], written.scope, written.file)))
    return expression.items if isinstance(expression, TupleValue) else None


def _shown(value: dict[str, JSON]) -> str:
    return str(value.get("__attribute__", ""))[:80]


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - as much as a sentence bears
