"""Who sees what and who may do what: every person at every address, with the objects of two tenants.

The addresses are those of the URL table and of the OpenAPI schema; `expectations` says what each person gets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone
from ruamel.yaml import YAML

from audit.models import Entry
from audit.people import command
from console.models import User
from console.tokens import issue_token
from tests.web.expectations import OBJECTS, OF_OBJECT, OWNERS, PAGES, PEOPLE, ROLES, Page
from tests.web.factories import person
from tests.web.tenants import CANARIES, PLACES, World, build_world

SCHEMA = Path(__file__).parents[2] / "docs" / "openapi.yaml"
SHADOWED = {"admin:password_change"}  # our own page answers at its address
_TOKEN = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w+')  # another one each time
_LISTS = ("/", "/accounts/", "/accounts/acme-corp/", "/compare/globex/salesforce/", "/api/v1/accounts/", "/where-used/")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
pytestmark = [
    pytest.mark.django_db,
    # The embedded queue of Celery's, which `sync_now` really fills.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]


# --- the table -----------------------------------------------------------------------------------------------
def names(resolver: URLResolver, within: tuple[str, ...] = ()) -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from names(each, (*within, each.namespace) if each.namespace else within)
        elif isinstance(each, URLPattern) and each.name:
            yield ":".join([*within, each.name])


def test_every_address_has_an_expectation():
    known = set(names(get_resolver())) - SHADOWED
    missing, gone = sorted(known - PAGES.keys()), sorted(PAGES.keys() - known)
    assert not missing, (
        f"Say in tests/web/expectations.py, PAGES, who gets what at: {', '.join(missing)}. For a page of which roles"
        ' and owners see their part: "name": page("/address/"); of one account: page("/{account}/…", who_sees_it());'
        ' with a right: post("/address/", roles("engineer", status=302)).'
    )
    assert not gone, f"tests/web/expectations.py speaks of addresses that are no more: {', '.join(gone)}"


def test_every_operation_of_the_schema_has_an_expectation():
    schema = YAML(typ="safe", pure=True).load(SCHEMA.read_text(encoding="utf-8"))
    for path, operations in schema["paths"].items():
        name = resolve(path.replace("{commit}", "f" * 40).replace("{", "").replace("}", "")).view_name
        for method, operation in operations.items():
            assert method.upper() in PAGES[name].rules, f"{method.upper()} {path}: say in PAGES[{name!r}] who may"
            for parameter in operation.get("parameters", ()):
                if parameter.get("required") and parameter["in"] == "query":
                    assert f"{parameter['name']}=" in PAGES[name].address, f"{path} needs {parameter['name']}"


@pytest.mark.parametrize("name", PAGES)
def test_an_expectation_is_of_the_address_that_it_names(name):
    words = {"account": "a", "commit": "f" * 40, "file": "b", "held": "c", "repository": "1", "proposal": "d"}
    path = PAGES[name].address.format(**words, person=1, token=1, entry=1).partition("?")[0]
    assert resolve(path).view_name == name


# --- the world -----------------------------------------------------------------------------------------------
class Visitors:
    """Asks as each person; whatever a request writes is undone after it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._cookies = {name: _signed_in(name) for name in PEOPLE}
        viewer = User.objects.get(email="viewer@example.com")
        token, _ = issue_token(
            viewer,
            name="ci",
            expires=timezone.now() + timedelta(days=1),
            role="viewer",
            scopes=["read", "evaluate"],
            actor=command("test"),
        )
        entry = Entry.objects.latest("pk")  # the token's
        rows = {"person": viewer, "token": token, "repository": world.config, "entry": entry}
        self._rows = {name: row.pk for name, row in rows.items()}

    def address(self, template: str, thing: str) -> str:
        return template.format(**self.world.names(thing), **self._rows)

    def ask(self, name: str, method: str, address: str, page: Page) -> tuple[int, bytes]:
        cache.clear()  # Redis is not undone: everybody comes from one address, and would soon be too many
        client = Client()
        for cookie, value in self._cookies[name].items():
            client.cookies[cookie] = value
        sent: dict[str, Any] = {}
        if method == "POST":
            as_json = {"data": json.dumps(page.body), "content_type": "application/json"}
            sent = as_json if page.is_json else {"data": page.body or {}}
        with undone():
            response = getattr(client, method.lower())(address, **sent)
            told = response.headers.get("Location", "") + response.headers.get("Content-Disposition", "")
            return response.status_code, _TOKEN.sub(b"", response.getvalue()) + told.encode()


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        # Acts whose transaction must be the outermost take this one for the test's own, which it is.
        connection.atomic_blocks[-1]._from_testcase = True  # type: ignore[attr-defined]
        yield
        transaction.set_rollback(True)


def _signed_in(name: str) -> dict[str, str]:
    if name == "anonymous":
        return {}
    groups = {"emea": ["team:emea-csm"], **{role: [role] for role in ROLES}, "deactivated": ["engineer"]}
    made = person(f"{name}@example.com", *groups.get(name, []), is_staff=name == "admin")
    client = Client()
    client.force_login(made)
    if name == "deactivated":
        made.is_active = False
        made.save()
    return {configured.SESSION_COOKIE_NAME: client.cookies[configured.SESSION_COOKIE_NAME].value}


@pytest.fixture(scope="module")
def visitors(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Visitors]:
    """One world for all cells: it is read, and what is written to it is undone."""
    from django.test import override_settings

    from integrations.actions.rights import bring_rights_in_step

    folder = tmp_path_factory.mktemp("matrix")
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder / "data"):
        atomics = TestCase._enter_atomics()
        try:
            world = build_world(folder)
            made = Visitors(world)
            type(world.config.row).objects.update(rights_at=None)
            bring_rights_in_step(world.config.row)
            yield made
        finally:
            TestCase._rollback_atomics(atomics)


def of_objects(address: str) -> tuple[str, ...]:
    return OBJECTS if any(word in address for word in OF_OBJECT) else ("",)


def foreign(name: str) -> list[str]:
    """The words that must never reach this person."""
    return [canary for account, canary in CANARIES.items() if OWNERS.get(name) != account]


# --- the matrix ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PAGES)
def test_each_person_gets_what_is_expected(visitors, name):
    page, wrong = PAGES[name], []
    for thing in of_objects(page.address):
        address = visitors.address(page.address, thing)
        for method, rule in page.rules.items():
            for who in PEOPLE:
                expected = rule(who, thing)
                status, body = visitors.ask(who, method, address, page)
                if status != (page.strangers if expected is None else expected):
                    wrong.append(f"{who}: {method} {address} gives {status}, not {expected or page.strangers}")
                if who not in ROLES:
                    wrong += [
                        f"{who}: {method} {address} tells “{word}”" for word in foreign(who) if word.encode() in body
                    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", PAGES)
def test_other_methods_are_refused(visitors, name):
    page = PAGES[name]
    address = visitors.address(page.address, "acme-corp")
    who = "admin" if name.startswith("admin:") else "engineer"
    for method in set(METHODS) - page.rules.keys():
        if page.refusal is not None or method != "POST":
            status, _ = visitors.ask(who, method, address, page)
            assert status == page.refusal or (page.refusal is None and status < 500), f"{method} {address}"
    if "GET" in page.rules:
        for who in ("dana", "nobody", "engineer"):
            got, _ = visitors.ask(who, "GET", address, page)
            head, body = visitors.ask(who, "HEAD", address, page)
            assert (head, len(body) < 200) == (got if page.is_read_ahead else 405, True)


# --- leaks ---------------------------------------------------------------------------------------------------
def every_address(visitors: Visitors) -> list[str]:
    """All that can be read, with every parameter that changes what is shown, and at older commits."""
    world = visitors.world
    earlier = f"at={world.commits['globex']}"
    found: list[str] = []
    for page in PAGES.values():
        if "GET" not in page.rules:
            continue
        for thing in of_objects(page.address):
            address = visitors.address(page.address, thing)
            path, _, query = address.partition("?")
            found.append(address)
            found += [f"{path}?{'&'.join(filter(None, (query, more)))}" for more in page.more]
            if not page.address.startswith(("/admin", "/sign-in", "/api/schema")):
                found.append(f"{path}?{'&'.join(filter(None, (query, earlier)))}")
    found += [f"{path}?at={world.commits[f'bad {each}']}" for path in _LISTS for each in CANARIES]
    found += [f"/source/{file}" for file in world.files]
    found += [f"/source/{file}?at={world.commits['globex']}" for file in world.files]
    for layer in ("platform", "environment", "account"):
        for integration in ("salesforce", "zendesk"):
            found += [f"/layers/{layer}/{integration}/", f"/layers/{layer}/{integration}/?at={world.commits['globex']}"]
    for account, other in (("acme-corp", "globex"), ("globex", "acme-corp")):
        place = f"account={account}&integration=salesforce&environment=production&mapping=crm/contacts/list"
        found += [
            f"/accounts/{account}/zendesk/production/",
            f"/accounts/{account}/zendesk/production/?view=source",
            f"/compare/{account}/salesforce/?left={account}/production&right={other}/production",
            f"/compare/{account}/salesforce/?right={account}/production@{world.commits['bad globex']}",
            f"/layers/account/salesforce/?account={account}",
            f"/playground/?{place}",
            f"/playground/?{place}&sample=samples/salesforce/of-{other}.json",
            f"/playground/sample/?{place}&part=response&sample=samples/salesforce/of-{other}.json",
            f"/accounts/{account}/salesforce/production/?view=sample&sample=samples/salesforce/of-{other}.json",
        ]
    found.append("/playground/?integration=salesforce&environment=production&mapping=crm/contacts/list")
    for commit in world.commits.values():
        found += [f"/sync/{commit}/", f"/api/v1/snapshots/{commit}/"]
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def told(visitors) -> dict[str, dict[str, bytes]]:
    """What an owner of each tenant, and a viewer, are told at every address."""
    page = PAGES["home"]
    addresses = every_address(visitors)
    current = [address for address in addresses if "at=" not in address]
    asked = {"dana": addresses, "emea": addresses, "viewer": current}
    return {
        who: {address: visitors.ask(who, "GET", address, page)[1] for address in those} for who, those in asked.items()
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("account", CANARIES)
def test_what_is_looked_for_is_shown_to_who_may_see_everything(told, account, place):
    """Else the next test would pass for want of anything to find."""
    canary = f"{CANARIES[account]}-{place}".encode()
    assert any(canary in body for body in told["viewer"].values())


@pytest.mark.parametrize("who", OWNERS)
def test_no_byte_tells_an_owner_of_the_other_tenant(told, who):
    (word,) = foreign(who)
    leaks = [address for address, body in told[who].items() if word.encode() in body]
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize("who", OWNERS)
def test_no_page_names_the_other_tenant_unasked(told, who):
    other = next(account for account in CANARIES if account != OWNERS[who])
    leaks = [
        address
        for address, body in told[who].items()
        # The schema has examples.
        if other not in address and not address.startswith("/api/schema/") and other.encode() in body
    ]
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize("who", OWNERS)
def test_one_that_may_not_be_seen_is_not_told_from_one_that_does_not_exist(visitors, who):
    other = next(account for account in CANARIES if account != OWNERS[who])
    for page in PAGES.values():
        if "{account}" not in page.address or "GET" not in page.rules:
            continue
        hidden, absent = (
            visitors.ask(who, "GET", visitors.address(page.address, thing), page) for thing in (other, "absent")
        )
        assert hidden[0] == absent[0]
        assert hidden[1].replace(other.encode(), b"no-such-account") == absent[1], page.address


def test_an_owner_sees_their_own(told):
    for who, account in OWNERS.items():
        seen = b"".join(told[who].values())
        for place in set(PLACES) - {"codeowners"}:
            assert f"{CANARIES[account]}-{place}".encode() in seen, place


@pytest.mark.parametrize("who", OWNERS)
def test_an_owner_does_not_learn_how_many_there_are(visitors, who):
    page = PAGES["home"]
    integrations = json.loads(visitors.ask(who, "GET", "/api/v1/integrations/", page)[1])["results"]
    assert {(row["connected_accounts"], row["overriding_accounts"]) for row in integrations} == {(None, None)}
    assert json.loads(visitors.ask(who, "GET", "/api/v1/accounts/", page)[1])["total"] == 1
    snapshots = json.loads(visitors.ask(who, "GET", "/api/v1/snapshots/", page)[1])["results"]
    own = {visitors.world.commits[OWNERS[who]], visitors.world.commits[f"bad {OWNERS[who]}"]}
    assert {row["commit"] for row in snapshots} - set(visitors.world.config.commits[:2]) == own
    assert all(
        len(row["counts"]) == 1 and row["counts"].keys() <= {"connections_changed", "problems"} for row in snapshots
    )
    assert b"Connected accounts" not in visitors.ask(who, "GET", "/integrations/", page)[1]


def test_addresses_without_an_expectation_are_told(monkeypatch):
    monkeypatch.delitem(PAGES, "home")  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=r"who gets what at: home\. For a page"):
        test_every_address_has_an_expectation()
