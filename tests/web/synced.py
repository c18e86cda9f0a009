"""A repository that is synced once per process and then given to each test anew."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db.models import Model

from audit.record import SYSTEM
from integrations.actions.repositories import configure_repository
from integrations.actions.sync import Outcome, Result, replay, sync
from integrations.models import (
    Account,
    Change,
    ChangeSet,
    Connection,
    Document,
    Evaluation,
    FieldReference,
    Repository,
    Snapshot,
    SnapshotProblem,
)
from tests.git.build import Content, build
from tests.web.factories import FIRST_SUBJECT, SECOND_SUBJECT, small_repository

_MODELS: tuple[type[Model], ...] = (
    *(Repository, Snapshot, SnapshotProblem, Evaluation, Account, Connection, Document),
    *(FieldReference, ChangeSet, Change),
)
_synced: list[list[Model]] = []
_mirrors: list[Path] = []


class Config:
    """The repository under test: its row, the Git repository that it reads, and its commits, oldest first."""

    def __init__(self, row: Repository, path: Path, commits: list[str]) -> None:
        self.pk, self.path, self.commits = row.pk, path, commits

    @property
    def row(self) -> Repository:
        return Repository.objects.select_related("active").get(pk=self.pk)

    def push(self, *commits: Mapping[str, Content], messages: Sequence[str] = ()) -> None:
        self.commits += build(self.path, commits, messages=messages)

    def sync(self) -> Outcome:
        return sync(self.pk, actor=SYSTEM)

    def push_and_sync(self, files: Mapping[str, Content], message: str = "A change") -> Outcome:
        self.push(files, messages=[message])
        return self.sync()


def build_origin(folder: Path) -> list[str]:
    return build(folder / "config.git", small_repository(), messages=[FIRST_SUBJECT, SECOND_SUBJECT])


def config_at(remote: Path, origin: Path, commits: Sequence[str], data: Path) -> Config:
    """The repository of `origin`, copied to `remote` and synced commit by commit, its mirror below `data`.

    The first call of a process syncs and keeps the rows and the mirror; the others write these again, whichever
    folder of tests they are of: every origin has the same commits.
    """
    shutil.copytree(origin / "config.git", remote)
    if not _synced:
        first_sync(remote)
        _mirrors.append(origin / "mirrors")
        shutil.copytree(data / "mirrors", _mirrors[0])
        _synced.extend(list(model.objects.all()) for model in _MODELS)
    else:
        restore(remote)
        shutil.copytree(_mirrors[0], data / "mirrors")
    return Config(Repository.objects.get(), remote, list(commits))


def first_sync(remote: Path) -> None:
    row = configure_repository(name="small", url=f"file://{remote}", branch="main", actor=SYSTEM)
    outcomes = replay(row.pk, limit=10, actor=SYSTEM)
    assert [outcome.result for outcome in outcomes] == [Result.ACTIVATED, Result.ACTIVATED], outcomes
    assert sync(row.pk, actor=SYSTEM).result is Result.UNCHANGED


def restore(remote: Path) -> None:
    for rows in _synced:
        copies = [copy.copy(row) for row in rows]
        for row in copies:
            if isinstance(row, Repository):
                row.url, row.active_id = f"file://{remote}", None
        if copies:
            type(copies[0]).objects.bulk_create(copies)
    for row in _synced[0]:
        Repository.objects.filter(pk=row.pk).update(active=row.active_id)
