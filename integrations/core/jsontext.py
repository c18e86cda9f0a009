"""JSON text → a value with the line of every part of it, or problems with addresses.

The standard reader gives the value; a scan of the tokens before it gives lines and repeated keys, and bounds nesting
and size, so that the standard reader meets no text that could exhaust it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from integrations.core.documents import JSON
from integrations.core.problems import Code, Problem
from integrations.core.text import INTEGER_LIMIT, Node, TextLimits, child, decode, position, problem, short, unstorable

LIMITS = TextLimits(size=1024 * 1024, nodes=50_000, depth=40)

_TOKEN = re.compile(r'[{}\[\]:,]|"(?:[^"\\\n]|\\.)*"|[^\s{}\[\]:,"]+')
_INTEGER_DIGITS = 20  # more digits than any integer below the limit has


def read_json(text: bytes, file: str, *, limits: TextLimits = LIMITS) -> tuple[Node | None, list[Problem]]:
    """The value of one file and every problem met; the value is None where the text is not JSON (RFC 8259)."""
    decoded = decode(text, file, size=limits.size)
    if isinstance(decoded, Problem):
        return None, [decoded]
    scan = _Scan(text=decoded, file=file, limits=limits)
    scan.run()
    if scan.is_too_much:
        return None, scan.problems
    try:
        value = json.loads(decoded, parse_constant=_refuse, parse_int=_integer, parse_float=_float)
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg[:1].lower()}{error.msg[1:]}."
        return None, [problem(Code.JSON_SYNTAX, message, file, error.lineno, error.colno)]
    except ValueError as error:
        return None, [*scan.problems, problem(Code.JSON_SYNTAX, str(error), file, 1)]
    for pointer in _bad_texts(value):
        message = "The text holds a control character or half of a surrogate pair, which is not kept."
        scan.problems.append(problem(Code.JSON_SYNTAX, message, file, scan.lines.get(pointer, 1)))
    return Node(value=value, lines=scan.lines), scan.problems


@dataclass(slots=True, kw_only=True)
class _Frame:
    """An open object or list. `key` is that of the value being read; in a list its index."""

    pointer: str
    is_object: bool
    keys: dict[str, int] = field(default_factory=dict)
    key: str | None = None
    count: int = 0


@dataclass(slots=True, kw_only=True)
class _Scan:
    """Lines by pointer. What is not JSON may get any line: the standard reader refuses it afterwards."""

    text: str
    file: str
    limits: TextLimits
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_too_much: bool = False
    nodes: int = 0

    def run(self) -> None:
        stack: list[_Frame] = []
        line, seen = 1, 0
        for lexeme in _TOKEN.finditer(self.text):
            start = lexeme.start()
            line += self.text.count("\n", seen, start)
            seen = start
            self.step(lexeme.group(), start, line, stack)
            if self.nodes > self.limits.nodes or len(stack) > self.limits.depth:
                self.is_too_much = True
                message = (
                    f"The file has more than {self.limits.nodes:,} values, "
                    f"or they are nested more than {self.limits.depth} levels deep."
                )
                self.problems.append(problem(Code.TOO_MANY, message, self.file, line))
                return

    def step(self, lexeme: str, start: int, line: int, stack: list[_Frame]) -> None:
        frame = stack[-1] if stack else None
        if lexeme in "}]":
            if stack:
                stack.pop()
        elif lexeme == ",":
            if frame is not None:
                frame.key = None
        elif lexeme == ":":
            pass
        elif frame is not None and frame.is_object and frame.key is None:
            self.key(lexeme, start, line, frame)
        else:
            pointer = self.value(line, frame)
            if lexeme in "{[":
                stack.append(_Frame(pointer=pointer, is_object=lexeme == "{"))

    def key(self, lexeme: str, start: int, line: int, frame: _Frame) -> None:
        try:
            frame.key = str(json.loads(lexeme))
        except ValueError:
            frame.key = lexeme
        if frame.key in frame.keys:
            column = position(self.text, start)[1]
            first = frame.keys[frame.key]
            message = f"The key “{short(frame.key)}” stands here a second time; it was first given on line {first}."
            self.problems.append(problem(Code.DUPLICATE, message, self.file, line, column))
        else:
            frame.keys[frame.key] = line
            self.lines[child(frame.pointer, frame.key)] = line

    def value(self, line: int, frame: _Frame | None) -> str:
        """Count the value and tell its pointer."""
        self.nodes += 1
        if frame is None:
            pointer = ""
        elif frame.is_object:
            pointer = child(frame.pointer, frame.key or "")
        else:
            pointer = f"{frame.pointer}/{frame.count}"
            frame.count += 1
        self.lines.setdefault(pointer, line)
        return pointer


def _refuse(word: str) -> JSON:
    raise ValueError(f"This is not JSON: {word} is no number of it.")


def _integer(text: str) -> int:
    if len(text) > _INTEGER_DIGITS or not -INTEGER_LIMIT <= int(text) < INTEGER_LIMIT:
        raise ValueError(f"The number {short(text)} is too large to be kept.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(f"The number {short(text)} is too large to be kept.")
    return number


def _bad_texts(value: JSON, pointer: str = "") -> list[str]:
    """The pointers of texts and keys that no database column holds. Recursion ends: the scan bounded the depth."""
    if isinstance(value, str):
        return [pointer] if unstorable(value) else []
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _bad_texts(item, f"{pointer}/{index}")]
    if isinstance(value, dict):
        found = [child(pointer, key) for key in value if unstorable(key)]
        return found + [bad for key, item in value.items() for bad in _bad_texts(item, child(pointer, key))]
    return []
