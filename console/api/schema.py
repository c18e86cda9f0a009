"""How views describe themselves in the OpenAPI schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from console.api.parameters import REPOSITORY
from console.api.problems import MEDIA_TYPE
from console.api.serializers import ProblemDetails

V = TypeVar("V", bound=Callable[..., Any])
_PROBLEMS: Mapping[int, str] = {
    400: "A parameter is missing, misspelt or makes no sense.",
    401: "Not signed in, or the token opens nothing.",
    403: "The right to see anything is missing.",
    404: "There is no such thing, or not for you.",
    406: "Only JSON is spoken here.",
    429: "Too many bad tokens came from this address.",
}
_MORE_PROBLEMS: Mapping[int, str] = {
    400: "The body is no JSON, or has an unknown key or a value of a wrong type.",
    413: "The body is larger than is read.",
    415: "The body must be `application/json`.",
    429: "You have had your share for this minute, or your last request still runs; or too many bad tokens came.",
    503: "The server has its hands full, or cannot count your share; try again.",
}
_WRITE_PROBLEMS: Mapping[int, str] = {
    403: "The right to do this is missing, or the token's scope `propose`.",
    409: "It has ended, so that nothing can be done with it.",
    412: "It has changed since you read it.",
    422: "It cannot be proposed as it is: `findings` has every reason. Or the key was used for another request.",
}
_WRITTEN: Mapping[int, str] = {200: "As it stands by now.", 201: "It is taken in."}
_HEADERS: Mapping[str, str] = {
    "Idempotency-Key": "Any text of yours; the same request with the same key is done once.",
    "If-Match": "The ETag of the answer that you act upon.",
}
ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 304], description="Names this answer.")
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of an answer that you hold."
)


def reads(
    operation: str,
    answer: Serializer[Any] | type[Serializer[Any]],
    *,
    summary: str,
    tag: str,
    parameters: Sequence[OpenApiParameter] = (),
    example: object = None,
) -> Callable[[V], V]:
    """Describes a GET: its answer, the problems it can meet, its parameters and an example of the answer."""
    examples = [OpenApiExample("Answer", value=example, status_codes=["200"])] if example is not None else []
    responses: dict[Any, Any] = {200: OpenApiResponse(answer, description="What you asked for.")}
    responses[304] = OpenApiResponse(description="You hold it already.")
    for status, description in _PROBLEMS.items():
        responses[status, MEDIA_TYPE] = OpenApiResponse(ProblemDetails, description=description)
    found: Callable[[V], V] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=f"{summary}.",  # else the view's docstring, which is for who reads the source
        tags=[tag],
        parameters=[*parameters, REPOSITORY, IF_NONE_MATCH, ETAG],
        responses=responses,
        examples=examples,
    )
    return found


def computes(
    operation: str,
    body: type[Serializer[Any]],
    answer: type[Serializer[Any]],
    *,
    summary: str,
    description: str,
    tag: str,
    asked: object,
    answered: Mapping[str, object],
) -> Callable[[V], V]:
    """Describes a POST that changes nothing: its body and answers, with an example of each, and its problems."""
    examples = [OpenApiExample("Request", value=asked, request_only=True)]
    examples += [
        OpenApiExample(name, value=value, response_only=True, status_codes=["200"]) for name, value in answered.items()
    ]
    problems = {**{status: _PROBLEMS[status] for status in (401, 403, 406)}, **_MORE_PROBLEMS}
    responses: dict[Any, Any] = {200: OpenApiResponse(answer, description="What it gives.")}
    for status, said in sorted(problems.items()):
        responses[status, MEDIA_TYPE] = OpenApiResponse(ProblemDetails, description=said)
    found: Callable[[V], V] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=[tag],
        request={"application/json": body},
        responses=responses,
        examples=examples,
    )
    return found


def writes(
    operation: str,
    body: type[Serializer[Any]],
    answer: type[Serializer[Any]],
    *,
    summary: str,
    description: str,
    tag: str,
    example: object,
    statuses: Sequence[int],
    headers: Sequence[str] = (),
) -> Callable[[V], V]:
    """Describes a POST that writes: its body, the statuses of a good answer, the headers it knows, its problems."""
    problems = {**_PROBLEMS, **_MORE_PROBLEMS, **_WRITE_PROBLEMS}
    responses: dict[Any, Any] = {
        status: OpenApiResponse(answer, description=_WRITTEN[status]) for status in sorted(statuses)
    }
    for status, said in sorted(problems.items()):
        responses[status, MEDIA_TYPE] = OpenApiResponse(ProblemDetails, description=said)
    known = [OpenApiParameter(name, str, OpenApiParameter.HEADER, description=_HEADERS[name]) for name in headers]
    found: Callable[[V], V] = extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        tags=[tag],
        parameters=[*known, REPOSITORY],
        request={"application/json": body},
        responses=responses,
        examples=[OpenApiExample("Request", value=example, request_only=True)],
    )
    return found
