"""Running the mapping tests of a commit and keeping what came of it: one report per commit."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.events import Event
from audit.record import Actor, Subject, record
from integrations.core.mapping_tests import TestResult
from integrations.git.errors import GitError
from integrations.models import MappingTestReport, Repository
from integrations.queries.at_commit import BadCommit
from integrations.queries.mapping_reports import counts_of, decode, encode, last_report, was_ended
from integrations.queries.mapping_tests import Planned, ReaderGround, engine_version, plan, run_tests
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.sandbox.evaluator import evaluator

log = structlog.get_logger(__name__)
PATIENCE = timedelta(minutes=15)  # after which a run is taken to have died with its worker
RESEND = timedelta(minutes=2)  # after which a message is taken to be lost
MOST_WAITING = 5  # reports of one repository that may wait at a time, lest they keep a worker from its syncs
MOST_REPORTS = 100  # of one repository that are kept
_ATTEMPTS = 3
_State = MappingTestReport.State


class TooManyWaiting(Exception):
    """So many reports are waiting that no further one is queued; ask again once they are done."""


class Moved(Exception):
    """The repository activated other commits as often as this one was looked at."""


@transaction.atomic
def ask_for_report(repository: Repository, commit: str, *, actor: Actor) -> MappingTestReport:
    """The commit's report, queued unless it is under way or done. The caller sends the task (`integrations.tasks`).

    A report that failed is queued again, and one in which the sandbox ended something: that may have been the machine.
    Raises TooManyWaiting.
    """
    waiting = MappingTestReport.objects.filter(repository=repository, state__in=[_State.QUEUED, _State.RUNNING])
    if waiting.exclude(commit=commit).count() >= MOST_WAITING:
        raise TooManyWaiting
    asked = {"asked_by": actor.name[:200], "asked_at": timezone.now()}
    report, is_new = MappingTestReport.objects.get_or_create(repository=repository, commit=commit, defaults=asked)
    is_over = report.state == _State.DONE and was_ended(decode(report.results))
    if not is_new and (is_over or report.state == _State.FAILED):
        _queue_again(report, actor=actor.name)
    subject = Subject(kind="snapshot", id=commit, name=f"commit {commit[:12]}")
    record(Event.MAPPING_TESTS_REQUESTED, actor=actor, subject=subject, data={"repository": repository.name})
    return report


@transaction.atomic
def queue_due_reports() -> list[int]:
    """The reports that are to be run and that no task is on its way for.

    These are: of the active snapshots those without a report, or with one by another engine; and whatever waits or
    runs for longer than it would if its message had arrived and its worker were alive.
    """
    now = timezone.now()
    lost = MappingTestReport.objects.filter(Q(state=_State.QUEUED, asked_at__lt=now - RESEND) | _stale(now))
    due = list(lost.values_list("pk", flat=True))
    lost.filter(state=_State.QUEUED).update(asked_at=now)
    for repository in Repository.objects.exclude(active=None).select_related("active"):
        assert repository.active is not None
        rows = MappingTestReport.objects.filter(repository=repository, commit=repository.active.commit)
        report = rows.defer("results").first()
        if report is None:
            # Two schedules may be at it: one row is made, and its second task finds nothing to do.
            fresh = MappingTestReport(repository=repository, commit=repository.active.commit)
            fresh.asked_by, fresh.asked_at = "schedule", now
            MappingTestReport.objects.bulk_create([fresh], ignore_conflicts=True)
            due += rows.values_list("pk", flat=True)
        elif report.state == _State.DONE and report.engine != engine_version():
            _queue_again(report, actor="schedule")
            due.append(report.pk)
    return due


def run_report(pk: int) -> bool:
    """Runs the tests of a queued report and stores it. False when it was not waiting, as on a second delivery.

    Results whose sample, expressions and schema are as in the repository's last report are taken over from there.
    """
    now = timezone.now()
    waiting = MappingTestReport.objects.filter(Q(pk=pk), Q(state=_State.QUEUED) | _stale(now))
    if not waiting.update(state=_State.RUNNING, started_at=now, done=0, total=0, trouble=""):
        return False
    report = MappingTestReport.objects.select_related("repository").get(pk=pk)
    try:
        planned = _plan(report)
        known = _known(report.repository)
        results = run_tests(planned, evaluator(), known=known, progress=_Progress(pk))
    except (UnknownMoment, BadCommit, GitError, Moved) as error:
        _fail(report, str(error))
        return True
    except Exception:
        _fail(report, "Running the tests failed here; the log of the worker says more.")
        raise
    _store(report, results, reused=sum(result.key in known for result in results))
    return True


def _plan(report: MappingTestReport) -> list[Planned]:
    """Raises UnknownMoment, BadCommit, GitError or Moved."""
    for _ in range(_ATTEMPTS):
        repository = Repository.objects.select_related("active").get(pk=report.repository_id)
        reader = reader_for(repository, report.commit)
        planned = plan(ReaderGround(reader))
        # The rows of the active snapshot change under a reader when another is activated meanwhile.
        if not reader.is_current or _is_active(report):
            return planned
    raise Moved("Other commits became active each time the samples were read.")


def _is_active(report: MappingTestReport) -> bool:
    return Repository.objects.filter(pk=report.repository_id, active__commit=report.commit).exists()


def _known(repository: Repository) -> dict[str, TestResult]:
    """What need not be run again. A failure of the sandbox, such as a limit of time, may not happen twice."""
    last = last_report(repository)
    results = decode(last.row.results) if last is not None else ()
    return {result.key: result for result in results if not was_ended([result])}


class _Progress:
    """Tells the row how far its run is."""

    def __init__(self, pk: int) -> None:
        self._row = MappingTestReport.objects.filter(pk=pk)

    def __call__(self, done: int, total: int) -> None:
        self._row.update(done=done, total=total)


@transaction.atomic(durable=True)
def _store(report: MappingTestReport, results: list[TestResult], *, reused: int) -> None:
    report.state, report.finished_at, report.engine = _State.DONE, timezone.now(), engine_version()
    report.done = report.total = len(results)
    report.counts, report.results, report.reused = counts_of(results), encode(results), reused
    report.save()
    kept = MappingTestReport.objects.filter(repository=report.repository).order_by("-pk")
    old = list(kept.values_list("pk", flat=True)[MOST_REPORTS:])
    MappingTestReport.objects.filter(pk__in=old).exclude(commit=_active_commit(report)).delete()
    log.info("mapping tests", repository=report.repository.name, commit=report.commit[:12], tests=len(results))


def _active_commit(report: MappingTestReport) -> str:
    active = Repository.objects.select_related("active").get(pk=report.repository_id).active
    return active.commit if active is not None else ""


def _fail(report: MappingTestReport, sentence: str) -> None:
    MappingTestReport.objects.filter(pk=report.pk).update(
        state=_State.FAILED, trouble=sentence, finished_at=timezone.now()
    )
    log.warning("mapping tests not run", repository=report.repository.name, commit=report.commit[:12], reason=sentence)


def _queue_again(report: MappingTestReport, *, actor: str) -> None:
    report.state, report.asked_by, report.asked_at, report.trouble = _State.QUEUED, actor[:200], timezone.now(), ""
    report.save(update_fields=["state", "asked_by", "asked_at", "trouble"])


def _stale(now: datetime) -> Q:
    return Q(state=_State.RUNNING, started_at__lt=now - PATIENCE)
