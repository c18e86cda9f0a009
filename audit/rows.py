"""Putting an entry into the database by what costs least, since every act waits for it: one statement, no ORM.

The ORM took three times as long, and for personal data went to the server a second time. Through `audit.postgresql` the
statement goes with COMMIT, unless something is asked of the database before.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.functional import SimpleLazyObject

from audit.bodies import commitment
from audit.models import Entry

if TYPE_CHECKING:  # the driver is there on PostgreSQL alone
    from audit.postgresql.base import DatabaseWrapper

# In the order of the table: what follows `id` and `at` in an Entry.
GIVEN = (
    *("event", "actor_kind", "actor_id", "actor_name", "subject_kind", "subject_id", "subject_name", "account"),
    *("reason", "data", "phase"),
)
_COLUMNS = (*GIVEN, "intent", "commitment")
_PRIVATE = "INSERT INTO audit_personaldata (commitment, salt, body) VALUES ({})"
# By the database's clock, as the column's default says it, which a statement of our own has to name.
_ENTRY = f"INSERT INTO audit_entry (at, {', '.join(_COLUMNS)}) VALUES ({{}}, {{}}) RETURNING id, at"  # noqa: S608 - names of our own
_FIELDS = ("id", "at", *_COLUMNS)


def _numbered(first: int, number: int) -> str:
    return ", ".join(f"${at}" for at in range(first, first + number))


_NOW = {"postgresql": "STATEMENT_TIMESTAMP()", "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"}
_AT_ONCE = {vendor: _ENTRY.format(now, ", ".join(["%s"] * len(_COLUMNS))) for vendor, now in _NOW.items()}
_PRIVATE_AT_ONCE = _PRIVATE.format("%s, %s, %s")
_ALONE = _ENTRY.format(_NOW["postgresql"], _numbered(1, len(_COLUMNS)))
_WITH_PRIVATE = (
    f"WITH apart AS ({_PRIVATE.format(_numbered(1, 3))})"
    f" {_ENTRY.format(_NOW['postgresql'], _numbered(4, len(_COLUMNS)))}"
)


def written(given: tuple[str, ...], *, intent: int | None, personal: str) -> Entry:
    """Inserts an entry, and `personal` (canonical JSON, or nothing) apart from it, bound to it by a commitment.

    `given` are the values of GIVEN. Where the entry is carried, asking it for anything sends it and waits.
    """
    salt = secrets.token_hex(32) if personal else ""
    bound = commitment(salt, personal) if personal else ""
    private = (bound, salt, personal) if personal else ()
    row = (*given, intent, bound)
    connection = connections[DEFAULT_DB_ALIAS]
    if hasattr(connection, "carry"):
        return _carried(cast("DatabaseWrapper", connection), private, row)
    with connection.cursor() as cursor:
        if private:
            cursor.execute(_PRIVATE_AT_ONCE, private)
        cursor.execute(_AT_ONCE[connection.vendor], row)
        number, at = cursor.fetchone()
    return _read(number, at, row)


def _carried(connection: DatabaseWrapper, private: tuple[str, ...], row: tuple[Any, ...]) -> Entry:
    from audit.postgresql.base import Carried  # needs the driver

    values = (*private, *row[:-2], None if row[-2] is None else str(row[-2]), row[-1])
    statement = (
        Carried("audit_with_private", _WITH_PRIVATE, values) if private else Carried("audit_entry", _ALONE, values)
    )
    connection.carry(statement)

    def arrived() -> Entry:
        number, at = connection.row_of(statement)
        return _read(int(number), datetime.fromisoformat(at), row)

    return cast("Entry", SimpleLazyObject(arrived))


def _read(number: int, at: datetime, row: tuple[Any, ...]) -> Entry:
    return Entry.from_db(DEFAULT_DB_ALIAS, _FIELDS, (number, at if at.tzinfo else at.replace(tzinfo=UTC), *row))
