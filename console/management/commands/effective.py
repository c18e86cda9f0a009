"""What is in force for one connection."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandError

from console.management.output import add_format, print_json
from console.management.reading import ReadingCommand, add_connection, reader_from
from integrations.queries.effective import NoConnection, answer


class Command(ReadingCommand):
    help = "Print the effective config and mappings of an account's connection, and where each value comes from."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_connection(parser)
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        reader = reader_from(options)
        try:
            found = answer(reader, options["account"], options["integration"], options["environment"])
        except NoConnection as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            print_json(self.stdout, found)
            return
        self.stdout.write(
            f"{found['account']} · {found['integration']} · {found['environment']} at {found['commit'][:12]}\n\nconfig"
        )
        for leaf in found["provenance"]:
            self._line(leaf["path"], repr(leaf["value"]), leaf)
        for mapping, parts in found["mappings"].items():
            for part, told in parts.items():
                self.stdout.write(f"\n{mapping} {part}" + ("" if told["static"] else "  (not all fields can be told)"))
                for field in told["fields"]:
                    self._line(field["path"], field["expression"], field)

    def _line(self, path: str, value: str, told: dict[str, Any]) -> None:
        source = told["source"]
        shadows = f"  shadows {len(told['shadowed'])}" if told["shadowed"] else ""
        shown = " ".join(value.split())
        self.stdout.write(f"  {path} = {shown}  [{told['layer']}] {source['file']}:{source['line']}{shadows}")
