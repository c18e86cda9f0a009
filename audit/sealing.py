"""Giving entries their leaves, and signing what the tree then is. One sealer works at a time.

A leaf's index is given here, not when the entry is written: an entry of a long transaction comes later than its id
says and nothing waits for it. One transaction takes the entries that wait, appends their leaves and moves the tree
head on, so that a killed sealer leaves either all of it or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction

from audit.bodies import COLUMNS, body
from audit.events import is_security
from audit.keys import signer
from audit.merkle import HASH_SIZE, Builder, Range, leaf_hash
from audit.models import Checkpoint, Leaf, TreeHead
from audit.note import Checkpoint as Signed, Signer
from audit.waiting import Mark, newest, take, waiting

BATCH = 2000
_LOCK = 0x676C6173735F6C67  # any number of our own, for pg_advisory_xact_lock
log = structlog.get_logger(__name__)


class Damaged(Exception):
    """The tree head does not follow from the leaves: sealing on would only hide it. Run `audit_verify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What one pass did; `checkpoint` is the note that it signed."""

    entries: int = 0
    checkpoint: str | None = None


def seal(*, key: Signer | None = None, at_once: bool = False) -> Sealed:
    """Seals one batch, and signs a checkpoint when one is due (`at_once`: when there is any news).

    Does nothing when there is nothing to do or another process is sealing. Raises Damaged.
    """
    mark = Mark.of(TreeHead.objects.filter(pk=1).first())
    if mark.settled > newest():
        raise Damaged("The tree head calls entries settled that are not there yet: they would never be sealed.")
    has_news = mark.seen > mark.settled or waiting(mark).exists()
    if not has_news and not _checkpoint_is_due(at_once=at_once):
        return Sealed()
    with transaction.atomic(durable=True):
        if not _lock():
            return Sealed()
        row, head = _head()
        rows, mark = take(Mark.of(row), BATCH)
        if rows:
            head = _append(head, rows)
        _keep(row, head, mark)
        is_due = is_security(row[COLUMNS.index("event")] for row in rows)
        note = None
        if is_due or _checkpoint_is_due(at_once=at_once):
            note = _sign(head, key or signer())
    if note:
        log.info("audit.checkpoint", note=note)
    return Sealed(entries=len(rows), checkpoint=note)


def seal_all(*, key: Signer | None = None) -> Sealed:
    """Seals all that waits and ends with a checkpoint."""
    total, note = 0, None
    while (done := seal(key=key)).entries:
        total, note = total + done.entries, done.checkpoint or note
    return Sealed(entries=total, checkpoint=seal(key=key, at_once=True).checkpoint or note)


def _lock() -> bool:
    """On SQLite the transaction itself holds the lock: it began IMMEDIATE."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        (taken,) = cursor.fetchone()
        return bool(taken)


def _head() -> tuple[TreeHead, Range]:
    row = TreeHead.objects.filter(pk=1).first() or TreeHead()
    raw = bytes(row.nodes)
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    signed = Checkpoint.objects.order_by("-size").values_list("size", "root").first() or (0, b"")
    if row.size != (0 if last is None else last + 1) or signed[0] > row.size:
        raise Damaged(f"The tree head says {row.size} leaves, and the leaves say otherwise.")
    try:
        head = Range(row.size, tuple(raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE)))
    except ValueError:
        raise Damaged("The tree head does not fit its size.") from None
    if signed[0] == row.size and row.size and bytes(signed[1]) != head.root:
        raise Damaged("The tree head has another root than the checkpoint of its size.")
    return row, head


def _append(head: Range, rows: list[tuple[Any, ...]]) -> Range:
    builder, leaves, number = Builder(head), [], COLUMNS.index("id")
    for row in rows:
        hashed = leaf_hash(body(row))
        leaves.append((builder.size, row[number], hashed))
        builder.append(hashed)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy('COPY audit_leaf ("index", entry_id, hash) FROM STDIN') as copy:
                for leaf in leaves:
                    copy.write_row(leaf)
        else:
            cursor.executemany('INSERT INTO audit_leaf ("index", entry_id, hash) VALUES (%s, %s, %s)', leaves)
    return builder.range


def _keep(row: TreeHead, head: Range, mark: Mark) -> None:
    values = {"size": head.size, "nodes": b"".join(head.nodes), "settled": mark.settled, "seen": mark.seen}
    values["writers"] = " ".join(sorted(mark.writers))
    if any(getattr(row, name) != value for name, value in values.items()):
        TreeHead.objects.update_or_create(pk=1, defaults=values)


def _checkpoint_is_due(*, at_once: bool) -> bool:
    size = TreeHead.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    last = Checkpoint.objects.order_by("-size").values_list("size", "at").first()
    if last is None:
        return size > 0
    age = (datetime.now(UTC) - last[1]).total_seconds()
    # A clock that was set back must not silence the log: then one is due too.
    return size > last[0] and (at_once or not 0 <= age < settings.AUDIT_CHECKPOINT_SECONDS)


def _sign(head: Range, key: Signer) -> str | None:
    if not head.size or Checkpoint.objects.filter(pk=head.size).exists():
        return None
    signed = Signed(origin=key.name, size=head.size, root=head.root, time=datetime.now(UTC))
    note = key.sign(signed)
    Checkpoint(size=signed.size, root=signed.root, at=signed.time, note=note).save(force_insert=True)
    return note
