"""A synced repository, people of every role, and clients signed in as them.

Imports of our own code stand in the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.expectations import ROLES

if TYPE_CHECKING:
    from django.test import Client

    from console.models import User
    from tests.web.synced import Config


@pytest.fixture(scope="session")
def _origin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    from tests.web.synced import build_origin

    folder = tmp_path_factory.mktemp("web")
    return folder, build_origin(folder)


@pytest.fixture
def config(db: None, _origin: tuple[Path, list[str]], tmp_path: Path, settings: Any) -> Config:
    """The small repository of `factories`, synced; each test has its own copy of the remote and the mirror."""
    from tests.web.synced import config_at

    settings.DATA_DIR = tmp_path / "data"
    return config_at(tmp_path / "config.git", *_origin, settings.DATA_DIR)


@pytest.fixture
def people(config: Config) -> dict[str, User]:
    """One of each role, by role; `dana` owns acme-corp, `emea` is in the team that owns globex; neither has a role."""
    from integrations.actions.rights import bring_rights_in_step
    from integrations.models import Repository
    from tests.web.factories import person

    made = {role: person(f"{role}@example.com", role) for role in ROLES}
    made["dana"] = person("dana@example.com", name="Dana Whitfield")
    made["emea"] = person("emea@example.com", "team:emea-csm")
    made["nobody"] = person("nobody@example.com")
    Repository.objects.update(rights_at=None)
    bring_rights_in_step(config.row)
    return made


@pytest.fixture
def as_(people: dict[str, User]) -> Callable[[str], Client]:
    """A client signed in as one of `people`."""
    from django.test import Client

    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name])
        return client

    return sign_in


@pytest.fixture
def viewer(as_: Callable[[str], Client]) -> Client:
    return as_("viewer")


@pytest.fixture
def count_queries() -> Callable[[Client, str], int]:
    """How many queries a page takes once what is cached in the process is there."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(client: Client, address: str) -> int:
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    return count
