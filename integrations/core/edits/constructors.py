"""One output field of a JSONata expression set or removed, every other character of its text kept.

It can be done where the expression is, or its block ends in, an object constructor whose keys are all literal. Where
the constructor is a step of a path (`records.{…}`) the names in its values are looked up in that path, and a value
that a person writes for the whole input would mean something else: that is refused, as is everything dynamic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from integrations.core.edits.values import CannotEdit, Keys, Refusal
from integrations.core.expressions import analyse
from integrations.core.outcomes import Fault
from integrations.core.pointer import build, is_below
from integrations.core.static_fields import readable
from integrations.core.syntax import Symbol, parse

_STEP: Final = 2
_BLANKS: Final = re.compile(r"[ \t]*(?:/\*[^\n]*?\*/[ \t]*)*")  # blanks and comments to the end of a line
_KEY: Final = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')(?:[ \t\r\n]+|/\*.*?\*/)*:""", re.DOTALL)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_GAP: Final = re.compile(r"(?:[ \t\r\n]+|/\*.*?\*/)*", re.DOTALL)  # the same, over lines


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A key with its value: `start` is where the key's text begins, `value` is the extent of its value."""

    name: str
    start: int
    value: tuple[int, int]
    node: Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """A constructor; `start` is where its brace stands."""

    start: int
    pairs: tuple[_Pair, ...]

    def pair(self, name: str) -> _Pair | None:
        return next((pair for pair in self.pairs if pair.name == name), None)


def set_field(text: str, path: Keys, expression: str) -> str:
    """The text in which the output field `path` is given by `expression`. Raises CannotEdit."""
    check_expression(expression)
    written = expression.strip()
    objects, last = _along(text, path)
    depth = len(objects) - 1
    if last is None:
        new = _added(text, objects[-1], path[depth:], written)
    elif _nested(last.node) is not None and not _is_emptied(last.node):
        sentence = f"{path[-1]} has fields of its own here; set these, or edit the full expression."
        raise CannotEdit(Refusal.DYNAMIC, sentence)
    else:
        start, end = _with_comments(text, last, written)
        new = text[:start] + written + text[end:]
    _check(text, new, path, written)
    return new


def remove_field(text: str, path: Keys) -> str | None:
    """The text without the field and the objects that this leaves empty; None when no field is left at all.

    A field that is not there is no error.
    """
    objects, last = _along(text, path)
    if last is None:
        return text
    depth = len(objects) - 1
    while depth and len(objects[depth].pairs) == 1:
        depth -= 1
    if len(objects[depth].pairs) == 1:
        return None
    pair = objects[depth].pair(path[depth])
    assert pair is not None
    new = _without(text, objects[depth], pair)
    _check(text, new, path[: depth + 1], None)
    return new


def constructor(path: Keys, expression: str) -> str:
    """The text of an expression that gives one field."""
    check_expression(expression)
    text = "{\n" + _lines(path, expression.strip(), _STEP) + "\n}\n"
    _check("{}", text, path, expression.strip())
    return text


def check_expression(text: str) -> None:
    """Raises CannotEdit with the place where the text stops being JSONata."""
    tree = parse(text)
    if isinstance(tree, Fault):
        place = f" (line {tree.line}, column {tree.column})" if tree.line else ""
        raise CannotEdit(Refusal.BAD_EXPRESSION, f"The expression cannot be read{place}: {tree.message}")


def _along(text: str, path: Keys) -> tuple[list[_Object], _Pair | None]:
    """The constructors that the path leads through, as far as they go, and the pair at its end, if there is one."""
    tree = parse(text)
    if isinstance(tree, Fault):
        raise CannotEdit(Refusal.BAD_EXPRESSION, f"The expression as it stands cannot be read: {tree.message}")
    if not path:
        raise CannotEdit(Refusal.NO_PLACE, "Name the output field that is to change.")
    objects = [_object(_final(tree))]
    for depth, name in enumerate(path):
        pair = objects[-1].pair(name)
        if pair is None or depth == len(path) - 1:
            return objects, pair
        inner = _nested(pair.node)
        if inner is None:
            where = ".".join(path[: depth + 1])
            sentence = f"{where} is computed as a whole here, so that no single field of it can be set"
            raise CannotEdit(Refusal.DYNAMIC, f"{sentence}; edit the full expression.")
        objects.append(_object(inner))
    raise AssertionError("a path has an end")


def _final(tree: Symbol) -> Symbol:
    node = tree
    while node.type == "block" and node.expressions and node.group is None:
        node = node.expressions[-1]
    if _nested(node) is None:
        sentence = "This expression does not end in an object whose fields are written out"
        raise CannotEdit(Refusal.DYNAMIC, f"{sentence}, so that no single field of it can be set; edit it as a whole.")
    return node


def _nested(node: Symbol) -> Symbol | None:
    """The node, where it is a constructor and nothing is done with the object that it makes."""
    is_plain = node.group is None and not node.predicate and not node.keep_array
    return node if is_plain and node.type == "unary" and node.value == "{" else None


def _is_emptied(node: Symbol) -> bool:
    return not node.lhs_object


def _object(node: Symbol) -> _Object:
    pairs: list[_Pair] = []
    for key, value in node.lhs_object:
        is_literal = key.type == "string" and key.predicate is None and key.group is None
        if not is_literal or any(pair.name == readable(key.value) for pair in pairs):
            sentence = "A key of this object is computed or stands twice"
            raise CannotEdit(Refusal.DYNAMIC, f"{sentence}, so that its fields cannot be told; edit it as a whole.")
        pairs.append(_Pair(name=readable(key.value), start=key.start, value=key.span, node=value))
    return _Object(start=node.position - 1, pairs=tuple(pairs))  # the parser's position is just behind the brace


# writing


def _added(text: str, into: _Object, rest: Keys, expression: str) -> str:
    if not into.pairs:
        start = into.start + 1
        gap = _gap(text, start)
        behind = gap if gap.strip() else " "  # a comment in it is kept
        return f"{text[:start]} {_one_line(rest, expression)}{behind}{text[start + len(gap) :]}"
    last = into.pairs[-1]
    at: int = last.value[1]
    before = text[_line_start(text, last.start) : last.start]
    if before.strip():  # the key does not begin its line: all stands on one
        at += len(_blanks(text, at).rstrip())
        return f"{text[:at]}, {_one_line(rest, expression)}{text[at:]}"
    line_break = "\r\n" if "\r\n" in text else "\n"
    written = (before + _lines(rest, expression, len(before)).lstrip(" ")).replace("\n", line_break)
    note = _blanks(text, at)  # a comment behind the last value stays with it
    note = note if text.startswith(("\n", "\r\n"), at + len(note)) else ""
    return f"{text[:at]},{note}{line_break}{written}{text[at + len(note) :]}"


def _with_comments(text: str, pair: _Pair, written: str) -> tuple[int, int]:
    """The extent of a value with the comments around it that the new value brings along itself."""
    start, end = pair.value
    key = _KEY.match(text, pair.start)
    before = text[key.end() : start] if key else ""
    opening = next((at for at in _comments(before) if written.startswith(before[at[0] :].rstrip())), None)
    behind = _gap(text, end)
    closing = [at for at in _comments(behind) if written.endswith(behind[: at[1]].lstrip())]
    return start - (len(before) - opening[0] if opening else 0), end + (closing[-1][1] if closing else 0)


def _comments(gap: str) -> list[tuple[int, int]]:
    return [found.span() for found in _COMMENT.finditer(gap)]


def _one_line(rest: Keys, expression: str) -> str:
    inner = expression
    for name in reversed(rest[1:]):
        inner = f"{{ {_key(name)}: {inner} }}"
    return f"{_key(rest[0])}: {inner}"


def _lines(rest: Keys, expression: str, column: int) -> str:
    """The pair over as many lines as it has levels."""
    pad = " " * column
    if len(rest) == 1:
        return f"{pad}{_key(rest[0])}: {expression}"
    return f"{pad}{_key(rest[0])}: {{\n{_lines(rest[1:], expression, column + _STEP)}\n{pad}}}"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _without(text: str, holder: _Object, pair: _Pair) -> str:
    """The text without a pair that is not the only one, its comma, and the lines that are its own."""
    index = holder.pairs.index(pair)
    start, end = pair.start, pair.value[1]
    if index == len(holder.pairs) - 1:
        comma = _comma(text, holder.pairs[index - 1].value[1])
        return _cut(text, [(comma, comma + 1), _extent(text, comma + 1, start, end)])
    comma = _comma(text, end)
    if text[_line_start(text, start) : start].strip():
        return _cut(text, [(start, holder.pairs[index + 1].start)])
    return _cut(text, [_extent(text, 0, start, comma + 1)])


def _extent(text: str, floor: int, start: int, end: int) -> tuple[int, int]:
    """What goes with a pair: whole lines, from the end of the one above, where it has them to itself."""
    line = _line_start(text, start)
    behind: int = end + len(_blanks(text, end))
    if line > floor and not text[line:start].strip() and text[behind : behind + 2].startswith(("\n", "\r\n")):
        above = line - 1 - (text[line - 2 : line - 1] == "\r")
        return above, behind
    end += len(_blanks(text, end).rstrip()) if floor else 0  # the comment behind the last pair
    while start > floor and text[start - 1] in " \t":
        start -= 1
    return start, end


def _comma(text: str, at: int) -> int:
    comma = at + len(_gap(text, at))
    if text[comma : comma + 1] != ",":
        raise CannotEdit(Refusal.DYNAMIC, "The field cannot be taken out of this expression; edit it as a whole.")
    return comma


def _cut(text: str, extents: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(extents, reverse=True):
        text = text[:start] + text[end:]
    return text


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _gap(text: str, at: int) -> str:
    found = _GAP.match(text, at)
    return found[0] if found else ""


def _blanks(text: str, at: int) -> str:
    found = _BLANKS.match(text, at)
    return found[0] if found else ""


# afterwards


def _check(old: str, new: str, path: Keys, expression: str | None) -> None:
    """Raises CannotEdit unless the fields of `new` are those of `old` but for `path`, which gives `expression`."""
    before, after = analyse(old), analyse(new)
    if isinstance(before, Fault) or isinstance(after, Fault) or before.is_static > after.is_static:
        raise CannotEdit(Refusal.NOT_EXACT, "With this value the expression as a whole could not be read.")
    pointer = build(path)
    kept = [(one.path, one.expression) for one in before.fields if not is_below(one.path, pointer)]
    kept = [each for each in kept if not (is_below(pointer, each[0]) and each[1][:1] == "{")]  # a filled empty object
    found = [(one.path, one.expression) for one in after.fields if not is_below(one.path, pointer)]
    values = [one for one in after.fields if is_below(one.path, pointer)]
    is_told = not values if expression is None else _gives(values[0].expression if values else "", expression, values)
    if found != kept or not is_told:
        raise CannotEdit(Refusal.NOT_EXACT, "With this value the expression would give other fields than are wanted.")


def _gives(first: str, expression: str, values: Sequence[object]) -> bool:
    """A value that is an object itself shows as its fields; any other is found as it was written."""
    return bool(values) and (
        first == expression or expression.startswith(("{", "(", "/*")) or expression.endswith("*/")
    )
