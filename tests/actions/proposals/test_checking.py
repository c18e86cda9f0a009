"""What a reviewer reads in the pull request of what the checks found."""

from __future__ import annotations

import pytest

from integrations.actions.proposals.checking import checked, described_of
from integrations.actions.proposals.commits import body_of
from integrations.actions.proposals.opening import BadProposal
from integrations.forges.port import Capabilities
from integrations.queries.preview import preview
from tests.actions.proposals.making import handed_in
from tests.web.factories import BROKEN, SAMPLES

pytestmark = pytest.mark.django_db
OWN = "customers/acme-corp/contacts_list.jsonata"
FILES = {OWN: '{\n  "tier": "silver"\n}\n'}


def test_the_body_tells_what_each_sample_gives_before_and_after(config, people):
    config.push_and_sync(SAMPLES)
    described = checked(config.row, FILES)
    assert described.samples
    assert {(each.path, each.after) for sample in described.samples for each in sample.changes} == {
        ("/tier", '"silver"')
    }
    body = body_of(handed_in(config, people["dana"], files=FILES, described=described), Capabilities())
    assert "## Output on samples" in body
    assert "silver" in body.partition("## Output on samples")[2]


def test_samples_and_accounts_of_others_are_not_named_to_somebody_who_may_not_see_them(config):
    config.push_and_sync(SAMPLES)
    tf = config.row.active and "integrations/mappings/salesforce_contacts.jsonata"
    text = preview(config.row, {}).proposed.before.tree().read(tf).decode()
    found = preview(config.row, {tf: text.replace("response.FirstName", '"Ada"')})
    told = described_of(found, visible=frozenset({"globex"}))
    assert (told.accounts, told.account_count, told.samples) == ((), 0, ())
    assert described_of(found).account_count


def test_what_a_sync_would_reject_is_told_whole(config):
    with pytest.raises(BadProposal, match="a second time"):
        checked(config.row, BROKEN)
