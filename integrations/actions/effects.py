"""Keeping what an activation changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from integrations.models import Change, ChangeSet, Snapshot
from integrations.queries.effects import Effect, Place

_BATCH = 2000


def keep_effects(snapshot: Snapshot, effects: Iterable[Effect]) -> list[Place]:
    """Writes the effects' rows, equal differences once; returns the connections that are affected."""
    sets: dict[str, ChangeSet] = {}
    changes: list[Change] = []
    for effect in effects:
        body = msgspec.to_builtins(effect.differences)
        content = hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
        if content not in sets:
            sets[content] = ChangeSet(snapshot=snapshot, digest=content, differences=body)
        account, integration, environment = effect.place
        changes.append(
            Change(
                change_set=sets[content],
                snapshot=snapshot,
                repository_id=snapshot.repository_id,
                kind=effect.kind,
                account=account,
                integration=integration,
                environment=environment,
            )
        )
    ChangeSet.objects.bulk_create(sets.values(), batch_size=500)
    Change.objects.bulk_create(changes, batch_size=_BATCH)
    return [(change.account, change.integration, change.environment) for change in changes]
