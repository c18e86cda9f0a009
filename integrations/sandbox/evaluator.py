"""Evaluate JSONata in a pool of worker processes that can be ended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from integrations.core import expressions
from integrations.core.documents import JSON, Analysis
from integrations.core.expressions import Limits
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Undefined

__all__ = ["Evaluator", "Limits", "Run", "evaluator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One evaluation: an expression, its input (UNDEFINED: none) and its variables, named without the `$`."""

    expression: str
    data: JSON | Undefined = UNDEFINED
    bindings: Mapping[str, JSON] = field(default_factory=dict)


class Evaluator:
    """Evaluates in workers of its own. Safe to use from several threads; `close` ends the workers."""

    def __init__(self, *, workers: int = 1, limits: Limits | None = None) -> None:
        self.workers = workers
        self.limits = limits or Limits()

    def evaluate(self, run: Run) -> Outcome:
        """Never raises for what an expression does: a limit that it crossed is a Fault with a G code."""
        return self.evaluate_many([run])[0]

    def evaluate_many(self, runs: Sequence[Run]) -> list[Outcome]:
        """One outcome per run, in order. The limit of time is each run's own; a run that is ended spoils no other."""
        return [
            expressions.evaluate(
                run.expression,
                run.data,
                run.bindings,
                limits=self.limits,
                clock=time.monotonic,
                now=int(time.time() * 1000),
            )
            for run in runs
        ]

    def analyse_many(self, texts: Iterable[str]) -> list[Analysis | Fault]:
        """`expressions.analyse` of each text, side by side in the workers."""
        return [expressions.analyse(text) for text in texts]

    def close(self) -> None:
        """End the workers. A later call starts new ones."""


@cache
def evaluator() -> Evaluator:
    """The evaluator of this process; its workers start with the first evaluation."""
    return Evaluator()
