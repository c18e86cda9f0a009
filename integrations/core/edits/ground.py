"""What edits are planned upon: the documents concerned, the files' texts, and what has been changed of them so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from integrations.core.documents import (
    AccountDocument,
    Document,
    IntegrationDocument,
    Layer,
    MappingDocument,
    OverrideDocument,
    expressions_of,
)
from integrations.core.edits.values import CannotEdit, FileChanges, Refusal, Scope
from integrations.core.state import applies
from integrations.core.tree import Entry, Kind, MissingFile

_D = TypeVar("_D", bound=Document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The state that edits start from.

    `environments` are the repository's, in promotion order. `documents` are those of the commit: of the edited
    integrations and accounts at least, and all that may read an expression's file that an edit could change.
    `paths` are the repository's files: those in the accounts' folders and in `environments/` at least.
    """

    environments: tuple[str, ...]
    documents: tuple[Document, ...]
    paths: Collection[str]


@dataclass(slots=True, kw_only=True)
class Draft:
    """The files and documents while one edit after the other is put in."""

    ground: Ground
    texts: Mapping[str, str]
    changed: dict[str, str | None] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    addresses: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)  # of resources, by file and line

    @classmethod
    def of(cls, ground: Ground, texts: Mapping[str, str]) -> Draft:
        return cls(ground=ground, texts=texts, documents=list(ground.documents))

    def exists(self, path: str) -> bool:
        return self.changed[path] is not None if path in self.changed else path in self.ground.paths

    def text(self, path: str) -> str:
        """Raises KeyError for a file that `files_needed` named and the caller did not give."""
        changed = self.changed.get(path)
        return self.texts[path] if changed is None else changed

    def write(self, path: str, text: str) -> None:
        self.changed[path] = text

    def delete(self, path: str) -> None:
        self.changed[path] = None

    def changes(self) -> FileChanges:
        """What differs from the files as they were; a file that came and went is none."""
        kept = {
            path: text
            for path, text in sorted(self.changed.items())
            if (text is None and path in self.ground.paths) or (text is not None and text != self.texts.get(path))
        }
        return FileChanges(texts=kept)

    # documents

    def of_type(self, kind: type[_D]) -> Iterator[_D]:
        return (document for document in self.documents if isinstance(document, kind))

    def account(self, slug: str | None) -> AccountDocument:
        found = next((one for one in self.of_type(AccountDocument) if one.slug == slug), None)
        if found is None:
            raise CannotEdit(Refusal.NO_PLACE, f"There is no account named {slug}.")
        return found

    def integrations(self, slug: str) -> list[IntegrationDocument]:
        found = [one for one in self.of_type(IntegrationDocument) if one.slug == slug]
        if not found:
            raise CannotEdit(Refusal.NO_PLACE, f"There is no integration named {slug}.")
        return found

    def overrides(self, scope: Scope) -> list[OverrideDocument]:
        """The layer's overrides of the integration: in all environments, or for the environment layer in its own."""
        return [
            one
            for one in self.of_type(OverrideDocument)
            if (one.layer, one.integration, one.account) == (scope.layer, scope.integration, scope.account)
            and (scope.layer is Layer.ACCOUNT or applies(one.environments, str(scope.environment)))
        ]

    def replace(self, old: OverrideDocument | None, new: OverrideDocument | None) -> None:
        self.documents = [one for one in self.documents if one is not old]
        if new is not None:
            self.documents.append(new)

    def readers(self, path: str) -> list[str]:
        """What reads an expression's file, in words: each mapping and part, with the account where it has one."""
        found = []
        for document in self.documents:
            for mapping, part, expression in expressions_of(document):
                if expression.source.file == path:
                    found.append(_reader(document, mapping, part))
        return sorted(set(found))


def _reader(document: Document, mapping: str, part: str) -> str:
    said = f"{mapping} ({part})"
    if isinstance(document, OverrideDocument) and document.account is not None:
        return f"{said} of {document.account} for {document.integration}"
    if isinstance(document, MappingDocument | OverrideDocument):
        return f"{said} of {document.integration}"
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTree:
    """The draft's files as a tree, for the project's own readers."""

    draft: Draft
    commit: str = ""

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Those whose text is known, which are all that a reader of one override asks for."""
        known = sorted({*self.draft.texts, *self.draft.changed})
        return (one for path in known if path.startswith(under) and (one := self.entry(path)) is not None)

    def folders(self, under: str) -> list[str]:
        return []

    def entry(self, path: str) -> Entry | None:
        if not self.draft.exists(path) or (path not in self.draft.texts and path not in self.draft.changed):
            return None
        return Entry(path=path, blob="", size=len(self.read(path)), kind=Kind.FILE)

    def read(self, path: str) -> bytes:
        if not self.draft.exists(path):
            raise MissingFile(path)
        return self.draft.text(path).encode("utf-8", "surrogatepass")
