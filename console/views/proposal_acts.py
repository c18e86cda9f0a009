"""What people do with a proposal: review it, merge it, take it back, try again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from urllib.parse import urlencode

import structlog
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from console.access import REVIEW_PROPOSAL, require, require_now
from console.models import User
from console.proposal_controls import require_say, require_say_now, withdraw_refusal
from console.views.proposal import Notice, Opened, Said, opened_for, proposal_page
from integrations.actions.proposals.deciding import retry as try_again, withdraw as take_back
from integrations.actions.proposals.following import follow
from integrations.actions.proposals.local import NotNow, local_merge, local_review
from integrations.actions.proposals.rights import may_withdraw
from integrations.core.proposals import BadTransition
from integrations.core.pull_requests import Verdict
from integrations.forges.errors import ForgeError
from integrations.models import Proposal
from integrations.tasks import clear_proposal, publish_proposal, sync_repository

log = structlog.get_logger(__name__)
_DONE = {
    Verdict.APPROVED: "You approved this version.",
    Verdict.CHANGES_REQUESTED: "You asked for changes; the proposer sees it on this page.",
    Verdict.COMMENTED: "Your comment is kept with the proposal.",
}


class Withdrawal(forms.Form):
    reason = forms.CharField(max_length=2000, error_messages={"required": "Say why; the reason is kept for good."})


@require_POST
def review(request: HttpRequest, proposal: str) -> HttpResponse:
    """Keeps a review of the version that was seen; 409 with what is new where it has moved."""
    opened = opened_for(request, proposal)
    row, user = opened.detail.row, request.user
    form = Said(request.POST)
    is_comment = request.POST.get("verdict") == Verdict.COMMENTED
    if is_comment:
        require_say(user, row)
    else:
        require(user, REVIEW_PROPOSAL)
    if not form.is_valid():
        return proposal_page(request, opened, form=form, status=422)
    assert isinstance(user, User)
    still_may = partial(require_say_now, user, row) if is_comment else partial(require_now, user, REVIEW_PROPOSAL)
    verdict = Verdict(form.cleaned_data["verdict"])
    try:
        local_review(
            row.pk,
            reviewer=user,
            verdict=verdict,
            head=form.cleaned_data["head"],
            text=form.cleaned_data["text"],
            still_may=still_may,
        )
    except (NotNow, ForgeError) as error:
        return _not_now(request, proposal, error, form)
    _follow(row)
    messages.success(request, _DONE[verdict])
    return _back(request, row)


@require_POST
def merge(request: HttpRequest, proposal: str) -> HttpResponse:
    """Merges the version that was seen, if it has the approval that it needs."""
    opened = opened_for(request, proposal)
    require(request.user, REVIEW_PROPOSAL)
    assert isinstance(request.user, User)
    row = opened.detail.row
    still_may = partial(require_now, request.user, REVIEW_PROPOSAL)
    try:
        local_merge(row.pk, merger=request.user, head=request.POST.get("head", ""), still_may=still_may)
    except (NotNow, ForgeError) as error:
        return _not_now(request, proposal, error)
    _follow(row)
    _queue(request, partial(sync_repository.delay, row.repository_id))
    return _back(request, row)


@require_POST
def withdraw(request: HttpRequest, proposal: str) -> HttpResponse:
    opened = opened_for(request, proposal)
    row = opened.detail.row
    _require_own(request, row)
    form = Withdrawal(request.POST)
    if not form.is_valid():
        return proposal_page(request, opened, notice=Notice(sentence=form.errors["reason"][0]), status=422)
    assert isinstance(request.user, User)
    try:
        take_back(
            row.pk,
            person=request.user,
            reason=form.cleaned_data["reason"],
            still_may=partial(require_own_now, request.user, row),
        )
    except BadTransition:
        return _not_now(request, proposal, NotNow("It has ended meanwhile, so that there is nothing to withdraw."))
    _queue(request, partial(clear_proposal.delay, row.pk))
    messages.success(request, "The proposal is withdrawn. Nothing changes.")
    return _back(request, row)


@require_POST
def retry(request: HttpRequest, proposal: str) -> HttpResponse:
    opened = opened_for(request, proposal)
    row = opened.detail.row
    _require_own(request, row)
    assert isinstance(request.user, User)
    try:
        try_again(row.pk, person=request.user, still_may=partial(require_own_now, request.user, row))
    except BadTransition:
        return _not_now(request, proposal, NotNow("It is on its way already."))
    _queue(request, partial(publish_proposal.delay, row.pk))
    return _back(request, row)


def require_own_now(user: User, row: Proposal) -> None:
    """The proposer, and whoever may propose at every layer, by fresh rows that stay as they are until the write."""
    fresh = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if fresh is None or not may_withdraw(row, fresh):
        raise PermissionDenied(withdraw_refusal(row))


def back_to(request: HttpRequest, row: Proposal) -> HttpResponse:
    return _back(request, row)


def _require_own(request: HttpRequest, row: Proposal) -> None:
    if not isinstance(request.user, User) or not may_withdraw(row, request.user):
        raise PermissionDenied(withdraw_refusal(row))


def _not_now(request: HttpRequest, pk: str, error: NotNow | ForgeError, form: Said | None = None) -> HttpResponse:
    """The page as it is by now, with what kept the act from being done and what happened since it was loaded."""
    follow(pk)
    opened: Opened = opened_for(request, pk)
    since = parse_datetime(request.POST.get("seen", "")) if len(request.POST.get("seen", "")) < 40 else None  # noqa: PLR2004 - ISO 8601
    is_known = isinstance(since, datetime) and timezone.is_aware(since)
    notice = Notice(sentence=str(error), since=since if is_known else None)
    return proposal_page(request, opened, form=form, notice=notice, status=409)


def _follow(row: Proposal) -> None:
    """So that the page shows at once what was done; a rebase that it finds is left to a worker."""
    if follow(row.pk):
        try:
            publish_proposal.delay(row.pk)
        except OperationalError:
            log.warning("queue.unreachable", proposal=row.pk)  # beat asks for it


def _queue(request: HttpRequest, send: partial[object]) -> None:
    try:
        send()
    except OperationalError:
        messages.warning(request, "The queue cannot be reached just now; the console goes on by itself in a minute.")


def _back(request: HttpRequest, row: Proposal) -> HttpResponse:
    named = {"repository": request.GET["repository"]} if request.GET.get("repository") else {}
    path = reverse("proposal", kwargs={"proposal": row.pk})
    return redirect(f"{path}?{urlencode(named)}" if named else path)
