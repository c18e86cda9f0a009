"""Background work of the console's own: what people leave behind when they only close the browser."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import caches

from console.cache import JsonDatabaseCache
from console.session_store import SessionStore


@shared_task
def clear_what_has_ended() -> None:
    """Removes sessions past their end, and what the cache's table keeps without Redis; run by beat once a day."""
    SessionStore.clear_expired()
    shared = caches["default"]
    if isinstance(shared, JsonDatabaseCache):
        shared.clear_expired()
