"""Changes of the settings are recorded, and secrets never are."""

from __future__ import annotations

import pytest

from audit.models import Entry
from audit.people import command
from console.configuration import record_settings

pytestmark = pytest.mark.django_db
CANARY = "canary-0f3b"


def changes() -> list[dict[str, list[str | None]]]:
    return [entry.values["changed"] for entry in Entry.objects.filter(event="settings-changed").order_by("pk")]


def test_a_start_with_the_same_settings_records_nothing(settings):
    settings.SETTINGS_TOLD = {"SYNC_INTERVAL_SECONDS": "60"}
    assert record_settings(actor=command("up")) is True
    assert record_settings(actor=command("up")) is False
    assert changes() == [{"SYNC_INTERVAL_SECONDS": [None, "60"]}]


def test_what_changed_is_told_with_what_it_was(settings):
    settings.SETTINGS_TOLD = {"SYNC_INTERVAL_SECONDS": "60", "LOG_FORMAT": "json"}
    record_settings(actor=command("up"))
    settings.SETTINGS_TOLD = {"SYNC_INTERVAL_SECONDS": "5", "EVALUATION_SLOTS": "2"}
    record_settings(actor=command("up"))
    assert changes()[-1] == {
        "SYNC_INTERVAL_SECONDS": ["60", "5"],
        "LOG_FORMAT": ["json", None],
        "EVALUATION_SLOTS": [None, "2"],
    }


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "AUDIT_WEBHOOK_SECRET", "AUDIT_WEBHOOK_URL", "SECRET_KEY_FALLBACKS"],
)
def test_a_secret_is_marked_so_that_its_change_shows_and_it_does_not(settings, name):
    settings.SETTINGS_TOLD = {name: CANARY}
    record_settings(actor=command("up"))
    settings.SETTINGS_TOLD = {name: f"{CANARY}-2"}
    record_settings(actor=command("up"))
    before, after = changes()[-1][name]
    assert before != after
    assert CANARY not in "".join(Entry.objects.values_list("data", flat=True))


def test_references_to_secrets_are_told_as_they_are(settings):
    settings.SETTINGS_TOLD = {"CONFIG_REPOSITORY_TOKEN_REF": "env:GIT_TOKEN", "AUDIT_KEY_PATH": "/keys/audit"}
    record_settings(actor=command("up"))
    assert changes()[-1]["CONFIG_REPOSITORY_TOKEN_REF"] == [None, "env:GIT_TOKEN"]
