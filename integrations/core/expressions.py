"""JSONata without running it: is it sound, which output fields does it set, which input fields does it read?

An evaluator is to take its tree from `syntax.parse` too, so that what is found sound here is what runs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

from integrations.core.documents import Analysis
from integrations.core.references import reads
from integrations.core.static_fields import static_fields
from integrations.core.syntax import MAX_EXPRESSION, Symbol, Syntax, parse, too_deep

__all__ = ["MAX_EXPRESSION", "Syntax", "analyse"]

_CACHED = 2_048  # expressions; a repository's own are far fewer, accounts' mostly differ from one another


@lru_cache(maxsize=_CACHED)
def analyse(text: str) -> Analysis | Syntax:
    """What the text of an expression tells. Never raises, whatever the text; remembered by content."""
    tree = parse(text)
    if isinstance(tree, Syntax):
        return tree
    try:
        return _analysis(tree, text)
    except RecursionError:  # a sound expression whose functions call one another through thousands of levels
        return too_deep(text, 0)


def _analysis(tree: Symbol, text: str) -> Analysis:
    line_of = _lines(text)
    fields, is_static = static_fields(tree, text, line_of)
    return Analysis(fields=fields, reads=reads(tree, line_of), is_static=is_static)


def _lines(text: str) -> Callable[[int], int]:
    """The 1-based line of a position in `text`."""
    ends = [position for position, character in enumerate(text) if character == "\n"]
    return lambda position: bisect_right(ends, position - 1) + 1
