"""Reading the active snapshot: every method is a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from integrations.core.documents import (
    AccountDocument,
    Connection,
    IntegrationDocument,
    Kind,
    Layer,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
    Source,
    from_builtins,
)
from integrations.core.state import Stack, applies, only
from integrations.git.history import CommitInfo
from integrations.git.tree import CommitTree
from integrations.models import Account, Connection as ConnectionRow, Document, FieldReference, Repository, Snapshot
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

D = TypeVar("D")


class ActiveReader:
    """Answers from the rows of the repository's active snapshot, or of the one that is being made active."""

    is_current = True

    def __init__(self, repository: Repository, snapshot: Snapshot) -> None:
        self.repository = repository
        self.commit = snapshot.commit
        self.platform_key = snapshot.platform_key
        self._layout = snapshot.layout

    # --- repository ------------------------------------------------------------------------------------
    def settings(self) -> SettingsDocument:
        return self._settings

    @cached_property
    def _settings(self) -> SettingsDocument:
        return _typed(SettingsDocument, Kind.SETTINGS, self._layout)

    def tree(self) -> CommitTree:
        return mirror_of(self.repository).tree(self.commit)

    def past(self) -> CommitInfo | None:
        """The commit, when it is not what is in force now."""
        return None

    # --- platform and environment layers ---------------------------------------------------------------
    def integration_names(self) -> Sequence[str]:
        rows = self._rows(None).filter(kind=Kind.INTEGRATION)
        return list(rows.values_list("integration", flat=True).distinct().order_by("integration"))

    def integrations(self) -> Sequence[IntegrationEntry]:
        return self._entries(None)

    def integration(self, slug: str) -> IntegrationEntry | None:
        return next(iter(self._entries(slug)), None)

    def _entries(self, slug: str | None) -> list[IntegrationEntry]:
        rows = self._rows(slug)
        found: dict[str, list[IntegrationDocument]] = defaultdict(list)
        for row in rows.filter(kind=Kind.INTEGRATION).order_by("integration", "key"):
            found[row.integration].append(_document(IntegrationDocument, row))
        mapping_keys: dict[str, set[str]] = defaultdict(set)
        for integration, key in rows.filter(kind=Kind.MAPPING).values_list("integration", "key"):
            mapping_keys[integration].add(key.split("@")[0])
        overriding = dict(
            rows.filter(kind=Kind.OVERRIDE, layer=Layer.ACCOUNT)
            .values_list("integration")
            .annotate(Count("account", distinct=True))
        )
        connections = ConnectionRow.objects.filter(account__repository=self.repository)
        if slug is not None:
            connections = connections.filter(integration=slug)
        connected = dict(connections.values_list("integration").annotate(Count("account", distinct=True)))
        return [
            IntegrationEntry(
                slug=name,
                documents=tuple(documents),
                environments=_environments(documents, self.settings().environments),
                mappings=len(mapping_keys[name]),
                connected_accounts=connected.get(name, 0),
                overriding_accounts=overriding.get(name, 0),
            )
            for name, documents in found.items()
        ]

    def mappings(self, integration: str) -> Sequence[MappingDocument]:
        rows = self._rows(integration).filter(kind=Kind.MAPPING).order_by("key")
        return [_document(MappingDocument, row) for row in rows]

    def environment_overrides(self, integration: str | None = None) -> Sequence[OverrideDocument]:
        rows = self._rows(integration).filter(kind=Kind.OVERRIDE, layer=Layer.ENVIRONMENT).order_by("key")
        return [_document(OverrideDocument, row) for row in rows]

    def models(self) -> Mapping[str, Sequence[ModelDocument]]:
        found: dict[str, list[ModelDocument]] = defaultdict(list)
        for row in Document.objects.filter(repository=self.repository, kind=Kind.MODEL).order_by("key"):
            document = _document(ModelDocument, row)
            found[document.model].append(document)
        return found

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        rows = self._rows(integration).filter(kind=Kind.SAMPLE).order_by("path")
        return [_document(SampleDocument, row) for row in rows]

    # --- accounts --------------------------------------------------------------------------------------
    def account_overrides(
        self, integration: str, *, visible: Visible = None, after: str = "", limit: int = 50
    ) -> Sequence[OverrideDocument]:
        rows = self._rows(integration).filter(kind=Kind.OVERRIDE, layer=Layer.ACCOUNT)
        rows = rows.filter(account__slug__gt=after) if after else rows
        rows = rows if visible is None else rows.filter(account__slug__in=visible)
        return [_document(OverrideDocument, row) for row in rows.order_by("account__slug", "key")[:limit]]

    def accounts(self, wanted: AccountFilter, *, after: str = "", limit: int = 50) -> AccountPage:
        matching = self._matching(wanted)
        rows = list(
            matching.filter(slug__gt=after)
            .order_by("slug")
            .annotate(override_count=Count("overrides", distinct=True))
            .prefetch_related("connections")[: limit + 1]
        )
        shown = rows[:limit]
        return AccountPage(
            entries=tuple(
                AccountEntry(
                    document=_typed(AccountDocument, Kind.ACCOUNT, row.body),
                    connections=_connections(row.connections.all()),
                    overrides=row.override_count,
                )
                for row in shown
            ),
            total=matching.count(),
            after=shown[-1].slug if len(rows) > limit else None,
        )

    def _matching(self, wanted: AccountFilter) -> QuerySet[Account]:
        rows = Account.objects.filter(repository=self.repository)
        if wanted.visible is not None:
            rows = rows.filter(slug__in=wanted.visible)
        if wanted.text:
            rows = rows.filter(Q(slug__icontains=wanted.text) | Q(name__icontains=wanted.text))
        if wanted.owner:
            rows = rows.filter(owner=wanted.owner)
        if wanted.tag:
            # JSON containment is PostgreSQL's alone; a quoted word in the array's text is the same on both databases.
            rows = rows.filter(tags__icontains=f'"{wanted.tag}"')
        if wanted.integration or wanted.environment:
            linked = ConnectionRow.objects.filter(account=OuterRef("pk"))
            linked = linked.filter(integration=wanted.integration) if wanted.integration else linked
            linked = linked.filter(environment=wanted.environment) if wanted.environment else linked
            rows = rows.filter(Exists(linked))
        if wanted.is_overriding:
            overrides = Document.objects.filter(account=OuterRef("pk"), kind=Kind.OVERRIDE)
            overrides = overrides.filter(integration=wanted.integration) if wanted.integration else overrides
            rows = rows.filter(Exists(overrides))
        return rows

    def facets(self, visible: Visible = None) -> AccountFacets:
        rows = Account.objects.filter(repository=self.repository)
        rows = rows if visible is None else rows.filter(slug__in=visible)
        owners = rows.exclude(owner="").values_list("owner", flat=True).distinct().order_by("owner")
        tags = {tag for found in rows.order_by().values_list("tags", flat=True).distinct() for tag in found}
        return AccountFacets(owners=tuple(owners), tags=tuple(sorted(tags)))

    def account(self, slug: str) -> AccountDetail | None:
        row = (
            Account.objects.filter(repository=self.repository, slug=slug)
            .prefetch_related("connections", "overrides")
            .first()
        )
        if row is None:
            return None
        return AccountDetail(
            document=_typed(AccountDocument, Kind.ACCOUNT, row.body),
            connections=_connections(row.connections.all()),
            overrides=tuple(
                _document(OverrideDocument, override)
                for override in sorted(row.overrides.all(), key=lambda override: override.key)
            ),
        )

    def connections(self, account: str) -> tuple[Connection, ...]:
        return _connections(ConnectionRow.objects.filter(account__repository=self.repository, account__slug=account))

    # --- one connection --------------------------------------------------------------------------------
    def stack(self, account: str | None, integration: str, environment: str) -> Stack | None:
        shared = Q(account=None, kind__in=[Kind.INTEGRATION, Kind.MAPPING, Kind.OVERRIDE])
        own = Q(account__slug=account, kind=Kind.OVERRIDE) if account else Q(pk__in=[])
        return stack_of(self._rows(integration).filter(shared | own).order_by("key"), environment)

    def override(self, account: str, integration: str, environment: str) -> OverrideDocument | None:
        """The account layer alone, for a caller that already holds what lies below it."""
        rows = self._rows(integration).filter(account__slug=account, kind=Kind.OVERRIDE)
        return only((_document(OverrideDocument, row) for row in rows), environment)

    # --- where used ------------------------------------------------------------------------------------
    def references(
        self, field: str, *, integration: str = "", direction: str = "", visible: Visible = None, limit: int = 200
    ) -> ReferencePage:
        rows = FieldReference.objects.filter(repository=self.repository)
        # A bare name matches the last segment in any case; a pointer matches exactly.
        rows = rows.filter(path=field) if field.startswith("/") else rows.filter(name=field.lower()[:200])
        rows = rows.filter(integration=integration) if integration else rows
        rows = rows.filter(direction=direction) if direction else rows
        if visible is not None:
            rows = rows.filter(Q(document__account=None) | Q(document__account__slug__in=visible))
        counted = rows.aggregate(total=Count("pk"), accounts=Count("document__account", distinct=True))
        found = rows.select_related("document", "document__account").order_by(
            "integration", "mapping", "document__account__slug", "file", "line"
        )[:limit]
        return ReferencePage(
            references=tuple(_reference(row) for row in found), total=counted["total"], accounts=counted["accounts"]
        )

    def _rows(self, integration: str | None) -> QuerySet[Document]:
        rows = Document.objects.filter(repository=self.repository)
        return rows if integration is None else rows.filter(integration=integration)


def stack_of(rows: Iterable[Document], environment: str) -> Stack | None:
    """What is merged for one connection, from the rows of its integration and account."""
    integration: IntegrationDocument | None = None
    mappings: list[MappingDocument] = []
    overrides: dict[str, OverrideDocument] = {}
    for row in rows:
        scope = row.body.get("environments")
        if not applies(None if scope is None else tuple(scope), environment):
            continue
        document = from_builtins(Kind(row.kind), row.body)
        match document:
            case IntegrationDocument():
                integration = document
            case MappingDocument():
                mappings.append(document)
            case OverrideDocument():
                overrides[document.layer] = document
            case _:
                raise AssertionError(f"a {row.kind} document is never merged")
    if integration is None:
        return None
    return Stack(
        integration=integration,
        mappings=tuple(mappings),
        environment=overrides.get(Layer.ENVIRONMENT),
        account=overrides.get(Layer.ACCOUNT),
    )


def _typed(cls: type[D], kind: Kind, body: Mapping[str, object]) -> D:
    document = from_builtins(kind, body)
    assert isinstance(document, cls)
    return document


def _document(cls: type[D], row: Document) -> D:
    return _typed(cls, Kind(row.kind), row.body)


def _environments(documents: Iterable[IntegrationDocument], known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in known if any(applies(document.environments, name) for document in documents))


def _connections(rows: Iterable[ConnectionRow]) -> tuple[Connection, ...]:
    return tuple(sorted(Connection(integration=row.integration, environment=row.environment) for row in rows))


def _reference(row: FieldReference) -> Reference:
    scope = row.document.body.get("environments")
    return Reference(
        direction=row.direction,
        path=row.path,
        layer=row.document.layer,
        account=row.document.account.slug if row.document.account else None,
        environments=None if scope is None else tuple(scope),
        integration=row.integration,
        mapping=row.mapping,
        part=row.part,
        source=Source(file=row.file, line=row.line),
    )
