"""The list of proposals: everybody's, one's own, and those that wait for the person who looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from console.access import Person, absence, visible_accounts
from console.htmx import page_or_part
from console.models import User
from console.presentation.proposals import Badge, badge, waits
from console.visit import repository_of
from integrations.core.proposals import State
from integrations.models import Proposal, Repository
from integrations.queries.open_changes import accounts_with_proposals, names_of, number_to_id
from integrations.queries.proposals import ProposalFilter, proposals as read_proposals
from integrations.queries.reading import Visible

_PER_PAGE = 30
SHOW = {"": "All", "mine": "Mine", "waiting": "Waiting for me"}
# What people call groups of states, and the states.
STANDS: Mapping[str, tuple[str, tuple[State, ...]]] = {
    "under-way": (
        "Under way",
        (State.QUEUED, State.PUBLISHING, State.OPEN, State.CONFLICTING, State.FAILED, State.MERGED),
    ),
    "review": ("In review", (State.OPEN,)),
    "stuck": ("Needs a choice or a retry", (State.CONFLICTING, State.FAILED)),
    "in-force": ("In force", (State.IN_FORCE,)),
    "ended": ("Closed or withdrawn", (State.CLOSED, State.WITHDRAWN)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A line of a list. `about`: what the account is called, or the layer where it is for every account."""

    row: Proposal
    badge: Badge
    waits: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The filters as the address has them; what makes no sense narrows nothing."""

    show: str
    account: str
    stands: str

    @property
    def is_narrowing(self) -> bool:
        return bool(self.show or self.account or self.stands)


@require_safe
def proposals(request: HttpRequest) -> HttpResponse:
    repository = repository_of(request)
    visible = visible_accounts(request.user, repository)
    chosen = _chosen(request)
    after = request.GET.get("after", "")[:12]
    found = read_proposals(repository, _filter(request.user, chosen, visible), after=after, limit=_PER_PAGE)
    context = {
        "chosen": chosen,
        "rows": rows_of(repository, [entry.row for entry in found.entries]),
        "total": found.total,
        "next": found.after,
        "is_first": not after,
        "show": SHOW,
        "stands": {key: label for key, (label, _) in STANDS.items()},
        # Asked for by the whole page alone.
        "accounts": partial(accounts_with_proposals, repository, visible=visible),
    }
    return page_or_part(request, "proposals/list.html", {"proposals": "proposals/_table.html"}, context)


@require_safe
def pull_request(request: HttpRequest, number: int) -> HttpResponse:
    """The address that the console's own forge gives its pull requests."""
    repository = repository_of(request)
    pk = number_to_id(repository, number, visible=visible_accounts(request.user, repository))
    if pk is None:
        raise absence(request.user, f"There is no pull request {number}.", kind="pull request", id=str(number))
    return redirect("proposal", proposal=pk)


def rows_of(repository: Repository, found: list[Proposal]) -> list[ProposalRow]:
    """With what their accounts are called; one query."""
    names = names_of(repository, {row.account for row in found} - {""})
    for row in found:
        row.repository = repository  # else each row would ask for it
    return [
        ProposalRow(
            row=row,
            badge=badge(row),
            waits=waits(row),
            about=names.get(row.account, row.account) if row.account else f"{row.layer} layer",
        )
        for row in found
    ]


def waiting_for(user: Person, visible: Visible) -> ProposalFilter:
    """What is up to this person."""
    assert isinstance(user, User)
    return ProposalFilter(waiting_for=user, visible=visible)


def _chosen(request: HttpRequest) -> Chosen:
    show, stands = request.GET.get("show", ""), request.GET.get("state", "")
    return Chosen(
        show=show if show in SHOW else "",
        account=request.GET.get("account", "").strip().replace("\0", "")[:63],
        stands=stands if stands in STANDS else "",
    )


def _filter(user: Person, chosen: Chosen, visible: Visible) -> ProposalFilter:
    assert isinstance(user, User)
    return ProposalFilter(
        mine=user if chosen.show == "mine" else None,
        waiting_for=user if chosen.show == "waiting" else None,
        account=chosen.account,
        states=STANDS[chosen.stands][1] if chosen.stands else (),
        visible=visible,
    )
