"""Nothing typed is lost, and what is handed in is taken once, checked and recorded."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404

from console.access import PROPOSE, account_for
from console.models import User
from integrations.actions.proposals.opening import BadProposal, discard_draft, open_proposal, save_draft
from integrations.actions.proposals.wishing import wish_of
from integrations.core.documents import Layer
from integrations.core.edits import Scope, SetConfig
from integrations.core.proposals import State
from integrations.models import Draft, Proposal
from integrations.queries.moment import reader_for
from integrations.queries.proposals import draft_of, drafts_of
from tests.actions.proposals.making import OVERRIDE, SMALLER, entries, handed_in, wish

pytestmark = pytest.mark.django_db
PLACE = "acme-corp/salesforce/production"


def test_a_draft_is_kept_as_it_was_typed_one_per_person_and_place(config, people):
    dana, row = people["dana"], config.row
    typed = {"value": "25 \n", "expression": "{ half", "b": "", "a": ["x"]}
    save_draft(dana, row, place=PLACE, fields={"value": "2"})
    save_draft(dana, row, place=PLACE, fields=typed)
    save_draft(people["engineer"], row, place=PLACE, fields={"value": "30"})
    assert draft_of(dana, row, PLACE) == typed
    assert list(draft_of(dana, row, PLACE)) == list(typed), "in the order of the form"
    assert [draft.place for draft in drafts_of(dana, row)] == [PLACE]
    assert len(entries("draft-saved")) == 2, "its beginning, not each letter"


def test_a_draft_goes_when_it_is_handed_in_and_stays_when_that_fails(config, people):
    dana, row = people["dana"], config.row
    save_draft(dana, row, place=PLACE, fields={"value": "25"})

    def denied() -> None:
        raise PermissionDenied

    with pytest.raises(PermissionDenied):
        open_proposal(wish(config), repository=row, proposer=dana, draft=PLACE, still_may=denied)
    with pytest.raises(BadProposal):
        open_proposal(wish(config, files={}), repository=row, proposer=dana, draft=PLACE)
    assert Draft.objects.count() == 1
    assert not Proposal.objects.exists()
    open_proposal(wish(config), repository=row, proposer=dana, draft=PLACE)
    assert not Draft.objects.exists()


def test_an_account_that_changed_hands_between_draft_and_submit_keeps_what_was_typed(config, people):
    dana = people["dana"]
    save_draft(dana, config.row, place=PLACE, fields={"value": "25"})
    config.push_and_sync({"customers/acme-corp/account.yaml": "name: Acme Corp\nowner: team:emea-csm\n"})

    def still_may() -> None:
        account_for(User.objects.get(pk=dana.pk), "acme-corp", PROPOSE, repository=config.row)

    with pytest.raises(Http404):
        open_proposal(wish(config), repository=config.row, proposer=dana, draft=PLACE, still_may=still_may)
    assert draft_of(dana, config.row, PLACE) == {"value": "25"}
    assert not Proposal.objects.exists()


def test_a_draft_is_discarded_on_purpose(config, people):
    save_draft(people["dana"], config.row, place=PLACE, fields={})
    assert discard_draft(people["dana"], config.row, place=PLACE)
    assert not discard_draft(people["dana"], config.row, place=PLACE)
    assert len(entries("draft-discarded")) == 1


def test_a_proposal_waits_for_a_worker_and_its_entry_tells_who_where_and_why(config, people):
    proposal = handed_in(config, people["dana"])
    assert (proposal.state, len(proposal.pk), proposal.branch) == (State.QUEUED, 12, f"glasshouse/{proposal.pk}")
    (entry,) = entries("proposal-opened")
    assert entry.values == {
        "repository": "small",
        "layer": "account",
        "integration": "salesforce",
        "environment": "production",
        "ticket": "CS-1204",
        "base": config.commits[-1],
        "files": [OVERRIDE],
    }
    assert (entry.subject_id, entry.account) == (proposal.pk, "acme-corp")


@pytest.mark.django_db(transaction=True)
def test_without_its_entry_there_is_no_proposal(config, people, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("audit.record._write", fails)
    with pytest.raises(DatabaseError):
        handed_in(config, people["dana"])
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": " \n"},
        {"title": "\u202e\x00"},
        {"account": ""},
        {"layer": Layer.PLATFORM},
        {"files": {f"a{number}": "x" for number in range(201)}},
        {"files": {"a": "x" * 2_000_001}},
        {"files": {"a": "\ud800"}},
    ],
)
def test_what_cannot_be_taken_is_refused(config, people, fields):
    with pytest.raises(BadProposal):
        handed_in(config, people["dana"], **fields)


def test_edits_become_files_values_and_words(config, people):
    scope = Scope(layer=Layer.ACCOUNT, account="acme-corp", integration="salesforce", environment="production")
    edits = [
        SetConfig(scope=scope, path=("pagination", "page_size"), value=25),
        SetConfig(scope=scope, path=("rate_limit", "requests"), value=10),
    ]
    made = wish_of(reader_for(config.row), edits, reason="Time-outs")
    assert made.base_values == {"/pagination/page_size": 50, "/rate_limit/requests": None}
    assert list(made.files) == [OVERRIDE]
    assert made.title == "Acme Corp: 2 changes to salesforce"
    assert len(made.summary.splitlines()) == 2
    other = Scope(layer=Layer.ACCOUNT, account="globex", integration="zendesk")
    with pytest.raises(BadProposal, match="one account"):
        wish_of(reader_for(config.row), [*edits, SetConfig(scope=other, path=("a",), value=1)], reason="x")
    with pytest.raises(BadProposal, match="twice"):
        wish_of(reader_for(config.row), [edits[0], edits[0]], reason="x")


@pytest.mark.parametrize(
    "told",
    [
        {"files": {OVERRIDE: 'config:\n  api_key: "%s"\n'}},
        {"files": {OVERRIDE: SMALLER}, "edits": [{"kind": "set-config", "path": ["api_key"], "value": "%s"}]},
        {"reason": "Their new key is %s"},
        {"title": "Use %s"},
    ],
)
def test_a_raw_secret_is_refused_and_kept_nowhere(config, people, told):
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    with_secret = json.loads(json.dumps(told).replace("%s", secret))
    with pytest.raises(BadProposal, match="looks like a secret") as refused:
        open_proposal(wish(config, **with_secret), repository=config.row, proposer=people["dana"])
    assert secret not in str(refused.value)
    assert not Proposal.objects.exists()
