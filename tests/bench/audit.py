"""The audit log's figures on the database of DATABASE_URL: appends with and without it, seal lag, verification.

An act is what the console's acts are at least: a transaction with one row of a real model, made by the ORM.
`python -m tests.bench.audit [--entries N] [--rounds N]`; prints one JSON line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from tests.bench.report import Figure, emit, percentile

_WRITERS, _SECONDS, _BLOCK = 8, 2.0, 20_000
_PAUSE = 0.2  # the sealer's, when it has nothing to do


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from console.models import User

    call_command("migrate", verbosity=0)
    User.objects.get_or_create(pk=1, defaults={"email": "bench@example.com"})
    emit([*_costs(), *_appends(options.rounds), _lag(), *_verification(options.entries)])


def _appends(rounds: int) -> list[Figure]:
    """Turn and turn about, so that a machine that slows down slows all alike; the shares' middle counts."""
    _rate(_logged)  # warm
    measured = [(_rate(_business), _rate(_logged), _rate(_by_person)) for _ in range(rounds)]
    without, logged, by_person = (statistics.median(column) for column in zip(*measured, strict=True))
    share, share_of_people = (statistics.median(row[at] / row[0] for row in measured) for at in (1, 2))
    return [
        Figure.plain("acts of one row without the log, 8 writers", without, "/s"),
        Figure.plain("  with it", logged, "/s"),
        Figure.at_least("  share kept with the log", 100 * share, 80, "%"),
        Figure.plain("  with it and a person's name kept apart", by_person, "/s"),
        Figure.at_least("  share kept then", 100 * share_of_people, 80, "%"),
    ]


def _costs() -> list[Figure]:
    """What an act takes of processors, in the client and in the server beside it: hardly moved by what else runs."""
    from django.db import connection, transaction

    def cost(act: Callable[[], None], acts: int = 200) -> float:
        server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
        began = time.process_time() + int(server.read_text().split()[0]) / 1e9
        for _ in range(acts):
            with transaction.atomic():
                act()
        ended = time.process_time() + int(server.read_text().split()[0]) / 1e9
        return (ended - began) / acts * 1e6

    connection.ensure_connection()
    turns = [(cost(_business), cost(_logged), cost(_by_person)) for _ in range(25)]
    # The lower quarter: what others on the machine do only adds.
    without, logged, by_person = (percentile(column, 0.25) for column in zip(*turns, strict=True))
    connection.close()
    return [
        Figure.plain("processor time of an act without the log", without, "µs"),
        Figure.plain("  of the entry beside it", logged - without, "µs"),
        Figure.plain("  of an entry with a person's name", by_person - without, "µs"),
        Figure.plain("  share of acts that the processors can do with the log", 100 * without / logged, "%"),
    ]


def _business() -> None:
    from console.models import ApiToken

    ApiToken.objects.create(user_id=1, name="bench", digest=secrets.token_hex(32), expires_at=datetime.now(UTC))


def _logged() -> None:
    _business()
    _record({"kind": "token", "id": "7"})


def _by_person() -> None:
    _business()
    _record({"kind": "person", "id": "7", "name": "Dana Canary"})


def _record(actor: dict[str, str]) -> None:
    from audit.events import Event
    from audit.record import Actor, Subject, record

    record(
        Event.SYNC_REQUESTED,
        actor=Actor(**actor),
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


def _rate(act: Callable[[], None], seconds: float = _SECONDS) -> float:
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")  # the connection is closed, and threads there are none
    results: multiprocessing.Queue[int] = context.Queue()
    until = time.time() + seconds
    writers = [context.Process(target=_writer, args=(act, until, results)) for _ in range(_WRITERS)]
    for writer in writers:
        writer.start()
    total = sum(results.get() for _ in writers)
    for writer in writers:
        writer.join()
    return total / seconds


def _lag() -> Figure:
    """From an entry's writing to its leaf, while writers write at full speed; each entry counts.

    A process of its own seals in the rhythm of `audit_seal --follow`, and notes when which leaves were there.
    """
    from django.db import connection

    from audit.keys import signer
    from audit.models import Entry, Leaf
    from audit.sealing import seal_all

    seal_all(key=signer())
    start = Leaf.objects.count()
    connection.close()
    context = multiprocessing.get_context("fork")
    notes: multiprocessing.Queue[list[tuple[int, float]]] = context.Queue()
    sealer = context.Process(target=_sealer, args=(time.time() + 11, notes))
    sealer.start()
    _rate(_logged, 8)
    sealed_at = notes.get()
    sealer.join()
    wrote = dict(Entry.objects.order_by("-pk").values_list("pk", "at")[:200_000])
    leaves = Leaf.objects.filter(index__gte=start).order_by("index").values_list("entry_id", flat=True)
    lags, entries = [], iter(leaves.iterator())
    for number, moment in sealed_at:
        lags += [moment - wrote[next(entries)].timestamp() for _ in range(number)]
    return Figure.below(f"seal lag under 8 writers, p99 of {len(lags):,}", percentile(lags, 0.99), 1, "s")


def _sealer(until: float, notes: Any) -> None:
    django.setup()
    from audit.keys import signer
    from audit.sealing import BATCH, seal

    key, found = signer(), []
    while time.time() < until:
        done = seal(key=key)
        found.append((done.entries, time.time()))
        if done.entries < BATCH:
            time.sleep(_PAUSE)
    notes.put(found)


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
