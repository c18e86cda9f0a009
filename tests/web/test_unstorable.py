"""What no database keeps and no page means, in every parameter of every address and every field of every form.

Which parameters there are is learnt from the pages: whatever they ask a request for is sent to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.conf import settings as configured
from django.http import QueryDict
from django.test import Client
from ruamel.yaml import YAML

from tests.web.expectations import PAGES, Page
from tests.web.factories import person
from tests.web.second_factors import confirmed
from tests.web.test_matrix import SCHEMA, undone

pytestmark = [
    pytest.mark.django_db,
    # The embedded queue of Celery's, which asking for a sync really fills.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]
_ALL = ("viewer", "engineer", "approver", "auditor", "admin")
NUL = "%00"
# Percent-encoded: a lone surrogate, a byte that is no UTF-8, numbers beyond every key, something overlong, dates that
# are none, and what stands at the edges of numbers and patterns.
HOSTILE = (
    "%ed%a0%80",
    "%ff",
    "99999999999999999999",
    "9" * 5000,
    "-1",
    "x" * 3000,
    "2026-13-45T25%3A00%3A00",
    "9999-12-31",
    "%D9%A3",
    "%5B(*%25_%5C",
)


@pytest.fixture
def client(people) -> Client:
    """Somebody who may do everything and has just shown a second factor."""
    user = person("all@example.com", *_ALL, is_staff=True)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return confirmed(client, user)


@pytest.fixture
def asked(monkeypatch) -> set[str]:
    """The names of parameters and fields that were asked for since."""
    names: set[str] = set()

    def noting(method):
        def noted(self, key, *more):
            names.add(str(key))
            return method(self, key, *more)

        return noted

    for method in ("get", "__getitem__", "__contains__", "getlist"):
        monkeypatch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
    return names


@pytest.fixture
def rows(people, config) -> dict[str, object]:
    return {
        "account": "acme-corp",
        "commit": config.commits[-1],
        "held": config.commits[-1],
        "file": "customers/acme-corp/salesforce.yaml",
        "person": people["viewer"].pk,
        "token": 1,
        "repository": config.pk,
        "entry": 1,
        "proposal": "0" * 12,
    }


def of_schema() -> dict[str, set[str]]:
    """The parameters of each of the API's addresses, by the last words of its path."""
    schema = YAML(typ="safe", pure=True).load(SCHEMA.read_text(encoding="utf-8"))
    return {
        path: {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        for path, operations in schema["paths"].items()
        for operation in operations.values()
    }


def sent(client: Client, page: Page, method: str, address: str, body: object = None) -> int:
    with undone():
        if method == "GET":
            status = client.get(address).status_code
        elif page.is_json:
            status = client.post(address, json.dumps(body), content_type="application/json").status_code
        else:
            status = client.post(address, body, content_type="application/x-www-form-urlencoded").status_code
    return int(status)


def with_parameter(address: str, name: str, value: str) -> str:
    path, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != name]
    return f"{path}?{'&'.join([*kept, f'{quote(name)}={value}'])}"


def with_field(fields: dict[str, str], name: str, value: str) -> str:
    return "&".join([*(f"{each}={quote(text)}" for each, text in fields.items() if each != name), f"{name}={value}"])


def parameters_of(client: Client, page: Page, address: str, asked: set[str]) -> Iterator[str]:
    asked.clear()
    for more in ("", *page.more):
        sent(client, page, "GET", f"{address}{'&' if '?' in address else '?'}{more}")
    known = {name for path, names in of_schema().items() if path.startswith(page.address[:14]) for name in names}
    yield from sorted({"at", "repository", *asked, *(known if page.address.startswith("/api/") else ())})


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "GET" in page.rules])
def test_no_parameter_breaks_a_page(name, client, rows, asked):
    page = PAGES[name]
    address, wrong = page.address.format(**rows), []
    for parameter in list(parameters_of(client, page, address, asked)):
        for value in (NUL, *HOSTILE):
            asking = with_parameter(address, parameter, value)
            status = sent(client, page, "GET", asking)
            if status >= 500 or (value == NUL and status != 400 and not page.address.startswith("/api/")):
                wrong.append(f"{asking[:120]} gives {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "POST" in page.rules])
def test_no_field_breaks_a_form(name, client, rows, asked):
    page = PAGES[name]
    address, wrong = page.address.format(**rows), []
    if page.is_json:
        return
    fields = {key: str(value) for key, value in (page.body or {}).items()}
    asked.clear()
    sent(client, page, "POST", address, with_field(fields, "other", "x"))
    for field in sorted({*fields, *asked} - {"csrfmiddlewaretoken"}):
        for value in (NUL, *HOSTILE):
            status = sent(client, page, "POST", address, with_field(fields, field, value))
            if status >= 500 or (value == NUL and status != 400):
                wrong.append(f"{address}: {field}={value[:40]} gives {status}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 3000])
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.is_json])
def test_no_text_breaks_what_takes_json(name, text, client, rows):
    page, layer = PAGES[name], {"layer": None, "expression": text}
    bodies = (
        {"expression": text, "input": text, "bindings": {text: text}},
        {"layers": [{**layer, "layer": text}], "input": text},
        {"layers": [layer], "input": {text: text}},
        {text: text},
    )
    for body in bodies:
        assert sent(client, page, "POST", page.address, body) < 500


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "{" in page.address])
def test_no_word_of_an_address_breaks_it(name, client, rows):
    page, found = PAGES[name], {}
    for word in (word for word in rows if f"{{{word}}}" in page.address):
        for value in (NUL, *HOSTILE, "a%00b"):
            asking = page.address.format(**{**rows, word: value})
            found |= {(method, asking[:120]): sent(client, page, method, asking) for method in page.rules}
    assert {asking: status for asking, status in found.items() if status >= 500} == {}


@pytest.mark.parametrize("cookie", ['"aaaaaaaaaaaa\\000b"', "\ud800", "x" * 3000, '"\\377\\377"'])
def test_no_cookie_breaks_a_page(people, cookie):
    for name in (configured.SESSION_COOKIE_NAME, configured.CSRF_COOKIE_NAME, "theme", "messages"):
        raw = f"{name}={cookie}".encode("utf-8", "surrogatepass").decode("latin1")
        answer = Client(raise_request_exception=False).get("/sign-in/login/", HTTP_COOKIE=raw)
        assert answer.status_code in {200, 302, 400}, name


def test_a_refusal_is_a_page_for_people_and_a_problem_for_machines(viewer):
    page = viewer.get("/accounts/?text=%00")
    assert b"That request makes no sense" in page.content
    told = viewer.get("/api/v1/accounts/?q=%00")
    assert (told.status_code, told["Content-Type"]) == (400, "application/problem+json")
    assert told.json()["parameter"] == "q"
