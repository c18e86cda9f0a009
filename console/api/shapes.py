"""Documents as the API shows them; `serializers` describes the same shapes for the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from console.presentation.proposals import waits
from integrations.core.documents import (
    JSON,
    AccountDocument,
    Connection,
    Environments,
    Expression,
    MappingDocument,
    OverrideDocument,
    Source,
)
from integrations.core.merge import Difference
from integrations.models import Proposal, Repository, Snapshot
from integrations.queries.changes import ConnectionChange, Effect
from integrations.queries.reading import AccountDetail, AccountEntry, IntegrationEntry

Shape = dict[str, Any]


def source(found: Source) -> Shape:
    return {"file": found.file, "line": found.line}


def connections(found: Iterable[Connection]) -> list[Shape]:
    return [{"integration": each.integration, "environment": each.environment} for each in found]


# --- accounts ----------------------------------------------------------------------------------------------
def account_entry(entry: AccountEntry) -> Shape:
    return {
        **_account(entry.document),
        "connections": connections(entry.connections),
        "overrides": entry.overrides,
    }


def account_detail(commit: str, detail: AccountDetail) -> Shape:
    return {
        **_account(detail.document),
        "commit": commit,
        "connections": connections(detail.connections),
        "overrides": [_override(each) for each in detail.overrides],
    }


def _account(document: AccountDocument) -> Shape:
    return {
        "slug": document.slug,
        "name": document.name,
        "owner": document.owner,
        "tags": list(document.tags),
        "source": source(document.source),
    }


def _override(document: OverrideDocument) -> Shape:
    return {
        "integration": document.integration,
        "environments": _environments(document.environments),
        "config": document.config,
        "mappings": {
            key: {
                str(part): {
                    "mode": str(said.mode),
                    "expression": said.expression.text if said.expression else None,
                    "source": source(said.expression.source if said.expression else said.source),
                }
                for part, said in parts.items()
            }
            for key, parts in document.mappings.items()
        },
        "source": source(document.source),
    }


def change(found: ConnectionChange) -> Shape:
    return {
        "snapshot": _commit(found.snapshot),
        "kind": str(found.kind),
        "integration": found.integration,
        "environment": found.environment,
        "differences": differences(found.differences),
    }


def differences(found: Iterable[Difference]) -> list[Shape]:
    shapes: list[Shape] = msgspec.to_builtins(list(found))
    return shapes


# --- integrations ------------------------------------------------------------------------------------------
def integration_entry(entry: IntegrationEntry, *, counted: bool) -> Shape:
    """`counted`: whether the person may know how many accounts there are; None stands for the numbers else."""
    return {
        "slug": entry.slug,
        "category": entry.category or None,
        "base_url": entry.base_url or None,
        "environments": list(entry.environments),
        "mappings": entry.mappings,
        "connected_accounts": entry.connected_accounts if counted else None,
        "overriding_accounts": entry.overriding_accounts if counted else None,
    }


def integration_detail(
    commit: str, entry: IntegrationEntry, overrides: Iterable[OverrideDocument], *, counted: bool
) -> Shape:
    return {
        **integration_entry(entry, counted=counted),
        "commit": commit,
        "documents": [
            {
                "environments": _environments(each.environments),
                "config": each.config,
                "source": source(each.source),
            }
            for each in entry.documents
        ],
        "environment_overrides": [_override(each) for each in overrides],
    }


def mapping(document: MappingDocument) -> Shape:
    return {
        "key": str(document.key),
        "environments": _environments(document.environments),
        "parts": {str(part): _expression(expression) for part, expression in document.parts.items()},
        "source": source(document.source),
    }


def _expression(found: Expression) -> Shape:
    told = found.analysis
    return {
        "expression": found.text,
        "source": source(found.source),
        "static": told.is_static,
        "fields": [{"path": each.path, "expression": each.expression} for each in told.fields],
        "reads": sorted({each.path for each in told.reads}),
    }


def _environments(found: Environments) -> list[str] | None:
    return None if found is None else list(found)


# --- snapshots ---------------------------------------------------------------------------------------------
def repository(row: Repository, active: Snapshot | None, *, sees_all: bool) -> Shape:
    """`active`: the one in force as the person sees it. `sees_all`: what is wrong may name any account."""
    return {
        "name": row.name,
        "branch": row.branch,
        "health": row.health,
        "trouble": (row.trouble or None) if sees_all else None,
        "active": _commit(active) if active else None,
        "head_commit": row.head_commit or None,
        "checked_at": row.checked_at,
        "sync_interval": row.sync_interval,
        "web_url": row.web_url or None,
    }


def snapshot(row: Snapshot) -> Shape:
    return {
        **_commit(row),
        "state": row.state,
        "seconds": row.seconds,
        "counts": row.counts,
        "hold_reasons": row.hold_reasons,
        "decision": _decision(row),
    }


def effect(found: Effect) -> Shape:
    return {
        "kind": str(found.kind),
        "connections": found.connections,
        "accounts": found.accounts,
        "examples": [
            {"account": account, "integration": integration, "environment": environment}
            for account, integration, environment in found.examples
        ],
        "differences": differences(found.differences),
    }


def _commit(row: Snapshot) -> Shape:
    return {
        "commit": row.commit,
        "subject": row.subject,
        "author": row.author_name,
        "authored_at": row.authored_at,
        "pull_request": row.pull_request,
        "activated_at": row.activated_at,
    }


def _decision(row: Snapshot) -> Mapping[str, Any] | None:
    if row.decided_at is None:
        return None
    return {"by": row.decided_by_name, "at": row.decided_at, "reason": row.decision_reason}


# --- proposals ---------------------------------------------------------------------------------------------
def proposal_entry(row: Proposal) -> Shape:
    return {
        "id": row.pk,
        "title": row.title,
        "layer": row.layer,
        "account": row.account or None,
        "integration": row.integration or None,
        "environment": row.environment or None,
        "proposer": row.proposer_name,
        "reason": row.reason,
        "ticket": row.ticket,
        "state": row.state,
        "waits_for": waits(row),
        "review": row.review,
        "created_at": row.created_at,
        "pull_request": row.pull_request,
        "url": row.url or None,
        "in_force_commit": row.in_force_commit or None,
        "in_force_at": row.in_force_at,
    }


def proposal_detail(row: Proposal, wanted: Mapping[str, JSON]) -> Shape:
    """`wanted`: the values that it sets, by the names that `base_values` has."""
    return {
        **proposal_entry(row),
        "summary": [line for line in row.summary.splitlines() if line.strip()],
        "changes": [
            {"name": name, "before": row.base_values.get(name), "after": value} for name, value in wanted.items()
        ],
        "files": sorted(row.file_changes),
        "base_commit": row.base_commit,
        "head_commit": row.head_commit or None,
        "merge_commit": row.merge_commit or None,
        "independent": row.is_independent,
        "independence": row.independence,
        "reviews": [
            {key: each.get(key) for key in ("who", "verdict", "commit", "is_stale", "at")} for each in row.reviews
        ],
        "conflicts": row.conflicts,
    }
