"""Looking into reasons and data, with what each database has for it; `install` makes the indexes of PostgreSQL.

A reason is found by its words or their beginnings, in any order, whatever stands between them: `INC-204` is two words.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func, Q, TextField, Value
from django.db.models.sql.compiler import SQLCompiler

from audit.events import Event

_WORDS = "regexp_replace(lower({0}), '[^[:alnum:]]+', ' ', 'g')"
_REASON = f"to_tsvector('simple', {_WORDS.format('reason')})"
_GRANT = "((data::jsonb) ->> 'grant')"
_HAS_GRANT = "data LIKE '%\"grant\":%'"
_ACCOUNTS = "((data::jsonb) -> 'accounts')"
_COMMIT = "((data::jsonb) ->> 'commit')"
_ACTIVATED = f"event = '{Event.SYNC_ACTIVATED.value}'"
_INDEXES = {
    "audit_entry_reason": f"USING gin ({_REASON}) WHERE reason <> ''",
    "audit_entry_grant": f"({_GRANT}, id) WHERE {_HAS_GRANT}",
    "audit_entry_accounts": f"USING gin ({_ACCOUNTS} jsonb_path_ops) WHERE {_ACTIVATED}",
    "audit_entry_commit": f"({_COMMIT}) WHERE {_ACTIVATED}",
}
_SqlAndParams = tuple[str, tuple[Any, ...]]


class _Holds(Func):
    """A condition written for each database by hand: `on_postgresql` and `on_sqlite` take the value as %s."""

    output_field = BooleanField()
    on_postgresql = on_sqlite = ""

    def _written(self, template: str, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _SqlAndParams:
        value = self.source_expressions[0]
        sql, params = compiler.compile(value)
        return template.replace("%", "%%").replace("{value}", sql), tuple(params) * template.count("{value}")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> _SqlAndParams:
        return self._written(self.on_postgresql, compiler, connection)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> _SqlAndParams:
        return self._written(self.on_sqlite, compiler, connection)


class _ReasonHolds(_Holds):
    # NULL, and so nothing, for a text without any letter or digit.
    on_postgresql = (
        f"(reason <> '' AND {_REASON} @@ to_tsquery('simple', replace(nullif(trim({_WORDS.format('{value}')}), ''),"
        " ' ', ':* & ') || ':*'))"
    )


class _ReasonHoldsHere(_ReasonHolds):
    """The same, asked of each row: no index has it in this form."""

    on_postgresql = f"({_ReasonHolds.on_postgresql} IS TRUE)"


class _GrantIs(_Holds):
    on_postgresql = f"({_HAS_GRANT} AND {_GRANT} = {{value}})"
    on_sqlite = "(CAST(json_extract(data, '$.grant') AS TEXT) = {value})"


class _NamesAccount(_Holds):
    on_postgresql = f"({_ACCOUNTS} @> to_jsonb({{value}}::text))"
    on_sqlite = "EXISTS (SELECT 1 FROM json_each(data, '$.accounts') WHERE value = {value})"


class _CommitIs(_Holds):
    """The value is a list of commits, as JSON."""

    on_postgresql = f"({_COMMIT} = ANY (ARRAY(SELECT jsonb_array_elements_text({{value}}::jsonb))))"
    on_sqlite = "(json_extract(data, '$.commit') IN (SELECT value FROM json_each({value})))"


def reason_holds(text: str, vendor: str, *, is_nearby: bool = False) -> Q:
    """Entries whose reason has every word of `text`, or words that begin with it.

    `is_nearby`: for a few rows that another condition picks, so that PostgreSQL does not gather all that match first.
    """
    if vendor == "postgresql":
        condition = _ReasonHoldsHere if is_nearby else _ReasonHolds
        return Q(condition(Value(text, TextField())))
    found = Q()
    words = [word for word in re.split(r"[\W_]+", text) if word]
    for word in words:
        found &= Q(reason__iregex=rf"(^|[\W_]){re.escape(word)}")
    return found if words else Q(pk__in=[])


def grant_is(grant: str) -> Q:
    return Q(_GrantIs(Value(grant, TextField())))


def names_account(account: str) -> Q:
    """Activations whose entry itself names the account among those that it changed."""
    return Q(event=Event.SYNC_ACTIVATED.value) & Q(_NamesAccount(Value(account, TextField())))


def commit_is_one_of(commits: str) -> Q:
    """Activations of these commits, a JSON list."""
    return Q(event=Event.SYNC_ACTIVATED.value) & Q(_CommitIs(Value(commits, TextField())))


def install(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        _run(connection, [f"CREATE INDEX {name} ON audit_entry {how}" for name, how in _INDEXES.items()])


def remove(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        _run(connection, [f"DROP INDEX IF EXISTS {name}" for name in _INDEXES])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
