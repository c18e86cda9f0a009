"""A change that is only thought of has the very effects that its sync then has."""

from __future__ import annotations

import msgspec
import pytest

from audit.record import SYSTEM
from integrations.actions.sync import Result, decide_held
from integrations.core.documents import JSON
from integrations.models import Change
from integrations.queries.effective import NoConnection, answer
from integrations.queries.effects import Effect
from integrations.queries.moment import reader_for
from integrations.queries.proposed import read_proposed
from tests.web.factories import BROKEN, many_accounts, small_repository

pytestmark = pytest.mark.django_db
FILES = {path: text for files in small_repository() for path, text in files.items()}
TF = FILES["integrations/salesforce.tf"]
HCL_OVERRIDE = """
resource "unified_api_account_override" "globex" {
  account     = "globex"
  integration = "zendesk"
  config      = jsonencode({ rate_limit = { requests = 7 } })
}
"""

CHANGES: dict[str, dict[str, str | None]] = {
    "an account's value": {"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 9\n"},
    "an account's override goes": {"customers/acme-corp/salesforce.yaml": None},
    "a mapping's file": {"customers/acme-corp/contacts_list.jsonata": '{ "tier": response.Level__c }\n'},
    "an override for one who had none": {"customers/initech/salesforce.yaml": "config:\n  rate_limit: null\n"},
    "an account is connected": {
        "customers/initech/account.yaml": "name: Initech\nconnections:\n"
        "  - {integration: salesforce, environment: production}\n"
    },
    "an account is no longer connected": {"customers/acme-corp/account.yaml": "name: Acme\nconnections: []\n"},
    "a new account": many_accounts(1),
    "an account goes": {path: None for path in FILES if path.startswith("customers/acme-corp/")},
    "the platform layer": {"integrations/salesforce.tf": TF.replace("page_size = 200", "page_size = 150")},
    "a shared expression": {"integrations/mappings/salesforce_contacts.jsonata": '{ "id": response.Id, "new": 1 }\n'},
    "an account's override in HCL": {"environments/production/globex.tf": HCL_OVERRIDE},
    "both at once": {
        "integrations/salesforce.tf": TF.replace("page_size = 200", "page_size = 150"),
        "customers/acme-corp/salesforce.yaml": "config:\n  rate_limit:\n    requests: 3\n",
    },
    "a file that nobody reads": {"README.md": "Hello\n"},
    "nothing": {},
}


def shown(effects: list[Effect]) -> list[tuple[str, str, str, str, JSON]]:
    return [
        (*effect.place, str(effect.kind), msgspec.json.decode(msgspec.json.encode(effect.differences)))
        for effect in effects
    ]


def recorded(commit: str) -> list[tuple[str, str, str, str, JSON]]:
    rows = Change.objects.filter(snapshot__commit=commit).select_related("change_set")
    found = [(row.account, row.integration, row.environment, str(row.kind), row.change_set.differences) for row in rows]
    return sorted(found, key=lambda row: row[:3])


def everything(reader) -> dict[tuple[str, str, str], JSON]:
    found = {}
    for account in ("acme-corp", "globex", "initech", "many-000"):
        for integration in ("salesforce", "zendesk"):
            for environment in ("staging", "production"):
                try:
                    said = answer(reader, account, integration, environment)
                except NoConnection:
                    continue
                found[account, integration, environment] = {key: said[key] for key in said if key != "commit"}
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_its_effects_are_those_of_the_sync(config, name):
    proposed = read_proposed(config.row, CHANGES[name])
    assert proposed.problems == ()
    effects, after = shown(proposed.effects()), everything(proposed.after)
    outcome = config.push_and_sync({"unread.txt": name, **CHANGES[name]})
    assert outcome.result in {Result.ACTIVATED, Result.HELD}, outcome
    if outcome.result is Result.HELD:
        decide_held(outcome.snapshot.pk, accept=True, actor=SYSTEM, reason="test")
    assert effects == recorded(config.commits[-1])
    assert after == everything(reader_for(config.row))


def test_it_writes_nothing(config):
    before = config.row.active.pk
    proposed = read_proposed(config.row, CHANGES["both at once"])
    proposed.effects()
    assert config.row.active.pk == before
    assert everything(proposed.before) == everything(reader_for(config.row))


def test_a_bad_one_has_the_problems_that_a_sync_would_reject_it_for(config):
    proposed = read_proposed(config.row, BROKEN)
    outcome = config.push_and_sync(BROKEN)
    assert proposed.problems == outcome.problems
    assert len(proposed.problems) == 2


def test_without_checking_accounts_what_it_changes_is_still_told(config):
    files = CHANGES["the platform layer"]
    assert shown(read_proposed(config.row, files, checks_accounts=False).effects()) == shown(
        read_proposed(config.row, files).effects()
    )
