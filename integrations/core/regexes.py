"""JavaScript's regular expressions, for Python's matchers.

A pattern is JavaScript's, without its `u` flag but by characters rather than UTF-16 units. Where RE2 can express it,
RE2 matches: in linear time, whatever the text. Lookarounds, references to groups, `^` and `$` with the flag `m`, and
large repetitions are beyond RE2; for these Python's own matcher is used, which can take forever.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import re2

_LINE_ENDS: Final = r"\n\r\u2028\u2029"
_SPACES: Final = r"\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_DIGITS: Final = "0-9"
_WORDS: Final = "0-9A-Za-z_"
_SETS: Final = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_CONTROLS: Final = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "0": "\0"}
_QUANTIFIER: Final = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_NAME: Final = re.compile(r"\(\?<([A-Za-z_$][A-Za-z0-9_$]*)>")
_GROUP: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])", re.DOTALL)


class BadRegexError(ValueError):
    """The pattern is none, or beyond both matchers."""


class Regex:
    """A compiled pattern. `matcher` has `search` and `finditer` of Python's `re`."""

    __slots__ = ("ignore_case", "is_linear", "matcher", "multiline", "source")

    def __init__(self, source: str, *, ignore_case: bool, multiline: bool) -> None:
        self.source = source
        self.ignore_case = ignore_case
        self.multiline = multiline
        self.matcher, self.is_linear = _compiled(source, ignore_case, multiline)

    @property
    def pattern(self) -> str:
        return self.source


@lru_cache(maxsize=1_024)
def _compiled(source: str, ignore_case: bool, multiline: bool) -> tuple[Any, bool]:  # noqa: FBT001 - cached by position
    translation = _Translation(source, multiline=multiline)
    pattern = translation.run()
    if translation.is_regular:
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = not ignore_case
        try:
            return re2.compile(_for_re2(pattern), options), True  # type: ignore[no-untyped-call]
        except (re2.error, UnicodeEncodeError):
            pass
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0), False
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRegexError(str(error)) from error


def _for_re2(pattern: str) -> str:
    """RE2 writes characters by their number, the end of the text and the ends of words in its own way."""
    return _ESCAPED.sub(_re2_escape, pattern.replace(r"(?a:\b)", r"\b").replace(r"(?a:\B)", r"\B"))


_ESCAPED: Final = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)


def _re2_escape(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    if digits:
        return rf"\x{{{digits}}}"
    return r"\z" if found[3] == "Z" else found[0]


class _Translation:
    """From JavaScript's pattern to Python's. Every literal is escaped, so that neither dialect finds more in it."""

    def __init__(self, source: str, *, multiline: bool) -> None:
        self._source = source
        self._multiline = multiline
        self._at = 0
        self._output: list[str] = []
        self._groups = sum(found[0][0] == "(" for found in _GROUP.finditer(source))
        self._names: dict[str, int] = {}
        self._opened = 0
        self._open: list[int | None] = []
        self._closed: set[int] = set()
        self._can_repeat = False
        self.is_regular = True  # whether RE2 may have it

    def run(self) -> str:
        while self._at < len(self._source):
            self._next(self._source[self._at])
        if self._open:
            raise BadRegexError("a group is not closed")
        return "".join(self._output)

    def _next(self, character: str) -> None:
        if character == "\\":
            self._escape()
        elif character == "[":
            self._class()
        elif character == "(":
            self._opening()
        elif character == ")":
            self._closing()
        elif character in "*+?" or (character == "{" and _QUANTIFIER.match(self._source, self._at)):
            self._quantifier(character)
        else:
            self._at += 1
            self._plain(character)

    def _plain(self, character: str) -> None:
        match character:
            case ".":
                self._atom(f"[^{_LINE_ENDS}]")
            case "|":
                self._add("|")
            case "^" if self._multiline:
                self.is_regular = False
                self._add(f"(?<![^{_LINE_ENDS}])")
            case "^":
                self._add(r"\A")
            case "$" if self._multiline:
                self.is_regular = False
                self._add(f"(?![^{_LINE_ENDS}])")
            case "$":
                self._add(r"\Z")
            case _:
                self._atom(_literal(character))

    def _add(self, piece: str) -> None:
        self._output.append(piece)
        self._can_repeat = False

    def _atom(self, piece: str) -> None:
        self._output.append(piece)
        self._can_repeat = True

    def _quantifier(self, character: str) -> None:
        if not self._can_repeat:
            raise BadRegexError("there is nothing to repeat")
        if character == "{":
            found = _QUANTIFIER.match(self._source, self._at)
            assert found is not None
            piece = found[0]
            if found[3] and int(found[3]) < int(found[1]):
                raise BadRegexError("the numbers of a repetition are out of order")
        else:
            piece = character
        self._at += len(piece)
        if self._source.startswith("?", self._at):
            piece += "?"
            self._at += 1
        self._add(piece)

    def _opening(self) -> None:
        source, at = self._source, self._at
        if not source.startswith("(?", at):
            self._group("(", 1)
        elif source.startswith("(?:", at):
            self._open.append(None)
            self._at += 3
            self._add("(?:")
        elif found := _NAME.match(source, at):
            if found[1] in self._names:
                raise BadRegexError("two groups have one name")
            self._names[found[1]] = self._opened + 1
            self._group("(", len(found[0]))
        else:
            piece = next((kind for kind in ("(?=", "(?!", "(?<=", "(?<!") if source.startswith(kind, at)), None)
            if piece is None:
                raise BadRegexError("a group is of no known kind")
            self.is_regular = False
            self._open.append(None)
            self._at += len(piece)
            self._add(piece)

    def _group(self, piece: str, length: int) -> None:
        self._opened += 1
        self._open.append(self._opened)
        self._at += length
        self._add(piece)

    def _closing(self) -> None:
        if not self._open:
            raise BadRegexError("a group is closed that was not opened")
        index = self._open.pop()
        if index is not None:
            self._closed.add(index)
        self._at += 1
        self._atom(")")

    def _escape(self) -> None:
        source, at = self._source, self._at
        character = source[at + 1 : at + 2]
        if not character:
            raise BadRegexError("it ends with a backslash")
        if character in "bB":
            self._at += 2
            self._add(rf"(?a:\{character})")
            return
        if character in "dDwWsS":
            self._at += 2
            self._atom(_set(character))
            return
        if character in "123456789" and self._reference():
            return
        if character == "k" and (found := re.compile(r"\\k<([^>]*)>").match(source, at)) and "(?<" in source:
            self._at += len(found[0])
            self._refer(self._names.get(found[1], 0))
            return
        self._atom(_literal(self._character()))

    def _reference(self) -> bool:
        found = re.compile(r"\\(\d+)").match(self._source, self._at)
        assert found is not None
        index = int(found[1])
        if index > self._groups:
            return False
        self._at += len(found[0])
        self._refer(index)
        return True

    def _refer(self, index: int) -> None:
        """What a group matched; nothing where it did not match, or is not closed yet."""
        self.is_regular = False
        self._atom(f"(?:(?({index})\\{index}))" if index in self._closed else "(?:)")

    def _character(self) -> str:
        """The character that the escape at hand stands for."""
        source, at = self._source, self._at
        character = source[at + 1]
        self._at += 2
        if character in _CONTROLS and not (character == "0" and source[at + 2 : at + 3].isdecimal()):
            return _CONTROLS[character]
        for prefix, length in (("x", 2), ("u", 4)):
            digits = source[at + 2 : at + 2 + length]
            if character == prefix and re.fullmatch(f"[0-9A-Fa-f]{{{length}}}", digits):
                self._at += length
                return self._paired(int(digits, 16))
        if character == "c" and source[at + 2 : at + 3].isascii() and source[at + 2 : at + 3].isalpha():
            self._at += 1
            return chr(ord(source[at + 2]) % 32)
        if character in "01234567":
            found = re.compile("[0-3][0-7]{0,2}|[4-7][0-7]?").match(source, at + 1)
            assert found is not None
            self._at = found.end()
            return chr(int(found[0], 8))
        return character

    def _paired(self, code: int) -> str:
        """The character of an escape, with the escape after it where both are one character's surrogates."""
        if 0xD800 <= code <= 0xDBFF:  # noqa: PLR2004 - Unicode's bounds
            low = re.compile(r"\\u([dD][c-fC-F][0-9A-Fa-f]{2})").match(self._source, self._at)
            if low is not None:
                self._at = low.end()
                return chr(0x10000 + ((code - 0xD800) << 10) + (int(low[1], 16) - 0xDC00))
        return chr(code)

    def _class(self) -> None:
        self._at += 1
        negated = self._source.startswith("^", self._at)
        self._at += negated
        pieces: list[str] = []
        while True:
            if self._at >= len(self._source):
                raise BadRegexError("a [ is not closed")
            if self._source[self._at] == "]":
                self._at += 1
                break
            pieces.append(self._range())
        content = "".join(pieces)
        if content:
            self._atom(f"[{'^' if negated else ''}{content}]")
        else:
            self._atom(r"[\x00-\U0010ffff]" if negated else r"[^\x00-\U0010ffff]")
            self.is_regular = False

    def _range(self) -> str:
        """One member of a class, or a range of characters."""
        first = self._member()
        source, at = self._source, self._at
        if source[at : at + 1] != "-" or source[at + 1 : at + 2] in ("]", ""):
            return first if len(first) > 1 else _literal(first)
        self._at += 1
        last = self._member()
        if len(first) > 1 or len(last) > 1:  # a set is no end of a range; the hyphen is itself then
            return "".join(piece if len(piece) > 1 else _literal(piece) for piece in (first, "-", last))
        if first > last:
            raise BadRegexError("the ends of a range are out of order")
        return f"{_literal(first)}-{_literal(last)}"

    def _member(self) -> str:
        """A character, or what stands for a set of them in a class."""
        source, at = self._source, self._at
        if at >= len(source):
            raise BadRegexError("a [ is not closed")
        if source[at] != "\\":
            self._at += 1
            return source[at]
        character = source[at + 1 : at + 2]
        if not character:
            raise BadRegexError("it ends with a backslash")
        if character in "dws":
            self._at += 2
            return _SETS[character]
        if character in "DWS":
            self._at += 2
            return _complement(character)
        if character == "b":
            self._at += 2
            return "\b"
        return self._character()


def _set(character: str) -> str:
    return f"[{'^' if character.isupper() else ''}{_SETS[character.lower()]}]"


_COMPLEMENTS: Final = {
    "D": r"\x00-/:-\U0010ffff",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "S": (
        r"\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
        r"\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
    ),
}


def _complement(character: str) -> str:
    return _COMPLEMENTS[character]


def _literal(character: str) -> str:
    """A character as itself, whatever it means to a matcher, in a class and out of it."""
    if character.isalnum() or character == "_":
        return character
    code = ord(character)
    if code < 0x80:  # noqa: PLR2004 - ASCII
        return f"\\{character}" if character.isprintable() and character != " " else f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else character  # noqa: PLR2004 - the plane that \u reaches
