"""The review page: another person looks, says something, approves the version they saw, and merges it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from integrations.actions.proposals.following import bring_into_force, follow
from integrations.core.edits import EditList
from integrations.core.proposals import State
from integrations.models import LocalReview, Proposal
from tests.actions.proposals.making import push_on_top
from tests.web.factories import SAMPLES
from tests.web.proposing import ACME, PLATFORM, pages_of, proposed, published, tier

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]


@pytest.fixture
def proposal(config, people) -> Proposal:
    return published(config, people["dana"])


def page(client, proposal, query: str = "", status: int = 200) -> str:
    response = client.get(f"/proposals/{proposal.pk}/{query}")
    assert response.status_code == status
    return response.content.decode()


def button(html: str, label: str) -> str:
    found = re.search(rf"<button[^>]*>{label}</button>", html)
    assert found, label
    return found[0]


def say(client, proposal, verdict: str, *, head: str | None = None, text: str = "", **more: str):
    proposal.refresh_from_db()
    body = {"verdict": verdict, "head": head or proposal.forge_head, "text": text, **more}
    return client.post(f"/proposals/{proposal.pk}/review/", body)


def merge(client, proposal, head: str | None = None):
    proposal.refresh_from_db()
    return client.post(f"/proposals/{proposal.pk}/merge/", {"head": head or proposal.forge_head})


def test_from_open_to_in_force_by_another_person(as_, config, people, proposal):
    engineer = as_("engineer")
    html = page(engineer, proposal)
    assert "Give Acme pages of 25" in html
    assert "Time-outs every night" in html
    assert "pagination.page_size" in html
    assert "disabled" not in button(html, "Approve")
    assert "disabled" in button(html, "Merge")
    assert "Somebody other than those who made the change must approve it." in html

    assert say(engineer, proposal, "approved", text="Their organisation is slow indeed.").status_code == 302
    html = page(engineer, proposal)
    assert "Approved by engineer@example.com, who took no part in the change." in html
    assert "Their organisation is slow indeed." in html
    assert "You have approved this version." in html
    assert "disabled" not in button(html, "Merge")

    assert merge(engineer, proposal).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == State.MERGED
    assert "It is merged, and comes into force with the next sync." in page(engineer, proposal)
    config.sync()
    assert bring_into_force(config.pk) == [proposal.pk]
    html = page(engineer, proposal)
    assert "In force since commit" in html
    assert "<button" not in html.partition('class="proposal-columns"')[2]


@pytest.mark.parametrize("name", ["dana", "engineer", "viewer"])
def test_the_page_says_what_would_be_in_force(as_, proposal, name):
    html = page(as_(name), proposal)
    assert re.search(r"<code[^>]*>50</code>.*<code[^>]*>25</code>", html, re.DOTALL)
    assert "1 account" in html
    assert "It can be read, and no rule objects." in html
    assert "What it builds on is as it was." in html
    assert "page_size: 25" in html  # the file, folded
    assert 'class="table diff-table diff-split"' in page(as_(name), proposal, "?as=split")


def test_outputs_on_samples_before_and_after(as_, config, people):
    config.push_and_sync(SAMPLES)
    proposal = published(config, people["dana"], tier("response.Tier__c & '!'"))
    html = page(as_("viewer"), proposal)
    assert f'hx-get="/proposals/{proposal.pk}/outputs/"' in html
    told = as_("viewer").get(f"/proposals/{proposal.pk}/outputs/").content.decode()
    assert "&#34;gold&#34;" in told
    assert "&#34;gold!&#34;" in told
    assert "acme-only.json" in told
    assert "layer-account" in told


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("dana", "You proposed this; somebody else must review it."),
        ("viewer", "You lack the right to review and merge changes here."),
        ("csm", "You lack the right to review and merge changes here."),
        ("auditor", "You lack the right to review and merge changes here."),
        ("admin", "You lack the right to review and merge changes here."),
    ],
)
def test_who_may_not_approve_sees_why(as_, proposal, name, why):
    client = as_(name)
    html = page(client, proposal)
    assert "disabled" in button(html, "Approve")
    assert why in html
    response = say(client, proposal, "approved")
    assert response.status_code == 403
    assert not LocalReview.objects.exists()


def test_a_proposer_with_the_right_cannot_approve_their_own(as_, config, people):
    proposal = published(config, people["engineer"])
    client = as_("engineer")
    assert "You proposed this; somebody else must review it." in page(client, proposal)
    response = say(client, proposal, "approved")
    assert response.status_code == 409
    assert "engineer@example.com proposed this change" in response.content.decode()
    assert not LocalReview.objects.exists()
    assert merge(client, proposal).status_code == 409


def test_whoever_wrote_a_part_cannot_approve(as_, config, people, proposal):
    head = push_on_top(config, proposal.branch, "Somebody", "approver@example.com")
    follow(proposal.pk)
    client = as_("approver")
    html = page(client, proposal)
    assert "You wrote a part of this change; somebody else must approve it." in html
    assert "NOTES.md" in html, "what would be merged is what is shown"
    assert say(client, proposal, "approved", head=head).status_code == 409
    assert not LocalReview.objects.exists()


def test_no_token_reviews_or_merges(config, people, proposal):
    from datetime import timedelta

    from django.test import Client
    from django.utils import timezone

    from audit.people import command
    from console.tokens import issue_token

    later = timezone.now() + timedelta(days=1)
    scopes = ["read", "propose", "sync", "evaluate"]
    for name in ("engineer", "approver"):
        _, secret = issue_token(people[name], name="ci", expires=later, role=name, scopes=scopes, actor=command("test"))
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        assert say(client, proposal, "approved")["Location"].startswith("/sign-in/login/")
        assert merge(client, proposal)["Location"].startswith("/sign-in/login/")
    assert not LocalReview.objects.exists()


def test_a_person_who_was_deactivated_reviews_nothing(as_, people, proposal):
    client = as_("engineer")
    people["engineer"].is_active = False
    people["engineer"].save()
    assert say(client, proposal, "approved").status_code == 302
    assert not LocalReview.objects.exists()


def test_rights_are_read_again_as_the_review_is_kept(as_, people, proposal, monkeypatch):
    """Taken away between the door and the write."""
    from console.views import proposal_acts

    client, keep = as_("engineer"), proposal_acts.local_review

    def late(*arguments, **options):
        people["engineer"].groups.clear()
        return keep(*arguments, **options)

    monkeypatch.setattr(proposal_acts, "local_review", late)
    assert say(client, proposal, "approved").status_code == 403
    assert not LocalReview.objects.exists()


def test_an_approval_is_for_the_version_that_was_seen(as_, config, people, proposal):
    client = as_("engineer")
    html = page(client, proposal)
    seen = re.search(r'name="seen" value="([^"]+)"', html)[1].replace("&#43;", "+")
    old = re.search(r'name="head" value="(\w+)"', html)[1]
    push_on_top(config, proposal.branch, "Viewer", "viewer@example.com")
    response = say(client, proposal, "approved", head=old, text="Looks good", seen=seen)
    assert response.status_code == 409
    html = response.content.decode()
    assert "The change has moved on since you looked at it: look again." in html
    assert "NOTES.md" in html
    assert "Looks good" in html, "what was typed stays"
    assert f'name="head" value="{old}"' not in html
    assert not LocalReview.objects.exists()


def test_an_approval_does_not_outlive_a_push(as_, config, people, proposal):
    client = as_("engineer")
    old = proposal.forge_head
    say(client, proposal, "approved")
    new = push_on_top(config, proposal.branch, "Viewer", "viewer@example.com")
    assert merge(client, proposal, head=old).status_code == 409
    response = merge(client, proposal, head=new)
    assert response.status_code == 409
    assert "approved an earlier commit" in response.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN


def test_two_merges_are_one(as_, config, people, proposal):
    say(as_("engineer"), proposal, "approved")
    assert merge(as_("engineer"), proposal).status_code == 302
    response = merge(as_("approver"), proposal)
    assert response.status_code == 409
    proposal.refresh_from_db()
    assert proposal.state == State.MERGED


def test_asking_for_changes_needs_words_and_keeps_it_from_being_merged(as_, people, proposal):
    engineer, approver = as_("engineer"), as_("approver")
    response = say(engineer, proposal, "changes-requested")
    assert (response.status_code, "Say what should change." in response.content.decode()) == (422, True)
    say(approver, proposal, "approved")
    assert say(engineer, proposal, "changes-requested", text="Why not 30?").status_code == 302
    html = page(approver, proposal)
    assert "engineer@example.com asked for changes." in html
    assert "Why not 30?" in html
    assert merge(approver, proposal).status_code == 409
    assert "Changes asked for" in page(as_("dana"), proposal)


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("approved", "approved this proposal"),
        ("changes-requested", "asked for changes to this proposal"),
        ("commented", "commented on this proposal"),
    ],
)
def test_what_happened_says_what_the_review_was(as_, people, proposal, verdict, says):
    say(as_("engineer"), proposal, verdict, text="Why not 30?")
    html = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page(as_("dana"), proposal)))
    assert re.search(rf"{people['engineer']} {says}", html)
    assert "in the audit log" not in html


def test_an_auditor_gets_from_a_proposal_to_what_the_log_says_of_it(as_, proposal):
    auditor = as_("auditor")
    found = re.search(r'href="(/audit/[^"]*)">All proposals for this account', page(auditor, proposal))
    assert found
    log = auditor.get(found[1].replace("&amp;", "&")).content.decode()
    assert str(proposal.pk)[:12] in log


def test_an_addition_to_a_list_never_looks_like_the_loss_of_the_rest(as_, config, people):
    """Once it is over, the page tells the layer's own values: the whole list, not what was added alone."""
    more = EditList(scope=ACME, path=("oauth_app", "scopes"), append=("offline_access",), prepend=(), remove=())
    made = published(config, people["dana"], more)
    assert as_("dana").post(f"/proposals/{made.pk}/withdraw/", {"reason": "Not needed"}).status_code == 302
    Proposal.objects.filter(pk=made.pk).update(described={})
    html = unescape(page(as_("engineer"), made))
    assert re.search(r'"\$append":\s*\["custom_objects",\s*"offline_access"\]', html)


def test_who_proposed_is_told_how_to_answer_what_is_asked_for(as_, people, proposal):
    dana, engineer = as_("dana"), as_("engineer")
    assert "propose it anew" not in page(dana, proposal)
    say(engineer, proposal, "changes-requested", text="Why not 30?")
    html = page(dana, proposal)
    assert "withdraw it and <a" in html
    assert 'href="/accounts/acme-corp/propose/?integration=salesforce"' in html
    assert "Your answer" in html
    assert "propose it anew" not in page(engineer, proposal)


def test_proposer_and_owner_answer_and_strangers_do_not(as_, proposal):
    assert say(as_("dana"), proposal, "commented", text="Because of the nightly job.").status_code == 302
    assert "Because of the nightly job." in page(as_("engineer"), proposal)
    assert say(as_("viewer"), proposal, "commented", text="Me too").status_code == 403
    proposal.refresh_from_db()
    assert proposal.review == "pending"


def test_withdrawing_needs_a_reason_and_ends_it(as_, config, people, proposal):
    dana = as_("dana")
    address = f"/proposals/{proposal.pk}/withdraw/"
    assert dana.post(address).status_code == 422
    assert as_("approver").post(address, {"reason": "I say so"}).status_code == 403
    assert dana.post(address, {"reason": "They upgraded."}).status_code == 302
    html = page(dana, proposal)
    assert "It was withdrawn, so that nothing changes." in html or "It was withdrawn, so that nothing changed." in html
    assert "They upgraded." in html
    assert dana.post(address, {"reason": "Again"}).status_code == 409
    assert say(as_("engineer"), proposal, "approved").status_code == 409


def test_what_is_stuck_is_tried_again(as_, config, people):
    proposal = proposed(config, people["dana"])
    Proposal.objects.filter(pk=proposal.pk).update(state=State.FAILED, trouble="The token is wrong. Set another one.")
    html = page(as_("dana"), proposal)
    assert "The token is wrong. Set another one." in html
    assert "disabled" in button(page(as_("viewer"), proposal), "Try again")
    assert as_("viewer").post(f"/proposals/{proposal.pk}/retry/").status_code == 403
    assert as_("dana").post(f"/proposals/{proposal.pk}/retry/").status_code == 302
    proposal.refresh_from_db()
    assert (proposal.state, proposal.trouble) == (State.QUEUED, "")
    assert as_("dana").post(f"/proposals/{proposal.pk}/retry/").status_code in {302, 409}


def test_the_page_asks_again_and_is_told_only_news(as_, config, people):
    proposal = proposed(config, people["dana"])
    client = as_("dana")
    html = page(client, proposal)
    address = re.search(r'hx-get="(/proposals/[^"]*seen=[^"]*)"', html)[1].replace("&amp;", "&")
    headers = {"HX-Request": "true", "HX-Target": "proposal-state"}
    assert client.get(address, headers=headers).status_code == 204
    from integrations.actions.proposals.publishing import publish

    publish(proposal.pk)
    follow(proposal.pk)
    response = client.get(address, headers=headers)
    assert (response.status_code, response.headers.get("HX-Refresh")) == (204, "true")
    html = page(client, proposal)
    address = re.search(r'hx-get="(/proposals/[^"]*seen=[^"]*)"', html)[1].replace("&amp;", "&")
    say(as_("engineer"), proposal, "approved")
    response = client.get(address, headers=headers)
    assert (response.status_code, response.headers.get("HX-Refresh")) == (200, None)
    assert "This page is older than that" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_others_see_nothing_of_it(as_, config, people, proposal):
    assert as_("emea").get(f"/proposals/{proposal.pk}/").status_code == 404
    assert as_("emea").get(f"/proposals/{proposal.pk}/outputs/").status_code == 404
    assert say(as_("emea"), proposal, "commented", text="Hello").status_code == 404
    platform = published(config, people["engineer"], pages_of(150, PLATFORM), title="Smaller pages for all")
    assert as_("dana").get(f"/proposals/{platform.pk}/").status_code == 404
    html = page(as_("viewer"), platform)
    assert "Smaller pages for all" in html


def test_what_people_typed_runs_nowhere(as_, config, people):
    from tests.web.factories import PAYLOAD

    proposal = published(config, people["dana"], title=PAYLOAD, reason=PAYLOAD, ticket=PAYLOAD)
    say(as_("engineer"), proposal, "changes-requested", text=PAYLOAD)
    for address in (f"/proposals/{proposal.pk}/", "/proposals/"):
        html = as_("engineer").get(address).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_the_page_costs_the_same_however_much_was_said(as_, config, people, proposal, count_queries):
    client, address = as_("engineer"), f"/proposals/{proposal.pk}/"
    few = count_queries(client, address)
    for number in range(6):
        say(as_("approver"), proposal, "commented", text=f"Remark {number}")
    assert count_queries(client, address) == few
    assert few <= 45


def test_a_test_that_follows_the_change_is_no_test_that_breaks(as_, config, people):
    file = "samples/salesforce/acme.yaml"
    head = "mapping: crm/contacts/list\naccount: acme-corp\nenvironment: production\n"
    record = 'input: {response: {Id: "1", Tier__c: "gold", Level__c: "A"}}\n'
    config.push_and_sync({file: head + record + 'expected: {id: "1", tier: "gold"}\n'})
    made = published(config, people["dana"], tier("response.Level__c"))
    html = as_("engineer").get(f"/proposals/{made.pk}/outputs/", headers={"HX-Request": "true"}).content.decode()
    assert "1 test follows the change" in html
    assert "would break" not in html
    whole = page(as_("engineer"), made)
    assert f"The expected result of 1 test follows: {file}." in whole
    assert "tier: &#34;A&#34;" in whole
