"""What the reading commands share: which repository, at which commit."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import CommandError

from integrations.models import Repository
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import Reader


def add_moment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repository", metavar="NAME", help="default: the first one")
    parser.add_argument("--at", metavar="COMMIT", help="an older commit; default: the active snapshot")


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
