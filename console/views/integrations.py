"""The catalogue of integrations, and one integration before any account overrides it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.context import Page
from console.presentation.addresses import source_addresses
from console.presentation.mapping_tests import badge, standing
from console.presentation.rows import LeafGroup, leaf_groups
from console.proposing.places import why_not
from console.visit import visit
from integrations.core.documents import JSON, Layer, MappingDocument, OverrideDocument
from integrations.core.effective import Effective
from integrations.core.state import applies
from integrations.queries.effective import without_account
from integrations.queries.reading import AccountFilter, IntegrationEntry

_PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a person wants to know of an integration first, out of its effective config. JSON values, or None."""

    base_url: JSON
    category: JSON
    auth: JSON
    pagination: JSON
    rate_limit: JSON
    webhook: JSON
    scopes: Sequence[str]
    references: Mapping[str, str]  # what names a secret, never a secret: client_id_ref and its like
    endpoints: Sequence[tuple[str, str, str]]  # name, method, path

    @classmethod
    def of(cls, config: Mapping[str, JSON]) -> Facts:
        oauth = config.get("oauth_app")
        oauth = oauth if isinstance(oauth, Mapping) else {}
        scopes = oauth.get("scopes")
        return cls(
            base_url=config.get("base_url"),
            category=config.get("category"),
            auth=config.get("auth"),
            pagination=config.get("pagination"),
            rate_limit=config.get("rate_limit"),
            webhook=config.get("webhook"),
            scopes=[str(scope) for scope in scopes] if isinstance(scopes, list) else [],
            references={key: str(value) for key, value in oauth.items() if key.endswith("_ref")},
            endpoints=_endpoints(config.get("endpoints")),
        )


@require_safe
def integrations(request: HttpRequest) -> HttpResponse:
    here = visit(request)
    reader = here.reader
    entries = reader.integrations()
    text = request.GET.get("q", "").strip()
    category, environment = request.GET.get("category", ""), request.GET.get("environment", "")
    shown = [entry for entry in entries if _matches(entry, text.casefold(), category, environment)]
    context = {
        "entries": shown,
        "is_counted": here.visible is None,
        "total": len(entries),
        "text": text,
        "category": category,
        "environment": environment,
        "categories": sorted({entry.category for entry in entries} - {""}),
        "environments": reader.settings().environments,
    }
    return render(request, "integrations/list.html", context)


@require_safe
def integration(request: HttpRequest, integration: str) -> HttpResponse:
    here = visit(request)
    entry = here.reader.integration(integration)
    if entry is None:
        raise Http404(f"There is no integration “{integration[:100]}”.")
    environment = request.GET.get("environment", "")
    if environment not in entry.environments:
        # Production, the last in promotion order, is what people ask about unless they say otherwise.
        environment = entry.environments[-1] if entry.environments else ""
    found = without_account(here.reader, integration, environment)
    groups = leaf_groups(found) if found is not None else ()
    after = request.GET.get("after", "")
    overrides = here.reader.account_overrides(integration, visible=here.visible, after=after, limit=_PER_PAGE + 1)
    shown, following = _page(overrides, _PER_PAGE)
    connected = here.reader.accounts(
        AccountFilter(integration=integration, environment=environment, visible=here.visible), limit=1
    )
    context = {
        "entry": entry,
        "shown_environment": environment,
        "facts": Facts.of(found.config) if found is not None else None,
        "groups": groups,
        "links": source_addresses(_files(groups), Page(request).carried),
        "models": _by_model(here.reader.mappings(integration), environment, found),
        "environment_layers": here.reader.environment_overrides(integration),
        "overrides": [_describe(override) for override in shown],
        "after": following,
        "is_first": not after,
        "connected": connected.total,
        "tests": badge(standing(here), integration=entry.slug),
        "propose_denial": why_not(request),
    }
    return render(request, "integrations/integration.html", context)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """One account's override of the integration."""

    account: str
    environments: tuple[str, ...] | None
    settings: tuple[str, ...]  # the config's top-level keys that it touches
    mappings: tuple[str, ...]
    document: OverrideDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """`fields`: how many output fields can be told; `layers`: who speaks in it, without any account."""

    document: MappingDocument
    parts: tuple[str, ...]
    fields: int
    layers: tuple[Layer, ...]


def _matches(entry: IntegrationEntry, text: str, category: str, environment: str) -> bool:
    if category and entry.category != category:
        return False
    if environment and environment not in entry.environments:
        return False
    return not text or any(text in word.casefold() for word in (entry.slug, entry.category, entry.base_url))


def _endpoints(value: JSON) -> list[tuple[str, str, str]]:
    """`endpoints` as rows, whether it maps names to paths, names to objects, or lists objects."""
    if isinstance(value, Mapping):
        items: Iterable[tuple[str, JSON]] = value.items()
    elif isinstance(value, list):
        items = ((str(each.get("name", "")) if isinstance(each, Mapping) else "", each) for each in value)
    else:
        return []
    rows: list[tuple[str, str, str]] = []
    for name, each in items:
        if not isinstance(each, Mapping):
            rows.append((name, "", str(each)))
        elif "path" in each or "url" in each:
            rows.append((name, str(each.get("method", "")), str(each.get("path") or each.get("url") or "")))
        else:
            rows.extend((f"{name}.{inner}", method, path) for inner, method, path in _endpoints(each))
    return rows


def _by_model(
    documents: Iterable[MappingDocument], environment: str, found: Effective | None
) -> dict[str, list[MappingRow]]:
    models: dict[str, list[MappingRow]] = defaultdict(list)
    for document in documents:
        if not applies(document.environments, environment):
            continue
        parts = found.mappings.get(str(document.key), {}) if found is not None else {}
        layers = {said.layer: None for part in parts.values() for said in part.layers}
        models[document.key.model].append(
            MappingRow(
                document=document,
                parts=tuple(part.value for part in parts),
                fields=sum(len(part.fields) for part in parts.values()),
                layers=tuple(layers),
            )
        )
    return models


def _page(overrides: Sequence[OverrideDocument], size: int) -> tuple[Sequence[OverrideDocument], str | None]:
    """The rows to show and the account to go on after.

    An account may have several documents, and the key of a page is the account: the last one shown is shown whole.
    """
    if len(overrides) <= size:
        return overrides, None
    following = overrides[size].account
    shown = [override for override in overrides[:size] if override.account != following]
    if not shown:
        return overrides[:size], following
    return shown, shown[-1].account


def _describe(override: OverrideDocument) -> OverrideRow:
    return OverrideRow(
        account=override.account or "",
        environments=override.environments,
        settings=tuple(override.config),
        mappings=tuple(override.mappings),
        document=override,
    )


def _files(groups: Iterable[LeafGroup]) -> Iterable[str]:
    return {row.file for group in groups for row in group.rows}
