"""What stands where a page cannot: each says what happened and where to go on."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from console.visit import NoSuchMoment, NothingSynced


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (its text may quote the attack)
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", {"sentence": _sentence(exception)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django's words are no help)
    return render(request, "errors/csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, NothingSynced):
        return render(request, "errors/unsynced.html", {"sentence": str(exception)}, status=404)
    problems = exception.problems if isinstance(exception, NoSuchMoment) else ()
    context = {"sentence": _sentence(exception), "problems": problems}
    return render(request, "errors/404.html", context, status=404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    response = render(request, "errors/429.html", status=429)
    response["Retry-After"] = "60"
    return response


def sign_in_unavailable(request: HttpRequest) -> HttpResponse:
    """Signing in fails closed where the shared cache does not answer."""
    response = render(request, "errors/503.html", status=503)
    response["Retry-After"] = "30"
    return response


def single_sign_on_refused(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "account/sso_refused.html", {"sentence": sentence}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """Rendered without a request: whatever failed may be what a page's surroundings need."""
    return HttpResponse(loader.render_to_string("errors/500.html"), status=500)


def _sentence(exception: Exception) -> str:
    """The sentence that our own code raised with; Django's resolver raises with its whole table of addresses."""
    match exception:
        case PermissionDenied() | Http404() if exception.args and isinstance(exception.args[0], str):
            return exception.args[0]
        case _:
            return ""
