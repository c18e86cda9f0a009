"""The audit log's figures on the database of DATABASE_URL: appends with and without it, seal lag, verification.

`python -m tests.bench.audit [--entries N]`; prints one JSON line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable

import django

from tests.bench.report import Figure, emit, percentile

_WRITERS, _SECONDS, _BLOCK = 8, 6.0, 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_business (id bigserial PRIMARY KEY, what text)")
    connection.close()
    # Turn and turn about, so that a machine that slows down slows both; the best of each counts.
    rounds = [(_rate(_without), _rate(_with)) for _ in range(3)]
    without, logged = (max(round_[side] for round_ in rounds) for side in (0, 1))
    figures = [
        Figure.plain("appends without the log, 8 writers", without, "/s"),
        Figure.plain("appends with the log, 8 writers", logged, "/s"),
        Figure.at_least("share kept with the log", 100 * logged / without, 80, "%"),
        Figure.below("seal lag under 8 writers, p99", _lag(), 1, "s"),
        *_verification(options.entries),
    ]
    emit(figures)


def _without() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_business (what) VALUES ('x')")


def _with() -> None:
    from audit.events import Event
    from audit.record import Actor, Subject, record

    _without()
    record(
        Event.SYNC_REQUESTED,
        actor=Actor(kind="token", id="7"),
        subject=Subject(kind="account", id="acme-corp"),
        data={"n": 1},
    )


def _writer(act: Callable[[], None], until: float, results: multiprocessing.Queue[int]) -> None:
    django.setup()
    from django.db import transaction

    count = 0
    while time.time() < until:
        with transaction.atomic():
            act()
        count += 1
    results.put(count)


def _rate(act: Callable[[], None], during: Callable[[float], None] | None = None) -> float:
    context = multiprocessing.get_context("fork")  # the connection is closed, and threads there are none
    results: multiprocessing.Queue[int] = context.Queue()
    until = time.time() + _SECONDS
    writers = [context.Process(target=_writer, args=(act, until, results)) for _ in range(_WRITERS)]
    for writer in writers:
        writer.start()
    if during:
        during(until)
    total = sum(results.get() for _ in writers)
    for writer in writers:
        writer.join()
    return total / _SECONDS


def _lag() -> float:
    """Seconds from an entry's writing to its leaf, while writers write at full speed; each entry counts."""
    from django.db import connection

    from audit.keys import signer
    from audit.models import Entry, Leaf
    from audit.sealing import BATCH, seal, seal_all

    seal_all(key=signer())
    lags: list[float] = []

    def follow(until: float) -> None:
        key = signer()
        while time.time() < until:
            size = Leaf.objects.count() if not lags else follow_size[0]
            done = seal(key=key)
            now = time.time()
            ids = Leaf.objects.filter(index__gte=size).values("entry_id")
            lags.extend(now - at.timestamp() for at in Entry.objects.filter(pk__in=ids).values_list("at", flat=True))
            follow_size[0] = size + done.entries
            if done.entries < BATCH:
                time.sleep(0.2)

    follow_size = [0]
    connection.close()
    _rate(_with, follow)
    seal_all(key=signer())
    return percentile(lags, 0.99)


def _verification(entries: int) -> list[Figure]:
    from django.db import connection

    from audit.keys import signer
    from audit.models import Entry
    from audit.sealing import seal_all
    from audit.verify import verify

    missing = entries - Entry.objects.count()
    for start in range(0, missing, _BLOCK):
        rows = [
            Entry(event="signed-in", actor_kind="person", actor_id="7", subject_kind="account", subject_id="acme-corp")
            for _ in range(min(_BLOCK, missing - start))
        ]
        Entry.objects.bulk_create(rows)
    began = time.perf_counter()
    seal_all(key=signer())
    sealing = time.perf_counter() - began
    connection.close()
    began = time.perf_counter()
    report = verify(signer().verifier)
    took = time.perf_counter() - began
    if not report.is_whole or report.leaves < entries:
        raise AssertionError(report)
    return [
        Figure.plain("sealing a backlog", max(missing, 0) / sealing, "/s"),
        Figure.below(f"verifying {report.leaves:,} entries", took, 30, "s"),
    ]


if __name__ == "__main__":
    main()
