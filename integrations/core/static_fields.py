"""The output fields that an expression's syntax tree tells: the literal keys of its final object constructor.

The final constructor is found through blocks and, at the top, through the last step of a path (`records.{…}`, whose
fields are those of each record). Keys of a constructor within a constructor are fields; where a value may be
anything else, a list included, its key is the leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from integrations.core.documents import StaticField
from integrations.core.pointer import escape
from integrations.core.syntax import Symbol

MAX_FIELDS = 2_000
MAX_PATH = 1_000  # characters of a field's path; beyond these bounds an expression is not static

Pairs: TypeAlias = Sequence[tuple[Symbol, Symbol]]


@dataclass(slots=True)
class _Field:
    start: int
    span: tuple[int, int]


_Tree: TypeAlias = "dict[str, _Field | _Tree]"


def static_fields(tree: Symbol, text: str, line_of: Callable[[int], int]) -> tuple[tuple[StaticField, ...], bool]:
    """The fields in the order of the text, and whether these are all that the expression can set."""
    pairs = _constructor(_last_step(tree))
    if pairs is None:
        return (), False
    keys, is_complete = _keys(pairs)
    found: list[StaticField] = []
    for path, field in _leaves(keys, ""):
        if len(path) > MAX_PATH or len(found) == MAX_FIELDS:
            is_complete = False
            continue
        start, end = field.span
        found.append(StaticField(path=path, expression=text[start:end], line=line_of(field.start)))
    return tuple(found), is_complete


def readable(key: str) -> str:
    """A key or name as text that can be stored: escaped surrogate pairs joined, what is no character replaced."""
    if key.isascii() and "\x00" not in key:
        return key
    joined = key.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\x00", "\ufffd")


def _last_step(node: Symbol) -> Symbol:
    """What a path ends in, sorting aside; other nodes as they are."""
    while node.group is None:
        if node.type == "path":
            steps = [step for step in node.steps if step.type != "sort"]
            node = steps[-1]
        elif node.type == "block" and node.expressions:
            node = node.expressions[-1]
        else:
            break
    return node


def _constructor(node: Symbol) -> Pairs | None:
    """The pairs of a node that surely gives one object: a constructor, a block that ends in one, or a grouping."""
    while node.type == "block" and node.expressions and node.group is None:
        node = node.expressions[-1]
    pairs: Pairs | None = None
    if node.group is not None:
        pairs = node.group.lhs_object
    elif node.type == "unary" and node.value == "{":
        pairs = node.lhs_object
    return pairs


def _keys(pairs: Pairs) -> tuple[_Tree, bool]:
    """The literal keys, and whether there are no others. JSONata refuses a key that repeats; the last one is kept."""
    keys: _Tree = {}
    is_complete = True
    for key, value in pairs:
        if key.type != "string" or key.predicate is not None or key.group is not None:
            is_complete = False
            continue
        name = readable(key.value)
        is_complete = is_complete and name not in keys
        nested = None if value.predicate or value.keep_array else _constructor(value)
        if nested:
            keys[name], is_told = _keys(nested)
            is_complete = is_complete and is_told
            if keys[name]:
                continue
        keys[name] = _Field(key.start, key.span)
    return keys, is_complete


def _leaves(keys: _Tree, path: str) -> Iterator[tuple[str, _Field]]:
    for key, item in keys.items():
        at = f"{path}/{escape(key)}"
        if isinstance(item, dict):
            yield from _leaves(item, at)
        else:
            yield at, item
