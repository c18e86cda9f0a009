"""The PostgreSQL set-up of docs/audit.md, run word for word: what the application's role may and may not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from audit.checks import application_owns_the_log
from audit.events import Event
from audit.keys import signer
from audit.record import Actor, Subject, record
from audit.sealing import seal_all
from audit.verify import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs("postgres")]
SQL = re.search(r"```sql\n(.*?)```", Path("docs/audit.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def as_application(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS glasshouse_app")
        cursor.execute(SQL[1])
        cursor.execute("SET ROLE glasshouse_app")
        yield cursor
        cursor.execute("RESET ROLE")
        cursor.execute("DROP OWNED BY glasshouse_app; DROP ROLE glasshouse_app")


def test_the_application_records_seals_and_verifies_and_changes_nothing(as_application):
    with transaction.atomic():
        record(Event.SYNC_REQUESTED, actor=Actor(id="7", name="Dana"), subject=Subject(kind="account", id="acme-corp"))
    seal_all()
    assert verify(signer().verifier).is_whole
    for statement in (
        "UPDATE audit_entry SET reason = ''",
        "DELETE FROM audit_leaf",
        "TRUNCATE audit_checkpoint",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_no_change ON audit_entry",
        "SET session_replication_role = replica",
        "UPDATE audit_personaldata SET body = ''",
    ):
        with pytest.raises(DatabaseError):
            as_application.execute(statement)
    assert application_owns_the_log(None) == []


def test_what_the_application_can_write_by_hand_is_found(as_application):
    """It may insert, or it could record nothing; and it may not change what the others then contradict."""
    with transaction.atomic():
        record(Event.SYNC_REQUESTED, actor=Actor(id="7", name="Dana"), subject=Subject(kind="account", id="acme-corp"))
    seal_all()
    forged = "0" * 64
    for statement, code in (
        (f"INSERT INTO audit_leaf VALUES (1, 999, '\\x{forged}')", "deleted"),
        (f"INSERT INTO audit_checkpoint VALUES (9, '\\x{forged}', now(), 'a note without a key')", "signature"),
        ("UPDATE audit_treehead SET size = 7", "head"),
        ("UPDATE audit_treehead SET settled = 1000000", "head"),
    ):
        with transaction.atomic():
            as_application.execute(statement)
            assert code in {found.code for found in verify(signer().verifier).findings}, statement
            transaction.set_rollback(True)
    for statement in (
        'UPDATE audit_leaf SET "index" = 1 - "index"',
        'DELETE FROM audit_leaf WHERE "index" >= 0',
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_checkpoint SET note = ''",
    ):
        with pytest.raises(DatabaseError):
            as_application.execute(statement)
    assert verify(signer().verifier).is_whole


def test_an_application_that_owns_the_tables_is_warned_of():
    assert [found.id for found in application_owns_the_log(None)] == ["audit.W001"]
