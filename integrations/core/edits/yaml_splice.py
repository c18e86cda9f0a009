"""A value set or removed in a YAML text, every other character kept.

Only the characters of what changes are replaced. A file that is written anew from its value would lose line widths,
quotes and blank lines, and a reviewer would have to look for the change among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrations.core.documents import JSON
from integrations.core.edits.values import Keys, Refusal
from integrations.core.edits.yaml_layout import Entry, Item, Kind, Page, dashes, read_page
from integrations.core.edits.yaml_render import block, flow
from integrations.core.edits.yaml_scalars import rewritten
from integrations.core.pointer import ABSENT, look_up
from integrations.core.text import short


def is_same(one: JSON, other: JSON) -> bool:
    """Whether both are the same JSON: `1`, `1.0` and `true` are three values, and the order of keys is none."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def set_value(
    text: str, keys: Keys, value: JSON, *, file: str, before: Sequence[str] = (), keep_style: bool = False
) -> str:
    """The text with `value` at `keys`; objects on the way are made where they are missing.

    A new key goes behind the last one of its mapping, or before the first of `before` that stands there.
    `keep_style`: a string keeps the quotes that it has, where they can hold it. Raises CannotEdit.
    """
    return set_on(read_page(text, file), keys, value, before=before, keep_style=keep_style)


def set_on(page: Page, keys: Keys, value: JSON, *, before: Sequence[str] = (), keep_style: bool = False) -> str:
    """`set_value` in a file that is read already."""
    chain = page.chain(keys)
    if len(chain) == len(keys):
        return _replaced(page, keys, chain, value, keep_style=keep_style)
    rest = keys[len(chain) :]
    for name in reversed(rest[1:]):
        value = {name: value}
    return _inserted(page, chain, rest[0], value, before)


def remove_value(text: str, keys: Keys, *, file: str, is_pruned: bool = True) -> str:
    """The text without what stands at `keys`, and without the objects that this leaves empty."""
    return remove_on(read_page(text, file), keys, is_pruned=is_pruned)


def remove_on(page: Page, keys: Keys, *, is_pruned: bool = True) -> str:
    """`remove_value` in a file that is read already."""
    chain = page.chain(keys)
    if len(chain) < len(keys):
        return page.text
    depth = len(chain) - 1
    while is_pruned and depth and len(chain[depth - 1].value.entries) == 1:
        depth -= 1
    holder = chain[depth - 1].value if depth else page.root
    assert holder is not None  # it has an entry
    return _without(page, holder, chain[depth])


# a key that is not there yet


def _inserted(page: Page, chain: Sequence[Entry], name: str, value: JSON, before: Sequence[str]) -> str:
    holder = chain[-1].value if chain else page.root
    if holder is None:
        lines = block(name, value, column=0, step=2)
        return _appended(page, page.line_break.join(lines))
    if holder.kind is Kind.MAPPING and holder.entries:
        if holder.style:
            at = holder.entries[-1].value.end
            return _spliced(page.text, at, at, f", {flow({name: value})[1:-1]}")
        return _in_block(page, holder, name, value, before)
    keys = tuple(entry.name for entry in chain)
    if look_up(page.value, keys) not in (None, {}):
        where = ".".join(keys) or "The file"
        sentence = f"{where} is {short(flow(look_up(page.value, keys)))} here, so that nothing can be set within it."
        raise page.refuse(Refusal.IN_THE_WAY, sentence, holder.start)
    if not chain:
        lines = block(name, value, column=0, step=2)
        return _spliced(page.text, holder.start, holder.end, page.line_break.join(lines))
    return _put(page, chain, {name: value})


def _appended(page: Page, lines: str) -> str:
    """Behind all comments of a file that holds nothing else."""
    text = page.text
    if text and not text.endswith("\n"):
        text += page.line_break
    return text + lines + page.line_break


def _in_block(page: Page, holder: Item, name: str, value: JSON, before: Sequence[str]) -> str:
    last = holder.entries[-1]
    column = page.column(last.start)
    written = page.line_break.join(block(name, value, column=column, step=page.step))
    follower = next((entry for entry in holder.entries if entry.name in before), None)
    if follower is not None and not _above(page, follower).startswith("#"):
        at = page.line_start(follower.start)
        gap = page.line_break if at and not _above(page, follower) else ""
        return _spliced(page.text, at, at, written + page.line_break + gap)
    if _is_open_ended(page, last.value):
        raise page.refuse(Refusal.UNREADABLE, "Nothing can be added behind a text that keeps its blank lines.")
    at = page.line_end(last.value.end)
    gap = page.line_break if last is not holder.entries[0] and not _above(page, last) else ""
    return _spliced(page.text, at, at, page.line_break + gap + written)


def _above(page: Page, entry: Entry) -> str:
    """The line above a key, stripped; something that is neither blank nor a comment when there is none."""
    start = page.line_start(entry.start)
    return page.text[page.line_start(start - 1) : start].strip() if start else "-"


def _is_open_ended(page: Page, item: Item) -> bool:
    while item.entries or item.items:
        if item.style:
            return False
        item = item.entries[-1].value if item.entries else item.items[-1]
    return item.style in {"|", ">"} and "+" in page.text[item.start : page.line_end(item.start)].split("#")[0]


# a key that is there


def _replaced(page: Page, keys: Keys, chain: Sequence[Entry], value: JSON, *, keep_style: bool) -> str:
    old, item = look_up(page.value, keys), chain[-1].value
    if is_same(old, value):
        return page.text
    if isinstance(old, dict) and isinstance(value, dict) and old and value:
        return _merged(page, keys, old, value)
    if isinstance(old, list) and isinstance(value, list) and old and value:
        edited = _ListSplice(page=page, item=item, old=old, new=value).text()
        if edited is not None:
            return edited
    if isinstance(value, str) and item.kind is Kind.SCALAR and (keep_style or item.style == "|"):
        written = rewritten(page, item, value)
        if written is not None:
            return _spliced(page.text, item.start, item.end, written)
    return _put(page, chain, value)


def _merged(page: Page, keys: Keys, old: dict[str, JSON], new: dict[str, JSON]) -> str:
    text = page.text
    for name, value in new.items():
        text = set_value(text, (*keys, name), value, file=page.file)
    for name in old:
        if name not in new:
            text = remove_value(text, (*keys, name), file=page.file, is_pruned=False)
    return text


def _put(page: Page, chain: Sequence[Entry], value: JSON) -> str:
    """The value of the last entry written anew, behind its key or, an object in a block, below it."""
    entry = chain[-1]
    holder = chain[-2].value if len(chain) > 1 else page.root
    is_block = holder is not None and not holder.style and isinstance(value, dict) and value
    text, item = page.text, entry.value
    if _is_open_ended(page, item):  # the line breaks that it keeps end its own line as well
        text = _spliced(text, item.end, item.end, page.line_break)
    if not item.style and item.kind is not Kind.SCALAR:  # a block collection: its lines go
        text = _spliced(text, page.line_end(entry.colon), page.line_end(item.end), "")
        item = Item(kind=Kind.SCALAR, start=entry.colon, end=entry.colon, style="")
    if not is_block:
        if item.start == item.end:
            return _spliced(text, entry.colon, entry.colon, f" {flow(value)}")
        return _spliced(text, item.start, item.end, flow(value))
    text = _spliced(text, entry.colon, item.end, "")
    column, step = page.column(entry.start), page.step
    lines = [line for name, inner in value.items() for line in block(name, inner, column=column + step, step=step)]
    end = text.find("\n", entry.colon)
    end = len(text) if end < 0 else end - (text[end - 1] == "\r")
    return _spliced(text, end, end, page.line_break + page.line_break.join(lines))


def _without(page: Page, holder: Item, entry: Entry) -> str:
    index = holder.entries.index(entry)
    if holder.style:
        if index:
            return _spliced(page.text, holder.entries[index - 1].value.end, entry.value.end, "")
        end = holder.entries[1].start if len(holder.entries) > 1 else entry.value.end
        return _spliced(page.text, entry.start, end, "")
    start, end = page.line_start(entry.start), page.next_line(entry.value.end)
    if _is_open_ended(page, entry.value):
        end = entry.value.end
    is_last = entry is holder.entries[-1]
    if index and not _above(page, entry):  # the blank line that set it apart
        if is_last:
            start = page.line_start(start - 1)
        elif not page.text[end : page.line_end(end)].strip():
            end = page.next_line(end)
    if end == len(page.text) and not page.text.endswith("\n") and start:
        start = page.line_end(page.line_start(start - 1))  # the file ends without a line break, and still does
    return _spliced(page.text, start, end, "")


# lists


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListSplice:
    """A list in which the elements that are equal at both ends stay as they are written. Neither list is empty."""

    page: Page
    item: Item
    old: list[JSON]
    new: list[JSON]

    def text(self) -> str | None:
        """None when the list is laid out so that no element can be replaced alone."""
        head, tail = _common(self.old, self.new)
        gone = self.item.items[head : len(self.old) - tail]
        fresh = self.new[head : len(self.new) - tail]
        if self.item.style == "[":
            return self._flow(head, gone, fresh)
        prefix = dashes(self.page, self.item.items)
        return None if prefix is None else self._block(head, gone, [prefix + flow(value) for value in fresh])

    def _flow(self, head: int, gone: Sequence[Item], fresh: Sequence[JSON]) -> str:
        text, items = self.page.text, self.item.items
        written = ", ".join(flow(value) for value in fresh)
        if gone and fresh:
            return _spliced(text, gone[0].start, gone[-1].end, written)
        if gone:
            start, end = (items[head - 1].end, gone[-1].end) if head else (gone[0].start, items[len(gone)].start)
            return _spliced(text, start, end, "")
        if head:
            return _spliced(text, items[head - 1].end, items[head - 1].end, f", {written}")
        return _spliced(text, items[0].start, items[0].start, f"{written}, ")

    def _block(self, head: int, gone: Sequence[Item], fresh: Iterable[str]) -> str:
        page, items = self.page, self.item.items
        written = page.line_break.join(fresh)
        if gone and written:
            return _spliced(page.text, page.line_start(gone[0].start), gone[-1].end, written)
        if gone and head:
            return _spliced(page.text, page.line_end(items[head - 1].end), page.line_end(gone[-1].end), "")
        if gone:
            return _spliced(page.text, page.line_start(gone[0].start), page.line_start(items[len(gone)].start), "")
        if head:
            at = page.line_end(items[head - 1].end)
            return _spliced(page.text, at, at, page.line_break + written)
        at = page.line_start(items[0].start)
        return _spliced(page.text, at, at, written + page.line_break)


def _common(old: Sequence[JSON], new: Sequence[JSON]) -> tuple[int, int]:
    """How many elements are equal at the start, and how many of the others at the end."""
    head = 0
    while head < min(len(old), len(new)) and is_same(old[head], new[head]):
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and is_same(old[-1 - tail], new[-1 - tail]):
        tail += 1
    return head, tail


def _spliced(text: str, start: int, end: int, replacement: str) -> str:
    return text[:start] + replacement + text[end:]


def value_at(text: str, keys: Keys, *, file: str) -> JSON:
    """What the file says at `keys`, or ABSENT."""
    page = read_page(text, file)
    return look_up(page.value, keys) if page.value is not None else ABSENT
