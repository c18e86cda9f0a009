"""What the shared cache may hold: JSON. Whoever can write to Redis must not be able to run code here."""

from __future__ import annotations

import json
from typing import Any

from django.core.cache.backends.redis import RedisCache


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
