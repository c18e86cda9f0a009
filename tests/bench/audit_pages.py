"""The audit pages over a long log, on the PostgreSQL of DATABASE_URL: the timeline by each filter, a proof, an export.

`python -m tests.bench.audit_pages [--entries N]`; prints one JSON line. The database must be empty or of this bench;
MFA_REQUIRED_ROLES must be set and empty, since the bench's auditor has no second factor.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import django

from tests.bench.report import Figure, emit, percentile

_ROUNDS, _PEOPLE, _LIMIT_MS = 20, 1000, 100.0
# A year of entries: sign-ins, requests with reasons, activations, a rare event and a rare account.
_INSERT = """
INSERT INTO audit_entry (at, event, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, account,
                         reason, data, phase, intent, commitment)
SELECT now() - make_interval(secs => (%(count)s::bigint - n) * 31536000.0 / %(count)s),
       CASE WHEN n %% 50 = 0 THEN 'sync-activated' WHEN n %% 20011 = 1 THEN 'checkpoint-key-made'
            WHEN n %% 3 = 0 THEN 'sync-requested' ELSE 'signed-in' END,
       CASE WHEN n %% 50 = 0 THEN 'system' ELSE 'person' END,
       CASE WHEN n %% 50 = 0 THEN 'glasshouse' ELSE (n * 7919 %% 1000)::text END, '',
       CASE WHEN n %% 50 = 0 THEN 'snapshot' WHEN n %% 20011 = 1 THEN 'token' WHEN n %% 3 = 0 THEN 'account'
            ELSE 'person' END,
       CASE WHEN n %% 50 = 0 THEN md5(n::text) ELSE 'account-' || (n * 104729 %% 10000) END, '',
       CASE WHEN n %% 50 = 0 OR n %% 3 <> 0 THEN '' ELSE 'account-' || (n * 104729 %% 10000) END,
       CASE WHEN n %% 50 <> 0 AND n %% 3 = 0 THEN 'The customer asked for it, ticket INC-' || n ELSE '' END,
       CASE WHEN n %% 50 = 0 THEN
            '{"accounts":["account-' || (n * 104729 %% 10000) || '"],"accounts_total":1,"commit":"'
            || md5(n::text) || '","connections_changed":2}'
            WHEN n %% 5003 = 2 THEN '{"grant":' || n || '}' ELSE '{}' END,
       '', NULL, CASE WHEN n %% 50 = 0 THEN '' ELSE (%(bound)s::text[])[1 + n * 7919 %% 1000] END
FROM generate_series(1, %(count)s::bigint) AS n
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--without-export", action="store_true", help="which takes minutes")
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    _make(options.entries)
    emit([*_timeline(), *_proof(), *([] if options.without_export else _export())])


def _make(entries: int) -> None:
    from django.db import connection

    from audit.bodies import commitment
    from audit.models import Entry, PersonalData
    from audit.sealing import seal_all

    if Entry.objects.count() < entries:
        rows = []
        for number in range(_PEOPLE):
            salt, body = secrets.token_hex(32), f'{{"actor":"Person {number}","subject":"Person {number}"}}'
            rows.append(PersonalData(commitment=commitment(salt, body), salt=salt, body=body))
        PersonalData.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, {"count": entries, "bound": [row.commitment for row in rows]})
    seal_all()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_entry")
        cursor.execute("ANALYZE")


def _timeline() -> list[Figure]:
    from django.test import Client

    client = _auditor(Client())
    today = datetime.now(UTC).date()
    old, older = today - timedelta(days=150), today - timedelta(days=180)
    addresses = {
        "no filter": "/audit/",
        "actor": "/audit/?actor=person:77",
        "account": "/audit/?account=account-77",
        "account without entries": "/audit/?account=nobody",
        "common event": "/audit/?event=signed-in",
        "rare event": "/audit/?event=checkpoint-key-made",
        "common kind": "/audit/?kind=person",
        "rare kind": "/audit/?kind=token",
        "this week": f"/audit/?from={today - timedelta(days=7)}",
        "a month last summer": f"/audit/?from={older}&to={old}",
        "until last summer": f"/audit/?to={old}",
        "a day, one account": f"/audit/?from={old}&to={old}&account=account-77",
        "common word": "/audit/?text=customer",
        "rare word": "/audit/?text=INC-4500",
        "unknown word": "/audit/?text=zebra",
        "grant": "/audit/?grant=5005",
        "deep page": "/audit/?before=200000",
    }
    return [_figure(name, lambda address=address: client.get(address)) for name, address in addresses.items()]


def _figure(name: str, ask: Callable[[], object]) -> Figure:
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        response = ask()
        taken.append(1000 * (time.perf_counter() - began))
        if response.status_code != 200:  # type: ignore[attr-defined]
            raise AssertionError(response)
    sys.stderr.write(f"{name}: median {percentile(taken, 0.5):.1f} ms, p95 {percentile(taken, 0.95):.1f} ms\n")
    return Figure.below(f"audit log by {name}, p95", percentile(taken, 0.95), _LIMIT_MS, "ms")


def _proof() -> list[Figure]:
    from django.test import Client

    from audit import proofs
    from audit.models import Entry, Tile

    Tile.objects.all().delete()
    began = time.perf_counter()
    proofs.keep_up()
    filled = time.perf_counter() - began
    middle = Entry.objects.order_by("pk")[300_000 % Entry.objects.count()].pk
    client = _auditor(Client())
    return [
        Figure.plain("filling the tiles of the whole log", filled, "s"),
        _figure("one entry with its proof", lambda: client.get(f"/audit/{middle}/")),
    ]


def _export() -> list[Figure]:
    from audit.export import export
    from audit.keys import signer

    began = time.perf_counter()
    span = {"start": datetime(2000, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}
    count = sum(1 for _ in export(signer().verifier, **span)) - 2
    took = time.perf_counter() - began
    tracemalloc.start()
    for number, _ in enumerate(export(signer().verifier, **span)):
        if number > 100_000:  # tracing is slow, and the peak is reached long before
            break
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return [
        Figure.plain(f"exporting {count:,} entries with proofs", count / took, "/s"),
        Figure.below("peak of Python's memory in an export", peak, 50, "MiB"),
    ]


def _auditor(client: object) -> object:
    from django.contrib.auth.models import Group

    from console.models import User

    user, _ = User.objects.get_or_create(email="auditor@example.com")
    user.groups.set(Group.objects.filter(name="auditor"))
    client.force_login(user)  # type: ignore[attr-defined]
    return client


if __name__ == "__main__":
    main()
