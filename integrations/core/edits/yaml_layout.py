"""Where everything stands in a YAML file: the file's events as a tree of extents, in characters of the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ruamel.yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from integrations.core.documents import JSON, Source
from integrations.core.edits.values import CannotEdit, Keys, Refusal
from integrations.core.text import TextLimits
from integrations.core.yaml import LIMITS, events, read_yaml

_BLANKS = " \t"


class Kind(StrEnum):
    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A value's extent, without the comments and blank lines behind it.

    `style` is the mark that opens it: a quote, `|`, `>`, `{` or `[`; empty for plain scalars and block collections.
    """

    kind: Kind
    start: int
    end: int
    style: str
    entries: tuple[Entry, ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of a mapping. `colon` is the place just behind its colon; a value that is not written begins there."""

    name: str
    start: int
    colon: int
    value: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One file: its text, its value, and where everything stands; `root` is None when it holds nothing."""

    file: str
    text: str
    value: JSON
    root: Item | None

    def chain(self, keys: Keys) -> tuple[Entry, ...]:
        """The entries along `keys`, as far as there are any."""
        found: list[Entry] = []
        item = self.root
        for key in keys:
            entry = next((one for one in item.entries if one.name == key), None) if item else None
            if entry is None:
                break
            found.append(entry)
            item = entry.value
        return tuple(found)

    def line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line's text ends: before its line break, or at the end of the file."""
        at = self.text.find("\n", offset)
        if at < 0:
            return len(self.text)
        return at - 1 if at > offset and self.text[at - 1] == "\r" else at

    def next_line(self, offset: int) -> int:
        at = self.text.find("\n", offset)
        return len(self.text) if at < 0 else at + 1

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    @property
    def line_break(self) -> str:
        at = self.text.find("\n")
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"

    @property
    def step(self) -> int:
        """By how much the file indents a mapping within a mapping."""
        pending = [self.root] if self.root else []
        while pending:
            item = pending.pop()
            for entry in item.entries:
                inner = entry.value
                if inner.kind is Kind.MAPPING and not inner.style and item.style == "":
                    return self.column(inner.start) - self.column(entry.start)
            pending.extend(entry.value for entry in item.entries)
        return 2

    def source(self, offset: int) -> Source:
        return Source(file=self.file, line=self.text.count("\n", 0, offset) + 1)

    def refuse(self, code: Refusal, sentence: str, offset: int = 0) -> CannotEdit:
        return CannotEdit(code, sentence, self.source(offset))


def read_page(text: str, file: str, *, limits: TextLimits = LIMITS) -> Page:
    """Raises CannotEdit for a file that the project's reader refuses."""
    node, problems = read_yaml(text.encode("utf-8", "surrogatepass"), file, limits=limits)
    if node is None or problems:
        first = problems[0]
        raise CannotEdit(Refusal.UNREADABLE, f"The file cannot be read: {first.message}", first.source)
    layout = _Layout(text=text, file=file, next_event=events(text))
    return Page(file=file, text=text, value=node.value, root=layout.root())


@dataclass(slots=True, kw_only=True)
class _Layout:
    text: str
    file: str
    next_event: Callable[[], Any]

    def root(self) -> Item | None:
        event = self.next_event()
        while type(event) in {StreamStartEvent, DocumentStartEvent}:
            event = self.next_event()
        if type(event) is StreamEndEvent:
            return None
        item = self.item(event)
        return None if item.start == item.end else item

    def item(self, event: Any) -> Item:
        start: int = event.start_mark.index
        if type(event) is ScalarEvent:
            return self.scalar(event, start)
        if type(event) is MappingStartEvent:
            entries, end = self.entries()
            style = "{" if event.flow_style else ""
            end = end if style else (entries[-1].value.end if entries else start)
            return Item(kind=Kind.MAPPING, start=start, end=end, style=style, entries=entries)
        items, end = self.items()
        style = "[" if event.flow_style else ""
        end = end if style else (items[-1].end if items else start)
        return Item(kind=Kind.SEQUENCE, start=start, end=end, style=style, items=items)

    def scalar(self, event: Any, start: int) -> Item:
        end: int = event.end_mark.index
        style = event.style or ""
        if style in {"|", ">"} and "+" not in self.text[start : self.text.find("\n", start)].split("#")[0]:
            end = start + len(self.text[start:end].rstrip())  # blank lines at its end are not part of it
        return Item(kind=Kind.SCALAR, start=start, end=end, style=style)

    def entries(self) -> tuple[tuple[Entry, ...], int]:
        found: list[Entry] = []
        while type(event := self.next_event()) is not MappingEndEvent:
            start, colon = event.start_mark.index, self.colon(event.end_mark.index)
            after = self.next_event()
            empty = type(after) is ScalarEvent and not after.value and not after.style
            value = Item(kind=Kind.SCALAR, start=colon, end=colon, style="") if empty else self.item(after)
            found.append(Entry(name=event.value, start=start, colon=colon, value=value))
        return tuple(found), event.end_mark.index

    def items(self) -> tuple[tuple[Item, ...], int]:
        found: list[Item] = []
        while type(event := self.next_event()) is not SequenceEndEvent:
            found.append(self.item(event))
        return tuple(found), event.end_mark.index

    def colon(self, at: int) -> int:
        while self.text[at : at + 1] in {" ", "\t"}:
            at += 1
        if self.text[at : at + 1] != ":":
            source = Source(file=self.file, line=self.text.count("\n", 0, at) + 1)
            raise CannotEdit(Refusal.UNREADABLE, "A key is written in a way that is not edited here (`? key`).", source)
        return at + 1


def dash(page: Page, item: Item) -> str | None:
    """What stands before an item of a block sequence on its line, `- ` at its end; None when it is not alone there."""
    before = page.text[page.line_start(item.start) : item.start]
    return before if before.strip(_BLANKS) == "-" and before.lstrip(_BLANKS)[1:].strip(_BLANKS) == "" else None


def dashes(page: Page, items: Sequence[Item]) -> str | None:
    """The common prefix of all items of a block sequence, or None when each has its own."""
    found = {dash(page, item) for item in items}
    return found.pop() if len(found) == 1 else None
