"""What tests may need beside Python: servers, programs, kernel features.

Without one of them the tests that need it are skipped with the reason, unless `GLASSHOUSE_TEST_REQUIRE` names it
(separated by commas): then the run fails at its start. CI names all, so that nothing is skipped unnoticed.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec

import pytest


def required() -> tuple[str, ...]:
    return tuple(name.strip() for name in os.environ.get("GLASSHOUSE_TEST_REQUIRE", "").split(",") if name.strip())


def require(*names: str) -> None:
    """Skips the calling test, fixture or module (at import) when one of `names` is missing; fails if it is required."""
    for name in names:
        reason = missing(name)
        if reason and name in required():
            pytest.fail(f"{name} is required by GLASSHOUSE_TEST_REQUIRE: {reason}", pytrace=False)
        elif reason:
            pytest.skip(reason, allow_module_level=True)


@functools.cache
def missing(name: str) -> str:
    """Why `name` cannot be used here, or an empty string. A name without a check of its own is a program on PATH."""
    return _CHECKS.get(name, lambda: "" if shutil.which(name) else f"{name} is not on PATH")()


def chromium() -> str:
    """The path of Chromium or Chrome; skips or fails as `require("chromium")` does."""
    require("chromium")
    path = _chromium()
    assert path is not None
    return path


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


def _missing_chromium() -> str:
    return "" if _chromium() else "there is no chromium or google-chrome on PATH"


def _missing_bwrap() -> str:
    path = shutil.which("bwrap")
    if path is None:
        return "bwrap (bubblewrap) is not on PATH"
    command = [path, "--unshare-all", "--ro-bind", "/", "/", "true"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    # Installed is not enough: the kernel may forbid unprivileged user namespaces.
    return "" if result.returncode == 0 else f"bwrap does not work here: {result.stderr.strip()}"


def _missing_landlock() -> str:
    from integrations.sandbox.isolation import Isolation  # only where it is asked for

    return "" if Isolation.LANDLOCK.works else "this kernel has no Landlock that keeps files and the network apart"


def _missing_postgres() -> str:
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url.startswith(("postgres://", "postgresql://")):
        return "TEST_DATABASE_URL names no PostgreSQL"
    import psycopg  # only where PostgreSQL is asked for

    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return f"the PostgreSQL of TEST_DATABASE_URL does not answer: {error}".strip()
    return ""


def _missing_redis() -> str:
    url = os.environ.get("TEST_REDIS_URL", "")
    if not url:
        return "TEST_REDIS_URL names no Redis"
    import redis  # only where Redis is asked for

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        return f"the Redis of TEST_REDIS_URL does not answer: {error}"
    return ""


def _missing_saml() -> str:
    return "" if find_spec("onelogin") else "the extra `saml` is not installed"


_CHECKS: dict[str, Callable[[], str]] = {
    "chromium": _missing_chromium,
    "bwrap": _missing_bwrap,
    "landlock": _missing_landlock,
    "postgres": _missing_postgres,
    "redis": _missing_redis,
    "saml": _missing_saml,
}
