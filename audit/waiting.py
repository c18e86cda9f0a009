"""Which entries wait for their leaf. Nothing is queued: an act pays for no more than its entry.

Ids are drawn before they are committed, so that an entry of a long transaction appears below others that have leaves
already. Everything above `TreeHead.settled` is looked at again and again, therefore, and `settled` moves on only when
nothing can appear below. PostgreSQL says so by its locks: whoever writes an entry holds RowExclusiveLock on the table
from before the id is drawn to the end of the transaction. Those who held it after an id had been *seen* are remembered;
once they have ended, all ids up to there are either to be read or will never be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from audit.bodies import COLUMNS
from audit.models import Entry, Leaf, TreeHead

_ID = COLUMNS.index("id")
_WRITERS = (
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'"
    " AND relation = 'audit_entry'::regclass AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far the log is settled, and what that waits for."""

    settled: int = 0
    seen: int = 0
    writers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, head: TreeHead | None) -> Mark:
        if head is None:
            return cls()
        return cls(settled=head.settled, seen=head.seen, writers=frozenset(head.writers.split()))


def waiting(mark: Mark) -> QuerySet[Entry]:
    """Entries without a leaf, but for what was put in below the mark: `verify` looks for that."""
    return Entry.objects.filter(~Exists(Leaf.objects.filter(entry_id=OuterRef("pk"))), pk__gt=mark.settled)


def newest() -> int:
    """The highest id that is to be read; 0 when the log is empty."""
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def tally(mark: Mark) -> tuple[int, datetime | None]:
    """How many entries wait, and since when the oldest does."""
    found = waiting(mark).aggregate(number=Count("pk"), since=Min("at"))
    return found["number"], found["since"]


def take(mark: Mark, limit: int) -> tuple[list[tuple[Any, ...]], Mark]:
    """The first waiting entries, as values of COLUMNS, and the mark for when they have their leaves.

    Call it under the sealer's lock, in a transaction in which each statement sees what was committed before it.
    """
    before = _writers()  # before the rows: who ended until now has left what it wrote where it can be read
    rows = list(waiting(mark).order_by("pk").values_list(*COLUMNS)[:limit])
    if mark.writers & before:
        return rows, mark
    # All that can appear up to `seen` is among the rows, but for what the limit cut off.
    whole = mark.seen if len(rows) < limit else min(mark.seen, rows[-1][_ID] if rows else mark.seen)
    seen = max([mark.seen, *_within_sequence(rows)])
    return rows, Mark(settled=max(mark.settled, whole), seen=seen, writers=_writers() if seen > whole else frozenset())


def _writers() -> frozenset[str]:
    """The transactions that may have drawn ids. On SQLite the sealer's own transaction keeps all others out."""
    if connection.vendor != "postgresql":
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        return frozenset(name for (name,) in cursor.fetchall())


def _within_sequence(rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """The last id among these that the database drew itself. One put in far ahead must not settle what is to come."""
    if not rows:
        return []
    last = rows[-1][_ID]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence('audit_entry', 'id')::regclass)")
            last = min(last, cursor.fetchone()[0] or 0)
    return [last]
