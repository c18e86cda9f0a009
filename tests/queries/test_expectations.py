"""Samples that follow a change: whose, when, and in which lines."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from integrations.core.documents import Layer
from integrations.core.edits import Scope, SetConfig, SetField, SetMapping
from integrations.core.mapping_tests import Verdict
from integrations.queries.expectations import followed_by, following
from integrations.queries.grounds import planned
from integrations.queries.moment import reader_for
from integrations.queries.preview import changed_tests, preview
from integrations.queries.proposed import read_proposed
from integrations.sandbox.evaluator import evaluator
from tests.web.factories import small_repository

pytestmark = pytest.mark.django_db
FILES = {path: text for files in small_repository() for path, text in files.items()}
ACME = Scope(layer=Layer.ACCOUNT, account="acme-corp", integration="salesforce", environment="production")
ALL = Scope(layer=Layer.PLATFORM, integration="salesforce")
OWN, OTHER, SHARED = (f"samples/salesforce/{name}.yaml" for name in ("acme", "acme-failing", "contact"))
RECORD = 'input:\n  response: {Id: "003", FirstName: "Ada", Tier__c: "gold", Kanton__c: "ZH"}\n'
HEAD = "mapping: crm/contacts/list\n"
MINE = f"{HEAD}account: acme-corp\nenvironment: production\n{RECORD}"
SAMPLES = {
    OWN: f'{MINE}expected:\n  id: "003"   # as given\n  first_name: "Ada"\n  tier: "gold"\n',
    OTHER: f'{MINE}expected:\n  id: "004"\n  first_name: "Ada"\n  tier: "gold"\n',
    SHARED: f'{HEAD}{RECORD}expected:\n  id: "003"\n  first_name: "Ada"\n',
}


def field(expression: str, *path: str, scope: Scope = ACME) -> SetField:
    return SetField(scope=scope, mapping="crm/contacts/list", path=path, expression=expression)


REGION = field("response.Kanton__c", "custom", "region")


def followed(config, *edits):
    reader = reader_for(config.row)
    files = planned(reader, edits).texts
    return files, followed_by(reader, edits, files, evaluator())


def told(config, *edits, account="acme-corp"):
    proposed = read_proposed(config.row, planned(reader_for(config.row), edits).texts)
    assert not proposed.problems
    found = following(proposed.before, proposed.after, evaluator(), account=account, integrations=["salesforce"])
    return found.files, [(each.source.file, each.verdict) for each in found.broken]


@pytest.fixture
def synced(config):
    assert not config.push_and_sync(SAMPLES).problems
    return config


def test_a_new_field_is_expected_from_now_on_by_the_accounts_own_test_that_passed(synced):
    files, samples = followed(synced, REGION)
    assert samples == {OWN: f'{SAMPLES[OWN]}  custom:\n    region: "ZH"\n'}
    found = preview(synced.row, {**files, **samples})
    assert not found.problems
    (failing, own) = sorted(
        changed_tests(found.proposed, ["salesforce"], evaluator()), key=lambda each: each.after.verdict == "passed"
    )
    assert (own.after.source.file, own.follows, own.breaks) == (OWN, True, False)
    assert (failing.after.source.file, failing.follows, failing.breaks) == (OTHER, False, False)


def test_another_value_and_one_that_goes_follow_too(synced):
    _, samples = followed(synced, field('"silver"', "tier"))
    assert samples == {OWN: SAMPLES[OWN].replace('tier: "gold"', 'tier: "silver"')}
    _, samples = followed(synced, field("response.Nothing__c", "tier"))
    assert samples == {OWN: SAMPLES[OWN].replace('  tier: "gold"\n', "")}


def test_a_test_that_ends_with_an_error_is_left_and_told(synced):
    assert told(synced, field('$error("no")', "tier")) == ({}, [(OWN, Verdict.ERROR)])


def test_a_result_that_the_schema_forbids_is_left_and_told(config):
    config.push_and_sync(SAMPLES)
    schema = {"type": "object", "properties": {"id": {"type": "string"}}}
    path = next(path for path in FILES if path.endswith("contacts.schema.json"))
    assert not config.push_and_sync({path: json.dumps({**json.loads(FILES[path]), **schema})}).problems
    assert told(config, field("5", "id")) == ({}, [(OWN, Verdict.BREACH)])


def test_a_platform_change_moves_the_shared_test_and_no_accounts(synced):
    edit = field('"Grace"', "first_name", scope=ALL)
    _, samples = followed(synced, edit)
    assert samples == {SHARED: SAMPLES[SHARED].replace('first_name: "Ada"', 'first_name: "Grace"')}


def test_a_test_of_several_environments_is_left_where_it_cannot_be_right_in_all(config):
    everywhere = SAMPLES[SHARED].replace("mapping", "account: initech\nmapping")
    account = "connections:\n" + "".join(
        f"  - {{integration: salesforce, environment: {name}}}\n" for name in ("staging", "production")
    )
    assert not config.push_and_sync({OWN: everywhere, "customers/initech/account.yaml": account}).problems
    scope = Scope(layer=Layer.ACCOUNT, account="initech", integration="salesforce", environment="production")
    edit = SetMapping(scope=scope, mapping="crm/contacts/list", expression='{"region": response.Kanton__c}')
    assert told(config, edit, account="initech") == ({}, [(OWN, Verdict.FAILED)])
    both = replace(edit, scope=replace(scope, environment=None))
    assert told(config, both, account="initech") == ({OWN: f'{everywhere}  region: "ZH"\n'}, [])


def test_records_of_a_list_are_entered(config):
    record = '{Id: "%s", FirstName: "Ada", Tier__c: "gold", Kanton__c: "%s"}'
    many = (
        f"{MINE.partition('input')[0]}input:\n  response:\n    - {record % ('1', 'ZH')}\n    - {record % ('2', 'BE')}\n"
    )
    expected = '  - id: "%s"\n    first_name: "Ada"\n    tier: "gold"\n'
    text = f"{many}expected:\n{expected % '1'}{expected % '2'}"
    assert not config.push_and_sync({OWN: text}).problems
    _, samples = followed(config, field("response.Kanton__c", "region"))
    wanted = '  - id: "%s"\n    first_name: "Ada"\n    tier: "gold"\n    region: "%s"\n'
    assert samples == {OWN: f"{many}expected:\n{wanted % ('1', 'ZH')}{wanted % ('2', 'BE')}"}


def test_a_setting_moves_no_test_and_a_refused_change_none_either(synced):
    assert followed(synced, SetConfig(scope=ACME, path=("pagination", "page_size"), value=9))[1] == {}
    reader = reader_for(synced.row)
    broken = {"customers/acme-corp/contacts_list.jsonata": "{ broken"}
    assert followed_by(reader, [REGION], broken, evaluator()) == {}
    secret = {"customers/acme-corp/contacts_list.jsonata": '{ "a": "sk_live_' + '4eC39HqLyjWDarjtT1zdp7dc" }'}
    assert followed_by(reader, [REGION], secret, evaluator()) == {}


def test_a_commit_that_is_not_in_force_is_followed_as_well(synced):
    old = synced.row.active.commit
    synced.push_and_sync({"README.md": "Newer\n"})
    reader = reader_for(synced.row, old)
    assert not reader.is_current
    files = planned(reader, [REGION]).texts
    assert followed_by(reader, [REGION], files, evaluator()) == followed(synced, REGION)[1]
