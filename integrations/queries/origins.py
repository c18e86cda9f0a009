"""Which documents a file of the repository gives rise to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import F, Q

from integrations.core.documents import (
    Document as CoreDocument,
    Kind,
    MappingDocument,
    OverrideDocument,
    Part,
    PartOverride,
    key_of,
    kind_of,
)
from integrations.core.layout import ACCOUNT_FILE, account_folder, is_below
from integrations.models import Account, Document, FieldReference
from integrations.queries.reading import Reader, Visible

_MOST = 500
_HCL = (".tf", ".tf.json")
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A document that is written in the file, or that reads its expression from it (`is_expression`).

    `key` is `core.documents.key_of`; `account` is None for what belongs to no single account.
    """

    kind: Kind
    key: str
    layer: str
    integration: str
    account: str | None
    line: int
    is_expression: bool = False


def origins(reader: Reader, file: str) -> list[Origin]:
    """By line; at most some hundreds. Of the active snapshot three queries, of an older commit none."""
    found = list(_of_rows(reader, file) if reader.is_current else _of_documents(reader, file))
    return sorted(found, key=lambda origin: (origin.line, origin.key))[:_MOST]


def may_read(reader: Reader, file: str, visible: Visible, found: list[Origin] | None = None) -> bool:
    """Whether a person may read the file's whole text. `found`: its `origins`, where they are known already.

    Whoever sees single accounts reads the files in these accounts' folders, and outside them those in which something
    is written that holds for these accounts, and nothing for others. Of any other file (a CODEOWNERS, a README, a list
    of variables) nobody can tell whom it speaks of.
    """
    if visible is None:
        return True
    settings, tree = reader.settings(), reader.tree()
    folder = account_folder(tree, file, settings)
    if folder is not None:
        return folder.rsplit("/", 1)[-1] in visible
    if any(is_below(file, root) for root in settings.accounts):
        return False
    found = origins(reader, file) if found is None else found
    told = {origin.account for origin in found if origin.account is not None}
    return 0 < len(found) < _MOST and told <= visible


def mixed_files(reader: Reader, files: Iterable[str], visible: Visible) -> frozenset[str]:
    """Those of the files of a connection's effective values whose text may not be shown around these values.

    Only HCL can speak of several accounts in one file.
    """
    if visible is None:
        return frozenset()
    return frozenset(file for file in set(files) if file.endswith(_HCL) and not may_read(reader, file, visible))


def _of_rows(reader: Reader, file: str) -> Iterator[Origin]:
    account = Account.objects.filter(repository=reader.repository, folder=file.removesuffix(f"/{ACCOUNT_FILE}")).first()
    if account is not None:
        yield Origin(
            kind=Kind.ACCOUNT, key=f"account:{account.slug}", layer="", integration="", account=account.slug, line=1
        )
    rows = Document.objects.filter(repository=reader.repository).select_related("account").defer("body")
    rows = rows.annotate(of_sample=F("body__account"))  # what a sample is for stands in its body alone
    expressions = FieldReference.objects.filter(repository=reader.repository, file=file).values("document")
    for row in rows.filter(Q(path=file) | Q(pk__in=expressions)).order_by("line", "key")[:_MOST]:
        yield Origin(
            kind=Kind(row.kind),
            key=row.key,
            layer=row.layer,
            integration=row.integration,
            account=_account_of(row),
            line=row.line if row.path == file else 1,
            is_expression=row.path != file,
        )


def _account_of(row: Document) -> str | None:
    if row.kind == Kind.SAMPLE:
        return getattr(row, "of_sample", None)
    return row.account.slug if row.account else None


def _of_documents(reader: Reader, file: str) -> Iterator[Origin]:
    for document in _all(reader, file):
        account = getattr(document, "account", None)
        source = document.source
        is_here = source is not None and source.file == file
        if not is_here and file not in _expression_files(document):
            continue
        yield Origin(
            kind=kind_of(document),
            key=key_of(document),
            layer=str(getattr(document, "layer", "")),
            integration=getattr(document, "integration", "") or getattr(document, "slug", ""),
            account=account,
            line=source.line if is_here and source is not None else 1,
            is_expression=not is_here,
        )


def _all(reader: Reader, file: str) -> Iterator[CoreDocument]:
    for found in reader.models().values():
        yield from found
    yield from reader.environment_overrides()
    for entry in reader.integrations():
        yield from entry.documents
        yield from reader.mappings(entry.slug)
        yield from reader.samples(entry.slug)
        if file.endswith(_HCL):
            yield from reader.account_overrides(entry.slug, limit=_ALL)
    # The folder of an account is named for it.
    for name in file.split("/")[:-1]:
        detail = reader.account(name)
        if detail is not None:
            yield detail.document
            yield from detail.overrides


def _expression_files(document: CoreDocument) -> set[str]:
    match document:
        case MappingDocument():
            return {expression.source.file for expression in document.parts.values()}
        case OverrideDocument():
            return set(_files_of(part for parts in document.mappings.values() for part in parts.items()))
        case _:
            return set()


def _files_of(parts: Iterable[tuple[Part, PartOverride]]) -> Iterator[str]:
    for _, said in parts:
        if said.expression is not None:
            yield said.expression.source.file
