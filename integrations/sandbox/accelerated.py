"""The faster engine (jsonatapy, the extra `fast`) in a worker, in the place of the reference one where that is safe.

It is asked only for expressions that qualify, and what it gives is taken only where it cannot differ: for everything
else, its faults among them, the reference engine answers. Whoever asks has compared both on the expression's samples.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from integrations.core.acceleration import is_doubtful, is_eligible
from integrations.core.documents import JSON
from integrations.core.expressions import Limits
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined

Evaluate: TypeAlias = Callable[[str, JSON | Undefined, Mapping[str, JSON], Limits], Outcome]

NOT_FAST: Final = "G0108"
_ITEMS: Final = 100_000  # of one sequence; fewer than the reference engine bears
_LARGEST: Final = 1_000_000  # bytes of a result; less than any text that the reference engine bears
_MARGIN: Final = 2  # the engines count levels of calls differently


def first_fast(reference: Evaluate) -> Evaluate:
    """Evaluates with the fast engine where it may be, whose results are JSON as text, and else with `reference`."""

    def evaluate(text: str, data: JSON | Undefined, bindings: Mapping[str, JSON], limits: Limits) -> Outcome:
        found = _evaluated(text, data, limits) if not bindings else None
        return reference(text, data, bindings, limits) if found is None else found

    return evaluate


def fast_alone(text: str, data: JSON | Undefined, bindings: Mapping[str, JSON], limits: Limits) -> Outcome:
    """What the fast engine gives, a fault where it may not answer: the reference is not compared with itself."""
    found = _evaluated(text, data, limits) if not bindings else None
    return Fault(code=NOT_FAST, message="The faster engine does not answer this.") if found is None else found


def warm() -> None:
    """Have the library look where the stack ends, for which it reads a file of /proc that workers cannot.

    Else it makes a new stack for every evaluation, as it does where there is bubblewrap but no Landlock.
    """
    fast_alone("$sum(a)", {"a": [1]}, {}, Limits())


def _evaluated(text: str, data: JSON | Undefined, limits: Limits) -> Outcome | None:
    """None where the reference engine is to answer."""
    expression = None if isinstance(data, Undefined) else _compiled(text)
    if expression is None:
        return None
    try:
        given = msgspec.json.encode(data)
        if is_doubtful(given):
            return None
        told = expression.evaluate_json_or_none(
            given.decode(),
            timeout=int(limits.seconds * 1000),
            max_stack_depth=limits.depth // _MARGIN,
            max_sequence_length=_ITEMS,
        )
        if told is None:
            return UNDEFINED
        return Result(msgspec.Raw(told.encode())) if len(told) <= _LARGEST else None
    except (ValueError, TypeError):  # a fault of the expression: the reference engine says which, and where
        return None


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    """The expression as the fast engine has it; None where it may not be used."""
    if _library is None or not is_eligible(text):
        return None
    try:
        return _library.compile(text)
    except ValueError:
        return None


def _imported() -> Any:
    """The library, None where the extra is not installed.

    Its allocator (mimalloc) takes a gigabyte when it starts, which a worker's bound of memory does not allow; told so
    it takes what it needs.
    """
    name = "MIMALLOC_ARENA_EAGER_COMMIT"
    before = os.environ.get(name)
    os.environ[name] = "0"
    try:
        import jsonatapy
    except ImportError:
        return None
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before
    return jsonatapy


_library: Final = _imported()
