"""Django's sessions in the database, with whose each is in columns of their own. Named by `SESSION_ENGINE`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from console.models import Session

# Kept in the session itself, so that asking about its age costs no query.
STARTED, SEEN, ADDRESS, AGENT = "started", "seen", "address", "agent"


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: Mapping[str, Any]) -> Session:
        made: Any = super().create_model_instance(dict(data))
        user = data.get(SESSION_KEY)
        made.user_id = int(user) if user is not None else None
        made.address, made.agent = data.get(ADDRESS, ""), data.get(AGENT, "")
        made.started_at, made.seen_at = _moment(data.get(STARTED)), _moment(data.get(SEEN))
        assert isinstance(made, Session)
        return made


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
