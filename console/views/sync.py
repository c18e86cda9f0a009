"""Where the repository stands: health, what was checked when, every snapshot; and a person's decision on a held one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from audit.people import actor_of
from console.access import DECIDE_HELD, REQUEST_SYNC, absence, denial, require, require_now, visible_accounts
from console.htmx import page_or_part
from console.models import User
from console.paging import key_in
from console.visit import repository_of
from integrations.actions.sync import NotHeld, Result, decide_held, request_sync
from integrations.models import Repository, Snapshot
from integrations.queries.changes import effects
from integrations.queries.findings import problems_of
from integrations.queries.snapshots import as_seen, snapshots_for
from integrations.tasks import sync_repository

_PER_PAGE = 30
_SHOWN_PROBLEMS = 200
_PATIENCE = timedelta(minutes=2)


class Decision(forms.Form):
    """Why a held sync is let through or discarded."""

    decision = forms.ChoiceField(choices=[("accept", "accept"), ("discard", "discard")])
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why; the reason is kept for good."})


@require_safe
def sync(request: HttpRequest) -> HttpResponse:
    repository = repository_of(request)
    visible = visible_accounts(request.user, repository)
    before = key_in(request, "before")
    concerned = snapshots_for(repository, visible)
    rows = concerned.order_by("-id")
    rows = rows.filter(pk__lt=before) if before is not None else rows
    found = list(rows[: _PER_PAGE + 1])
    shown = as_seen(repository, found[:_PER_PAGE], visible)
    context = {
        "repository": repository,
        "sees_all": visible is None,
        "snapshots": shown,
        "next": shown[-1].pk if len(found) > _PER_PAGE else None,
        "is_first": before is None,
        "total": concerned.count(),
        "denial": denial(request.user, REQUEST_SYNC),
        "progress": _progress(repository, request.GET.get("asked", "")),
    }
    return page_or_part(request, "sync/sync.html", {"sync-status": "sync/_status.html"}, context)


@require_POST
def now(request: HttpRequest) -> HttpResponse:
    """Queues a sync and shows the page that waits for its end."""
    repository = repository_of(request)
    asked = timezone.now()
    with transaction.atomic():
        require_now(request.user, REQUEST_SYNC)
        request_sync(repository, actor=actor_of(request.user))
    try:
        sync_repository.delay(repository.pk)
    except OperationalError:
        messages.error(request, "The queue cannot be reached, so no sync was asked for. Try again in a moment.")
        return redirect(_address(request, "sync"))
    return redirect(_address(request, "sync", asked=asked.isoformat()))


@require_safe
def snapshot(request: HttpRequest, commit: str) -> HttpResponse:
    return _snapshot_page(request, _snapshot(request, commit), Decision())


@require_POST
def decide(request: HttpRequest, commit: str) -> HttpResponse:
    found = _snapshot(request, commit)
    require(request.user, DECIDE_HELD)
    assert isinstance(request.user, User)
    form = Decision(request.POST)
    if not form.is_valid():
        return _snapshot_page(request, found, form, status=422)
    is_accepted = form.cleaned_data["decision"] == "accept"
    try:
        outcome = decide_held(
            found.pk,
            accept=is_accepted,
            actor=actor_of(request.user),
            reason=form.cleaned_data["reason"],
            still_may=partial(require_now, request.user, DECIDE_HELD),
        )
    except NotHeld:
        messages.warning(request, "Somebody else has decided in the meantime; your decision was not needed.")
    else:
        is_done = not is_accepted or outcome.result is Result.ACTIVATED
        messages.add_message(request, messages.SUCCESS if is_done else messages.WARNING, outcome.message)
    return redirect(_address(request, "sync_snapshot", found.commit))


def _snapshot(request: HttpRequest, commit: str) -> Snapshot:
    """Raises Http404 for one that concerns no account that the person may see, too."""
    repository = repository_of(request)
    visible = visible_accounts(request.user, repository)
    concerned = snapshots_for(repository, visible).select_related("previous", "repository")
    # Whatever is no id is not asked for: PostgreSQL refuses some of it.
    found = concerned.filter(commit=commit).first() if commit.isascii() and commit.isalnum() else None
    if found is None:
        raise absence(request.user, f"There is no snapshot of commit “{commit[:64]}”.", kind="snapshot", id=commit)
    return found


def _snapshot_page(request: HttpRequest, found: Snapshot, form: Decision, *, status: int = 200) -> HttpResponse:
    repository = repository_of(request)
    visible = visible_accounts(request.user, repository)
    shown = as_seen(repository, [found], visible)[0]
    context = {
        "repository": repository,
        "snapshot": shown,
        "problems": problems_of(found, visible=visible, limit=_SHOWN_PROBLEMS),
        "problems_total": int(shown.counts.get("problems", 0)),
        "effects": effects(found, visible=visible),
        "form": form,
        "denial": denial(request.user, DECIDE_HELD),
    }
    return render(request, "sync/snapshot.html", context, status=status)


def _progress(repository: Repository, asked: str) -> str:
    """What became of the sync that was asked for at `asked` (ISO 8601): "", "waiting", "done" or "late".

    The address carries the moment, so that a reload goes on waiting and an old link does not.
    """
    moment = _moment(asked)
    if moment is None:
        return ""
    if repository.checked_at is not None and repository.checked_at >= moment:
        return "done"
    return "waiting" if timezone.now() - moment < _PATIENCE else "late"


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


def _address(request: HttpRequest, name: str, commit: str = "", **query: str) -> str:
    """The address of a page of this module, in the repository that the request names."""
    named = {"repository": request.GET["repository"]} if request.GET.get("repository") else {}
    path = reverse(name, args=[commit] if commit else [])
    wanted = {**named, **query}
    return f"{path}?{urlencode(wanted)}" if wanted else path
