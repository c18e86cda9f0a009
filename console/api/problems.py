"""Errors as problem details (RFC 9457), whoever raised them: the API, its framework, or Django around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from console.denials import note_denial
from console.management.output import problem_as_json
from console.visit import NoSuchMoment, NothingSynced, seen
from integrations.core.problems import Problem
from integrations.queries.at_commit import BadCommit
from integrations.queries.effective import NoConnection
from integrations.queries.explain import UnknownPath

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_MOST_PROBLEMS = 1000


class BadParameter(exceptions.APIException):
    """A query parameter that is missing, misspelt or makes no sense. `detail`: a plain sentence."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(sentence)
        self.parameter = parameter


class BadBody(exceptions.APIException):
    """A body that is not what the address takes. `pointer`: the JSON Pointer of the member at fault, "" for the whole.

    `detail`: a plain sentence.
    """

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, pointer: str, sentence: str) -> None:
        super().__init__(sentence)
        self.pointer = pointer


class TooLarge(exceptions.APIException):
    """A body that is larger than is read."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Busy(exceptions.APIException):
    """Nothing is wrong with the request; `wait` seconds later it may be answered."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, sentence: str, *, wait: int) -> None:
        super().__init__(sentence)
        self.wait = wait


class Enough(Busy):
    """The person has had their share for now."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS


class NotProposable(exceptions.APIException):
    """What is wanted cannot be proposed. `findings`: everything that is wrong, each {code, message, where}."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, findings: Sequence[Mapping[str, str]]) -> None:
        super().__init__(" ".join(finding["message"] for finding in findings[:3]))
        self.findings = findings


class KeyUsed(exceptions.APIException):
    """The idempotency key came with another body before."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for another request: send a new one.")


class Changed(exceptions.APIException):
    """The thing is no longer as the request takes it to be."""

    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.status_code = status


def problem(status: int, detail: str, *, instance: str, kind: str = "", **members: Any) -> dict[str, Any]:
    """The body of an error. `kind`: its stable name (docs/api.md lists them); without one the status says it all."""
    return {
        "type": f"urn:glasshouse:problem:{kind}" if kind else "about:blank",
        "title": _TITLES[kind] if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        **members,
    }


_TITLES: Mapping[str, str] = {
    "no-connection": "The account has no such connection",
    "unknown-path": "There is no such value",
    "bad-commit": "The commit cannot be shown",
    "not-synced": "Nothing has been synced yet",
    "bad-parameter": "A query parameter is wrong",
    "bad-body": "The body is not what is taken here",
    "not-proposable": "The change cannot be proposed as it is",
    "key-reused": "The idempotency key was used before",
}


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The framework's exception handler. None, and so a 500 by Django, for what nobody expected.

    The answer is rendered here: what the client accepts has been told, and an error is JSON even of a YAML schema.
    """
    instance = context["request"].path
    note_denial(context["request"], error)
    body = _domain(error, context["request"]) or _plain(error, instance)
    if body is None:
        return None
    set_rollback()
    return _rendered(body, _headers(error))


def _rendered(body: dict[str, Any], headers: Mapping[str, str]) -> HttpResponse:
    try:
        text = msgspec.json.encode(body)
    except UnicodeEncodeError:  # a sentence that quotes half a character of what was sent
        text = json.dumps(body).encode()
    return HttpResponse(text, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _domain(error: Exception, request: HttpRequest) -> dict[str, Any] | None:
    instance = request.path
    match error:
        case NoConnection():
            connections = [{"integration": c.integration, "environment": c.environment} for c in error.connections]
            return problem(404, str(error), instance=instance, kind="no-connection", connections=connections)
        case UnknownPath():
            return problem(404, str(error), instance=instance, kind="unknown-path")
        case NoSuchMoment() if error.problems:
            return _bad_commit(str(error), error.problems, instance)
        case BadCommit():
            return _bad_commit("The commit has errors in what you ask for.", seen(request, error.problems), instance)
        case NothingSynced():
            return problem(404, str(error), instance=instance, kind="not-synced")
        case BadParameter():
            detail = str(error.detail)
            return problem(400, detail, instance=instance, kind="bad-parameter", parameter=error.parameter[:50])
        case BadBody():
            return problem(400, str(error.detail), instance=instance, kind="bad-body", pointer=error.pointer[:200])
        case NotProposable():
            found = list(error.findings[:_MOST_PROBLEMS])
            return problem(422, str(error.detail), instance=instance, kind="not-proposable", findings=found)
        case KeyUsed():
            return problem(422, str(error.detail), instance=instance, kind="key-reused")
    return None


def _bad_commit(sentence: str, problems: tuple[Problem, ...], instance: str) -> dict[str, Any]:
    found = [problem_as_json(each) for each in problems[:_MOST_PROBLEMS]]
    return problem(404, sentence, instance=instance, kind="bad-commit", problems=found)


def _plain(error: Exception, instance: str) -> dict[str, Any] | None:
    match error:
        case Http404():
            return problem(404, str(error) or "There is nothing at this address.", instance=instance)
        case PermissionDenied():
            return problem(403, str(error) or "You may not do this.", instance=instance)
        case exceptions.APIException():
            return problem(error.status_code, _sentence(error), instance=instance)
    return None


def _sentence(error: exceptions.APIException) -> str:
    return str(error.detail) if isinstance(error.detail, str) else "The request cannot be understood."


def _headers(error: Exception) -> dict[str, str]:
    found = {}
    # The framework puts these beside the exception: who may sign in and how, and when to come again.
    if challenge := getattr(error, "auth_header", None):
        found["WWW-Authenticate"] = challenge
    if (seconds := getattr(error, "wait", None)) is not None:
        found["Retry-After"] = str(int(seconds))
    return found


def for_api(page: Callable[..., HttpResponse], status: int, detail: str) -> Callable[..., HttpResponse]:
    """Django's error handler `page`, answering addresses of the API with problem details instead.

    For what fails outside the framework's reach, where no more than the status can be told.
    """

    def choose(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return page(request, *args, **kwargs)
        return _rendered(problem(status, detail, instance=request.path), {"Cache-Control": "no-store"})

    return choose
