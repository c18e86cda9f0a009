"""Home: what needs the person who signed in."""

from __future__ import annotations

from typing import cast

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.access import DECIDE_HELD, Person, denial
from console.models import User
from console.proposing.drafts import cards
from console.views.proposals import rows_of, waiting_for
from console.visit import Visit, repository_of, visit
from integrations.models import Change, Repository, Snapshot
from integrations.queries.changes import Effect, effects_of
from integrations.queries.proposals import ProposalFilter, proposals
from integrations.queries.reading import AccountEntry, AccountFilter, Visible
from integrations.queries.snapshots import in_force

_MINE = 10
_RECENT = 6
_WAITING = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not Repository.objects.exists():
        return render(request, "home/no_repository.html")
    repository = repository_of(request)
    if repository.active is None:
        return render(request, "home/unsynced.html")
    here = visit(request)
    mine, total = _mine(request.user, here)
    context = {
        "mine": mine,
        "mine_total": total,
        "owners": _names(request.user),
        "drafts": cards(cast("User", request.user), repository),
        "held": _held(request.user, repository),
        **_proposals(request.user, repository, here.visible),
        "recent": _recent(repository, here.visible) if here.reader.is_current else [],
        "counts": repository.active.counts if here.visible is None else {"accounts": len(here.visible)},
        "snapshot": in_force(repository, here.visible),
    }
    return render(request, "home/home.html", context)


def _names(user: Person) -> list[str]:
    """What `owner:` may say to mean this person: the e-mail address, or a team."""
    if not user.is_authenticated:
        return []
    teams = user.groups.filter(name__startswith="team:").order_by("name").values_list("name", flat=True)
    return [user.email, *teams]


def _mine(user: Person, here: Visit) -> tuple[list[AccountEntry], int]:
    wanted = [AccountFilter(owner=name, visible=here.visible) for name in _names(user)]
    pages = [here.reader.accounts(each, limit=_MINE) for each in wanted]
    entries = [entry for page in pages for entry in page.entries]
    return entries[:_MINE], sum(page.total for page in pages)


def _proposals(user: Person, repository: Repository, visible: Visible) -> dict[str, object]:
    """What is up to this person, and their own that are on their way, each with what it waits for."""
    assert isinstance(user, User)
    waiting = proposals(repository, waiting_for(user, visible), limit=_WAITING)
    known = {entry.row.pk for entry in waiting.entries}
    own = proposals(repository, ProposalFilter(mine=user, is_under_way=True, visible=visible), limit=_WAITING)
    others = [entry.row for entry in own.entries if entry.row.pk not in known]
    return {
        "waiting": rows_of(repository, [entry.row for entry in waiting.entries]),
        "waiting_total": waiting.total,
        "own_proposals": rows_of(repository, others),
        "own_total": own.total,
    }


def _held(user: Person, repository: Repository) -> Snapshot | None:
    """The held sync that this person may decide on."""
    if repository.health != Repository.Health.HELD or denial(user, DECIDE_HELD) is not None:
        return None
    return Snapshot.objects.filter(repository=repository, state=Snapshot.State.HELD).order_by("-id").first()


def _recent(repository: Repository, visible: Visible) -> list[tuple[Snapshot, list[Effect]]]:
    """The newest activations that changed what is in force for a visible account, with what they changed."""
    # nosemgrep: door -- the next line narrows it to what is visible
    changed = Change.objects.filter(snapshot=OuterRef("pk"))
    changed = changed if visible is None else changed.filter(account__in=visible)
    newest = Snapshot.objects.filter(Exists(changed), repository=repository).order_by("-id")[:_RECENT]
    changes = effects_of(newest, visible=visible)
    return [(snapshot, changes[snapshot.pk]) for snapshot in newest]
