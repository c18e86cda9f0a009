"""JSONata, without running it: is it sound, which output fields does it set, which input fields does it read?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from integrations.core.documents import Analysis

MAX_EXPRESSION = 65_536  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """Why a text is no JSONata expression. Line and column count from 1, `position` from 0, all in characters.

    They point at the start of the offending token; `code` is JSONata's own (S0101 …).
    """

    code: str
    message: str
    line: int
    column: int
    position: int


@lru_cache(maxsize=2048)
def analyse(text: str) -> Analysis | Syntax:
    """What can be told of an expression. Never raises; a text longer than MAX_EXPRESSION is a Syntax."""
    return Analysis() if len(text) <= MAX_EXPRESSION else _too_long()


def _too_long() -> Syntax:
    message = f"The expression is longer than {MAX_EXPRESSION:,} characters."
    return Syntax(code="S0500", message=message, line=1, column=1, position=0)
