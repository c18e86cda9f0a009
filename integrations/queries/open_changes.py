"""What pages say of proposals beside what is in force: which are under way on a place, and which stand behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q

from integrations.core.proposals import UNDECIDED, State
from integrations.core.pull_requests import Verdict
from integrations.models import Account, Proposal, Repository
from integrations.queries.reading import Visible

_UNDER_WAY = UNDECIDED | {State.MERGED}
_MOST = 50


def open_on(
    repository: Repository,
    *,
    account: str = "",
    integration: str = "",
    environment: str = "",
    visible: Visible = None,
) -> list[Proposal]:
    """What is under way for an account, and on the layers below it where an integration is named; newest first.

    One query. A proposal for every environment is one for each. Who sees single accounts is told of theirs alone.
    """
    own = Q(account=account)
    if integration:
        own = Q(integration=integration) & (own | Q(account=""))
    rows = Proposal.objects.filter(own, repository=repository, state__in=_UNDER_WAY)
    rows = rows if visible is None else rows.filter(account__in=visible)
    rows = rows.filter(environment__in=["", environment]) if environment else rows
    return list(rows.defer("file_changes", "described").order_by("-created_at", "-pk")[:_MOST])


def leaves_of(proposals: Iterable[Proposal]) -> dict[str, Proposal]:
    """Which proposal would change a value, by its path on the effective page; of several the oldest one."""
    return {_path(name): row for row in proposals for name in row.base_values}


def brought_by(
    repository: Repository, commits: Collection[str], *, visible: Visible = None
) -> dict[str, list[Proposal]]:
    """The proposals that the activation of each commit put in force; one query."""
    rows = Proposal.objects.filter(repository=repository, in_force_commit__in=list(commits))
    rows = rows if visible is None else rows.filter(account__in=visible)
    found: dict[str, list[Proposal]] = defaultdict(list)
    for row in rows.defer("file_changes", "described", "edits").order_by("in_force_at", "pk"):
        found[row.in_force_commit].append(row)
    return dict(found)


def approvers_of(row: Proposal) -> tuple[str, ...]:
    """The names of those whose last word is an approval of what the branch ended at."""
    last: dict[str, bool] = {}
    for each in row.reviews:
        if each["verdict"] != Verdict.COMMENTED:
            last[each["who"]] = each["verdict"] == Verdict.APPROVED and not each["is_stale"]
    return tuple(name for name, is_approval in last.items() if is_approval)


def names_of(repository: Repository, slugs: Collection[str]) -> dict[str, str]:
    """What these accounts are called; one query. The caller may see them."""
    rows = Account.objects.filter(repository=repository, slug__in=list(slugs))
    return dict(rows.values_list("slug", "name"))


def accounts_with_proposals(repository: Repository, *, visible: Visible = None) -> list[str]:
    rows = Proposal.objects.filter(repository=repository).exclude(account="")
    rows = rows if visible is None else rows.filter(account__in=visible)
    return sorted(rows.values_list("account", flat=True).distinct())


def repository_name_of(pk: str) -> str:
    """In which repository the proposal is; empty for one that is not there. It is no word on who may see it."""
    return Proposal.objects.filter(pk=pk).values_list("repository__name", flat=True).first() or ""


def number_to_id(repository: Repository, number: int, *, visible: Visible = None) -> str | None:
    """The proposal behind a pull request."""
    rows = Proposal.objects.filter(repository=repository, pull_request=number)
    rows = rows if visible is None else rows.filter(account__in=visible)
    return rows.order_by("-created_at").values_list("pk", flat=True).first()


def _path(name: str) -> str:
    """`crm/contacts/list response /tier` is `crm/contacts/list:response/tier` there."""
    if name.startswith("/"):
        return name
    mapping, _, rest = name.partition(" ")
    part, _, path = rest.partition(" ")
    return f"{mapping}:{part}{path}" if part else name
