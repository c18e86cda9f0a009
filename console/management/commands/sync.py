"""Fetch, evaluate, activate."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.management.output import add_format, print_json, print_problems, problem_as_json
from integrations.actions.repositories import configure_from_environment
from integrations.actions.sync import Outcome, Result, sync
from integrations.git.errors import GitError
from integrations.models import Repository


class Command(BaseCommand):
    help = (
        "Fetch the config repository, evaluate its newest commit, make it active; exit 1 and all errors if it is bad."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--repository", metavar="NAME", help="default: every configured repository")
        add_format(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            configure_from_environment(actor=command("sync"))
        except GitError as error:
            raise CommandError(str(error)) from error
        repositories = Repository.objects.order_by("pk")
        if options["repository"]:
            repositories = repositories.filter(name=options["repository"])
        if not repositories:
            raise CommandError("No such repository; set CONFIG_REPOSITORY_URL, or run `up` for the demo.")
        outcomes = {repository.name: sync(repository.pk, actor=command("sync")) for repository in repositories}
        if options["format"] == "json":
            print_json(self.stdout, {"version": 1, "repositories": [_as_json(*item) for item in outcomes.items()]})
        else:
            for name, outcome in outcomes.items():
                self.stdout.write(f"{name}: {outcome.message}")
                print_problems(self.stderr, outcome.problems)
        if any(outcome.result not in {Result.ACTIVATED, Result.UNCHANGED} for outcome in outcomes.values()):
            raise SystemExit(1)


def _as_json(name: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "repository": name,
        "result": outcome.result,
        "message": outcome.message,
        "commit": outcome.snapshot.commit if outcome.snapshot else None,
        "seconds": round(outcome.seconds, 3),
        "problems": [problem_as_json(problem) for problem in outcome.problems],
    }
