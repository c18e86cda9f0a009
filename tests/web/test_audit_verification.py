"""How the log stands, and verifying it from the console through the queue."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit import triggers
from audit.events import Event
from audit.keys import signer
from audit.models import Checkpoint, Delivery, Entry, Leaf, TreeHead, Verification
from audit.repository import export_checkpoints
from audit.sealing import seal_all
from integrations.actions.verification import PATIENCE, RESEND, queue_lost_verifications
from integrations.tasks import tend_audit_log, verify_audit_log
from tests.web.audited import empty_log, granted
from tests.web.test_audit_log import text

ADDRESS = "/audit/verification/"


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"
    settings.AUDIT_CHECKPOINT_REPOSITORY = tmp_path / "checkpoints.git"


@pytest.fixture
def auditor(as_):
    client = as_("auditor")
    empty_log()
    return client


@pytest.fixture
def queued(monkeypatch):
    """What was put into the queue, instead of a worker that takes it out."""
    calls: list[int] = []
    monkeypatch.setattr(verify_audit_log, "delay", calls.append)
    return calls


@pytest.fixture
def sealed(people):
    entries = [granted(people["admin"], people["dana"]) for _ in range(3)]
    seal_all()
    export_checkpoints()
    return entries


def test_an_unverified_empty_log(auditor):
    page = text(auditor.get(ADDRESS))
    assert "Nobody has verified the log here yet" in page
    assert "No checkpoint yet" in page
    assert "checkpoints are only as safe as this disk" in page


def test_the_state_names_key_checkpoints_and_receivers(auditor, sealed, settings):
    settings.AUDIT_CHECKPOINT_REMOTE = "https://robot:hush@git.example.com/checkpoints.git"
    settings.AUDIT_WEBHOOK_URL = "https://siem.example.com/in"
    Delivery.objects.create(sink="webhook", next_index=1, trouble="ConnectTimeout", attempts=2)
    response = auditor.get(ADDRESS)
    page = text(response)
    assert str(signer().verifier) in page
    assert "Hand it to them by another way than this console" in page
    assert "1 checkpoint in all" in page
    assert "https://git.example.com/checkpoints.git" in page
    assert "hush" not in page
    assert "webhook2 entriesConnectTimeout" in page


def test_a_sealer_that_is_behind_is_told(auditor, people):
    entry = granted(people["admin"], people["dana"])
    triggers.remove(connection)
    Entry.objects.filter(pk=entry.pk).update(at=timezone.now() - dt.timedelta(minutes=5))
    triggers.install(connection)
    assert "Is the sealer at work?" in text(auditor.get(ADDRESS))


def test_a_verification_is_queued_run_and_kept(auditor, people, sealed, queued):
    response = auditor.post("/audit/verification/now/", follow=True)
    assert "The verification is about to begin" in text(response)
    assert 'hx-trigger="every 1s"' in response.content.decode()
    (pk,) = queued
    verify_audit_log(pk)
    row = Verification.objects.get(pk=pk)
    assert (row.state, row.leaves, row.findings) == ("done", 3, [])
    page = text(auditor.get(ADDRESS))
    assert "The log is whole" in page
    assert "auditor@example.com" in page
    told = Entry.objects.get(event=Event.LOG_VERIFIED.value)
    assert (told.actor_id, told.values["whole"], told.values["leaves"]) == (str(people["auditor"].pk), True, 3)
    assert Entry.objects.filter(event=Event.VERIFICATION_REQUESTED.value).count() == 1
    verify_audit_log(pk)  # a second delivery
    assert Entry.objects.filter(event=Event.LOG_VERIFIED.value).count() == 1


def test_the_waiting_part_asks_for_the_whole_page_once_it_is_done(auditor, sealed, queued):
    auditor.post("/audit/verification/now/")
    headers = {"HX-Request": "true", "HX-Target": "verification-status"}
    assert "HX-Refresh" not in auditor.get(ADDRESS, headers=headers)
    verify_audit_log(queued[0])
    assert auditor.get(ADDRESS, headers=headers)["HX-Refresh"] == "true"


def test_findings_are_listed_with_their_entries(auditor, sealed, queued):
    triggers.remove(connection)
    Entry.objects.filter(pk=sealed[1].pk).update(reason="never said")
    triggers.install(connection)
    auditor.post("/audit/verification/now/")
    verify_audit_log(queued[0])
    response = auditor.get(ADDRESS)
    assert "The log is NOT whole: 1 finding" in text(response)
    assert f"Entry {sealed[1].pk} is not what was sealed." in text(response)
    assert f'href="/audit/{sealed[1].pk}/"' in response.content.decode()
    assert Entry.objects.get(event=Event.LOG_VERIFIED.value).values["whole"] is False
    assert "the log is NOT whole" in text(auditor.get("/audit/"))


def test_checkpoints_that_were_exported_are_compared(auditor, sealed, queued, settings):
    triggers.remove(connection)

    Entry.objects.filter(pk=sealed[2].pk).delete()
    Leaf.objects.filter(index=2).delete()
    Checkpoint.objects.all().delete()
    TreeHead.objects.all().delete()
    triggers.install(connection)
    auditor.post("/audit/verification/now/")
    verify_audit_log(queued[0])
    assert "A checkpoint was signed over 3 leaves, and 2 are left." in text(auditor.get(ADDRESS))


def test_one_at_a_time(auditor, sealed, queued):
    auditor.post("/audit/verification/now/")
    page = text(auditor.post("/audit/verification/now/", follow=True))
    assert "A verification is under way already" in page
    assert Verification.objects.count() == len(queued) == 1
    assert Entry.objects.filter(event=Event.VERIFICATION_REQUESTED.value).count() == 1


def test_a_verification_that_breaks_is_told(auditor, sealed, queued, settings):
    auditor.post("/audit/verification/now/")
    settings.AUDIT_KEY_FILE.write_text("no key")
    with pytest.raises(Exception):  # noqa: B017 - whatever it is, the row says it
        verify_audit_log(queued[0])
    assert Verification.objects.get().state == "failed"
    settings.AUDIT_KEY_FILE.unlink()
    assert "could not be run to its end" in text(auditor.get(ADDRESS))


def test_an_unreachable_queue_loses_nothing(auditor, sealed, monkeypatch, queued):
    def unreachable(_pk):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(verify_audit_log, "delay", unreachable)
        assert "The queue cannot be reached" in text(auditor.post("/audit/verification/now/", follow=True))
    assert queue_lost_verifications() == []
    Verification.objects.update(asked_at=timezone.now() - 2 * RESEND)
    tend_audit_log()
    assert queued == [Verification.objects.get().pk]


def test_a_run_whose_worker_died_is_taken_up_again(auditor, sealed, queued):
    auditor.post("/audit/verification/now/")
    Verification.objects.update(state="running", started_at=timezone.now() - 2 * PATIENCE)
    assert queue_lost_verifications() == queued
    verify_audit_log(queued[0])
    assert Verification.objects.get().state == "done"


@pytest.mark.parametrize("role", ["viewer", "engineer", "admin"])
def test_others_verify_nothing(as_, queued, role):
    assert as_(role).post("/audit/verification/now/").status_code == 403
    assert not Verification.objects.exists()


def test_queries_do_not_grow_with_verifications(auditor, sealed, queued, count_queries):
    auditor.post("/audit/verification/now/")
    verify_audit_log(queued[0])
    seal_all()
    few = count_queries(auditor, ADDRESS)
    for _ in range(4):
        auditor.post("/audit/verification/now/")
        verify_audit_log(queued[-1])
        seal_all()
    assert count_queries(auditor, ADDRESS) == few <= 22
