"""The whole check of a config repository, for CI: needs no database and asks none."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from console.management.annotations import annotation as workflow_error, from_here
from console.management.files import load_files
from console.management.output import add_format, print_json, print_problems, problem_as_json
from integrations.core.documents import SettingsDocument, kind_of
from integrations.core.problems import Problem
from integrations.loader import Loaded


class Command(BaseCommand):
    help = (
        "Check a config repository: a folder as it is on disk, or a commit. Exit 1 with every error, file:line:column."
    )
    requires_system_checks: Sequence[str] = []  # type: ignore[assignment]  # some of them ask the database
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="default: the current folder")
        parser.add_argument("--at", metavar="COMMIT", help="a commit of the Git repository at PATH, not its files")
        add_format(parser, "github")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(options["path"])
        loaded, commit = load_files(root, options["at"])
        match options["format"]:
            case "json":
                print_json(self.stdout, _as_json(loaded, commit))
            case "github":
                self._annotate(loaded.problems, root, counted=_counted(loaded))
            case _:
                self._tell(loaded)
        if _holds_nothing(loaded):
            self.stderr.write(f"{root} has no glasshouse.yaml, no integrations and no accounts: is it the right one?")
        if loaded.problems:
            raise SystemExit(1)

    def _tell(self, loaded: Loaded) -> None:
        if loaded.problems:
            print_problems(self.stdout, loaded.problems)
            count = len(loaded.problems)
            self.stderr.write(f"{count} error{'' if count == 1 else 's'}.")
        else:
            self.stdout.write(_counted(loaded))

    def _annotate(self, problems: Sequence[Problem], root: Path, *, counted: str) -> None:
        for problem in problems:
            self.stdout.write(annotation(problem, folder=from_here(root)))
        if not problems:
            self.stdout.write(counted)


def annotation(problem: Problem, *, folder: str = "") -> str:
    """The problem as a workflow command of GitHub Actions."""
    return workflow_error(
        title=str(problem.code), message=problem.message, source=problem.source, column=problem.column, folder=folder
    )


def _kinds(loaded: Loaded) -> Counter[str]:
    return Counter(str(kind_of(document)) for document in loaded.documents)


def _holds_nothing(loaded: Loaded) -> bool:
    """Whether all that was found are the defaults of the settings."""
    return all(isinstance(document, SettingsDocument) and document.source is None for document in loaded.documents)


def _counted(loaded: Loaded) -> str:
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(_kinds(loaded).items()))
    total = len(loaded.documents)
    return f"{total} document{' is' if total == 1 else 's are'} good ({counted})."


def _as_json(loaded: Loaded, commit: str | None) -> dict[str, Any]:
    return {
        "version": 1,
        "ok": not loaded.problems,
        "commit": commit,
        "documents": dict(sorted(_kinds(loaded).items())),
        "problems": [problem_as_json(problem) for problem in loaded.problems],
    }
