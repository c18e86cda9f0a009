"""Evidence for auditors: entries with proofs against the newest checkpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice

from django.db.models import Q, QuerySet

from audit.bodies import COLUMNS, body, parsed
from audit.bundle import VERSION
from audit.merkle import Tree
from audit.models import Checkpoint, Entry, Leaf, PersonalData
from audit.note import Verifier
from audit.proofs import WIDTH, Prover, newest

_BATCH = 500
_Place = tuple[int, int]  # index of the leaf, id of the entry


class NothingSealed(Exception):
    """There is no checkpoint to prove anything against."""


def export(
    verifier: Verifier, *, start: datetime, end: datetime, account: str = "", concerning: Q | None = None
) -> Iterator[str]:
    """The lines of a bundle with the sealed entries of [start, end), in bounded memory.

    Raises NothingSealed or Unprovable at once, not while lines are taken, unless leaves are changed meanwhile.
    `concerning`: which entries concern the account, where those that bear its name are not all.
    """
    checkpoint = _checkpoint()
    chosen = Entry.objects.filter(at__gte=start, at__lt=end)
    if account:
        chosen = chosen.filter(concerning if concerning is not None else Q(account=account))
    head: dict[str, object] = {"account": account, "from": start.isoformat(), "to": end.isoformat()}
    return _lines(verifier, Prover(checkpoint), chosen, head)


def export_entry(verifier: Verifier, entry: Entry) -> Iterator[str]:
    """A bundle of one entry. Raises Unprovable, or NothingSealed, also while no checkpoint covers the entry."""
    checkpoint = _checkpoint()
    if not Leaf.objects.filter(entry_id=entry.pk, index__lt=checkpoint.size).exists():
        raise NothingSealed
    return _lines(verifier, Prover(checkpoint), Entry.objects.filter(pk=entry.pk), {"account": "", "entry": entry.pk})


def _checkpoint() -> Checkpoint:
    checkpoint = newest()
    if checkpoint is None:
        raise NothingSealed
    return checkpoint


def _lines(verifier: Verifier, prover: Prover, chosen: QuerySet[Entry], head: dict[str, object]) -> Iterator[str]:
    checkpoint = prover.checkpoint
    yield _line(type="bundle", version=VERSION, checkpoint=checkpoint.note, vkey=str(verifier), **head)
    leaves = Leaf.objects.filter(index__lt=checkpoint.size, entry_id__in=chosen.values("pk")).order_by("index")
    count = 0
    found = leaves.values_list("index", "entry_id").iterator(_BATCH)
    while places := list(islice(found, _BATCH)):
        for line in _entries(places, prover):
            count += 1
            yield line
    yield _line(type="end", entries=count)


def _entries(places: list[_Place], prover: Prover) -> Iterator[str]:
    number, bound = COLUMNS.index("id"), COLUMNS.index("commitment")
    found = Entry.objects.filter(pk__in=[entry for _, entry in places]).values_list(*COLUMNS)
    rows = {row[number]: row for row in found}
    personal = PersonalData.objects.in_bulk([row[bound] for row in rows.values() if row[bound]])
    for _, group in groupby(places, key=lambda place: place[0] // WIDTH):
        block: Tree | None = None
        for index, entry in group:
            block = block or prover.block(index)
            row = rows[entry]
            kept = personal.get(row[bound])
            proof = [base64.b64encode(node).decode() for node in prover.path(index, block)]
            shown = {"salt": kept.salt, "body": parsed(kept.body)} if kept else None
            yield _line(type="entry", index=index, body=parsed(body(row)), proof=proof, personal=shown)


def _line(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
