"""The timeline of the audit log: sentences, filters, pages, and who may see it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection

from audit import triggers
from audit.events import Event
from audit.models import Entry
from audit.people import actor_of, subject_of
from audit.record import SYSTEM, Subject, erase
from console.presentation.audit_sentences import row
from integrations.models import Snapshot
from integrations.queries.audit_log import Known, Wanted, tell, timeline
from tests.web.audited import ACME, activated, empty_log, granted, tried, write
from tests.web.factories import PAYLOAD

GLOBEX = Subject(kind="account", id="globex", name="Globex")


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())


def numbers(response) -> list[int]:
    """The entries on the page, in its order."""
    return [int(found) for found in re.findall(r'aria-label="Entry (\d+) in full"', response.content.decode())]


@pytest.fixture
def auditor(as_):
    client = as_("auditor")
    empty_log()
    return client


@pytest.mark.parametrize("role", ["viewer", "csm", "engineer", "approver", "responder", "admin"])
@pytest.mark.parametrize(
    "address", ["/audit/", "/audit/1/", "/audit/export/", "/audit/verification/", "/audit/?account=acme-corp"]
)
def test_only_auditors_see_the_log(as_, role, address):
    response = as_(role).get(address)
    assert response.status_code == 403
    assert "You lack the right to see the audit log. Auditors have it." in text(response)


def test_the_sidebar_says_why_the_log_is_closed(as_, auditor):
    page = as_("viewer").get("/").content.decode()
    assert (
        'aria-disabled="true" tabindex="0" title="You lack the right to see the audit log. Auditors have it."' in page
    )
    assert 'href="/audit/"' not in page
    assert 'href="/audit/"' in auditor.get("/").content.decode()


def test_an_activation_says_the_commits_title(auditor, config):
    activated(Snapshot.objects.get(commit=config.commits[1]), title="Acme Corp: pages of 50 (#72)")
    assert "Acme Corp: pages of 50 (#72)" in text(auditor.get("/audit/"))


@pytest.mark.parametrize("called", ["acme-corp", "Acme Corp", "ACME CORP", "Acme-Corp"])
def test_an_account_is_found_by_its_name_too(auditor, called):
    entry = write(Event.ACCOUNT_RIGHTS_CHANGED, actor=SYSTEM, subject=ACME)
    write(Event.ACCOUNT_RIGHTS_CHANGED, actor=SYSTEM, subject=GLOBEX)
    response = auditor.get("/audit/", {"account": called})
    assert numbers(response) == [entry.pk]
    assert 'name="account" value="acme-corp"' in response.content.decode()


def test_dates_that_find_nothing_say_what_dates_they_are(auditor):
    page = text(auditor.get("/audit/?from=2020-01-01&to=2020-01-31"))
    assert "not those on which a commit was written" in page
    assert "short name" not in page


def test_what_concerns_signing_in_says_from_where(auditor, people):
    dana = people["dana"]
    write(Event.SIGNED_IN, actor=actor_of(dana), subject=subject_of(dana), personal={"address": "203.0.113.7"})
    assert "Dana Whitfield signed in security from 203.0.113.7" in text(auditor.get("/audit/"))


def test_changed_settings_are_shown_with_their_values_before_and_after(auditor):
    changed = {"SYNC_INTERVAL_SECONDS": [None, "90"], "DEMO": ["x" * 200, "y"]}
    write(Event.SETTINGS_CHANGED, actor=SYSTEM, subject=ACME, data={"changed": changed})
    page = text(auditor.get("/audit/"))
    assert "changed: DEMO, SYNC_INTERVAL_SECONDS unset → 90" in page


def test_kinds_of_events_are_named_in_words(auditor):
    page = text(auditor.get("/audit/"))
    assert "Second factor added" in page
    assert not re.search(r"\b(Mfa|Sso|Orphan)\b", page)


def test_an_empty_log_says_what_will_appear(auditor):
    page = text(auditor.get("/audit/"))
    assert "The log is empty" in page
    assert "Every act appears here as a sentence" in page


def test_entries_are_sentences_newest_first_by_day(auditor, people):
    first = granted(people["admin"], people["dana"])
    second = write(
        Event.SYNC_REQUESTED, actor=actor_of(people["dana"]), subject=ACME, reason="the customer asked, INC-204"
    )
    response = auditor.get("/audit/")
    assert numbers(response) == [second.pk, first.pk]
    page = text(response)
    assert "admin@example.com gave the role engineer to Dana Whitfield" in page
    assert "Dana Whitfield asked for a sync of Acme Corp" in page
    assert "Reason: the customer asked, INC-204" in page
    assert f'id="day-1">{dt.datetime.now(dt.UTC).date().isoformat()}</h2>' in response.content.decode()
    assert 'href="/accounts/acme-corp/"' in response.content.decode()
    assert f'href="/audit/?actor=person%3A{people["dana"].pk}"' in response.content.decode()
    assert response.content.count(b"audit-security") == 1


def test_an_account_that_is_gone_is_named_without_a_link(auditor, people):
    write(
        Event.SYNC_REQUESTED,
        actor=actor_of(people["dana"]),
        subject=Subject(kind="account", id="umbrella", name="Umbrella"),
    )
    response = auditor.get("/audit/")
    assert "asked for a sync of Umbrella" in text(response)
    assert "/accounts/umbrella/" not in response.content.decode()


def test_erased_people_have_no_name(auditor, people):
    granted(people["admin"], people["dana"])
    write(Event.SIGNED_IN, actor=actor_of(people["dana"]), subject=subject_of(people["dana"]))
    erase(subject_of(people["dana"]), actor=actor_of(people["admin"]), reason="they asked")
    page = text(auditor.get("/audit/"))
    assert "A person whose data were erased signed in" in page
    assert "gave the role engineer to a person whose data were erased" in page
    assert "Dana Whitfield" not in page.partition("Export evidence")[2]


def test_an_act_outside_is_one_row_with_its_state(auditor, people):
    states = {None: "under way", "done": "done", "failed": "failed", "unknown": "outcome unknown"}
    found = {tried(people["dana"], phase and Entry.Phase(phase)).pk: state for phase, state in states.items()}
    response = auditor.get("/audit/")
    assert numbers(response) == sorted(found, reverse=True)
    for state in states.values():
        assert f">{state}</span>" in response.content.decode()
    assert text(response).count("Outcome: the far side answered") == 3


@pytest.fixture
def varied(people, config):
    """Entries that every filter tells apart; by what they are."""
    second = Snapshot.objects.get(commit=config.commits[1])
    return {
        "role": granted(people["admin"], people["dana"]).pk,
        "dana": write(
            Event.SYNC_REQUESTED, actor=actor_of(people["dana"]), subject=ACME, reason="Ticket INC-204 (urgent)"
        ).pk,
        "grant": write(
            Event.SYNC_REQUESTED,
            actor=actor_of(people["responder"]),
            subject=GLOBEX,
            data={"grant": 17},
            reason="page size",
        ).pk,
        "named": activated(second).pk,
        "beyond": activated(second, accounts=["zzz"]).pk,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("account=acme-corp", {"dana", "named", "beyond"}),
        ("account=globex", {"grant"}),
        ("account=zzz", {"beyond"}),
        ("account=nobody", set()),
        ("event=role-granted", {"role"}),
        ("event=sync-activated", {"named", "beyond"}),
        ("kind=person", {"role"}),
        ("kind=snapshot", {"named", "beyond"}),
        ("actor=system:glasshouse", {"named", "beyond"}),
        ("grant=17", {"grant"}),
        ("grant=1", set()),
        ("text=inc-204", {"dana"}),
        ("text=URGENT+ticket", {"dana"}),
        ("text=urg", {"dana"}),
        ("text=gent", set()),
        ("text=page+siz", {"grant"}),
        ("text=%25", set()),
        ("text=*%26|!(", set()),
        ("account=acme-corp&event=sync-requested", {"dana"}),
        ("account=acme-corp&text=inc", {"dana"}),
        ("account=acme-corp&grant=17", set()),
        ("to=2000-01-01", set()),
        ("from=2000-01-01", {"role", "dana", "grant", "named", "beyond"}),
        ("from=2000-01-01&event=role-granted", {"role"}),
        ("from=2999-01-01", set()),
    ],
)
def test_a_filter_finds_what_it_says_and_nothing_else(auditor, varied, query, expected):
    assert set(numbers(auditor.get(f"/audit/?{query}"))) == {varied[name] for name in expected}


def test_the_span_includes_both_days(auditor, varied):
    today = dt.datetime.now(dt.UTC).date()
    assert len(numbers(auditor.get(f"/audit/?from={today}&to={today}"))) == 5
    assert numbers(auditor.get(f"/audit/?to={today - dt.timedelta(days=1)}")) == []


def test_the_persons_filter_is_by_key(auditor, people, varied):
    assert numbers(auditor.get(f"/audit/?actor=person:{people['dana'].pk}")) == [varied["dana"]]


def test_a_bad_date_is_told_and_narrows_nothing(auditor, varied):
    response = auditor.get("/audit/?from=yesterday")
    assert "Write the date as 2026-03-01." in text(response)
    assert len(numbers(response)) == 5


def test_hostile_parameters_are_no_error(auditor, varied):
    for query in (
        "before=x",
        "before=-1",
        "after=99999999999999999999",
        "event=%27",
        "to=9999-12-31",
    ):
        assert auditor.get(f"/audit/?{query}").status_code == 200


def test_pages_go_both_ways_without_gap_or_repetition(auditor, people):
    made = [
        write(Event.SYNC_REQUESTED, actor=actor_of(people["dana"]), subject=ACME, data={"n": n}).pk for n in range(120)
    ]
    seen, address = [], "/audit/?event=sync-requested"
    while address:
        page = auditor.get(address)
        seen.append(numbers(page))
        found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        last, address = address, found[1].replace("&amp;", "&") if found else ""
    assert [pk for page in seen for pk in page] == made[::-1]
    assert [len(page) for page in seen] == [50, 50, 20]
    back = re.search(r'rel="prev" href="([^"]+)"', auditor.get(last).content.decode())[1].replace("&amp;", "&")
    assert numbers(auditor.get(back)) == seen[1]
    again = re.search(r'rel="prev" href="([^"]+)"', auditor.get(back).content.decode())[1].replace("&amp;", "&")
    newest = auditor.get(again)
    assert numbers(newest) == seen[0]
    assert 'rel="prev"' not in newest.content.decode()


@pytest.mark.parametrize("query", ["", "?account=acme-corp", "?from=2020-01-01&to=2990-01-01", "?text=inc"])
def test_queries_do_not_grow_with_entries(auditor, people, varied, count_queries, query):
    few = count_queries(auditor, f"/audit/{query}")
    for n in range(30):
        write(Event.SYNC_REQUESTED, actor=actor_of(people["emea"]), subject=ACME, data={"n": n}, reason="inc")
        tried(people["dana"], Entry.Phase.DONE)
    assert count_queries(auditor, f"/audit/{query}") <= few <= 18


def test_htmx_gets_the_list_alone(auditor, varied):
    part = auditor.get("/audit/?grant=17", headers={"HX-Request": "true", "HX-Target": "audit-entries"})
    assert numbers(part) == [varied["grant"]]
    assert b"<html" not in part.content
    assert b"/audit/export/?grant=17" in part.content


def test_an_accounts_page_leads_auditors_to_its_entries(auditor, as_):
    assert 'href="/audit/?account=acme-corp"' in auditor.get("/accounts/acme-corp/").content.decode()
    assert "/audit/" not in as_("viewer").get("/accounts/acme-corp/").content.decode()


def test_the_search_box_leads_auditors_to_the_log(auditor, as_):
    assert 'href="/audit/verification/"' in auditor.get("/search/?q=verification").content.decode()
    assert "/audit/" not in as_("viewer").get("/search/?q=verification").content.decode()


@pytest.mark.parametrize("event", list(Event), ids=lambda event: event.value)
def test_every_event_has_a_sentence_that_reads_well(auditor, people, event):
    write(event, actor=actor_of(people["dana"]), subject=ACME, reason="why")
    write(event, actor=SYSTEM, subject=subject_of(people["emea"]), data={"role": "csm"})
    write(event, actor=actor_of(people["dana"]), subject=subject_of(people["dana"]))
    sentences = [str(row(told, Known())) for told in timeline(Wanted()).entries]
    for sentence in sentences:
        assert sentence[0].isupper()
        assert not re.search(r"[{}]|  |None", sentence)
        assert not sentence.endswith((".", " "))
    assert text(auditor.get("/audit/")).count(sentences[0]) >= 1


_DENIED = Subject(kind="right", id="integrations.request_sync")
_HIDDEN = Subject(kind="account", id="umbrella")
_CONSOLE = Subject(kind="installation", id="glasshouse/audit", name="this console")
SAID = {
    "Dana Whitfield put emea@example.com in the team emea-csm": (Event.TEAM_JOINED, None, {"team": "emea-csm"}),
    "Dana Whitfield put themself in the team emea-csm": (Event.ROLE_TAKEN, None, {"team": "emea-csm"}),
    "Dana Whitfield gave the role csm to themself": (Event.ROLE_TAKEN, None, {"role": "csm"}),
    "Dana Whitfield was denied the right to ask for a sync": (Event.ACCESS_DENIED, _DENIED, {"right": _DENIED.id}),
    "Dana Whitfield was denied the account umbrella": (Event.ACCESS_DENIED, _HIDDEN, {"right": _DENIED.id}),
    "lacking the right to ask for a sync": (Event.ACCESS_DENIED, _HIDDEN, {"right": _DENIED.id}),
    "The settings of this console changed": (Event.SETTINGS_CHANGED, _CONSOLE, {}),
    "changed: DEBUG": (Event.SETTINGS_CHANGED, _CONSOLE, {"changed": {"DEBUG": ["0", "1"]}}),
}


@pytest.mark.parametrize("said", SAID)
def test_what_the_data_tell_is_said(auditor, people, said):
    event, subject, data = SAID[said]
    write(event, actor=actor_of(people["dana"]), subject=subject or subject_of(people["emea"]), data=data)
    assert said in text(auditor.get("/audit/"))


def test_a_person_who_is_acted_on_leads_to_what_they_may_do(auditor, people):
    granted(people["admin"], people["emea"])
    assert f'href="/people/{people["emea"].pk}/"' in auditor.get("/audit/").content.decode()


def test_a_real_denial_is_told(auditor, as_):
    as_("viewer").post("/sync/now/")
    assert "viewer@example.com was denied the right to ask for a sync" in text(auditor.get("/audit/"))


def test_an_event_of_a_newer_version_is_shown_by_its_name(auditor, people):
    entry = write(Event.SYNC_REQUESTED, actor=actor_of(people["dana"]), subject=ACME)
    triggers.remove(connection)
    Entry.objects.filter(pk=entry.pk).update(event="rocket-launched")
    triggers.install(connection)
    page = text(auditor.get("/audit/"))
    assert "Dana Whitfield did something that this version does not know (rocket-launched) to Acme Corp" in page
    assert auditor.get(f"/audit/{entry.pk}/").status_code == 200


def test_hostile_names_are_text(auditor, people):
    people["dana"].name = PAYLOAD
    entries = [
        write(
            event,
            actor=actor_of(people["dana"]),
            subject=Subject(kind="account", id="acme-corp", name=PAYLOAD),
            reason=PAYLOAD,
            data={"role": PAYLOAD, "right": PAYLOAD, PAYLOAD: [PAYLOAD], "grant": PAYLOAD, "reasons": [PAYLOAD]},
        )
        for event in Event
    ]
    for address in ("/audit/", *(f"/audit/{entry.pk}/" for entry in entries[:3])):
        page = auditor.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_what_is_told_of_an_outcome_is_the_same_entry(people):
    intended = tried(people["dana"], Entry.Phase.FAILED)
    (told,) = tell([intended])
    assert (told.state, told.outcome.intent, told.outcome.actor.name) == ("failed", intended.pk, "Glasshouse")
