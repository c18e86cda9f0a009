"""What a person types is kept; what they hand in becomes a proposal, once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.events import Event
from audit.people import actor_of
from audit.record import Subject, record
from integrations.actions.proposals.commits import Described
from integrations.actions.subjects import proposal_subject
from integrations.core.documents import JSON, Layer
from integrations.core.proposal_text import clean_line, clean_title
from integrations.core.proposals import State
from integrations.core.secrets import secrets_in
from integrations.core.tree import parts_of
from integrations.models import Draft, Proposal, Repository

MOST_FILES = 200
MOST_CHARACTERS = 2_000_000


class BadProposal(ValueError):
    """The proposal cannot be taken as it is; the sentence says why."""


class KeyReused(ValueError):
    """The idempotency key was used for another proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is handed in. `files` maps each path to its new text, or to None for a file that goes.

    `base_values` has what the touched values are at `base_commit`, each under the name that people see in a conflict;
    `described` is for the pull request. Each line of `summary` is a sentence.
    """

    layer: Layer
    account: str = ""
    integration: str = ""
    environment: str = ""
    edits: Sequence[Mapping[str, JSON]] = ()
    base_commit: str
    base_values: Mapping[str, JSON] = field(default_factory=dict)
    files: Mapping[str, str | None]
    described: Described | None = None
    title: str
    summary: str = ""
    reason: str
    ticket: str = ""
    reviewers: Sequence[str] = ()


@transaction.atomic
def save_draft(person: AbstractUser, repository: Repository, *, place: str, fields: Mapping[str, Any]) -> Draft:
    """Keeps what was typed, over what was kept before. Only its beginning is recorded: it is no act yet."""
    draft, is_new = Draft.objects.update_or_create(
        person_id=person.pk, repository=repository, place=place[:300], defaults={"fields": dict(fields)}
    )
    if is_new:
        record(Event.DRAFT_SAVED, actor=actor_of(person), subject=_place_subject(repository, place))
    return draft


@transaction.atomic
def discard_draft(person: AbstractUser, repository: Repository, *, place: str) -> bool:
    """False when there was none."""
    gone, _ = Draft.objects.filter(person_id=person.pk, repository=repository, place=place[:300]).delete()
    if gone:
        record(Event.DRAFT_DISCARDED, actor=actor_of(person), subject=_place_subject(repository, place))
    return bool(gone)


def open_proposal(
    wish: Wish,
    *,
    repository: Repository,
    proposer: AbstractUser,
    key: str = "",
    draft: str = "",
    still_may: Callable[[], None] = lambda: None,
) -> Proposal:
    """Takes the proposal in: its row and its entry in one transaction. The caller queues `tasks.publish_proposal`.

    The same `key` of the same person gives the same proposal again. `draft` names the place whose draft has served.
    `still_may` raises where the person may not; it is asked in that very transaction. Raises BadProposal, KeyReused.
    """
    made = _proposal(wish, repository, proposer, key)
    try:
        with transaction.atomic(durable=True):
            still_may()
            known = _known(made)
            if known is not None:
                return known
            made.save(force_insert=True)
            Draft.objects.filter(person_id=proposer.pk, repository=repository, place=draft[:300]).delete()
            _record(made, proposer)
    except IntegrityError:
        # The same request came twice at once, and the other was quicker.
        known = _known(made)
        if known is None:
            raise
        return known
    return made


def _known(made: Proposal) -> Proposal | None:
    known = Proposal.objects.filter(proposer=made.proposer_id, key=made.key).first() if made.key else None
    if known is not None and _essence(known) != _essence(made):
        raise KeyReused("This idempotency key was used for another proposal.")
    return known


def _essence(row: Proposal) -> str:
    """What makes it the same proposal. The files are not: a rebase makes them anew."""
    place = (row.repository_id, row.layer, row.account, row.integration, row.environment)
    # As the text that the row keeps: a tuple becomes a list there.
    return json.dumps([*place, row.edits, row.title, row.summary, row.reason, row.ticket], sort_keys=True)


def _proposal(wish: Wish, repository: Repository, proposer: AbstractUser, key: str) -> Proposal:
    title, reason = clean_title(wish.title), wish.reason.strip()
    _check(wish, title, reason)
    now = timezone.now()
    return Proposal(
        repository=repository,
        layer=wish.layer,
        account=wish.account,
        integration=wish.integration,
        environment=wish.environment,
        edits=[dict(edit) for edit in wish.edits],
        base_commit=wish.base_commit,
        base_values=dict(wish.base_values),
        file_changes=dict(wish.files),
        described=msgspec.to_builtins(wish.described) if wish.described is not None else {},
        title=title,
        summary=wish.summary.strip(),
        reason=reason,
        ticket=clean_line(wish.ticket)[:200],
        reviewers=[clean_line(login) for login in wish.reviewers],
        proposer_id=proposer.pk,
        proposer_name=str(proposer)[:200],
        proposer_email=proposer.email,
        key=key[:200],
        state=State.QUEUED,
        created_at=now,
    )


def _check(wish: Wish, title: str, reason: str) -> None:
    if not title or not reason:
        raise BadProposal("A proposal needs a title and a reason.")
    if not wish.files:
        raise BadProposal("Nothing would change: the values are as you want them already.")
    if (wish.layer == Layer.ACCOUNT) != bool(wish.account):
        raise BadProposal("A proposal at the account layer names an account, and no other does.")
    _refuse_secrets(wish)
    for path, text in wish.files.items():
        if not parts_of(path) or (text is not None and not _is_unicode(text)):
            raise BadProposal(f"The file {path[:200]!a} cannot be written.")
    characters = sum(len(text or "") for text in wish.files.values())
    if len(wish.files) > MOST_FILES or characters > MOST_CHARACTERS:
        raise BadProposal(f"One proposal may change {MOST_FILES} files and {MOST_CHARACTERS} characters at most.")


def _refuse_secrets(wish: Wish) -> None:
    """A raw secret is never stored, whoever forgot to look for it before."""
    prose = [wish.title, wish.summary, wish.reason, wish.ticket]
    texts = [text for text in wish.files.values() if text is not None] + [json.dumps(edit) for edit in wish.edits]
    found = [one for text in prose for one in secrets_in(text, is_prose=True)] + [
        one for text in texts for one in secrets_in(text)
    ]
    if found:
        raise BadProposal(
            f"It holds what looks like a secret ({found[0].kind}); write a reference such as vault://… instead."
        )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _record(proposal: Proposal, proposer: AbstractUser) -> None:
    record(
        Event.PROPOSAL_OPENED,
        actor=actor_of(proposer),
        subject=proposal_subject(proposal),
        reason=proposal.reason,
        data={
            "repository": proposal.repository.name,
            "layer": proposal.layer,
            "integration": proposal.integration,
            "environment": proposal.environment,
            "ticket": proposal.ticket,
            "base": proposal.base_commit,
            "files": sorted(proposal.file_changes),
        },
        personal={"title": proposal.title, "summary": proposal.summary, "reviewers": list(proposal.reviewers)},
    )


def _place_subject(repository: Repository, place: str) -> Subject:
    return Subject(kind="place", id=f"{repository.name}:{place}"[:200], name=place[:300])
