"""An auditor's walk in a real browser (docs/auditors-walk.md); the audit pages by keyboard, axe and hostile text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from audit.events import Event
from audit.keys import signer
from audit.models import Entry, Verification
from audit.people import actor_of, subject_of
from audit.record import SYSTEM, Subject
from audit.sealing import seal_all
from integrations.actions.sync import Result, decide_held
from integrations.models import Snapshot
from integrations.tasks import verify_audit_log
from tests.browser.pages import AUDIT
from tests.browser.test_axe import DESK, PHONE, complaints
from tests.git.build import build
from tests.web.audited import ACME, activated, empty_log, granted, tried, write
from tests.web.factories import PAYLOAD, small_repository
from tests.web.second_factors import code_of

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "audit-key"
    settings.AUDIT_CHECKPOINT_REPOSITORY = tmp_path / "checkpoints.git"


@pytest.fixture
def busy_log(site):
    """One entry of every kind of event and of every state, sealed but for the last; the activation's id."""
    empty_log()
    dana, erin = site.people["dana@example.com"], site.people["erin@example.com"]
    for event in Event:
        write(event, actor=actor_of(dana), subject=subject_of(erin), reason="yearly review", data={"role": "csm"})
    for phase in (None, *(Entry.Phase(name) for name in ("done", "failed", "unknown"))):
        tried(dana, phase)
    granted(erin, dana)
    activation = activated(Snapshot.objects.get(commit=site.config.commits[1]))
    seal_all()
    write(Event.SYNC_REQUESTED, actor=SYSTEM, subject=ACME)
    return activation.pk


@pytest.mark.parametrize(
    ("theme", "viewport"), [("light", DESK), ("dark", DESK), ("dark", PHONE)], ids=["light", "dark", "phone"]
)
def test_no_audit_page_has_a_violation_or_is_too_wide(open_as, site, busy_log, theme, viewport):
    verified(site)
    options = {"color_scheme": theme, "viewport": viewport, "bypass_csp": True}
    page = open_as("audrey@example.com", **options).new_page()
    found = []
    for address in AUDIT:
        found += complaints(page, address.format(busy_log))
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{address} is too wide")
    assert found == []


def test_an_empty_log_has_no_violation(open_as, site):
    page = open_as("audrey@example.com", bypass_csp=True).new_page()
    empty_log()
    assert [each for address in ("/audit/", "/audit/verification/") for each in complaints(page, address)] == []


def test_hostile_text_in_the_log_runs_nowhere(open_as, site):
    dana = site.people["dana@example.com"]
    dana.name = PAYLOAD
    entries = [
        write(
            event,
            actor=actor_of(dana),
            subject=Subject(kind=kind, id=PAYLOAD, name=PAYLOAD, account=PAYLOAD),
            reason=PAYLOAD,
            data={"role": PAYLOAD, "right": PAYLOAD, "grant": PAYLOAD, "reasons": [PAYLOAD], PAYLOAD: {PAYLOAD: 1}},
            personal={"author": PAYLOAD, "reviewed_by": [PAYLOAD]},
        ).pk
        for event in Event
        for kind in ("account", "person", "snapshot", "other")
    ]
    seal_all()
    page = open_as("audrey@example.com").new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: (trouble.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    page.on("console", lambda said: trouble.append(said.text) if "Content Security" in said.text else None)
    lists = ("/audit/", f"/audit/?before={entries[60]}", "/audit/?text=script&account=%3Cimg%20src%3Dx%3E&grant=%22")
    for address in (*lists, *(f"/audit/{pk}/" for pk in entries[::9])):
        page.goto(address)
        assert page.locator("main img, main script").count() == 0
    assert trouble == []


def test_the_log_is_filtered_and_paged_by_keyboard(open_as, site, busy_log):
    page = open_as("audrey@example.com").new_page()
    page.goto("/audit/")
    page.locator("#filter-account").focus()
    page.keyboard.type("acme-corp")
    page.keyboard.press("Enter")
    page.wait_for_url("**account=acme-corp**")
    expect(page.locator(".audit-entry")).to_have_count(6)
    page.go_back()
    expect(page.locator("#filter-account")).to_have_value("")
    expect(page.locator(".audit-entry")).not_to_have_count(6)


def verified(site):
    row = Verification.objects.create(asked_by=str(site.people["audrey@example.com"].pk))
    verify_audit_log(row.pk)


def test_the_walk(open_as, site, tmp_path, monkeypatch):
    """Who changed an account's mapping, who approved it; export; verify offline with no database."""
    commit, activation = changed_and_approved(site)
    page = open_as(None, accept_downloads=True).new_page()
    sign_in_with_an_app(page, site)

    # From the account to its entries in the log, of these days alone.
    page.goto("/accounts/acme-corp/")
    page.get_by_role("link", name="Who changed this, from the audit log").click()
    today = Entry.objects.get(pk=activation).at.date().isoformat()
    page.locator("#filter-from").fill(today)
    page.locator("#filter-to").fill(today)
    page.get_by_label("What", exact=True).select_option(label="Sync activated")
    page.wait_for_url("**event=sync-activated**")
    page.get_by_role("link", name=f"Entry {activation} in full").click()
    approved = page.locator("section", has=page.get_by_role("heading", name="Who wrote and approved it"))
    for name in ("Robin <robin@example.com>", "Sam <sam@example.com>", "Erin Castellano", "Acme asked for it, INC-204"):
        expect(approved.get_by_text(name)).to_be_visible()
    expect(page.get_by_text(commit[:8]).first).to_be_visible()
    changed = page.get_by_role("region", name="What it changed")
    for text in ("tier", "response.Tier__c", "response.Grade__c"):
        expect(changed.get_by_text(text, exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"This entry is leaf \d+ of the \d+"))).to_be_visible()

    # Evidence about the account; the second factor was shown a moment ago.
    page.goto(f"/audit/?account=acme-corp&from={today}&to={today}")
    page.get_by_role("link", name="Export evidence").click()
    expect(page.get_by_role("textbox", name="Account optional")).to_have_value("acme-corp")
    page.get_by_role("textbox", name="Reason").fill("Yearly audit")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export and record it").click()
    bundle = tmp_path / "evidence.jsonl"
    download.value.save_as(bundle)
    assert re.match(r"\d+ entries are in the log of", verify_offline(bundle, tmp_path))
    assert commit in bundle.read_text()
    assert Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value, reason="Yearly audit").exists()
    forged = tmp_path / "forged.jsonl"
    forged.write_text(bundle.read_text().replace(commit, "f" * 40))
    with pytest.raises(subprocess.CalledProcessError):
        verify_offline(forged, tmp_path)

    # The log as a whole; the test does what a worker does.
    monkeypatch.setattr(verify_audit_log, "delay", lambda _pk: None)
    page.goto("/audit/verification/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The verification is about to begin")).to_be_visible()
    verify_audit_log(Verification.objects.get().pk)
    expect(page.get_by_text("The log is whole")).to_be_visible()


def changed_and_approved(site) -> tuple[str, int]:
    """Robin changes Acme's mapping and takes two customers away; the sync is held, and Erin lets it through.

    The commit, and the id of its activation's entry.
    """
    changes = {
        "customers/acme-corp/salesforce.yaml": small_repository()[1]["customers/acme-corp/salesforce.yaml"],
        "customers/acme-corp/contacts_list.jsonata": '{\n  "tier": response.Grade__c\n}\n',
        "customers/globex/account.yaml": None,
        "customers/initech/account.yaml": None,
    }
    message = "Acme's tiers come from Grade\n\nReviewed-by: Sam <sam@example.com>\n"
    (commit,) = build(site.config.path, [changes], messages=[message], author="Robin", email="robin@example.com")
    assert site.config.sync().result is Result.HELD
    erin = actor_of(site.people["erin@example.com"])
    held = Snapshot.objects.get(commit=commit)
    assert decide_held(held.pk, accept=True, actor=erin, reason="Acme asked for it, INC-204").result is Result.ACTIVATED
    seal_all()
    return commit, Entry.objects.filter(event=Event.SYNC_ACTIVATED.value, subject_id=commit).get().pk


def sign_in_with_an_app(page: Page, site) -> None:
    """Audrey sets up an authenticator app, and then signs in with it as she will from now on."""

    def give_password() -> None:
        page.goto("/sign-in/login/")
        page.fill("[name=login]", "audrey@example.com")
        page.fill("[name=password]", "correct-horse-battery")
        page.get_by_role("button", name="Sign in", exact=True).click()

    give_password()
    page.wait_for_url(f"{site.url}/")
    page.goto("/me/app/")
    secret = page.locator("#enrol-key").inner_text()
    page.get_by_label("Code that the app shows now").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.context.clear_cookies()
    give_password()
    page.get_by_label("Code of your app").fill(code_of(secret, steps=1))  # each works once
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"{site.url}/")


def verify_offline(bundle: Path, folder: Path) -> str:
    """As on another machine: no database is there, and the key is what was handed over."""
    environment = {
        "PATH": os.environ["PATH"],
        "GLASSHOUSE_DATA": str(folder / "elsewhere"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    }
    command = [sys.executable, "manage.py", "audit_verify", "--bundle", str(bundle), "--key", str(signer().verifier)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
