"""Handing in what was typed: the wish, with what the checks found for its reviewers."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from console.access import REVIEW_PROPOSAL
from console.models import User
from console.proposing.looking import Look
from console.proposing.places import Place
from console.proposing.typed import Typed
from integrations.actions.proposals.checking import described_of
from integrations.actions.proposals.opening import open_proposal
from integrations.actions.proposals.wishing import wish_of
from integrations.forges.local import KIND as LOCAL
from integrations.models import ForgeAccount, Proposal, Repository

_MOST_REVIEWERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Somebody who may approve. `login`: as the repository's forge names them."""

    login: str
    name: str


def reviewers_for(user: User, repository: Repository) -> list[Reviewer]:
    """People who may approve the user's change, whom its forge knows; never the user themselves."""
    app_label, codename = REVIEW_PROPOSAL.split(".")
    rows = User.objects.filter(
        is_active=True,
        groups__permissions__codename=codename,
        groups__permissions__content_type__app_label=app_label,
    )
    people = list(rows.exclude(pk=user.pk).order_by("name", "email").distinct()[:_MOST_REVIEWERS])
    kind = repository.forge or LOCAL
    if kind == LOCAL:
        return [Reviewer(login=person.email, name=str(person)) for person in people]
    links = ForgeAccount.objects.filter(forge=kind, user__in=people).values_list("user_id", "login")
    logins = dict(links)
    return [Reviewer(login=logins[each.pk], name=str(each)) for each in people if each.pk in logins]


def hand_in(request: HttpRequest, place: Place, typed: Typed, looked: Look, *, proposer: User) -> Proposal:
    """Raises access.Refused, CannotEdit, BadProposal, KeyReused; then nothing was written."""
    known = {each.login for each in reviewers_for(proposer, place.visit.repository)}
    wish = wish_of(
        place.reader,
        looked.edits,
        reason=typed.reason,
        ticket=typed.ticket,
        reviewers=[login for login in typed.reviewers if login in known],
        described=described_of(looked.checked, visible=place.visit.visible) if looked.checked else None,
        sentences=[row.sentence for row in looked.rows if row.sentence],
    )
    return open_proposal(
        wish,
        repository=place.visit.repository,
        proposer=proposer,
        key=typed.key,
        draft=place.base_address,
        still_may=lambda: place.require_now(request),
    )
