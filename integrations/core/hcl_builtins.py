"""Operators and functions of HCL on values that are known, and the value that stands for one that is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

MAX_NODES: Final = 20_000  # of one named value: names can double what they name, many times over
MAX_TEXT: Final = 1_000_000  # characters
DECODERS: Final = frozenset(["jsondecode", "yamldecode"])


class Unknown:
    """The only instance is UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def is_small(value: Any) -> bool:
    """Whether it has at most MAX_NODES parts and MAX_TEXT characters; what is shared counts each time."""
    pending, nodes, text = [value], 0, 0
    while pending:
        item = pending.pop()
        nodes += 1
        text += len(item) if isinstance(item, str) else 0
        if nodes > MAX_NODES or text > MAX_TEXT:
            return False
        if isinstance(item, (dict, list)):
            if len(item) > MAX_NODES:
                return False
            pending.extend(item.values() if isinstance(item, dict) else item)
    return True


def has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)


def text_of(value: Any) -> str | None:
    """A string, number or truth value as HCL writes it into a string; None for all else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - from where notations differ
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) else None


def operate(operator: str, operands: Sequence[Any]) -> Any:
    match operator, list(operands):
        case "!", [bool(value)]:
            return not value
        case "-", [int() | float() as value]:
            return -value
        case "&&", [bool(left), bool(right)]:
            return left and right
        case "||", [bool(left), bool(right)]:
            return left or right
        case "==", [left, right]:
            return type(left) is type(right) and left == right
        case "!=", [left, right]:
            return not (type(left) is type(right) and left == right)
        case "+", [int(left), int(right)]:
            return left + right
        case "-", [int(left), int(right)]:
            return left - right
        case "<" | ">" | "<=" | ">=", [int() | float() as left, int() | float() as right]:
            return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
    return UNKNOWN


def _set(items: Any) -> Any:
    return sorted(set(items)) if isinstance(items, list) and all(isinstance(item, str) for item in items) else UNKNOWN


def _merge(*objects: Any) -> Any:
    merged: dict[str, Any] = {}
    for one in objects:
        merged.update(one or {})
    return merged


def _concat(*lists: Any) -> Any:
    return [item for one in lists for item in one] if all(isinstance(one, list) for one in lists) else UNKNOWN


def _lookup(mapping: Any, key: Any, *default: Any) -> Any:
    return mapping[key] if key in mapping else (default[0] if default else UNKNOWN)


def _join(mark: Any, items: Any) -> Any:
    if not isinstance(items, list) or sum(len(item) + len(mark) for item in items) > MAX_TEXT:
        return UNKNOWN
    return mark.join(items)


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, (list, dict, str)) else UNKNOWN


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "toset": _set,
    "tolist": lambda items: items if isinstance(items, list) else UNKNOWN,
    "tomap": lambda items: items if isinstance(items, dict) else UNKNOWN,
    "merge": _merge,
    "concat": _concat,
    "keys": sorted,
    "values": lambda mapping: [mapping[key] for key in sorted(mapping)],
    "length": _length,
    "lookup": _lookup,
    "contains": lambda items, item: item in items if isinstance(items, list) else UNKNOWN,
    "lower": str.lower,
    "upper": str.upper,
    "trimspace": str.strip,
    "join": _join,
    **dict.fromkeys(DECODERS, lambda _: UNKNOWN),  # of what is no string
}
