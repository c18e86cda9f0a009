"""What people do in the console's own forge: review, and merge by a real merge commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from audit.people import actor_of
from audit.record import record
from integrations.actions.forges import local_forge_of
from integrations.actions.proposals.commits import console
from integrations.actions.proposals.outside import begin, finish
from integrations.actions.proposals.reviewing import judgement_of
from integrations.actions.subjects import proposal_subject
from integrations.core.commit_message import LONGEST_SUBJECT, Origin, safe_title
from integrations.core.independence import Judgement
from integrations.core.proposals import FOLLOWED
from integrations.core.pull_requests import PullRequest, PullRequestState, Review, StatusState, Verdict
from integrations.forges.errors import ForgeError
from integrations.forges.local import LocalForge, person_of
from integrations.git.outgoing import Identity, Outgoing, Wanted
from integrations.models import LocalPullRequest, LocalReview, Proposal

_SAID = {Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.COMMENTED}


class NotNow(Exception):
    """The review or the merge cannot be taken; the sentence says why and what to do."""


def local_review(
    pk: str,
    *,
    reviewer: AbstractUser,
    verdict: Verdict,
    head: str,
    text: str = "",
    still_may: Callable[[], None] = lambda: None,
) -> LocalReview:
    """Keeps what a person says of the commit `head`, which is the one that they saw.

    An approval is refused where its giver took part in the change. Raises NotNow, ForgeError; `still_may` raises where
    the person may not review. The caller then queues `tasks.follow_proposal`.
    """
    if verdict not in _SAID:
        raise ValueError("a review approves, asks for changes or comments")
    proposal, forge = _local(pk)
    seen = _open_one(proposal, forge)
    if seen.head_commit != head:
        raise NotNow("The change has moved on since you looked at it: look again.")
    if verdict is Verdict.APPROVED:
        _check_may_approve(proposal, forge, seen, reviewer)
    with transaction.atomic(durable=True):
        still_may()
        row = LocalPullRequest.objects.select_for_update().get(repository=proposal.repository_id, number=seen.number)
        if row.state != PullRequestState.OPEN or row.head_commit != head:
            raise NotNow("The change has moved on since you looked at it: look again.")
        review = LocalReview.objects.create(
            pull_request=row,
            reviewer_id=reviewer.pk,
            reviewer_name=str(reviewer)[:200],
            reviewer_email=reviewer.email,
            verdict=verdict,
            text=text.strip(),
            commit=head,
        )
        record(
            Event.LOCAL_REVIEWED,
            actor=actor_of(reviewer),
            subject=proposal_subject(proposal),
            data={"verdict": verdict, "head": head, "number": row.number},
            personal={"text": review.text} if review.text else None,
        )
    return review


def local_merge(
    pk: str, *, merger: AbstractUser, head: str, still_may: Callable[[], None] = lambda: None
) -> PullRequest:
    """Merges the commit `head` into the branch that the console follows, and pushes that.

    Needs an approval of this very commit by somebody who took no part in the change, nobody who asks for changes, and
    no conflict. Raises NotNow, ForgeError. The caller then queues `tasks.follow_proposal` and a sync.
    """
    proposal, forge = _local(pk)
    seen = _open_one(proposal, forge)
    _check_may_merge(seen, _judged(proposal, forge, seen), head)
    with transaction.atomic(durable=True):
        still_may()
        locked = Proposal.objects.select_for_update(of=("self",)).get(pk=pk)
        if locked.state not in FOLLOWED:
            raise NotNow("The proposal is not open any more.")
        begin(locked, Event.LOCAL_MERGED, actor=actor_of(merger), data={"head": head, "number": seen.number})
        locked.save(update_fields=["intent"])
    try:
        commit = _merged(proposal, forge, seen, merger)
    except (ForgeError, NotNow) as error:
        is_known = isinstance(error, NotNow) or not error.is_retryable
        _end_merge(pk, Entry.Phase.FAILED if is_known else Entry.Phase.UNKNOWN)
        raise
    _note_merge(proposal, seen, merger, commit)
    return forge.pull_request(seen.number)


def _local(pk: str) -> tuple[Proposal, LocalForge]:
    proposal = Proposal.objects.select_related("repository").get(pk=pk)
    return proposal, local_forge_of(proposal.repository)


def _open_one(proposal: Proposal, forge: LocalForge) -> PullRequest:
    if proposal.pull_request is None or proposal.state not in FOLLOWED:
        raise NotNow("The proposal is not open for review.")
    seen = forge.pull_request(proposal.pull_request)
    if seen.state is not PullRequestState.OPEN:
        raise NotNow("The proposal is not open any more.")
    return seen


def _judged(proposal: Proposal, forge: LocalForge, seen: PullRequest) -> Judgement:
    return judgement_of(proposal, forge, seen, forge.commits(seen.number), forge.reviews(seen.number))


def _check_may_approve(proposal: Proposal, forge: LocalForge, seen: PullRequest, reviewer: AbstractUser) -> None:
    """By the rule itself: an approval by this person alone must be one that counts."""
    alone = Review(
        reviewer=person_of(reviewer), verdict=Verdict.APPROVED, commit=seen.head_commit, at=None, is_stale=False
    )
    judgement = judgement_of(proposal, forge, seen, forge.commits(seen.number), [alone])
    if judgement.state is not StatusState.SUCCESS:
        raise NotNow(judgement.sentence)


def _check_may_merge(seen: PullRequest, judgement: Judgement, head: str) -> None:
    if seen.head_commit != head:
        raise NotNow("The change has moved on since you looked at it: look again.")
    if judgement.state is not StatusState.SUCCESS:
        raise NotNow(judgement.sentence)
    if seen.is_conflicting is not False:
        raise NotNow("The change conflicts with what is in force by now, so that it cannot be merged.")


def _merged(proposal: Proposal, forge: LocalForge, seen: PullRequest, merger: AbstractUser) -> str:
    """Makes the merge commit and pushes it. The branch is only moved from where it was when the merge was made."""
    base = proposal.repository.branch
    with forge.place.desk() as desk:
        ends = desk.fetch(forge.place.remote, [base, proposal.branch])
        there = ends.get(base)
        if there is None or ends.get(proposal.branch) != seen.head_commit:
            raise NotNow("The change has moved on since you looked at it: look again.")
        if desk.is_ancestor(seen.head_commit, there):
            raise NotNow("The change is part of the branch already.")
        tree = desk.merged_tree(there, seen.head_commit)
        if tree is None:
            raise NotNow("The change conflicts with what is in force by now, so that it cannot be merged.")
        judgement = _judged(proposal, forge, seen)
        _check_may_merge(seen, judgement, seen.head_commit)
        at = timezone.now()
        wanted = Wanted(
            parents=(there, seen.head_commit),
            files={},
            author=Identity(name=str(merger), email=merger.email),
            committer=console(),
            at=at,
            message=_message(proposal, seen, judgement.approvers, at),
        )
        commit = desk.commit_tree(wanted, tree)
        _push(desk, forge, base, commit, there)
    return commit


def _push(desk: Outgoing, forge: LocalForge, branch: str, commit: str, expected: str) -> None:
    desk.push(forge.place.remote, branch, commit, expected=expected)


def _message(proposal: Proposal, seen: PullRequest, approvers: Sequence[str], at: datetime) -> str:
    """Like the forges' own: the history tells the number by it, and who approved."""
    people = get_user_model().objects.filter(pk__in=approvers).order_by("pk")
    signs = [Identity(name=str(person), email=person.email).signature(at) for person in people]
    trailers = [": ".join(pair) for pair in Origin(proposal=proposal.id, reason="").trailers()]
    trailers += [f"Reviewed-by: {sign.name} <{sign.email}>" for sign in signs]
    subject = f"Merge pull request #{seen.number} from {proposal.branch}"
    return "\n\n".join((subject, safe_title(proposal.title, LONGEST_SUBJECT), "\n".join(trailers))) + "\n"


@transaction.atomic(durable=True)
def _note_merge(proposal: Proposal, seen: PullRequest, merger: AbstractUser, commit: str) -> None:
    rows = LocalPullRequest.objects.filter(repository=proposal.repository, number=seen.number)
    rows.update(
        state=PullRequestState.MERGED,
        merge_commit=commit,
        merged_by_id=merger.pk,
        merged_by_name=str(merger)[:200],
        ended_at=timezone.now(),
    )
    locked = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    finish(locked, Entry.Phase.DONE, data={"commit": commit})
    locked.save(update_fields=["intent"])


@transaction.atomic(durable=True)
def _end_merge(pk: str, phase: Entry.Phase) -> None:
    locked = Proposal.objects.select_for_update(of=("self",)).get(pk=pk)
    finish(locked, phase)
    locked.save(update_fields=["intent"])
