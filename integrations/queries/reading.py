"""What pages, API and commands may ask of a snapshot, whether it is the active one or an older commit.

`reader_for` (queries.moment) chooses between `ActiveReader`, which reads the database, and `CommitReader`, which
reads Git; both answer in the documents of the core, so that nothing above them can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from integrations.core.documents import (
    AccountDocument,
    Connection,
    IntegrationDocument,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
    Source,
)
from integrations.core.state import Stack
from integrations.git.history import CommitInfo
from integrations.git.tree import CommitTree
from integrations.models import Repository

Visible = frozenset[str] | None  # slugs of the accounts that may be seen; None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationEntry:
    """A row of the catalogue. `documents`: one, or one per environment where they differ."""

    slug: str
    documents: tuple[IntegrationDocument, ...]
    environments: tuple[str, ...]
    mappings: int
    connected_accounts: int
    overriding_accounts: int

    @property
    def name(self) -> str:
        return self.slug

    @property
    def category(self) -> str:
        return str(self.documents[0].config.get("category", ""))

    @property
    def base_url(self) -> str:
        return str(self.documents[0].config.get("base_url", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """What narrows a list of accounts; empty fields narrow nothing. `owner`: an e-mail address or `team:<name>`."""

    text: str = ""
    owner: str = ""
    tag: str = ""
    integration: str = ""
    environment: str = ""
    is_overriding: bool = False  # only accounts with an override (of `integration`, where given)
    visible: Visible = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """A row of the list of accounts."""

    document: AccountDocument
    connections: tuple[Connection, ...]
    overrides: int  # override documents


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """One page of accounts by slug. `after`: pass it to `accounts` for the next page; None on the last one."""

    entries: tuple[AccountEntry, ...]
    total: int
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacets:
    """The values that the filters of the list of accounts offer."""

    owners: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetail:
    """An account with its connections and override documents."""

    document: AccountDocument
    connections: tuple[Connection, ...]
    overrides: tuple[OverrideDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A place that reads a provider field or writes a unified one. `layer` platform: `account` is None."""

    direction: str  # "reads" | "writes"
    path: str
    layer: str
    account: str | None
    environments: tuple[str, ...] | None
    integration: str
    mapping: str
    part: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """`total` places in all; `accounts`: how many accounts are affected through their own overrides."""

    references: tuple[Reference, ...]
    total: int
    accounts: int


class Reader(Protocol):
    """Every method is a constant number of queries or file reads in the number of rows it returns."""

    repository: Repository
    commit: str
    platform_key: str  # names the content of all that lies below the account layer
    is_current: bool

    def settings(self) -> SettingsDocument: ...
    def integration_names(self) -> Sequence[str]: ...
    def integrations(self) -> Sequence[IntegrationEntry]: ...
    def integration(self, slug: str) -> IntegrationEntry | None: ...
    def mappings(self, integration: str) -> Sequence[MappingDocument]: ...
    def environment_overrides(self, integration: str | None = None) -> Sequence[OverrideDocument]: ...
    def account_overrides(
        self, integration: str, *, visible: Visible = None, after: str = "", limit: int = 50
    ) -> Sequence[OverrideDocument]: ...
    def accounts(self, wanted: AccountFilter, *, after: str = "", limit: int = 50) -> AccountPage: ...
    def facets(self, visible: Visible = None) -> AccountFacets: ...
    def account(self, slug: str) -> AccountDetail | None: ...
    def connections(self, account: str) -> tuple[Connection, ...]: ...
    def override(self, account: str, integration: str, environment: str) -> OverrideDocument | None: ...
    def stack(self, account: str | None, integration: str, environment: str) -> Stack | None: ...
    def models(self) -> Mapping[str, Sequence[ModelDocument]]: ...
    def samples(self, integration: str) -> Sequence[SampleDocument]: ...
    def references(
        self, field: str, *, integration: str = "", direction: str = "", visible: Visible = None, limit: int = 200
    ) -> ReferencePage: ...
    def tree(self) -> CommitTree: ...
    def past(self) -> CommitInfo | None: ...
