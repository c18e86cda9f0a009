"""All figures: `make bench`. Prints a table, and JSON with `--json FILE`; never passes or fails."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import core, expressions
from tests.bench.made import FULL, SMALL, Size, account_slug, integration_slug, make
from tests.bench.report import Figure, percentile, read, table
from tests.bench.servers import gunicorn, postgres, redis

_CLIENTS, _SECONDS = 4, 12.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="a small repository, to try the measuring itself")
    options = parser.parse_args()
    figures = [_of_core(row) for row in core.run()]
    figures += expressions.run(500 if options.small else expressions.MAPPINGS)
    with tempfile.TemporaryDirectory(prefix="glasshouse-bench-") as name:
        folder = Path(name)
        with postgres(folder) as database, redis(folder) as broker:
            figures += _with_servers(folder, database, broker, SMALL if options.small else FULL)
    figures += _of_the_log("20000" if options.small else "1000000")
    sys.stdout.write(table(figures) + "\n")
    if options.json:
        about = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({"about": about, "figures": [asdict(f) for f in figures]}, indent=2) + "\n")


def _of_core(row: dict[str, Any]) -> Figure:
    return Figure(
        name=row["name"], value=row["value"], unit=row["unit"], target=str(row["target"] or ""), is_reached=row["ok"]
    )


def _of_the_log(entries: str) -> list[Figure]:
    """On a cluster of its own: a million entries would slow what else is measured."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-bench-") as name:
        folder = Path(name)
        with postgres(folder) as database:
            return _run(_environment(folder, database), "tests.bench.audit", "--entries", entries)


def _with_servers(folder: Path, database: str, broker: str, size: Size) -> list[Figure]:
    environment = {**_environment(folder, database), "REDIS_URL": broker}
    make(folder / "made.git", size)
    small = ["--small"] if size == SMALL else []
    figures = _run(environment, "tests.bench.sync", str(folder / "made.git"), *small)
    figures += _run(environment, "tests.bench.proposals", *small)
    figures += _run(environment, "tests.bench.merges")
    figures += _run(environment, "tests.bench.previews", *small)
    figures += _run(environment, "tests.bench.expressions", "--known", *small)
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], env=environment, check=True)
    cookie, token = _sign_in(environment)
    return figures + _pages(environment, cookie, token, size)


def _environment(folder: Path, database: str) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("GLASSHOUSE_", "CONFIG_", "AUDIT_"))},
        "DATABASE_URL": database,
        "GLASSHOUSE_DATA": str(folder / "data"),
        "GLASSHOUSE_HTTPS": "false",
        "LOG_FORMAT": "json",
        "DJANGO_SETTINGS_MODULE": "console.settings",
    }


def _run(environment: dict[str, str], module: str, *arguments: str) -> list[Figure]:
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return read(result.stdout.strip().splitlines()[-1])


def _sign_in(environment: dict[str, str]) -> tuple[str, str]:
    """A viewer's session cookie and API token."""
    script = """
import django; django.setup()
import time
from importlib import import_module
from datetime import timedelta
from django.utils import timezone
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from console.models import User
from audit.people import command
from console.tokens import issue_token, roles_of
user = User.objects.create_user("viewer@example.com", "correct-horse-battery")
user.groups.add(Group.objects.get(name="viewer"))
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "console.backends.RoleBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session["started"] = session["seen"] = time.time()
session.save()
print(settings.SESSION_COOKIE_NAME + "=" + session.session_key)
role = (roles_of(user) or [""])[0]
expires = timezone.now() + timedelta(days=1)
scopes = ["read", "evaluate"]
print(issue_token(user, name="bench", expires=expires, role=role, scopes=scopes, actor=command("bench"))[1])
"""
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    cookie, token = result.stdout.strip().splitlines()[-2:]
    return f"Cookie: {cookie}", f"Authorization: Bearer {token}"


def _pages(environment: dict[str, str], cookie: str, token: str, size: Size) -> list[Figure]:
    accounts = range(0, size.accounts, max(1, size.accounts // 200))
    places = [(account_slug(number), integration_slug(number * 7 % size.integrations)) for number in accounts]
    pages = [f"/accounts/{account}/{integration}/production/" for account, integration in places]
    api = [f"/api/v1/accounts/{a}/effective/{i}/?environment=production" for a, i in places]
    fields = [f"/where-used/?field=Tier_{number}__c" for number in range(50)]
    words = [f"/search/?q=account-0{number:03}" for number in range(0, 1000, 20)] + ["/search/?q=contacts"]
    with gunicorn("console.wsgi", environment) as port:
        first = _fetch(port, pages[0], cookie)
        rows = len(re.findall("<tr", first))
        _load(port, cookie, pages, 4)  # warm
        page = _load(port, cookie, pages)
        _load(port, token, api, 2)
        effective = _load(port, token, api)
        search, used = _load(port, cookie, words), _load(port, cookie, fields)
    with gunicorn("tests.bench.bare", {**environment, "BENCH_ROWS": str(rows)}) as port:
        _load(port, "", ["/"], 2)
        bare = _load(port, "", ["/"])
    share = page.per_second / bare.per_second * 100
    return [
        Figure.below("effective page, p95, 4 clients", page.p95, 60, "ms"),
        Figure.plain("  requests per second", page.per_second, "/s"),
        Figure.plain("  table rows in the page", rows, ""),
        Figure.plain("  size of the page", len(first) / 1024, "KiB"),
        Figure.plain("  a bare Django view of as many rows", bare.per_second, "/s"),
        Figure.at_least("  share of the bare view's requests per second", share, 60, "%"),
        Figure.below("effective through the API, p95, 4 clients", effective.p95, 30, "ms"),
        Figure.below("search, p95, 4 clients", search.p95, 100, "ms"),
        Figure.below("where used, p95, 4 clients", used.p95, 100, "ms"),
    ]


class _Load:
    def __init__(self, seconds: Sequence[float], elapsed: float) -> None:
        self.p95 = percentile(seconds, 0.95) * 1000
        self.per_second = len(seconds) / elapsed


def _load(port: int, header: str, paths: Sequence[str], seconds: float = _SECONDS) -> _Load:
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", str(port), str(_CLIENTS), str(seconds), header],
        input="\n".join(paths),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return _Load(**json.loads(result.stdout))


def _fetch(port: int, path: str, header: str) -> str:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    name, _, value = header.partition(": ")
    connection.request("GET", path, headers={name: value})
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == 200, body[:500]
    return body


if __name__ == "__main__":
    main()
