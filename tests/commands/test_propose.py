"""`propose`: from a line in a terminal to a pull request."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from integrations.actions.proposals.following import follow
from integrations.actions.proposals.local import local_merge, local_review
from integrations.core.mapping_tests import Verdict as Outcome
from integrations.core.pull_requests import Verdict
from integrations.models import LocalPullRequest, Proposal
from integrations.queries.mapping_tests import ReaderGround, plan, run_tests
from integrations.queries.moment import reader_for
from integrations.sandbox.evaluator import evaluator
from tests.actions.proposals.making import OVERRIDE, branches, commit_at
from tests.commands.running import run

pytestmark = pytest.mark.django_db
PLACE = ("--account", "acme-corp", "--integration", "salesforce", "--env", "production")
WHO = ("--as", "dana@example.com", "--reason", "Time-outs every night")


def test_a_setting_becomes_a_pull_request_and_the_smallest_diff(config, people, capsys):
    said = run("propose", *PLACE, *WHO, "--set", "pagination.page_size=25", "--ticket", "CS-1204", "--format", "json")
    found = json.loads(said.out)["proposal"]
    assert (found["state"], found["pull_request"], found["files"]) == ("open", 8, [OVERRIDE])
    before = commit_at(config, config.commits[-1]).tree[OVERRIDE].data.decode()
    commit = commit_at(config, branches(config)[found["branch"]])
    assert commit.tree[OVERRIDE].data.decode() == before.replace("page_size: 50", "page_size: 25")
    assert "Ticket: CS-1204" in commit.message
    body = LocalPullRequest.objects.get().body
    assert "Dana Whitfield proposes this change" in body
    assert "<code>50</code> | <code>25</code>" in body


def test_a_field_of_a_mapping(config, people):
    field = ("--mapping", "crm/contacts/list", "--field", "region", "--expression", "response.Region__c")
    said = run("propose", *PLACE, *WHO, *field)
    assert "is open, pull request 8" in said.out
    commit = commit_at(config, next(iter(branches(config).values())))
    file = "customers/acme-corp/contacts_list.jsonata"
    assert commit.tree[file].data.decode() == '{\n  "tier": response.Tier__c,\n  "region": response.Region__c\n}\n'


def test_the_same_key_is_the_same_proposal(config, people):
    line = ("propose", *PLACE, *WHO, "--set", "pagination.page_size=25", "--key", "k", "--format", "json")
    first = json.loads(run(*line).out)["proposal"]
    assert json.loads(run(*line).out)["proposal"]["id"] == first["id"]
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--set", "pagination.page_size"), "PATH=VALUE"),
        (("--set", "pagination.page_size=50"), "Nothing would change"),
        (("--mapping", "crm/contacts/list"), "needs an --expression"),
        ((), "Say what is to change"),
        (("--set", "oauth_app.client_secret=ghp_0123456789abcdefghijABCDEFGHIJ012345"), "write a reference"),
        (("--mapping", "crm/contacts/list", "--expression", '{"id": '), "cannot be read"),
    ],
)
def test_what_cannot_be_proposed_says_why(config, people, more, why):
    with pytest.raises(CommandError, match=why):
        call_command("propose", *PLACE, *WHO, *more)
    assert not Proposal.objects.exists()


def test_nobody_proposes_for_what_is_not_theirs(config, people):
    with pytest.raises(CommandError, match="may not propose this"):
        call_command("propose", *PLACE, "--as", "csm@example.com", "--reason", "x", "--set", "pagination.page_size=25")
    with pytest.raises(CommandError, match="no active user"):
        call_command("propose", *PLACE, "--as", "x@example.com", "--reason", "x", "--set", "a=1")
    assert not Proposal.objects.exists()


OWN_TEST = "samples/salesforce/acme.yaml"
OWN_TEXT = """\
# Asked for by their sales operations.
mapping: crm/contacts/list
account: acme-corp
environment: production
input: {response: {Id: "003", Tier__c: "gold", Region__c: "ZH"}}
expected:
  id: "003"
  tier: "gold"
"""


def test_the_test_of_an_account_follows_in_the_same_commit_and_passes_when_it_is_merged(config, people):
    assert not config.push_and_sync({OWN_TEST: OWN_TEXT}).problems
    field = ("--mapping", "crm/contacts/list", "--field", "custom.region", "--expression", "response.Region__c")
    found = json.loads(run("propose", *PLACE, *WHO, *field, "--format", "json").out)["proposal"]
    assert found["title"] == "Acme Corp: custom.region from Region__c"
    assert found["files"] == ["customers/acme-corp/contacts_list.jsonata", OWN_TEST]
    commit = commit_at(config, branches(config)[found["branch"]])
    assert commit.message.splitlines()[0] == found["title"]
    assert commit.tree[OWN_TEST].data.decode() == OWN_TEXT + '  custom:\n    region: "ZH"\n'
    proposal = Proposal.objects.get()
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    follow(proposal.pk)
    config.sync()
    planned = plan(ReaderGround(reader_for(config.row)), integration="salesforce", account="acme-corp")
    assert [result.verdict for result in run_tests(planned, evaluator())] == [Outcome.PASSED]
