"""The synced repository and people of the pages' tests, asked through the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import _origin, as_, config, people  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from console.models import User
    from tests.api.asking import Asker


@pytest.fixture
def token_of(people: dict[str, User]) -> Callable[[str], str]:  # noqa: F811 - the fixture
    """A fresh token of one of `people`."""
    from django.utils import timezone

    from audit.people import command
    from console.models import ApiToken
    from console.tokens import issue_token, roles_of

    def issue(name: str) -> str:
        expires = timezone.now() + timedelta(days=1)
        role = (roles_of(people[name]) or [""])[0]
        every = ApiToken.Scope.values
        actor = command("test")
        return issue_token(people[name], name="test", expires=expires, role=role, scopes=every, actor=actor)[1]

    return issue


@pytest.fixture
def asking_as(token_of: Callable[[str], str]) -> Callable[[str], Asker]:
    """Who asks the API with a token of one of `people`."""
    from tests.api.asking import Asker

    return lambda name: Asker(token_of(name))


@pytest.fixture
def api(asking_as: Callable[[str], Asker]) -> Asker:
    """Asks as a viewer, who sees everything."""
    return asking_as("viewer")
