"""Sync's figures: run with the settings' environment, the path of the made repository, and `--small` if it is."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import django

from tests.bench.made import FULL, SMALL, change_one
from tests.bench.report import Figure, emit

_ROUNDS = 12
_REMOTE = Path(sys.argv[1])
_SIZE = SMALL if "--small" in sys.argv else FULL


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    from django.core.management import call_command

    from audit.record import SYSTEM
    from integrations.actions.repositories import configure_repository
    from integrations.actions.sync import Result, sync

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    repository = configure_repository(name="made", url=f"file://{_REMOTE}", branch="main", actor=SYSTEM)
    started = time.perf_counter()
    outcome = sync(repository.pk, actor=SYSTEM)
    first = time.perf_counter() - started
    assert outcome.result is Result.ACTIVATED, (outcome.message, outcome.problems[:5])
    peak = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    )
    nothing, changed, plain = [], [], []
    twin = _REMOTE.with_name("twin.git")
    shutil.rmtree(twin, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--mirror", str(_REMOTE), str(twin)], check=True)
    for turn in range(_ROUNDS):
        started = time.perf_counter()
        assert sync(repository.pk, actor=SYSTEM).result is Result.UNCHANGED
        nothing.append(time.perf_counter() - started)
        change_one(_REMOTE, account=turn * 97 % _SIZE.accounts, page_size=101 + turn, size=_SIZE)
        started = time.perf_counter()
        subprocess.run(["git", "-C", str(twin), "fetch", "-q"], check=True)
        subprocess.run(["git", "-C", str(twin), "diff", "--stat", "main~1", "main"], check=True, capture_output=True)
        plain.append(time.perf_counter() - started)
        started = time.perf_counter()
        outcome = sync(repository.pk, actor=SYSTEM)
        changed.append(time.perf_counter() - started)
        assert outcome.result is Result.ACTIVATED, outcome.message
        assert outcome.snapshot is not None
        assert outcome.snapshot.counts["connections_changed"] == 2, outcome.snapshot.counts
    ratio = statistics.median(changed) / statistics.median(plain)
    emit(
        [
            Figure.below("first sync of the whole repository", first, 60, "s"),
            Figure.below("  its peak memory", peak / 1024, 1536, "MiB"),
            Figure.below("one account file changed, fetch to active (median)", statistics.median(changed), 0.5, "s"),
            Figure.below("  against git fetch + git diff of the same commit", ratio, 10, "times"),
            Figure.below("nothing new to fetch (median)", statistics.median(nothing) * 1000, 50, "ms"),
        ]
    )


if __name__ == "__main__":
    main()
