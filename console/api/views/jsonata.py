"""JSONata in the sandbox, for programs. Nothing of a request is kept or logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.utils.cache import patch_cache_control
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from console.api import examples, serializers
from console.api.parameters import refuse_unknown
from console.api.problems import BadBody, Busy, Enough, TooLarge
from console.api.rendering import AnyJSONRenderer
from console.api.schema import computes
from console.evaluations import NotNow, turn
from console.json_text import NotJson, parse
from console.limits import TooMany
from console.models import ApiToken
from integrations.core.documents import JSON
from integrations.core.outcomes import UNDEFINED, outcome_as_json
from integrations.sandbox.evaluator import Run

LARGEST = 1024 * 1024  # bytes of a request: what one sample file may have
_KEYS = ("expression", "input", "bindings")


class JSONParser(BaseParser):
    """JSON of at most `LARGEST` bytes. Raises TooLarge or BadBody."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> JSON:
        text: bytes = stream.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise TooLarge(f"A request may have at most {LARGEST // 1024:,} KiB.")
        try:
            return parse(text)
        except NotJson as error:
            raise BadBody("", str(error)) from None


class Evaluate(APIView):
    """What an expression gives, its own error included, is an answer: 200."""

    http_method_names = ["post", "options"]
    scopes: ClassVar[dict[str, str]] = {"POST": ApiToken.Scope.EVALUATE}
    parser_classes = (JSONParser,)
    renderer_classes = (AnyJSONRenderer,)

    @computes(
        "jsonata_evaluate",
        serializers.Evaluation,
        serializers.Outcome,
        summary="Evaluate a JSONata expression in the sandbox",
        description=(
            "Gives the result, or says that there is none, or why it failed: exactly one of `result`, `undefined` and"
            " `error`. Nothing of the request is kept."
        ),
        tag="jsonata",
        asked=examples.EVALUATION,
        answered=examples.OUTCOMES,
    )
    def post(self, request: Request) -> Response:
        refuse_unknown(request, ())
        run = run_of(request.data)
        try:
            with turn(request._request) as evaluator:  # noqa: SLF001 - the framework has no public name for it
                outcome = evaluator.evaluate(run)
        except TooMany as error:
            raise Enough(str(error), wait=error.retry_after) from error
        except NotNow as error:
            raise Busy(str(error), wait=error.retry_after) from error
        return Response(outcome_as_json(outcome))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(final, private=True, no_store=True)
        return final


def run_of(body: JSON) -> Run:
    """Raises BadBody."""
    if not isinstance(body, dict):
        raise BadBody("", "The body is an object with expression, input and bindings.")
    stranger = next((key for key in body if key not in _KEYS), None)
    if stranger is not None:
        raise BadBody(f"/{stranger}", f"There is no member “{stranger[:50]}” here; known are {', '.join(_KEYS)}.")
    expression, bindings = body.get("expression"), body.get("bindings", {})
    if not isinstance(expression, str):
        raise BadBody("/expression", "The expression is missing." if expression is None else "It must be a text.")
    if not isinstance(bindings, dict):
        raise BadBody("/bindings", "Bindings are an object: variables, named without the $.")
    return Run(expression=expression, data=body.get("input", UNDEFINED), bindings=bindings)
