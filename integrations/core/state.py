"""The desired state: every document of one commit, with the look-ups that merging and checking need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from integrations.core.documents import (
    AccountDocument,
    Connection,
    Document,
    Environments,
    IntegrationDocument,
    Layer,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    SettingsDocument,
)


def applies(environments: Environments, environment: str) -> bool:
    """Whether a document with this scope is in force in `environment`."""
    return environments is None or environment in environments


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """All that is merged for one connection, lowest layer first; the argument of `merge.merge`.

    At most one environment and one account override apply to a connection: the loader refuses more as duplicates.
    """

    integration: IntegrationDocument
    mappings: tuple[MappingDocument, ...]
    environment: OverrideDocument | None = None
    account: OverrideDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """The documents of one commit, good as a whole. Build with `DesiredState.of`."""

    commit: str
    settings: SettingsDocument
    integrations: dict[str, list[IntegrationDocument]] = field(default_factory=lambda: defaultdict(list))
    mappings: dict[str, list[MappingDocument]] = field(default_factory=lambda: defaultdict(list))
    environment_overrides: dict[str, list[OverrideDocument]] = field(default_factory=lambda: defaultdict(list))
    account_overrides: dict[tuple[str, str], list[OverrideDocument]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, AccountDocument] = field(default_factory=dict)
    models: dict[tuple[str, str], ModelDocument] = field(default_factory=dict)
    samples: list[SampleDocument] = field(default_factory=list)

    @classmethod
    def of(cls, commit: str, settings: SettingsDocument, documents: Iterable[Document]) -> DesiredState:
        state = cls(commit=commit, settings=settings)
        for document in documents:
            state._add(document)
        return state

    def _add(self, document: Document) -> None:
        match document:
            case IntegrationDocument():
                self.integrations[document.slug].append(document)
            case MappingDocument():
                self.mappings[document.integration].append(document)
            case OverrideDocument(layer=Layer.ENVIRONMENT):
                self.environment_overrides[document.integration].append(document)
            case OverrideDocument():
                self.account_overrides[document.account or "", document.integration].append(document)
            case AccountDocument():
                self.accounts[document.slug] = document
            case ModelDocument():
                self.models[document.model, document.resource] = document
            case SampleDocument():
                self.samples.append(document)
            case SettingsDocument():
                pass  # given to `of`, since all other documents are read by its rules

    def stack(self, account: str | None, integration: str, environment: str) -> Stack | None:
        """What is merged for one connection (`account` None: for any account without overrides).

        None when the platform layer does not define the integration in this environment.
        """
        base = next((d for d in self.integrations.get(integration, ()) if applies(d.environments, environment)), None)
        if base is None:
            return None
        return Stack(
            integration=base,
            mappings=tuple(d for d in self.mappings.get(integration, ()) if applies(d.environments, environment)),
            environment=only(self.environment_overrides.get(integration, ()), environment),
            account=only(self.account_overrides.get((account, integration), ()), environment) if account else None,
        )


def connections_of(
    document: AccountDocument, overrides: Iterable[OverrideDocument], environments: tuple[str, ...]
) -> tuple[Connection, ...]:
    """An account's connections: the stated ones; where none are stated, one per override and its environments.

    An override for an integration that is not among the stated connections adds none: it is inert until the
    account is connected, and the loader accepts it so that overrides can be prepared ahead.
    """
    if document.connections is not None:
        return tuple(sorted(set(document.connections)))
    implied = {
        Connection(integration=override.integration, environment=environment)
        for override in overrides
        for environment in override.environments or environments
    }
    return tuple(sorted(implied))


def only(overrides: Iterable[OverrideDocument], environment: str) -> OverrideDocument | None:
    """The one override that is in force in `environment`: the loader refuses a second as a duplicate."""
    return next((d for d in overrides if applies(d.environments, environment)), None)
