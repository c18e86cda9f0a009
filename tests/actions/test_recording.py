"""Each action leaves its entry, in its own transaction: no entry, no action."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from audit.models import Entry, PersonalData
from audit.people import actor_of, command
from audit.record import SYSTEM, Actor
from integrations.actions.mapping_tests import ask_for_report
from integrations.actions.repositories import configure_repository
from integrations.actions.sync import decide_held, request_sync
from integrations.models import Account, Repository, Snapshot
from tests.git.build import rewind
from tests.web.factories import BROKEN, many_accounts

pytestmark = pytest.mark.django_db
OVERRIDE = "customers/acme-corp/salesforce.yaml"
ERIN = Actor(id="7", name="Erin Castellano")


def entries(event: str) -> list[Entry]:
    return list(Entry.objects.filter(event=event).order_by("pk"))


def private(entry: Entry) -> str:
    return PersonalData.objects.get(pk=entry.commitment).body


def test_an_activation_names_commit_accounts_author_and_reviewers(config):
    config.push_and_sync(
        {OVERRIDE: "config:\n  pagination:\n    page_size: 9\n"},
        "Acme: tiny pages (#41)\n\nThey asked.\n\nReviewed-by: Ruth Okafor <ruth@example.com>",
    )
    entry = entries("sync-activated")[-1]
    assert (entry.actor_kind, entry.subject_kind, entry.subject_id) == ("system", "snapshot", config.commits[-1])
    assert entry.values | {"connections_changed": 0} == {
        "repository": "small",
        "commit": config.commits[-1],
        "previous": config.commits[-2],
        "pull_request": 41,
        "connections_changed": 0,
        "accounts": ["acme-corp"],
        "accounts_total": 1,
    }
    assert entry.values["connections_changed"] == config.row.active.counts["connections_changed"] > 0
    assert "Ruth Okafor" in private(entry)
    assert "tiny pages" in private(entry)
    assert "Ruth" not in entry.data + entry.reason + entry.subject_name
    assert config.row.active.reviewed_by == ["Ruth Okafor <ruth@example.com>"]


def test_an_activation_of_many_accounts_names_a_hundred_and_counts_all(config):
    config.push_and_sync(many_accounts(120))
    entry = entries("sync-activated")[-1]
    assert (len(entry.values["accounts"]), entry.values["accounts_total"]) == (100, 120)


def test_a_rejected_and_a_held_commit_are_recorded_once(config):
    config.push_and_sync(BROKEN)
    config.sync()
    (rejected,) = entries("sync-rejected")
    assert rejected.values == {"repository": "small", "problems": 2}
    rewind(config.path, config.commits[0])
    config.sync()
    config.sync()
    (held,) = entries("sync-held")
    assert held.subject_id == config.commits[0]
    assert "History was rewritten" in held.values["reasons"][0]


def test_a_decision_names_the_person_and_the_reason_and_the_activation_is_put_down_to_them(config, people):
    rewind(config.path, config.commits[0])
    held = config.sync().snapshot
    alex = actor_of(people["approver"])
    decide_held(held.pk, accept=True, actor=alex, reason="We went back on purpose")
    (accepted,), activated = entries("held-sync-accepted"), entries("sync-activated")[-1]
    assert (accepted.actor_id, accepted.reason) == (alex.id, "We went back on purpose")
    assert (activated.actor_id, activated.subject_id) == (alex.id, config.commits[0])


def test_a_decision_is_refused_where_the_right_was_withdrawn_a_moment_ago(config):
    rewind(config.path, config.commits[0])
    held = config.sync().snapshot

    def still_may() -> None:
        raise PermissionError("withdrawn")

    with pytest.raises(PermissionError):
        decide_held(held.pk, accept=False, actor=ERIN, reason="No", still_may=still_may)
    assert Snapshot.objects.get(pk=held.pk).state == "held"
    assert not entries("held-sync-discarded")


def test_rights_from_git_are_recorded_for_each_account_with_its_file(config, people):
    before = len(entries("account-rights-changed"))
    config.push_and_sync(
        {"customers/initech/account.yaml": "name: Initech\nowner: dana@example.com\nconnections: []\n"}
    )
    entry = entries("account-rights-changed")[-1]
    assert len(entries("account-rights-changed")) == before + 1
    assert (entry.account, entry.values["file"]) == ("initech", "customers/initech/account.yaml")
    assert "dana@example.com" in private(entry)
    assert "dana@" not in entry.data
    config.push_and_sync({"customers/initech/account.yaml": "name: Initech\nowner: dana@example.com\ntags: [a]\n"})
    assert len(entries("account-rights-changed")) == before + 1, "nothing changed"


def test_a_repository_is_recorded_when_something_about_it_changed(config):
    url = config.row.url
    configure_repository(name="small", url=url, branch="main", actor=command("up"))
    before = len(entries("repository-configured"))
    configure_repository(name="small", url=url, branch="main", actor=command("up"))
    assert len(entries("repository-configured")) == before
    configure_repository(name="small", url=url, branch="next", token_ref="env:GIT_TOKEN", actor=ERIN)
    entry = entries("repository-configured")[-1]
    assert entry.values == {"changed": {"branch": ["main", "next"], "token_ref": ["", "env:GIT_TOKEN"]}}
    assert entry.actor_id == ERIN.id


def test_requests_are_recorded(config):
    request_sync(config.row, actor=ERIN)
    ask_for_report(config.row, config.commits[0], actor=ERIN)
    assert [entry.subject_id for entry in entries("sync-requested")] == ["small"]
    assert [entry.subject_id for entry in entries("mapping-tests-requested")] == [config.commits[0]]


@pytest.mark.django_db(transaction=True)
def test_without_its_entry_no_activation_happens(config, monkeypatch):
    """The disk is full, the table is locked: the last good snapshot stays, and so does every row."""
    active, owners = config.row.active.pk, list(Account.objects.values_list("slug", "owner"))
    config.push({OVERRIDE: "config:\n  pagination:\n    page_size: 9\n"})

    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("database or disk is full")

    monkeypatch.setattr("audit.record._write", fails)
    with pytest.raises(DatabaseError):
        config.sync()
    assert Repository.objects.get().active_id == active
    assert list(Account.objects.values_list("slug", "owner")) == owners
    assert not entries("sync-activated")
    monkeypatch.undo()
    config.sync()
    assert entries("sync-activated")[-1].actor_id == SYSTEM.id
