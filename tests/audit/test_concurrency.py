"""Many writers, long transactions and two sealers, each on a connection of its own."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from audit.events import Event
from audit.keys import signer
from audit.models import Entry, Leaf, TreeHead
from audit.record import Actor, Subject, record
from audit.sealing import seal, seal_all
from audit.verify import verify
from tests.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
_WRITERS, _ACTS = 4, 15


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"


def act():
    return record(Event.SYNC_REQUESTED, actor=Actor(id="7", name="Dana"), subject=Subject(kind="account", id="acme"))


def test_every_entry_gets_one_leaf_whoever_seals():
    ended = threading.Event()

    def write():
        for _ in range(_ACTS):
            with transaction.atomic():
                act()

    def follow():
        while not ended.is_set():
            seal()

    sealers = [in_thread(follow) for _ in range(2)]
    for writer in [in_thread(write) for _ in range(_WRITERS)]:
        writer.join()
    ended.set()
    for sealer in sealers:
        sealer.join()
    seal_all()
    assert Leaf.objects.count() == Entry.objects.count() == _WRITERS * _ACTS
    assert verify(signer().verifier).is_whole


@pytest.mark.needs("postgres")
def test_a_long_transaction_holds_nobody_up_and_comes_later():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    written, go_on = threading.Event(), threading.Event()

    def linger():
        with transaction.atomic():
            assert act().pk  # asked for, and therefore sent before the transaction ends
            written.set()
            go_on.wait(20)

    slow = in_thread(linger)
    assert written.wait(20)
    with transaction.atomic():
        quick = act()
    seal_all()
    assert list(Leaf.objects.values_list("entry_id", flat=True)) == [quick.pk]
    for _ in range(3):  # however often the sealer looks: what is settled waits for the one who may still commit
        seal()
    assert TreeHead.objects.get().settled < quick.pk
    go_on.set()
    slow.join()
    seal_all()
    seal()
    assert TreeHead.objects.get().settled == quick.pk
    early = Entry.objects.exclude(pk=quick.pk).get()
    assert early.pk < quick.pk
    assert Leaf.objects.get(entry_id=early.pk).index == 1
    assert verify(signer().verifier).is_whole


def test_verification_sees_one_moment_while_others_write_and_seal():
    ended = threading.Event()

    def write_and_seal():
        while not ended.is_set():
            with transaction.atomic():
                act()
            seal_all()

    busy = in_thread(write_and_seal)
    try:
        found = [verify(signer().verifier) for _ in range(15)]
    finally:
        ended.set()
        busy.join()
    assert [report.findings for report in found if not report.is_whole] == []
    assert found[0].leaves < found[-1].leaves
