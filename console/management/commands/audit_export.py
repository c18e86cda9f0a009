"""Export evidence."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.export import NothingSealed
from audit.people import command
from audit.proofs import Unprovable
from console.people import anybody_may
from integrations.actions.evidence import export_evidence


class Command(BaseCommand):
    help = "Write entries with proofs and a checkpoint as JSON Lines; the export itself is recorded."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--from", dest="start", type=_moment, required=True, metavar="TIME")
        parser.add_argument("--to", dest="end", type=_moment, required=True, metavar="TIME")
        parser.add_argument("--account", default="", help="what concerns this account alone; default: the whole log")
        parser.add_argument("--reason", default="", help="what the evidence is for; it is kept for good")
        parser.add_argument("--ticket", default="")
        parser.add_argument("--output", type=Path, help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = export_evidence(
                start=options["start"],
                end=options["end"],
                account=options["account"],
                ticket=options["ticket"],
                actor=command("audit_export"),
                reason=options["reason"],
                still_may=anybody_may,
            )
        except NothingSealed:
            raise CommandError("Nothing is sealed yet; run audit_seal.") from None
        except Unprovable:
            raise CommandError("The log does not lead to the root that was signed; run audit_verify.") from None
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
