"""A proposal's state follows the forge: what is open, reviewed, merged, closed, and what of it is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from audit.record import SYSTEM, record
from integrations.actions.forges import forge_of
from integrations.actions.proposals.claiming import MOST_DUE, move
from integrations.actions.proposals.editing import editor_of
from integrations.actions.proposals.outside import begin, finish
from integrations.actions.proposals.publishing import note_end
from integrations.actions.proposals.rebasing import Look, Standing, conflict, look_or_none, rebase
from integrations.actions.proposals.reviewing import as_json, judgement_of, person_actor
from integrations.actions.secrets import SecretUnavailable
from integrations.actions.subjects import proposal_subject
from integrations.core.edits import CannotEdit
from integrations.core.independence import Judgement
from integrations.core.proposals import FOLLOWED, State
from integrations.core.pull_requests import (
    STATUS_CONTEXT,
    CommitStatus,
    PullRequest,
    PullRequestState,
    Review,
    StatusState,
)
from integrations.forges.errors import AMBIGUOUS, ForgeError
from integrations.forges.port import Forge
from integrations.git.errors import GitError
from integrations.models import Proposal, Repository
from integrations.queries.mirrors import mirror_of

log = structlog.get_logger(__name__)
_WAIT_AFTER_TROUBLE = 5  # times the usual interval, at most

_REVIEWS = {
    StatusState.SUCCESS: Proposal.Review.APPROVED,
    StatusState.FAILURE: Proposal.Review.CHANGES_REQUESTED,
    StatusState.PENDING: Proposal.Review.PENDING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the forge said at one look."""

    pull_request: PullRequest
    reviews: tuple[Review, ...]
    judgement: Judgement


def due_to_follow() -> list[str]:
    """Open proposals whose time has come; each is put off by the interval, so that one beat asks for it."""
    rows = Proposal.objects.filter(state__in=FOLLOWED).filter(Q(due_at=None) | Q(due_at__lte=Now()))
    found = list(rows.order_by("due_at").values_list("pk", flat=True)[:MOST_DUE])
    Proposal.objects.filter(pk__in=found).update(due_at=Now() + _interval())
    return found


def follow(pk: str) -> bool:
    """Looks at the pull request and brings the row in step. True when it waits to be published again (a rebase).

    A second look changes nothing. Never raises for what the forge may do.
    """
    proposal = Proposal.objects.select_related("repository").filter(pk=pk, state__in=FOLLOWED).first()
    if proposal is None or proposal.pull_request is None:
        return False
    with structlog.contextvars.bound_contextvars(proposal=pk):
        try:
            forge = forge_of(proposal.repository)
            seen = _look(proposal, forge)
            is_queued = _bring_in_step(pk, seen, look_or_none(proposal), base=proposal.base_commit)
            if not is_queued and seen.pull_request.state is PullRequestState.OPEN:
                _say_judgement(pk, forge, seen)
        except (ForgeError, SecretUnavailable) as error:
            _note_trouble(pk, error)
            return False
        return is_queued


def bring_into_force(repository_id: int) -> list[str]:
    """Marks what is merged and whose values hold in the active snapshot; the ids of those."""
    repository = Repository.objects.select_related("active").get(pk=repository_id)
    if repository.active is None:
        return []
    waiting = Proposal.objects.filter(repository=repository, state=State.MERGED)
    return [pk for pk in waiting.values_list("pk", flat=True) if _in_force(pk, repository)]


def _look(proposal: Proposal, forge: Forge) -> Seen:
    assert proposal.pull_request is not None
    pull_request = forge.pull_request(proposal.pull_request)
    reviews = tuple(one.seen_from(pull_request.head_commit) for one in forge.reviews(proposal.pull_request))
    commits = forge.commits(proposal.pull_request) if pull_request.state is not PullRequestState.CLOSED else ()
    return Seen(
        pull_request=pull_request,
        reviews=reviews,
        judgement=judgement_of(proposal, forge, pull_request, commits, reviews),
    )


@transaction.atomic(durable=True)
def _bring_in_step(pk: str, seen: Seen, found: Look | None, *, base: str) -> bool:
    proposal = _locked(pk)
    if proposal is None or proposal.base_commit != base:
        return False
    now, pull_request = timezone.now(), seen.pull_request
    proposal.followed_at, proposal.due_at, proposal.attempts = now, now + _interval(), 0
    proposal.url, proposal.forge_head = pull_request.url, pull_request.head_commit
    proposal.is_conflicting = pull_request.is_conflicting
    if pull_request.state is not PullRequestState.CLOSED:
        _note_reviews(proposal, seen)
    if pull_request.state is not PullRequestState.OPEN:
        move(proposal, State.MERGED if pull_request.state is PullRequestState.MERGED else State.CLOSED)
        note_end(proposal, pull_request)
    else:
        _note_base(proposal, found)
    proposal.save()
    return proposal.state == State.QUEUED


def _note_reviews(proposal: Proposal, seen: Seen) -> None:
    before, proposal.review = proposal.review, _REVIEWS[seen.judgement.state]
    proposal.reviews = as_json(seen.reviews)
    verdicts = {StatusState.SUCCESS: True, StatusState.FAILURE: False}
    proposal.is_independent, proposal.independence = verdicts.get(seen.judgement.state), seen.judgement.sentence
    if proposal.review == before:
        return
    subject, told = proposal_subject(proposal), {"head": seen.pull_request.head_commit}
    if proposal.review == Proposal.Review.APPROVED:
        for key in seen.judgement.approvers:
            record(Event.PROPOSAL_APPROVED, actor=person_actor(key), subject=subject, data=told)
    elif proposal.review == Proposal.Review.CHANGES_REQUESTED:
        record(
            Event.CHANGES_REQUESTED,
            actor=SYSTEM,
            subject=subject,
            data=told,
            personal={"said": seen.judgement.sentence},
        )
    elif before == Proposal.Review.APPROVED:
        record(Event.APPROVAL_LAPSED, actor=SYSTEM, subject=subject, data=told)


def _note_base(proposal: Proposal, found: Look | None) -> None:
    """What the moved base means. A branch on which others work is never pushed over."""
    is_own = proposal.forge_head in proposal.own_commits
    if found is None:
        return
    if found.standing is Standing.CONFLICTING:
        conflict(proposal, found)
    elif found.standing is Standing.REBASED and is_own:
        rebase(proposal, found)
        move(proposal, State.QUEUED)
        proposal.due_at = None
    elif proposal.state == State.CONFLICTING:
        proposal.conflicts = []
        move(proposal, State.OPEN)
    elif found.standing is Standing.REBASED or proposal.is_conflicting:
        proposal.trouble = "The branch cannot be merged as it is; whoever pushed to it has to bring it up to date."
    elif found.standing is Standing.DONE:
        proposal.trouble = "These values are in the repository by now; the proposal can be withdrawn."
    else:
        proposal.trouble = ""


def _say_judgement(pk: str, forge: Forge, seen: Seen) -> None:
    """Sets the status that branch protection asks for, where it does not say so already."""
    head, judgement = seen.pull_request.head_commit, seen.judgement
    wanted = CommitStatus(
        context=STATUS_CONTEXT,
        state=judgement.state,
        description=judgement.sentence,
        url=Proposal.objects.only("url").get(pk=pk).url,
    )
    known = forge.status(head, context=STATUS_CONTEXT)
    if known is None or (known.state, known.description) != (wanted.state, _shown(known, wanted)):
        _set_status(pk, forge, head, wanted)


def _shown(known: CommitStatus, wanted: CommitStatus) -> str | None:
    """What the forge keeps of a description: some cut it."""
    kept, said = known.description, wanted.description or ""
    return kept if kept and (said.startswith(kept.rstrip("…")) or not said) else wanted.description


def _set_status(pk: str, forge: Forge, head: str, wanted: CommitStatus) -> None:
    with transaction.atomic(durable=True):
        proposal = _locked(pk)
        if proposal is None:
            return
        begin(proposal, Event.REVIEW_STATUS_SET, data={"head": head, "state": wanted.state})
        proposal.save(update_fields=["intent"])
    phase, failure = Entry.Phase.DONE, None
    try:
        forge.set_status(head, wanted)
    except ForgeError as error:
        phase = Entry.Phase.UNKNOWN if error.code in AMBIGUOUS else Entry.Phase.FAILED
        failure = error
    with transaction.atomic(durable=True):
        proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=pk)
        finish(proposal, phase)
        proposal.save(update_fields=["intent"])
    if failure is not None:
        raise failure


def _note_trouble(pk: str, error: ForgeError | SecretUnavailable) -> None:
    """The forge cannot be asked: the row keeps what was known, and asks again later."""
    with transaction.atomic(durable=True):
        proposal = _locked(pk)
        if proposal is None:
            return
        asked = error.retry_after if isinstance(error, ForgeError) else None
        patience = _interval() * min(1 + proposal.attempts, _WAIT_AFTER_TROUBLE)
        proposal.attempts = F("attempts") + 1
        proposal.due_at = timezone.now() + max(patience, timedelta(seconds=asked or 0))
        proposal.trouble = f"The forge could not be asked: {error}"
        proposal.save(update_fields=["attempts", "due_at", "trouble"])
    log.warning("proposal not followed", reason=str(error))


def _in_force(pk: str, repository: Repository) -> bool:
    assert repository.active is not None
    commit = repository.active.commit
    holds = _holds(Proposal.objects.select_related("repository").get(pk=pk), commit)
    if holds is None:
        return False
    with transaction.atomic(durable=True):
        proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=pk)
        if proposal.state != State.MERGED:
            return False
        if not holds:
            # In force for a moment at most; what holds now is somebody else's.
            proposal.trouble = "It was merged, but a later commit has set these values to others again."
            proposal.save(update_fields=["trouble"])
            return False
        move(proposal, State.IN_FORCE)
        proposal.in_force_commit, proposal.in_force_at = commit, timezone.now()
        proposal.save()
        told = {"commit": commit, "merge_commit": proposal.merge_commit}
        record(Event.PROPOSAL_IN_FORCE, actor=SYSTEM, subject=proposal_subject(proposal), data=told)
    return True


def _holds(proposal: Proposal, commit: str) -> bool | None:
    """Whether its values are those of the commit; None while the commit does not have the merge."""
    try:
        if not mirror_of(proposal.repository).is_ancestor(proposal.merge_commit or proposal.forge_head, commit):
            return None
        return not editor_of(proposal).files(proposal, commit)
    except CannotEdit:
        return False  # what it belongs to is no longer there
    except GitError:
        return None  # the merge is not fetched yet


def _locked(pk: str) -> Proposal | None:
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("repository")
    return rows.filter(pk=pk, state__in=FOLLOWED).first()


def _interval() -> timedelta:
    return timedelta(seconds=settings.PROPOSAL_FOLLOW_SECONDS)
