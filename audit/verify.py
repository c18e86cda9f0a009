"""Proving the log whole: every body against its leaf, every leaf against every checkpoint, and what watches over them.

All checkpoints are checked against one and the same sequence of leaves, and so are consistent with one another.
Checkpoints that left the machine are what nobody with the database, or even with the key, can take back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pygit2
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from audit import bodies, triggers
from audit.merkle import HASH_SIZE, Builder, leaf_hash
from audit.models import Checkpoint, Entry, Leaf, TreeHead
from audit.note import BadNote, Checkpoint as Signed, Verifier
from audit.waiting import newest

UNSEALED = timedelta(minutes=1)  # older than this, an entry without a leaf is a finding
LONGEST = timedelta(days=1)  # no transaction takes longer: an entry's time may lie so far before its sealing
_FETCH = 5000
_BRANCHES = ("refs/heads/main", "refs/remotes/origin/main")  # that audit.repository writes, and a clone's copy of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `entry` and `index` name the first entry and leaf that show it, where there is one."""

    code: str
    message: str
    entry: int | None = None
    index: int | None = None


@dataclass(slots=True, kw_only=True)
class Report:
    leaves: int = 0
    unsealed: int = 0
    erased: int = 0
    checkpoints: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.findings

    def add(self, code: str, message: str, *, entry: int | None = None, index: int | None = None) -> None:
        self.findings.append(Finding(code=code, message=message, entry=entry, index=index))


def verify(verifier: Verifier, exported: Mapping[str, str] | None = None) -> Report:
    """Verifies the whole log. `exported` maps the names of checkpoints kept elsewhere to their notes."""
    report = Report()
    with _one_moment():
        wanted = _checkpoints(verifier, exported or {}, report)
        _walk(wanted, report)
        _check_waiting(report)
    for name in triggers.missing(connection):
        report.add("trigger", f"The trigger {name} is missing, disabled or altered.")
    return report


def read_checkpoints(place: Path) -> dict[str, str]:
    """The notes (`*.txt`) below a folder, or on the branch of a repository that has none checked out."""
    if _is_repository(place):
        return _on_branch(pygit2.Repository(str(place)))
    notes = {str(path.relative_to(place)): path.read_text(encoding="utf-8") for path in sorted(place.rglob("*.txt"))}
    if not notes and _is_repository(place / ".git"):
        return _on_branch(pygit2.Repository(str(place / ".git")))
    return notes


def _is_repository(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def _on_branch(repository: pygit2.Repository) -> dict[str, str]:
    """By name rather than by HEAD: that of a remote made by `git init --bare` may point to a branch that never came."""
    for name in _BRANCHES:
        if name in repository.references:
            return dict(_blobs(repository.references[name].peel(pygit2.Commit).tree, ""))
    return {} if repository.head_is_unborn else dict(_blobs(repository.head.peel(pygit2.Commit).tree, ""))


def _blobs(tree: pygit2.Tree, above: str) -> Iterator[tuple[str, str]]:
    for item in tree:
        if isinstance(item, pygit2.Tree):
            yield from _blobs(item, f"{above}{item.name}/")
        elif isinstance(item, pygit2.Blob) and str(item.name).endswith(".txt"):
            yield f"{above}{item.name}", item.data.decode("utf-8", "replace")


@contextmanager
def _one_moment() -> Iterator[None]:
    """All reads see one state, and hold no writer up."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # By hand: Django's transactions begin IMMEDIATE, and this one must not keep writers out.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _checkpoints(
    verifier: Verifier, exported: Mapping[str, str], report: Report
) -> dict[int, list[tuple[str, Signed]]]:
    """By size, what it is called and what it says, every checkpoint with a good signature."""
    found: dict[int, list[tuple[str, Signed]]] = {0: []}
    for row in Checkpoint.objects.order_by("size").iterator():
        signed = _open(verifier, f"checkpoint {row.size} of the database", row.note, report)
        if signed:
            if (signed.size, signed.root) != (row.size, bytes(row.root)):
                report.add("checkpoint", f"The row of checkpoint {row.size} says otherwise than its signed note.")
            found.setdefault(signed.size, []).append((f"checkpoint {row.size}", signed))
    for name, note in exported.items():
        if signed := _open(verifier, f"exported checkpoint {name}", note, report):
            found.setdefault(signed.size, []).append((f"exported checkpoint {name}", signed))
    return found


def _open(verifier: Verifier, name: str, note: str, report: Report) -> Signed | None:
    report.checkpoints += 1
    try:
        return verifier.open(note)
    except BadNote as error:
        report.add("signature", f"The {name} cannot be trusted: {error}")
        return None


def _walk(wanted: Mapping[int, list[tuple[str, Signed]]], report: Report) -> None:
    """One pass over the leaves in order, with their entries. The first wrong entry is named, and no later one."""
    builder, is_good, earliest = Builder(), True, _LONG_AGO
    for index, hashed, entry_id, salt, personal, *row in _rows():
        raw = bytes(hashed)
        if is_good:
            is_good = _is_right(builder.size, (index, raw, entry_id), row, (salt, personal), report)
        if is_good and row[_AT] < earliest:
            report.add("backdated", f"Entry {entry_id} says a time before the checkpoint before it.", entry=entry_id)
            is_good = False
        builder.append(raw if len(raw) == HASH_SIZE else leaf_hash(raw))
        for name, signed in wanted.get(builder.size, ()):
            earliest = max(earliest, signed.time - LONGEST)
            if signed.root != builder.root:
                report.add("root", f"The {name} has another root: a leaf up to here was changed.", index=index)
    report.leaves, report.root = builder.size, builder.root.hex()
    longest = max(wanted)
    if longest > builder.size:
        report.add("cut", f"A checkpoint was signed over {longest} leaves, and {builder.size} are left.")
    head = TreeHead.objects.filter(pk=1).first()
    if (head.size if head else 0) != builder.size:
        report.add("head", "The tree head has another size than the leaves.")


def _is_right(
    expected: int, place: tuple[int, bytes, int], row: list[Any], private: tuple[str | None, str], report: Report
) -> bool:
    (index, hashed, entry_id), (salt, personal) = place, private
    if index != expected:
        report.add("gap", f"Leaf {expected} is missing.", index=expected)
    elif row[_ID] is None:
        report.add("deleted", f"Entry {entry_id} is gone, and its leaf stands.", entry=entry_id, index=index)
    elif leaf_hash(bodies.body(row)) != hashed:
        report.add("changed", f"Entry {entry_id} is not what was sealed.", entry=entry_id, index=index)
    elif row[_COMMITMENT] and salt is None:
        report.erased += 1
        return True
    elif row[_COMMITMENT] and salt is not None and not _is_committed(row[_COMMITMENT], salt, personal):
        report.add("personal", f"The personal data of entry {entry_id} were changed.", entry=entry_id, index=index)
    else:
        return True
    return False


def _is_committed(bound: str, salt: str, personal: str) -> bool:
    try:
        return bodies.commitment(salt, personal) == bound
    except ValueError:  # the salt is no hexadecimal text any more
        return False


_ID, _AT, _COMMITMENT = (bodies.COLUMNS.index(name) for name in ("id", "at", "commitment"))
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _rows() -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(f"e.{name}" for name in bodies.COLUMNS)
    query = (
        f'SELECT l."index", l.hash, l.entry_id, p.salt, p.body, {columns} FROM audit_leaf l'  # noqa: S608 - our names
        " LEFT JOIN audit_entry e ON e.id = l.entry_id LEFT JOIN audit_personaldata p"
        " ON p.commitment = e.commitment AND e.commitment <> '' ORDER BY l.\"index\""
    )
    moment = 5 + bodies.COLUMNS.index("at")
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_FETCH):
            yield from rows if connection.vendor == "postgresql" else _with_times(rows, moment)


def _with_times(rows: Iterable[tuple[Any, ...]], place: int) -> Iterator[tuple[Any, ...]]:
    """SQLite keeps moments as text, in UTC."""
    from django.utils.dateparse import parse_datetime  # for SQLite alone

    for row in rows:
        at = row[place]
        read = parse_datetime(at) if isinstance(at, str) else at
        yield (*row[:place], read and read.replace(tzinfo=UTC), *row[place + 1 :])


def _check_waiting(report: Report) -> None:
    """Entries without a leaf: young ones are on their way, others were kept from it. All are looked at."""
    # NOT EXISTS: PostgreSQL runs NOT IN over a million leaves row by row.
    sealed = Exists(Leaf.objects.filter(entry_id=OuterRef("pk")))
    leafless = Entry.objects.filter(~sealed)
    report.unsealed = Entry.objects.count() - report.leaves if report.is_whole else leafless.count()
    head = TreeHead.objects.filter(pk=1).first()
    if head and head.settled > newest():
        report.add("head", "The tree head calls entries settled that are not there yet: they would never be sealed.")
    late = leafless.filter(at__lt=Now() - UNSEALED).order_by("pk").first()
    if late:
        is_below = head is not None and late.pk <= head.settled
        why = "it was put in among others that were sealed" if is_below else "no sealer is at work"
        report.add("unsealed", f"Entry {late.pk} has no leaf after a minute: {why}.", entry=late.pk)
