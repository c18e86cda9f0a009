"""Bringing rows in step with documents, touching only those that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from django.db.models import QuerySet

from integrations.core.documents import (
    AccountDocument,
    Connection,
    Document,
    Kind,
    Layer,
    OverrideDocument,
    digest,
    expressions_of,
    integration_of,
    key_of,
    kind_of,
    to_builtins,
)
from integrations.models import (
    Account,
    Connection as ConnectionRow,
    Document as DocumentRow,
    FieldReference,
    Repository,
)

_BATCH = 2000
_CHANGING = ["kind", "layer", "integration", "account", "path", "line", "digest", "body"]


@dataclass(slots=True)
class Written:
    """How many rows an activation touched."""

    created: int = 0
    updated: int = 0
    deleted: int = 0

    def __iadd__(self, other: Written) -> Self:
        self.created += other.created
        self.updated += other.updated
        self.deleted += other.deleted
        return self

    @property
    def total(self) -> int:
        return self.created + self.updated + self.deleted


@dataclass(slots=True)
class AccountRows:
    """The rows of the accounts written, and those whose owner is new."""

    by_slug: dict[str, Account] = field(default_factory=dict)
    owner_changed: list[Account] = field(default_factory=list)
    written: Written = field(default_factory=Written)


def write_accounts(
    repository: Repository, existing: QuerySet[Account], wanted: Iterable[AccountDocument]
) -> AccountRows:
    """Makes `existing` (all accounts, or those that may have changed) equal to `wanted`."""
    rows = {row.slug: row for row in existing.defer("body")}
    result = AccountRows()
    new: list[Account] = []
    changed: list[Account] = []
    for document in wanted:
        row, content = rows.pop(document.slug, None), digest(document)
        if row is not None and row.digest == content:
            result.by_slug[document.slug] = row
            continue
        owner = document.owner or ""
        if row is None:
            row = Account(repository=repository, slug=document.slug)
            new.append(row)
        else:
            changed.append(row)
        if row.owner != owner:
            result.owner_changed.append(row)
        row.name, row.owner, row.tags, row.digest = document.name, owner, list(document.tags), content
        row.folder = document.source.file.rpartition("/")[0]
        row.body = to_builtins(document)
        result.by_slug[document.slug] = row
    Account.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
    Account.objects.bulk_create(new, batch_size=_BATCH)
    Account.objects.bulk_update(changed, ["name", "owner", "tags", "digest", "folder", "body"], batch_size=500)
    result.written = Written(len(new), len(changed), len(rows))
    return result


def write_documents(
    repository: Repository,
    existing: QuerySet[DocumentRow],
    wanted: Iterable[Document],
    *,
    origin: DocumentRow.Origin,
    accounts: Mapping[str, int],
) -> Written:
    """Makes `existing` equal to `wanted`; `accounts`: the row id of every account that `wanted` names."""
    known = {key: (pk, content) for pk, key, content in existing.values_list("pk", "key", "digest")}
    new: list[DocumentRow] = []
    changed: list[DocumentRow] = []
    for document in wanted:
        key, content = key_of(document), digest(document)
        row_id, old = known.pop(key, (0, ""))
        if old == content:
            continue
        pk = row_id or None
        row = DocumentRow(
            pk=pk,
            repository=repository,
            origin=origin,
            kind=kind_of(document),
            key=key,
            layer=_layer(document),
            integration=integration_of(document),
            account_id=accounts[document.account]
            if isinstance(document, OverrideDocument) and document.account
            else None,
            path=document.source.file if document.source else "",
            line=document.source.line if document.source else 1,
            digest=content,
            body=to_builtins(document),
        )
        (new if pk is None else changed).append(row)
        row.document = document  # type: ignore[attr-defined]  # carried to the references below, never stored
    _delete(known)
    DocumentRow.objects.bulk_create(new, batch_size=_BATCH)
    DocumentRow.objects.bulk_update(changed, _CHANGING, batch_size=500)
    if changed:
        FieldReference.objects.filter(document__in=[row.pk for row in changed]).delete()
    references = (reference for row in (*new, *changed) for reference in _references(repository, row))
    for batch in _batches(references):
        FieldReference.objects.bulk_create(batch)
    return Written(len(new), len(changed), len(known))


def write_connections(wanted: Mapping[int, Iterable[Connection]]) -> Written:
    """Makes the connections of the accounts that `wanted` names (by row id) equal to it."""
    ids = list(wanted)
    known: dict[tuple[int, str, str], int] = {}
    for start in range(0, len(ids), _BATCH):
        rows = ConnectionRow.objects.filter(account__in=ids[start : start + _BATCH])
        known.update(
            {
                (account, integration, environment): pk
                for pk, account, integration, environment in rows.values_list(
                    "pk", "account_id", "integration", "environment"
                )
            }
        )
    new = [
        ConnectionRow(account_id=account, integration=connection.integration, environment=connection.environment)
        for account, connections in wanted.items()
        for connection in connections
        if known.pop((account, connection.integration, connection.environment), None) is None
    ]
    gone = list(known.values())
    for start in range(0, len(gone), _BATCH):
        ConnectionRow.objects.filter(pk__in=gone[start : start + _BATCH]).delete()
    ConnectionRow.objects.bulk_create(new, batch_size=_BATCH)
    return Written(created=len(new), deleted=len(gone))


def _layer(document: Document) -> str:
    match kind_of(document):
        case Kind.INTEGRATION | Kind.MAPPING:
            return Layer.PLATFORM
        case Kind.OVERRIDE:
            assert isinstance(document, OverrideDocument)
            return document.layer
        case _:
            return ""


def _delete(known: Mapping[str, tuple[int, str]]) -> None:
    ids = [pk for pk, _ in known.values()]
    for start in range(0, len(ids), _BATCH):
        DocumentRow.objects.filter(pk__in=ids[start : start + _BATCH]).delete()


def _references(repository: Repository, row: DocumentRow) -> Iterator[FieldReference]:
    document: Document = row.document  # type: ignore[attr-defined]  # set by write_documents
    for mapping, part, expression in expressions_of(document):
        analysis, start = expression.analysis, expression.source.line - 1
        found = [(FieldReference.Direction.READS, read.path, read.line) for read in analysis.reads]
        found += [(FieldReference.Direction.WRITES, written.path, written.line) for written in analysis.fields]
        for direction, path, line in found:
            yield FieldReference(
                document_id=row.pk,
                repository=repository,
                direction=direction,
                path=path,
                name=path.rpartition("/")[2].replace("~1", "/").replace("~0", "~").lower()[:200],
                integration=row.integration,
                mapping=mapping,
                part=part,
                file=expression.source.file,
                line=start + line,
            )


def _batches(references: Iterator[FieldReference]) -> Iterator[list[FieldReference]]:
    batch: list[FieldReference] = []
    for reference in references:
        batch.append(reference)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
