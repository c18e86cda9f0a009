"""One proposal: what it changes, how it stands, what was said of it, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.events import Event
from console.access import proposal_for, repository_for, visible_accounts
from console.evaluations import NotNow, turn
from console.htmx import page_or_part
from console.limits import TooMany
from console.presentation.audit_sentences import PROPOSAL, Piece, Row, row as audit_row
from console.presentation.file_diffs import file_diffs
from console.presentation.proposals import MOVING, badge, forge_name, is_moving_mark, is_over, mark, steps, waits
from console.presentation.sample_changes import SampleView, TestView, sample_view, test_view
from console.presentation.value_changes import asked_for, groups_of, kept_groups
from console.proposal_change import PresentChange
from console.proposal_controls import controls_of
from console.visit import repository_of
from integrations.queries.audit_log import known, tell
from integrations.queries.findings import problems_seen
from integrations.queries.open_changes import approvers_of, names_of, repository_name_of
from integrations.queries.preview import changed_outputs, changed_tests
from integrations.queries.proposals import ProposalDetail
from integrations.queries.reading import Visible

NAMED = 12  # accounts that the card names
_MOST_SAMPLES = 5
_MOST_GROUPS = 3  # of connections that change alike, whose samples are evaluated
# What the console does for itself on the way is in the audit log, and no news to a reviewer.
_PLUMBING = frozenset({Event.REVIEW_STATUS_SET, Event.BRANCH_DELETED, Event.PROPOSAL_APPROVED, Event.WEBHOOK_TAKEN})
LINE = "proposal-state"


class Said(forms.Form):
    """A review. `head`: the version that its giver saw; `seen`: when."""

    verdict = forms.ChoiceField(
        choices=[("approved", "approve"), ("changes-requested", "ask for changes"), ("commented", "comment")]
    )
    head = forms.RegexField(r"^[0-9a-f]{40,64}$")
    text = forms.CharField(max_length=10_000, required=False, strip=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("verdict") in {"changes-requested", "commented"} and not cleaned.get("text"):
            self.add_error("text", "Say what should change." if cleaned["verdict"] != "commented" else "Say something.")
        return cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What kept an act from being done. `since`: when the page was made on which it was tried."""

    sentence: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What samples and tests give before and after. `trouble`: why nothing was evaluated."""

    samples: tuple[SampleView, ...] = ()
    tests: tuple[TestView, ...] = ()
    trouble: str = ""

    @property
    def following(self) -> int:
        return sum(test.follows for test in self.tests)

    @property
    def broken(self) -> int:
        return sum(test.breaks for test in self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A proposal as the person who asks may see it."""

    detail: ProposalDetail
    change: PresentChange
    visible: Visible = field(default=None)


@require_safe
def proposal(request: HttpRequest, proposal: str) -> HttpResponse:
    if (there := _elsewhere(request, proposal)) is not None:
        return there
    opened = opened_for(request, proposal)
    seen = request.GET.get("seen", "")
    if seen and request.headers.get("HX-Target") == LINE:
        return _poll(request, opened, seen)
    return proposal_page(request, opened)


@require_safe
def outputs(request: HttpRequest, proposal: str) -> HttpResponse:
    """Samples and tests before and after: it takes a moment, so that the page asks for it once it stands."""
    opened = opened_for(request, proposal)
    # The part of the page is sent with what the card of the tests says.
    is_part = request.headers.get("HX-Request") == "true"
    context = {"row": opened.detail.row, "told": _evaluated(request, opened), "is_part": is_part}
    return page_or_part(request, "proposals/outputs.html", {"proposal-outputs": "proposals/_outputs.html"}, context)


def opened_for(request: HttpRequest, pk: str) -> Opened:
    """Raises Http404."""
    repository = repository_of(request)
    detail = proposal_for(request.user, pk, repository=repository)
    detail.row.repository = repository
    visible = visible_accounts(request.user, repository)
    return Opened(detail=detail, change=PresentChange(row=detail.row, visible=visible), visible=visible)


def proposal_page(
    request: HttpRequest,
    opened: Opened,
    *,
    form: Said | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    """The review page; `form` keeps what was typed."""
    row, change = opened.detail.row, opened.change
    timeline = _timeline(opened)
    since = notice.since if notice is not None else None
    context = {
        **_state(opened),
        "change": change,
        "controls": controls_of(request.user, change),
        "groups": groups_of(change.affected)
        if change.preview
        else kept_groups(change.kept.changes)
        if change.kept
        else (),
        "asked": partial(asked_for, row.base_values, change.wanted),
        "problems": _problems(opened),
        "findings": change.preview.findings if change.preview else (),
        "account_names": _names(opened),
        "files": partial(file_diffs, change.texts),
        "approvers": approvers_of(row),
        "timeline": timeline,
        "news": [each for each in timeline if since is not None and each.told.at > since],
        "others": opened.detail.others,
        "is_split": request.GET.get("as") == "split",
        "form": form or Said(),
        "notice": notice,
        "now": timezone.now().isoformat(),
    }
    return page_or_part(request, "proposals/proposal.html", {LINE: "proposals/_state.html"}, context, status=status)


def _state(opened: Opened) -> dict[str, Any]:
    """What the part that htmx asks for again and again shows; no query."""
    row = opened.detail.row
    return {
        "row": row,
        "badge": badge(row),
        "steps": steps(row),
        "waits": waits(row),
        "forge": forge_name(row),
        "mark": mark(row),
        "is_moving": row.status in MOVING,
        "is_over": is_over(row),
        "is_older": False,
    }


def _poll(request: HttpRequest, opened: Opened, seen: str) -> HttpResponse:
    """Nothing where nothing changed; the whole page anew where nobody can have typed; else only the news."""
    if seen == mark(opened.detail.row):
        return HttpResponse(status=204)
    if is_moving_mark(seen):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {**_state(opened), "is_older": True}
    return page_or_part(request, "proposals/proposal.html", {LINE: "proposals/_state.html"}, context)


def _elsewhere(request: HttpRequest, pk: str) -> HttpResponse | None:
    """The address with its repository, for a link from outside to a proposal of another one than the first."""
    if "repository" in request.GET:
        return None
    name = repository_name_of(pk)
    if not name or name == repository_of(request).name:
        return None
    try:
        repository_for(request.user, name)
    except Http404:
        return None
    query = request.GET.copy()
    query["repository"] = name
    return redirect(f"{request.path}?{urlencode(list(query.lists()), doseq=True)}")


def _timeline(opened: Opened) -> list[Row]:
    entries = [entry for entry in opened.detail.timeline if entry.intent is None]
    told = [each for each in tell(entries) if each.event not in _PLUMBING]
    there = known(told)
    rows = [audit_row(each, there) for each in told]
    return [replace(each, sentence=tuple(_here(piece) for piece in each.sentence)) for each in rows]


def _here(piece: Piece) -> Piece:
    """On its own page a proposal is `this proposal`; people's acts are for those who read the log."""
    if piece.page == PROPOSAL:
        return Piece(text="this proposal")
    return Piece(text=piece.text) if piece.page == "audit" else piece


def _problems(opened: Opened) -> Sequence[Any]:
    found = opened.change.preview
    return problems_seen(found.problems, opened.detail.row.repository, opened.visible) if found is not None else ()


def _names(opened: Opened) -> list[tuple[str, str]]:
    """Slug and name of the accounts that the card names."""
    slugs = opened.change.accounts[:NAMED]
    names = names_of(opened.detail.row.repository, slugs)
    return [(slug, names.get(slug, slug)) for slug in slugs]


def _evaluated(request: HttpRequest, opened: Opened) -> Evaluated:
    found = opened.change.preview
    if found is None or found.problems:
        return Evaluated()
    effects = [effect for effect in found.effects if opened.visible is None or effect.place[0] in opened.visible]
    chosen = list(_one_of_each(effects))[:_MOST_GROUPS]
    integrations = {effect.place[1] for effect in effects}
    samples: dict[tuple[str, str, str], SampleView] = {}
    try:
        with turn(request) as evaluator:
            for effect in chosen:
                for each in changed_outputs(
                    found.proposed, effect, evaluator, visible=opened.visible, most=_MOST_SAMPLES
                ):
                    view = sample_view(each)
                    samples.setdefault((view.file, view.mapping, view.part), view)
            tests = [test_view(each) for each in changed_tests(found.proposed, integrations, evaluator)]
    except (TooMany, NotNow) as error:
        return Evaluated(trouble=str(error))
    seen = [test for test in tests if not test.account or opened.visible is None or test.account in opened.visible]
    return Evaluated(samples=tuple(samples.values()), tests=tuple(seen))


def _one_of_each(effects: Sequence[Any]) -> Iterator[Any]:
    """One connection of each kind of change."""
    seen: set[str] = set()
    for effect in effects:
        key = repr(effect.differences)
        if key not in seen:
            seen.add(key)
            yield effect
