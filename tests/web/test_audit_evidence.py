"""Exporting evidence from the console: what is in the bundle, that it verifies, and that it is recorded first."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.management import call_command

from audit.events import Event
from audit.keys import signer
from audit.models import Entry
from audit.people import actor_of
from audit.sealing import seal_all
from integrations.models import Snapshot
from tests.web.audited import ACME, activated, empty_log, granted, write
from tests.web.second_factors import confirmed
from tests.web.test_audit_log import text

TODAY = dt.datetime.now(dt.UTC).date()
FORM = {"start": str(TODAY), "end": str(TODAY), "account": "", "reason": "yearly audit", "ticket": "AUD-7"}


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"


@pytest.fixture
def auditor(as_, people):
    client = confirmed(as_("auditor"), people["auditor"])
    empty_log()
    return client


@pytest.fixture
def varied(people, config):
    second = Snapshot.objects.get(commit=config.commits[1])
    entries = {
        "role": granted(people["admin"], people["dana"]).pk,
        "dana": write(Event.SYNC_REQUESTED, actor=actor_of(people["dana"]), subject=ACME).pk,
        "named": activated(second).pk,
        "beyond": activated(second, accounts=["zzz"]).pk,
    }
    seal_all()
    return entries


def ids(response) -> list[int]:
    lines = [json.loads(line) for line in response.getvalue().decode().splitlines()]
    assert lines[-1] == {"type": "end", "entries": len(lines) - 2}
    return [line["body"]["id"] for line in lines[1:-1]]


def test_the_form_begins_with_the_filters_of_the_timeline(auditor):
    page = auditor.get(
        "/audit/export/?account=acme-corp&from=2026-01-02&to=2026-02-03&event=signed-in"
    ).content.decode()
    assert 'value="acme-corp"' in page
    assert 'value="2026-01-02"' in page
    assert 'value="2026-02-03"' in page
    assert "Not applied: event." in page
    assert "audit_verify --bundle FILE" in page
    assert str(signer().verifier) in page.replace("&#43;", "+")


def test_a_bundle_of_all_verifies_and_is_recorded_before_its_first_line(auditor, people, varied, tmp_path, capsys):
    response = auditor.post("/audit/export/", FORM)
    assert response["Content-Disposition"] == f'attachment; filename="evidence-{TODAY}-{TODAY}.jsonl"'
    entry = Entry.objects.get(event=Event.EVIDENCE_EXPORTED.value)  # nothing was read of the answer yet
    assert (entry.actor_id, entry.reason) == (str(people["auditor"].pk), "yearly audit")
    assert entry.values["ticket"] == "AUD-7"
    assert entry.values["from"] == f"{TODAY}T00:00:00+00:00"
    content = response.getvalue()
    (tmp_path / "all.jsonl").write_bytes(content)
    call_command("audit_verify", bundle=tmp_path / "all.jsonl", key=str(signer().verifier))
    assert "4 entries are in the log" in capsys.readouterr().out


def test_an_accounts_bundle_has_the_activations_that_changed_it(auditor, varied):
    response = auditor.post("/audit/export/", {**FORM, "account": "acme-corp"})
    assert ids(response) == [varied["dana"], varied["named"], varied["beyond"]]
    assert Entry.objects.get(event=Event.EVIDENCE_EXPORTED.value).account == "acme-corp"


def test_the_bundle_ends_where_it_was_asked_to(auditor, varied):
    tomorrow = str(TODAY + dt.timedelta(days=1))
    assert ids(auditor.post("/audit/export/", {**FORM, "start": tomorrow, "end": tomorrow})) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": ""}, "Say what the evidence is for"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "The last day lies before the first."),
        ({"end": "9999-12-31"}, "There is no day after this one."),
        ({"start": "x"}, "Enter a valid date."),
        ({"account": "a b"}, "Enter a valid"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_recorded(auditor, varied, wrong, said):
    response = auditor.post("/audit/export/", {**FORM, **wrong})
    assert response.status_code == 422
    assert said in text(response)
    assert not Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value).exists()


def test_nothing_sealed_is_told(auditor):
    response = auditor.post("/audit/export/", FORM)
    assert response.status_code == 422
    assert "Nothing is sealed yet" in text(response)
    assert not Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value).exists()


@pytest.mark.parametrize("role", ["viewer", "engineer", "admin"])
def test_others_export_nothing(as_, varied, role):
    assert as_(role).post("/audit/export/", FORM).status_code == 403
    assert not Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_evidence_leaves_without_a_fresh_second_factor(as_, varied, method):
    client = as_("auditor")
    before = Entry.objects.count()
    for path in ("/audit/export/", f"/audit/{varied['dana']}/bundle/"):
        if method == "post" or "export" in path:
            answer = getattr(client, method)(path, FORM)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/me/confirm/")
    assert Entry.objects.count() == before


def test_the_right_is_asked_for_again_as_the_export_is_recorded(auditor, varied, people, monkeypatch):
    from integrations.actions import evidence

    real = evidence.export

    def meanwhile(*arguments, **named):
        people["auditor"].groups.clear()
        return real(*arguments, **named)

    monkeypatch.setattr(evidence, "export", meanwhile)
    assert auditor.post("/audit/export/", FORM).status_code == 403
    assert not Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value).exists()
