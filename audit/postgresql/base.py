"""PostgreSQL as Django speaks to it, but that one statement can wait for the next one or for COMMIT, and go with that.

An act's entry is nearly always its last statement: on its own it costs one more way to the server and back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from django.db.utils import DatabaseError
from psycopg import OperationalError, errors, generators, pq

_FAILED = {pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE}


class NeverSent(Exception):
    """The statement was rolled back before it was sent."""


class Carried:
    """A statement with its parameters ($1, …), each a text or None. `row`: what it returned, once it has arrived."""

    __slots__ = ("name", "parameters", "row", "sql")

    def __init__(self, name: str, sql: str, parameters: Sequence[str | None]) -> None:
        self.name, self.sql, self.parameters = name, sql, parameters
        self.row: tuple[str, ...] | None = None


class DatabaseWrapper(base.DatabaseWrapper):
    """`carry` keeps the order of statements and their atomicity:

    what is carried is sent before any other statement, savepoints among them, and otherwise in one message with COMMIT;
    its error is raised there and nothing is committed. Whatever rolls the transaction back takes it along.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._carried: Carried | None = None
        self._kept: set[str] = set()  # names of statements that this connection's server process has prepared
        self.execute_wrappers.append(self._after_carried)

    def carry(self, statement: Carried) -> None:
        """Takes a statement along, within `atomic`."""
        self.validate_no_broken_transaction()
        self.arrive()
        if self.connection is None or self.connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            with self.cursor() as cursor:
                cursor.execute("SELECT 1")  # the driver begins the transaction with the first statement of its own
        self._carried = statement

    def arrive(self) -> None:
        """Sends what is carried now. If it fails, so does all that it belongs to."""
        carried, self._carried = self._carried, None
        if carried is None:
            return
        try:
            self._send(carried)
        except DatabaseError:
            self.needs_rollback = True
            raise

    def row_of(self, statement: Carried) -> tuple[str, ...]:
        """What it returned; sends it if need be. Raises NeverSent."""
        if self._carried is statement:
            self.arrive()
        if statement.row is None:
            raise NeverSent
        return statement.row

    def _after_carried(self, execute: Callable[..., Any], *statement: Any) -> Any:
        if self._carried is not None:
            self.arrive()
        return execute(*statement)

    def get_new_connection(self, conn_params: Any) -> Any:
        self._carried = None
        self._kept.clear()
        return super().get_new_connection(conn_params)

    def _commit(self) -> None:
        carried, self._carried = self._carried, None
        if carried is None:
            super()._commit()  # type: ignore[misc]  # the stubs leave it out
            return
        with debug_transaction(self, "COMMIT"):
            self._send(carried, b"COMMIT")

    def rollback(self) -> None:
        self._carried = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        self._carried = None  # newer than the savepoint, before which all that was carried has been sent
        super().savepoint_rollback(sid)

    def close(self) -> None:
        self._carried = None
        super().close()

    def _send(self, statement: Carried, *then: bytes) -> None:
        """One message there, one back: the statement, made known to the server if it is not, and `then`."""
        connection = self.connection
        with debug_transaction(self, statement.sql), self.wrap_database_errors, connection.lock:
            try:
                results = connection.wait(_exchange(connection.pgconn, self._commands(statement, then)))
            except BaseException:
                connection.close()  # nobody knows what is still to be read
                raise
            if results[0].status == pq.ExecStatus.COMMAND_OK:  # it is prepared, whatever came of the rest
                self._kept.add(statement.name)
            for result in results:
                if result.status in _FAILED:
                    raise errors.error_from_result(result)
            (answer,) = (result for result in results if result.status == pq.ExecStatus.TUPLES_OK)
            statement.row = tuple(answer.get_value(0, at).decode() for at in range(answer.nfields))

    def _commands(self, statement: Carried, then: Sequence[bytes]) -> list[Callable[[], None]]:
        pgconn = self.connection.pgconn
        name, sql = statement.name.encode(), statement.sql.encode()
        values = [None if value is None else value.encode() for value in statement.parameters]
        after = [partial(pgconn.send_query_params, text, None) for text in then]
        if self.connection.prepare_threshold is None:  # a pooler between could not keep it
            return [partial(pgconn.send_query_params, sql, values), *after]
        first = [] if statement.name in self._kept else [partial(pgconn.send_prepare, name, sql)]
        return [*first, partial(pgconn.send_query_prepared, name, values), *after]


def _exchange(pgconn: Any, commands: Sequence[Callable[[], None]]) -> Generator[Any, Any, list[Any]]:
    """The result of each command, sent in one pipeline; after one that fails the server does none."""
    pgconn.enter_pipeline_mode()
    for command in commands:
        command()
    pgconn.pipeline_sync()
    yield from generators.send(pgconn)
    results = []
    for _ in [*commands, "the end of the pipeline"]:
        found = yield from generators.fetch_many(pgconn)
        if not found:
            raise OperationalError("the connection ended before the answer")
        results += found
    pgconn.exit_pipeline_mode()
    return results
