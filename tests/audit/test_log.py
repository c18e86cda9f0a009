"""Recording, sealing, verifying and evidence, and attacks by whoever owns the database."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given, strategies as st

from audit import bodies, sealing, triggers
from audit.bundle import BadBundle, verify_bundle
from audit.canonical import NotCanonical, canonical
from audit.events import Event
from audit.export import export
from audit.keys import signer
from audit.merkle import Range, leaf_hash
from audit.models import Checkpoint, Entry, Leaf, PersonalData, TreeHead
from audit.note import Checkpoint as Signed, Signer
from audit.record import Actor, NoTransaction, Subject, close_orphans, erase, intent, outcome, record
from audit.repository import export_checkpoints
from audit.sealing import Damaged, seal, seal_all
from audit.verify import read_checkpoints, verify
from audit.waiting import Mark, newest, tally

pytestmark = pytest.mark.django_db(transaction=True)
DANA = Actor(id="7", name="Dana Canary")
ACME = Subject(kind="account", id="acme-corp", name="Acme")


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"
    settings.AUDIT_CHECKPOINT_REPOSITORY = tmp_path / "checkpoints.git"


def write(number=1, event=Event.SYNC_REQUESTED, **more):
    with transaction.atomic():
        return [record(event, actor=DANA, subject=ACME, data={"n": n}, **more) for n in range(number)]


def unsealed():
    return tally(Mark.of(TreeHead.objects.first()))[0]


def codes(exported=None):
    return [finding.code for finding in verify(signer().verifier, exported).findings]


@contextmanager
def as_owner():
    """What the owner of the tables can do: put the triggers away and back."""
    triggers.remove(connection)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        triggers.install(connection)


def put_in(cursor, *, number, at):
    """A copy of an entry, put in by hand."""
    columns = ", ".join(name for name in bodies.COLUMNS if name not in {"id", "at"})
    copied = f"INSERT INTO audit_entry (id, at, {columns}) SELECT %s, %s, {columns} FROM audit_entry LIMIT 1"
    cursor.execute(copied, [number, at])


@pytest.fixture
def sealed(settings):
    """Seven entries under two checkpoints, exported."""
    write(3)
    seal_all()
    write(4)
    seal_all()
    export_checkpoints()
    return read_checkpoints(settings.AUDIT_CHECKPOINT_REPOSITORY)


def test_a_whole_log_verifies(sealed):
    report = verify(signer().verifier, sealed)
    assert report.is_whole, report.findings
    assert (report.leaves, report.unsealed, unsealed()) == (7, 0, 0)
    assert len(sealed) == 3  # two by size, and the latest again


def test_nothing_is_recorded_outside_a_transaction():
    with pytest.raises(NoTransaction):
        record(Event.SYNC_REQUESTED, actor=DANA, subject=ACME)


def test_an_act_that_fails_leaves_no_entry():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the act is what fails
        record(Event.SYNC_REQUESTED, actor=DANA, subject=ACME)
        raise ZeroDivisionError
    assert not any(model.objects.exists() for model in (Entry, PersonalData))


def test_the_entry_tells_the_act_by_the_databases_clock():
    (entry,) = write(reason="the customer asked")
    assert abs(entry.at - datetime.now(UTC)) < timedelta(seconds=5)
    assert (entry.account, entry.reason, entry.values, entry.actor_name) == (
        "acme-corp", "the customer asked", {"n": 0}, "",
    )  # fmt: skip
    assert json.loads(PersonalData.objects.get(pk=entry.commitment).body) == {"actor": "Dana Canary"}


@pytest.mark.parametrize("wrong", [{"a": 1.5}, {"a": 2**53}, {"a": "\0"}, {"a": "\ud800"}, {"\U0001f600": 1}, {1: 1}])
def test_what_has_no_canonical_form_is_refused(wrong):
    with pytest.raises(NotCanonical), transaction.atomic():
        record(Event.SYNC_REQUESTED, actor=DANA, subject=ACME, data=wrong)


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint"])
@pytest.mark.parametrize("act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_a_row_cannot_be_changed(sealed, table, act):
    column = {"audit_entry": "reason", "audit_leaf": "hash", "audit_checkpoint": "note"}[table]
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(act.format(table, column))
    assert codes(sealed) == []


def test_personal_data_can_be_erased_but_not_edited(sealed):
    with pytest.raises(DatabaseError, match="append-only"):
        PersonalData.objects.update(body="{}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own way around")
@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint", "audit_personaldata"])
def test_a_row_cannot_be_replaced(sealed, table):
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint", "audit_personaldata"])
@pytest.mark.parametrize("before", ["", "SET LOCAL session_replication_role = replica; "])
def test_a_table_cannot_be_truncated(sealed, table, before):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{before}TRUNCATE {table}")


def test_an_edited_entry_is_named(sealed):
    third = Leaf.objects.get(index=2).entry_id
    with as_owner() as cursor:
        cursor.execute("UPDATE audit_entry SET reason = 'another' WHERE id >= %s", [third])
    report = verify(signer().verifier)
    assert [(found.code, found.entry) for found in report.findings] == [("changed", third)]


@pytest.mark.parametrize("column", ["actor_id", "event", "account", "data", "phase", "subject_id"])
def test_an_edit_of_any_column_is_found(sealed, column):
    with as_owner() as cursor:
        cursor.execute(f"UPDATE audit_entry SET {column} = '{{}}  ' WHERE id = (SELECT max(id) FROM audit_entry)")
    assert codes() == ["changed"]


def test_a_deleted_entry_is_found(sealed):
    with as_owner() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE id = (SELECT min(id) FROM audit_entry)")
    assert codes() == ["deleted"]


def test_a_deleted_leaf_is_found(sealed):
    with as_owner() as cursor:
        cursor.execute('DELETE FROM audit_leaf WHERE "index" = 1')
    assert "gap" in codes()


def test_an_entry_put_in_among_sealed_ones_is_found(sealed):
    write(2)
    seal_all()
    with as_owner() as cursor:
        # A place below all others, and a time of long ago: the sealer looks above what is settled alone.
        put_in(cursor, number=-5, at=datetime.now(UTC) - timedelta(hours=1))
    seal_all()
    assert codes() == ["unsealed"]
    assert "among others" in verify(signer().verifier).findings[0].message


def test_an_entry_put_in_with_a_time_of_long_ago_is_found(sealed):
    with as_owner() as cursor:
        put_in(cursor, number=newest() + 10**6, at=datetime.now(UTC) - timedelta(days=30))
    seal_all()
    assert codes() == ["backdated"]


def test_a_mark_set_far_ahead_keeps_the_sealer_from_silence(sealed):
    TreeHead.objects.update(settled=10**12, seen=10**12)
    write()
    with pytest.raises(Damaged):
        seal()
    assert codes() == ["head"]


def test_an_entry_put_in_far_ahead_keeps_none_from_its_leaf(sealed):
    with as_owner() as cursor:
        put_in(cursor, number=newest() + 10**6, at=datetime.now(UTC))
    for _ in range(3):
        seal_all()
    write(2)
    seal_all()
    assert Leaf.objects.count() == Entry.objects.count() == 10
    assert codes() == []


def test_reordered_leaves_are_found(sealed):
    with as_owner() as cursor:
        cursor.execute('SELECT entry_id, hash FROM audit_leaf WHERE "index" IN (0, 1) ORDER BY "index"')
        (first, one), (second, two) = cursor.fetchall()
        cursor.execute('UPDATE audit_leaf SET entry_id = -1 WHERE "index" = 0')
        cursor.execute('UPDATE audit_leaf SET entry_id = %s, hash = %s WHERE "index" = 1', [first, one])
        cursor.execute('UPDATE audit_leaf SET entry_id = %s, hash = %s WHERE "index" = 0', [second, two])
    assert codes()[:1] == ["root"]


def test_a_cut_tail_is_found_by_what_was_exported(sealed):
    with as_owner() as cursor:
        for statement in (
            'DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE "index" >= 3)',
            'DELETE FROM audit_leaf WHERE "index" >= 3',
            "DELETE FROM audit_checkpoint WHERE size > 3",
        ):
            cursor.execute(statement)
    head = Range().extended(bytes(leaf.hash) for leaf in Leaf.objects.order_by("index"))
    TreeHead.objects.update(size=head.size, nodes=b"".join(head.nodes), settled=0, seen=0)
    assert codes() == []  # within the database nothing contradicts it
    assert "cut" in codes(sealed)


@pytest.mark.parametrize("has_key", [False, True])
def test_a_log_rewritten_whole_is_found(sealed, has_key):
    key = signer() if has_key else Signer.generate("glasshouse/audit")
    with as_owner() as cursor:
        cursor.execute("UPDATE audit_entry SET reason = 'rewritten'")
        hashes = []
        rows = {row[8]: row for row in Entry.objects.values_list(*bodies.COLUMNS)}
        for leaf in Leaf.objects.order_by("index"):
            hashes.append(leaf_hash(bodies.body(rows[leaf.entry_id])))
            Leaf.objects.filter(pk=leaf.pk).update(hash=hashes[-1])
        for row in Checkpoint.objects.all():
            root = Range().extended(hashes[: row.size]).root
            note = key.sign(Signed(origin=key.name, size=row.size, root=root, time=row.at))
            Checkpoint.objects.filter(pk=row.pk).update(root=root, note=note)
    assert ("signature" in codes()) is not has_key
    assert "root" in codes(sealed)  # whoever has the key cannot take back what has left


def test_a_missing_trigger_is_found(sealed):
    triggers.remove(connection)
    try:
        assert "trigger" in codes()
    finally:
        triggers.install(connection)
    assert codes() == []


def test_the_sealer_refuses_a_damaged_tree(sealed):
    TreeHead.objects.update(size=6)
    write()
    with pytest.raises(Damaged):
        seal()
    assert unsealed() == 1


def test_a_sealer_that_dies_leaves_all_or_nothing(monkeypatch):
    write(3)
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_keep", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seal()
    assert (Leaf.objects.count(), unsealed()) == (0, 3)
    seal_all()
    assert (Leaf.objects.count(), unsealed(), codes()) == (3, 0, [])


def test_a_checkpoint_waits_its_time_unless_the_act_is_one_of_security(settings):
    write()
    assert seal().checkpoint  # the first
    write()
    assert seal().checkpoint is None
    write(event=Event.ROLE_GRANTED)
    assert seal().checkpoint
    assert seal().checkpoint is None  # no news


def test_erased_personal_data_leave_the_log_whole_and_the_name_nowhere(sealed):
    assert erase(Subject(kind="person", id="7"), actor=Actor(kind="command", id="erase"), reason="Article 17") == 7
    seal_all()
    report = verify(signer().verifier, sealed)
    assert (report.is_whole, report.erased) == (True, 7)
    assert not PersonalData.objects.exists()


def test_personal_data_of_another_are_found(sealed):
    with as_owner() as cursor:
        cursor.execute('UPDATE audit_personaldata SET body = \'{"actor":"Eve"}\'')
    assert codes() == ["personal"]


def test_an_intent_has_one_outcome_and_orphans_are_closed():
    with transaction.atomic():
        first = intent(Event.SYNC_REQUESTED, actor=DANA, subject=ACME)
        second = intent(Event.SYNC_REQUESTED, actor=DANA, subject=ACME)
    with transaction.atomic():
        outcome(first, Entry.Phase.DONE, actor=DANA)
    with pytest.raises(DatabaseError), transaction.atomic():
        outcome(first, Entry.Phase.FAILED, actor=DANA)
    assert close_orphans(older_than=timedelta(hours=1)) == 0
    assert close_orphans(older_than=timedelta(seconds=-5)) == 1
    assert Entry.objects.get(intent=second.pk).phase == Entry.Phase.UNKNOWN
    assert close_orphans(older_than=timedelta(seconds=-5)) == 0


def test_evidence_verifies_without_the_database(sealed):
    now = datetime.now(UTC)
    span = {"start": now - timedelta(days=1), "end": now + timedelta(days=1)}
    lines = list(export(signer().verifier, **span, account="acme-corp"))
    assert verify_bundle(lines, signer().verifier)[1] == 7
    assert verify_bundle(export(signer().verifier, **span, account="other"), signer().verifier)[1] == 0
    for wrong in (lines[:-1], lines[:3] + lines[4:], [lines[0], lines[2], lines[1], *lines[3:]], lines[1:]):
        with pytest.raises(BadBundle):
            verify_bundle(wrong, signer().verifier)
    for word in ("acme-corp", "Dana Canary", '"n":1'):
        with pytest.raises(BadBundle):
            verify_bundle([lines[0], *(line.replace(word, word[:-1] + "9") for line in lines[1:])], signer().verifier)


def test_the_commands_seal_export_and_verify(settings, tmp_path, capsys):
    write(5)
    call_command("audit_seal")
    place, bundle = settings.AUDIT_CHECKPOINT_REPOSITORY, tmp_path / "bundle"
    call_command("audit_verify", checkpoints=place)
    assert "The log is whole: 5 leaves" in capsys.readouterr().out
    call_command("audit_export", "--from=2020-01-01", "--to=2999-01-01", "--account=acme-corp", f"--output={bundle}")
    call_command("audit_verify", f"--bundle={bundle}", f"--key={signer().verifier}")
    assert Entry.objects.filter(event=Event.EVIDENCE_EXPORTED).count() == 1
    bundle.write_text(bundle.read_text().replace("Dana", "Eve"))
    with pytest.raises(CommandError, match="Line 2"):
        call_command("audit_verify", f"--bundle={bundle}")
    with as_owner() as cursor:
        cursor.execute("UPDATE audit_entry SET reason = 'another'")
    with pytest.raises(SystemExit):
        call_command("audit_verify", checkpoints=place, format="json")


def test_the_key_is_its_owners_alone(settings):
    signer()
    assert settings.AUDIT_KEY_FILE.stat().st_mode & 0o777 == 0o600


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(texts, min_size=11, max_size=11), st.none() | st.integers(1, 2**40), st.integers(1, 2**40))
def test_the_body_is_canonical(found, intended, number):
    values = dict(zip([c for c in bodies.COLUMNS if c not in {"at", "data", "id", "intent"}], found, strict=True))
    values |= {"at": datetime(2026, 1, 2, tzinfo=UTC), "data": '{"a":[1]}', "id": number, "intent": intended}
    written = bodies.body([values[name] for name in bodies.COLUMNS]).decode()
    assert written == canonical(json.loads(written))
