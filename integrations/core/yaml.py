"""YAML text → a JSON value with the line of every part of it, or problems with addresses.

The subset that is read is YAML 1.2 with the core schema (https://yaml.org/spec/1.2.2/#103-core-schema), less
everything that makes one text mean another thing than it seems to: anchors and aliases, tags, merge keys,
directives, more than one document, keys that repeat or are not strings, and values that JSON cannot hold. A word
such as `yes` and a date are strings; `010` is ten.

The events come from libyaml through ruamel.yaml's extension, 30 times faster than its parser in Python, which
serves where the extension is not built. The limits below bound time and memory for hostile text in both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from integrations.core.documents import JSON
from integrations.core.problems import Code, Problem
from integrations.core.text import INTEGER_LIMIT, Node, TextLimits, child, decode, position, problem, short, unstorable

try:
    from _ruamel_yaml import CParser
except ImportError:  # pragma: no cover - depends on how ruamel.yaml was installed
    CParser = None

LIMITS = TextLimits()

Events = Callable[[], Any]

# Characters that YAML 1.2 forbids (§5.1), and those that its readers count as line breaks where editors and Git
# do not, so that a line number would mislead: NEL, LS, PS, and a carriage return alone.
_FORBIDDEN = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_WORDS: dict[str, JSON] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_ASIDE = "\0"  # stands in the pointer of what is read only to find its problems; no key may hold it
_NUMERIC_START = frozenset("-+.0123456789")


def read_yaml(
    text: bytes, file: str, *, limits: TextLimits = LIMITS, pure: bool = False
) -> tuple[Node | None, list[Problem]]:
    """The value of one file and every problem met; the value is None where the text cannot be read to its end.

    An empty file is the value None. `pure` asks for the parser in Python even where the extension is present.
    """
    decoded = decode(text, file, size=limits.size)
    if isinstance(decoded, Problem):
        return None, [decoded]
    if found := _FORBIDDEN.search(decoded):
        line, column = position(decoded, found.start())
        return None, [problem(Code.YAML_SYNTAX, _forbidden(found.group()), file, line, column)]
    reader = _Reader(file=file, limits=limits, next_event=events(decoded, pure=pure))
    try:
        value = reader.document()
    except _Stop as stop:
        return None, [*reader.problems, stop.problem]
    except YAMLError as error:
        return None, [*reader.problems, _syntax(error, file)]
    if reader.problems:
        return Node(value=value, lines=_told(reader.lines), texts=_told(reader.texts)), reader.problems
    return Node(value=value, lines=reader.lines, texts=reader.texts), []


class _Stop(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Builds one document's value from events."""

    file: str
    limits: TextLimits
    next_event: Events
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> JSON:
        """The value of the first document; a second one is a problem."""
        event = self.next_event()
        while type(event) is StreamStartEvent:
            event = self.next_event()
        if type(event) is StreamEndEvent:
            return None
        self._begin(event)
        event = self.next_event()
        self.lines[""] = event.start_mark.line + 1
        value = self.value(event, "", 0)
        event = self.next_event()
        while type(event) is DocumentEndEvent:
            event = self.next_event()
        if type(event) is not StreamEndEvent:
            self.report(Code.YAML_SYNTAX, "A second YAML document begins here; one file holds one document.", event)
        return value

    def _begin(self, event: Any) -> None:
        if type(event) is DocumentStartEvent and (event.version or event.tags):
            self.report(Code.YAML_TAG, "Directives (lines that begin with %) are not read; remove them.", event)

    def value(self, event: Any, pointer: str, depth: int) -> JSON:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            self.stop(f"The file has more than {self.limits.nodes:,} values; split it.", event)
        kind = type(event)
        if kind is AliasEvent:
            self.report(Code.YAML_ALIAS, f"The alias *{short(event.anchor)} is not read; write the value out.", event)
            return None
        if event.anchor is not None or event.tag is not None:
            self.refuse_properties(event)
        if kind is ScalarEvent:
            return self.scalar(event, pointer)
        if depth >= self.limits.depth:
            self.stop(f"Values are nested more than {self.limits.depth} levels deep.", event)
        return self.mapping(pointer, depth) if kind is MappingStartEvent else self.sequence(pointer, depth)

    def mapping(self, pointer: str, depth: int) -> dict[str, JSON]:
        found: dict[str, JSON] = {}
        while type(event := self.next_event()) is not MappingEndEvent:
            key = self.key(event, depth)
            here = f"{pointer}/{key}" if key and key.isidentifier() else child(pointer, _ASIDE if key is None else key)
            after = self.next_event()
            if key is None:
                self.value(after, here, depth + 1)
            elif key in found:
                first = self.lines[here]
                message = f"The key “{short(key)}” stands here a second time; it was first given on line {first}."
                self.report(Code.YAML_DUPLICATE_KEY, message, event)
                self.value(after, here + _ASIDE, depth + 1)
            else:
                self.lines[here] = event.start_mark.line + 1
                found[key] = self.value(after, here, depth + 1)
        return found

    def key(self, event: Any, depth: int) -> str | None:
        """The key's text; None, with a problem, for what cannot be one."""
        if type(event) is not ScalarEvent:
            self.value(event, _ASIDE, depth + 1)
            self.report(Code.WRONG_TYPE, "A key must be a text, not a list, a mapping or an alias.", event)
            return None
        text: str = event.value
        if text.isidentifier() and text not in _WORDS and event.anchor is None and event.tag is None:
            return text  # what nearly all keys are
        if event.implicit[0]:
            if text == "<<":
                self.report(Code.YAML_ALIAS, "The merge key << is not read; write the keys out.", event)
                return None
            if text in _WORDS or (text[0] in _NUMERIC_START and (_INTEGER.match(text) or _FLOAT.match(text))):
                shown = text or "(nothing)"
                self.report(Code.WRONG_TYPE, f"A key must be a text, and {shown} is not; put it in quotes.", event)
                return None
        if event.anchor is not None or event.tag is not None:
            self.refuse_properties(event)
        if event.style == '"' and (bad := unstorable(text)):
            self.report(Code.YAML_SYNTAX, f"The key holds the character U+{ord(bad):04X}, which is not kept.", event)
            return None
        return text

    def sequence(self, pointer: str, depth: int) -> list[JSON]:
        found: list[JSON] = []
        while type(event := self.next_event()) is not SequenceEndEvent:
            here = f"{pointer}/{len(found)}"
            self.lines[here] = event.start_mark.line + 1
            found.append(self.value(event, here, depth + 1))
        return found

    def scalar(self, event: Any, pointer: str) -> JSON:
        text: str = event.value
        if event.implicit[0]:  # plain: only these are resolved
            if text in _WORDS:
                return _WORDS[text]
            if text[0] in _NUMERIC_START and (number := self.number(text, event)) is not None:
                return number
        style = event.style
        if style == "|" or style == ">":  # noqa: PLR1714 - the quickest form, in the innermost loop
            self.texts[pointer] = event.start_mark.line + 2
        elif (line := event.start_mark.line + 1) != self.lines.get(pointer):
            self.texts[pointer] = line
        # Only an escape can bring a control character in: one that stands there was refused before.
        if style == '"' and (bad := unstorable(text)):
            self.report(Code.YAML_SYNTAX, f"The text holds the character U+{ord(bad):04X}, which is not kept.", event)
        return text

    def number(self, text: str, event: Any) -> int | float | None:
        """The number that a plain scalar is, or None when it is a text."""
        if _INTEGER.match(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            # The length is looked at first: the time of `int` grows with its square.
            value = int(text, base) if len(text) <= 66 else INTEGER_LIMIT  # noqa: PLR2004 - 0o and 64 digits
            if -INTEGER_LIMIT <= value < INTEGER_LIMIT:
                return value
        elif _FLOAT.match(text):
            if math.isfinite(number := float(text)):
                return number
        elif not _NOT_FINITE.match(text):
            return None
        self.report(Code.WRONG_TYPE, f"The number {short(text)} cannot be kept as JSON; put it in quotes.", event)
        return 0

    def refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self.report(Code.YAML_ALIAS, f"The anchor &{short(event.anchor)} is not read; remove it.", event)
        if event.tag is not None:
            self.report(Code.YAML_TAG, f"The tag {short(str(event.tag))} is not read; write the plain value.", event)

    def report(self, code: Code, message: str, event: Any) -> None:
        mark = event.start_mark
        self.problems.append(problem(code, message, self.file, mark.line + 1, mark.column + 1))

    def stop(self, message: str, event: Any) -> None:
        mark = event.start_mark
        raise _Stop(problem(Code.TOO_MANY, message, self.file, mark.line + 1, mark.column + 1))


def events(text: str, *, pure: bool = False) -> Events:
    """The next parsing event of a text at each call."""
    if CParser is not None and not pure:
        parse: Events = CParser(text).get_event
        return parse
    stream: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
    return stream.__next__


def _syntax(error: YAMLError, file: str) -> Problem:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    reason = (error.problem if isinstance(error, MarkedYAMLError) else None) or "it cannot be read"
    message = f"This is not YAML: {reason}."
    if mark is None:
        return problem(Code.YAML_SYNTAX, message, file, 1)
    return problem(Code.YAML_SYNTAX, message, file, mark.line + 1, mark.column + 1)


def _told(lines: dict[str, int]) -> dict[str, int]:
    return {pointer: line for pointer, line in lines.items() if _ASIDE not in pointer}


def _forbidden(character: str) -> str:
    if character == "\r":
        return "A carriage return stands here without a line feed; save the file with ordinary line ends."
    return f"The character U+{ord(character):04X} may not stand in YAML."
