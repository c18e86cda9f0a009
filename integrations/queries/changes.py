"""What activations changed: the history of an account, and the effect of a snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from django.db.models import Count, Window
from django.db.models.functions import RowNumber

from integrations.core.merge import Difference
from integrations.git.history import CommitInfo
from integrations.models import Change, ChangeSet, Repository, Snapshot
from integrations.queries.reading import Visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChange:
    """What one activation changed for one connection."""

    pk: int
    kind: Change.Kind  # connected and disconnected carry no differences
    snapshot: Snapshot
    account: str
    integration: str
    environment: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one activation changed alike for `connections` connections of `accounts` accounts."""

    kind: Change.Kind
    differences: tuple[Difference, ...]
    connections: int
    accounts: int
    examples: tuple[tuple[str, str, str], ...]  # account, integration, environment


def account_changes(
    repository: Repository,
    account: str,
    *,
    integration: str = "",
    environment: str = "",
    until: CommitInfo | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[ConnectionChange]:
    """Newest first; `before`: the `pk` of the last one shown, for the next page. `until`: an older commit to end at.

    Where that commit was never active itself, its date tells which activations came before it.
    """
    rows = Change.objects.filter(repository=repository, account=account)
    if until is not None:
        known = Snapshot.objects.filter(repository=repository, commit=until.id, activated_at__isnull=False).first()
        rows = rows.filter(snapshot__lte=known) if known else rows.filter(snapshot__authored_at__lte=until.authored_at)
    rows = rows.filter(integration=integration) if integration else rows
    rows = rows.filter(environment=environment) if environment else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return _typed(rows.select_related("change_set", "snapshot__previous").order_by("-pk")[:limit])


def effects(snapshot: Snapshot, *, visible: Visible = None, examples: int = 5) -> list[Effect]:
    """What the activation of `snapshot` changed, most connections first; three queries."""
    return effects_of([snapshot], visible=visible, examples=examples)[snapshot.pk]


def effects_of(snapshots: Iterable[Snapshot], *, visible: Visible = None, examples: int = 5) -> dict[int, list[Effect]]:
    """`effects` of several snapshots by their row ids, in the same three queries. Each effect has an example."""
    found: dict[int, list[Effect]] = {snapshot.pk: [] for snapshot in snapshots}
    rows = Change.objects.filter(snapshot__in=list(found))
    rows = rows if visible is None else rows.filter(account__in=visible)
    counted = list(
        rows.values("snapshot", "change_set", "kind").annotate(
            connections=Count("pk"), accounts=Count("account", distinct=True)
        )
    )
    shown: dict[tuple[int, str], list[tuple[str, str, str]]] = defaultdict(list)
    position = Window(
        RowNumber(), partition_by=["change_set", "kind"], order_by=["account", "integration", "environment"]
    )
    for set_pk, kind, account, integration, environment in (
        rows.annotate(position=position)
        .filter(position__lte=examples)
        .order_by("account", "integration", "environment")
        .values_list("change_set", "kind", "account", "integration", "environment")
    ):
        shown[set_pk, kind].append((account, integration, environment))
    sets: Mapping[int, ChangeSet] = ChangeSet.objects.in_bulk([row["change_set"] for row in counted])
    for row in sorted(counted, key=lambda row: (-row["connections"], row["change_set"])):
        found[row["snapshot"]].append(
            Effect(
                kind=Change.Kind(row["kind"]),
                differences=_differences(sets[row["change_set"]]),
                connections=row["connections"],
                accounts=row["accounts"],
                examples=tuple(shown[row["change_set"], row["kind"]]),
            )
        )
    return found


def _typed(rows: Iterable[Change]) -> list[ConnectionChange]:
    return [
        ConnectionChange(
            pk=row.pk,
            kind=Change.Kind(row.kind),
            snapshot=row.snapshot,
            account=row.account,
            integration=row.integration,
            environment=row.environment,
            differences=_differences(row.change_set),
        )
        for row in rows
    ]


def _differences(row: ChangeSet) -> tuple[Difference, ...]:
    return tuple(msgspec.convert(body, Difference) for body in row.differences)
