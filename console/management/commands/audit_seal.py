"""Seal the audit log."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.following import follow
from audit.keys import signer
from audit.repository import export_checkpoints
from audit.sealing import Damaged, seal_all
from console.outbound_post import post


class Command(BaseCommand):
    help = "Give waiting entries their leaves, sign a checkpoint and commit it; --follow keeps doing so."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--follow", action="store_true", help="go on until stopped")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        key = signer()
        try:
            if options["follow"]:
                follow(post)
            done = seal_all(key=key)
        except Damaged as error:
            raise CommandError(str(error)) from error
        exported = export_checkpoints()
        if options["format"] == "json":
            values = {"version": 1, "sealed": done.entries, "exported": exported, "vkey": str(key.verifier)}
            self.stdout.write(json.dumps(values, indent=2))
        else:
            self.stdout.write(f"{done.entries} entries sealed, {exported} checkpoints exported.\n{key.verifier}")
