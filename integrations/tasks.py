"""Background work: an id in, one action call."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from audit import proofs
from integrations.actions.acceleration import compare_engines
from integrations.actions.analyses import tend_analyses
from integrations.actions.mapping_tests import queue_due_reports, run_report
from integrations.actions.proposals.claiming import due_proposals
from integrations.actions.proposals.deciding import clear, due_to_clear
from integrations.actions.proposals.following import bring_into_force, due_to_follow, follow
from integrations.actions.proposals.publishing import publish
from integrations.actions.sync import Result, maintain_mirror, sync
from integrations.actions.verification import queue_lost_verifications, run_verification
from integrations.core.proposals import State
from integrations.models import Proposal, Repository


@shared_task
def sync_repository(pk: int) -> None:
    """A second delivery finds nothing new."""
    if sync(pk).result is Result.ACTIVATED:
        bring_into_force(pk)
        run_due_mapping_tests()


@shared_task
def run_mapping_tests(pk: int) -> None:
    """Fills a report; a second delivery finds it under way or done."""
    if run_report(pk):
        compare_all_engines.delay()


@shared_task
def compare_all_engines() -> None:
    """Looks where the faster engine may be used, on the samples of what is active; finds nothing to do twice."""
    for pk in Repository.objects.exclude(active=None).values_list("pk", flat=True):
        compare_engines(pk)


@shared_task
def run_due_mapping_tests() -> None:
    """Queues the mapping tests of active snapshots without a report; run by beat, and after each activation."""
    for pk in queue_due_reports():
        run_mapping_tests.delay(pk)


@shared_task
def maintain_mirrors() -> None:
    """Repacks the mirrors and clears what killed fetches left; run by beat once a day."""
    for repository in Repository.objects.all():
        maintain_mirror(repository)


@shared_task
def tend_kept_analyses() -> None:
    """Removes what no snapshot uses any more; run by beat once a day."""
    tend_analyses()


@shared_task
def sync_due_repositories() -> None:
    """Queues a sync for each repository whose interval has passed; run by beat."""
    now = timezone.now()
    for pk, interval, checked_at in Repository.objects.values_list("pk", "sync_interval", "checked_at"):
        if checked_at is None or checked_at + timedelta(seconds=interval) <= now:
            sync_repository.delay(pk)


@shared_task
def verify_audit_log(pk: int) -> None:
    """Runs a queued verification; a second delivery finds it under way or done."""
    run_verification(pk)


@shared_task
def tend_audit_log() -> None:
    """Keeps proofs quick, and sends again what asks for a verification and was lost; run by beat."""
    proofs.keep_up()
    for pk in queue_lost_verifications():
        verify_audit_log.delay(pk)


@shared_task
def publish_proposal(pk: str) -> None:
    """A second delivery finds it claimed or published. What is open is looked at straight away."""
    if publish(pk):
        follow_proposal(pk)


@shared_task
def follow_proposal(pk: str) -> None:
    """Brings a proposal in step with its pull request; a rebase is published at once, a merge synced at once."""
    if follow(pk):
        publish_proposal.delay(pk)
    merged = Proposal.objects.filter(pk=pk, state=State.MERGED).values_list("repository", flat=True).first()
    if merged is not None:
        sync_repository.delay(merged)


@shared_task
def publish_due_proposals() -> None:
    """Queues what waits to be published, and what a worker that died left over; run by beat."""
    for pk in due_proposals():
        publish_proposal.delay(pk)


@shared_task
def follow_due_proposals() -> None:
    """Queues a look at each open proposal whose time has come, and at what is merged already; run by beat."""
    for pk in due_to_follow():
        follow_proposal.delay(pk)
    for repository in Repository.objects.filter(proposals__state=State.MERGED).distinct():
        bring_into_force(repository.pk)


@shared_task
def clear_proposal(pk: str) -> None:
    """Closes the pull request and deletes the branch of what was withdrawn."""
    clear(pk)


@shared_task
def clear_due_proposals() -> None:
    """Queues what could not be cleared yet; run by beat."""
    for pk in due_to_clear():
        clear_proposal.delay(pk)
