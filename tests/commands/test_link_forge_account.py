"""`link_forge_account`: whose account is whose, once, and on record."""

from __future__ import annotations

import pytest

from audit.models import Entry
from integrations.models import ForgeAccount
from tests.commands.running import run
from tests.web.factories import person

pytestmark = pytest.mark.django_db


def test_an_account_is_one_persons(db):
    erin, omar = person("erin@example.com"), person("omar@example.com")
    assert run("link_forge_account", "Erin@example.com", "--forge", "github", "--login", "Robin").code == 0
    assert ForgeAccount.objects.get().user == erin
    assert run("link_forge_account", "omar@example.com", "--forge", "github", "--login", "robin").code == 0
    assert ForgeAccount.objects.get().user == omar
    entries = Entry.objects.filter(event="forge-account-linked")
    assert [(entry.actor_kind, entry.subject_id) for entry in entries.order_by("pk")] == [
        ("command", str(erin.pk)),
        ("command", str(omar.pk)),
    ]
    assert "robin" not in "".join(entry.data for entry in entries), "a login is about a person"


def test_nobody_is_made_by_the_way(db):
    said = run("link_forge_account", "x@example.com", "--forge", "github", "--login", "x")
    assert (said.code, said.err) == (1, "There is no user x@example.com.")
