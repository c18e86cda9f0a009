"""What would be in force if some files were other than they are: a snapshot that is only thought of.

Read by the code that reads a commit (`queries.intake`) and merged by the code that merges what is in force, so that a
preview can say nothing else than the sync will.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from integrations.core.documents import (
    AccountDocument,
    Connection,
    Document,
    Kind,
    MappingDocument,
    ModelDocument,
    OverrideDocument,
    SampleDocument,
    from_builtins,
)
from integrations.core.overlay import OverlaidTree
from integrations.core.problems import Problem
from integrations.core.state import DesiredState, Stack, connections_of, only
from integrations.models import Document as DocumentRow, Repository, Snapshot
from integrations.queries.active import ActiveReader
from integrations.queries.analyses import KeptAnalyses
from integrations.queries.effective import base_of
from integrations.queries.effects import Effect, Place, Scope, Side, compare, read_side, scope_of
from integrations.queries.intake import Intake, read_changed
from integrations.queries.reading import AccountDetail, Visible

Files = Mapping[str, str | None]  # path → the whole new text, or None where the file goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """`before` is in force; `after` would be. With `problems` a sync would reject it, and `after` is of no use."""

    before: ActiveReader
    after: ProposedReader
    problems: tuple[Problem, ...]

    def sides(self) -> tuple[Side, Side]:
        """All connections that the change may reach, as they are and as they would be; some queries, however many."""
        scope = scope_of(self.before, self.after.intake)
        before = read_side(self.before, scope)
        return before, self.after.side(before, scope)

    def effects(self) -> list[Effect]:
        """The connections whose effective values would change, and how; by account, integration, environment."""
        return list(compare(*self.sides()))


def read_proposed(repository: Repository, files: Files, *, checks_accounts: bool = True) -> Proposed:
    """What the active snapshot would become with these files. `checks_accounts`: see `queries.intake.read_changed`."""
    snapshot = repository.active
    if snapshot is None:
        raise ValueError(f"{repository.name} has no snapshot that could be changed")
    before = ActiveReader(repository, snapshot)
    base = before.tree()
    tree = OverlaidTree(base, {path: None if text is None else text.encode() for path, text in files.items()})
    intake = read_changed(
        repository,
        tree,
        base,
        sorted(files),
        over=snapshot,
        analyses=KeptAnalyses(),
        checks_accounts=checks_accounts,
    )
    after = ProposedReader(repository, snapshot, intake)
    return Proposed(before=before, after=after, problems=intake.problems)


class ProposedReader(ActiveReader):
    """Reads of what would be in force. Lists of accounts, the catalogue and references are those of the snapshot."""

    is_current = False

    def __init__(self, repository: Repository, snapshot: Snapshot, intake: Intake) -> None:
        super().__init__(repository, snapshot)
        self.intake = intake
        self.platform_key = intake.platform_key

    # --- platform and environment layers ---------------------------------------------------------------
    @cached_property
    def _state(self) -> DesiredState | None:
        """All that lies outside of account folders, where the change reaches it."""
        if self.intake.evaluated is None:
            return None
        return DesiredState.of(self.commit, self.intake.settings, self.intake.evaluated)

    def integration_names(self) -> Sequence[str]:
        return super().integration_names() if self._state is None else sorted(self._state.integrations)

    def mappings(self, integration: str) -> Sequence[MappingDocument]:
        return super().mappings(integration) if self._state is None else self._state.mappings.get(integration, [])

    def environment_overrides(self, integration: str | None = None) -> Sequence[OverrideDocument]:
        if self._state is None:
            return super().environment_overrides(integration)
        found = self._state.environment_overrides
        return (
            found.get(integration, []) if integration else [each for documents in found.values() for each in documents]
        )

    def models(self) -> Mapping[str, Sequence[ModelDocument]]:
        if self._state is None:
            return super().models()
        found: dict[str, list[ModelDocument]] = defaultdict(list)
        for document in self._state.models.values():
            found[document.model].append(document)
        return found

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        if self._state is None:
            return super().samples(integration)
        found = (sample for sample in self._state.samples if sample.integration == integration)
        return sorted(found, key=lambda sample: sample.source)

    def stack(self, account: str | None, integration: str, environment: str) -> Stack | None:
        lower = self._state
        found = (
            super().stack(None, integration, environment)
            if lower is None
            else lower.stack(None, integration, environment)
        )
        if found is None or account is None:
            return found
        return Stack(
            integration=found.integration,
            mappings=found.mappings,
            environment=found.environment,
            account=self.override(account, integration, environment),
        )

    # --- accounts --------------------------------------------------------------------------------------
    def override(self, account: str, integration: str, environment: str) -> OverrideDocument | None:
        return only((each for each in self._overrides(account) if each.integration == integration), environment)

    def account(self, slug: str) -> AccountDetail | None:
        if slug in self.intake.folders:
            document = next((d for d in self.intake.folders[slug] if isinstance(d, AccountDocument)), None)
        else:
            known = super().account(slug)
            document = known.document if known is not None else None
        if document is None:
            return None
        overrides = tuple(self._overrides(slug))
        return AccountDetail(
            document=document,
            connections=connections_of(document, overrides, self.intake.settings.environments),
            overrides=overrides,
        )

    def connections(self, account: str) -> tuple[Connection, ...]:
        found = self.account(account)
        return found.connections if found is not None else ()

    def account_overrides(
        self, integration: str, *, visible: Visible = None, after: str = "", limit: int = 50
    ) -> Sequence[OverrideDocument]:
        replaced = self._replaced
        known = super().account_overrides(integration, visible=visible, after=after, limit=limit)
        found = [each for each in known if each.account not in replaced]
        for slug in sorted(replaced):
            if slug > after and (visible is None or slug in visible):
                found += [each for each in self._overrides(slug) if each.integration == integration]
        return sorted(found, key=lambda each: each.account or "")[:limit]

    @cached_property
    def _replaced(self) -> frozenset[str]:
        """The accounts whose overrides may be other ones than the rows say."""
        named = {d.account for d in self.intake.evaluated or () if isinstance(d, OverrideDocument) and d.account}
        rows = DocumentRow.objects.filter(repository=self.repository, origin=DocumentRow.Origin.EVALUATION)
        rows = rows.filter(account__isnull=False)
        before = set(rows.values_list("account__slug", flat=True)) if self.intake.evaluated is not None else set()
        return frozenset({*self.intake.folders, *named, *before})

    def _overrides(self, account: str) -> Iterable[OverrideDocument]:
        """All of the account's, from its folder and from HCL, each from the change where that says so."""
        folder: Iterable[Document]
        if account in self.intake.folders:
            folder = self.intake.folders[account]
        else:
            folder = self._stored(account, DocumentRow.Origin.FOLDER)
        if self.intake.evaluated is None:
            hcl = self._stored(account, DocumentRow.Origin.EVALUATION)
        else:
            hcl = [d for d in self.intake.evaluated if isinstance(d, OverrideDocument) and d.account == account]
        return [each for each in (*folder, *hcl) if isinstance(each, OverrideDocument)]

    def _stored(self, account: str, origin: DocumentRow.Origin) -> list[Document]:
        rows = self._rows(None).filter(account__slug=account, kind=Kind.OVERRIDE, origin=origin).order_by("key")
        return [from_builtins(Kind.OVERRIDE, body) for body in rows.values_list("body", flat=True)]

    # --- what is compared ------------------------------------------------------------------------------
    def side(self, before: Side, scope: Scope) -> Side:
        """The same connections as in `before`, as they would be, and those that would come."""
        replaced = self._replaced
        connections: set[Place] = {place for place in before.connections if place[0] not in replaced}
        overrides = {key: found for key, found in before.overrides.items() if key[0] not in replaced}
        for slug in replaced:
            detail = self.account(slug)
            if detail is None:
                continue
            for each in detail.overrides:
                overrides.setdefault((slug, each.integration), []).append(each)
            connections |= {
                (slug, each.integration, each.environment)
                for each in detail.connections
                if scope.holds(slug, each.integration)
            }
        below = {place[1:] for place in connections}
        return Side(
            connections=frozenset(connections),
            overrides=overrides,
            bases={key: base_of(self, *key) for key in below},
        )
