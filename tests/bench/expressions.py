"""JSONata's figures, beside the reference implementation in Node.

`python -m tests.bench.expressions` prints a table; with `--known`, JSON of what a sync saves by what was kept.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import django

from integrations.core.acceleration import Engine
from integrations.core.expressions import analyse, compile_expression
from integrations.core.outcomes import Fault, Result
from integrations.core.syntax import parse
from integrations.sandbox.evaluator import Evaluator, Limits, Run
from tests.bench.contacts import mapping, records
from tests.bench.report import Figure, emit, percentile, table

ROOT = Path(__file__).parents[2]
COUNTS = (1, 100, 1_000)
MAPPINGS = 10_000
_ROUNDS, _PARSES, _TRIPS = 9, 300, 400


def run(mappings: int = MAPPINGS) -> list[Figure]:
    """Needs no database: what is kept of analyses is measured by `known`."""
    node = _node()
    return [*_evaluations(node), *_parses(node), *_validations(mappings), *_round_trips(), *_after_a_kill()]


def _node() -> dict[str, Any] | None:
    """The reference's figures, in microseconds; None where Node or the package is not there."""
    program = shutil.which("node")
    if program is None or not (ROOT / "node_modules" / "jsonata").is_dir():
        return None
    asked = {"text": mapping(), "records": records(max(COUNTS)), "counts": COUNTS, "parses": _PARSES}
    ran = subprocess.run(
        [program, ROOT / "tests" / "bench" / "reference.cjs"],
        input=json.dumps(asked),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")},
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def _evaluations(node: dict[str, Any] | None) -> Iterator[Figure]:
    targets = {Engine.REFERENCE: 6.0, Engine.FAST: 0.6}
    with closing(Evaluator(workers=1)) as evaluator:
        for count in COUNTS:
            theirs = node["evaluate"][str(count)] if node else None
            if theirs is None:
                yield Figure.plain(f"{count:,} records, Node's jsonata: not measured, Node is absent", 0, "")
            else:
                yield Figure.plain(f"{count:,} records of a 30-line mapping, Node's jsonata", theirs / 1000, "ms")
            for engine, target in targets.items():
                runs = [Run(expression=mapping(), data=data) for data in records(count)]
                ours = _median(lambda runs=runs, engine=engine: _evaluated(evaluator, runs, engine))
                name = "  through the sandbox" + (", accelerator" if engine is Engine.FAST else "")
                yield Figure.plain(name, ours * 1000, "ms")
                if theirs is not None:
                    ratio = ours * 1e6 / theirs
                    is_asked = count == max(COUNTS)
                    yield _ratio(ratio, target if is_asked else None)


def _evaluated(evaluator: Evaluator, runs: Sequence[Run], engine: Engine) -> None:
    outcomes = evaluator.evaluate_many(runs, engine=engine)
    assert all(isinstance(outcome, Result) for outcome in outcomes)


def _ratio(value: float, target: float | None) -> Figure:
    name = "  against Node"
    return Figure.plain(name, value, "times") if target is None else Figure.below(name, value, target, "times")


def _parses(node: dict[str, Any] | None) -> Iterator[Figure]:
    texts = iter([f"{mapping()}/* {number} */" for number in range(_PARSES * 2)])
    ours = _median(lambda: parse(next(texts)), rounds=_PARSES)
    yield Figure.plain("parsing the mapping", ours * 1e6, "µs")
    if node:
        yield Figure.plain("  against Node", ours * 1e6 / node["parse"], "times")


def _validations(mappings: int) -> Iterator[Figure]:
    texts = [mapping(number) for number in range(mappings)]
    taken = {}
    for workers in (1, 2):
        with closing(Evaluator(workers=workers)) as evaluator:
            taken[workers] = _once(lambda evaluator=evaluator: _analysed(evaluator, texts))
        yield Figure.plain(f"{mappings:,} distinct mappings validated cold, {workers} worker(s)", taken[workers], "s")
    yield Figure.at_least("  what the second core gains", taken[1] / taken[2], 1.5, "times")


def _analysed(evaluator: Evaluator, texts: Sequence[str]) -> None:
    found = evaluator.analyse_many(texts)
    assert not any(isinstance(one, Fault) for one in found)


def _round_trips() -> Iterator[Figure]:
    """One evaluation at a time, through a warm worker, over the evaluation itself."""
    from integrations.sandbox.worker import evaluate

    compile_expression(mapping())
    data = records(_TRIPS)
    with closing(Evaluator(workers=1)) as evaluator:
        alone = [_once(lambda one=one: evaluate(mapping(), one, {}, Limits())) for one in data]
        evaluator.evaluate(Run(expression=mapping(), data=data[0]))
        through = [_once(lambda one=one: evaluator.evaluate(Run(expression=mapping(), data=one))) for one in data]
    for share in (0.5, 0.95):
        over = (percentile(through, share) - statistics.median(alone)) * 1000
        name = f"round trip to a warm worker over the evaluation itself, p{share * 100:g}"
        yield Figure.plain(name, over, "ms") if share < 0.95 else Figure.below(name, over, 5, "ms")


def _after_a_kill() -> Iterator[Figure]:
    waits = []
    with closing(Evaluator(workers=1)) as evaluator:
        for _ in range(20):
            evaluator.evaluate(Run(expression="1 + 1", data={}))
            pool = evaluator._pool
            worker = pool.acquire(wait=True)
            assert worker is not None
            pool.discard(worker)  # which is what becomes of one that does not answer in time
            waits.append(_once(lambda: evaluator.evaluate(Run(expression="1 + 1", data={}))) * 1000)
    yield Figure.below("the next request after a kill, p95", percentile(waits, 0.95), 100, "ms")


def known(mappings: int = MAPPINGS) -> list[Figure]:
    """How long a sync takes to tell of texts that were told before; asks the database of the settings."""
    from integrations.actions.analyses import keep_analyses
    from integrations.queries.analyses import KeptAnalyses

    texts = [mapping(number) for number in range(mappings)]
    first = KeptAnalyses()
    cold = _once(lambda: first(texts))
    kept = _once(lambda: keep_analyses(first.new))
    analyse.cache_clear()
    again = KeptAnalyses()
    told = _once(lambda: again(texts))
    assert not again.new
    return [
        Figure.plain(f"{mappings:,} distinct mappings told to a sync, unknown", cold, "s"),
        Figure.plain("  keeping them", kept, "s"),
        Figure.plain("  the same, known: none is parsed", told, "s"),
    ]


def _once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    work()
    return statistics.median(_once(work) for _ in range(rounds))


def main() -> None:
    count = 500 if "--small" in sys.argv else MAPPINGS
    if "--known" in sys.argv:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
        django.setup()
        emit(known(count))
    else:
        sys.stdout.write(table(run(count)) + "\n")


if __name__ == "__main__":
    main()
