"""The shared cache holds JSON alone, be it in Redis or in the database."""

from __future__ import annotations

import base64
import os
import pickle
import time
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.core.management import call_command
from django.db import connection

from console.cache import JsonDatabaseCache, JsonSerializer


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


@pytest.fixture
def table(db) -> JsonDatabaseCache:
    call_command("createcachetable", "django_cache", verbosity=0)
    return JsonDatabaseCache("django_cache", {"OPTIONS": {"MAX_ENTRIES": 10}})


class TestInTheDatabase:
    def test_it_is_what_serves_without_redis(self):
        if isinstance(caches["default"], RedisCache):
            pytest.skip("this run has Redis; the run without has the table")
        assert isinstance(caches["default"], JsonDatabaseCache)

    def test_a_poisoned_row_counts_as_absent(self, table, tmp_path):
        canary = tmp_path / "canary"

        class Bomb:
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return os.system, (f"touch {canary}",)

        poison = pickle.dumps(Bomb())
        for text in (base64.b64encode(poison).decode(), poison.decode("latin1").replace("\0", ""), "", "{"):
            table.set("list", [1.5, "x"])
            assert table.get("list") == [1.5, "x"]
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE django_cache SET value = %s WHERE cache_key = %s", [text, table.make_key("list")]
                )
            assert table.get("list", "nothing") == "nothing"
            assert table.get_many(["list"]) == {}
        assert not canary.exists()
        pickle.loads(poison)
        assert canary.exists(), "the bomb would have worked"

    def test_what_json_cannot_hold_is_refused(self, table):
        with pytest.raises(TypeError):
            table.set("set", {1, 2})

    def test_a_key_is_added_once_until_it_ends(self, table):
        assert table.add("code", 1, timeout=30)
        assert not table.add("code", 2, timeout=30)
        assert table.get("code") == 1
        table.set("code", 1, timeout=0.05)
        time.sleep(0.1)
        assert table.get("code") is None
        assert table.add("code", 2)
        assert table.get("code") == 2

    def test_it_counts_touches_and_deletes(self, table):
        table.set("counter", 1)
        assert table.incr("counter") == 2
        assert table.decr("counter") == 1
        assert table.touch("counter", 30)
        assert not table.touch("absent", 30)
        assert table.has_key("counter")
        assert table.delete("counter")
        assert "counter" not in table
        table.set("always", "x", timeout=None)
        assert table.get("always") == "x"

    def test_what_is_past_is_removed_and_a_full_table_is_emptied(self, table):
        table.set("kept", 1, timeout=60)
        table.set("past", 1, timeout=0.05)
        time.sleep(0.1)
        assert table.clear_expired() == 1
        assert table.get("kept") == 1
        for number in range(40):
            table.set(f"key-{number}", number)
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM django_cache")
            assert cursor.fetchone()[0] <= 12
