"""The faster engine is used for an expression once its samples gave the same in both, and for no other."""

from __future__ import annotations

import pytest

from integrations.actions import acceleration
from integrations.actions.acceleration import compare_engines
from integrations.core.acceleration import Engine
from integrations.core.outcomes import Result
from integrations.models import EngineAgreement
from integrations.queries import acceleration as choosing
from integrations.queries.acceleration import Accelerated, engine_for, engines_for, sample_inputs
from integrations.queries.mapping_tests import ReaderGround
from integrations.queries.moment import reader_for
from integrations.sandbox.evaluator import Evaluator, Run, evaluator
from tests.web.factories import SAMPLES
from tests.web.synced import Config


@pytest.fixture(name="config")
def _config(config: Config) -> Config:
    config.push_and_sync(SAMPLES)
    return config


def samples(config: Config) -> dict[str, list]:
    return sample_inputs(ReaderGround(reader_for(config.row)))


def fast(config: Config) -> set[str]:
    return {text for text, engine in engines_for(samples(config)).items() if engine is Engine.FAST}


def test_nothing_is_accelerated_before_it_was_compared(config: Config) -> None:
    assert samples(config)
    assert fast(config) == set()
    assert compare_engines(config.pk) > 0
    assert fast(config)
    assert compare_engines(config.pk) == 0, "once is enough"


def test_other_samples_are_to_be_compared_again(config: Config) -> None:
    compare_engines(config.pk)
    text, inputs = next((text, inputs) for text, inputs in samples(config).items() if text in fast(config))
    assert engine_for(text, inputs) is Engine.FAST
    assert engine_for(text, [*inputs, {"response": {}}]) is Engine.REFERENCE
    assert engine_for(text, []) is Engine.REFERENCE


def test_where_the_engines_differ_the_reference_one_stays(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate_many = Evaluator.evaluate_many

    def other(self, runs, *, limits=None, engine="python"):
        outcomes = evaluate_many(self, runs, limits=limits, engine=engine)
        return outcomes if engine == Engine.REFERENCE else [Result([outcome]) for outcome in outcomes]

    monkeypatch.setattr(Evaluator, "evaluate_many", other)
    assert compare_engines(config.pk) > 0
    assert not EngineAgreement.objects.filter(agrees=True).exists()
    assert fast(config) == set()


def test_without_the_extra_nothing_is_compared_or_accelerated(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    compare_engines(config.pk)
    for module in (acceleration, choosing):
        monkeypatch.setattr(module, "fast_version", lambda: None)
    assert compare_engines(config.pk) == 0
    assert fast(config) == set()


def test_what_the_faster_engine_fails_at_is_told_by_the_reference_one() -> None:
    texts = ['{"a": response.A}', "response.A + 1", "$uppercase(response.A)"]
    runs = [Run(expression=text, data={"response": {"A": value}}) for text in texts for value in ("x", 1)]
    told = Accelerated(evaluator(), dict.fromkeys(texts[:2], Engine.FAST)).evaluate_many(runs)
    assert told == evaluator().evaluate_many(runs)
