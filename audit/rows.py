"""Putting an entry into the database by what costs least, since every act waits for it: one statement, no ORM.

The ORM took three times as long, and for personal data went to the server a second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.bodies import commitment
from audit.models import Entry

_GIVEN = (
    *("event", "actor_kind", "actor_id", "actor_name", "subject_kind", "subject_id", "subject_name", "account"),
    *("reason", "data", "phase", "intent", "commitment"),
)
_PRIVATE = "INSERT INTO audit_personaldata (commitment, salt, body) VALUES (%s, %s, %s)"
# By the database's clock, as the column's default says it, which a statement of our own has to name.
_NOW = {"postgresql": "STATEMENT_TIMESTAMP()", "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"}
_ENTRY = {
    vendor: f"INSERT INTO audit_entry (at, {', '.join(_GIVEN)})"  # noqa: S608 - names of our own
    f" VALUES ({now}, {', '.join(['%s'] * len(_GIVEN))}) RETURNING id, at"
    for vendor, now in _NOW.items()
}
_WITH_PRIVATE = f"WITH apart AS ({_PRIVATE}) {_ENTRY['postgresql']}"
_FIELDS = tuple(field.attname for field in Entry._meta.concrete_fields)  # noqa: SLF001 - Django's documented way


def written(values: Mapping[str, str], *, intent: int | None, personal: str) -> Entry:
    """Inserts an entry, and `personal` (canonical JSON, or nothing) apart from it, bound to it by a commitment."""
    salt = secrets.token_hex(32) if personal else ""
    row = {**values, "intent": intent, "commitment": commitment(salt, personal) if personal else ""}
    private = (row["commitment"], salt, personal) if personal else ()
    given = tuple([row[name] for name in _GIVEN])
    connection = connections[DEFAULT_DB_ALIAS]
    with _cursor(connection) as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_WITH_PRIVATE if private else _ENTRY["postgresql"], (*private, *given))
        else:
            if private:
                cursor.execute(_PRIVATE, private)
            cursor.execute(_ENTRY["sqlite"], given)
        row["id"], at = cursor.fetchone()
    row["at"] = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Entry.from_db(connection.alias, _FIELDS, [row[name] for name in _FIELDS])


def _cursor(connection: BaseDatabaseWrapper) -> Any:
    """On PostgreSQL one whose statements the server prepares and keeps; Django's sends the whole text each time."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return connection.cursor()
    from psycopg import Cursor  # for PostgreSQL alone

    plain = Cursor(connection.connection)
    return connection.make_debug_cursor(plain) if connection.queries_logged else connection.make_cursor(plain)
