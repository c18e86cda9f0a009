"""Evaluate what a person has typed into the playground. Nothing of it is kept or logged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from console.evaluations import NotNow, turn
from console.json_text import dumps
from console.limits import TooMany
from console.views.playground import is_open
from integrations.core.documents import JSON, Layer
from integrations.core.outcomes import UNDEFINED, Outcome, outcome_as_json
from integrations.core.outputs import LayerOutcome, Output, OutputLeaf, merge_outcomes
from integrations.sandbox.evaluator import Evaluator, Run

LARGEST = 1024 * 1024  # bytes of a request: what one sample file may have


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One layer's expression; without a layer it is an expression by itself."""

    layer: Layer | None
    expression: str


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request. `input` absent: undefined. `bindings` are named without the `$`."""

    layers: list[Said]
    input: Any = msgspec.UNSET
    bindings: dict[str, Any] = msgspec.field(default_factory=dict)


class _Refusal(Exception):
    """Why a request is not evaluated: an HTTP status, a sentence, and after how many seconds to try again."""

    def __init__(self, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.retry_after = status, retry_after


@login_not_required
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    try:
        asked = _asked(request)
        with turn(request) as evaluator:
            return _json(_evaluated(asked, evaluator))
    except _Refusal as refusal:
        return _refused(refusal)
    except TooMany as error:
        return _refused(_Refusal(429, str(error), error.retry_after))
    except NotNow as error:
        return _refused(_Refusal(503, str(error), error.retry_after))


def _asked(request: HttpRequest) -> Asked:
    """Raises _Refusal."""
    if not is_open(request):
        raise _Refusal(401, "Your session has ended. Sign in again; what you typed is kept.")
    if request.content_type != "application/json":
        raise _Refusal(415, "The request must be JSON.")
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise _Refusal(413, f"Expressions, input and bindings together may have {LARGEST // 1024:,} KiB.")
    return _parsed(request.body)


def _parsed(body: bytes) -> Asked:
    try:
        asked = msgspec.json.decode(body, type=Asked)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _Refusal(400, f"The request cannot be understood: {error}.") from None
    except RecursionError:
        raise _Refusal(400, "The input is nested too deep to be read.") from None
    layers = [said.layer for said in asked.layers]
    if not layers or len(set(layers)) != len(layers) or (None in layers and len(layers) > 1):
        raise _Refusal(400, "Name each layer once, or give one expression without a layer.")
    return asked


def _evaluated(asked: Asked, evaluator: Evaluator) -> dict[str, JSON]:
    data = UNDEFINED if asked.input is msgspec.UNSET else asked.input
    started = time.perf_counter()
    outcomes = evaluator.evaluate_many(
        [Run(expression=said.expression, data=data, bindings=asked.bindings) for said in asked.layers]
    )
    passed = time.perf_counter() - started
    output = _merged(asked.layers, outcomes)
    return {
        "layers": [outcome_as_json(outcome) for outcome in outcomes],
        "output": outcome_as_json(output.outcome),
        "leaves": [_leaf(leaf) for leaf in output.leaves],
        "failed": output.failed,
        "milliseconds": round(passed * 1000, 1),
    }


def _merged(layers: Sequence[Said], outcomes: Sequence[Outcome]) -> Output:
    """In layer order, whatever the order of the request. An expression by itself has no leaves of any layer."""
    said = [
        LayerOutcome(layer=each.layer, outcome=outcome)
        for each, outcome in zip(layers, outcomes, strict=True)
        if each.layer is not None
    ]
    order = list(Layer)
    return (
        merge_outcomes(sorted(said, key=lambda each: order.index(each.layer))) if said else Output(outcome=outcomes[0])
    )


def _leaf(leaf: OutputLeaf) -> dict[str, JSON]:
    shadowed = [{"layer": under.layer, "value": under.value} for under in leaf.shadowed]
    return {"path": leaf.path, "layer": leaf.layer, "value": leaf.value, "shadowed": shadowed}


def _refused(refusal: _Refusal) -> HttpResponse:
    response = _json({"sentence": str(refusal)}, status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _json(body: dict[str, JSON], *, status: int = 200) -> HttpResponse:
    # Not msgspec: a result may hold integers of any size.
    return HttpResponse(
        dumps(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
