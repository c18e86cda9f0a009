"""Where repositories stand, and every commit that was looked at: what came of it and what it changed.

These answers change without an activation too (a look at the remote, a decision), so that their ETags name what they
say.
"""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from console.access import Person, absence, repositories_for, repository_for, visible_accounts
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
from integrations.queries.reading import Visible
from integrations.queries.snapshots import as_seen, in_force, snapshots_for

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
        names = repositories_for(request.user)
        if not names:
            repository_for(request.user)  # raises: no repository is configured, or the right to see any is missing
        rows = Repository.objects.filter(name__in=names).select_related("active").order_by("id")
        return by_content(request, {"results": [_health(request, row) for row in rows]})


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
        visible = visible_accounts(request.user, repository)
        asked = slice_of(request, int)
        rows = snapshots_for(repository, visible).order_by("-pk")
        if state := choice(request, "state", _STATES):
            rows = rows.filter(state=state)
        if asked.after is not None:
            rows = rows.filter(pk__lt=asked.after)
        found = list(rows[: asked.limit + 1])
        shown = as_seen(repository, found[: asked.limit], visible)
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
        visible = visible_accounts(request.user, repository)
        row = _snapshot(request.user, repository, commit, visible)
        body = {
            **shapes.snapshot(as_seen(repository, [row], visible)[0]),
            "problems": [problem_as_json(each) for each in problems_of(row, visible=visible)],
            "effects": [shapes.effect(each) for each in effects(row, visible=visible)],
        }
        return by_content(request, body)


def _health(request: Request, row: Repository) -> shapes.Shape:
    visible = visible_accounts(request.user, row)
    return shapes.repository(row, in_force(row, visible), sees_all=visible is None)


def _snapshot(user: Person, repository: Repository, commit: str, visible: Visible) -> Snapshot:
    """By its id, whole or abbreviated to no fewer than seven digits. Raises Http404."""
    if _COMMIT.fullmatch(commit):
        rows = snapshots_for(repository, visible).select_related("repository")
        found = list(rows.filter(commit__startswith=commit)[:2])
        if len(found) == 1:
            return found[0]
    raise absence(user, f"There is no snapshot of commit “{commit[:64]}”.", kind="snapshot", id=commit)
