"""Takes the screenshots of the documents: `python -m tests.browser.screenshots [FOLDER]` (default docs/screenshots).

Seeds and serves the demo from a data folder of its own, so that a running console is left alone. Every picture is
1440 by 900 pixels.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.arguments import ARGUMENTS
from tests.browser.walk import look, person, propose, review
from tests.services import chromium

ROOT = Path(__file__).resolve().parents[2]
CONNECTION = "/accounts/acme-corp/salesforce/production/"
SHOTS = {
    "home": "/",
    "account": "/accounts/acme-corp/",
    "effective": f"{CONNECTION}?path=/pagination/page_size",
    "compare": "/compare/acme-corp/salesforce/?left=acme-corp/production&right=acme-corp/staging",
    "sync": "/sync/",
    "playground": f"{CONNECTION}try/?mapping=crm/contacts/list",
}
_PATIENCE = 180  # seconds until the console answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "screenshots")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for theme in ("light", "dark"):
            shoot(browser, address, theme, folder)
        shoot_walk(browser, address, folder)
        for theme in ("light", "dark"):
            shoot_log(browser, address, theme, folder)
        browser.close()


def shoot(browser: Browser, address: str, theme: str, folder: Path) -> None:
    context = person(browser, address, "dana", color_scheme=theme)
    page = context.pages[0]
    for name, path in SHOTS.items():
        page.goto(path, wait_until="networkidle")
        page.screenshot(path=folder / f"{name}-{theme}.png")
    context.close()


def shoot_log(browser: Browser, address: str, theme: str, folder: Path) -> None:
    """The audit log as an auditor of the demo sees it once a change has gone its way."""
    context = person(browser, address, "audrey", color_scheme=theme)
    page = context.pages[0]
    page.goto("/audit/?account=acme-corp", wait_until="networkidle")
    page.screenshot(path=folder / f"audit-{theme}.png")
    page.locator(".audit-entry a[href^='/audit/']").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / f"entry-{theme}.png")
    context.close()


def shoot_walk(browser: Browser, address: str, folder: Path) -> None:
    """The way of a change, in the light theme: it can be walked once in a demo."""

    def note(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")

    dana, erin = (person(browser, address, name, color_scheme="light") for name in ("dana", "erin"))
    review(erin.pages[0], propose(dana.pages[0], note), note)
    look(dana.pages[0], note)
    for context in (dana, erin):
        context.close()


@contextmanager
def demo() -> Iterator[tuple[str, Path]]:
    """The address and the data folder of a freshly seeded demo, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-screenshots-") as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.close()
        unset = ("DATABASE_URL", "REDIS_URL", "CONFIG_REPOSITORY_URL", "DJANGO_SETTINGS_MODULE")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        environment["GLASSHOUSE_DATA"] = data
        server = subprocess.Popen([sys.executable, "manage.py", "up", "--port", port], cwd=ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/readyz", server)
            yield address, Path(data)
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise SystemExit("The demo did not start; see above.")


if __name__ == "__main__":
    main()
