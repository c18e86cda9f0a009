"""One search box over accounts, integrations, their config, mappings and fields of the active snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, Count, IntegerField, Q, Value, When

from integrations.core.documents import Kind
from integrations.models import Account, Connection, Document, FieldReference, Repository
from integrations.queries.reading import Visible

_MOST_WORDS = 6


class HitKind(StrEnum):
    ACCOUNT = "account"
    INTEGRATION = "integration"
    MAPPING = "mapping"
    FIELD = "field"
    CONNECTION = "connection"
    CONFIG = "config"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One result. `names` identify the target's page: (slug,), or (integration, model, resource, method).

    Of a connection they are account, integration and environment, of a path in a config the integration and the path,
    of a page of the console (which `search` does not know) the name of its route.
    """

    kind: HitKind
    title: str
    detail: str
    names: tuple[str, ...]


def search(repository: Repository, text: str, *, visible: Visible = None, limit: int = 8) -> list[Hit]:
    """Up to `limit` hits of each kind, those that begin with the text first. None for a blank text.

    Several words find connections too: each is part of the account's, the integration's or the environment's name.
    """
    text = text.strip()
    if not text:
        return []
    return [
        *_connections(repository, text, visible, limit),
        *_accounts(repository, text, visible, limit),
        *_integrations(repository, text, limit),
        *_mappings(repository, text, limit),
        *_config(repository, text, limit),
        *_fields(repository, text, visible, limit),
    ]


def _connections(repository: Repository, text: str, visible: Visible, limit: int) -> list[Hit]:
    words = text.lower().split()
    if len(words) == 1 or len(words) > _MOST_WORDS:
        return []
    rows = Connection.objects.filter(account__repository=repository)
    rows = rows if visible is None else rows.filter(account__slug__in=visible)
    for word in words:
        named = Q(account__slug__icontains=word) | Q(account__name__icontains=word)
        rows = rows.filter(named | Q(integration__icontains=word) | Q(environment__startswith=word))
    found = rows.select_related("account").order_by("account__slug", "integration", "environment")[:limit]
    return [
        Hit(
            kind=HitKind.CONNECTION,
            title=row.account.name,
            detail=f"{row.integration} in {row.environment}",
            names=(row.account.slug, row.integration, row.environment),
        )
        for row in found
    ]


def _accounts(repository: Repository, text: str, visible: Visible, limit: int) -> list[Hit]:
    rows = Account.objects.filter(repository=repository)
    rows = rows if visible is None else rows.filter(slug__in=visible)
    found = (
        rows.filter(Q(slug__icontains=text) | Q(name__icontains=text))
        .annotate(
            rank=Case(
                When(slug__istartswith=text, then=Value(0)),
                When(name__istartswith=text, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("rank", "slug")[:limit]
    )
    return [
        Hit(kind=HitKind.ACCOUNT, title=row.name, detail=f"{row.slug} · {row.owner or 'no owner'}", names=(row.slug,))
        for row in found
    ]


def _integrations(repository: Repository, text: str, limit: int) -> list[Hit]:
    rows = Document.objects.filter(repository=repository, kind=Kind.INTEGRATION, integration__icontains=text)
    slugs = rows.values_list("integration", flat=True).distinct().order_by("integration")[:limit]
    return [Hit(kind=HitKind.INTEGRATION, title=slug, detail="integration", names=(slug,)) for slug in slugs]


def _mappings(repository: Repository, text: str, limit: int) -> list[Hit]:
    rows = Document.objects.filter(repository=repository, kind=Kind.MAPPING)
    for word in text.lower().split():
        rows = rows.filter(key__icontains=word)
    hits: dict[str, Hit] = {}
    for key in rows.order_by("key").values_list("key", flat=True)[: 4 * limit]:
        _, integration, name = key.split("@")[0].split(":", 2)
        hits.setdefault(
            f"{integration} {name}",
            Hit(kind=HitKind.MAPPING, title=name, detail=integration, names=(integration, *name.split("/"))),
        )
    return list(hits.values())[:limit]


def _config(repository: Repository, text: str, limit: int) -> list[Hit]:
    """Paths that the platform layer sets, by the pointer or as people say it: `pagination.page_size`.

    Of environments and accounts there may be thousands of documents; they override what stands here.
    """
    wanted = text.lower().lstrip("/").replace("/", ".")
    rows = Document.objects.filter(repository=repository, kind=Kind.INTEGRATION).order_by("integration", "key")
    hits: dict[tuple[str, str], Hit] = {}
    for integration, lines in rows.values_list("integration", "body__lines"):
        for pointer in lines or ():
            shown = pointer.lstrip("/").replace("/", ".")
            if wanted and wanted in shown.lower():
                hit = Hit(kind=HitKind.CONFIG, title=shown, detail=integration, names=(integration, pointer))
                hits.setdefault((integration, pointer), hit)
    ranked = sorted(hits.values(), key=lambda hit: (not hit.title.lower().endswith(wanted), len(hit.title)))
    return ranked[:limit]


def _fields(repository: Repository, text: str, visible: Visible, limit: int) -> list[Hit]:
    rows = FieldReference.objects.filter(repository=repository, name__contains=text.lower())
    if visible is not None:
        rows = rows.filter(Q(document__account=None) | Q(document__account__slug__in=visible))
    found = rows.values("path", "direction").annotate(places=Count("pk")).order_by("-places", "path")[:limit]
    return [
        Hit(
            kind=HitKind.FIELD,
            title=row["path"],
            detail=f"{'read' if row['direction'] == 'reads' else 'written'} in {row['places']}"
            f" place{'' if row['places'] == 1 else 's'}",
            names=(row["path"],),
        )
        for row in found
    ]
