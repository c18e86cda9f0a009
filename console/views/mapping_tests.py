"""The mapping tests of an integration and of an account: verdicts, what differs, and what no sample exercises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from audit.people import actor_of
from console.access import VIEW, account_at, denial, require_now
from console.context import Page
from console.htmx import page_or_part
from console.presentation.mapping_tests import MOST_ROWS, badge, coverage_rows, rows, standing
from console.visit import Visit, visit
from integrations.actions.mapping_tests import TooManyWaiting, ask_for_report
from integrations.core.coverage import PartCoverage, own_coverage, shared_coverage
from integrations.core.layout import is_slug
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.queries.effective import without_account
from integrations.queries.mapping_reports import Report, was_ended
from integrations.tasks import run_mapping_tests

_STATUS = "tests-status"  # the part of the page that asks again while tests are running


@require_safe
def of_integration(request: HttpRequest, integration: str) -> HttpResponse:
    here = visit(request)
    entry = here.reader.integration(integration)
    if entry is None:
        raise Http404(f"There is no integration “{integration[:100]}”.")

    def coverage(report: Report) -> list[PartCoverage]:
        effective = {name: without_account(here.reader, integration, name) for name in entry.environments}
        return shared_coverage(
            integration, {name: found for name, found in effective.items() if found is not None}, report.results
        )

    environment = entry.environments[-1] if entry.environments else ""
    context = {"entry": entry, "account": None, "example": _example(request, entry.slug, environment)}
    return _page(request, here, {"integration": entry.slug}, context, coverage)


@require_safe
def of_account(request: HttpRequest, account: str) -> HttpResponse:
    here = visit(request)
    detail = account_at(request.user, account, VIEW, here.reader)

    def coverage(report: Report) -> list[PartCoverage]:
        environments = here.reader.settings().environments
        return own_coverage(account, detail.overrides, environments, report.results)

    # Something that the account is connected to, in production where it is; with nothing, there is nothing to try.
    last = detail.connections[-1] if detail.connections else None
    context = {
        "entry": None,
        "account": detail.document,
        "example": _example(request, last.integration, last.environment, account) if last is not None else None,
    }
    return _page(request, here, {"account": account}, context, coverage)


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Queues the tests of the commit that `?at=` names, and goes back to the page that asked."""
    here = visit(request)
    try:
        with transaction.atomic():
            require_now(request.user, VIEW)
            report = ask_for_report(here.repository, here.reader.commit, actor=actor_of(request.user))
        run_mapping_tests.delay(report.pk)
    except TooManyWaiting:
        messages.warning(request, "The tests of several commits are waiting already. Try again in a minute.")
    except OperationalError:
        messages.error(request, "The queue cannot be reached, so no tests were asked for. Try again in a moment.")
    return redirect(_address(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Where the first sample might go: below this integration's folder, tried out at this address before."""

    integration: str
    playground: str


def _example(request: HttpRequest, integration: str, environment: str, account: str = "") -> Example:
    wanted = {"account": account, "integration": integration, "environment": environment, **_kept(request)}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return Example(integration=integration, playground=f"{reverse('playground')}?{query}")


def _page(
    request: HttpRequest,
    here: Visit,
    about: dict[str, str],
    context: dict[str, Any],
    coverage: Callable[[Report], list[PartCoverage]],
) -> HttpResponse:
    """`about`: the integration or the account, as `Report` narrows by it; `coverage` tells it by a report."""
    stand = standing(here)
    is_failing = request.GET.get("show") == "failing"
    results = stand.report.shown(**about) if stand.report is not None else []
    shown = [result for result in results if not is_failing or not _is_passed(result)]
    told = {
        **context,
        "about": about,
        "stand": stand,
        "badge": badge(stand, **about),
        "tests": rows(shown, Page(request).carried),
        "failing": sum(not _is_passed(result) for result in results),
        "total": len(results),
        "left_out": max(0, len(shown) - MOST_ROWS),
        "is_failing": is_failing,
        "may_go_well": not stand.is_waiting and was_ended(results),
        # Fields and leaves of two commits are not to be compared.
        "coverage": coverage_rows(coverage(stand.report)) if stand.report and not stand.is_earlier else None,
        "denial": denial(request.user, VIEW),
        "title": f"Mapping tests of {context['entry'].slug if context['entry'] else context['account'].name}",
    }
    response = page_or_part(request, "mapping_tests/tests.html", {_STATUS: "mapping_tests/_status.html"}, told)
    if request.headers.get("HX-Target") == _STATUS and not stand.is_waiting:
        response.headers["HX-Refresh"] = "true"  # what the page waited for is there: all of it changes
    return response


def _is_passed(result: TestResult) -> bool:
    return result.verdict is Verdict.PASSED


def _address(request: HttpRequest) -> str:
    """The page of the integration or account that the form names, at the same moment and in the same repository."""
    name = "account" if request.POST.get("account") else "integration"
    kept = _kept(request)
    slug = request.POST.get(name, "")
    path = reverse(f"{name}_tests", kwargs={name: slug}) if is_slug(slug) else reverse("home")
    return f"{path}?{urlencode(kept)}" if kept else path


def _kept(request: HttpRequest) -> dict[str, str]:
    """What names the moment and the repository in the request's address."""
    return {key: request.GET[key] for key in ("at", "repository") if request.GET.get(key)}
