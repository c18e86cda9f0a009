"""Where a test run finds its database, broker and data. The settings are read after this module has run.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` choose the servers; without them SQLite in memory and the embedded broker
serve. A developer's own settings never reach the tests.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
import pytest
from hypothesis import HealthCheck, settings as hypothesis_settings

from tests.services import missing, require, required

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1", …; empty without xdist
_DATA = Path(tempfile.mkdtemp(prefix=f"glasshouse-test-{_WORKER}-"))
_KEPT = {"GLASSHOUSE_TEST_REQUIRE"}


def _redis_of_this_worker(url: str) -> str:
    """Workers that run at the same time must not see one another's cache: each has a database of its own."""
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/{int(_WORKER[2:] or 0) if _WORKER else 0}"


def _choose_settings() -> None:
    if "django.conf" in sys.modules and sys.modules["django.conf"].settings.configured:
        raise pytest.UsageError("The settings were read before tests/conftest.py; unset DJANGO_SETTINGS_MODULE.")
    ours = (
        "GLASSHOUSE_",
        "CONFIG_REPOSITORY_",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SYNC_",
        "GIT_",
        "HCL_",
        "AUDIT_",
        "MFA_",
        "OIDC_",
        "SAML_",
        "SESSION_",
    )
    for name in [name for name in os.environ if name.startswith(ours) and name not in _KEPT]:
        del os.environ[name]
    (_DATA / "static").mkdir()  # WhiteNoise warns when it is absent
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_DATA / 'test.sqlite3'}"
    if redis_url := os.environ.get("TEST_REDIS_URL"):
        os.environ["REDIS_URL"] = _redis_of_this_worker(redis_url)
    os.environ["GLASSHOUSE_DATA"] = str(_DATA)
    os.environ["GLASSHOUSE_HTTPS"] = "false"  # Django's client and live server speak plain HTTP
    os.environ["MFA_REQUIRED_ROLES"] = ""  # people of the tests have a second factor where a test gives them one
    os.environ["SECRET_KEY"] = "only-for-tests-0123456789-0123456789-0123456789"
    os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"


_choose_settings()
django.setup()  # conftests and test modules import models

# The same examples in every run: a failure in CI is a failure on the next machine too.
_quick = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("ci", derandomize=True, max_examples=60, print_blob=True, **_quick)
hypothesis_settings.register_profile("thorough", max_examples=2000, **_quick)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    if not _WORKER:
        absent = [f"{name}: {reason}" for name in required() if (reason := missing(name))]
        if absent:
            raise pytest.UsageError("GLASSHOUSE_TEST_REQUIRE asks for what is not here. " + "; ".join(absent))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: object) -> None:
    # A worker that inherited the name would read the settings before it could choose its own data and cache.
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        require("chromium")
    for marker in item.iter_markers("needs"):
        require(*marker.args)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Redis outlives a test, as the database's rows do not: without this, one test's sign-ins throttle another's."""
    from django.core.cache import caches
    from django.core.cache.backends.redis import RedisCache

    if isinstance(caches["default"], RedisCache):
        caches["default"].clear()


@pytest.fixture(autouse=True, scope="session")
def _emptied_audit_log() -> Iterator[None]:
    """Tests of transactions empty every table after them, which the audit log's triggers rightly refuse."""
    from django.core.management.commands.flush import Command
    from django.db import connection

    from audit import triggers

    flush = Command.handle

    def handle(self: Command, **options: object) -> None:
        triggers.remove(connection)
        try:
            flush(self, **options)
        finally:
            triggers.install(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", handle)
        yield


@pytest.fixture(autouse=True, scope="session")
def _quick_settings() -> Iterator[None]:
    """Static files by their own names, without `collectstatic` first; passwords that cost nothing to check."""
    from django.test import override_settings  # after the settings are chosen

    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(STORAGES=storages, PASSWORD_HASHERS=hashers):
        yield
