"""The time that all processes agree on: the database's."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """Now, also within a long transaction."""
    sql = "SELECT clock_timestamp()"
    if connection.vendor == "sqlite":
        sql = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (found,) = cursor.fetchone()
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
