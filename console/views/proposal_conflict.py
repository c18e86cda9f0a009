"""Whose values hold, where somebody else changed them meanwhile: a choice of three for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from kombu.exceptions import OperationalError

from console.json_text import NotJson, parse
from console.models import User
from console.presentation.value_changes import name_parts, text_of
from console.presentation.values import shown
from console.proposal_controls import withdraw_refusal
from console.views.proposal import opened_for
from console.views.proposal_acts import back_to, require_own_now
from integrations.actions.proposals.deciding import BadChoice, Choice, resolve_conflict
from integrations.actions.proposals.rights import may_withdraw
from integrations.core.documents import JSON
from integrations.core.proposals import BadTransition, State
from integrations.git.errors import GitError
from integrations.models import Proposal
from integrations.tasks import publish_proposal

EDITED = "edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One value that clashes. Texts are None where there is none. `typed`: what the person wrote instead.

    `name` is that of the form's fields. `is_json`: a config value; else an expression. `error`: of what was typed.
    """

    name: str
    leaf: str
    subject: str
    label: str
    base: str | None
    theirs: str | None
    mine: str | None
    is_json: bool
    is_editable: bool
    choice: str = ""
    typed: str = ""
    error: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, proposal: str) -> HttpResponse:
    opened = opened_for(request, proposal)
    row = opened.detail.row
    if row.status is not State.CONFLICTING:
        messages.info(request, "There is nothing to choose (any more).")
        return back_to(request, row)
    may = isinstance(request.user, User) and may_withdraw(row, request.user)
    if request.method != "POST":
        return _page(request, row, places_of(row, {}), "" if may else withdraw_refusal(row))
    if not may:
        raise PermissionDenied(withdraw_refusal(row))
    return _resolve(request, row)


def places_of(row: Proposal, posted: Mapping[str, str]) -> list[Place]:
    """The values that clash, with what the form says of them."""
    return [
        _place(number, conflict, posted, has_edits=bool(row.edits)) for number, conflict in enumerate(row.conflicts)
    ]


def _place(number: int, conflict: Mapping[str, Any], posted: Mapping[str, str], *, has_edits: bool) -> Place:
    name, leaf = f"place-{number}", str(conflict["leaf"])
    subject, label = name_parts(leaf) if leaf else ("", str(conflict.get("why", "")))
    is_json = leaf.startswith("/")
    mine = text_of(conflict["mine"]) if not is_json or conflict["mine"] is None else _json_text(conflict["mine"])
    choice, typed = posted.get(name, ""), posted.get(f"{name}-value", mine or "")
    return Place(
        name=name,
        leaf=leaf,
        subject=subject,
        label=label,
        base=_shown(conflict["base"], is_json=is_json),
        theirs=_shown(conflict["theirs"], is_json=is_json),
        mine=mine,
        is_json=is_json,
        is_editable=has_edits and mine is not None and subject != "file",
        choice=choice,
        typed=typed,
        error=_error(posted, choice, typed, is_json=is_json),
    )


def _resolve(request: HttpRequest, row: Proposal) -> HttpResponse:
    assert isinstance(request.user, User)
    places = places_of(row, request.POST)
    if any(place.error for place in places):
        return _page(request, row, places, "", status=422)
    edited = {place.leaf: _value(place) for place in places if place.choice == EDITED}
    choices = {place.leaf: Choice.THEIRS if place.choice == Choice.THEIRS else Choice.MINE for place in places}
    try:
        resolve_conflict(
            row.pk,
            person=request.user,
            choices=choices,
            edited=edited,
            still_may=partial(require_own_now, request.user, row),
        )
    except (BadChoice, BadTransition, GitError) as error:
        row.refresh_from_db()
        is_other = row.conflicts and [place.leaf for place in places] != [each["leaf"] for each in row.conflicts]
        return _page(request, row, places_of(row, {}) if is_other else places, "", trouble=str(error), status=409)
    try:
        publish_proposal.delay(row.pk)
    except OperationalError:
        messages.warning(request, "The queue cannot be reached just now; the console goes on by itself in a minute.")
    messages.success(request, "Your choice is kept. The proposal is published anew, and has to be approved again.")
    return back_to(request, row)


def _page(
    request: HttpRequest, row: Proposal, places: list[Place], denial: str, *, trouble: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "row": row,
        "places": places,
        "denial": denial or None,
        "trouble": trouble,
        # What the proposal belongs to is gone: no value can be chosen.
        "is_hopeless": any(not place.leaf for place in places),
    }
    return render(request, "proposals/conflict.html", context, status=status)


def _error(posted: Mapping[str, str], choice: str, typed: str, *, is_json: bool) -> str:
    if not posted:
        return ""
    if choice not in {Choice.MINE, Choice.THEIRS, EDITED}:
        return "Choose one of the values."
    if choice == EDITED and is_json:
        try:
            parse(typed.encode())
        except NotJson as error:
            return f"{error} A text stands in quotation marks."
    if choice == EDITED and not typed.strip():
        return "Write the value."
    return ""


def _value(place: Place) -> JSON:
    return parse(place.typed.encode()) if place.is_json else place.typed


def _shown(value: JSON, *, is_json: bool) -> str | None:
    if value is None:
        return None
    return _json_text(value) if is_json else text_of(value)


def _json_text(value: JSON) -> str:
    """Texts in quotation marks, so that "50" and 50 differ."""
    return shown(value)
