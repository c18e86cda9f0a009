"""The only door from a request to an object: who may see or do what, and why not.

Viewing everything is a right of every role (`integrations.view_account`). Rights on single accounts are object
permissions that sync grants from `owner:` in Git; a person with those alone sees just these accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from guardian.shortcuts import get_objects_for_user

from console.models import User
from integrations.models import Account, Repository
from integrations.queries.reading import AccountDetail, Reader

Person: TypeAlias = User | AnonymousUser
VIEW = "integrations.view_account"
PROPOSE = "integrations.propose_override"
PROPOSE_PLATFORM = "integrations.propose_platform"
RUN_PLAN = "integrations.run_plan"
DECIDE_HELD = "integrations.decide_held"
REQUEST_SYNC = "integrations.request_sync"
REQUEST_GRANT = "integrations.request_grant"
DECIDE_GRANT = "integrations.decide_grant"
VIEW_LOG = "audit.view_log"
VERIFY_LOG = "audit.verify_log"
EXPORT_EVIDENCE = "audit.export_evidence"

# What a person is told when the right is missing, and who can help.
_HOLDERS = {
    VIEW: "Every role has it; an admin gives roles.",
    PROPOSE: "The account's owner in Git and every engineer have it.",
    DECIDE_HELD: "Engineers and approvers have it.",
    REQUEST_SYNC: "CSMs, engineers, responders and admins have it.",
    PROPOSE_PLATFORM: "Engineers have it.",
    RUN_PLAN: "Engineers have it.",
    REQUEST_GRANT: "Responders have it.",
    DECIDE_GRANT: "Approvers have it.",
    VIEW_LOG: "Auditors have it.",
    VERIFY_LOG: "Auditors have it.",
    EXPORT_EVIDENCE: "Auditors have it.",
}
_NAMES = {
    VIEW: "see what is in force",
    PROPOSE: "propose an override for this account",
    DECIDE_HELD: "decide on a held sync",
    REQUEST_SYNC: "ask for a sync",
    PROPOSE_PLATFORM: "propose a change for the platform or an environment",
    RUN_PLAN: "run a plan",
    REQUEST_GRANT: "ask for a break-glass grant",
    DECIDE_GRANT: "decide on break-glass requests",
    VIEW_LOG: "see the audit log",
    VERIFY_LOG: "verify the audit log",
    EXPORT_EVIDENCE: "export evidence from the audit log",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a person may not: the right that is missing and who has it."""

    right: str

    def __str__(self) -> str:
        return f"You lack the right to {_NAMES[self.right]}. {_HOLDERS[self.right]}"


def denial(user: Person, right: str, account: Account | None = None) -> Denial | None:
    """None when `user` has `right`, globally or on `account`. Disabled controls show the denial."""
    if user.has_perm(right) or (account is not None and user.has_perm(right, account)):
        return None
    return Denial(right=right)


def require(user: Person, right: str) -> None:
    """Raises PermissionDenied with the denial's sentence."""
    if (refusal := denial(user, right)) is not None:
        raise PermissionDenied(str(refusal))


def account_for(user: Person, slug: str, right: str, *, repository: Repository) -> Account:
    """The account, if `user` has `right` on it.

    Raises Http404 where the account does not exist or may not even be seen, PermissionDenied where it may be
    seen but the further right is missing.
    """
    account = Account.objects.filter(repository=repository, slug=slug).first()
    if account is None or denial(user, VIEW, account) is not None:
        raise Http404(f"There is no account “{slug}”.")
    if (refusal := denial(user, right, account)) is not None:
        raise PermissionDenied(str(refusal))
    return account


def account_at(user: Person, slug: str, right: str, reader: Reader) -> AccountDetail:
    """The account as `reader` sees it, if `user` has `right` on it; errors as for `account_for`.

    At an older commit the account may since have gone, and with it every right on it alone: then only those who
    may see everything see it.
    """
    # Rights that hold for every account need no look at this one.
    holds_everywhere = user.has_perm(VIEW) and user.has_perm(right)
    row = None if holds_everywhere else Account.objects.filter(repository=reader.repository, slug=slug).first()
    if denial(user, VIEW, row) is not None:
        raise Http404(f"There is no account “{slug}”.")
    if (refusal := denial(user, right, row)) is not None:
        raise PermissionDenied(str(refusal))
    detail = reader.account(slug)
    if detail is None:
        gone = " at this commit" if not reader.is_current else ""
        raise Http404(f"There is no account “{slug}”{gone}.")
    return detail


def visible_accounts(user: Person, repository: Repository) -> frozenset[str] | None:
    """Slugs of the accounts that `user` may see; None for all of them."""
    if user.has_perm(VIEW):
        return None
    if not user.is_authenticated:
        return frozenset()
    mine = get_objects_for_user(user, VIEW, klass=Account.objects.filter(repository=repository))
    return frozenset(mine.values_list("slug", flat=True))


def repository_for(user: Person, name: str | None = None) -> Repository:
    """The named repository, or the first one. Raises Http404 when there is none, or it shows `user` nothing."""
    repositories = Repository.objects.select_related("active").order_by("id")
    repository = repositories.filter(name=name).first() if name else repositories.first()
    if repository is None:
        raise Http404("There is no such repository." if name else "No repository is configured.")
    if not user.has_perm(VIEW) and not visible_accounts(user, repository):
        raise PermissionDenied(str(Denial(right=VIEW)))
    return repository
