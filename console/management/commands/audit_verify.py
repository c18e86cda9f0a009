"""Verify the audit log, or a bundle of evidence."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.bundle import BadBundle, verify_bundle
from audit.keys import signer
from audit.note import BadNote, Verifier
from audit.verify import Report, read_checkpoints, verify


class Command(BaseCommand):
    help = "Check bodies, leaves, roots, checkpoints and triggers; exit 1 and the first wrong entry."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoints", type=Path, metavar="DIR", help="exported checkpoints: a folder or repository"
        )
        parser.add_argument("--bundle", type=Path, metavar="FILE", help="verify this evidence, without a database")
        parser.add_argument("--key", metavar="VKEY", help="the public key; default: that of AUDIT_KEY_PATH")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = Verifier.parse(options["key"]) if options["key"] else signer().verifier
        except BadNote as error:
            raise CommandError(str(error)) from error
        if options["bundle"]:
            self._bundle(options["bundle"], key, as_json=options["format"] == "json")
            return
        try:
            exported = read_checkpoints(options["checkpoints"]) if options["checkpoints"] else {}
        except OSError as error:
            raise CommandError(f"The checkpoints cannot be read: {error}") from error
        if options["checkpoints"] and not exported:
            raise CommandError("There are no checkpoints in that place.")
        self._tell(verify(key, exported), as_json=options["format"] == "json")

    def _bundle(self, path: Path, key: Verifier, *, as_json: bool) -> None:
        try:
            with path.open(encoding="utf-8") as lines:
                checkpoint, count = verify_bundle(lines, key)
        except OSError as error:
            raise CommandError(f"The bundle cannot be read: {error}") from error
        except (BadBundle, UnicodeDecodeError) as error:
            raise CommandError(f"The bundle proves nothing. {error}") from error
        if as_json:
            self.stdout.write(json.dumps({"version": 1, "entries": count, "size": checkpoint.size}, indent=2))
        else:
            entries = "1 entry is" if count == 1 else f"{count} entries are"
            self.stdout.write(f"{entries} in the log of {checkpoint.origin} with {checkpoint.size} leaves.")

    def _tell(self, report: Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"version": 1, "whole": report.is_whole, **asdict(report)}, indent=2))
        else:
            for finding in report.findings:
                self.stdout.write(f"{finding.message} [{finding.code}]")
            verdict = "The log is whole" if report.is_whole else "The log is NOT whole"
            self.stdout.write(
                f"{verdict}: {report.leaves} leaves, {report.checkpoints} checkpoints, {report.unsealed} entries on"
                f" their way, personal data erased in {report.erased}."
            )
        if not report.is_whole:
            raise SystemExit(1)
