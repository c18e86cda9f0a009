"""Exporting evidence: a form, and the bundle that its answer streams."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.export import NothingSealed
from audit.keys import signer
from audit.people import actor_of
from audit.proofs import Unprovable
from console.access import EXPORT_EVIDENCE, VIEW_LOG, denial, require
from console.views.audit import as_download, export_asked, filters_of, still_exports
from integrations.actions.evidence import export_evidence

_MONTH = timedelta(days=30)


class Evidence(forms.Form):
    """What to export, and why."""

    start = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}), help_text="This day is included, UTC."
    )
    end = forms.DateField(
        label="To", widget=forms.DateInput(attrs={"type": "date"}), help_text="This day is included, UTC."
    )
    account = forms.SlugField(
        label="Account",
        required=False,
        max_length=63,
        help_text="Its short name, such as acme-corp; all of the log when empty.",
    )
    reason = forms.CharField(
        label="Reason",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It is kept for good: name no person.",
        error_messages={"required": "Say what the evidence is for; the reason is kept for good."},
    )
    ticket = forms.CharField(label="Ticket", required=False, max_length=100)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        start, end = found.get("start"), found.get("end")
        if start and end and end < start:
            self.add_error("end", "The last day lies before the first.")
        if end and end >= date.max:
            self.add_error("end", "There is no day after this one.")
        return found


@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    require(request.user, VIEW_LOG)
    if request.method != "POST":
        # Asked as the form opens, so that nothing typed is lost; who may not export sees why.
        asked = None if denial(request.user, EXPORT_EVIDENCE) else export_asked(request)
        return asked or _page(request, Evidence(initial=_initial(request)))
    if (asked := export_asked(request)) is not None:
        return asked
    form = Evidence(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        lines = export_evidence(
            start=_midnight(given["start"]),
            end=_midnight(given["end"] + timedelta(days=1)),
            account=given["account"],
            ticket=given["ticket"],
            actor=actor_of(request.user),
            reason=given["reason"],
            still_may=still_exports(request),
        )
    except NothingSealed:
        form.add_error(None, "Nothing is sealed yet, so nothing can be proved. Is the sealer at work?")
    except Unprovable:
        form.add_error(None, "The log does not lead to the root that was signed. Verify it: that names what is wrong.")
    else:
        about = f"-{given['account']}" if given["account"] else ""
        return as_download(lines, f"evidence{about}-{given['start']}-{given['end']}.jsonl")
    return _page(request, form, status=422)


def _page(request: HttpRequest, form: Evidence, *, status: int = 200) -> HttpResponse:
    filters = filters_of(request.GET)
    # What a bundle cannot be narrowed by: it holds whole days, so that its indexes show what is left out.
    dropped = [name for name in ("actor", "event", "kind", "text", "grant") if filters.values[name]]
    context = {
        "form": form,
        "dropped": dropped,
        "denial": denial(request.user, EXPORT_EVIDENCE),
        "vkey": str(signer().verifier),
        "filters": filters,
    }
    return render(request, "audit/export.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, object]:
    given = filters_of(request.GET)
    today = timezone.now().date()
    wanted = given.wanted
    return {
        "start": wanted.start.date() if wanted.start else today - _MONTH,
        "end": (wanted.end - timedelta(days=1)).date() if wanted.end else today,
        "account": given.values["account"],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
