"""Reports of mapping tests: when they are run, what is kept, and what is taken over from the one before."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.record import Actor
from integrations import tasks
from integrations.actions import mapping_tests
from integrations.actions.mapping_tests import ask_for_report, queue_due_reports, run_report
from integrations.actions.sync import Result
from integrations.core.documents import Layer
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.core.outcomes import Fault
from integrations.core.output_difference import Departure
from integrations.models import MappingTestReport
from integrations.queries.mapping_reports import Report, Tally, decode, encode, last_report, report_of
from integrations.queries.moment import reader_for
from tests.web.factories import BROKEN
from tests.web.synced import Config

pytestmark = pytest.mark.django_db
DANA, ERIN = Actor(id="7", name="dana"), Actor(id="8", name="erin")
OWN = "customers/acme-corp/contacts_list.jsonata"
EXPRESSION = "integrations/mappings/salesforce_contacts.jsonata"


def sample(expected: Any, **more: Any) -> str:
    record = {"Id": "003", "FirstName": "Ada", "Tier__c": "gold"}
    return json.dumps({"mapping": "crm/contacts/list", "input": {"response": record}, "expected": expected, **more})


SAMPLES = {
    "samples/salesforce/contact.json": sample({"id": "003", "first_name": "Ada"}),
    "samples/salesforce/acme.json": sample(
        {"id": "003", "first_name": "Ada", "tier": "gold"}, account="acme-corp", environment="production"
    ),
}


@pytest.fixture
def sampled(config: Config) -> Config:
    assert config.push_and_sync(SAMPLES).result is Result.ACTIVATED
    return config


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many evaluations each call of the sandbox was asked for."""
    found: list[int] = []
    real = mapping_tests.evaluator()

    class Counting:
        def evaluate_many(self, runs: Any) -> Any:
            found.append(len(runs))
            return real.evaluate_many(runs)

    monkeypatch.setattr(mapping_tests, "evaluator", Counting)
    return found


def run_due() -> MappingTestReport:
    for pk in queue_due_reports():
        assert run_report(pk)
    return MappingTestReport.objects.order_by("-pk")[0]


def test_the_active_snapshot_gets_its_report(sampled: Config) -> None:
    row = run_due()
    assert (row.state, row.commit, row.done, row.total) == ("done", sampled.commits[-1], 2, 2)
    assert row.finished_at is not None
    report = report_of(reader_for(sampled.row))
    assert report is not None
    assert [(result.sample, result.verdict, result.environments) for result in report.results] == [
        ("acme", Verdict.PASSED, ("production",)),
        ("contact", Verdict.PASSED, ("staging", "production")),
    ]
    assert queue_due_reports() == []


def test_a_sync_that_activates_has_its_tests_run(sampled: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_mapping_tests, "delay", tasks.run_mapping_tests)
    monkeypatch.setattr(tasks.compare_all_engines, "delay", tasks.compare_all_engines)
    sampled.push({OWN: '{"tier": "none"}'})
    tasks.sync_repository(sampled.pk)
    row = MappingTestReport.objects.get()
    assert (row.commit, row.state) == (sampled.commits[-1], "done")
    (failed,) = [result for result in decode(row.results) if result.verdict is Verdict.FAILED]
    (difference,) = failed.differences
    assert (difference.path, difference.kind, difference.got) == ("/tier", Departure.CHANGED, "none")
    assert (difference.layer, str(difference.source)) == (Layer.ACCOUNT, f"{OWN}:1")


def test_only_what_changed_is_run_again(sampled: Config, counted: list[int]) -> None:
    assert run_due().reused == 0
    assert sum(counted) == 3  # the account's sample has two layers
    counted.clear()
    sampled.push_and_sync({"customers/initech/account.yaml": "name: Initech Inc\nconnections: []\n"})
    assert run_due().reused == 2
    assert sum(counted) == 0
    sampled.push_and_sync({OWN: '{"tier": "none"}'})
    row = run_due()
    assert (row.reused, sum(counted)) == (1, 2)
    assert [result.verdict for result in decode(row.results)] == [Verdict.FAILED, Verdict.PASSED]


def test_a_result_that_is_taken_over_names_the_lines_as_they_are_now(sampled: Config) -> None:
    sampled.push_and_sync({OWN: '{"tier": "none"}'})
    run_due()
    sampled.push_and_sync({OWN: '\n\n{"tier": "none"}'})
    result = decode(run_due().results)[0]
    assert str(result.differences[0].source) == f"{OWN}:3"


def test_what_the_sandbox_ended_is_tried_again(sampled: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Fault(code="G0001", message="Ended after 2 seconds.")

    class Ending:
        def evaluate_many(self, runs: Any) -> list[Any]:
            return [ended for _ in runs]

    with monkeypatch.context() as patched:
        patched.setattr(mapping_tests, "evaluator", Ending)
        assert {result.verdict for result in decode(run_due().results)} == {Verdict.ERROR}
    sampled.push_and_sync({"customers/initech/account.yaml": "name: Initech Inc\nconnections: []\n"})
    row = run_due()
    assert row.reused == 0
    assert {result.verdict for result in decode(row.results)} == {Verdict.PASSED}


def test_another_engine_runs_all_anew(sampled: Config, monkeypatch: pytest.MonkeyPatch, counted: list[int]) -> None:
    first = run_due()
    for module in ("integrations.actions.mapping_tests", "integrations.queries.mapping_tests"):
        monkeypatch.setattr(f"{module}.engine_version", lambda: "another")
    counted.clear()
    again = run_due()
    assert (again.pk, again.reused, again.engine) == (first.pk, 0, "another")
    assert sum(counted) == 3


def test_a_second_delivery_does_nothing(sampled: Config) -> None:
    (pk,) = queue_due_reports()
    assert run_report(pk)
    before = MappingTestReport.objects.get(pk=pk)
    assert not run_report(pk)
    assert MappingTestReport.objects.get(pk=pk).finished_at == before.finished_at


def test_a_lost_message_is_sent_again_and_a_dead_run_is_taken_up(sampled: Config) -> None:
    (pk,) = queue_due_reports()
    assert queue_due_reports() == []
    rows = MappingTestReport.objects.filter(pk=pk)
    rows.update(asked_at=timezone.now() - timedelta(minutes=3))
    assert queue_due_reports() == [pk]
    assert queue_due_reports() == [], "it is on its way"
    rows.update(state="running", started_at=timezone.now() - timedelta(minutes=1))
    assert not run_report(pk), "another worker is at it"
    rows.update(started_at=timezone.now() - timedelta(minutes=20))
    assert queue_due_reports() == [pk]
    assert run_report(pk)


def test_an_older_commit_gets_its_report_when_somebody_asks(sampled: Config) -> None:
    sampled.push_and_sync({OWN: '{"tier": "none"}'})
    report = ask_for_report(sampled.row, sampled.commits[-2], actor=DANA)
    assert ask_for_report(sampled.row, sampled.commits[-2], actor=ERIN).pk == report.pk
    assert run_report(report.pk)
    report.refresh_from_db()
    assert (report.state, report.asked_by) == ("done", "dana")
    assert {result.verdict for result in decode(report.results)} == {Verdict.PASSED}


def test_a_commit_that_cannot_be_read_says_why_and_may_be_asked_for_again(sampled: Config) -> None:
    sampled.push(BROKEN)
    sampled.sync()
    report = ask_for_report(sampled.row, sampled.commits[-1], actor=DANA)
    assert run_report(report.pk)
    report.refresh_from_db()
    assert report.state == "failed"
    assert "errors" in report.trouble
    assert ask_for_report(sampled.row, sampled.commits[-1], actor=DANA).state == "queued"


def test_a_fault_of_ours_is_not_silent(sampled: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise RuntimeError("no sandbox")

    monkeypatch.setattr(mapping_tests, "evaluator", fail)
    (pk,) = queue_due_reports()
    with pytest.raises(RuntimeError):
        run_report(pk)
    assert MappingTestReport.objects.get(pk=pk).state == "failed"


def test_an_activation_while_the_samples_are_read_does_not_mix_two_commits(
    sampled: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pk,) = queue_due_reports()
    real, calls = mapping_tests.plan, []

    def plan(ground: Any) -> Any:
        found = real(ground)
        if not calls:
            sampled.push_and_sync({OWN: '{"tier": "none"}'})
        calls.append(ground)
        return found

    monkeypatch.setattr(mapping_tests, "plan", plan)
    assert run_report(pk)
    assert len(calls) == 2
    row = MappingTestReport.objects.get(pk=pk)
    assert row.commit == sampled.commits[-2]
    assert {result.verdict for result in decode(row.results)} == {Verdict.PASSED}


def test_old_reports_go_but_never_the_one_in_force(sampled: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_tests, "MOST_REPORTS", 1)
    active = run_due()
    older = ask_for_report(sampled.row, sampled.commits[1], actor=DANA)
    run_report(older.pk)
    oldest = ask_for_report(sampled.row, sampled.commits[0], actor=DANA)
    run_report(oldest.pk)
    assert set(MappingTestReport.objects.values_list("pk", flat=True)) == {active.pk, oldest.pk}


def test_counts_are_told_without_reading_results_and_only_of_what_may_be_seen(sampled: Config) -> None:
    sampled.push_and_sync({OWN: '{"tier": "none"}'})
    row = run_due()
    everyone, emea = Report(row), Report(row, frozenset({"globex"}))
    assert everyone.tally(integration="salesforce") == Tally(tests=2, passed=1)
    assert everyone.tally(account="acme-corp") == Tally(tests=1, passed=0)
    assert everyone.tally(integration="zendesk").tests == 0
    assert emea.tally() == Tally(tests=1, passed=1)
    assert [result.sample for result in emea.shown()] == ["contact"]
    assert Report(row, frozenset({"acme-corp"})).tally() == Tally(tests=2, passed=1)


def test_a_result_comes_back_from_the_row_as_it_was(sampled: Config) -> None:
    sampled.push_and_sync({OWN: '{"tier": $number("x")}', EXPRESSION: '{"id": 7}'})
    report = last_report(sampled.row) or Report(run_due())
    for result in report.results:
        assert isinstance(result, TestResult)
        assert decode(json.loads(json.dumps(encode([result])))) == (result,)
    assert "seen" not in encode(report.results)[0]
