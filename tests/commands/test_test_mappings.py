"""test_mappings: samples run against the mappings of the configured repository, a folder or a commit."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from tests.commands.running import run
from tests.commands.test_validate import write
from tests.git.build import build
from tests.web.factories import BROKEN, small_repository

CONTACT = "samples/salesforce/contact.yaml"
ACME = "samples/salesforce/acme.json"
EXPRESSION = "integrations/mappings/salesforce_contacts.jsonata"
OWN = "customers/acme-corp/contacts_list.jsonata"
SCHEMA = "models/crm/contacts.schema.json"
RECORD = {"Id": "003", "FirstName": "Ada", "Title": "Countess", "Tier__c": "gold"}


def sample(expected, **more):
    return json.dumps({"mapping": "crm/contacts/list", "input": {"response": RECORD}, "expected": expected, **more})


GOOD = {
    CONTACT: sample({"id": "003", "first_name": "Ada", "title": "Countess"}),
    ACME: sample(
        {"id": "003", "first_name": "Ada", "title": "Countess", "tier": "gold"},
        account="acme-corp",
        environment="production",
    ),
}
WRONG = {
    **GOOD,
    ACME: sample({"id": "003", "first_name": "Bob", "tier": "silver"}, account="acme-corp", environment="production"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return write(tmp_path_factory.mktemp("good"), *small_repository(), GOOD)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    return write(tmp_path_factory.mktemp("wrong"), *small_repository(), WRONG)


# --- a folder: no test here asks for the database, and pytest-django refuses every query -------------------
def test_samples_that_come_out_as_expected(good):
    ran = run("test_mappings", str(good))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"pass  {ACME}  crm/contacts/list of acme-corp in production",
        f"pass  {CONTACT}  crm/contacts/list in staging, production",
        "2 tests: 2 passed.",
    ]


def test_a_failing_sample_says_what_was_expected_what_came_and_whose_line_gave_it(wrong):
    ran = run("test_mappings", str(wrong))
    assert ran.code == 1
    assert ran.out.splitlines() == [
        f"FAIL  {ACME}  crm/contacts/list of acme-corp in production",
        "      /first_name",
        '        expected  "Bob"',
        f'        got       "Ada"  (platform layer, {EXPRESSION}:3)',
        "      /tier",
        '        expected  "silver"',
        f'        got       "gold"  (account layer, {OWN}:2)',
        "      /title",
        "        expected  nothing",
        f'        got       "Countess"  (platform layer, {EXPRESSION}:4)',
        f"pass  {CONTACT}  crm/contacts/list in staging, production",
        "2 tests: 1 passed, 1 failed.",
    ]


def test_an_expression_that_fails_names_its_line(tmp_path):
    broken = {OWN: '{\n  "tier": $number("x")\n}\n'}
    ran = run("test_mappings", str(write(tmp_path, *small_repository(), GOOD, broken)))
    assert ran.code == 1
    assert f"ERROR {ACME}" in ran.out
    assert re.search(rf"      {OWN}:\d.*\(account layer\)", ran.out)
    assert "2 tests: 1 passed, 1 error." in ran.out


def test_an_output_that_breaks_the_schema(tmp_path):
    broken = {EXPRESSION: '{\n  "id": response.Id,\n  "first_name": 1\n}\n'}
    ran = run("test_mappings", str(write(tmp_path, *small_repository(), GOOD, broken)), "--format=json")
    assert ran.code == 1
    assert [test["verdict"] for test in ran.json["tests"]] == ["breach", "breach"]
    assert ran.json["tests"][0]["breaches"] == [{"path": "/first_name", "message": "1 is not of type 'string', 'null'"}]
    assert ran.json["counts"] == {"tests": 2, "passed": 0, "failed": 0, "breaches": 2, "errors": 0, "unchanged": 0}


def test_json(wrong):
    found = run("test_mappings", str(wrong), "--format=json").json
    assert set(found) == {"version", "ok", "commit", "counts", "tests", "coverage"}
    assert (found["version"], found["ok"], found["commit"], found["coverage"]) == (1, False, None, None)
    first, second = found["tests"]
    assert set(first) == {
        *("sample", "name", "integration", "mapping", "part", "account", "environments", "verdict"),
        *("differences", "further_differences", "error", "breaches"),
    }
    assert (first["sample"], first["account"], first["environments"]) == (ACME, "acme-corp", ["production"])
    assert first["differences"][0] == {
        "path": "/first_name",
        "kind": "changed",
        "expected": "Bob",
        "got": "Ada",
        "clipped": False,
        "layer": "platform",
        "source": {"file": EXPRESSION, "line": 3},
    }
    assert "expected" not in first["differences"][2]
    assert (second["verdict"], second["account"]) == ("passed", None)


def test_junit_can_be_parsed_whatever_a_sample_holds(tmp_path):
    evil = "\u0001\u001b[31m]]></failure><x a=\"'&\ufffe\ud83d\ude00"
    own = {OWN: f'{{\n  "tier": {json.dumps(evil)}\n}}\n'}
    folder = write(tmp_path / "config", *small_repository(), GOOD, own, {CONTACT: sample({"id": "a"})})
    ran = run("test_mappings", str(folder), f"--junit={tmp_path / 'report.xml'}")
    assert ran.code == 1
    assert "\x1b" not in ran.out
    root = ET.parse(tmp_path / "report.xml").getroot()
    assert (root.tag, root.attrib) == (
        "testsuites",
        {"name": "mapping tests", "tests": "2", "failures": "2", "errors": "0"},
    )
    (suite,) = root
    assert (suite.get("name"), suite.get("tests")) == ("salesforce", "2")
    cases = {case.get("file"): case for case in suite}
    assert set(cases) == {ACME, CONTACT}
    assert cases[ACME].get("classname") == "salesforce.crm.contacts.list.response"
    failure = cases[ACME].find("failure")
    assert failure is not None
    assert failure.get("type") == "failed"
    assert "</failure><x" in (failure.text or "")
    assert f"(account layer, {OWN}:2)" in (failure.text or "")


def test_junit_of_what_passes(good, tmp_path):
    assert run("test_mappings", str(good), f"--junit={tmp_path / 'report.xml'}").code == 0
    assert [len(case) for case in ET.parse(tmp_path / "report.xml").getroot().iter("testcase")] == [0, 0]
    assert "cannot be written" in run("test_mappings", str(good), f"--junit={tmp_path / 'no/where.xml'}").err


def test_annotations_for_github(wrong, monkeypatch):
    monkeypatch.chdir(wrong.parent)
    out = run("test_mappings", wrong.name, "--format=github").out
    assert out.startswith(f"::error file={wrong.name}/{ACME},line=1,title=mapping test failed::crm/contacts/list of ")
    assert "%0A" in out


def test_coverage_names_the_fields_that_no_sample_exercises(tmp_path):
    folder = write(tmp_path, *small_repository(), {CONTACT: sample({"id": "003"}, input={"response": {"Id": "003"}})})
    ran = run("test_mappings", str(folder), "--coverage")
    assert ran.code == 0
    lines = ran.out.partition("Coverage\n")[2].splitlines()
    assert [re.sub(" +", " ", line) for line in lines] == [
        "salesforce crm/contacts/list response 1/3 not /first_name, /title",
        "salesforce crm/contacts/list response of acme-corp 0/1 none by any sample",
        "1 of 4 fields are exercised by samples.",
    ]
    told = run("test_mappings", str(folder), "--coverage", "--format=json").json["coverage"]
    assert told[1] == {
        "integration": "salesforce",
        "mapping": "crm/contacts/list",
        "part": "response",
        "account": "acme-corp",
        "fields": 1,
        "exercised": 0,
        "unexercised": [
            {
                "path": "/tier",
                "layer": "account",
                "source": {"file": OWN, "line": 2},
                "environments": ["production"],
            }
        ],
    }
    refused = run("test_mappings", str(folder), "--coverage", "--changed-since=main")
    assert (refused.code, refused.out) == (1, "")


def test_narrowed_to_an_integration_or_an_account(wrong):
    assert "1 test: 0 passed, 1 failed." in run("test_mappings", str(wrong), "--account=acme-corp").out
    assert run("test_mappings", str(wrong), "--integration=zendesk").out == "0 tests: 0 passed.\n"
    assert "There is no integration “salesfrce”" in run("test_mappings", str(wrong), "--integration=salesfrce").err
    assert "There is no account “acme”" in run("test_mappings", str(wrong), "--account=acme").err


def test_a_folder_with_errors_runs_nothing(tmp_path):
    ran = run("test_mappings", str(write(tmp_path, *small_repository(), GOOD, BROKEN)))
    assert (ran.out, ran.code) == ("", 1)
    assert all(file in ran.err for file in BROKEN)
    assert "Nothing was run" in ran.err


# --- what may have changed ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "tests"),
    [
        ({"integrations/salesforce.tf": None}, []),  # replaced below: a comment, so that its lines move
        (
            {EXPRESSION: '{\n  "id": response.Id, "title": response.Title,\n  "first_name": response.FirstName\n}\n'},
            [ACME, CONTACT],
        ),
        ({OWN: '{ "tier": response.Tier__c }\n'}, [ACME]),
        ({CONTACT: GOOD[CONTACT].replace("Countess", "Lady")}, [CONTACT]),
        ({SCHEMA: json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"})}, [ACME, CONTACT]),
        ({"customers/acme-corp/salesforce.yaml": "config:\n  pagination: {page_size: 9}\n"}, [ACME]),
        (
            {"samples/salesforce/new.json": sample({"id": "x"}, input={"response": {"Id": "x"}})},
            ["samples/salesforce/new.json"],
        ),
    ],
    ids=["moved", "platform", "account", "sample", "schema", "dropped", "new"],
)
def test_only_tests_whose_outcome_may_differ_are_run(tmp_path, change, tests):
    bare = tmp_path / "config.git"
    first, second = small_repository()
    text = first["integrations/salesforce.tf"]
    if "integrations/salesforce.tf" in change:
        change = {"integrations/salesforce.tf": f"# a comment\n\n{text}"}
    commits = build(bare, [{**first, **second, **GOOD}, change])
    ran = run("test_mappings", str(bare), "--at=main", f"--changed-since={commits[0][:12]}", "--format=json")
    assert [test["sample"] for test in ran.json["tests"]] == tests
    assert ran.json["commit"] == commits[1]
    assert ran.json["counts"]["unchanged"] == 2 - len([test for test in tests if test in GOOD])


def test_files_on_disk_are_held_against_a_commit(tmp_path):
    bare, checkout = tmp_path / "config.git", tmp_path / "checkout"
    build(bare, [*small_repository(), GOOD])
    subprocess.run(["git", "clone", "-q", str(bare), str(checkout)], check=True, capture_output=True)
    ran = run("test_mappings", str(checkout), "--changed-since=HEAD")
    assert (ran.code, ran.out) == (
        0,
        "0 tests: 0 passed.\n2 tests left out: nothing that they hang on has changed.\n",
    )
    write(checkout, {OWN: '{\n  "tier": "none"\n}\n'})
    ran = run("test_mappings", str(checkout), "--changed-since=HEAD")
    assert ran.code == 1
    assert "1 test: 0 passed, 1 failed." in ran.out


# --- the configured repository -----------------------------------------------------------------------------
def test_the_configured_repository_is_the_default(config):
    assert config.push_and_sync(GOOD).problems == ()
    config.push_and_sync({OWN: '{\n  "tier": "none"\n}\n'})
    ran = run("test_mappings", "--format=json")
    assert ran.code == 1
    assert ran.json["commit"] == config.commits[-1]
    assert [test["verdict"] for test in ran.json["tests"]] == ["failed", "passed"]
    before = run("test_mappings", f"--at={config.commits[-2]}", "--format=json")
    assert (before.code, before.json["commit"]) == (0, config.commits[-2])
    since = run("test_mappings", f"--changed-since={config.commits[-2]}", "--format=json")
    assert [test["sample"] for test in since.json["tests"]] == [ACME]


def test_a_snapshot_and_its_files_give_the_same_report(config, tmp_path):
    config.push_and_sync(WRONG)
    by_rows = run("test_mappings", "--coverage", "--format=json").json
    by_files = run("test_mappings", str(config.path), "--at=main", "--coverage", "--format=json").json
    assert by_rows == by_files


def test_without_a_repository_it_says_what_to_do(db):
    ran = run("test_mappings")
    assert ran.code == 1
    assert "CONFIG_REPOSITORY_URL" in ran.err


def test_every_sample_of_the_demo_passes(tmp_path):
    from datetime import UTC, datetime

    from integrations.demo.seed import seed

    seed(tmp_path / "demo.git", now=datetime(2026, 6, 1, tzinfo=UTC))
    ran = run("test_mappings", str(tmp_path / "demo.git"), "--at=main", "--format=json")
    assert [test["sample"] for test in ran.json["tests"] if test["verdict"] != "passed"] == []
    assert (ran.code, ran.json["counts"]["tests"] >= 24) == (0, True)


def test_a_path_that_is_no_folder_is_one_sentence(tmp_path):
    assert "is no folder" in run("test_mappings", str(tmp_path / "nothing")).err
