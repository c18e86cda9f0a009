"""The whole check of a config repository, for CI: needs no database and asks none."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from console.management.output import add_format, print_json, print_problems, problem_as_json
from integrations.core.documents import SettingsDocument, kind_of
from integrations.core.problems import Problem
from integrations.core.tree import Tree
from integrations.git.errors import GitError
from integrations.git.folder import FolderTree
from integrations.git.mirror import Mirror
from integrations.loader import Loaded, load
from integrations.sandbox.hcl import HclEvaluator


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
        loaded, commit = _load(root, options["at"])
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
            self.stdout.write(annotation(problem, folder=_from_here(root)))
        if not problems:
            self.stdout.write(counted)


def annotation(problem: Problem, *, folder: str = "") -> str:
    """The problem as a workflow command of GitHub Actions; `folder` is where the repository stands in the checkout."""
    properties = {}
    if problem.source is not None:
        properties["file"] = f"{folder}/{problem.source.file}" if folder else problem.source.file
        properties["line"] = str(problem.source.line)
        if problem.column is not None:
            properties["col"] = str(problem.column)
    properties["title"] = str(problem.code)
    listed = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::error {listed}::{_escaped(problem.message)}"


def _escaped(text: str, further: str = "") -> str:
    """What the runner would take for its own syntax, percent-encoded; it decodes exactly these."""
    for character in f"%\r\n{further}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _from_here(root: Path) -> str:
    """The folder as seen from the current one, which in CI is the checkout; empty for that itself, or outside of it."""
    relative = os.path.relpath(root.resolve(), Path.cwd())
    return "" if relative == "." or relative.startswith("..") else Path(relative).as_posix()


def _load(root: Path, at: str | None) -> tuple[Loaded, str | None]:
    """What was read, and the commit where one was asked for. Raises CommandError."""
    tree: Tree
    try:
        if at is None:
            tree = FolderTree(root)
        else:
            mirror = Mirror(root)
            tree = mirror.tree(mirror.resolve(at))
    except NotADirectoryError:
        raise CommandError(f"{root} is no folder.") from None
    except GitError as error:
        raise CommandError(str(error)) from error
    evaluator = HclEvaluator(
        allow_unsandboxed=settings.HCL_ALLOW_UNSANDBOXED_EVALUATION, seconds=float(settings.HCL_TIMEOUT_SECONDS)
    )
    return load(tree, evaluator=evaluator), tree.commit or None


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
