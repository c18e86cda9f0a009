"""What a person may do with a proposal at this moment, and of what they may not: why.

The controls of the page. What counts is asked again in each act's own transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.access import PROPOSE, REVIEW_PROPOSAL, Denial, Person, account_for, denial, require, require_now
from console.models import User
from console.proposal_change import PresentChange
from integrations.actions.forges import is_local
from integrations.actions.proposals.rights import may_withdraw
from integrations.core.proposals import FOLLOWED, State
from integrations.core.pull_requests import Verdict
from integrations.models import Proposal

Why = Denial | str | None  # None: they may


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """Each is None where the control works. The `is_…` say whether it is there at all."""

    is_reviewed_here: bool
    approve: Why
    ask_for_changes: Why
    comment: Why
    merge: Why
    is_withdrawable: bool
    withdraw: Why
    is_retryable: bool
    retry: Why
    is_conflicting: bool


def controls_of(user: Person, change: PresentChange) -> Controls:
    row = change.row
    own = _withdraw(user, row)
    return Controls(
        is_reviewed_here=row.status in FOLLOWED and is_local(row.repository),
        approve=_approve(user, change),
        ask_for_changes=_review(user, row),
        comment=_comment(user, row),
        merge=_merge(user, row),
        is_withdrawable=row.status in FOLLOWED | {State.QUEUED, State.PUBLISHING, State.FAILED},
        withdraw=own,
        is_retryable=row.status is State.FAILED or (row.status is State.QUEUED and bool(row.trouble)),
        retry=own,
        is_conflicting=row.status is State.CONFLICTING,
    )


def require_say(user: Person, row: Proposal) -> None:
    """Who reviews may comment, and who may propose for the account. Raises Refused."""
    if row.account and denial(user, REVIEW_PROPOSAL) is not None:
        account_for(user, row.account, PROPOSE, repository=row.repository)
    else:
        require(user, REVIEW_PROPOSAL)


def require_say_now(user: Person, row: Proposal) -> None:
    """The same in the transaction of the write."""
    if row.account and denial(user, REVIEW_PROPOSAL) is not None:
        require_now(user, PROPOSE, account_for(user, row.account, PROPOSE, repository=row.repository))
    else:
        require_now(user, REVIEW_PROPOSAL)


def withdraw_refusal(row: Proposal) -> str:
    return f"You lack the right to decide on this. {row.proposer_name}, who proposed it, and engineers have it."


def _review(user: Person, row: Proposal) -> Why:
    if row.proposer_id == user.pk:
        return "You proposed this; somebody else must review it."
    return denial(user, REVIEW_PROPOSAL)


def _approve(user: Person, change: PresentChange) -> Why:
    row = change.row
    if (refusal := _review(user, row)) is not None:
        return refusal
    assert isinstance(user, User)
    if row.status is State.CONFLICTING:
        return "The values clash with newer ones; it can be approved once they are chosen."
    if change.is_foreign and change.branch is None:
        return "Others pushed to this change, and what they pushed cannot be read at the moment."
    if change.branch is not None and user.email.lower() in change.branch.people:
        return "You wrote a part of this change; somebody else must approve it."
    if _has_approved(user, row):
        return "You have approved this version."
    return None


def _has_approved(user: User, row: Proposal) -> bool:
    mine = [each for each in row.reviews if each["who"] == str(user) and each["verdict"] != Verdict.COMMENTED]
    return bool(mine) and mine[-1]["verdict"] == Verdict.APPROVED and not mine[-1]["is_stale"]


def _comment(user: Person, row: Proposal) -> Why:
    if denial(user, REVIEW_PROPOSAL) is None or row.proposer_id == user.pk:
        return None
    return denial(user, REVIEW_PROPOSAL)


def _merge(user: Person, row: Proposal) -> Why:
    if (refusal := denial(user, REVIEW_PROPOSAL)) is not None:
        return refusal
    if row.status is State.CONFLICTING or row.is_conflicting:
        return "It clashes with what is in force by now, so that it cannot be merged."
    if row.review != Proposal.Review.APPROVED:
        return row.independence or "Somebody other than those who made the change must approve it first."
    return None


def _withdraw(user: Person, row: Proposal) -> Why:
    return None if isinstance(user, User) and may_withdraw(row, user) else withdraw_refusal(row)
