"""Run the samples of a config repository against its mappings."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from console.jinja import plural
from console.management.annotations import annotation, from_here
from console.management.files import load_files
from console.management.junit import write_junit
from console.management.output import add_format, print_json, print_problems
from console.management.reading import ReadingCommand, add_moment, reader_from
from console.management.test_report import as_json, coverage_lines, described, details, lines_of, summary
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.core.state import DesiredState
from integrations.queries.mapping_tests import (
    Ground,
    Planned,
    ReaderGround,
    StateGround,
    changed_since,
    coverage,
    plan,
    run_tests,
)
from integrations.sandbox.evaluator import evaluator


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The tests to run, and how many were left out because nothing that they hang on has changed."""

    planned: Sequence[Planned]
    unchanged: int = 0


class Command(ReadingCommand):
    help = (
        "Run the mapping tests (samples/) of the configured repository, or of the folder or Git repository at PATH "
        "without a database. Exit 1 when one does not pass."
    )
    requires_system_checks: Sequence[str] = []  # type: ignore[assignment]  # some of them ask the database
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", metavar="PATH", help="default: the configured repository")
        parser.add_argument("--integration", default="", metavar="NAME")
        parser.add_argument("--account", default="", metavar="ACCOUNT", help="only the account's own samples")
        parser.add_argument("--changed-since", metavar="COMMIT", help="only tests whose outcome may differ from then")
        parser.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report too")
        parser.add_argument("--coverage", action="store_true", help="tell which fields no sample exercises")
        add_moment(parser)
        add_format(parser, "github")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["coverage"] and options["changed_since"]:
            raise CommandError("Coverage is told by all tests; ask for it without --changed-since.")
        ground, commit = self._ground(options, options["at"])
        _require_known(ground, options)
        chosen = self._chosen(ground, options)
        results = run_tests(chosen.planned, evaluator())
        narrowed = {"integration": options["integration"], "account": options["account"]}
        covered = coverage(ground, results, **narrowed) if options["coverage"] else None
        if options["junit"] is not None:
            _write(options["junit"], results)
        match options["format"]:
            case "json":
                print_json(self.stdout, as_json(results, covered, commit=commit, unchanged=chosen.unchanged))
            case "github":
                self._annotate(results, folder=from_here(Path(options["path"])) if options["path"] else "")
            case _:
                self._tell(results, chosen)
        if covered is not None and options["format"] != "json":
            self.stdout.write("\nCoverage")
            for line in coverage_lines(covered):
                self.stdout.write(line)
        if any(result.verdict is not Verdict.PASSED for result in results):
            raise SystemExit(1)

    def _ground(self, options: dict[str, Any], at: str | None) -> tuple[Ground, str | None]:
        """What the tests stand on, and its commit. Prints the problems of a bad one and exits."""
        if options["path"] is None:
            reader = reader_from({**options, "at": at})
            return ReaderGround(reader), reader.commit
        loaded, commit = load_files(Path(options["path"]), at)
        if loaded.problems:
            print_problems(self.stderr, loaded.problems)
            raise CommandError(f"Nothing was run: there {_are(len(loaded.problems))} at {commit or options['path']}.")
        return StateGround(DesiredState.of(commit or "", loaded.settings, loaded.documents)), commit

    def _chosen(self, ground: Ground, options: dict[str, Any]) -> Chosen:
        narrowed = {"integration": options["integration"], "account": options["account"]}
        planned = plan(ground, **narrowed)
        if options["changed_since"] is None:
            return Chosen(planned=planned)
        before, _ = self._ground(options, options["changed_since"])
        wanted = changed_since(planned, plan(before, **narrowed))
        return Chosen(planned=wanted, unchanged=len(planned) - len(wanted))

    def _tell(self, results: Sequence[TestResult], chosen: Chosen) -> None:
        for result in results:
            for line in lines_of(result):
                self.stdout.write(line)
        self.stdout.write(summary(results))
        if chosen.unchanged:
            self.stdout.write(f"{plural(chosen.unchanged, 'test')} left out: nothing that they hang on has changed.")

    def _annotate(self, results: Sequence[TestResult], *, folder: str) -> None:
        for result in results:
            if result.verdict is not Verdict.PASSED:
                message = "\n".join([described(result), *details(result)])
                title = f"mapping test {result.verdict}"
                self.stdout.write(annotation(title=title, message=message, source=result.source, folder=folder))
        self.stdout.write(summary(results))


def _require_known(ground: Ground, options: dict[str, Any]) -> None:
    """A name that is misspelt would run nothing, and pass."""
    known = ground.integrations()
    if options["integration"] and options["integration"] not in known:
        raise CommandError(f"There is no integration “{options['integration']}”; there are {', '.join(known)}.")
    if options["account"] and not ground.has_account(options["account"]):
        raise CommandError(f"There is no account “{options['account']}”.")


def _write(path: Path, results: Sequence[TestResult]) -> None:
    try:
        write_junit(path, results)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def _are(count: int) -> str:
    return f"{'is' if count == 1 else 'are'} {plural(count, 'error')}"
