"""Where a provider field is read, or a unified field written."""

from __future__ import annotations

import argparse
from typing import Any

from console.jinja import plural
from console.management.output import add_format, print_json
from console.management.reading import ReadingCommand, add_moment, reader_from
from integrations.queries.reading import Reference

_MOST = 100_000


class Command(ReadingCommand):
    help = "List the mappings and accounts that read (or write) a field: `Tier__c`, or the pointer `/response/Tier__c`."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("field")
        parser.add_argument("--integration", default="", metavar="NAME")
        parser.add_argument("--direction", choices=["reads", "writes"], default="", help="default: both")
        add_moment(parser)
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        page = reader_from(options).references(
            options["field"], integration=options["integration"], direction=options["direction"], limit=_MOST
        )
        if options["format"] == "json":
            print_json(
                self.stdout,
                {
                    "version": 1,
                    "field": options["field"],
                    "total": page.total,
                    "accounts": page.accounts,
                    "references": [as_json(reference) for reference in page.references],
                },
            )
            return
        for reference in page.references:
            who = f"account {reference.account}" if reference.account else reference.layer
            self.stdout.write(
                f"{reference.source}: {who}, {reference.integration} {reference.mapping} {reference.part}"
                f" {reference.direction} {reference.path}"
            )
        places, accounts = plural(page.total, "place"), plural(page.accounts, "account")
        self.stdout.write(f"{places}; {accounts} by their own overrides.")


def as_json(reference: Reference) -> dict[str, Any]:
    """The documented form of a reference in commands and the API."""
    return {
        "direction": reference.direction,
        "path": reference.path,
        "layer": reference.layer,
        "account": reference.account,
        "environments": reference.environments,
        "integration": reference.integration,
        "mapping": reference.mapping,
        "part": reference.part,
        "source": {"file": reference.source.file, "line": reference.source.line},
    }
