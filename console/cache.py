"""What the shared cache may hold: JSON. Whoever can write to it, in Redis or the database, must not run code here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError, connection, transaction
from django.utils import timezone


class JsonSerializer:
    """Django's cache serializer interface. Raises TypeError for a value that JSON cannot hold."""

    def dumps(self, value: Any) -> bytes | int:
        # Plain integers stay as they are, so that Redis can count them.
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes | int) -> Any:
        """Poisoned or foreign content counts as absent: None."""
        if isinstance(data, int):
            return data
        try:
            return json.loads(data)
        except ValueError:
            return None


class JsonRedisCache(RedisCache):
    """Redis with JSON in it. What is none, and a None, is as if it were not there: the caller's default holds."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        value = super().get(key, None, version)
        return default if value is None else value


class JsonDatabaseCache(DatabaseCache):
    """Django's table for a cache, with JSON where Django puts pickles. For the default database alone.

    What is none, and a None, is as if it were not there.
    """

    _json = JsonSerializer()
    _table: str  # Django's, as is the next; its types tell of neither
    _cull: Callable[..., None]

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        wanted = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not wanted:
            return {}
        places = ", ".join(["%s"] * len(wanted))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT cache_key, value FROM {self._quoted} WHERE cache_key IN ({places}) AND expires >= %s",  # noqa: S608
                [*wanted, _adapted(timezone.now())],
            )
            found = {wanted[key]: self._json.loads(text.encode()) for key, text in cursor.fetchall()}
        return {key: value for key, value in found.items() if value is not None}

    def clear_expired(self) -> int:
        """Removes what nobody can read any more; says how many."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._quoted} WHERE expires < %s", [_adapted(timezone.now())])  # noqa: S608
            return int(cursor.rowcount)

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """`set`, `add` (only where nothing is, or it is past) and `touch` come here; one statement each, as one act."""
        ends = self.get_backend_timeout(timeout)
        expires = _adapted(datetime.max.replace(tzinfo=UTC) if ends is None else datetime.fromtimestamp(ends, UTC))
        with connection.cursor() as cursor:
            self._make_room(cursor)
            try:
                with transaction.atomic():
                    if mode == "touch":
                        cursor.execute(f"UPDATE {self._quoted} SET expires = %s WHERE cache_key = %s", [expires, key])  # noqa: S608
                    else:
                        self._write(cursor, key, value, expires, is_new=mode == "add")
                    return bool(cursor.rowcount)
            except DatabaseError:
                return False  # as Django's: another one wrote at the same moment

    def _write(self, cursor: Any, key: str, value: Any, expires: Any, *, is_new: bool) -> None:
        text = json.dumps(value)
        only = f" WHERE {self._quoted}.expires < %s" if is_new else ""
        cursor.execute(
            f"INSERT INTO {self._quoted} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608
            f" ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires{only}",
            [key, text, expires, *([_adapted(timezone.now())] if is_new else [])],
        )

    def _make_room(self, cursor: Any) -> None:
        cursor.execute(f"SELECT COUNT(*) FROM {self._quoted}")  # noqa: S608
        (number,) = cursor.fetchone()
        if number > self._max_entries:
            self._cull(connection.alias, cursor, timezone.now().replace(microsecond=0), number)

    @property
    def _quoted(self) -> str:
        quoted: str = connection.ops.quote_name(self._table)
        return quoted


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
