"""What was typed and not handed in yet: kept while one types, found again after whatever came between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, resolve

from console.models import User
from console.proposing.places import Place
from console.proposing.typed import Typed, TypedChange, as_fields, from_fields
from integrations.actions.proposals.opening import discard_draft, save_draft
from integrations.models import Draft, Proposal, Repository
from integrations.queries.proposals import draft_of, drafts_of

_SHOWN = ("value", "other", "source", "expression", "fixed", "add", "first", "second", "third")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCard:
    """A draft as its owner finds it again. `typed` has (what, text): it stays readable where the place is gone."""

    place: str
    title: str
    saved_at: datetime
    reason: str
    typed: tuple[tuple[str, str], ...]


def kept_for(person: User, place: Place) -> Typed | None:
    fields = draft_of(person, place.visit.repository, place.base_address)
    return from_fields(fields) if fields else None


def keep(person: User, place: Place, typed: Typed) -> None:
    """Over what was kept before; an empty form leaves no draft, and one that was handed in makes none anew.

    `typed` must be without secrets.
    """
    repository = place.visit.repository
    if typed.key and Proposal.objects.filter(proposer_id=person.pk, key=typed.key).exists():
        return
    if typed.is_empty:
        discard_draft(person, repository, place=place.base_address)
    else:
        save_draft(person, repository, place=place.base_address, fields=as_fields(typed))


def cards(person: User, repository: Repository) -> list[DraftCard]:
    """The newest first."""
    return [_card(draft) for draft in drafts_of(person, repository)]


def is_place(address: str) -> bool:
    """Whether the address is of a page on which changes are proposed here."""
    parts = urlsplit(address)
    try:
        return not parts.netloc and not parts.scheme and resolve(parts.path).url_name in {"propose", "propose_layer"}
    except Resolver404:
        return False


def _card(draft: Draft) -> DraftCard:
    typed = from_fields(draft.fields)
    return DraftCard(
        place=draft.place,
        title=_title(draft.place),
        saved_at=draft.saved_at,
        reason=typed.reason,
        typed=tuple(_lines(typed.changes)),
    )


def _title(place: str) -> str:
    """`acme-corp, salesforce`, of the address; the address itself where it leads nowhere any more."""
    parts = urlsplit(place)
    try:
        names = resolve(parts.path).kwargs
    except Resolver404:
        return place
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    said = [names.get("account") or names.get("layer", ""), names.get("integration") or query.get("integration", "")]
    return ", ".join(filter(None, [*said, query.get("environment", "")]))


def _lines(changes: Iterable[TypedChange]) -> Iterable[tuple[str, str]]:
    for change in changes:
        texts = [change.text(name) for name in _SHOWN if change.text(name)]
        yield change.target.label, " · ".join(texts)
