"""Where repositories stand, and every commit that was looked at: what came of it and what it changed.

These answers change without an activation too (a look at the remote, a decision), so that their ETags name what they
say.
"""

from __future__ import annotations

import re
from contextlib import suppress

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from console.access import repository_for, visible_accounts
from console.api import serializers, shapes
from console.api.conditional import by_content
from console.api.pagination import PAGING, page, slice_of
from console.api.parameters import choice, query
from console.api.read import ReadView
from console.api.schema import reads
from console.management.output import problem_as_json
from console.visit import repository_of
from integrations.models import Repository, Snapshot
from integrations.queries.changes import effects
from integrations.queries.findings import problems_of

TAG = "sync"
_STATES = tuple(str(value) for value in Snapshot.State.values)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class Repositories(ReadView):
    @reads(
        "repositories_list",
        serializers.listed("RepositoryHealth", serializers.RepositoryHealth),
        summary="Config repositories and how each is",
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        rows: list[Repository] = []
        for name in Repository.objects.order_by("id").values_list("name", flat=True):
            # One that shows the person nothing is passed over.
            with suppress(PermissionDenied):
                rows.append(repository_for(request.user, name))
        if not rows:
            repository_for(request.user)  # raises: no repository is configured, or the right to see any is missing
        return by_content(request, {"results": [shapes.repository(row) for row in rows]})


class Snapshots(ReadView):
    parameters = (query("state", "Only snapshots in this state.", choices=_STATES), *PAGING)

    @reads(
        "snapshots_list",
        serializers.paged("Snapshot", serializers.SnapshotEntry),
        summary="Every commit that a sync looked at, newest first",
        tag=TAG,
        parameters=parameters,
    )
    def get(self, request: Request) -> Response:
        repository = repository_of(request)
        asked = slice_of(request, int)
        rows = repository.snapshots.order_by("-pk")
        if state := choice(request, "state", _STATES):
            rows = rows.filter(state=state)
        if asked.after is not None:
            rows = rows.filter(pk__lt=asked.after)
        found = list(rows[: asked.limit + 1])
        shown = found[: asked.limit]
        after = shown[-1].pk if len(found) > asked.limit else None
        return by_content(request, page(request, [shapes.snapshot(row) for row in shown], after=after))


class SnapshotView(ReadView):
    @reads(
        "snapshots_retrieve",
        serializers.SnapshotDetail,
        summary="One commit: its errors, or which connections its activation changed and how",
        tag=TAG,
    )
    def get(self, request: Request, commit: str) -> Response:
        repository = repository_of(request)
        row = _snapshot(repository, commit)
        visible = visible_accounts(request.user, repository)
        body = {
            **shapes.snapshot(row),
            "problems": [problem_as_json(each) for each in problems_of(row, visible=visible)],
            "effects": [shapes.effect(each) for each in effects(row, visible=visible)],
        }
        return by_content(request, body)


def _snapshot(repository: Repository, commit: str) -> Snapshot:
    """By its id, whole or abbreviated to no fewer than seven digits. Raises Http404."""
    if _COMMIT.fullmatch(commit):
        found = list(repository.snapshots.filter(commit__startswith=commit)[:2])
        if len(found) == 1:
            return found[0]
    raise Http404(f"There is no snapshot of commit “{commit[:64]}”.")
