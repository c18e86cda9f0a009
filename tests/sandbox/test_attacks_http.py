"""A real console with two web processes goes on answering others while a person attacks its evaluator."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.bench.servers import gunicorn

ROOT = Path(__file__).resolve().parents[2]
OURS = ("GLASSHOUSE_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CONFIG_REPOSITORY_", "DJANGO_", "EVALUATION")
SET_UP = """
from django.contrib.auth.models import Group
from console.models import User
from integrations.models import Repository
Repository.objects.create(name="config", url="file:///nowhere")
for name in ("mallory", "bob"):
    User.objects.create_user(email=f"{name}@example.com").groups.add(Group.objects.get(name="viewer"))
"""
ATTACKS = [
    '$match("{}!", /^(?=(a+)+$)b/)'.format("a" * 60),
    "[1..5000].([1..5000].([1..5000]))",
    "($f := function($n) { $f($n + 1) }; $f(1))",
]


@dataclass(frozen=True)
class Console:
    url: str
    tokens: dict[str, str]

    def ask(self, who: str, path: str, body: object = None) -> tuple[int, Any, float]:
        """The status, the answer and the seconds that it took."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        started = time.monotonic()
        try:
            with urlopen(Request(self.url + path, data=data, headers=headers), timeout=20) as answer:
                status, text = answer.status, answer.read()
        except HTTPError as error:
            with error:
                status, text = error.code, error.read()
        return status, json.loads(text), time.monotonic() - started

    def evaluate(self, who: str, expression: str, given: object = None) -> tuple[int, Any, float]:
        return self.ask(who, "/api/v1/jsonata/evaluate/", {"expression": expression, "input": given})


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    environment |= {
        "GLASSHOUSE_DATA": str(folder),
        "GLASSHOUSE_HTTPS": "false",
        "DJANGO_SETTINGS_MODULE": "console.settings",
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    manage("migrate", "-v", "0")
    manage("createcachetable")
    manage("shell", "-v", "0", "-c", SET_UP)
    may = ("--role", "viewer", "--scope", "read", "--scope", "evaluate")
    tokens = {
        who: manage("make_token", f"{who}@example.com", "--name", "t", *may).strip() for who in ("mallory", "bob")
    }
    with gunicorn("console.wsgi", environment, workers=2) as port:
        made = Console(f"http://127.0.0.1:{port}", tokens)
        for _ in range(6):  # both web processes have their evaluator
            made.evaluate("bob", "1")
        yield made


def test_others_are_answered_while_one_attacks(console: Console):
    ended: list[tuple[int, Any, float]] = []
    thread = threading.Thread(target=lambda: ended.extend(console.evaluate("mallory", text) for text in ATTACKS))
    thread.start()
    waits, turned_away = [], 0
    while thread.is_alive():
        status, answer, seconds = console.ask("bob", "/api/v1/repositories/")
        assert (status, len(answer["results"])) == (200, 1)
        waits.append(seconds)
        status, answer, _ = console.evaluate("bob", "a + 1", {"a": 1})
        assert status in (200, 503)  # every slot is taken: told at once, and to try again
        turned_away += status == 503
        time.sleep(0.02)
    assert [status for status, _, _ in ended] == [200] * len(ATTACKS)
    assert all(answer["error"]["code"] for _, answer, _ in ended)
    assert all(seconds < 6 for _, _, seconds in ended)
    assert turned_away
    assert len(waits) > 5
    assert statistics.median(waits) < 1


def test_the_next_evaluation_is_answered_after_an_attack(console: Console):
    assert console.evaluate("mallory", ATTACKS[0])[1]["error"]["code"] == "D1012"
    assert console.evaluate("bob", "a + 1", {"a": 1})[:2] == (200, {"result": 2})


def test_many_attacks_at_once_by_one_person_take_no_process_from_others(console: Console):
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(console.evaluate("mallory", ATTACKS[0])[0])) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert console.ask("bob", "/api/v1/repositories/")[0] == 200
    assert time.monotonic() - started < 5
    for thread in threads:
        thread.join()
    assert sorted(set(statuses)) in ([200, 429], [200, 429, 503], [200, 503])
