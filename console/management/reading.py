"""What the reading commands share: which repository, at which commit."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Repository
from integrations.queries.at_commit import BadCommit
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import Reader


def add_moment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repository", metavar="NAME", help="default: the first one")
    parser.add_argument("--at", metavar="COMMIT", help="an older commit; default: the active snapshot")


def add_connection(parser: argparse.ArgumentParser, *more: str) -> None:
    """What names one connection, the positional arguments `more`, and the moment."""
    for name in ("account", "integration", *more):
        parser.add_argument(name)
    parser.add_argument("--env", required=True, dest="environment")
    add_moment(parser)


class ReadingCommand(BaseCommand):
    """A command that shows a snapshot, or an older commit of which a part may turn out bad only as it is read."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except BadCommit as error:
            listed = "\n".join(map(str, error.problems))
            raise CommandError(f"What you ask for has errors at this commit.\n{listed}") from error


def reader_from(options: dict[str, Any]) -> Reader:
    """The reader that the options name. Raises CommandError with a sentence."""
    repositories = Repository.objects.select_related("active").order_by("pk")
    if options["repository"]:
        repositories = repositories.filter(name=options["repository"])
    repository = repositories.first()
    if repository is None:
        raise CommandError("No such repository; run `sync` with CONFIG_REPOSITORY_URL set, or `up` for the demo.")
    try:
        return reader_for(repository, options["at"])
    except UnknownMoment as error:
        raise CommandError("\n".join([str(error), *map(str, error.problems)])) from error
