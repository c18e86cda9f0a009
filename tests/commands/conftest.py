"""The synced repository of the pages' tests, read by commands."""

from __future__ import annotations

from tests.web.conftest import _origin, config, people  # noqa: F401 - fixtures
