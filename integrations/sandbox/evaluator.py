"""Evaluate JSONata in a pool of worker processes that can be ended."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import msgspec

from integrations.core.documents import JSON, Analysis
from integrations.core.expressions import MAX_EXPRESSION
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined
from integrations.core.syntax import parse
from integrations.sandbox import limits as crossings, wire
from integrations.sandbox.batch import Batch, Refused
from integrations.sandbox.isolation import Isolation
from integrations.sandbox.limits import MEBIBYTE, Limits
from integrations.sandbox.pool import Pool, Texts

__all__ = ["Evaluator", "Limits", "Run", "evaluator"]

_MOST_WORKERS: Final = 4  # that `evaluator()` may have; only batches use more than one
_ANALYSIS: Final = 16 * MEBIBYTE  # bytes of one, at most
_ANALYSIS_SECONDS: Final = 10.0
_FAULT: Final = MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One evaluation: an expression, its input (UNDEFINED: none) and its variables, named without the `$`."""

    expression: str
    data: JSON | Undefined = UNDEFINED
    bindings: Mapping[str, JSON] = field(default_factory=dict)


class Evaluator:
    """Evaluates in workers of its own. Safe to use from several threads and after a fork; `close` ends the workers.

    `workers` at most, started when needed: a batch takes more than one when it lasts. `isolation` None: the best that
    works on this machine; where none does, a worker is still a process of its own with bounds and without an
    environment.
    """

    def __init__(self, *, workers: int = 1, limits: Limits | None = None, isolation: Isolation | None = None) -> None:
        self.workers = workers
        self.limits = limits or Limits()
        answer = max(self.limits.output, _ANALYSIS)
        self._pool = Pool(size=workers, memory=self.limits.memory, answer=answer, isolation=isolation)
        self._end = weakref.finalize(self, self._pool.close)  # also at the end of this process

    def evaluate(self, run: Run, *, limits: Limits | None = None, engine: str = "python") -> Outcome:
        """Never raises for what an expression does: a limit that it crossed is a Fault of `sandbox.limits`."""
        return self.evaluate_many([run], limits=limits, engine=engine)[0]

    def evaluate_many(
        self, runs: Sequence[Run], *, limits: Limits | None = None, engine: str = "python"
    ) -> list[Outcome]:
        """One outcome per run, in order. The limits are each run's own; a run that is ended spoils no other.

        `limits` for these runs alone; their `memory` and an `output` above the evaluator's own are not regarded.
        `engine`: a name in `worker.ENGINES`.
        """
        chosen = limits or self.limits
        return Batch(self._pool, [_Evaluation(run, chosen, engine) for run in runs]).run()

    def analyse_many(self, texts: Iterable[str]) -> list[Analysis | Fault]:
        """`expressions.analyse` of each text, side by side in the workers."""
        return Batch(self._pool, [_Analysis(text) for text in texts]).run()

    def start(self) -> None:
        """Start a first worker, so that the first evaluation need not wait for it. Never raises."""
        self.evaluate(Run(expression="null"))

    def close(self) -> None:
        """End the workers. A later call starts new ones."""
        self._pool.close()


@cache
def evaluator() -> Evaluator:
    """The evaluator of this process; its workers start with the first evaluation."""
    return Evaluator(workers=min(_MOST_WORKERS, _cores()))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """A `Job`."""

    run: Run
    limits: Limits
    engine: str

    @property
    def seconds(self) -> float:
        return self.limits.seconds

    def question(self, texts: Texts) -> bytes:
        given = self._given()
        if len(self.run.expression) > MAX_EXPRESSION or not _is_text(self.run.expression):
            refused = parse(self.run.expression)
            assert isinstance(refused, Fault)
            raise Refused(refused)
        number, text, is_first = texts.tell(self.run.expression)
        bounds = self.limits
        question = wire.Evaluate(
            number=number,
            text=text,
            is_first=is_first,
            given=msgspec.Raw(given),
            engine=self.engine,
            seconds=bounds.seconds,
            depth=bounds.depth,
            items=bounds.items,
            characters=bounds.characters,
            output=bounds.output,
            nesting=bounds.nesting,
        )
        return wire.encode(question)

    def _given(self) -> bytes:
        """The bindings and the input as JSON within its bounds."""
        run, bounds = self.run, self.limits
        given = [run.bindings] if isinstance(run.data, Undefined) else [run.bindings, run.data]
        try:
            encoded = wire.encode(given)
        except RecursionError:
            raise Refused(crossings.input_too_deep(bounds.nesting)) from None
        except UnicodeEncodeError:
            raise Refused(crossings.input_not_json("it holds half of a surrogate pair")) from None
        except (TypeError, ValueError, OverflowError) as error:
            raise Refused(crossings.input_not_json(str(error))) from None
        if len(encoded) > bounds.input:
            raise Refused(crossings.input_too_large(bounds.input))
        if wire.is_too_deep(encoded, given, bounds.nesting + 1):  # with the list that is around both here
            raise Refused(crossings.input_too_deep(bounds.nesting))
        return encoded

    def outcome(self, kind: int, body: bytes) -> Outcome:
        if kind == wire.UNDEFINED:
            return UNDEFINED
        if kind != wire.RESULT:
            return _fault(kind, body)
        if len(body) > self.limits.output:
            raise wire.Untrusted
        try:
            value = wire.decode_value(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise wire.Untrusted from error
        if wire.is_too_deep(body, value, self.limits.nesting):
            raise wire.Untrusted
        return Result(value)


@dataclass(frozen=True, slots=True)
class _Analysis:
    """A `Job`."""

    text: str
    seconds: float = _ANALYSIS_SECONDS

    def question(self, texts: Texts) -> bytes:
        try:
            return wire.encode(wire.Analyse(self.text))
        except UnicodeEncodeError:  # the parser says where
            refused = parse(self.text)
            assert isinstance(refused, Fault)
            raise Refused(refused) from None

    def outcome(self, kind: int, body: bytes) -> Analysis | Fault:
        if kind != wire.ANALYSIS:
            return _fault(kind, body)
        try:
            return wire.decode_analysis(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise wire.Untrusted from error


def _fault(kind: int, body: bytes) -> Fault:
    if kind != wire.FAULT or len(body) > _FAULT:
        raise wire.Untrusted
    try:
        return wire.decode_fault(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise wire.Untrusted from error


def _is_text(expression: str) -> bool:
    """Whether it can be sent: half of a surrogate pair, which JSON can escape and UTF-8 has no bytes for, cannot."""
    try:
        expression.encode()
    except UnicodeEncodeError:
        return False
    return True
