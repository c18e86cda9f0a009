"""Before a submit: what is refused, who is affected, and what comes out otherwise."""

from __future__ import annotations

import json

import pytest

from integrations.core.mapping_tests import Verdict
from integrations.core.rules import Rule
from integrations.queries.preview import affected, changed_outputs, changed_tests, preview
from integrations.queries.proposed import read_proposed
from integrations.sandbox.evaluator import evaluator
from tests.web.factories import BROKEN, SAMPLES, many_accounts, small_repository

pytestmark = pytest.mark.django_db
FILES = {path: text for files in small_repository() for path, text in files.items()}
TF = FILES["integrations/salesforce.tf"]
OWN = "customers/acme-corp/contacts_list.jsonata"


def sentences(found):
    return [(finding.rule, finding.is_refused) for finding in found.findings]


def test_a_raw_secret_is_refused_and_shows_nowhere(config):
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    found = preview(config.row, {"customers/acme-corp/salesforce.yaml": f'config:\n  api_key: "{secret}"\n'})
    assert sentences(found) == [(Rule.SECRET, True)]
    assert found.is_refused
    assert found.effects == ()
    assert secret not in repr(found)


def test_what_a_sync_would_reject_is_refused(config):
    found = preview(config.row, BROKEN)
    assert found.is_refused
    assert len(found.problems) == 2


def test_a_good_change_is_not(config):
    found = preview(config.row, {"customers/acme-corp/salesforce.yaml": "config:\n  pagination:\n    page_size: 9\n"})
    assert not found.is_refused
    assert found.findings == ()
    assert {effect.place[0] for effect in found.effects} == {"acme-corp"}


def test_the_rules_are_asked_for_every_connection_that_changes(config):
    text = TF.replace('["api", "refresh_token"]', '["api", "full"]')
    found = preview(config.row, {"integrations/salesforce.tf": text})
    assert sentences(found) == [(Rule.WILDCARD_SCOPE, True)]
    lost = preview(config.row, {"customers/acme-corp/account.yaml": "name: Acme\nconnections: []\n"})
    assert sentences(lost) == [(Rule.OWNER, True)]


def test_those_who_change_alike_stand_together(config):
    config.push_and_sync(many_accounts(30))
    text = TF.replace("requests    = 1000", "requests    = 900")
    groups = affected(preview(config.row, {"integrations/salesforce.tf": text}).effects)
    assert sum(group.connections for group in groups) >= 60
    assert groups[0].accounts >= 30
    assert [(d.path, d.before, d.after) for d in groups[0].differences] == [("/rate_limit/requests", 1000, 900)]
    mine = affected(preview(config.row, {"integrations/salesforce.tf": text}).effects, visible=frozenset({"many-003"}))
    assert {place[0] for group in mine for place in group.places} == {"many-003"}


def test_a_sample_shows_what_comes_out_before_and_after(config):
    config.push_and_sync(SAMPLES)
    proposed = read_proposed(config.row, {OWN: '{\n  "tier": "silver"\n}\n'})
    effect = next(each for each in proposed.effects() if each.place[2] == "production")
    changes = changed_outputs(proposed, effect, evaluator())
    assert changes
    assert all(change.differs for change in changes)
    values = [
        (change.before.outputs[0].outcome.value["tier"], change.after.outputs[0].outcome.value["tier"])
        for change in changes
    ]
    assert values[0][1] == "silver"
    assert values[0][0] != "silver"


def test_a_mapping_test_that_breaks_is_told_and_one_that_is_not_touched_is_not_run(config):
    sample = {"mapping": "crm/contacts/list", "account": "acme-corp", "environment": "production"}
    payload = {"response": {"Id": "1", "FirstName": "Ada", "Tier__c": "gold"}}
    before = read_proposed(config.row, {}).before
    said = before.tree().read(OWN)
    assert b"Tier__c" in said
    whole = {**sample, "input": payload, "expected": {"id": "1", "first_name": "Ada", "tier": "gold"}}
    assert not config.push_and_sync({"samples/salesforce/acme.json": json.dumps(whole)}).problems
    proposed = read_proposed(config.row, {OWN: '{ "tier": "silver" }'})
    (change,) = changed_tests(proposed, ["salesforce"], evaluator())
    assert change.breaks
    assert change.after.verdict is Verdict.FAILED
    untouched = read_proposed(config.row, {"README.md": "Hello\n"})
    assert changed_tests(untouched, ["salesforce"], evaluator()) == []
