"""Start everything: the main job on a fresh checkout."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from audit.people import command
from console.configuration import record_settings
from console.demo_people import PEOPLE, make_demo_people
from console.models import User
from integrations.actions.repositories import configure_demo, configure_from_environment
from integrations.actions.sync import Outcome, Result, replay, sync
from integrations.git.errors import GitError
from integrations.models import Repository

_DEMO_COMMITS = 500
_STOP_SECONDS = 10
_ACTOR = command("up")


class Command(BaseCommand):
    help = "Migrate, seed the demo repository if none is configured, and start web, worker, beat and sealer."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="web processes")
        parser.add_argument("--reload", action="store_true", help="restart the web processes on changes of the code")
        parser.add_argument("--prepare-only", action="store_true", help="migrate, seed and sync, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        # What a person at the terminal needs is said below; the processes that are started log for themselves.
        logging.getLogger().setLevel(logging.WARNING)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        record_settings(actor=_ACTOR)
        try:
            repository = configure_from_environment(actor=_ACTOR) or configure_demo(actor=_ACTOR)
        except GitError as error:
            raise CommandError(str(error)) from error
        if repository.is_trusted:
            make_demo_people(actor=_ACTOR)
        self._say(f"Reading {repository.name} from {repository.url} …")
        outcome = self._sync(repository)
        active = Repository.objects.select_related("active").get(pk=repository.pk).active
        if outcome.result is Result.UNCHANGED and active is not None:
            self._say(f"Commit {active.commit[:12]} is active.")  # “nothing new” would puzzle after a history just read
        else:
            self._say(outcome.message)
        if active is not None:
            self._say(f"{active.counts['accounts']} accounts.")
        for problem in outcome.problems:
            self._say(f"  {problem}")
        if not options["prepare_only"]:
            self._serve(repository, options)

    def _sync(self, repository: Repository) -> Outcome:
        if repository.is_trusted and repository.active is None:
            # The demo's history is taken in commit by commit, so that “what changed?” has answers at once.
            self._say("The demo's history is read commit by commit, once; this takes half a minute.")
            replay(repository.pk, limit=_DEMO_COMMITS, actor=_ACTOR, progress=self._progress)
        outcome = sync(repository.pk, actor=_ACTOR)
        if outcome.result is Result.REJECTED and repository.is_trusted:
            raise CommandError("The demo repository could not be read; this is a fault of the console.")
        return outcome

    def _progress(self, done: int, total: int) -> None:
        if not sys.stdout.isatty():
            return  # a log wants lines, not a counter that overwrites itself
        self.stdout.write(f"\r  {done} of {total} commits", ending="\n" if done == total else "")
        self.stdout.flush()

    def _serve(self, repository: Repository, options: dict[str, Any]) -> None:
        address = f"http://{options['host']}:{options['port']}"
        with _Children() as children:
            children.start(_web(options), _environment(options))
            children.start(_worker(), _environment(options))
            children.start(_sealer(), _environment(options))
            self._say(f"\nGlasshouse is at {address}")
            if repository.is_trusted:
                self._say("Sign in as any of these; the password of all is their first name twice, with a dash:")
                for person in PEOPLE:
                    self._say(f"  {person.email:<26} {person.password:<18} {', '.join(person.roles)}")
            elif not User.objects.filter(is_active=True).exists():
                self._say("Nobody may sign in yet. In another terminal, with the same settings, make the first admin:")
                self._say("  source .venv/bin/activate && python manage.py createsuperuser")
            self._say("Ctrl-C stops it.\n")
            children.wait()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _web(options: dict[str, Any]) -> list[str]:
    arguments = [
        *("gunicorn", "console.wsgi", "--bind", f"{options['host']}:{options['port']}"),
        *("--workers", str(options["workers"]), "--worker-class", "sync"),
        *("--log-level", "warning", "--max-requests", "20000", "--max-requests-jitter", "2000"),
    ]
    return [sys.executable, "-m", *arguments, *(["--reload"] if options["reload"] else [])]


def _worker() -> list[str]:
    # One process runs the tasks and the schedule: enough for one machine; docs/operations.md shows them apart.
    arguments = ["celery", "--quiet", "-A", "console", "worker", "--beat", "--pool", "solo"]
    return [sys.executable, "-m", *arguments, "--loglevel", "warning", "--without-gossip", "--without-mingle"]


def _sealer() -> list[str]:
    return [sys.executable, "manage.py", "audit_seal", "--follow"]


def _environment(options: dict[str, Any]) -> dict[str, str]:
    environment = dict(os.environ)
    if options["host"] in {"127.0.0.1", "localhost", "::1"}:
        # Plain HTTP on this machine alone: secure cookies would never come back.
        environment.setdefault("GLASSHOUSE_HTTPS", "false")
    environment.setdefault("LOG_FORMAT", "console" if sys.stderr.isatty() else "json")
    if options["reload"]:
        environment.setdefault("DEBUG", "true")
    return environment


class _Children:
    """Processes that live and end together."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, _interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, arguments: Sequence[str], environment: dict[str, str]) -> None:
        base: Path = settings.BASE_DIR
        # S603: the arguments are this module's own, the interpreter that runs it first among them.
        self._processes.append(subprocess.Popen(list(arguments), cwd=base, env=environment))  # noqa: S603

    def wait(self) -> None:
        """Until one of them ends, or Ctrl-C."""
        try:
            while all(process.poll() is None for process in self._processes):
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
        ended = next(process for process in self._processes if process.poll() is not None)
        raise CommandError(f"A process ended by itself with code {ended.returncode}; see above.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
