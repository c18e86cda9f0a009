"""Which connections' effective values a change alters, and in which leaves.

Both sides of the connections in scope are merged by the one engine: what is compared is what the pages show. A sync
reads the rows before they are written and again after, in one transaction; a change that is only thought of is read
from what it would write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from integrations.core.documents import (
    Document,
    Kind,
    Layer,
    OverrideDocument,
    digest,
    from_builtins,
    integration_of,
    key_of,
)
from integrations.core.merge import Base, Difference, Effective, difference, merge_account
from integrations.core.state import only
from integrations.models import (
    Account,
    Change,
    Connection as ConnectionRow,
    Document as DocumentRow,
)
from integrations.queries.active import ActiveReader
from integrations.queries.effective import base_of
from integrations.queries.intake import Intake

Below = tuple[str, str]  # integration, environment
Place = tuple[str, str, str]  # account, integration, environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The connections that an intake may change: all of some accounts, and all to some integrations."""

    accounts: frozenset[str] | None  # None: every account
    integrations: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return self.accounts is not None and not self.accounts and not self.integrations

    def holds(self, account: str, integration: str) -> bool:
        return self.accounts is None or account in self.accounts or integration in self.integrations

    def q(self, account: str, integration: str) -> Q:
        """The condition on rows whose account's slug and integration have these names."""
        if self.accounts is None:
            return Q()
        return Q(**{f"{account}__in": self.accounts}) | Q(**{f"{integration}__in": self.integrations})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is merged for the connections in scope, before or after."""

    connections: frozenset[Place]
    overrides: dict[tuple[str, str], list[OverrideDocument]]
    bases: dict[Below, Base | None]

    def effective(self, place: Place) -> Effective | None:
        lower = self.bases.get(place[1:])
        return None if lower is None else merge_account(lower, self.override(place))

    def override(self, place: Place) -> OverrideDocument | None:
        return only(self.overrides.get(place[:2], ()), place[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What changed for one connection; no differences for one that came or went."""

    place: Place
    kind: Change.Kind
    differences: tuple[Difference, ...] = field(default=())


def scope_of(reader: ActiveReader, intake: Intake) -> Scope:
    """What activating `intake` over the reader's snapshot may change. Ask before writing rows."""
    accounts = set(intake.folders)
    if intake.evaluated is not None:
        accounts |= {d.account for d in intake.evaluated if isinstance(d, OverrideDocument) and d.account}
        accounts |= set(
            Account.objects.filter(
                repository=reader.repository, overrides__origin=DocumentRow.Origin.EVALUATION
            ).values_list("slug", flat=True)
        )
    return Scope(
        accounts=None if intake.is_whole else frozenset(accounts),
        integrations=frozenset(_changed_integrations(reader, intake)),
    )


def read_side(reader: ActiveReader, scope: Scope) -> Side:
    """The scope as the rows have it now; three queries, and one per base not cached."""
    connections: set[Place] = set(
        ConnectionRow.objects.filter(account__repository=reader.repository)
        .filter(scope.q("account__slug", "integration"))
        .values_list("account__slug", "integration", "environment")
    )
    rows = DocumentRow.objects.filter(
        repository=reader.repository, kind=Kind.OVERRIDE, layer=Layer.ACCOUNT, account__isnull=False
    ).filter(scope.q("account__slug", "integration"))
    overrides: dict[tuple[str, str], list[OverrideDocument]] = defaultdict(list)
    for body in rows.values_list("body", flat=True).iterator():
        document = from_builtins(Kind.OVERRIDE, body)
        assert isinstance(document, OverrideDocument)
        overrides[document.account or "", document.integration].append(document)
    below = {place[1:] for place in connections}
    return Side(
        connections=frozenset(connections),
        overrides=overrides,
        bases={key: base_of(reader, *key) for key in below},
    )


def compare(before: Side, after: Side) -> Iterator[Effect]:
    """Every connection that differs, in order of account, integration, environment."""
    shared: dict[Below, tuple[Difference, ...]] = {}
    for place in sorted(before.connections | after.connections):
        if place not in before.connections:
            yield Effect(place=place, kind=Change.Kind.CONNECTED)
        elif place not in after.connections:
            yield Effect(place=place, kind=Change.Kind.DISCONNECTED)
        elif found := _differences(before, after, place, shared):
            yield Effect(place=place, kind=Change.Kind.CHANGED, differences=found)


def _differences(
    before: Side, after: Side, place: Place, shared: dict[Below, tuple[Difference, ...]]
) -> tuple[Difference, ...]:
    below = place[1:]
    old, new = before.override(place), after.override(place)
    if old is None and new is None:
        # The same for everyone who overrides nothing: compared once.
        if below not in shared:
            shared[below] = difference(before.effective(place), after.effective(place))
        return shared[below]
    if before.bases.get(below) is after.bases.get(below) and old == new:
        return ()
    return difference(before.effective(place), after.effective(place))


def _changed_integrations(reader: ActiveReader, intake: Intake) -> set[str]:
    """Integrations of which any document below the account layer came, went or differs."""
    if intake.evaluated is None:
        return set()
    rows = DocumentRow.objects.filter(
        repository=reader.repository, layer__in=[Layer.PLATFORM, Layer.ENVIRONMENT]
    ).values_list("key", "digest", "integration")
    known = {key: (content, integration) for key, content, integration in rows}
    changed = set()
    for document in intake.evaluated:
        integration = _below_accounts(document)
        if integration and known.pop(key_of(document), ("", ""))[0] != digest(document):
            changed.add(integration)
    return changed | {integration for _, integration in known.values()}


def _below_accounts(document: Document) -> str:
    """The integration whose lower layers the document belongs to; "" for none."""
    if isinstance(document, OverrideDocument) and document.layer is Layer.ACCOUNT:
        return ""
    return integration_of(document)
