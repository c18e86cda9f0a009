"""What edits are planned upon: the documents and files of one commit that they concern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.core.documents import Document, Layer, key_of
from integrations.core.edits import CannotEdit, Edit, FileChanges, Ground, files_needed, plan_edits
from integrations.core.edits.values import Refusal
from integrations.core.tree import MissingFile
from integrations.queries.reading import Reader

_ENVIRONMENTS = "environments"
_MOST_ACCOUNTS = 1_000_000


def planned(reader: Reader, edits: Sequence[Edit]) -> FileChanges:
    """The smallest change of files that makes the edits true at the reader's commit. Raises CannotEdit."""
    ground = ground_of(reader, edits)
    tree = reader.tree()
    texts: dict[str, str] = {}
    for path in files_needed(edits, ground):
        try:
            texts[path] = tree.read(path).decode()
        except (MissingFile, UnicodeDecodeError):
            raise CannotEdit(Refusal.UNREADABLE, f"The file {path} cannot be read as text.") from None
    return plan_edits(edits, texts, ground)


def ground_of(reader: Reader, edits: Sequence[Edit]) -> Ground:
    """Reads the accounts and integrations that the edits name, and no other account."""
    documents = tuple({key_of(document): document for document in _documents(reader, edits)}.values())
    tree = reader.tree()
    sources = [document.source for document in documents if document.source is not None]
    folders = {source.file.rpartition("/")[0] for source in sources} | {_ENVIRONMENTS}
    paths = frozenset(entry.path for folder in folders if folder for entry in tree.entries(folder))
    return Ground(environments=tuple(reader.settings().environments), documents=documents, paths=paths)


def _documents(reader: Reader, edits: Sequence[Edit]) -> Iterator[Document]:
    scopes = {edit.scope for edit in edits}
    for account in sorted({scope.account for scope in scopes if scope.account}):
        detail = reader.account(account)
        if detail is not None:
            yield detail.document
            yield from detail.overrides
    for integration in sorted({scope.integration for scope in scopes}):
        entry = reader.integration(integration)
        if entry is not None:
            yield from entry.documents
    if all(scope.layer is Layer.ACCOUNT for scope in scopes):
        yield from (one for scope in scopes for one in reader.mappings(scope.integration))
        return
    # An expression's file may be read by every other mapping, overrides included.
    for integration in reader.integration_names():
        yield from reader.mappings(integration)
    yield from reader.environment_overrides()
    for integration in sorted({scope.integration for scope in scopes}):
        yield from reader.account_overrides(integration, limit=_MOST_ACCOUNTS)
