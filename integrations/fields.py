"""A column for documents whose keys keep their order."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from psycopg.types.json import Json, Jsonb


class OrderedJSONField(models.JSONField):
    """JSON kept as the text it is. PostgreSQL's jsonb, Django's choice, sorts the keys of objects.

    A config is shown in the order in which its author wrote it. The price: such a column cannot be searched by
    containment, and its parts only be compared as text (`KeyTextTransform`).
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        ready = super().get_db_prep_value(value, connection, prepared)
        return Json(ready.obj, ready.dumps) if isinstance(ready, Jsonb) else ready

    def from_db_value(self, value: Any, expression: Expression, connection: BaseDatabaseWrapper) -> Any:
        # The driver has read a json column already; SQLite gives text.
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value
