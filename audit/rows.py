"""Putting an entry into the database by what costs least, since every act waits for it: one statement, no ORM.

The ORM took three times as long, and for personal data went to the server a second time.
"""

from __future__ import annotations

import secrets
from datetime import UTC
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.bodies import commitment
from audit.models import Entry

# In the order of the table: what follows `id` and `at` in an Entry.
GIVEN = (
    *("event", "actor_kind", "actor_id", "actor_name", "subject_kind", "subject_id", "subject_name", "account"),
    *("reason", "data", "phase"),
)
_COLUMNS = (*GIVEN, "intent", "commitment")
_PRIVATE = "INSERT INTO audit_personaldata (commitment, salt, body) VALUES (%s, %s, %s)"
# By the database's clock, as the column's default says it, which a statement of our own has to name.
_NOW = {"postgresql": "STATEMENT_TIMESTAMP()", "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"}
_ENTRY = {
    vendor: f"INSERT INTO audit_entry (at, {', '.join(_COLUMNS)})"  # noqa: S608 - names of our own
    f" VALUES ({now}, {', '.join(['%s'] * len(_COLUMNS))}) RETURNING id, at"
    for vendor, now in _NOW.items()
}
_WITH_PRIVATE = f"WITH apart AS ({_PRIVATE}) {_ENTRY['postgresql']}"
_FIELDS = ("id", "at", *_COLUMNS)


def written(given: tuple[str, ...], *, intent: int | None, personal: str) -> Entry:
    """Inserts an entry, and `personal` (canonical JSON, or nothing) apart from it, bound to it by a commitment.

    `given` are the values of GIVEN.
    """
    salt = secrets.token_hex(32) if personal else ""
    bound = commitment(salt, personal) if personal else ""
    row = (*given, intent, bound)
    connection = connections[DEFAULT_DB_ALIAS]
    with _cursor(connection) as cursor:
        if connection.vendor == "postgresql":
            if personal:
                cursor.execute(_WITH_PRIVATE, (bound, salt, personal, *row))
            else:
                cursor.execute(_ENTRY["postgresql"], row)
        else:
            if personal:
                cursor.execute(_PRIVATE, (bound, salt, personal))
            cursor.execute(_ENTRY["sqlite"], row)
        number, at = cursor.fetchone()
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Entry.from_db(DEFAULT_DB_ALIAS, _FIELDS, (number, moment, *row))


def _cursor(connection: BaseDatabaseWrapper) -> Any:
    """On PostgreSQL one whose statements the server prepares and keeps; Django's sends the whole text each time."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return connection.cursor()
    from psycopg import Cursor, pq  # for PostgreSQL alone

    plain: Any = Cursor(connection.connection)  # what Django wraps is any cursor of the driver
    plain.format = pq.Format.BINARY
    return connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain)
