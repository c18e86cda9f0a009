"""The list of accounts, and one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.access import VIEW, account_at, proposers
from console.htmx import page_or_part
from console.presentation.mapping_tests import badge, standing
from console.proposing.places import why_not
from console.views.history import activations
from console.visit import visit
from integrations.core.documents import JSON, OverrideDocument
from integrations.core.state import applies
from integrations.queries.changes import account_changes
from integrations.queries.open_changes import open_on
from integrations.queries.reading import AccountDetail, AccountFilter

_PER_PAGE = 50
_RECENT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connection of an account: how many settings and expressions the account overrides in it."""

    integration: str
    environment: str
    settings: int
    expressions: int
    files: tuple[str, ...]


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    here = visit(request)
    wanted = AccountFilter(
        text=request.GET.get("text", "").strip(),
        owner=request.GET.get("owner", ""),
        tag=request.GET.get("tag", ""),
        integration=request.GET.get("integration", ""),
        environment=request.GET.get("environment", ""),
        is_overriding=bool(request.GET.get("overriding")),
        visible=here.visible,
    )
    after = request.GET.get("after", "")
    context = {
        "wanted": wanted,
        "found": here.reader.accounts(wanted, after=after, limit=_PER_PAGE),
        "is_first": not after,
        "is_narrowed": wanted != AccountFilter(visible=here.visible),
        # Asked for by the whole page alone: typing in the filter renders the list and nothing else.
        "facets": lambda: here.reader.facets(here.visible),
        "integrations": here.reader.integration_names,
        "environments": here.reader.settings().environments,
    }
    return page_or_part(request, "accounts/list.html", {"accounts": "accounts/_table.html"}, context)


@require_safe
def account(request: HttpRequest, account: str) -> HttpResponse:
    here = visit(request)
    detail = account_at(request.user, account, VIEW, here.reader)
    rows = connection_rows(detail, here.reader.settings().environments)
    context = {
        "account": detail.document,
        "connections": [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.integration)],
        "unconnected": _unconnected(detail),
        "tests": badge(standing(here), account=account),
        "open_proposals": open_on(here.repository, account=account, visible=here.visible),
        # Rights are those of now, and named for now.
        "proposers": proposers(detail.document.owner) if here.reader.is_current else None,
        "owner_source": replace(detail.document.source, line=detail.document.owner_line or detail.document.source.line),
        "propose_denial": why_not(request, account),
        # What happened since is no part of the past that is looked at.
        "activations": activations(
            account_changes(here.repository, account, until=here.reader.past(), limit=_RECENT), here
        )
        if here.reader.is_current
        else [],
    }
    return render(request, "accounts/account.html", context)


def connection_rows(detail: AccountDetail, environments: tuple[str, ...]) -> list[ConnectionRow]:
    """By integration, then in promotion order."""
    order = {name: position for position, name in enumerate(environments)}
    connections = sorted(detail.connections, key=lambda c: (c.integration, order.get(c.environment, len(order))))
    return [
        _connection_row(connection.integration, connection.environment, detail.overrides) for connection in connections
    ]


def _connection_row(integration: str, environment: str, overrides: Iterable[OverrideDocument]) -> ConnectionRow:
    mine = [o for o in overrides if o.integration == integration and applies(o.environments, environment)]
    return ConnectionRow(
        integration=integration,
        environment=environment,
        settings=sum(_leaves(override.config) for override in mine),
        expressions=sum(len(parts) for override in mine for parts in override.mappings.values()),
        files=tuple(override.source.file for override in mine),
    )


def _leaves(patch: Mapping[str, JSON]) -> int:
    """How many settings a merge patch sets or removes; a list with directives is one."""
    return sum(
        _leaves(value) if isinstance(value, Mapping) and not any(key.startswith("$") for key in value) else 1
        for value in patch.values()
    )


def _unconnected(detail: AccountDetail) -> list[OverrideDocument]:
    """Overrides that no connection uses: they are in Git and in force nowhere."""
    connected = {(connection.integration, connection.environment) for connection in detail.connections}
    return [
        override
        for override in detail.overrides
        if not any(
            integration == override.integration and applies(override.environments, environment)
            for integration, environment in connected
        )
    ]
