"""A real Chromium and a live console with the small repository, whose newest commit has errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from console.models import User
from integrations.actions.rights import bring_rights_in_step
from integrations.models import Repository
from tests.browser.arguments import ARGUMENTS
from tests.services import chromium
from tests.web.factories import BROKEN, person
from tests.web.synced import Config, build_origin, config_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A live console: its address, its repository, people by e-mail address, and the session of a signed-in one."""

    url: str
    config: Config
    people: dict[str, User]
    session: Callable[[str], str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    # Playwright's synchronous face runs an event loop in this thread until the end of the session, which is no
    # reason to forbid the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _origin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("browser")
    return folder, build_origin(folder)


@pytest.fixture
def site(
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    _origin: tuple[Path, list[str]],
) -> Site:
    # A test with a live server empties every table at its end, the roles that a migration made among them.
    for migration in ("0002_roles", "0003_rights_of_roles", "0005_review_of_proposals"):
        import_module(f"console.migrations.{migration}").seed(apps, None)
    settings.DATA_DIR = tmp_path / "data"
    config = config_at(tmp_path / "config.git", *_origin, settings.DATA_DIR)
    people = {email: person(email, role, name=name) for email, role, name in _PEOPLE}
    Repository.objects.update(rights_at=None)
    bring_rights_in_step(config.row)
    config.push_and_sync(BROKEN, "Break it")

    def session(email: str) -> str:
        client = Client()
        client.force_login(people[email])
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    return Site(url=live_server.url, config=config, people=people, session=session)


_PEOPLE = (
    ("dana@example.com", "csm", "Dana Whitfield"),
    ("erin@example.com", "engineer", "Erin Castellano"),
    ("viewer@example.com", "viewer", ""),
    ("ada@example.com", "admin", "Ada Okafor"),
    ("audrey@example.com", "auditor", "Audrey Lindqvist"),
)


@pytest.fixture
def open_as(browser: Browser, site: Site, settings: Any) -> Iterator[Callable[..., BrowserContext]]:
    """A fresh browser context, signed in as `email` where one is given. Further arguments are Playwright's."""
    contexts: list[BrowserContext] = []

    def make(email: str | None = "dana@example.com", **options: Any) -> BrowserContext:
        made = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "base_url": site.url, **options})
        made.set_default_timeout(15_000)
        if email is not None:
            name = settings.SESSION_COOKIE_NAME
            made.add_cookies([{"name": name, "value": site.session(email), "url": site.url}])
        contexts.append(made)
        return made

    yield make
    for made in contexts:
        made.close()
