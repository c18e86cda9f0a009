"""Sync: fetch, evaluate, activate; and a person's decision on a sync that was held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.events import Event
from audit.record import PERSON, SYSTEM, Actor, record
from integrations.actions.activation import Overtaken, activate
from integrations.actions.forge_access import secret_of
from integrations.actions.holds import reasons_to_hold
from integrations.actions.intake import take_in
from integrations.actions.rights import bring_rights_in_step
from integrations.actions.secrets import SecretUnavailable
from integrations.actions.subjects import repository_subject, snapshot_subject
from integrations.core.problems import Problem
from integrations.git.errors import GitError
from integrations.git.mirror import Fetched, Mirror, Remote
from integrations.models import Repository, Snapshot, SnapshotProblem
from integrations.queries.mirrors import mirror_of

log = structlog.get_logger(__name__)
_SHOWN = 12
_MOST_PROBLEMS = 1000
_ATTEMPTS = 3


class Result(StrEnum):
    ACTIVATED = "activated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    HELD = "held"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one sync came to. `message` is a plain sentence; `snapshot` is the one that the sync was about."""

    result: Result
    message: str
    snapshot: Snapshot | None = None
    problems: tuple[Problem, ...] = field(default=())
    seconds: float = 0


class NotHeld(Exception):
    """The snapshot is not waiting for a decision (any more)."""


@transaction.atomic
def request_sync(repository: Repository, *, actor: Actor) -> None:
    """Records that a person asked for a sync; the caller then queues it (`integrations.tasks`)."""
    record(Event.SYNC_REQUESTED, actor=actor, subject=repository_subject(repository))


def sync(repository_id: int, *, actor: Actor = SYSTEM) -> Outcome:
    """Brings the active snapshot up to the remote's branch. `actor`: who or what the activation is put down to.

    Never raises for what a remote or a commit may be like: the outcome says it, the row keeps it, and the last
    good snapshot stays active.
    """
    started = time.monotonic()
    repository = Repository.objects.select_related("active").get(pk=repository_id)
    mirror = mirror_of(repository)
    with structlog.contextvars.bound_contextvars(repository=repository.name, actor=f"{actor.kind} {actor.id}"):
        try:
            fetched = mirror.fetch(remote_of(repository))
        except (GitError, SecretUnavailable) as error:
            return _unreachable(repository, str(error))
        outcome = _advance(repository, mirror, fetched, started, actor=actor)
        bring_rights_in_step(repository, actor=SYSTEM)
        log.info("sync", result=outcome.result, commit=fetched.head[:_SHOWN], seconds=round(outcome.seconds, 3))
        return outcome


def replay(
    repository_id: int, *, limit: int, actor: Actor, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> list[Outcome]:
    """Fetches, then takes in up to `limit` commits of the branch one by one, oldest first, as if each had been synced.

    Gives a new repository a history of what changed. Only for one that has no snapshot yet. `progress` is told how
    many commits of how many are done.
    """
    repository = Repository.objects.select_related("active").get(pk=repository_id)
    if repository.active is not None:
        return []
    mirror = mirror_of(repository)
    fetched = mirror.fetch(remote_of(repository))
    commits = mirror.log(fetched.head, limit=limit, first_parent=True)
    outcomes = []
    for commit in reversed(commits):
        repository = Repository.objects.select_related("active").get(pk=repository_id)
        outcomes.append(_take(repository, mirror, commit.id, started=time.monotonic(), hold=False, actor=actor))
        progress(len(outcomes), len(commits))
    log.info("replay", repository=repository.name, commits=len(outcomes))
    return outcomes


def decide_held(
    snapshot_id: int, *, accept: bool, actor: Actor, reason: str, still_may: Callable[[], None] = lambda: None
) -> Outcome:
    """Activates a held snapshot, or discards it, and records who decided, when and why.

    `still_may` raises where the person may not decide: it is asked in the transaction that decides, so that a right
    withdrawn a moment ago does not count. Raises NotHeld when the snapshot no longer waits.
    """
    started = time.monotonic()
    with transaction.atomic():
        snapshot = Snapshot.objects.select_for_update().select_related("repository").get(pk=snapshot_id)
        still_may()
        if snapshot.state != Snapshot.State.HELD:
            raise NotHeld
        snapshot.decided_by_id = int(actor.id) if actor.kind == PERSON else None
        snapshot.decided_by_name = actor.name
        snapshot.decided_at, snapshot.decision_reason = timezone.now(), reason
        if not accept:
            snapshot.state = Snapshot.State.DISCARDED
            message = f"{actor.name} discarded commit {snapshot.commit[:_SHOWN]}: {reason}"
            Repository.objects.filter(pk=snapshot.repository_id).update(trouble=message)
        snapshot.save()
        event = Event.HELD_SYNC_ACCEPTED if accept else Event.HELD_SYNC_DISCARDED
        told = {"repository": snapshot.repository.name, "reasons": snapshot.hold_reasons}
        record(event, actor=actor, subject=snapshot_subject(snapshot), reason=reason, data=told)
    log.info("held sync decided", commit=snapshot.commit[:_SHOWN], accepted=accept)
    if not accept:
        return Outcome(result=Result.UNCHANGED, message=message, snapshot=snapshot)
    repository = Repository.objects.select_related("active").get(pk=snapshot.repository_id)
    return _take(repository, mirror_of(repository), snapshot.commit, started=started, hold=False, actor=actor)


def maintain_mirror(repository: Repository) -> None:
    """Repacks the mirror. What Git says against it is logged: the mirror answers as before."""
    try:
        mirror_of(repository).maintain()
    except GitError as error:
        log.warning("mirror not maintained", repository=repository.name, reason=str(error))


def remote_of(repository: Repository) -> Remote:
    """Where to fetch from. Raises SecretUnavailable when the token's reference leads nowhere."""
    return Remote(
        url=repository.url,
        branch=repository.branch,
        secret=secret_of(repository),
        ssh_key_file=settings.SSH_KEY_FILE,
        known_hosts_file=settings.SSH_KNOWN_HOSTS_FILE,
    )


def _advance(repository: Repository, mirror: Mirror, fetched: Fetched, started: float, *, actor: Actor) -> Outcome:
    active = repository.active
    if active is not None and active.commit == fetched.head:
        return _unchanged(repository, fetched.head)
    known = Snapshot.objects.filter(repository=repository, commit=fetched.head).first()
    if known is not None and known.state in {Snapshot.State.HELD, Snapshot.State.DISCARDED, Snapshot.State.REJECTED}:
        return _still(repository, known)
    return _take(repository, mirror, fetched.head, started=started, hold=True, actor=actor)


def _take(repository: Repository, mirror: Mirror, commit: str, *, started: float, hold: bool, actor: Actor) -> Outcome:
    """Reads one commit and activates, holds or rejects it; again from the start when another sync was quicker."""
    for _ in range(_ATTEMPTS):
        over = repository.active
        if over is not None and over.commit == commit:
            return _unchanged(repository, commit)
        intake = take_in(repository, mirror, commit, over=over)
        snapshot = _snapshot(repository, mirror, commit)
        if intake.problems:
            return _reject(snapshot, intake.problems, started, actor=actor)
        if hold and over is not None and (reasons := reasons_to_hold(repository, mirror, over, commit, intake)):
            return _hold(snapshot, reasons, started, actor=actor)
        snapshot.seconds = time.monotonic() - started
        try:
            activate(snapshot, intake, over=over, actor=actor)
        except Overtaken:
            repository = Repository.objects.select_related("active").get(pk=repository.pk)
            continue
        seconds = time.monotonic() - started
        Snapshot.objects.filter(pk=snapshot.pk).update(seconds=seconds)
        changed = snapshot.counts["connections_changed"]
        message = f"Commit {commit[:_SHOWN]} is active; {changed} connection{'' if changed == 1 else 's'} changed."
        return Outcome(result=Result.ACTIVATED, message=message, snapshot=snapshot, seconds=seconds)
    return Outcome(result=Result.UNCHANGED, message="Other syncs were quicker each time; nothing was done.")


def _snapshot(repository: Repository, mirror: Mirror, commit: str) -> Snapshot:
    """The commit's row, or a new one, not stored yet."""
    known = Snapshot.objects.filter(repository=repository, commit=commit).first()
    if known is not None:
        return known
    info = mirror.commit(commit)
    return Snapshot(
        repository=repository,
        commit=commit,
        author_name=info.author_name[:200],
        author_email=info.author_email[:320],
        authored_at=info.authored_at,
        subject=info.subject,
        pull_request=info.pull_request,
        reviewed_by=list(info.reviewed_by),
    )


def _unchanged(repository: Repository, head: str) -> Outcome:
    """The remote has what is active; a remote that came back, or went back to it, is well again."""
    Repository.objects.filter(pk=repository.pk).update(
        checked_at=timezone.now(), head_commit=head, health=Repository.Health.OK, trouble=""
    )
    return Outcome(
        result=Result.UNCHANGED,
        message=f"Nothing new: commit {head[:_SHOWN]} is active.",
        snapshot=repository.active,
    )


def _still(repository: Repository, snapshot: Snapshot) -> Outcome:
    """The head was looked at before and is not in force; say so again without reading it again."""
    Repository.objects.filter(pk=repository.pk).update(checked_at=timezone.now(), head_commit=snapshot.commit)
    result = Result.REJECTED if snapshot.state == Snapshot.State.REJECTED else Result.HELD
    health = Repository.Health.REJECTED if result is Result.REJECTED else Repository.Health.HELD
    if repository.health != health:
        # It was unreachable in between.
        Repository.objects.filter(pk=repository.pk).update(health=health, trouble=_trouble(snapshot))
    return Outcome(
        result=result,
        message=_trouble(snapshot),
        snapshot=snapshot,
        problems=tuple(stored_problems(snapshot)),
    )


def _trouble(snapshot: Snapshot) -> str:
    short = snapshot.commit[:_SHOWN]
    match snapshot.state:
        case Snapshot.State.REJECTED:
            count = snapshot.counts.get("problems", 0)
            return f"Commit {short} has {count} error{'' if count == 1 else 's'}; the last good snapshot stays active."
        case Snapshot.State.DISCARDED:
            return f"{snapshot.decided_by_name} discarded commit {short}: {snapshot.decision_reason}"
        case _:
            return f"Commit {short} is held: {' '.join(snapshot.hold_reasons)}"


@transaction.atomic(durable=True)
def _reject(snapshot: Snapshot, problems: tuple[Problem, ...], started: float, *, actor: Actor) -> Outcome:
    snapshot.state = Snapshot.State.REJECTED
    snapshot.counts = {"problems": len(problems)}
    snapshot.seconds = time.monotonic() - started
    snapshot.save()
    snapshot.problems.all().delete()
    SnapshotProblem.objects.bulk_create(
        SnapshotProblem(
            snapshot=snapshot,
            position=position,
            code=problem.code,
            file=problem.source.file if problem.source else "",
            line=problem.source.line if problem.source else None,
            column=problem.column,
            message=problem.message,
        )
        for position, problem in enumerate(problems[:_MOST_PROBLEMS])
    )
    _mark(snapshot, Repository.Health.REJECTED)
    told = {"repository": snapshot.repository.name, "problems": len(problems)}
    record(Event.SYNC_REJECTED, actor=actor, subject=snapshot_subject(snapshot), data=told)
    return Outcome(
        result=Result.REJECTED,
        message=_trouble(snapshot),
        snapshot=snapshot,
        problems=problems,
        seconds=snapshot.seconds,
    )


@transaction.atomic(durable=True)
def _hold(snapshot: Snapshot, reasons: list[str], started: float, *, actor: Actor) -> Outcome:
    snapshot.state = Snapshot.State.HELD
    snapshot.hold_reasons = reasons
    snapshot.seconds = time.monotonic() - started
    snapshot.save()
    _mark(snapshot, Repository.Health.HELD)
    told = {"repository": snapshot.repository.name, "reasons": reasons}
    record(Event.SYNC_HELD, actor=actor, subject=snapshot_subject(snapshot), data=told)
    return Outcome(result=Result.HELD, message=_trouble(snapshot), snapshot=snapshot, seconds=snapshot.seconds)


def _mark(snapshot: Snapshot, health: Repository.Health) -> None:
    Repository.objects.filter(pk=snapshot.repository_id).update(
        health=health, trouble=_trouble(snapshot), head_commit=snapshot.commit, checked_at=timezone.now()
    )


def _unreachable(repository: Repository, sentence: str) -> Outcome:
    log.warning("sync failed", reason=sentence)
    Repository.objects.filter(pk=repository.pk).update(
        health=Repository.Health.UNREACHABLE, trouble=sentence, checked_at=timezone.now()
    )
    return Outcome(result=Result.UNREACHABLE, message=sentence, snapshot=repository.active)


def stored_problems(snapshot: Snapshot) -> Iterator[Problem]:
    """The problems kept with a rejected snapshot, in order."""
    for row in snapshot.problems.all():
        yield row.as_problem()
