"""JSONata behind an interface of our own: is a text sound, what does it tell without running, what does it give.

`analyse` and `evaluate` take the tree from one parse, so that what is found sound is what runs. Whatever a person or a
repository brings along is evaluated through `integrations.sandbox.evaluator`, in a process that can be ended: the
limits here stop an expression politely, and cannot stop every one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache

from integrations.core.documents import JSON, Analysis
from integrations.core.engine import Limits, run
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Undefined
from integrations.core.references import reads
from integrations.core.static_fields import static_fields
from integrations.core.syntax import MAX_EXPRESSION, Symbol, parse, too_deep

__all__ = ["MAX_EXPRESSION", "Limits", "analyse", "compile_expression", "evaluate"]

_CACHED = 2_048  # expressions; a repository's own are far fewer, accounts' mostly differ from one another


@lru_cache(maxsize=_CACHED)
def analyse(text: str) -> Analysis | Fault:
    """What the text of an expression tells. Never raises, whatever the text; remembered by content."""
    tree = parse(text)
    if isinstance(tree, Fault):
        return tree
    try:
        return _analysis(tree, text)
    except RecursionError:  # a sound expression whose functions call one another through thousands of levels
        return too_deep(text, 0)


@lru_cache(maxsize=_CACHED)
def compile_expression(text: str) -> Symbol | Fault:
    """The tree that `evaluate` runs; remembered by content. Not to be mutated."""
    return parse(text)


def evaluate(
    text: str,
    data: JSON | Undefined = UNDEFINED,
    bindings: Mapping[str, JSON] | None = None,
    *,
    limits: Limits,
    clock: Callable[[], float],
    now: int,
) -> Outcome:
    """What the expression gives for `data`, `bindings` being its variables (without the `$`).

    `clock` gives seconds and only goes forward; `limits.seconds` is measured by it from this call on. `now` is what
    `$now()` and `$millis()` tell: milliseconds since 1970, UTC. No argument is changed, nor shared with the result.
    Never raises.
    """
    tree = compile_expression(text)
    if isinstance(tree, Fault):
        return tree
    return run(tree, text, data, bindings or {}, limits=limits, clock=clock, now=now)


def _analysis(tree: Symbol, text: str) -> Analysis:
    line_of = _lines(text)
    fields, is_static = static_fields(tree, text, line_of)
    return Analysis(fields=fields, reads=reads(tree, line_of), is_static=is_static)


def _lines(text: str) -> Callable[[int], int]:
    """The 1-based line of a position in `text`."""
    ends = [position for position, character in enumerate(text) if character == "\n"]
    return lambda position: bisect_right(ends, position - 1) + 1
