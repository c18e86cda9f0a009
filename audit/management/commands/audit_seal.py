"""Seal the audit log."""

from __future__ import annotations

import argparse
import json
import threading
from datetime import timedelta
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from audit.keys import signer
from audit.record import close_orphans
from audit.repository import export_checkpoints
from audit.sealing import BATCH, Damaged, seal, seal_all
from audit.streaming import deliver, sinks

_PAUSE, _ORPHANS = 0.2, timedelta(hours=1)
log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Give waiting entries their leaves, sign a checkpoint and commit it; --follow keeps doing so."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--follow", action="store_true", help="go on until stopped")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        key = signer()
        if options["follow"]:
            self._follow()
        try:
            done = seal_all(key=key)
        except Damaged as error:
            raise CommandError(str(error)) from error
        exported = export_checkpoints()
        if options["format"] == "json":
            values = {"version": 1, "sealed": done.entries, "exported": exported, "vkey": str(key.verifier)}
            self.stdout.write(json.dumps(values, indent=2))
        else:
            self.stdout.write(f"{done.entries} entries sealed, {exported} checkpoints exported.\n{key.verifier}")

    def _follow(self) -> None:
        close_orphans(older_than=_ORPHANS)
        # Beside the sealing: a receiver that is slow to answer must not hold it up.
        threading.Thread(target=_deliver_for_ever, name="audit-delivery", daemon=True).start()
        pause = threading.Event()
        while True:
            try:
                done = seal(key=signer())
                if done.checkpoint:
                    export_checkpoints()
            except DatabaseError as error:
                # The database may be restarting: entries wait in their queue.
                log.warning("audit.sealing_waits", error=str(error))
                connection.close()
                done = None
            except Damaged as error:
                raise CommandError(str(error)) from error
            if done is None or done.entries < BATCH:
                pause.wait(_PAUSE)


def _deliver_for_ever() -> None:
    if not sinks():
        return
    pause = threading.Event()
    while True:
        try:
            taken = deliver()
        except DatabaseError as error:
            log.warning("audit.delivery_waits", error=str(error))
            connection.close()
            taken = 0
        if not taken:
            pause.wait(1)
