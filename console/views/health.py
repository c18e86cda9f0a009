"""For machines: is the process alive, and can it serve?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import current_app
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError

from integrations.models import Repository

log = structlog.get_logger(__name__)
_BROKER_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 as long as the process answers; asks nothing of anything else, so that a restart is worth its while."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 when every part is ok, else 503: {"status", "parts": {"database" | "broker" | "snapshot": {"ok", "detail"}}}.

    Details name no host and no error text: anybody may ask.
    """
    parts = {name: _checked(name, check) for name, check in _CHECKS.items()}
    is_ready = all(part["ok"] for part in parts.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", "parts": parts}, status=200 if is_ready else 503
    )


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


def _checked(name: str, check: Callable[[], str | None]) -> dict[str, Any]:
    try:
        trouble = check()
    except (DatabaseError, KombuError, OSError) as error:
        log.warning("not_ready", part=name, error=type(error).__name__)
        trouble = "cannot be reached"
    return {"ok": trouble is None, "detail": trouble or "ok"}


def _database() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


def _broker() -> str | None:
    with current_app.connection_for_write(connect_timeout=_BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=_BROKER_SECONDS)
    return None


def _snapshot() -> str | None:
    return None if Repository.objects.filter(active__isnull=False).exists() else "nothing has been synced yet"


_CHECKS: dict[str, Callable[[], str | None]] = {"database": _database, "broker": _broker, "snapshot": _snapshot}
