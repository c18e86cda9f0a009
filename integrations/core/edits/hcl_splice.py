"""A value set or removed in an HCL text, every other byte kept but for the columns that `terraform fmt` aligns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from integrations.core.documents import JSON
from integrations.core.edits import hcl_render
from integrations.core.edits.hcl_columns import realigned
from integrations.core.edits.hcl_layout import Form, HclEntry, HclPage, Holder, Resource, read_hcl_page
from integrations.core.edits.values import CannotEdit, Keys, Refusal
from integrations.core.edits.yaml_splice import is_same

Address: TypeAlias = tuple[str, str]  # a resource's type and label

_BEHIND = re.compile(rb"[ \t]*,?[ \t]*((#|//)[^\n]*)?\r?")
ENCODED = "config"  # the attribute of an override that is written as `jsonencode({…})`


def set_value(text: str, keys: Keys, value: JSON, *, file: str, resource: Address) -> str:
    """The text in which the resource has `value` at `keys`, whose first is an attribute or a nested block."""
    page = read_hcl_page(text, file)
    holders, entry = _along(page, find(page, resource), keys)
    if entry is None:
        rest = keys[len(holders) - 1 :]
        for name in reversed(rest[1:]):
            value = {name: value}
        return _added(page, holders[-1], rest[0], value, is_encoded=len(holders) == 1 and rest[0] == ENCODED)
    inner = _holder(page, entry)
    if inner is not None and isinstance(value, dict) and value:
        for name, item in value.items():
            text = set_value(text, (*keys, name), item, file=file, resource=resource)
        for gone in inner.entries:
            if gone.name not in value:
                text = remove_value(text, (*keys, gone.name), file=file, resource=resource, is_pruned=False)
        return text
    if entry.is_block:
        raise page.refuse(Refusal.IN_THE_WAY, f"{entry.name} is a block; set what stands in it.", entry.value)
    if is_same(page.literal(entry.value), value):
        return text
    return _spliced(page, entry.value.start_byte, entry.value.end_byte, _written(page, entry, value))


def remove_value(text: str, keys: Keys, *, file: str, resource: Address, is_pruned: bool = True) -> str:
    """The text without what stands at `keys`, and without the objects and blocks that this leaves empty."""
    page = read_hcl_page(text, file)
    holders, entry = _along(page, find(page, resource), keys)
    if entry is None:
        return text
    depth = len(keys) - 1
    while is_pruned and depth and len(holders[depth].entries) == 1:
        depth -= 1
    gone = holders[depth].entry(keys[depth])
    assert gone is not None
    return _without(page, holders[depth], gone)


def literal_at(text: str, keys: Keys, *, file: str, resource: Address) -> JSON | None:
    """The value that is written at `keys`; None where nothing is. Raises CannotEdit where it is computed."""
    page = read_hcl_page(text, file)
    _, entry = _along(page, find(page, resource), keys)
    return None if entry is None else page.literal(entry.value)


def find(page: HclPage, resource: Address) -> Resource:
    found = next((one for one in page.resources() if (one.type, one.label) == resource), None)
    if found is None:
        raise CannotEdit(Refusal.NO_PLACE, f"There is no resource {'.'.join(resource)} in {page.file}.")
    return found


def _along(page: HclPage, resource: Resource, keys: Keys) -> tuple[list[Holder], HclEntry | None]:
    """What the keys lead through, as far as there is any, and the entry at their end, if it is there."""
    holders = [page.body(resource.node)]
    for depth, name in enumerate(keys):
        same = [entry for entry in holders[-1].entries if entry.name == name]
        if len(same) > 1:
            raise page.refuse(Refusal.NOT_LITERAL, f"{name} stands here more than once.", same[1].value)
        if not same or depth == len(keys) - 1:
            return holders, same[0] if same else None
        inner = _holder(page, same[0])
        if inner is None:
            page.literal(same[0].value)  # what is computed is refused as such
            sentence = f"{name} is no object here, so that nothing can be set within it."
            raise page.refuse(Refusal.IN_THE_WAY, sentence, same[0].value)
        holders.append(inner)
    raise AssertionError("keys have an end")


def _holder(page: HclPage, entry: HclEntry) -> Holder | None:
    if not entry.is_block:
        return page.object(entry.value)
    if page.source_text(entry.value).startswith("dynamic"):
        sentence = f"{entry.name} is made by a dynamic block. Edit it in its file."
        raise page.refuse(Refusal.NOT_LITERAL, sentence, entry.value)
    return page.body(entry.value)


def _written(page: HclPage, entry: HclEntry, value: JSON) -> str:
    """The new value in the form of the old one: a list over lines stays one."""
    old = page.source_text(entry.value)
    column = _indent(page, entry.start)
    if isinstance(value, list) and value and "\n" in old and old.startswith("["):
        if "#" in old or "//" in old or "/*" in old:
            raise page.refuse(Refusal.NOT_EXACT, "The list has comments; edit it in its file.", entry.value)
        pad = " " * (column + 2)
        return "[\n" + "".join(f"{pad}{hcl_render.line(item)},\n" for item in value) + " " * column + "]"
    return hcl_render.lines(value, column=column)


# adding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """The entry that a new one stands behind."""

    entry: HclEntry
    is_tall: bool


def _added(page: HclPage, holder: Holder, name: str, value: JSON, *, is_encoded: bool) -> str:
    if holder.form is Form.BODY and not hcl_render.IDENTIFIER.fullmatch(name):
        raise CannotEdit(Refusal.BAD_VALUE, f"“{name}” cannot be the name of an attribute.", page.source(holder.start))
    key = hcl_render.key(name)
    if b"\n" not in page.text[holder.start : holder.end]:
        return _added_on_line(page, holder, f"{key} = {hcl_render.line(value)}")
    is_tall = isinstance(value, dict) and bool(value)
    anchor = _anchor(page, holder, is_tall=is_tall)
    column = _indent(page, anchor.entry.start) if anchor else _indent(page, holder.end) + 2
    body = hcl_render.lines(value, column=column)
    written = f"{' ' * column}{key} = " + (f"jsonencode({body})" if is_encoded else body)
    if anchor is None:
        at = _line_end(page, holder.start)
        return realigned(_spliced(page, at, at, f"\n{written}"), page.line_of(at) + 1, line_break=page.line_break)
    at = _line_end(page, anchor.entry.end)
    if not _BEHIND.fullmatch(page.text[anchor.entry.end : at]):  # the closing brace stands on the same line
        return _spliced(page, anchor.entry.end, anchor.entry.end, f", {written.lstrip()}")
    gap = "\n" if holder.form is Form.BODY and (is_tall or anchor.is_tall) else ""
    text = _spliced(page, at, at, f"\n{gap}{written}")
    return realigned(text, page.line_of(at) + 1, line_break=page.line_break) if not is_tall and not gap else text


def _added_on_line(page: HclPage, holder: Holder, written: str) -> str:
    if holder.form is Form.BODY:
        sentence = "The block stands on one line; write it over several before adding to it."
        raise CannotEdit(Refusal.NOT_EXACT, sentence, page.source(holder.start))
    if not holder.entries:
        return _spliced(page, holder.start, holder.end, f" {written} ")
    at = holder.entries[-1].end
    return _spliced(page, at, at, f", {written}")


def _anchor(page: HclPage, holder: Holder, *, is_tall: bool) -> _Anchor | None:
    """In an object the last entry. In a body the last attribute, for a value on one line that of the first group."""
    entries: Sequence[HclEntry] = [entry for entry in holder.entries if not entry.is_block]
    if not entries:
        return None
    flat = [entry for entry in entries if page.line_of(entry.start) == page.line_of(entry.end)]
    if holder.form is Form.OBJECT or is_tall or not flat or flat[0] is not entries[0]:
        return _Anchor(entry=entries[-1], is_tall=entries[-1] not in flat)
    last = flat[0]
    for entry in flat[1:]:
        if page.line_of(entry.start) != page.line_of(last.end) + 1:
            break
        last = entry
    return _Anchor(entry=last, is_tall=False)


# removing


def _without(page: HclPage, holder: Holder, entry: HclEntry) -> str:
    start, end = _line_start(page, entry.start), _line_end(page, entry.end)
    is_alone = not page.text[start : entry.start].strip() and _BEHIND.fullmatch(page.text[entry.end : end])
    if not is_alone:
        return _without_comma(page, holder, entry)
    index = holder.entries.index(entry)
    was_aligned = realigned(page.text.decode(), page.line_of(entry.start), line_break=page.line_break)
    is_conforming = was_aligned == page.text.decode()
    next_line = min(end + len(page.line_break), len(page.text))
    above = page.text[_line_start(page, start - 1) : start] if start else b"-"
    below = page.text[next_line : _line_end(page, next_line)]
    if index and not above.strip() and (not below.strip() or index == len(holder.entries) - 1):
        start = _line_start(page, start - 1)
    text = _spliced(page, start, next_line, "")
    if not is_conforming:
        return text
    line = page.text.count(b"\n", 0, start)
    for near in (line - 1, line):
        text = realigned(text, near, line_break=page.line_break, is_forced=True)
    return text


def _without_comma(page: HclPage, holder: Holder, entry: HclEntry) -> str:
    index = holder.entries.index(entry)
    if index:
        return _spliced(page, holder.entries[index - 1].end, entry.end, "")
    if len(holder.entries) > 1:
        return _spliced(page, entry.start, holder.entries[1].start, "")
    return _spliced(page, holder.start, holder.end, "")


# bytes


def _spliced(page: HclPage, start: int, end: int, replacement: str) -> str:
    written = replacement.replace("\n", page.line_break).encode()
    return (page.text[:start] + written + page.text[end:]).decode()


def _line_start(page: HclPage, at: int) -> int:
    return page.text.rfind(b"\n", 0, max(at, 0)) + 1


def _line_end(page: HclPage, at: int) -> int:
    end = page.text.find(b"\n", at)
    if end < 0:
        return len(page.text)
    return end - 1 if end > at and page.text[end - 1 : end] == b"\r" else end


def _indent(page: HclPage, at: int) -> int:
    line = page.text[_line_start(page, at) :]
    return len(line) - len(line.lstrip(b" "))
