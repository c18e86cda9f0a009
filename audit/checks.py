"""What a deployment must have so that the triggers bind the application too."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning as CheckWarning, register
from django.db import DatabaseError, connection


@register(Tags.security, deploy=True)
def application_owns_the_log(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - Django's form
    """Warns when the application's role may disable the triggers: it owns the tables, or is a superuser."""
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_class c WHERE c.relname LIKE 'audit\\_%%' AND c.relkind = 'r'"
                " AND pg_has_role(current_user, c.relowner, 'USAGE')"
            )
            (owned,) = cursor.fetchone()
    except DatabaseError:
        return []  # the database is asked elsewhere whether it answers
    if not owned:
        return []
    hint = "Give the tables to an owner role that only migrations use: docs/audit.md, section PostgreSQL roles."
    return [CheckWarning("The application's database role owns the audit log's tables.", hint=hint, id="audit.W001")]
