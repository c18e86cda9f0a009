"""What every response tells the browser, whatever it is an answer to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client, override_settings

from console.views import home
from tests.web.addresses import addresses

PROJECT = Path(__file__).resolve().parents[2]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "object-src": "'none'",
}


def trouble(response) -> list[str]:
    """What is wrong with the headers of a response, in words."""
    expected = {
        "Permissions-Policy": lambda said: "camera=()" in said and "publickey-credentials-get=(self)" in said,
        "Cross-Origin-Resource-Policy": lambda said: said == "same-origin",
        "Cross-Origin-Opener-Policy": lambda said: said == "same-origin",
        "Referrer-Policy": lambda said: said == "same-origin",
        "X-Content-Type-Options": lambda said: said == "nosniff",
        "Content-Security-Policy": lambda said: policy(said) == POLICY,
        "X-Request-ID": bool,
    }
    found = [
        f"{name}: {response.headers.get(name)}"
        for name, is_good in expected.items()
        if not is_good(response.headers.get(name, ""))
    ]
    control = response.headers.get("Cache-Control", "")
    if "private" not in control and "no-store" not in control:
        found.append(f"Cache-Control: {control}")
    return found


def policy(header: str) -> dict[str, str]:
    """The directives of a Content-Security-Policy by name."""
    pairs = (directive.strip().partition(" ") for directive in header.split(";"))
    return {name: values for name, _, values in pairs if name}


class TestEveryAddress:
    @pytest.fixture
    def table(self, config) -> dict[str, str]:
        return addresses(config.commits[-1])

    def test_the_table_is_walked(self, table):
        assert table["accounts/<slug:account>/"] == "/accounts/acme-corp/"
        assert {"admin/login/", "sign-in/login/", "healthz", "api/schema/"} <= set(table)
        assert len(table) > 60

    @pytest.mark.parametrize("person", ["nobody-signed-in", "admin", "viewer", "nobody"])
    def test_carries_the_policies(self, table, as_, person):
        client = Client() if person == "nobody-signed-in" else as_(person)
        client.raise_request_exception = False
        statuses = set()
        for route, address in table.items():
            response = client.get(address)
            statuses.add(response.status_code)
            assert trouble(response) == [], f"{route} answers {response.status_code} at {address}"
        assert {200, 302} <= statuses
        assert 500 not in statuses

    def test_a_refused_form_carries_them(self, table, people):
        client = Client(enforce_csrf_checks=True)
        client.force_login(people["engineer"])
        answers = {route: client.post(address, {"a": "b"}) for route, address in table.items()}
        assert {route: found for route, response in answers.items() if (found := trouble(response))} == {}
        assert answers["sync/now/"].status_code == 403


class TestOtherAnswers:
    def test_errors(self, viewer, monkeypatch):
        assert trouble(viewer.get("/no/such/page")) == []
        assert trouble(viewer.get("/api/v1/no/such/thing/")) == []
        strange = viewer.get("/", headers={"host": "evil.example"})
        assert (strange.status_code, trouble(strange)) == (400, [])
        monkeypatch.setattr(home, "visit", lambda request: 1 / 0)
        viewer.raise_request_exception = False
        broken = viewer.get("/")
        assert (broken.status_code, trouble(broken)) == (500, [])

    def test_too_many_attempts(self, db):
        answers = [Client().post("/sign-in/login/", {"login": f"a{n}@example.com", "password": "x"}) for n in range(40)]
        late = [response for response in answers if response.status_code == 429]
        assert late
        assert trouble(late[0]) == []

    def test_static_files(self, settings, tmp_path, db):
        settings.STATIC_ROOT = tmp_path
        for name in ("app.js", "jsonata-worker.js"):
            (tmp_path / name).write_text("1", encoding="utf-8")
        file = Client().get("/static/app.js")
        assert (file.status_code, b"".join(file.streaming_content)) == (200, b"1")
        # Nothing private, and the same for everybody.
        assert [said for said in trouble(file) if "Cache-Control" not in said] == []
        assert "public" in file.headers["Cache-Control"]
        worker = Client().get("/static/jsonata-worker.js")
        worker.close()
        assert worker.headers["Content-Security-Policy"] == "default-src 'none'"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The settings of GLASSHOUSE_HTTPS, which is the default, as a process of its own reads them."""
    # Only what depends on the variable; the database and the files stay those of the test run.
    program = (
        "import json; from django.conf import settings;"
        "print(json.dumps({name: getattr(settings, name) for name in dir(settings)"
        " if name.startswith(('SESSION_COOKIE_', 'CSRF_COOKIE_', 'SECURE_', 'CONTENT_SECURITY'))}))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "GLASSHOUSE_DATA": str(tmp_path_factory.mktemp("deployed")),
        "SECRET_KEY": "only-for-this-test-0123456789-0123456789-0123456789",
    }
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


class TestWithHttps:
    def test_cookies_belong_to_this_host_and_to_https_alone(self, deployed, people):
        with override_settings(**deployed):
            response = Client().get("/sign-in/login/", secure=True)
            form = {"login": "viewer@example.com", "password": "correct-horse-battery"}
            signed_in = Client().post("/sign-in/login/", form, secure=True)
        assert signed_in.status_code == 302
        cookies = {**response.cookies, **signed_in.cookies}
        assert {"__Host-csrf", "__Host-session"} <= set(cookies)
        for name in ("__Host-csrf", "__Host-session"):
            # RFC 6265bis, 4.1.3.2: what a browser demands of this prefix.
            assert (cookies[name]["secure"], cookies[name]["path"], cookies[name]["domain"]) == (True, "/", "")
            assert (cookies[name]["httponly"], cookies[name]["samesite"]) == (True, "Lax")

    def test_plain_http_is_sent_to_https_but_for_probes(self, deployed, db):
        with override_settings(**deployed):
            response = Client().get("/accounts/")
            assert (response.status_code, response["Location"]) == (301, "https://testserver/accounts/")
            assert "Permissions-Policy" in response.headers
            assert Client().get("/healthz").status_code == 200

    def test_https_is_remembered_and_asked_for_in_every_reference(self, deployed, db):
        with override_settings(**deployed):
            response = Client().get("/sign-in/login/", secure=True)
        assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert policy(response["Content-Security-Policy"]) == {**POLICY, "upgrade-insecure-requests": ""}


class TestBounds:
    def test_a_body_or_a_form_that_is_too_large_is_refused_before_it_is_read(self, viewer, settings):
        large = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        assert viewer.post("/sign-in/login/", {"login": large}).status_code in {302, 400, 413}
        signed_out = Client()
        assert signed_out.post(
            "/sign-in/login/", large, content_type="application/x-www-form-urlencoded"
        ).status_code in {400, 413}
        many = {f"field-{number}": "x" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
        assert signed_out.post("/sign-in/login/", many).status_code == 400

    def test_nothing_is_uploaded(self, db, tmp_path):
        file = tmp_path / "a.txt"
        file.write_text("x", encoding="utf-8")
        with file.open() as opened:
            assert Client().post("/sign-in/login/", {"login": opened}).status_code == 400
