"""The shared cache holds JSON alone."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

from console.cache import JsonSerializer


def test_a_pickle_in_the_cache_is_never_loaded() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.system, ("touch /tmp/glasshouse-canary",))

    assert JsonSerializer().loads(pickle.dumps(Bomb())) is None
    assert not Path("/tmp/glasshouse-canary").exists()


@pytest.mark.needs("redis")
def test_a_poisoned_redis_entry_counts_as_absent() -> None:
    cache = caches["default"]
    if not isinstance(cache, RedisCache):
        pytest.skip("this run has no Redis; the run on services has")
    cache.set("counter", 1)
    assert cache.incr("counter") == 2
    cache.set("list", [1.5, "x"])
    assert cache.get("list") == [1.5, "x"]
    client = cache._cache.get_client(write=True)
    client.set(cache.make_and_validate_key("list"), pickle.dumps({"a": 1}))
    assert cache.get("list") is None
    assert cache.get("list", []) == []
    assert cache.get("list", "nothing") == "nothing"
