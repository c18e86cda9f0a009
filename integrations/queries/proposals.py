"""Reads of proposals: lists with their filters, one with all that its page needs, and what is open on a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.db.models import Q, QuerySet

from audit.models import Entry
from integrations.core.documents import JSON
from integrations.core.proposals import TERMINAL, UNDECIDED, State, Wait, sentence_of, waits_for
from integrations.core.tree import MissingFile, Tree
from integrations.git.errors import GitError
from integrations.models import Draft, LocalPullRequest, Proposal, Repository
from integrations.queries.mirrors import mirror_of
from integrations.queries.reading import Visible

_UNDER_WAY = UNDECIDED | {State.MERGED}
REVIEW = "integrations.review_proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalFilter:
    """What narrows a list; empty fields narrow nothing. `visible`: slugs of the accounts that may be seen, None: all.

    `mine` and `waiting_for` are people: whose proposals, and who has to do something for them to go on.
    """

    mine: AbstractUser | None = None
    waiting_for: AbstractUser | None = None
    account: str = ""
    integration: str = ""
    states: Sequence[State] = ()
    is_under_way: bool | None = None
    visible: Visible = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEntry:
    """A row of a list."""

    row: Proposal
    sentence: str
    wait: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """`after`: pass it for the next page; None on the last one."""

    entries: tuple[ProposalEntry, ...]
    total: int
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """One changed file: its text before (None: it is new) and after (None: it goes)."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDetail:
    """One proposal with what its page shows. `others`: open changes on the same place. `timeline` is oldest first.

    `files` is the change on its base; `local` is the pull request in the console's own forge.
    """

    row: Proposal
    sentence: str
    wait: Wait
    timeline: tuple[Entry, ...]
    others: tuple[Proposal, ...]
    local: LocalPullRequest | None
    files: tuple[FileText, ...]


def proposals(repository: Repository, wanted: ProposalFilter, *, after: str = "", limit: int = 50) -> ProposalPage:
    """Newest first, in two queries. `after` is the id of the last one shown."""
    rows = _filtered(repository, wanted)
    total = rows.count()
    last = Proposal.objects.filter(pk=after).values_list("created_at", "pk").first() if after else None
    if last is not None:
        rows = rows.filter(Q(created_at__lt=last[0]) | Q(created_at=last[0], pk__lt=last[1]))
    found = list(rows.select_related("proposer").order_by("-created_at", "-pk")[: limit + 1])
    shown = found[:limit]
    return ProposalPage(
        entries=tuple(_entry(row) for row in shown),
        total=total,
        after=shown[-1].pk if len(found) > limit else None,
    )


def count(repository: Repository, wanted: ProposalFilter) -> int:
    """How many there are; one query."""
    return _filtered(repository, wanted).count()


def proposal(repository: Repository, pk: str, *, visible: Visible = None) -> ProposalDetail | None:
    """None where there is none, or its account may not be seen."""
    row = _visible(Proposal.objects.filter(repository=repository, pk=pk), visible).select_related("proposer").first()
    if row is None:
        return None
    entry = _entry(row)
    local = LocalPullRequest.objects.filter(repository=repository, number=row.pull_request or 0, head_branch=row.branch)
    return ProposalDetail(
        row=row,
        sentence=entry.sentence,
        wait=entry.wait,
        timeline=tuple(Entry.objects.filter(subject_kind="proposal", subject_id=row.pk).order_by("pk")),
        others=tuple(open_changes(repository, row.account, row.integration, visible=visible, without=row.pk)),
        files=_files(repository, row),
        local=local.first() if row.pull_request is not None and not repository.forge else None,
    )


def _files(repository: Repository, row: Proposal) -> tuple[FileText, ...]:
    try:
        tree = mirror_of(repository).tree(row.base_commit)
    except GitError:
        return tuple(FileText(path=path, before=None, after=text) for path, text in row.file_changes.items())
    return tuple(
        FileText(path=path, before=_text(tree, path), after=text) for path, text in sorted(row.file_changes.items())
    )


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode(errors="replace")
    except MissingFile:
        return None


def proposal_of(repository: Repository, pull_request: int, *, visible: Visible = None) -> Proposal | None:
    """The proposal that a pull request's number in the history belongs to."""
    rows = Proposal.objects.filter(repository=repository, pull_request=pull_request)
    return _visible(rows, visible).first()


def proposal_with_key(person: AbstractUser, start: str) -> Proposal | None:
    """The person's proposal whose idempotency key begins so."""
    rows = Proposal.objects.filter(proposer_id=person.pk, key__startswith=start)
    return rows.select_related("repository__active").order_by("created_at").first() if start else None


def open_changes(
    repository: Repository,
    account: str,
    integration: str = "",
    *,
    leaf: str = "",
    visible: Visible = None,
    without: str = "",
) -> list[Proposal]:
    """What is under way on an account ("" for the platform and environments), an integration, one value; newest first.

    `leaf` is a value's name as in `base_values`: `/pagination/page_size`.
    """
    rows = _visible(Proposal.objects.filter(repository=repository, account=account), visible)
    rows = rows.filter(state__in=_UNDER_WAY).exclude(pk=without)
    rows = rows.filter(integration=integration) if integration else rows
    found = list(rows.select_related("proposer").order_by("-created_at"))
    return [row for row in found if not leaf or leaf in row.base_values]


def draft_of(person: AbstractUser, repository: Repository, place: str) -> dict[str, JSON] | None:
    """The fields as they were typed."""
    fields: dict[str, JSON] | None = (
        Draft.objects.filter(person_id=person.pk, repository=repository, place=place)
        .values_list("fields", flat=True)
        .first()
    )
    return fields


def drafts_of(person: AbstractUser, repository: Repository) -> list[Draft]:
    return list(Draft.objects.filter(person_id=person.pk, repository=repository).order_by("-saved_at"))


def _filtered(repository: Repository, wanted: ProposalFilter) -> QuerySet[Proposal]:
    rows = _visible(Proposal.objects.filter(repository=repository), wanted.visible)
    if wanted.mine is not None:
        rows = rows.filter(proposer_id=wanted.mine.pk)
    if wanted.waiting_for is not None:
        rows = rows.filter(_waits_for(wanted.waiting_for))
    if wanted.account:
        rows = rows.filter(account=wanted.account)
    if wanted.integration:
        rows = rows.filter(integration=wanted.integration)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.is_under_way is not None:
        rows = rows.exclude(state__in=TERMINAL) if wanted.is_under_way else rows.filter(state__in=TERMINAL)
    return rows


def _waits_for(person: AbstractUser) -> Q:
    """Their own that clash, failed, or are to be changed; and those of others, where they may review here."""
    own = Q(proposer_id=person.pk) & (
        Q(state__in=[State.CONFLICTING, State.FAILED]) | Q(state=State.OPEN, review=Proposal.Review.CHANGES_REQUESTED)
    )
    if not person.has_perm(REVIEW):
        return own
    return own | (Q(state=State.OPEN, repository__forge="") & ~Q(proposer_id=person.pk))


def _visible(rows: QuerySet[Proposal], visible: Visible) -> QuerySet[Proposal]:
    # Who sees single accounts sees no proposal for all.
    return rows if visible is None else rows.filter(account__in=visible)


def _entry(row: Proposal) -> ProposalEntry:
    state = State(row.state)
    return ProposalEntry(row=row, sentence=row.trouble or sentence_of(state), wait=waits_for(state))
