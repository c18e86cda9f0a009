"""The only door from a request to an object: who may see or do what, and why not.

Viewing everything is a right of every role (`integrations.view_account`). Rights on single accounts are object
permissions that sync grants from `owner:` in Git; a person with those alone sees just these accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from guardian.shortcuts import get_objects_for_user

from console.models import User
from integrations.models import Account, Repository
from integrations.queries.proposals import ProposalDetail, proposal
from integrations.queries.reading import AccountDetail, Reader

Person: TypeAlias = User | AnonymousUser
VIEW = "integrations.view_account"
PROPOSE = "integrations.propose_override"
REVIEW_PROPOSAL = "integrations.review_proposal"
PROPOSE_PLATFORM = "integrations.propose_platform"
RUN_PLAN = "integrations.run_plan"
DECIDE_HELD = "integrations.decide_held"
REQUEST_SYNC = "integrations.request_sync"
REQUEST_GRANT = "integrations.request_grant"
DECIDE_GRANT = "integrations.decide_grant"
VIEW_LOG = "audit.view_log"
VERIFY_LOG = "audit.verify_log"
EXPORT_EVIDENCE = "audit.export_evidence"

MANAGE_PEOPLE = "console.change_user"
VIEW_PEOPLE = "console.view_user"

# Who has a right, as a sentence that the names of some of them may follow.
_HOLDERS = {
    VIEW: "Every role has it; admins give roles",
    PROPOSE: "The account's owner in Git and engineers have it",
    PROPOSE_PLATFORM: "Engineers have it",
    RUN_PLAN: "Engineers have it",
    REVIEW_PROPOSAL: "Engineers and approvers have it",
    DECIDE_HELD: "Engineers and approvers have it",
    REQUEST_SYNC: "CSMs, engineers, responders and admins have it",
    REQUEST_GRANT: "Responders have it",
    DECIDE_GRANT: "Approvers have it",
    VIEW_LOG: "Auditors have it",
    VERIFY_LOG: "Auditors have it",
    EXPORT_EVIDENCE: "Auditors have it",
    MANAGE_PEOPLE: "Admins have it",
    VIEW_PEOPLE: "Admins and auditors have it",
}
_MOST_NAMES = 3
_NAMES = {
    VIEW: "see what is in force",
    PROPOSE: "propose an override for this account",
    REVIEW_PROPOSAL: "review and merge changes here",
    DECIDE_HELD: "decide on a held sync",
    REQUEST_SYNC: "ask for a sync",
    PROPOSE_PLATFORM: "propose a change for the platform or an environment",
    RUN_PLAN: "run a plan",
    REQUEST_GRANT: "ask for a break-glass grant",
    DECIDE_GRANT: "decide on break-glass requests",
    VIEW_LOG: "see the audit log",
    VERIFY_LOG: "verify the audit log",
    EXPORT_EVIDENCE: "export evidence from the audit log",
    MANAGE_PEOPLE: "manage people and their roles",
    VIEW_PEOPLE: "see other people's rights",
}


def right_name(right: str) -> str:
    """What the right lets one do, as a sentence goes on after “the right to”; empty for one that pages do not know."""
    return _NAMES.get(right, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a person may not: the right that is missing and who has it. Told as a sentence, which asks for their names.

    `account`: the one that the right is missing on, which the person may see.
    """

    right: str
    account: Account | None = None

    def __str__(self) -> str:
        return f"You lack the right to {_NAMES[self.right]}. {_HOLDERS[self.right]}{self._names()}."

    @property
    def brief(self) -> str:
        """Without names, for what stands on every page."""
        return f"You lack the right to {_NAMES[self.right]}. {_HOLDERS[self.right]}."

    def _names(self) -> str:
        # Whoever may see nothing is helped by those who give roles.
        found = _holders(MANAGE_PEOPLE if self.right == VIEW else self.right)
        if self.right == PROPOSE and self.account is not None and self.account.owner:
            found = list(dict.fromkeys([_owner_name(self.account.owner), *found]))
        if not found:
            return ", but at present there is nobody"
        shown = [*found[:_MOST_NAMES], "others"] if len(found) > _MOST_NAMES else found
        return ": " + " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


class Refused(PermissionDenied):
    """A right is missing. `account`: the slug it is missing on; None for a right that hangs on no account."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(str(denial))
        self.right = denial.right
        self.account = denial.account.slug if denial.account is not None else None


class Hidden(Http404):
    """Something that the person may not see, or that is not there: they are not to know which.

    `kind` and `id`: what was asked for, as it was asked.
    """

    def __init__(self, sentence: str, *, kind: str, id: str) -> None:  # noqa: A002 - as a Subject names it
        super().__init__(sentence)
        self.right, self.kind, self.id = VIEW, kind, id


def denial(user: Person, right: str, account: Account | None = None) -> Denial | None:
    """None when `user` has `right`, globally or on `account`. Disabled controls show the denial."""
    if user.has_perm(right) or (account is not None and user.has_perm(right, account)):
        return None
    return Denial(right=right, account=account)


def require(user: Person, right: str, account: Account | None = None) -> None:
    """Raises Refused with the denial's sentence."""
    if (refusal := denial(user, right, account)) is not None:
        raise Refused(refusal)


def require_now(user: Person, right: str, account: Account | None = None) -> None:
    """As `require`, by what the database says at this moment, in the transaction of the write that the right is for.

    Whatever is remembered of the person since the request began (that they are active, their roles) is read again.
    Their row stays locked until the transaction ends, as it is while anybody changes their rights: so the right holds
    when the write commits. Raises Refused, which must end the transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(
            "A right that is checked outside the transaction of its write may be gone when that commits."
        )
    rows = User.objects.select_for_update(no_key=True).filter(is_active=True)
    fresh = rows.filter(pk=user.pk).first() if user.pk is not None else None
    if fresh is None:
        raise Refused(Denial(right=right, account=account))
    require(fresh, right, account)
    require(user, right, account)  # what the request came with, a token, may be narrower than the person


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposers:
    """Who may propose for an account, by name. `owner` empty: nobody owns it. `others`: some of those with the role."""

    owner: str
    others: tuple[str, ...]
    is_cut: bool


def proposers(owner: str | None) -> Proposers:
    """`owner`: as Git says it of the account."""
    found = _holders(PROPOSE)
    return Proposers(
        owner=_owner_name(owner) if owner else "",
        others=tuple(found[:_MOST_NAMES]),
        is_cut=len(found) > _MOST_NAMES,
    )


def _holders(right: str) -> list[str]:
    """The names of some who have the right through a role, one more than is told."""
    app_label, codename = right.split(".")
    rows = User.objects.filter(
        is_active=True,
        groups__permissions__codename=codename,
        groups__permissions__content_type__app_label=app_label,
    )
    found = rows.order_by("name", "email").distinct()[: _MOST_NAMES + 1]
    return [str(each) for each in found]


def _owner_name(owner: str) -> str:
    """As people are called, where the address is a person's here."""
    if owner.startswith("team:"):
        return f"team {owner.removeprefix('team:')}"
    person = User.objects.filter(email__iexact=owner).first()
    return str(person) if person is not None else owner


def account_for(user: Person, slug: str, right: str, *, repository: Repository) -> Account:
    """The account, if `user` has `right` on it.

    Raises Http404 where the account does not exist, Hidden where it may be that it may not even be seen, and Refused
    where it may be seen but the further right is missing.
    """
    account = Account.objects.filter(repository=repository, slug=slug).first()
    if account is None or denial(user, VIEW, account) is not None:
        raise _no_account(user, slug)
    require(user, right, account)
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
        raise _no_account(user, slug)
    require(user, right, row)
    detail = reader.account(slug)
    if detail is None:
        gone = " at this commit" if not reader.is_current else ""
        raise Http404(f"There is no account “{slug}”{gone}.")
    return detail


def proposal_for(user: Person, pk: str, *, repository: Repository) -> ProposalDetail:
    """The proposal, if `user` may see its account, or everything. Raises Http404, as for what is not there."""
    found = proposal(repository, pk, visible=visible_accounts(user, repository))
    if found is None:
        raise absence(user, f"There is no proposal “{pk}”.", kind="proposal", id=pk)
    return found


def absence(user: Person, sentence: str, *, kind: str, id: str) -> Http404:  # noqa: A002 - as a Subject names it
    """What to raise for something that was not found among what `user` may see."""
    return Http404(sentence) if user.has_perm(VIEW) else Hidden(sentence, kind=kind, id=id)


def _no_account(user: Person, slug: str) -> Http404:
    return absence(user, f"There is no account “{slug}”.", kind="account", id=slug)


def visible_accounts(user: Person, repository: Repository) -> frozenset[str] | None:
    """Slugs of the accounts that `user` may see; None for all of them."""
    if user.has_perm(VIEW):
        return None
    if not user.is_authenticated:
        return frozenset()
    mine = get_objects_for_user(user, VIEW, klass=Account.objects.filter(repository=repository), with_superuser=False)
    return frozenset(mine.values_list("slug", flat=True))


def repository_for(user: Person, name: str | None = None) -> Repository:
    """The named repository, or the first that shows the person anything.

    Raises Http404 when there is none of that name for this person, or none at all, PermissionDenied when none shows
    them anything.
    """
    repositories = Repository.objects.select_related("active").order_by("id")
    repository = repositories.filter(name=name).first() if name else repositories.first()
    if repository is not None and _shows_anything(user, repository):
        return repository
    if name:
        raise Http404("There is no such repository.")
    if repository is None:
        raise Http404("No repository is configured.")
    found = next((each for each in repositories[1:] if _shows_anything(user, each)), None)
    if found is None:
        raise Refused(Denial(right=VIEW))
    return found


def repositories_for(user: Person) -> list[str]:
    """The names of the repositories that show the person anything, oldest first."""
    rows = Repository.objects.order_by("id")
    return [row.name for row in rows if _shows_anything(user, row)]


def _shows_anything(user: Person, repository: Repository) -> bool:
    return user.has_perm(VIEW) or bool(visible_accounts(user, repository))
