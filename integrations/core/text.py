"""What reading YAML and reading JSON have in common: the value with its lines, the limits, UTF-8, and pointers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.documents import JSON, Source
from integrations.core.pointer import escape
from integrations.core.problems import Code, Problem

INTEGER_LIMIT = 2**63  # integers below it are held exactly by the database and by msgspec

# What a text column or a JSON column of a database refuses: control characters (NUL above all) and lone surrogates.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SHOWN = 60  # characters of a name or value that a sentence repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """Bounds of one file: bytes, values (keys not counted), levels of nesting."""

    size: int = 256 * 1024
    nodes: int = 20_000
    depth: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file's value. The maps are keyed by JSON Pointer; lines count from 1.

    `lines` has the line of a value's key (of the value itself in a list and at the root). `texts` has the line where
    a string's own text begins when that is another one: the line after a block scalar's `|`.
    """

    value: JSON
    lines: dict[str, int]
    texts: dict[str, int] = field(default_factory=dict)

    def line(self, pointer: str) -> int:
        """The line of the value there, or of the nearest value around it."""
        while pointer not in self.lines and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)


def decode(text: bytes, file: str, *, size: int) -> str | Problem:
    """UTF-8 text of at most `size` bytes, without a byte order mark; else what is wrong with it."""
    if len(text) > size:
        return problem(Code.TOO_LARGE, f"The file has {len(text):,} bytes; at most {size:,} are read.", file, 1)
    if text.startswith(b"\xef\xbb\xbf"):
        return problem(Code.NOT_UTF8, "The file begins with a byte order mark; save it as plain UTF-8.", file, 1, 1)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8")) + 1
        return problem(Code.NOT_UTF8, f"Byte 0x{text[error.start]:02x} here is not UTF-8.", file, line, column)


def position(text: str, offset: int) -> tuple[int, int]:
    """The 1-based line and column of a character offset."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def child(pointer: str, key: str) -> str:
    """The JSON Pointer (RFC 6901) of a key below `pointer`."""
    return f"{pointer}/{escape(key)}"


def unstorable(text: str) -> str | None:
    """The first character of a text that no database column can hold."""
    found = _UNSTORABLE.search(text)
    return found.group() if found else None


def short(text: str) -> str:
    """Content of a file as a sentence may repeat it: bounded, and with nothing that cannot be kept."""
    return _UNSTORABLE.sub("\ufffd", text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def problem(
    code: Code,
    message: str,
    file: str,
    line: int,
    column: int | None = None,
    *,
    data: Mapping[str, str] | None = None,
) -> Problem:
    """A problem with its address, short to write."""
    return Problem(code=code, message=message, source=Source(file=file, line=line), column=column, data=data or {})
