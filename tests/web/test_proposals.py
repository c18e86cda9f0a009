"""The list of proposals, and what other pages say of them: home, account, effective, layer, history, audit."""

from __future__ import annotations

import pytest
from django.utils import timezone

from integrations.actions.proposals.following import bring_into_force, follow
from integrations.actions.proposals.local import local_merge, local_review
from integrations.core.proposals import State
from integrations.core.pull_requests import Verdict
from integrations.models import Proposal
from tests.web.proposing import ACME, PLATFORM, pages_of, proposed, published, tier

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:DeprecationWarning"),
]


@pytest.fixture
def three(config, people) -> dict[str, Proposal]:
    """Dana's own, an engineer's for Acme that clashes, and an engineer's for everybody."""
    made = {
        "dana": proposed(config, people["dana"], title="Smaller pages for Acme"),
        "clash": proposed(config, people["engineer"], tier("response.Level__c"), title="Another tier"),
        "platform": proposed(config, people["engineer"], pages_of(150, PLATFORM), title="Smaller pages for all"),
    }
    Proposal.objects.filter(pk=made["clash"].pk).update(
        state=State.CONFLICTING, conflicts=[{"leaf": "/a", "base": 1, "theirs": 2, "mine": 3}]
    )
    Proposal.objects.exclude(pk=made["clash"].pk).update(state=State.OPEN)
    return made


def titles(client, query: str = "") -> set[str]:
    html = client.get(f"/proposals/{query}").content.decode()
    known = ("Smaller pages for Acme", "Another tier", "Smaller pages for all")
    return {title for title in known if f">{title}</a>" in html}


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("viewer", "", {"Smaller pages for Acme", "Another tier", "Smaller pages for all"}),
        ("dana", "", {"Smaller pages for Acme", "Another tier"}),
        ("emea", "", set()),
        ("dana", "?show=mine", {"Smaller pages for Acme"}),
        ("engineer", "?show=mine", {"Another tier", "Smaller pages for all"}),
        ("engineer", "?show=waiting", {"Another tier", "Smaller pages for Acme"}),
        ("approver", "?show=waiting", {"Smaller pages for Acme", "Smaller pages for all"}),
        ("viewer", "?show=waiting", set()),
        ("viewer", "?account=acme-corp", {"Smaller pages for Acme", "Another tier"}),
        ("viewer", "?state=stuck", {"Another tier"}),
        ("viewer", "?state=review&account=acme-corp", {"Smaller pages for Acme"}),
        ("viewer", "?state=in-force", set()),
        ("viewer", "?state=no-such&show=no-such&after=nonsense", None),
    ],
)
def test_filters_are_in_the_address(as_, three, name, query, expected):
    found = titles(as_(name), query)
    assert found == (
        expected if expected is not None else {"Smaller pages for Acme", "Another tier", "Smaller pages for all"}
    )


def test_each_line_says_what_it_waits_for(as_, three):
    html = as_("viewer").get("/proposals/").content.decode()
    assert "It waits for an approval by somebody other than Dana Whitfield." in html
    assert "engineer@example.com has to choose which hold." in html
    assert "Acme Corp" in html
    assert "1 value clashes" in html


@pytest.mark.parametrize(
    ("name", "query", "says"),
    [
        ("viewer", "", "No proposals yet"),
        ("viewer", "?show=waiting", "Nothing waits for you"),
        ("dana", "?show=mine", "You have proposed nothing yet"),
        ("viewer", "?account=globex", "No proposal matches"),
    ],
)
def test_an_empty_list_says_what_to_do(as_, name, query, says):
    assert says in as_(name).get(f"/proposals/{query}").content.decode()


def test_htmx_gets_the_table_alone(as_, three):
    response = as_("viewer").get("/proposals/", headers={"HX-Request": "true", "HX-Target": "proposals"})
    assert "<html" not in response.content.decode()
    assert "Smaller pages for Acme" in response.content.decode()


def many(config, people, count: int) -> None:
    template = proposed(config, people["dana"])
    now = timezone.now()
    rows = []
    for number in range(count):
        fields = {each.attname: getattr(template, each.attname) for each in Proposal._meta.concrete_fields}
        rows.append(Proposal(**fields | {"id": f"{number:012x}", "title": f"Number {number}", "created_at": now}))
    Proposal.objects.bulk_create(rows)


def test_pages_go_through_all_and_cost_the_same(as_, config, people, count_queries):
    client = as_("viewer")
    many(config, people, 3)
    few = count_queries(client, "/proposals/")
    Proposal.objects.all().delete()
    many(config, people, 70)
    assert count_queries(client, "/proposals/") == few
    assert few <= 16
    seen, address = [], "/proposals/"
    while address:
        html = client.get(address).content.decode()
        seen += [number for number in range(70) if f">Number {number}</a>" in html]
        found = html.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        address = found
    assert sorted(seen) == list(range(70))


# --- other pages ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "mine", "all_layers"),
    [
        ("/accounts/acme-corp/", True, False),
        ("/accounts/acme-corp/history/", True, False),
        ("/accounts/acme-corp/salesforce/production/", True, True),
        ("/layers/account/salesforce/?account=acme-corp", True, False),
        ("/layers/platform/salesforce/", False, True),
    ],
)
def test_pages_say_that_somebody_has_an_open_change(as_, three, address, mine, all_layers):
    html = as_("viewer").get(address).content.decode()
    assert ("Dana Whitfield has an open change" in html) == mine
    assert ("Smaller pages for all</a>" in html) == all_layers
    own = as_("dana").get(address)
    if own.status_code == 200:
        assert ("You have an open change on this" in own.content.decode()) == mine
        assert "Smaller pages for all" not in own.content.decode(), "nobody is told of layers that they do not see"
    Proposal.objects.update(state=State.WITHDRAWN)
    assert "an open change" not in as_("viewer").get(address).content.decode()


def test_the_very_value_is_marked(as_, three):
    address = "/accounts/acme-corp/salesforce/production/"
    html = as_("viewer").get(address).content.decode()
    assert html.count("change proposed</a>") == 2  # page size, and the tier
    assert f'href="/proposals/{three["dana"].pk}/">change proposed' in html
    assert f'href="/proposals/{three["clash"].pk}/">change proposed' in html
    elsewhere = as_("viewer").get("/accounts/acme-corp/salesforce/staging/").content.decode()
    assert f'href="/proposals/{three["dana"].pk}/">change proposed' not in elsewhere
    Proposal.objects.all().delete()
    assert "change proposed" not in as_("viewer").get(address).content.decode()


@pytest.mark.parametrize("address", ["/", "/accounts/acme-corp/", "/accounts/acme-corp/salesforce/production/"])
def test_open_changes_cost_the_same_however_many(as_, config, people, count_queries, address):
    many(config, people, 1)
    few = count_queries(as_("viewer"), address)
    Proposal.objects.all().delete()
    many(config, people, 30)
    assert count_queries(as_("viewer"), address) == few


def test_home_says_what_needs_whom(as_, three):
    html = as_("approver").get("/").content.decode()
    assert "Needs you" in html
    assert "Smaller pages for all" in html
    assert '<span class="visually-hidden"> waiting for you</span>' in html
    html = as_("dana").get("/").content.decode()
    assert "My proposals" in html
    assert "It waits for an approval by somebody other than Dana Whitfield." in html
    assert "Needs you" not in html
    html = as_("engineer").get("/").content.decode()
    assert "Another tier" in html.partition("Needs you")[2]
    assert "Smaller pages for Acme" not in as_("emea").get("/").content.decode()


def test_afterwards_history_and_audit_know_it(as_, config, people):
    proposal = published(config, people["dana"], pages_of(25, ACME), title="Smaller pages for Acme")
    local_review(proposal.pk, reviewer=people["engineer"], verdict=Verdict.APPROVED, head=proposal.forge_head)
    follow(proposal.pk)
    local_merge(proposal.pk, merger=people["approver"], head=proposal.forge_head)
    follow(proposal.pk)
    config.sync()
    assert bring_into_force(config.pk) == [proposal.pk]
    for address in ("/accounts/acme-corp/history/", "/accounts/acme-corp/"):
        html = as_("dana").get(address).content.decode()
        assert f'<a href="/proposals/{proposal.pk}/">Smaller pages for Acme</a>, PR 8' in html
        assert "proposed by Dana Whitfield, approved by engineer@example.com" in html
        assert "Time-outs every night" in html
    log = as_("auditor").get("/audit/?account=acme-corp").content.decode()
    assert f'<a href="/proposals/{proposal.pk}/">proposal {proposal.pk}</a>' in log
    for said in ("handed in", "approved", "merged", "put"):
        assert said in log
    assert as_("dana").get("/pull-requests/8/")["Location"] == f"/proposals/{proposal.pk}/"
    assert as_("emea").get("/pull-requests/8/").status_code == 404
