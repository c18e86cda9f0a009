"""The triggers that make the log append-only, for both databases. Migrations install them; verification asks for them.

PostgreSQL: `ENABLE ALWAYS`, since `session_replication_role = replica` silences others. SQLite: a guard before INSERT
too, since the deletes that `INSERT OR REPLACE` does run no delete trigger.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

# table → columns that identify a row
_APPEND_ONLY = {
    "audit_entry": ("id", "intent"),
    "audit_leaf": ("index", "entry_id"),
    "audit_checkpoint": ("size",),
}
_NEVER_EDITED = {"audit_personaldata": ("commitment",)}  # whole rows may be erased
_GUARDED = {**_APPEND_ONLY, **_NEVER_EDITED}
_SAY = "the audit log is append-only"


def install(connection: BaseDatabaseWrapper) -> None:
    _run(connection, _postgres() if connection.vendor == "postgresql" else _sqlite())


def remove(connection: BaseDatabaseWrapper) -> None:
    """For the owner of a test database, which must be emptied between tests."""
    on = connection.vendor == "postgresql"
    names = [(name, table) for name, table in _names(connection.vendor)]
    _run(connection, [f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on else "") for name, table in names])


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are absent, disabled, or do something else than they should."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname, c.relname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgenabled = 'A' AND c.relname LIKE 'audit\\_%%'"
                " AND c.relnamespace = current_schema()::regnamespace AND t.tgqual IS NULL"
            )
            found = {(name, table) for name, table, body in cursor.fetchall() if body == _REFUSE_BODY}
            return [name for name, table in _names("postgresql") if (name, table) not in found]
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        stored = dict(cursor.fetchall())
        wanted = {statement.split()[2]: statement for statement in _sqlite()}
        return [name for name, statement in wanted.items() if stored.get(name) != statement]


def _names(vendor: str) -> list[tuple[str, str]]:
    kinds = ("change", "truncate") if vendor == "postgresql" else ("update", "delete", "insert")
    return [
        (f"{table}_no_{kind}", table)
        for table in _GUARDED
        for kind in kinds
        if (kind != "delete" or table in _APPEND_ONLY)
    ]


_REFUSE_BODY = f" BEGIN RAISE EXCEPTION '{_SAY}' USING ERRCODE = 'insufficient_privilege'; END "


def _postgres() -> list[str]:
    statements = [
        f"CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSE_BODY}$$",
    ]
    for table in _GUARDED:
        acts = "UPDATE OR DELETE" if table in _APPEND_ONLY else "UPDATE"
        for name, when in ((f"{table}_no_change", acts), (f"{table}_no_truncate", "TRUNCATE")):
            statements += [
                f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
            ]
    return statements


def _sqlite() -> list[str]:
    raise_ = f"BEGIN SELECT RAISE(ABORT, '{_SAY}'); END"
    statements = []
    for table, columns in _GUARDED.items():
        acts = ("update", "delete") if table in _APPEND_ONLY else ("update",)
        statements += [f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} {raise_}" for act in acts]
        same = " OR ".join(f'"{column}" = NEW."{column}"' for column in columns)
        statements.append(
            f"CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table}"  # noqa: S608 - names of our own
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {raise_}"
        )
    return statements


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
