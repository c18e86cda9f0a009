"""One leaf: every layer's value in order, the winner marked, with who wrote it."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandError

from console.management.output import add_format, print_json
from console.management.reading import ReadingCommand, add_connection, reader_from
from integrations.queries.effective import NoConnection
from integrations.queries.explain import UnknownPath, explain


class Command(ReadingCommand):
    help = "Explain one value: `pagination.page_size`, `/pagination/page_size` or `crm/contacts/list:response/tier`."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_connection(parser, "path")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        reader = reader_from(options)
        try:
            found = explain(reader, options["account"], options["integration"], options["environment"], options["path"])
        except (NoConnection, UnknownPath) as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            print_json(self.stdout, found)
            return
        where = f"{found['account']} · {found['integration']} · {found['environment']} at {found['commit'][:12]}"
        self.stdout.write(f"{where}\n{found['area']} {found['path']}")
        for step in found["chain"]:
            mark = "→" if step["wins"] else " "
            shown = "(removed)" if step["removed"] else " ".join(str(step.get("expression", step.get("value"))).split())
            source, commit = step["source"], step["commit"]
            told = f"  {commit['id'][:12]} {commit['author']} {commit['date'][:10]}" if commit else ""
            self.stdout.write(f"{mark} {step['layer']:<12} {shown}  {source['file']}:{source['line']}{told}")
