"""One entry in full: what it changed, who approved it, its proof, and its bundle."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit import triggers
from audit.events import Event
from audit.keys import signer
from audit.merkle import leaf_hash
from audit.models import Checkpoint, Entry, Leaf, Tile
from audit.people import actor_of, subject_of
from audit.record import SYSTEM, Subject, erase
from audit.sealing import seal_all
from integrations.models import Snapshot
from tests.web.audited import ACME, activated, empty_log, granted, tried, write
from tests.web.second_factors import confirmed
from tests.web.test_audit_log import numbers, text


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.AUDIT_KEY_FILE = tmp_path / "key"


@pytest.fixture
def auditor(as_, people):
    client = confirmed(as_("auditor"), people["auditor"])
    empty_log()
    return client


def test_an_entry_that_does_not_exist(auditor):
    assert auditor.get("/audit/4711/").status_code == 404


def test_an_activation_shows_what_it_changed_and_who_wrote_and_reviewed_it(auditor, config):
    entry = activated(Snapshot.objects.get(commit=config.commits[1]))
    response = auditor.get(f"/audit/{entry.pk}/")
    page = text(response)
    assert f"Glasshouse made commit {config.commits[1][:12]} active" in page
    assert "Robin &lt;robin@example.com&gt;" in page
    assert "Sam &lt;sam@example.com&gt;" in page
    assert "pagination.page_size" in page
    assert ">100</code>" in response.content.decode()
    assert ">50</code>" in response.content.decode()
    assert f'href="/sync/{config.commits[1]}/"' in response.content.decode()
    assert "connections_changed" in page


def test_a_decision_on_a_held_sync_stands_with_the_activation(auditor, config, people):
    snapshot = Snapshot.objects.get(commit=config.commits[1])
    entry = activated(snapshot)
    about = Subject(kind="snapshot", id=entry.subject_id, name=entry.subject_name)
    write(
        Event.HELD_SYNC_ACCEPTED,
        actor=actor_of(people["approver"]),
        subject=about,
        reason="two accounts left us",
        data={"reasons": ["It would remove 2 of 3 accounts."]},
    )
    page = text(auditor.get(f"/audit/{entry.pk}/"))
    before_proof = page.partition("Data Name")[0]
    assert "approver@example.com accepted the held commit" in before_proof
    assert "two accounts left us" in before_proof


def test_an_intent_and_its_outcome_lead_to_each_other(auditor, people):
    intended = tried(people["dana"], Entry.Phase.FAILED)
    outcome = Entry.objects.get(intent=intended.pk)
    assert "What became of it" in text(auditor.get(f"/audit/{intended.pk}/"))
    assert outcome.pk in numbers(auditor.get(f"/audit/{intended.pk}/"))
    assert "What was intended" in text(auditor.get(f"/audit/{outcome.pk}/"))
    assert intended.pk in numbers(auditor.get(f"/audit/{outcome.pk}/"))
    waiting = tried(people["dana"], None)
    assert "has no outcome yet" in text(auditor.get(f"/audit/{waiting.pk}/"))


def test_neighbours_about_the_same_subject(auditor, people):
    made = [granted(people["admin"], people["dana"], f"role-{n}").pk for n in range(13)]
    other = write(Event.SYNC_REQUESTED, actor=SYSTEM, subject=ACME).pk
    found = numbers(auditor.get(f"/audit/{made[6]}/"))
    assert found == [*made[7:12][::-1], *made[1:6][::-1]]
    assert other not in found


def test_data_about_people_are_shown_until_they_are_erased(auditor, people):
    dana = people["dana"]
    entry = write(Event.SIGNED_IN, actor=actor_of(dana), subject=subject_of(dana), personal={"address": "203.0.113.7"})
    assert "203.0.113.7" in text(auditor.get(f"/audit/{entry.pk}/"))
    erase(subject_of(dana), actor=actor_of(people["admin"]), reason="they asked")
    page = text(auditor.get(f"/audit/{entry.pk}/"))
    assert "203.0.113.7" not in page
    assert "A person whose data were erased signed in" in page
    assert "The personal data of this entry were erased" in page


def test_an_unsealed_entry_says_so(auditor, people):
    entry = granted(people["admin"], people["dana"])
    assert "Not sealed yet" in text(auditor.get(f"/audit/{entry.pk}/"))


def test_a_sealed_entry_is_proved(auditor, people):
    entries = [granted(people["admin"], people["dana"]) for _ in range(5)]
    seal_all()
    page = auditor.get(f"/audit/{entries[2].pk}/")
    assert "This entry is leaf 2 of the 5" in text(page)
    assert bytes(Leaf.objects.get(entry_id=entries[2].pk).hash).hex() in page.content.decode()
    note = Checkpoint.objects.get().note
    assert note.splitlines()[2] in page.content.decode()  # the root


def test_queries_of_an_entry_do_not_grow_with_the_log(auditor, people, count_queries):
    def address():
        return f"/audit/{Entry.objects.order_by('-pk').first().pk}/"

    for _ in range(3):
        granted(people["admin"], people["dana"])
    seal_all()
    few = count_queries(auditor, address())
    for _ in range(600):
        granted(people["admin"], people["dana"])
    seal_all()
    auditor.get(address())  # fills the tiles
    assert Tile.objects.exists()
    assert count_queries(auditor, address()) <= few + 1
    assert few <= 26


def test_a_changed_log_is_told_instead_of_a_proof(auditor, people):
    entries = [granted(people["admin"], people["dana"]) for _ in range(5)]
    seal_all()
    triggers.remove(connection)
    Leaf.objects.filter(index=3).update(hash=leaf_hash(b"another"))
    triggers.install(connection)
    page = text(auditor.get(f"/audit/{entries[2].pk}/"))
    assert "This entry cannot be proved" in page
    assert "Somebody changed the log" in page
    response = auditor.post(f"/audit/{entries[2].pk}/bundle/", follow=True)
    assert "This entry cannot be proved" in text(response)
    assert not Entry.objects.filter(event=Event.EVIDENCE_EXPORTED.value).exists()


def test_the_bundle_of_an_entry_verifies_offline_and_is_recorded(auditor, as_, people, tmp_path, capsys):
    entry = granted(people["admin"], people["dana"])
    seal_all()
    assert as_("admin").post(f"/audit/{entry.pk}/bundle/").status_code == 403
    response = auditor.post(f"/audit/{entry.pk}/bundle/")
    assert response["Content-Disposition"] == f'attachment; filename="entry-{entry.pk}.jsonl"'
    recorded = Entry.objects.get(event=Event.EVIDENCE_EXPORTED.value)  # before a line was taken
    assert (recorded.actor_id, recorded.subject_id) == (str(people["auditor"].pk), str(entry.pk))
    bundle = tmp_path / "one.jsonl"
    bundle.write_bytes(response.getvalue())
    call_command("audit_verify", bundle=bundle, key=str(signer().verifier))
    assert "1 entry is in the log" in capsys.readouterr().out
    bundle.write_text(re.sub('"role":"engineer"', '"role":"viewer"', bundle.read_text()))
    with pytest.raises(CommandError, match="Line 2"):
        call_command("audit_verify", bundle=bundle, key=str(signer().verifier))
