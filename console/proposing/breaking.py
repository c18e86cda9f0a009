"""Checks that a change would break, in words for people who write none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.presentation.values import dotted, shown_short
from integrations.core.mapping_tests import TestResult

_MOST = 3  # checks that are told one by one


def broken_sentences(broken: Sequence[TestResult]) -> list[str]:
    """A sentence that counts them, with what the first of them expected and would get."""
    if not broken:
        return []
    count = "1 check" if len(broken) == 1 else f"{len(broken)} checks"
    more = f"; and {len(broken) - _MOST} more" if len(broken) > _MOST else ""
    return [f"{count} would fail: {'; '.join(_each(broken[:_MOST]))}{more}."]


def _each(broken: Iterable[TestResult]) -> Iterable[str]:
    return (f"{result.sample} {_why(result)}" for result in broken)


def _why(result: TestResult) -> str:
    if result.fault is not None:
        return f"ends with an error ({result.fault.message.rstrip('.')})"
    if result.breaches:
        breach = result.breaches[0]
        return f"gives what is not allowed at {dotted(breach.path) or 'the result'} ({breach.message.rstrip('.')})"
    first = result.differences[0]
    sides = [
        "nothing" if kind == first.kind else shown_short(value)
        for kind, value in (("unexpected", first.expected), ("missing", first.got))
    ]
    return f"expects {dotted(first.path) or 'the result'} to be {sides[0]}, and would get {sides[1]}"
