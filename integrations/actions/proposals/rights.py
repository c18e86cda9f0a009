"""Whether a proposer may still propose: asked of fresh rows, at the moment of the act."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from integrations.core.documents import Layer
from integrations.models import Account, Proposal

PROPOSE = "integrations.propose_override"
PROPOSE_PLATFORM = "integrations.propose_platform"
REVIEW = "integrations.review_proposal"


def why_not(proposal: Proposal) -> str | None:
    """A sentence that says why the proposer may not, or None. Nothing that was read before counts."""
    user = get_user_model().objects.filter(pk=proposal.proposer_id or 0).first()
    name = proposal.proposer_name
    if user is None or not user.is_active:
        return f"{name} is no longer an active user of the console, so that nothing is sent in their name."
    if proposal.layer != Layer.ACCOUNT:
        return None if user.has_perm(PROPOSE_PLATFORM) else f"{name} may no longer propose changes at this layer."
    account = Account.objects.filter(repository=proposal.repository_id, slug=proposal.account).first()
    if account is None:
        return f"The account {proposal.account} is no longer in the repository."
    if user.has_perm(PROPOSE) or user.has_perm(PROPOSE, account):
        return None
    return f"{name} may no longer propose changes for {proposal.account}: the account has another owner by now."


def may_withdraw(proposal: Proposal, user: AbstractUser) -> bool:
    """The proposer, and whoever may propose at every layer."""
    return user.is_active and (proposal.proposer_id == user.pk or user.has_perm(PROPOSE_PLATFORM))
