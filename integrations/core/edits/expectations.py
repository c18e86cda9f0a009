"""What a sample expects, changed where a change of configuration makes another result right.

Only the lines of what changes are touched, as in the files of accounts. Lists are entered by position, so that one
field of one record changes alone.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from integrations.core.documents import JSON
from integrations.core.edits.json_splice import remove_in_json, set_in_json
from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.edits.yaml_layout import Item, Page, read_page
from integrations.core.edits.yaml_splice import is_same, remove_on, set_on
from integrations.core.layout import YAML_SUFFIXES
from integrations.core.pointer import ABSENT, Absent, parse
from integrations.core.schemas import SAMPLE_LIMITS

Changes: TypeAlias = Mapping[str, JSON | Absent]  # JSON Pointer into what is expected → its value, ABSENT to remove it
_Path: TypeAlias = tuple[str | int, ...]
_EXPECTED = "expected"


def with_expected(text: str, *, file: str, changes: Changes) -> str:
    """The sample's text with `changes` made in what it expects, and nothing else. Raises CannotEdit.

    New keys go behind the last of their object; objects on the way are made. An element of a list that is removed
    moves those behind it, after all values are set.
    """
    before = _value(text, file)
    if not isinstance(before, dict) or _EXPECTED not in before:
        raise CannotEdit(Refusal.UNREADABLE, f"{file} is no sample with an expected result.")
    wanted = {**before, _EXPECTED: changed(before[_EXPECTED], changes)}
    for path, value in list(_steps(before[_EXPECTED], wanted[_EXPECTED], (_EXPECTED,))):
        text = _stepped(text, file, path, value)
    if not is_same(_value(text, file), wanted):
        raise CannotEdit(Refusal.NOT_EXACT, f"{file} cannot be changed so that it expects this; edit it by hand.")
    return text


def changed(expected: JSON, changes: Changes) -> JSON:
    """What is expected after the changes. Raises CannotEdit where one leads through what is neither object nor list."""
    holder: dict[str, JSON] = {_EXPECTED: copy.deepcopy(expected)}
    gone = [pointer for pointer, value in changes.items() if isinstance(value, Absent)]
    for pointer, value in changes.items():
        if not isinstance(value, Absent):
            _set(holder, (_EXPECTED, *parse(pointer)), value)
    for pointer in reversed(gone):  # of a list, its last element first
        _remove(holder, (_EXPECTED, *parse(pointer)))
    return holder[_EXPECTED]


def _set(holder: JSON, keys: Sequence[str], value: JSON) -> None:
    *way, last = keys
    for key in way:
        holder = _entered(holder, key)
    if isinstance(holder, list) and last.isdecimal() and int(last) <= len(holder):
        holder[int(last) : int(last) + 1] = [value]
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise _in_the_way(keys)


def _entered(holder: JSON, key: str) -> JSON:
    if isinstance(holder, dict):
        return holder.setdefault(key, {})
    if isinstance(holder, list) and key.isdecimal() and int(key) <= len(holder):
        if int(key) == len(holder):
            holder.append({})
        return holder[int(key)]
    raise _in_the_way([key])


def _remove(holder: JSON, keys: Sequence[str]) -> None:
    *way, last = keys
    if not way:
        raise CannotEdit(Refusal.BAD_VALUE, "A sample must expect something.")
    for key in way:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    if isinstance(holder, list):
        del holder[int(last)]
    else:
        del holder[last]


def _in_the_way(keys: Sequence[str]) -> CannotEdit:
    return CannotEdit(Refusal.IN_THE_WAY, f"Nothing can be expected at {'.'.join(keys)}: what holds it has no parts.")


def _steps(before: JSON, after: JSON, path: _Path) -> Iterator[tuple[_Path, JSON | Absent]]:
    """The smallest values that are to be set or removed, those to be removed last."""
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        for key in after:
            if key in before:
                yield from _steps(before[key], after[key], (*path, key))
            else:
                yield (*path, key), after[key]
        yield from (((*path, key), ABSENT) for key in before if key not in after)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _steps(old, new, (*path, index))
    elif not is_same(before, after):
        yield path, after


def _stepped(text: str, file: str, path: _Path, value: JSON | Absent) -> str:
    if not file.endswith(YAML_SUFFIXES):
        return remove_in_json(text, path) if isinstance(value, Absent) else set_in_json(text, path, value)
    page = read_page(text, file, limits=SAMPLE_LIMITS)
    depth = max((at for at, key in enumerate(path) if isinstance(key, int)), default=-1) + 1
    keys = tuple(str(key) for key in path[depth:])
    within = _within(page, path[:depth])
    if not keys or within is None or _is_first_on_its_dash(within, keys, value):
        return _element_anew(page, path, value)
    if isinstance(value, Absent):
        return remove_on(within, keys, is_pruned=False)
    return set_on(within, keys, value, keep_style=True)


def _within(page: Page, path: _Path) -> Page | None:
    """The file as if it held only what stands at `path`, all places being those of the file."""
    item, value = page.root, page.value
    for key in path:
        item = _part(item, key)
        if item is None:
            return None
        value = value[key]
    return replace(page, root=item, value=value)


def _part(item: Item | None, key: str | int) -> Item | None:
    if item is None:
        return None
    if isinstance(key, int):
        return item.items[key] if key < len(item.items) else None
    return next((entry.value for entry in item.entries if entry.name == key), None)


def _is_first_on_its_dash(page: Page, keys: tuple[str, ...], value: JSON | Absent) -> bool:
    """Whether a key would go that shares its line with the dash of its list."""
    holder = page.root
    if not isinstance(value, Absent) or len(keys) != 1 or holder is None or holder.style:
        return False
    return bool(holder.entries) and holder.entries[0].name == keys[0]


def _element_anew(page: Page, path: _Path, value: JSON | Absent) -> str:
    """The innermost list that holds the value, set as a whole: elements that stay the same are let alone."""
    at = [index for index, key in enumerate(path) if isinstance(key, int)]
    while len(at) > 1 and at[-1] - at[-2] == 1:  # a list within a list has no key of its own
        at.pop()
    start, end = (at[-2] + 1 if len(at) > 1 else 0), at[-1]
    within, keys = _within(page, path[:start]), tuple(str(key) for key in path[start:end])
    holder: dict[str, JSON] = {"": copy.deepcopy(_at(page.value, path[:end]))}
    inner = ("", *(str(key) for key in path[end:]))
    if isinstance(value, Absent):
        _remove(holder, inner)
    else:
        _set(holder, inner, value)
    assert within is not None  # the value of the file has it
    return set_on(within, keys, holder[""], keep_style=True)


def _at(value: JSON, path: _Path) -> JSON:
    for key in path:
        value = value[key]
    return value


def _value(text: str, file: str) -> JSON:
    if file.endswith(YAML_SUFFIXES):
        return read_page(text, file, limits=SAMPLE_LIMITS).value
    try:
        return json.loads(text)
    except ValueError:
        raise CannotEdit(Refusal.UNREADABLE, f"{file} cannot be read as JSON.") from None
