"""Export evidence."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit.events import Event
from audit.export import NothingSealed, export
from audit.keys import signer
from audit.proofs import Unprovable
from audit.record import ACCOUNT, Actor, Subject, record


class Command(BaseCommand):
    help = "Write entries with proofs and a checkpoint as JSON Lines; the export itself is recorded."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", type=_moment, required=True, metavar="TIME")
        parser.add_argument("--to", dest="end", type=_moment, required=True, metavar="TIME")
        parser.add_argument("--account", default="")
        parser.add_argument("--output", type=Path, help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        account = options["account"]
        subject = Subject(kind=ACCOUNT, id=account) if account else Subject(kind="audit-log", id="all")
        span = {"from": options["start"].isoformat(), "to": options["end"].isoformat()}
        try:
            lines = export(signer().verifier, start=options["start"], end=options["end"], account=account)
        except NothingSealed:
            raise CommandError("Nothing is sealed yet; run audit_seal.") from None
        except Unprovable:
            raise CommandError("The log does not lead to the root that was signed; run audit_verify.") from None
        with transaction.atomic():
            record(Event.EVIDENCE_EXPORTED, actor=Actor(kind="command", id="audit_export"), subject=subject, data=span)
        if options["output"]:
            with options["output"].open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        else:
            for line in lines:
                self.stdout.write(line)


def _moment(text: str) -> datetime:
    """ISO 8601; a date alone is its midnight, UTC where no zone is said."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
