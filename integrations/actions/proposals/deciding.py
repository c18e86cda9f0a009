"""What people decide about a proposal that is on its way: another try, whose values hold, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import structlog
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from audit.people import actor_of
from audit.record import SYSTEM, record
from integrations.actions.forges import forge_of, outgoing_of
from integrations.actions.proposals.claiming import MOST_DUE, move
from integrations.actions.proposals.editing import name_of
from integrations.actions.proposals.outside import begin, close, finish
from integrations.actions.proposals.rebasing import chosen, look, rebase
from integrations.actions.proposals.trouble import judge
from integrations.actions.secrets import SecretUnavailable
from integrations.actions.subjects import proposal_subject
from integrations.actions.sync import remote_of
from integrations.core.documents import JSON
from integrations.core.edits import CannotEdit, SetConfig, SetField, SetMapping, edit_as_json, edit_from_json
from integrations.core.proposals import BadTransition, State
from integrations.core.pull_requests import PullRequestState
from integrations.core.summaries import describe
from integrations.forges.errors import ForgeError
from integrations.git.errors import GitError
from integrations.models import Proposal
from integrations.queries.preview import preview

log = structlog.get_logger(__name__)


class Choice(StrEnum):
    """Whose value holds at one place."""

    MINE = "mine"
    THEIRS = "theirs"


class BadChoice(ValueError):
    """The conflict is another one by now, or nothing would be left to propose; the sentence says which."""


@transaction.atomic(durable=True)
def retry(pk: str, *, person: AbstractUser, still_may: Callable[[], None] = lambda: None) -> Proposal:
    """Another try of what failed, or waits for its next one. Raises BadTransition.

    The caller queues `tasks.publish_proposal`.
    """
    proposal = _locked(pk)
    still_may()
    if proposal.state not in {State.FAILED, State.QUEUED}:
        raise BadTransition(State(proposal.state), State.QUEUED)
    proposal.state, proposal.trouble = State.QUEUED, ""
    proposal.attempts, proposal.due_at = 0, None
    proposal.save()
    record(Event.PROPOSAL_RETRIED, actor=actor_of(person), subject=proposal_subject(proposal))
    return proposal


def resolve_conflict(
    pk: str,
    *,
    person: AbstractUser,
    choices: Mapping[str, Choice],
    edited: Mapping[str, JSON] | None = None,
    reason: str = "",
    still_may: Callable[[], None] = lambda: None,
) -> Proposal:
    """Puts the proposal on the newest commit, with each place that clashes as it was chosen.

    `choices` has one for every place of `proposal.conflicts`. With theirs everywhere nothing may be left: then withdraw
    it. `edited` has other values of the proposer's own for some places that are theirs; the change is then checked
    anew, as before a submit. Raises BadChoice, BadTransition, GitError. The caller queues `tasks.publish_proposal`.
    """
    # Before the row is locked: reading a commit may take a while.
    before = Proposal.objects.select_related("repository").get(pk=pk)
    found = look(before)
    theirs = sorted(place for place, choice in choices.items() if choice is Choice.THEIRS)
    if edited:
        before.edits = [_edited(body, edited) for body in before.edits]
    try:
        wanted = chosen(before, found, theirs)
    except CannotEdit as error:
        raise BadChoice(str(error)) from error
    if edited:
        _check(before, wanted.files)
    with transaction.atomic(durable=True):
        proposal = _locked(pk)
        still_may()
        if proposal.state != State.CONFLICTING:
            raise BadTransition(State(proposal.state), State.QUEUED)
        places = [str(conflict["leaf"]) for conflict in found.conflicts]
        is_same = proposal.base_commit == before.base_commit and proposal.conflicts == list(found.conflicts)
        if not is_same or set(places) != set(choices):
            raise BadChoice("The values have changed again meanwhile: look at them once more, then choose.")
        if not wanted.files:
            raise BadChoice("Nothing of the proposal would be left: withdraw it instead.")
        told = {"base": found.base, "places": len(places), "theirs": len(theirs)}
        subject = proposal_subject(proposal)
        record(Event.CONFLICT_RESOLVED, actor=actor_of(person), subject=subject, reason=reason, data=told)
        _without(proposal, before.edits, theirs)
        rebase(proposal, wanted, actor=actor_of(person))
        move(proposal, State.QUEUED)
        proposal.due_at = None
        proposal.save()
    return proposal


def _without(proposal: Proposal, edits: Sequence[Mapping[str, JSON]], places: Sequence[str]) -> None:
    """What stays as others made it is no longer part of the proposal; what it says of itself is told anew."""
    kept = [body for body in edits if name_of(edit_from_json(body)) not in places]
    if kept != proposal.edits:
        proposal.edits, proposal.described = kept, {}
        proposal.summary = "\n".join(describe(edit_from_json(body), None, None) for body in kept)


def _edited(body: Mapping[str, JSON], values: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The edit with the proposer's new value. Raises BadChoice where it has none to change."""
    edit = edit_from_json(body)
    if name_of(edit) not in values:
        return body
    value = values[name_of(edit)]
    if isinstance(edit, SetConfig):
        return edit_as_json(replace(edit, value=value))
    if isinstance(edit, SetField | SetMapping) and isinstance(value, str) and value.strip():
        return edit_as_json(replace(edit, expression=value))
    raise BadChoice(f"{name_of(edit)} cannot be given another value here: choose one of the two.")


def _check(proposal: Proposal, files: Mapping[str, str | None]) -> None:
    """Raises BadChoice."""
    found = preview(proposal.repository, files)
    if found.is_refused:
        said = [problem.message for problem in found.problems]
        said += [finding.sentence for finding in found.findings if finding.is_refused]
        raise BadChoice(" ".join(said[:3]))


@transaction.atomic(durable=True)
def withdraw(
    pk: str, *, person: AbstractUser, reason: str = "", still_may: Callable[[], None] = lambda: None
) -> Proposal:
    """Takes the proposal back. The caller queues `tasks.clear_proposal`, which closes its pull request and branch.

    A worker that publishes it right now loses its claim; what it still leaves outside is cleared after it.
    Raises BadTransition for what has ended.
    """
    proposal = _locked(pk)
    still_may()
    busy_until = proposal.claimed_until
    move(proposal, State.WITHDRAWN)
    proposal.ended_at = timezone.now()
    is_outside = bool(proposal.own_commits) or busy_until is not None
    proposal.due_at = (busy_until or timezone.now()) if is_outside else None
    proposal.save()
    record(Event.PROPOSAL_WITHDRAWN, actor=actor_of(person), subject=proposal_subject(proposal), reason=reason)
    return proposal


def due_to_clear() -> list[str]:
    """Withdrawn proposals of which something may still stand outside."""
    rows = Proposal.objects.filter(state=State.WITHDRAWN, due_at__lte=Now())
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:MOST_DUE])


def clear(pk: str) -> bool:
    """Closes the pull request of a withdrawn proposal and deletes its branch; looks before each. True when it is done.

    Never raises for what the forge or the remote may do: it is tried again.
    """
    proposal = Proposal.objects.select_related("repository").filter(pk=pk, state=State.WITHDRAWN).first()
    if proposal is None or proposal.due_at is None or proposal.due_at > timezone.now():
        return False
    try:
        _close_pull_request(proposal)
        _delete_branch(proposal)
    except (GitError, ForgeError, SecretUnavailable) as error:
        _note_left_over(pk, error)
        return False
    with transaction.atomic(durable=True):
        row = _locked(pk)
        close(row)
        row.due_at, row.trouble, row.attempts = None, "", 0
        row.save()
    outgoing_of(proposal).remove()
    return True


def _close_pull_request(proposal: Proposal) -> None:
    forge = forge_of(proposal.repository)
    known = forge.find_pull_request(proposal.branch)
    if known is None or known.state is not PullRequestState.OPEN:
        return
    _begin(proposal.pk, Event.PULL_REQUEST_CLOSED, {"number": known.number})
    forge.close_pull_request(known.number)
    _finish(proposal.pk)


def _delete_branch(proposal: Proposal) -> None:
    outgoing, remote = outgoing_of(proposal), remote_of(proposal.repository)
    there = outgoing.heads(remote, [proposal.branch]).get(proposal.branch)
    # What others pushed to the branch is theirs, and stays.
    if there is None or there not in proposal.own_commits:
        return
    _begin(proposal.pk, Event.BRANCH_DELETED, {"branch": proposal.branch, "commit": there})
    outgoing.push(remote, proposal.branch, None, expected=there)
    _finish(proposal.pk)


@transaction.atomic(durable=True)
def _begin(pk: str, event: Event, data: Mapping[str, object]) -> None:
    row = _locked(pk)
    begin(row, event, data=data)
    row.save(update_fields=["intent"])


@transaction.atomic(durable=True)
def _finish(pk: str) -> None:
    row = _locked(pk)
    finish(row, Entry.Phase.DONE)
    row.save(update_fields=["intent"])


@transaction.atomic(durable=True)
def _note_left_over(pk: str, error: GitError | ForgeError | SecretUnavailable) -> None:
    row = _locked(pk)
    trouble = judge(error, attempts=row.attempts)
    finish(row, Entry.Phase.UNKNOWN if trouble.is_ambiguous else Entry.Phase.FAILED)
    row.attempts += 1
    row.due_at = timezone.now() + trouble.wait if trouble.wait is not None else None
    row.trouble = f"Its pull request or branch could not be removed: {error}"
    row.save()
    log.warning("withdrawn proposal not cleared", proposal=pk, reason=str(error), actor=SYSTEM.id)


def _locked(pk: str) -> Proposal:
    return Proposal.objects.select_for_update(of=("self",)).select_related("repository").get(pk=pk)
