"""What changed for one account, in sentences, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.access import VIEW, account_at
from console.paging import key_in
from console.presentation.sentences import Alike, alike
from console.visit import Visit, visit
from integrations.core.documents import Connection
from integrations.models import Change, Proposal, Snapshot
from integrations.queries.changes import ConnectionChange, account_changes
from integrations.queries.open_changes import approvers_of, brought_by, open_on

_PER_PAGE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What one activation changed for the account. `before` and `after`: the commits to travel to.

    `proposals`: what people had proposed that came into force with it.
    """

    snapshot: Snapshot
    before: str
    connected: tuple[Connection, ...]
    disconnected: tuple[Connection, ...]
    changed: tuple[Alike, ...]
    proposals: tuple[Behind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A proposal and who approved it."""

    row: Proposal
    approvers: tuple[str, ...]


@require_safe
def history(request: HttpRequest, account: str) -> HttpResponse:
    here = visit(request)
    detail = account_at(request.user, account, VIEW, here.reader)
    integration, environment = request.GET.get("integration", ""), request.GET.get("in", "")
    before = key_in(request, "before")
    found = account_changes(
        here.repository,
        account,
        integration=integration,
        environment=environment,
        until=here.reader.past(),
        before=before,
        limit=_PER_PAGE + 1,
    )
    shown = found[:_PER_PAGE]
    context = {
        "account": detail.document,
        "activations": activations(shown, here),
        "open_proposals": open_on(here.repository, account=account, integration=integration, visible=here.visible),
        "next": shown[-1].pk if len(found) > _PER_PAGE else None,
        "is_first": before is None,
        "integration": integration,
        "environment": environment,
        "integrations": sorted({c.integration for c in detail.connections} | ({integration} - {""})),
        "environments": here.reader.settings().environments,
    }
    return render(request, "history/history.html", context)


def activations(changes: Sequence[ConnectionChange], here: Visit) -> list[Activation]:
    """The changes, newest first, joined by the activation that brought them; one query."""
    commits = {change.snapshot.commit for change in changes}
    behind = brought_by(here.repository, commits, visible=here.visible) if commits else {}
    return [
        _activation(next_to_each_other, behind)
        for _, group in groupby(changes, key=lambda change: change.snapshot.pk)
        if (next_to_each_other := list(group))
    ]


def _activation(changes: list[ConnectionChange], behind: Mapping[str, Sequence[Proposal]]) -> Activation:
    snapshot, account = changes[0].snapshot, changes[0].account

    def of(kind: Change.Kind) -> tuple[Connection, ...]:
        return tuple(sorted(_connection(change) for change in changes if change.kind == kind))

    return Activation(
        snapshot=snapshot,
        before=snapshot.previous.commit if snapshot.previous else "",
        connected=of(Change.Kind.CONNECTED),
        disconnected=of(Change.Kind.DISCONNECTED),
        changed=alike((_connection(change), change.differences) for change in changes if change.differences),
        proposals=tuple(
            Behind(row=row, approvers=approvers_of(row))
            for row in behind.get(snapshot.commit, ())
            if row.account in {"", account}
        ),
    )


def _connection(change: ConnectionChange) -> Connection:
    return Connection(integration=change.integration, environment=change.environment)
