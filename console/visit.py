"""What a request looks at: which repository, at which commit, as which person.

Every view begins here; the header of every page reads the same answer, so that nothing is asked for twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponse

from console.access import repository_for, visible_accounts
from integrations.core.problems import Problem
from integrations.models import Repository
from integrations.queries.at_commit import BadCommit
from integrations.queries.findings import problems_seen
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import Reader, Visible

_ATTRIBUTE = "glasshouse_visit"
_REPOSITORY = "glasshouse_repository"


class NothingSynced(Http404):
    """The repository has no snapshot yet, so there is nothing to show."""


class NoSuchMoment(Http404):
    """`?at=` names a commit that cannot be shown. `problems`: what is wrong with it, when it is known but bad."""

    def __init__(self, sentence: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(sentence)
        self.problems = problems


class BadMomentMiddleware:
    """Answers 404, with what is wrong, where a part of an older commit turns out bad only as it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, BadCommit) or request.path.startswith("/api/"):
            return None
        problems = seen(request, exception.problems)
        return response_for_exception(request, NoSuchMoment("What you ask for has errors at this commit.", problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`visible` is what lists and searches must be narrowed to; None means everything."""

    repository: Repository
    reader: Reader
    visible: Visible


def repository_of(request: HttpRequest) -> Repository:
    """The repository that `?repository=` names, or the first. Raises Http404 or PermissionDenied (see access)."""
    known: Repository | None = getattr(request, _REPOSITORY, None)
    if known is None:
        known = repository_for(request.user, request.GET.get("repository"))
        setattr(request, _REPOSITORY, known)
    return known


def visit(request: HttpRequest) -> Visit:
    """What the request looks at. Raises NothingSynced, NoSuchMoment, Http404 or PermissionDenied."""
    known = visit_so_far(request)
    if known is not None:
        return known
    repository = repository_of(request)
    if repository.active is None:
        raise NothingSynced(f"Nothing of “{repository.name}” has been synced yet.")
    try:
        reader = reader_for(repository, request.GET.get("at") or None)
    except UnknownMoment as error:
        raise NoSuchMoment(trouble(request, error), seen(request, error.problems)) from error
    made = Visit(repository=repository, reader=reader, visible=visible_accounts(request.user, repository))
    setattr(request, _ATTRIBUTE, made)
    return made


def trouble(request: HttpRequest, error: UnknownMoment) -> str:
    """Why there is nothing to show at a commit; how many errors it has, only for who may see them all."""
    if error.problems and len(seen(request, error.problems)) < len(error.problems):
        return "This commit has errors, so there is nothing to show of it."
    return str(error)


def seen(request: HttpRequest, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Those of a commit's problems that the person may see."""
    repository = repository_of(request)
    return problems_seen(problems, repository, visible_accounts(request.user, repository))


def visit_so_far(request: HttpRequest) -> Visit | None:
    """The visit that a view has begun, for what is drawn around every page; None on pages without one."""
    known: Visit | None = getattr(request, _ATTRIBUTE, None)
    return known
