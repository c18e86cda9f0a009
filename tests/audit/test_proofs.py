"""Proofs from stored subtrees: the same as from the whole tree, in a bounded number of rows, and never a wrong one."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings as hypothesis_settings, strategies as st

from audit import proofs, triggers
from audit.events import Event
from audit.export import NothingSealed, export_entry
from audit.keys import signer
from audit.merkle import Tree, leaf_hash, verify_inclusion
from audit.models import Checkpoint, Entry, Leaf, Tile
from audit.record import Actor, Subject, record
from audit.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)
DANA = Actor(id="7", name="Dana Canary")
ACME = Subject(kind="account", id="acme-corp", name="Acme")


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"


def write(number=1):
    with transaction.atomic():
        return [record(Event.SYNC_REQUESTED, actor=DANA, subject=ACME, data={"n": n}) for n in range(number)]


def made_tree(size):
    """A tree of leaves that no entry is behind, under a checkpoint: what the proofs read is only this."""
    leaves = [leaf_hash(str(n).encode()) for n in range(size)]
    Leaf.objects.bulk_create([Leaf(index=n, entry_id=n + 1, hash=hashed) for n, hashed in enumerate(leaves)])
    tree = Tree(leaves)
    return tree, Checkpoint.objects.create(size=size, root=tree.root(), at="2026-01-01T00:00:00Z", note="")


@pytest.mark.parametrize("width", [2, 4])
@hypothesis_settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(sorted))
def test_every_path_is_that_of_the_whole_tree_whatever_was_stored_before(width, sizes):
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(proofs, "WIDTH", width)
        patch.setattr(proofs, "_ROW", width * 32)
        leaves = [leaf_hash(str(n).encode()) for n in range(sizes[-1])]
        done = 0
        for size in sizes:
            Leaf.objects.bulk_create([Leaf(index=n, entry_id=n + 1, hash=leaves[n]) for n in range(done, size)])
            done, tree = size, Tree(leaves[:size])
            Checkpoint.objects.create(size=size, root=tree.root(), at="2026-01-01T00:00:00Z", note="")
            for index in range(size):
                proof = proofs.prove(index + 1)
                assert list(proof.path) == tree.inclusion(index)
                verify_inclusion(proof.hash, index, size, proof.path, tree.root())
        transaction.set_rollback(True)


def test_a_proof_reads_few_rows_once_the_tiles_are_there():
    tree, _ = made_tree(5000)
    assert proofs.keep_up() == 19
    assert proofs.keep_up() == 0
    with CaptureQueriesContext(connection) as queries:
        proof = proofs.prove(3000)
    assert list(proof.path) == tree.inclusion(2999)
    assert len(queries) == 5
    assert Tile.objects.count() == 1


def test_tiles_that_were_changed_are_made_again():
    tree, _ = made_tree(1000)
    proofs.keep_up()
    row = Tile.objects.get()
    row.nodes = b"\0" * len(bytes(row.nodes))
    row.save()
    assert list(proofs.prove(500).path) == tree.inclusion(499)
    assert bytes(Tile.objects.get().nodes) != b"\0" * 96


def test_a_leaf_that_was_changed_is_not_proved():
    made_tree(1000)
    proofs.keep_up()
    triggers.remove(connection)
    try:
        Leaf.objects.filter(index=499).update(hash=leaf_hash(b"another"))
    finally:
        triggers.install(connection)
    with pytest.raises(proofs.Unprovable):
        proofs.prove(500)
    Tile.objects.all().delete()
    with pytest.raises(proofs.Unprovable):  # and neither is its neighbour, once the tiles are gone
        proofs.prove(501)


def test_nothing_is_proved_before_a_checkpoint_covers_it():
    (entry,) = write()
    assert proofs.prove(entry.pk) is None
    with pytest.raises(NothingSealed):
        export_entry(signer().verifier, entry)
    seal_all()
    assert proofs.prove(entry.pk).index == 0


def test_a_bundle_of_one_entry_is_verified_by_the_command(tmp_path, capsys):
    write(300)
    seal_all()
    entry = Entry.objects.order_by("pk")[299]
    bundle = tmp_path / "one.jsonl"
    bundle.write_text("".join(f"{line}\n" for line in export_entry(signer().verifier, entry)))
    call_command("audit_verify", bundle=bundle, key=str(signer().verifier))
    assert "1 entry is in the log" in capsys.readouterr().out
    assert json.loads(bundle.read_text().splitlines()[1])["body"]["id"] == entry.pk
