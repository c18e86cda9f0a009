"""Whoever can write to Redis or the queue can make the console forget, and nothing more."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from kombu import Queue
from kombu.exceptions import ContentDisallowed

from console.celery import app


class Bomb:
    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.canary}",)


@pytest.fixture
def bomb(tmp_path: Path):
    made = Bomb(tmp_path / "canary")
    yield made
    assert not made.canary.exists()


def test_the_bomb_would_work(tmp_path):
    made = Bomb(tmp_path / "canary")
    pickle.loads(pickle.dumps(made))
    assert made.canary.exists()


# kombu's own tables, with a loader that SQLAlchemy 2.1 is about to drop.
@pytest.mark.filterwarnings("ignore:The ``noload``")
def test_a_task_that_is_a_pickle_is_never_loaded(bomb, tmp_path):
    queue = Queue(f"poisoned-{tmp_path.name}", durable=False)
    refused: list[Exception] = []
    taken: list[object] = []
    with app.connection_for_write() as connection:
        connection.Producer().publish(
            pickle.dumps(bomb),
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers={"task": "integrations.tasks.maintain_mirrors", "id": "1"},
            routing_key=queue.name,
            declare=[queue],
        )

    def undecodable(message, error):
        refused.append(error)
        message.reject()

    # The very consumer that a worker makes.
    with (
        app.connection_for_read() as connection,
        app.amqp.TaskConsumer(
            connection.default_channel,
            queues=[queue],
            on_decode_error=undecodable,
            callbacks=[lambda body, message: taken.append(body)],
        ),
    ):
        connection.drain_events(timeout=10)
    assert [type(error) for error in refused] == [ContentDisallowed]
    assert taken == []


def test_what_the_console_sends_and_takes_is_json():
    assert app.conf.accept_content == ["json"]
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")
    assert app.conf.task_ignore_result is True


@pytest.mark.needs("redis")
def test_pages_and_sign_in_survive_a_cache_full_of_pickles(bomb, viewer, people, config):
    cache = caches["default"]
    if not isinstance(cache, RedisCache):
        pytest.skip("this run has no Redis; the run on services has")
    redis = cache._cache.get_client(write=True)

    def use() -> list[int]:
        visitor = Client()
        answers = [
            visitor.post("/sign-in/login/", {"login": "viewer@example.com", "password": "wrong"}),
            visitor.post("/sign-in/login/", {"login": "viewer@example.com", "password": "correct-horse-battery"}),
            viewer.get("/accounts/acme-corp/salesforce/production/"),
            viewer.get("/search/?q=acme"),
            viewer.post(
                "/playground/run/",
                {"expression": "1 + 1", "input": "{}", "bindings": "{}"},
                headers={"HX-Request": "true"},
            ),
        ]
        return [response.status_code for response in answers]

    before = use()
    keys = list(redis.scan_iter("*"))
    assert keys
    for key in keys:
        redis.delete(key)
        redis.set(key, pickle.dumps(bomb))
    assert use() == before
