"""Secrets that the console was given are in nothing that it says, writes or keeps, whatever goes wrong.

Each secret is a word that occurs nowhere else. Everything that can fail with it is made to fail, and then everything
that came out is searched: logs, pages, answers of the API, every row of the database, every file of the data folder.
"""

from __future__ import annotations

import base64
import io
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from audit.events import Event
from audit.record import Actor, Subject, record
from audit.sealing import seal_all
from audit.streaming import deliver
from console.outbound_post import post
from console.views import accounts
from integrations.actions.sync import Result
from integrations.models import Repository
from tests.browser.pages import SIGNED_OUT, pages
from tests.git.serve import Handler, Server

TOKEN = "canary-token-of-the-repository-51e0"
WEBHOOK = "canary-secret-of-the-webhook-7f2c"
IN_ADDRESS = "canary-in-the-webhooks-address-90aa"
KEY = "canary-secret-key-0123456789-0123456789-0123456789-c3d1"
PASSWORD = "canary-password-horse-battery-b8e4"
BEARER = "canary-bearer-of-a-stranger-4d77"
SECRETS = (TOKEN, WEBHOOK, IN_ADDRESS, KEY, PASSWORD, BEARER)


def spellings(secret: str) -> set[str]:
    """As itself, in an address, and in base64 wherever it stands within what is encoded."""
    encoded = {base64.b64encode(b"-" * shift + secret.encode()).decode()[4:-4] for shift in range(3)}
    whole = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
    return {secret, quote(secret, safe=""), whole, *encoded}


def told(text: str, extra: tuple[str, ...] = ()) -> list[str]:
    return [secret for secret in (*SECRETS, *extra) if any(spelled in text for spelled in spellings(secret))]


class _Echoing(Handler):
    """A server that says what it was sent, as a debugging proxy would; git prints such a text as its own error."""

    def _refuse(self, status: int) -> None:
        said = f"You sent {self.headers.get('Authorization', 'nothing')} and I do not like it.\n".encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET = Handler.do_GET  # noqa: N815 - the base class's names


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "nothing", "another token")
    server.RequestHandlerClass = _Echoing
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def _given(settings, monkeypatch) -> None:
    monkeypatch.setenv("CANARY_TOKEN", TOKEN)
    settings.SECRET_KEY = KEY
    settings.AUDIT_WEBHOOK_SECRET = WEBHOOK


def rows() -> str:
    """Every row of every table, and what sessions hold within."""
    found = [f"{model._meta.label}: {row!r}" for model in apps.get_models() for row in model._base_manager.values()]
    return "\n".join([*found, *(repr(session.get_decoded()) for session in Session.objects.all())])


@pytest.mark.usefixtures("_given")
def test_nothing_tells_a_secret(config, people, failing, settings, request):
    caplog, capfd, monkeypatch = map(request.getfixturevalue, ("caplog", "capfd", "monkeypatch"))
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    _syncs_fail(config, failing, said)
    _deliveries_fail(failing, settings)
    own = _sign_ins_fail(people, said)
    _the_api_fails(own, said)
    _a_page_fails(people, said, monkeypatch)
    client = Client()
    client.force_login(people["admin"])
    said.extend(_text(client.get(address)) for address in (*pages(config.commits), "/admin/integrations/repository/"))
    captured = capfd.readouterr()
    everything = {
        "pages and answers": "\n".join(said),
        "logs": f"{caplog.text}\n{captured.out}\n{captured.err}",
        "rows": rows(),
        "files": _files(settings.DATA_DIR),
    }
    # What would be searched for nothing is no test.
    assert all(len(text) > 1000 for text in everything.values())
    assert "not_delivered" in everything["logs"]
    assert {where: found for where, text in everything.items() if (found := told(text, (own,)))} == {}


def test_the_search_would_find_them():
    for secret in SECRETS:
        header = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
        assert told(f"said {secret}") == told(f"said {quote(secret)}") == told(f"Basic {header}") == [secret]


def _syncs_fail(config, failing: Server, said: list[str]) -> None:
    Repository.objects.filter(pk=config.pk).update(url=f"{failing.url}/config.git", token_ref="env:CANARY_TOKEN")
    for answer, location in ((None, ""), (403, ""), (500, ""), (302, f"{failing.url}/elsewhere.git")):
        failing.answer, failing.location = answer, location
        outcome = config.sync()
        assert outcome.result is Result.UNREACHABLE
        said.append(repr(outcome))
    shown = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert any(shown in request for request in failing.requests), "the token never reached the server"
    Repository.objects.filter(pk=config.pk).update(token_ref="env:CANARY_TOKEN_THAT_IS_NOT_SET")
    said.append(repr(config.sync()))
    Repository.objects.filter(pk=config.pk).update(token_ref="env:CANARY_TOKEN")


def _deliveries_fail(failing: Server, settings) -> None:
    failing.answer, failing.location = 500, ""
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.AUDIT_WEBHOOK_URL = f"{failing.url}/hooks/?token={IN_ADDRESS}"
    with transaction.atomic():
        record(Event.ROLE_GRANTED, actor=Actor(id="7", name="Dana"), subject=Subject(kind="account", id="acme-corp"))
    seal_all()
    assert deliver(post) == 0


def _sign_ins_fail(people, said: list[str]) -> str:
    """Gives the secret of a token that a person really has."""
    person = people["engineer"]
    person.set_password(PASSWORD)
    person.save()
    client = Client()
    # Somebody else's password, and one's own with a slip.
    tries = [("engineer@example.com", f"{PASSWORD}x"), ("nobody@example.com", PASSWORD), ("not an address", PASSWORD)]
    for login, password in tries:
        response = client.post("/sign-in/login/", {"login": login, "password": password})
        said.append(_text(response))
    said.append(Client(enforce_csrf_checks=True).post("/sign-in/login/", {"password": PASSWORD}).content.decode())
    signed_in = Client().post("/sign-in/login/", {"login": "engineer@example.com", "password": PASSWORD})
    said.append(repr(signed_in.headers))
    changing = Client()
    changing.force_login(person)
    form = {"oldpassword": f"{PASSWORD}x", "password1": PASSWORD, "password2": f"{PASSWORD}y"}
    said.append(changing.post("/sign-in/password/change/", form).content.decode())
    said.extend(client.get(address).content.decode() for address in SIGNED_OUT)
    printed = io.StringIO()
    call_command("make_token", person.email, name="A canary", stdout=printed)
    return printed.getvalue().strip()


def _the_api_fails(own: str, said: list[str]) -> None:
    addresses = ("/api/v1/accounts/", "/api/v1/accounts/nobody/", "/api/v1/nothing/", "/api/v1/accounts/?at=zzz")
    for bearer in (BEARER, own, f"{own}x", f"{own} {own}"):
        client = Client(headers={"authorization": f"Bearer {bearer}"})
        said.extend(_text(client.get(address)) for address in addresses)
        said.append(_text(client.post("/api/v1/jsonata/evaluate/", "{", content_type="application/json")))


def _a_page_fails(people, said: list[str], monkeypatch) -> None:
    """With secrets in its frames, as a traceback with local variables would print them."""
    client = Client(headers={"authorization": f"Bearer {BEARER}"})
    client.raise_request_exception = False
    client.force_login(people["engineer"])
    with monkeypatch.context() as patched:
        patched.setattr(accounts, "visit", _broken)
        failed = client.get("/accounts/")
    assert failed.status_code == 500
    said.append(_text(failed))


def _broken(request):
    token, password = TOKEN, PASSWORD
    raise RuntimeError(f"{len(token)} and {len(password)} letters")


def _text(response) -> str:
    return f"{response.headers!r}\n{response.content.decode(errors='replace')}"


def _files(folder: Path) -> str:
    """All files below the data folder as text, but for the keys that stand there to be secret."""
    files = [path for path in folder.rglob("*") if path.is_file() and not re.search(r"key$", path.name)]
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files)
