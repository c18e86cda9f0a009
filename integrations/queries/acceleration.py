"""Which engine evaluates an expression in a batch: the faster one where it was seen to give the same on the samples.

An expression's samples are the inputs of all mapping tests that evaluate it. Without any, nothing was proved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import msgspec

from integrations.core.acceleration import Engine, is_eligible
from integrations.core.documents import JSON
from integrations.core.mapping_tests import runs
from integrations.core.outcomes import Fault, Outcome
from integrations.models import EngineAgreement
from integrations.queries.mapping_tests import Ground, engine_version, plan
from integrations.sandbox.evaluator import Evaluator, Run

_LIBRARY = "jsonatapy"
_MOST_SAMPLES = 200  # of one expression that are compared


def engine_for(expression: str, inputs: Sequence[JSON]) -> Engine:
    """The engine for a batch of one expression; `inputs` are those of its samples (see `sample_inputs`)."""
    return engines_for({expression: inputs})[expression]


def engines_for(samples: Mapping[str, Sequence[JSON]]) -> Mapping[str, Engine]:
    """The engine of each expression, by one query."""
    keys = {text: key for text, inputs in samples.items() if (key := agreement_key(text, inputs)) is not None}
    agreed = set(EngineAgreement.objects.filter(key__in=keys.values(), agrees=True).values_list("key", flat=True))
    return {text: Engine.FAST if keys.get(text) in agreed else Engine.REFERENCE for text in samples}


def sample_inputs(ground: Ground, integration: str = "") -> dict[str, list[JSON]]:
    """The inputs of all samples for each expression that the mapping tests evaluate; none has variables beside it."""
    found: dict[str, list[JSON]] = {}
    for planned in plan(ground, integration=integration):
        for run in runs(planned.case):
            if not run.bindings:
                found.setdefault(run.expression, []).append(run.data)
    return {text: inputs[:_MOST_SAMPLES] for text, inputs in found.items()}


def agreement_key(expression: str, inputs: Iterable[JSON]) -> str | None:
    """Names an expression, its samples and both engines; None where the faster one may not be used at all."""
    encoded = sorted(msgspec.json.encode(data, order="sorted") for data in inputs)
    if not encoded or (fast := fast_version()) is None or not is_eligible(expression):
        return None
    parts = [engine_version().encode(), fast.encode(), expression.encode("utf-8", "surrogatepass"), *encoded]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


@cache
def fast_version() -> str | None:
    """The faster engine that is installed. It is never imported here, but only by workers."""
    try:
        return version(_LIBRARY)
    except PackageNotFoundError:
        return None


class Accelerated:
    """Evaluates with the engine of each expression; what the faster one fails at is evaluated by the reference one.

    Takes the place of an `Evaluator` in `queries.outputs`.
    """

    def __init__(self, evaluator: Evaluator, engines: Mapping[str, Engine]) -> None:
        self._evaluator = evaluator
        self._engines = engines

    def evaluate_many(self, runs: Sequence[Run]) -> list[Outcome]:
        fast = [number for number, run in enumerate(runs) if self._engines.get(run.expression) is Engine.FAST]
        told = zip(fast, self._evaluated(runs, fast, Engine.FAST), strict=True)
        found: dict[int, Outcome] = {number: outcome for number, outcome in told if not isinstance(outcome, Fault)}
        rest = [number for number in range(len(runs)) if number not in found]
        found |= zip(rest, self._evaluated(runs, rest, Engine.REFERENCE), strict=True)
        return [found[number] for number in range(len(runs))]

    def _evaluated(self, runs: Sequence[Run], numbers: Sequence[int], engine: Engine) -> list[Outcome]:
        return self._evaluator.evaluate_many([runs[number] for number in numbers], engine=engine) if numbers else []
