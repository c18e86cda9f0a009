"""The pages of mapping tests: verdicts and differences, coverage, badges, and who sees what."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from integrations.actions.mapping_tests import queue_due_reports, run_report
from integrations.core.outcomes import Fault
from integrations.models import MappingTestReport, Snapshot
from tests.web.factories import SAMPLES

PAGE = "/integrations/salesforce/tests/"
ACME = "/accounts/acme-corp/tests/"
OWN = "customers/acme-corp/contacts_list.jsonata"
EXPRESSION = "integrations/mappings/salesforce_contacts.jsonata"
PAYLOAD = "<script>alert(1)</script>"


def text_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def sample(expected, **more):
    record = {"Id": "003", "FirstName": "Ada", "Tier__c": "gold"}
    return json.dumps({"mapping": "crm/contacts/list", "input": {"response": record}, "expected": expected, **more})


def run_due():
    for pk in queue_due_reports():
        assert run_report(pk)


@pytest.fixture
def tested(config):
    assert not config.push_and_sync(SAMPLES).problems
    run_due()
    return config


# --- what the pages tell -----------------------------------------------------------------------------------
def test_a_failing_test_shows_each_difference_with_its_layer_and_line(tested, viewer):
    page = viewer.get(PAGE)
    said = text_of(page)
    assert "Tests 2" in said
    assert "1 of 2 tests fails" in said
    assert re.search(rf"acme-only fails .* tier \"silver\" \"gold\" account {OWN}:2", said)
    assert "contact passes" in said
    assert f'href="/source/{OWN}#L2"' in page.content.decode()
    assert 'href="/source/samples/salesforce/acme-only.json#L1"' in page.content.decode()


def test_a_test_opens_in_the_playground(tested, viewer):
    links = [unescape(link) for link in re.findall(r'href="(/playground/[^"]+)"', viewer.get(PAGE).content.decode())]
    assert links[0] == (
        "/playground/?account=acme-corp&integration=salesforce&environment=production&mapping=crm%2Fcontacts%2Flist"
        "&part=response&sample=samples%2Fsalesforce%2Facme-only.json"
    )
    assert "account=" not in links[1]
    assert all(viewer.get(link).status_code == 200 for link in links)


def test_an_account_has_its_own_tests_and_coverage(tested, viewer):
    said = text_of(viewer.get(ACME))
    assert "Mapping tests of Acme Corp" in said
    assert "acme-only fails" in said
    assert "contact passes" not in said
    assert re.search(r"salesforce crm/contacts/list response 1 of 1 none left", said)


def test_coverage_names_the_fields_that_no_sample_exercises(tested, viewer):
    said = text_of(viewer.get(PAGE))
    assert re.search(rf"crm/contacts/list response 2 of 3 1 field title platform {EXPRESSION}:4", said)


def test_a_fault_names_the_line_and_a_breach_the_field(tested, viewer):
    tested.push_and_sync({OWN: '{\n  "tier": $number("x")\n}', EXPRESSION: '{"id": 7}'})
    run_due()
    said = text_of(viewer.get(PAGE))
    assert "acme-only ends with an error" in said
    assert re.search(rf"account {OWN}:\d", said)
    assert "contact breaks the schema" in said
    assert "id breaks the model's schema: 7 is not of type" in said


def test_only_failing_ones_where_that_is_asked_for(tested, viewer):
    said = text_of(viewer.get(PAGE, {"show": "failing"}))
    assert "acme-only fails" in said
    assert "contact passes" not in said
    assert "All 2 Failing 1" in said


def test_values_are_text_whatever_they_hold(tested, viewer):
    tested.push_and_sync({OWN: json.dumps({PAYLOAD: PAYLOAD})})
    run_due()
    page = viewer.get(PAGE).content.decode()
    assert PAYLOAD not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.replace("&lt;\\/", "&lt;/")


def test_without_samples_the_page_says_how_to_add_the_first(config, viewer):
    run_due()
    page = viewer.get("/integrations/zendesk/tests/")
    assert "No sample tests zendesk yet" in text_of(page)
    assert "samples/zendesk/contact.yaml" in text_of(page)
    account = viewer.get("/accounts/globex/tests/")
    assert "account: globex" in text_of(account)
    for each in (page, account):
        link = unescape(re.search(r'href="(/playground/[^"]+)"', each.content.decode())[1])
        assert viewer.get(link).status_code == 200
    assert "connected to nothing" in text_of(viewer.get("/accounts/initech/tests/"))


@pytest.mark.parametrize("address", ["/integrations/no-such/tests/", "/accounts/no-such/tests/"])
def test_what_is_not_there_is_not_found(tested, viewer, address):
    assert viewer.get(address).status_code == 404


# --- badges ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "badge", "leads_to"),
    [
        ("/integrations/salesforce/", "1 of 2 tests fails", PAGE),
        ("/integrations/zendesk/", "no tests", "/integrations/zendesk/tests/"),
        ("/accounts/acme-corp/", "1 test fails", ACME),
        ("/integrations/salesforce/mappings/crm/contacts/list/", "1 of 2 tests fails", PAGE),
    ],
)
def test_other_pages_have_a_badge_that_leads_here(tested, viewer, address, badge, leads_to):
    page = viewer.get(address).content.decode()
    assert re.search(rf'<a class="test-badge [^"]+" href="{re.escape(leads_to)}[^"]*">{badge}</a>', page)


# --- who sees what -----------------------------------------------------------------------------------------
def test_a_person_of_another_tenant_sees_neither_its_samples_nor_its_name(tested, as_):
    emea = as_("emea")
    for address in (PAGE, "/integrations/salesforce/", "/integrations/salesforce/mappings/crm/contacts/list/"):
        page = emea.get(address)
        assert page.status_code == 200
        assert "1 test passes" in text_of(page)
        assert "acme" not in page.content.decode()
        assert "silver" not in page.content.decode()
    assert emea.get(ACME).status_code == 404


def test_an_owner_sees_the_tests_of_their_account(tested, as_):
    assert "acme-only fails" in text_of(as_("dana").get(ACME))
    assert "acme-only fails" in text_of(as_("dana").get(PAGE))
    assert as_("dana").get("/accounts/globex/tests/").status_code == 404


def test_nobody_without_an_account_or_a_role_sees_anything(tested, as_, client):
    assert as_("nobody").get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302


# --- states ------------------------------------------------------------------------------------------------
def test_while_the_tests_of_a_new_commit_run_the_last_report_is_shown_and_the_page_asks_again(tested, viewer):
    tested.push_and_sync({OWN: '{"tier": "silver"}'})
    page = viewer.get(PAGE)
    said = text_of(page)
    assert "The tests of this commit are about to run" in said
    assert "acme-only fails" in said
    assert f"{tested.commits[-2][:8]} an earlier commit" in said
    assert "Coverage" not in said
    assert 'hx-trigger="every 1s"' in page.content.decode()
    (pk,) = queue_due_reports()
    MappingTestReport.objects.filter(pk=pk).update(state="running", done=1, total=2)
    part = viewer.get(PAGE, headers={"HX-Request": "true", "HX-Target": "tests-status"})
    assert "running: 1 of 2" in text_of(part)
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part.headers
    MappingTestReport.objects.filter(pk=pk).update(state="queued")
    assert run_report(pk)
    part = viewer.get(PAGE, headers={"HX-Request": "true", "HX-Target": "tests-status"})
    assert part.headers["HX-Refresh"] == "true"
    assert "2 tests pass" in text_of(viewer.get(PAGE))


def test_a_queue_that_nobody_serves_is_told(tested, viewer):
    tested.push_and_sync({OWN: '{"tier": "silver"}'})
    Snapshot.objects.update(activated_at=timezone.now() - timedelta(minutes=3))
    page = viewer.get(PAGE)
    assert "Is a worker running?" in text_of(page)
    assert 'hx-trigger="every 10s"' in page.content.decode()


def test_before_the_first_report_there_is_one_on_its_way(config, viewer):
    Snapshot.objects.update(activated_at=timezone.now())
    assert "about to run" in text_of(viewer.get(PAGE))
    assert "tests are running" in text_of(viewer.get("/integrations/salesforce/"))


@pytest.fixture
def sent(monkeypatch):
    from integrations.tasks import run_mapping_tests

    calls = []
    monkeypatch.setattr(run_mapping_tests, "delay", calls.append)
    return calls


def test_the_tests_of_an_older_commit_are_run_when_asked_for(tested, viewer, sent):
    at = tested.commits[0]
    tested.push_and_sync({OWN: '{"tier": "silver"}'})
    for page in (PAGE, ACME):
        response = viewer.get(page, {"at": at})
        assert "were not run yet" in text_of(response)
        assert f'action="/mapping-tests/run/?at={at}"' in response.content.decode()
    assert "tests not run" in text_of(viewer.get("/integrations/salesforce/", {"at": at}))
    answer = viewer.post(f"/mapping-tests/run/?at={at}", {"account": "acme-corp"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{ACME}?at={at}")
    assert "about to run" in text_of(viewer.get(PAGE, {"at": at}))
    (pk,) = sent
    assert run_report(pk)
    report = MappingTestReport.objects.get(pk=pk)
    assert (report.commit, report.asked_by) == (at, "viewer@example.com")
    assert "No sample tests salesforce yet" in text_of(viewer.get(PAGE, {"at": at}))


def test_only_those_who_may_see_everything_ask_for_a_run(tested, as_, sent):
    at = tested.commits[0]
    page = as_("dana").get(ACME, {"at": at}).content.decode()
    assert "disabled>Run the tests of this commit" in page
    assert as_("dana").post(f"/mapping-tests/run/?at={at}", {"account": "acme-corp"}).status_code == 403
    assert as_("viewer").get(f"/mapping-tests/run/?at={at}").status_code == 405
    assert sent == []


def test_no_more_than_a_few_commits_wait_at_a_time(tested, viewer, sent, monkeypatch):
    monkeypatch.setattr("integrations.actions.mapping_tests.MOST_WAITING", 1)
    for at in tested.commits[:2]:
        answer = viewer.post(f"/mapping-tests/run/?at={at}", {"integration": "salesforce"}, follow=True)
    assert "waiting already" in text_of(answer)
    assert len(sent) == 1


def test_a_form_leads_nowhere_else(tested, viewer, sent):
    for slug in ("//evil.example", "../../x", ""):
        answer = viewer.post("/mapping-tests/run/", {"integration": slug})
        assert answer.headers["Location"] == "/"


def test_a_run_that_failed_says_why_and_may_be_tried_again(tested, viewer):
    MappingTestReport.objects.update(state="failed", trouble="Running the tests failed here.")
    page = viewer.get(PAGE)
    assert "could not be run: Running the tests failed here." in text_of(page)
    assert "Run the tests of this commit" in text_of(page)
    assert "tests could not be run" in text_of(viewer.get("/integrations/salesforce/"))


def test_what_the_sandbox_ended_may_be_run_again(tested, viewer, sent, monkeypatch):
    class Ending:
        def evaluate_many(self, runs):
            return [Fault(code="G0101", message="Ended after 2 seconds.") for _ in runs]

    with monkeypatch.context() as patched:
        patched.setattr("integrations.actions.mapping_tests.evaluator", Ending)
        tested.push_and_sync({OWN: '{"tier": "silver"}'})
        run_due()
    assert "Run them again" not in text_of(viewer.get("/integrations/zendesk/tests/"))
    assert "Ended after 2 seconds." in text_of(viewer.get(PAGE))
    assert "Run them again" in text_of(viewer.get(PAGE))
    for _ in range(2):
        viewer.post("/mapping-tests/run/", {"integration": "salesforce"})
    assert [run_report(pk) for pk in sent] == [True, False]
    said = text_of(viewer.get(PAGE))
    assert "2 tests pass" in said
    assert "Run them again" not in said
    viewer.post("/mapping-tests/run/", {"integration": "salesforce"})
    assert MappingTestReport.objects.latest("pk").state == "done", "there is nothing to try again"


def test_the_number_of_queries_does_not_grow(tested, viewer, count_queries):
    before = [count_queries(viewer, address) for address in (PAGE, ACME)]
    more = {f"samples/salesforce/more-{n}.json": sample({"id": "003", "first_name": "Ada"}) for n in range(20)}
    mine = {f"samples/salesforce/mine-{n}.json": sample({}, account="acme-corp") for n in range(20)}
    tested.push_and_sync({**more, **mine})
    run_due()
    assert [count_queries(viewer, address) for address in (PAGE, ACME)] == before


def test_values_that_no_column_or_page_could_hold_are_shown_all_the_same(tested, viewer):
    tested.push_and_sync({OWN: '{"tier": $decodeUrlComponent("%00") & $substring("\U0001f600", 0, 1) & "\\ud800"}'})
    run_due()
    assert MappingTestReport.objects.latest("pk").state == "done"
    page = viewer.get(ACME)
    assert page.status_code == 200
    assert "1 test fails" in text_of(page)
