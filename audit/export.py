"""Evidence for auditors: entries with proofs against the newest checkpoint."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime

from audit.bodies import COLUMNS, body, parsed
from audit.bundle import VERSION
from audit.merkle import Tree
from audit.models import Checkpoint, Entry, Leaf, PersonalData
from audit.note import Verifier

_BATCH = 500


class NothingSealed(Exception):
    """There is no checkpoint to prove anything against."""


def export(verifier: Verifier, *, start: datetime, end: datetime, account: str = "") -> Iterator[str]:
    """The lines of a bundle with the sealed entries of [start, end). Raises NothingSealed."""
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint is None:
        raise NothingSealed
    hashes = Leaf.objects.filter(index__lt=checkpoint.size).order_by("index").values_list("hash", flat=True)
    tree = Tree(bytes(hashed) for hashed in hashes.iterator())
    chosen = Entry.objects.filter(at__gte=start, at__lt=end)
    if account:
        chosen = chosen.filter(account=account)
    yield _line(
        type="bundle", version=VERSION, checkpoint=checkpoint.note, vkey=str(verifier), account=account,
        **{"from": start.isoformat(), "to": end.isoformat()},
    )  # fmt: skip
    leaves = Leaf.objects.filter(index__lt=checkpoint.size, entry_id__in=chosen.values("pk")).order_by("index")
    count = 0
    places = list(leaves.values_list("index", "entry_id"))
    for at in range(0, len(places), _BATCH):
        for line in _entries(places[at : at + _BATCH], tree):
            count += 1
            yield line
    yield _line(type="end", entries=count)


def _entries(places: list[tuple[int, int]], tree: Tree) -> Iterator[str]:
    number, bound = COLUMNS.index("id"), COLUMNS.index("commitment")
    found = Entry.objects.filter(pk__in=[entry for _, entry in places]).values_list(*COLUMNS)
    rows = {row[number]: row for row in found}
    personal = PersonalData.objects.in_bulk([row[bound] for row in rows.values() if row[bound]])
    for index, entry in places:
        row = rows[entry]
        kept = personal.get(row[bound])
        proof = [base64.b64encode(node).decode() for node in tree.inclusion(index)]
        shown = {"salt": kept.salt, "body": parsed(kept.body)} if kept else None
        yield _line(type="entry", index=index, body=parsed(body(row)), proof=proof, personal=shown)


def _line(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
