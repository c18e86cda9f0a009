"""The sealer at work for ever: sealing, exporting checkpoints and delivering, each at its own pace.

Neither a remote nor a receiver that is slow to answer holds the sealing up, so each has a thread of its own. What fails
is logged and tried again: entries, checkpoints and messages wait in the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pygit2
import structlog
from django.db import DatabaseError, InterfaceError, connection

from audit.keys import signer
from audit.note import BadNote
from audit.record import close_orphans
from audit.repository import export_checkpoints
from audit.sealing import BATCH, Damaged, seal
from audit.streaming import Post, deliver, sinks

_PAUSE = 0.2  # seconds between looks for entries
_EXPORT_PAUSE, _DELIVERY_PAUSE, _ORPHANS_PAUSE = 60.0, 1.0, 600.0
_DAMAGED_PAUSE = 10.0
_ORPHAN = timedelta(hours=1)
T = TypeVar("T")
log = structlog.get_logger(__name__)


def follow(post: Post, *, stop: threading.Event | None = None) -> None:
    """Until `stop`. A damaged tree is not sealed on: that is logged until somebody has run `audit_verify`."""
    stop, signed = stop or threading.Event(), threading.Event()
    beside = [threading.Thread(target=_export, args=(signed, stop), name="audit-export", daemon=True)]
    if sinks(post):
        beside.append(threading.Thread(target=_deliver, args=(post, stop), name="audit-delivery", daemon=True))
    for thread in beside:
        thread.start()
    orphans_due = time.monotonic()
    while not stop.is_set():
        if time.monotonic() >= orphans_due:
            closed = _tried("orphans", lambda: close_orphans(older_than=_ORPHAN))
            orphans_due = time.monotonic() + (_PAUSE if closed is None else _ORPHANS_PAUSE)
        done = _tried("sealing", lambda: seal(key=signer()))
        if done and done.checkpoint:
            signed.set()
        if done is None or done.entries < BATCH:
            stop.wait(_PAUSE)
    signed.set()
    for thread in beside:
        thread.join()


def _export(signed: threading.Event, stop: threading.Event) -> None:
    while not stop.is_set():
        _tried("export", export_checkpoints)
        signed.wait(_EXPORT_PAUSE)
        signed.clear()
    connection.close()


def _deliver(post: Post, stop: threading.Event) -> None:
    while not stop.is_set():
        if not _tried("delivery", lambda: deliver(post)):
            stop.wait(_DELIVERY_PAUSE)
    connection.close()


def _tried(what: str, work: Callable[[], T]) -> T | None:
    """None when it failed: the database may be restarting, the disk full, the repository damaged."""
    try:
        return work()
    except (DatabaseError, InterfaceError) as error:
        log.warning("audit.database_lost", during=what, error=type(error).__name__)
        connection.close()
    except Damaged as error:
        log.critical("audit.damaged", error=str(error))
        time.sleep(_DAMAGED_PAUSE)  # the log need not say it five times a second
    except (OSError, ValueError, LookupError, pygit2.GitError, BadNote) as error:
        log.error("audit.failed", during=what, error=f"{type(error).__name__}: {error}")  # noqa: TRY400 - a loop
    return None
