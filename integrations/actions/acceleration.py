"""Comparing the engines on the samples of each expression, and keeping whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from django.db import transaction

from integrations.core.acceleration import Engine
from integrations.core.documents import JSON
from integrations.core.outcomes import Fault, Outcome, outcome_as_json
from integrations.models import EngineAgreement, Repository
from integrations.queries.acceleration import agreement_key, fast_version, sample_inputs
from integrations.queries.mapping_tests import ReaderGround
from integrations.queries.moment import reader_for
from integrations.sandbox.evaluator import Evaluator, Run, evaluator

log = structlog.get_logger(__name__)
MOST = 20_000  # rows


def compare_engines(repository_id: int) -> int:
    """Compares for every expression of the active snapshot that has samples and was not compared on them yet.

    Returns how many expressions were compared: none where the faster engine is not installed.
    """
    repository = Repository.objects.select_related("active").get(pk=repository_id)
    if fast_version() is None or repository.active is None:
        return 0
    samples = sample_inputs(ReaderGround(reader_for(repository)))
    keys = {text: key for text, inputs in samples.items() if (key := agreement_key(text, inputs)) is not None}
    known = set(EngineAgreement.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    new = {text: key for text, key in keys.items() if key not in known}
    found = {key: agrees(text, samples[text], evaluator()) for text, key in new.items()}
    _keep(found)
    log.info("engines compared", repository=repository.name, expressions=len(found), agree=sum(found.values()))
    return len(found)


def agrees(expression: str, inputs: Sequence[JSON], evaluator: Evaluator) -> bool:
    """Whether the faster engine answers every input by itself, and as the reference engine does to the byte."""
    reference, fast = (
        evaluator.evaluate_many([Run(expression=expression, data=data) for data in inputs], engine=engine)
        for engine in (Engine.REFERENCE, Engine.FAST_ALONE)
    )
    if any(isinstance(outcome, Fault) for outcome in (*reference, *fast)):
        return False
    return [_form(outcome) for outcome in reference] == [_form(outcome) for outcome in fast]


def _form(outcome: Outcome) -> bytes:
    return msgspec.json.encode(outcome_as_json(outcome))


@transaction.atomic
def _keep(found: dict[str, bool]) -> None:
    rows = [EngineAgreement(key=key, agrees=agree) for key, agree in found.items()]
    EngineAgreement.objects.bulk_create(rows, ignore_conflicts=True)
    newest = EngineAgreement.objects.order_by("-compared_at").values_list("compared_at", flat=True)
    if bound := newest[MOST : MOST + 1].first():
        EngineAgreement.objects.filter(compared_at__lt=bound).delete()
