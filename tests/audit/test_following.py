"""The sealer at work: what it survives, and checkpoints on their way to a real remote."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pygit2
import pytest
from django.db import connection, transaction

from audit import following
from audit.events import Event
from audit.health import sealing_state
from audit.keys import signer
from audit.models import Checkpoint, Delivery, Entry, Leaf, TreeHead
from audit.record import Actor, Subject, close_orphans, intent, record
from audit.repository import export_checkpoints
from audit.sealing import seal_all
from audit.verify import read_checkpoints, verify
from console.outbound_post import post

pytestmark = pytest.mark.django_db(transaction=True)
DANA = Actor(id="7", name="Dana Canary")
ACME = Subject(kind="account", id="acme-corp")


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"
    settings.AUDIT_CHECKPOINT_REPOSITORY = tmp_path / "checkpoints.git"


@pytest.fixture
def remote(settings, tmp_path):
    """A bare repository that refuses what rewrites it, as `receive.denyNonFastForwards` has it."""
    path = tmp_path / "remote.git"
    pygit2.init_repository(str(path), bare=True, initial_head="main")
    subprocess.run(["git", f"--git-dir={path}", "config", "receive.denyNonFastForwards", "true"], check=True)
    settings.AUDIT_CHECKPOINT_REMOTE = str(path)
    return path


def act(number=1, event=Event.ROLE_GRANTED):
    for _ in range(number):
        with transaction.atomic():
            record(event, actor=DANA, subject=ACME)


def tip(path):
    return pygit2.Repository(str(path)).references["refs/heads/main"].target


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@contextmanager
def at_work():
    stop = threading.Event()

    def run():
        try:
            following.follow(post, stop=stop)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_checkpoints_reach_the_remote_and_verify_there(settings, remote):
    for _ in range(3):
        act()
        seal_all()
        export_checkpoints()
    assert tip(remote) == tip(settings.AUDIT_CHECKPOINT_REPOSITORY)
    assert len(read_checkpoints(remote)) == 4
    assert verify(signer().verifier, read_checkpoints(remote)).is_whole


@pytest.mark.parametrize("clone", [[], ["--bare"]], ids=["a clone", "a bare clone"])
def test_checkpoints_are_found_though_the_remotes_head_points_elsewhere(remote, tmp_path, clone):
    """As in a remote made by `git init --bare` where the first branch is still called master."""
    subprocess.run(["git", f"--git-dir={remote}", "symbolic-ref", "HEAD", "refs/heads/master"], check=True)
    act()
    seal_all()
    export_checkpoints()
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "--quiet", *clone, str(remote), str(copy)], check=True)
    for place in (remote, copy):
        assert verify(signer().verifier, read_checkpoints(place)).is_whole
        assert set(read_checkpoints(place)) == set(read_checkpoints(remote))
        assert read_checkpoints(place)


def test_a_remote_that_went_another_way_is_not_overwritten(settings, remote, tmp_path, caplog):
    act()
    seal_all()
    export_checkpoints()
    theirs = pygit2.Repository(str(remote))
    who = pygit2.Signature("Eve", "eve@example.com")
    theirs.create_commit("refs/heads/main", who, who, "another", theirs.head.peel(pygit2.Tree).id, [theirs.head.target])
    before = tip(remote)
    act()
    seal_all()
    assert export_checkpoints() == 1
    assert tip(remote) == before
    assert len(read_checkpoints(settings.AUDIT_CHECKPOINT_REPOSITORY)) == 3  # kept here


def test_what_the_remote_missed_is_pushed_when_it_is_back(settings, remote, tmp_path):
    away = tmp_path / "away.git"
    remote.rename(away)
    act()
    seal_all()
    assert export_checkpoints() == 1
    away.rename(remote)
    assert export_checkpoints() == 0  # nothing new, and yet it is pushed
    assert tip(remote) == tip(settings.AUDIT_CHECKPOINT_REPOSITORY)


def test_two_who_export_at_once_commit_each_checkpoint_once(settings):
    for _ in range(12):
        act()
        seal_all()
    done, ready = [], threading.Barrier(3)

    def export():
        ready.wait()
        try:
            done.append(export_checkpoints())
        finally:
            connection.close()

    threads = [threading.Thread(target=export) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 12]
    repository = pygit2.Repository(str(settings.AUDIT_CHECKPOINT_REPOSITORY))
    assert len(list(repository.walk(repository.head.target))) == 12


def test_the_sealer_goes_on_while_checkpoints_cannot_be_exported(settings, tmp_path):
    blocked = settings.AUDIT_CHECKPOINT_REPOSITORY
    blocked.write_text("in the way")
    with at_work():
        act(3)
        until(lambda: Leaf.objects.count() == 3)
        blocked.unlink()
        act()
        until(lambda: blocked.is_dir() and len(read_checkpoints(blocked)) > 1)


@pytest.mark.needs("postgres")
def test_the_sealer_comes_back_after_the_database_threw_it_out():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server to be thrown out by")
    with at_work():
        act()
        until(lambda: Leaf.objects.count() == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] >= 1
        act()
        until(lambda: Leaf.objects.count() == 2)


def test_the_sealer_closes_orphans_again_and_again(monkeypatch):
    monkeypatch.setattr(following, "_ORPHANS_PAUSE", 0.1)
    monkeypatch.setattr(following, "_ORPHAN", timedelta(seconds=-60))
    with at_work():
        for expected in (1, 2):
            with transaction.atomic():
                intent(Event.SYNC_REQUESTED, actor=DANA, subject=ACME)
            until(lambda wanted=expected: Entry.objects.filter(phase=Entry.Phase.UNKNOWN).count() == wanted)
    assert close_orphans(older_than=timedelta(seconds=-60)) == 0


def test_a_damaged_tree_is_left_alone_and_waited_for(monkeypatch):
    act()
    seal_all()
    monkeypatch.setattr(following, "_DAMAGED_PAUSE", 0.1)
    TreeHead.objects.update(size=5)
    with at_work():
        act()
        time.sleep(1)
        assert Leaf.objects.count() == 1
        TreeHead.objects.update(size=1)
        until(lambda: Leaf.objects.count() == 2)


def test_the_state_tells_of_an_absent_sealer_and_of_deaf_receivers(settings, django_assert_max_num_queries):
    assert sealing_state().unsealed == 0
    act(2)
    Delivery.objects.create(sink="webhook", attempts=3, trouble="NotTaken")
    with django_assert_max_num_queries(4):
        state = sealing_state()
    assert (state.unsealed, state.leaves, state.checkpoint_at) == (2, 0, None)
    assert 0 <= state.waits_for < 10
    assert not state.is_late
    assert [(found.sink, found.attempts) for found in state.troubles] == [("webhook", 3)]
    seal_all()
    state = sealing_state()
    assert (state.unsealed, state.waits_for, state.leaves, state.checkpoint_size) == (0, 0, 2, 2)
    assert state.checkpoint_at == Checkpoint.objects.get().at
