"""The audit log for auditors: a timeline of sentences, and one entry with its proof."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.events import Category, Event
from audit.export import NothingSealed
from audit.models import Entry
from audit.people import actor_of
from audit.proofs import Proof, Unprovable, prove
from audit.record import SYSTEM
from console.access import EXPORT_EVIDENCE, VERIFY_LOG, VIEW_LOG, denial, require, require_now, visible_accounts
from console.fresh_mfa import confirmation
from console.htmx import page_or_part
from console.models import User
from console.paging import key_in
from console.presentation.audit_sentences import kind_name, row
from console.visit import repository_of
from integrations.actions.evidence import export_one
from integrations.models import Repository
from integrations.queries.audit_entry import Detail, entry_detail
from integrations.queries.audit_log import Timeline, Wanted, slug_of, timeline

PER_PAGE = 50
_MOST_TEXT = 200
_MOST_PEOPLE = 200
_FIELDS = ("actor", "account", "event", "kind", "from", "to", "text", "grant")
_TITLES = {  # where the stored value is no plain word
    Event.MFA_ADDED: "Second factor added",
    Event.MFA_REMOVED: "Second factor removed",
    Event.SSO_LINKED: "Single sign-on linked",
    Event.ORPHAN_CLOSED: "Outcome never written",
}
_SAID = frozenset({"author", "committer", "reviewed_by"})  # personal data that the page has a place of its own for
KINDS = ("account", "person", "repository", "snapshot", "proposal", "token", "right", "installation", "audit-log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filters as the address has them, and what is wrong with them."""

    values: Mapping[str, str]
    wanted: Wanted
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_narrowing(self) -> bool:
        return any(self.values.values())

    @property
    def query(self) -> str:
        return urlencode({name: value for name, value in self.values.items() if value})


def filters_of(given: Mapping[str, str]) -> Filters:
    """The filters in the parameters. An account may be called by its name; a date that is none narrows nothing."""
    values = {name: given.get(name, "").strip().replace("\0", "")[:_MOST_TEXT] for name in _FIELDS}
    values["account"] = slug_of(values["account"])
    errors: dict[str, str] = {}
    start, end = _day(values["from"], "from", errors), _day(values["to"], "to", errors)
    wanted = Wanted(
        actor=values["actor"],
        account=values["account"],
        event=values["event"],
        kind=values["kind"],
        start=_midnight(start) if start else None,
        end=_midnight(end + timedelta(days=1)) if end and end < date.max else None,
        text=values["text"],
        grant=values["grant"],
    )
    return Filters(values=values, wanted=wanted, errors=errors)


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    require(request.user, VIEW_LOG)
    filters = filters_of(request.GET)
    found = timeline(filters.wanted, before=key_in(request, "before"), after=key_in(request, "after"), limit=PER_PAGE)
    context = {
        "filters": filters,
        "found": found,
        "days": _days(found),
        # Asked for by the whole page alone: filtering renders the list and nothing else.
        "events": _events,
        "people": lambda: _people(filters.values["actor"]),
        "kinds": [(kind, kind_name(kind)) for kind in KINDS],
        "export_denial": denial(request.user, EXPORT_EVIDENCE),
    }
    return page_or_part(request, "audit/log.html", {"audit-entries": "audit/_entries.html"}, context)


@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.user, VIEW_LOG)
    detail = _detail(request, pk)
    proof, is_broken = _proof(pk)
    context = {
        "detail": detail,
        "row": row(detail.told, detail.known),
        "counterpart": row(detail.counterpart, detail.known) if detail.counterpart else None,
        "decisions": [row(each, detail.known) for each in detail.decisions],
        "before": [row(each, detail.known) for each in detail.before],
        "after": [row(each, detail.known) for each in detail.after],
        "kind": kind_name(detail.told.subject.kind),
        "data": sorted(detail.told.data.items()),
        "about_people": _unsaid(detail.told.personal),
        "proof": proof,
        "path": [base64.b64encode(node).decode() for node in proof.path] if proof else [],
        "is_broken": is_broken,
        "verify_denial": denial(request.user, VERIFY_LOG),
        "export_denial": denial(request.user, EXPORT_EVIDENCE),
    }
    return render(request, "audit/entry.html", context)


@require_POST
def bundle(request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The entry as evidence that proves itself; handing it out is recorded, as every export is."""
    if (asked := export_asked(request, back=reverse("audit_entry", kwargs={"pk": pk}))) is not None:
        return asked
    # nosemgrep: door -- whoever may export sees the whole log, as was asked above
    found = Entry.objects.filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no entry {pk} in the audit log.")
    try:
        lines = export_one(found, actor=actor_of(request.user), still_may=still_exports(request))
    except (NothingSealed, Unprovable):
        messages.error(request, "This entry cannot be proved: it is not sealed yet, or the log was changed.")
        return redirect("audit_entry", pk=pk)
    return as_download(lines, f"entry-{pk}.jsonl")


def export_asked(request: HttpRequest, *, back: str = "") -> HttpResponse | None:
    """Every way to evidence goes through here: the rights, and a second factor shown just now.

    Raises PermissionDenied; else None, or the answer that sends the person to confirm and then `back`.
    """
    require(request.user, VIEW_LOG)
    require(request.user, EXPORT_EVIDENCE)
    return confirmation(request, back=back)


def still_exports(request: HttpRequest) -> Callable[[], None]:
    """For the transaction that hands evidence out."""
    return partial(require_now, request.user, EXPORT_EVIDENCE)


def as_download(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse((f"{line}\n" for line in lines), content_type="application/jsonl; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def audit_address(filters: Filters) -> str:
    """The timeline with these filters."""
    return f"{reverse('audit')}?{filters.query}" if filters.query else reverse("audit")


def _detail(request: HttpRequest, pk: int) -> Detail:
    visible = visible_accounts(request.user, repository_of(request)) if Repository.objects.exists() else None
    detail = entry_detail(pk, visible=visible)
    if detail is None:
        raise Http404(f"There is no entry {pk} in the audit log.")
    return detail


def _unsaid(personal: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The personal data without a place of their own on the page; a commit's title stands beside its author."""
    said = _SAID | {"title"} if personal.get("author") else _SAID
    return sorted(item for item in personal.items() if item[0] not in said)


def _proof(pk: int) -> tuple[Proof | None, bool]:
    """The proof, and whether the log does not lead to what was signed."""
    try:
        return prove(pk), False
    except Unprovable:
        return None, True


def _days(found: Timeline) -> list[tuple[date, list[Any]]]:
    rows = [row(each, found.known) for each in found.entries]
    # By id, an entry of a long transaction may stand among those of the next day; its day is told again then.
    return [(day, list(group)) for day, group in groupby(rows, key=lambda each: each.told.at.astimezone(UTC).date())]


def _events() -> list[tuple[str, list[tuple[str, str]]]]:
    """By category, (value, what it is called) of each kind of event."""
    return [
        (category.value, [(event.value, _title(event)) for event in Event if event.category is category])
        for category in Category
    ]


def _title(event: Event) -> str:
    if event in _TITLES:
        return _TITLES[event]
    words = event.value.replace("-", " ")
    return words[:1].upper() + words[1:]


def _people(chosen: str) -> list[tuple[str, str]]:
    """(key, name) of who may be filtered for: the console itself and its people; others by a click on their name."""
    rows = User.objects.order_by("name", "email")[:_MOST_PEOPLE]
    found = [(f"{SYSTEM.kind}:{SYSTEM.id}", SYSTEM.name), *((f"person:{user.pk}", str(user)) for user in rows)]
    if chosen and chosen not in dict(found):
        found.append((chosen, chosen.replace(":", " ", 1)))
    return found


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = "Write the date as 2026-03-01."
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
