"""`up` on a fresh checkout: the whole console, started as a newcomer would, and stopped again."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 240


def test_up_serves_the_demo_signs_in_syncs_by_hand_and_stops_whole(tmp_path: Path) -> None:
    process, port = _start(tmp_path)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{base}/readyz", process)
        visitor = build_opener(HTTPCookieProcessor(CookieJar()))
        _post(visitor, f"{base}/sign-in/login/", {"login": "erin@example.com", "password": "erin-erin"})
        page = _get(visitor, f"{base}/accounts/acme-corp/salesforce/production/?path=/pagination/page_size")
        assert "customers/acme-corp/salesforce.yaml" in page
        assert "wins" in page
        assert "PR 75" in _get(visitor, f"{base}/accounts/acme-corp/history/")
        deadline = time.monotonic() + 60
        while "10 tests pass" not in (tests := _get(visitor, f"{base}/integrations/salesforce/tests/")):
            assert time.monotonic() < deadline, f"the demo's mapping tests were never run:\n{tests}"
            time.sleep(0.5)
        before = json.loads(_get(visitor, f"{base}/api/v1/repositories/"))["results"][0]["checked_at"]
        _post(visitor, f"{base}/sync/now/", {}, form=f"{base}/sync/")
        deadline = time.monotonic() + 60
        while json.loads(_get(visitor, f"{base}/api/v1/repositories/"))["results"][0]["checked_at"] == before:
            assert time.monotonic() < deadline, "the worker never did what the button asked"
            time.sleep(0.5)
        assert (tmp_path / "data/audit-key").is_file(), "the sealer never started"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    told = (tmp_path / "log").read_text()
    assert f"Glasshouse is at {base}" in told
    assert "dana@example.com" in told
    assert "Traceback" not in told
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "a child outlived `up`"


def test_up_on_a_repository_of_ones_own_says_how_the_first_admin_is_made(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    identity = ("-c", "user.name=Robin", "-c", "user.email=robin@example.com")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(origin)], check=True)
    (origin / "README.md").write_text("Nothing is configured yet.")
    subprocess.run(["git", "-C", str(origin), "add", "."], check=True)
    subprocess.run(["git", "-C", str(origin), *identity, "commit", "--quiet", "-m", "Begin"], check=True)
    process, port = _start(tmp_path, CONFIG_REPOSITORY_URL=f"file://{origin}")
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    told = (tmp_path / "log").read_text()
    assert "Nobody may sign in yet." in told
    assert "python manage.py createsuperuser" in told
    assert "dana@example.com" not in told


def _start(tmp_path: Path, **more: str) -> tuple[subprocess.Popen[bytes], int]:
    """`up` with nothing set but `more`; it writes to the file `log`. The process, and the port it will serve at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = ("GLASSHOUSE_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CONFIG_REPOSITORY_", "DJANGO_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environment |= {"GLASSHOUSE_DATA": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1", **more}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=_ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, port


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "up ended by itself"
        try:
            with build_opener().open(address, timeout=5) as answer:
                assert json.loads(answer.read())["status"] == "ok"
                return
        except (HTTPError, URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise AssertionError("up did not become ready")


def _get(visitor: OpenerDirector, address: str) -> str:
    with visitor.open(address, timeout=30) as answer:
        body: str = answer.read().decode()
        return body


def _post(visitor: OpenerDirector, address: str, fields: dict[str, str], form: str = "") -> str:
    page = _get(visitor, form or address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    body = urlencode({**fields, "csrfmiddlewaretoken": token[1]}).encode()
    with visitor.open(Request(address, data=body, headers={"Referer": form or address}), timeout=60) as answer:
        text: str = answer.read().decode()
        return text
