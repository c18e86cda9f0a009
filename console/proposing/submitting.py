"""Handing in what was typed: the wish, with what the checks found for its reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from console.access import REVIEW_PROPOSAL
from console.models import User
from console.presentation.values import shown
from console.proposing.looking import Look
from console.proposing.outputs import Output
from console.proposing.places import Place
from console.proposing.typed import Typed
from integrations.actions.proposals.commits import Described
from integrations.actions.proposals.opening import open_proposal
from integrations.actions.proposals.wishing import wish_of
from integrations.core.chain import CONFIG
from integrations.core.difference import Difference
from integrations.core.documents import JSON
from integrations.core.pull_request_body import Change, SampleOutput
from integrations.forges.local import KIND as LOCAL
from integrations.models import ForgeAccount, Proposal, Repository
from integrations.queries.effects import Place as Connection
from integrations.queries.reading import Visible

_MOST_CHANGES = 200
_MOST_NAMED = 50
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
        described=_described(looked, place.visit.visible),
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


def _described(looked: Look, visible: Visible) -> Described | None:
    if looked.checked is None:
        return None
    effects = [each for each in looked.checked.effects if visible is None or each.place[0] in visible]
    accounts = list(dict.fromkeys(each.place[0] for each in effects))
    changes = [_change(each.place, difference) for each in effects for difference in each.differences]
    return Described(
        changes=tuple(changes[:_MOST_CHANGES]),
        account_count=len(accounts),
        accounts=tuple(accounts[:_MOST_NAMED]),
        samples=_samples(looked.output),
    )


def _change(place: Connection, found: Difference) -> Change:
    is_config = found.area == CONFIG
    return Change(
        where="/".join(place),
        path=found.path if is_config else f"{found.area} {found.path}".rstrip(),
        before=_text(found.before),
        after=_text(found.after),
        language="json" if is_config else "jsonata",
    )


def _text(value: JSON) -> str | None:
    return value if value is None or isinstance(value, str) else shown(value)


def _samples(output: Output | None) -> tuple[SampleOutput, ...]:
    if output is None:
        return ()
    pairs: Sequence[Change] = [
        Change(where=output.mapping, path=pair.label, before=pair.before or None, after=pair.after or None)
        for pair in output.changed
    ]
    return (SampleOutput(sample=output.sample.source.file, changes=tuple(pairs), failure=output.fault),)
