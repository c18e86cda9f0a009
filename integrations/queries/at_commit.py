"""Reading a commit that is not the active snapshot, from Git.

Nothing is read before it is asked for: the platform and environment layers once (from the kept evaluation where there
is one), an account's folder when that account is shown. Lists and references over all accounts read all folders.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock

from integrations.core.documents import (
    AccountDocument,
    Connection,
    Document,
    Layer,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
    Source,
    expressions_of,
    key_of,
)
from integrations.core.problems import Problem, in_order
from integrations.core.state import DesiredState, Stack, applies, connections_of, only
from integrations.core.tree import Tree
from integrations.git.history import CommitInfo
from integrations.git.tree import CommitTree
from integrations.loader import account_folders, load_accounts
from integrations.models import Repository
from integrations.queries.analyses import KeptAnalyses
from integrations.queries.evaluations import read_platform
from integrations.queries.mirrors import mirror_of
from integrations.queries.reading import (
    AccountDetail,
    AccountEntry,
    AccountFacets,
    AccountFilter,
    AccountPage,
    IntegrationEntry,
    Reference,
    ReferencePage,
    Visible,
)

_MOST = 4  # a state with all accounts of a large repository takes some 100 MB
_kept: OrderedDict[tuple[int, str], CommitReader] = OrderedDict()
_lock = Lock()


class BadCommit(Exception):
    """The commit has errors, so there is no state to show."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} errors")
        self.problems = problems


class CommitReader:
    """Answers from the files of one commit. Raises BadCommit where what is asked for has errors."""

    is_current = False

    def __init__(self, repository: Repository, commit: str) -> None:
        self.repository = repository
        self.commit = commit
        platform = read_platform(repository, self._content())
        if platform.problems:
            raise BadCommit(platform.problems)
        self.platform_key = platform.key
        self._layout = platform.settings
        self._state = DesiredState.of(commit, platform.settings, platform.documents)
        self._folders = account_folders(self._content(), platform.settings)
        self._read: dict[str, tuple[Document, ...]] = {}

    @classmethod
    def of(cls, repository: Repository, commit: str) -> CommitReader:
        """A reader that other requests in this process may already have filled."""
        with _lock:
            known = _kept.get((repository.pk, commit))
        if known is None:
            known = cls(repository, commit)
            with _lock:
                _kept[repository.pk, commit] = known
                while len(_kept) > _MOST:
                    _kept.popitem(last=False)
        known.repository = repository
        return known

    # --- repository ------------------------------------------------------------------------------------
    def settings(self) -> SettingsDocument:
        return self._layout

    def tree(self) -> CommitTree:
        return mirror_of(self.repository).tree(self.commit)

    def _content(self) -> Tree:
        """What is read: a change that is only thought of lays its files over the commit's."""
        return self.tree()

    def past(self) -> CommitInfo | None:
        return mirror_of(self.repository).commit(self.commit)

    # --- platform and environment layers ---------------------------------------------------------------
    def integration_names(self) -> Sequence[str]:
        return sorted(self._state.integrations)

    def integrations(self) -> Sequence[IntegrationEntry]:
        return [self._entry(slug) for slug in sorted(self._state.integrations)]

    def integration(self, slug: str) -> IntegrationEntry | None:
        return self._entry(slug) if slug in self._state.integrations else None

    def _entry(self, slug: str) -> IntegrationEntry:
        documents = tuple(sorted(self._state.integrations[slug], key=key_of))
        known = self._layout.environments
        return IntegrationEntry(
            slug=slug,
            documents=documents,
            environments=tuple(name for name in known if any(applies(d.environments, name) for d in documents)),
            mappings=len({document.key for document in self._state.mappings.get(slug, ())}),
            connected_accounts=sum(any(c.integration == slug for c in found) for found in self._connected.values()),
            overriding_accounts=len({d.account for d in self._all_overrides if d.integration == slug}),
        )

    def mappings(self, integration: str) -> Sequence[MappingDocument]:
        return sorted(self._state.mappings.get(integration, ()), key=key_of)

    def environment_overrides(self, integration: str | None = None) -> Sequence[OverrideDocument]:
        found = self._state.environment_overrides
        names = sorted(found) if integration is None else [integration]
        return [document for name in names for document in found.get(name, ())]

    def models(self) -> Mapping[str, Sequence[ModelDocument]]:
        found: dict[str, list[ModelDocument]] = defaultdict(list)
        for (model, _), document in sorted(self._state.models.items()):
            found[model].append(document)
        return found

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        found = [document for document in self._state.samples if document.integration == integration]
        return sorted(found, key=lambda document: document.source)

    # --- accounts --------------------------------------------------------------------------------------
    def account_overrides(
        self, integration: str, *, visible: Visible = None, after: str = "", limit: int = 50
    ) -> Sequence[OverrideDocument]:
        found = [
            document
            for document in self._all_overrides
            if document.integration == integration and (document.account or "") > after
            if visible is None or document.account in visible
        ]
        return sorted(found, key=lambda document: document.account or "")[:limit]

    def accounts(self, wanted: AccountFilter, *, after: str = "", limit: int = 50) -> AccountPage:
        matching = [
            detail for slug in self._all_folders() if (detail := self.account(slug)) and _matches(detail, wanted)
        ]
        rest = [detail for detail in matching if detail.document.slug > after]
        return AccountPage(
            entries=tuple(
                AccountEntry(document=detail.document, connections=detail.connections, overrides=len(detail.overrides))
                for detail in rest[:limit]
            ),
            total=len(matching),
            after=rest[limit - 1].document.slug if len(rest) > limit else None,
        )

    def facets(self, visible: Visible = None) -> AccountFacets:
        documents = [d for d in self._accounts if visible is None or d.slug in visible]
        return AccountFacets(
            owners=tuple(sorted({d.owner for d in documents if d.owner})),
            tags=tuple(sorted({tag for d in documents for tag in d.tags})),
        )

    def account(self, slug: str) -> AccountDetail | None:
        documents = self._folder(slug)
        account = next((d for d in documents if isinstance(d, AccountDocument)), None)
        if account is None:
            return None
        overrides = tuple(self._overrides(slug))
        return AccountDetail(
            document=account,
            connections=connections_of(account, overrides, self._layout.environments),
            overrides=overrides,
        )

    def connections(self, account: str) -> tuple[Connection, ...]:
        detail = self.account(account)
        return () if detail is None else detail.connections

    # --- one connection --------------------------------------------------------------------------------
    def stack(self, account: str | None, integration: str, environment: str) -> Stack | None:
        stack = self._state.stack(None, integration, environment)
        if stack is None or account is None:
            return stack
        return Stack(
            integration=stack.integration,
            mappings=stack.mappings,
            environment=stack.environment,
            account=self.override(account, integration, environment),
        )

    def override(self, account: str, integration: str, environment: str) -> OverrideDocument | None:
        return only((d for d in self._overrides(account) if d.integration == integration), environment)

    # --- where used ------------------------------------------------------------------------------------
    def references(
        self, field: str, *, integration: str = "", direction: str = "", visible: Visible = None, limit: int = 200
    ) -> ReferencePage:
        found = [
            reference
            for reference in self._references(integration)
            if _names(reference, field) and direction in {"", reference.direction}
            if visible is None or reference.account is None or reference.account in visible
        ]
        found.sort(key=lambda r: (r.integration, r.mapping, r.account or "", r.source))
        accounts = {reference.account for reference in found} - {None}
        return ReferencePage(references=tuple(found[:limit]), total=len(found), accounts=len(accounts))

    def _references(self, integration: str) -> Iterator[Reference]:
        shared = [d for found in self._state.mappings.values() for d in found]
        lower = [d for found in self._state.environment_overrides.values() for d in found]
        documents: list[MappingDocument | OverrideDocument] = [*shared, *lower, *self._all_overrides]
        for document in documents:
            if integration and document.integration != integration:
                continue
            for mapping, part, expression in expressions_of(document):
                told = [("reads", read.path, read.line) for read in expression.analysis.reads]
                told += [("writes", field.path, field.line) for field in expression.analysis.fields]
                for direction, path, line in told:
                    yield Reference(
                        direction=direction,
                        path=path,
                        layer=document.layer if isinstance(document, OverrideDocument) else Layer.PLATFORM,
                        account=document.account if isinstance(document, OverrideDocument) else None,
                        environments=document.environments,
                        integration=document.integration,
                        mapping=mapping,
                        part=part,
                        source=Source(file=expression.source.file, line=expression.source.line - 1 + line),
                    )

    # --- folders ---------------------------------------------------------------------------------------
    def _folder(self, slug: str) -> tuple[Document, ...]:
        if slug not in self._folders:
            return ()
        if slug not in self._read:
            self._read_folders([slug])
        return self._read[slug]

    def _all_folders(self) -> list[str]:
        """The slugs of all accounts, in order, once their folders are read."""
        slugs = sorted(self._folders)
        self._read_folders([slug for slug in slugs if slug not in self._read])
        return slugs

    def _read_folders(self, slugs: Sequence[str]) -> None:
        folders = [self._folders[slug] for slug in slugs]
        read = load_accounts(self._content(), folders, self._layout, analyses=KeptAnalyses())
        problems = in_order(problem for parsed in read.values() for problem in parsed.problems)
        if problems:
            raise BadCommit(problems)
        self._read |= {slug: read[folder].documents for slug, folder in zip(slugs, folders, strict=True)}

    def _overrides(self, slug: str) -> Iterator[OverrideDocument]:
        for (account, _), documents in self._state.account_overrides.items():
            if account == slug:
                yield from documents
        for document in self._folder(slug):
            if isinstance(document, OverrideDocument):
                yield document

    @cached_property
    def _accounts(self) -> list[AccountDocument]:
        return [detail.document for slug in self._all_folders() if (detail := self.account(slug))]

    @cached_property
    def _all_overrides(self) -> list[OverrideDocument]:
        return [document for slug in self._all_folders() for document in self._overrides(slug)]

    @cached_property
    def _connected(self) -> dict[str, tuple[Connection, ...]]:
        return {slug: self.connections(slug) for slug in self._all_folders()}


def _matches(detail: AccountDetail, wanted: AccountFilter) -> bool:
    document, text = detail.document, wanted.text.lower()
    linked = [
        connection
        for connection in detail.connections
        if wanted.integration in {"", connection.integration} and wanted.environment in {"", connection.environment}
    ]
    overriding = [override for override in detail.overrides if wanted.integration in {"", override.integration}]
    return (
        (wanted.visible is None or document.slug in wanted.visible)
        and (text in document.slug or text in document.name.lower())
        and wanted.owner in {"", document.owner or ""}
        and (not wanted.tag or wanted.tag in document.tags)
        and (bool(linked) or not (wanted.integration or wanted.environment))
        and (bool(overriding) or not wanted.is_overriding)
    )


def _names(reference: Reference, field: str) -> bool:
    if field.startswith("/"):
        return reference.path == field
    last = reference.path.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return last.lower() == field.lower()
