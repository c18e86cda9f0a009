"""Edits are made anew on a base that has moved: value by value, not file by file."""

from __future__ import annotations

import pytest

from integrations.actions.proposals.deciding import Choice, resolve_conflict
from integrations.actions.proposals.following import bring_into_force, follow
from integrations.actions.proposals.local import local_merge, local_review
from integrations.actions.proposals.publishing import publish
from integrations.core.documents import Layer
from integrations.core.edits import Scope, SetConfig, SetField, edit_as_json
from integrations.core.proposals import State
from integrations.core.pull_requests import Verdict
from integrations.models import LocalPullRequest, Proposal
from integrations.queries.grounds import planned
from integrations.queries.moment import reader_for
from tests.actions.proposals.making import OVERRIDE, branches, commit_at, entries, handed_in, push_on_top
from tests.web.proposing import published

pytestmark = pytest.mark.django_db
SCOPE = Scope(layer=Layer.ACCOUNT, account="acme-corp", integration="salesforce", environment="production")
PAGES = SetConfig(scope=SCOPE, path=("pagination", "page_size"), value=25)
TIER = SetField(scope=SCOPE, mapping="crm/contacts/list", path=("tier",), expression="response.Level__c")


def proposed(config, people, *edits) -> Proposal:
    row = config.row
    files = planned(reader_for(row), edits).texts
    made = handed_in(
        config, people["dana"], files=files, edits=[edit_as_json(edit) for edit in edits], base_commit=row.active.commit
    )
    publish(made.pk)
    made.refresh_from_db()
    assert made.state == State.OPEN, made.trouble
    return made


def text(config) -> str:
    return commit_at(config, config.commits[-1]).tree[OVERRIDE].data.decode()


def test_another_value_of_the_same_file_is_no_conflict(config, people):
    proposal = proposed(config, people, PAGES)
    first = proposal.head_commit
    theirs = text(config).replace('["custom_objects"]', '["custom_objects", "bulk"]')
    config.push_and_sync({OVERRIDE: theirs})
    assert follow(proposal.pk), "it waits to be published anew"
    publish(proposal.pk)
    proposal.refresh_from_db()
    commit = commit_at(config, branches(config)[proposal.branch])
    assert str(commit.id) == proposal.head_commit != first
    assert [str(parent) for parent in commit.parent_ids] == [config.commits[-1]]
    assert commit.tree[OVERRIDE].data.decode() == theirs.replace("page_size: 50", "page_size: 25")
    assert len(entries("proposal-rebased")) == 1
    assert LocalPullRequest.objects.count() == 1


def test_the_same_value_is_a_choice_and_mine_keeps_what_else_they_did(config, people):
    proposal = proposed(config, people, PAGES)
    theirs = text(config).replace("page_size: 50", "page_size: 70").replace('objects"]', 'objects", "bulk"]')
    config.push_and_sync({OVERRIDE: theirs})
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.CONFLICTING
    assert proposal.conflicts == [{"leaf": "/pagination/page_size", "base": 50, "theirs": 70, "mine": 25}]
    resolve_conflict(proposal.pk, person=people["dana"], choices={"/pagination/page_size": Choice.MINE})
    publish(proposal.pk)
    commit = commit_at(config, branches(config)[proposal.branch])
    assert commit.tree[OVERRIDE].data.decode() == theirs.replace("page_size: 70", "page_size: 25")


def test_theirs_takes_the_edit_out_of_the_proposal(config, people):
    proposal = proposed(config, people, PAGES, TIER)
    config.push_and_sync({OVERRIDE: text(config).replace("page_size: 50", "page_size: 70")})
    follow(proposal.pk)
    resolve_conflict(proposal.pk, person=people["dana"], choices={"/pagination/page_size": Choice.THEIRS})
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert list(proposal.file_changes) == ["customers/acme-corp/contacts_list.jsonata"]
    assert [edit["edit"] for edit in proposal.edits] == ["set_field"]
    assert proposal.state == State.OPEN


def test_two_fields_of_one_mapping_do_not_clash(config, people):
    proposal = proposed(config, people, TIER)
    file = "customers/acme-corp/contacts_list.jsonata"
    config.push_and_sync({file: '{\n  "tier": response.Tier__c,\n  "region": response.Region__c\n}\n'})
    assert follow(proposal.pk)
    publish(proposal.pk)
    commit = commit_at(config, branches(config)[proposal.branch])
    assert commit.tree[file].data.decode() == '{\n  "tier": response.Level__c,\n  "region": response.Region__c\n}\n'


def test_a_rebase_takes_the_approval_with_it(config, people):
    proposal = proposed(config, people, PAGES)
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    follow(proposal.pk)
    config.push_and_sync({OVERRIDE: text(config).replace('objects"]', 'objects", "bulk"]')})
    follow(proposal.pk)
    publish(proposal.pk)
    follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.review, proposal.is_independent) == ("pending", None)


def test_a_branch_with_other_peoples_commits_is_theirs_to_bring_up_to_date(config, people):
    proposal = proposed(config, people, PAGES)
    head = push_on_top(config, proposal.branch, "Erin", "engineer@example.com")
    config.push_and_sync({OVERRIDE: text(config).replace('objects"]', 'objects", "bulk"]')})
    assert not follow(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, branches(config)) == (State.OPEN, {proposal.branch: head})
    assert "whoever pushed to it" in proposal.trouble


def test_in_force_is_told_by_the_value_whatever_else_the_file_says(config, people):
    proposal = proposed(config, people, PAGES)
    local_review(proposal.pk, reviewer=people["approver"], verdict=Verdict.APPROVED, head=proposal.head_commit)
    merged = local_merge(proposal.pk, merger=people["approver"], head=proposal.head_commit)
    follow(proposal.pk)
    config.push({OVERRIDE: text(config).replace("page_size: 50", "page_size: 25") + "# more\n"})
    config.sync()
    assert bring_into_force(config.pk) == [proposal.pk]
    proposal.refresh_from_db()
    assert proposal.in_force_commit == config.commits[-1] != merged.merge_commit


def test_the_test_that_follows_a_change_follows_it_onto_a_new_base(config, people):
    file, expression = "samples/salesforce/acme.yaml", "customers/acme-corp/contacts_list.jsonata"
    head = "mapping: crm/contacts/list\naccount: acme-corp\nenvironment: production\n"
    sample = (
        head + 'input: {response: {Id: "1", Tier__c: "gold", Level__c: "A", Region__c: "ZH"}}\n'
        'expected:\n  id: "1"\n  tier: "gold"\n'
    )
    config.push_and_sync({file: sample})
    made = published(config, people["dana"], TIER)
    assert made.file_changes[file] == sample.replace('tier: "gold"', 'tier: "A"')
    theirs = sample + '  region: "ZH"\n'
    config.push_and_sync(
        {expression: '{\n  "tier": response.Tier__c,\n  "region": response.Region__c\n}\n', file: theirs}
    )
    assert follow(made.pk)
    publish(made.pk)
    made.refresh_from_db()
    assert (made.state, made.base_commit) == (State.OPEN, config.commits[-1])
    commit = commit_at(config, branches(config)[made.branch])
    assert commit.tree[file].data.decode() == theirs.replace('tier: "gold"', 'tier: "A"')
