"""Mapping tests as their pages and badges show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from console.jinja import plural
from console.presentation.values import dotted, shown
from console.visit import Visit
from integrations.core.coverage import FieldCoverage, PartCoverage
from integrations.core.documents import Part, Source
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.core.output_difference import Departure, OutputDifference
from integrations.models import MappingTestReport
from integrations.queries.mapping_reports import Report, Tally, last_report, report_of

MOST_ROWS = 100  # tests on one page; the command lists all
PATIENCE = timedelta(minutes=2)
MOST_FIELDS = 200  # of one part
_WORDS = {
    Verdict.PASSED: "passes",
    Verdict.FAILED: "fails",
    Verdict.BREACH: "breaks the schema",
    Verdict.ERROR: "ends with an error",
}
_State = MappingTestReport.State


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """A leaf that is not as expected; a text is empty where there is nothing. `layer` empty: nobody sets the field."""

    label: str
    path: str
    expected: str
    got: str
    layer: str
    source: Source | None
    is_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRow:
    """One test. `playground`: the address that opens its sample there."""

    __test__ = False  # not a class of tests

    result: TestResult
    part: str
    verdict: str
    differences: tuple[DifferenceRow, ...]
    playground: str

    @property
    def is_passed(self) -> bool:
        return self.result.verdict is Verdict.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One part of a mapping with the fields that no sample exercises; `hidden` are not listed.

    `is_static`: `fields` are all there can be.
    """

    integration: str
    mapping: str
    part: str
    exercised: int
    fields: int
    missing: tuple[FieldCoverage, ...]
    hidden: int
    is_static: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A few words on the tests of what a page is about. `kind`: ok, bad, waiting or none."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The report to show and how it stands to the commit that is looked at.

    `report`: done, and of this commit, or of an earlier one while this one's tests wait or run (`is_earlier`).
    `state`: done, running, queued, failed; or absent, where nobody asked for the tests of an older commit.
    """

    report: Report | None
    state: str
    is_earlier: bool = False
    done: int = 0
    total: int = 0
    trouble: str = ""
    since: datetime | None = None  # when the tests were asked for, or the commit became active

    @property
    def is_late(self) -> bool:
        """Whether no worker has begun for so long that there may be none."""
        return self.state == _State.QUEUED and self.since is not None and timezone.now() - self.since > PATIENCE

    @property
    def is_waiting(self) -> bool:
        return self.state in {_State.QUEUED, _State.RUNNING}


def standing(here: Visit) -> Standing:
    """One or two queries. The active snapshot's tests are always on their way, asked for or not."""
    found = report_of(here.reader, here.visible)
    if found is not None and found.row.state == _State.DONE:
        return Standing(report=found, state=_State.DONE)
    if found is None and not here.reader.is_current:
        return Standing(report=None, state="absent")
    earlier = last_report(here.repository, here.visible) if here.reader.is_current else None
    active = here.repository.active
    row = found.row if found is not None else MappingTestReport()
    return Standing(
        report=earlier,
        state=row.state,
        is_earlier=earlier is not None,
        done=row.done,
        total=row.total,
        trouble=row.trouble,
        since=found.row.asked_at if found is not None else active.activated_at if active is not None else None,
    )


def badge(stand: Standing, *, integration: str = "", account: str = "", mapping: str = "") -> Badge:
    """`24 tests pass`, `2 of 24 tests fail`, and what there is to say without a report."""
    if stand.report is not None:
        tally = stand.report.tally(integration=integration, account=account, mapping=mapping)
        return _told(tally)
    if stand.is_waiting:
        return Badge(text="tests are running", kind="waiting")
    return Badge(text="tests could not be run" if stand.state == _State.FAILED else "tests not run", kind="none")


def _told(tally: Tally) -> Badge:
    if not tally.tests:
        return Badge(text="no tests", kind="none")
    if tally.failed:
        said = (
            plural(tally.tests, "test") if tally.failed == tally.tests else f"{tally.failed:,} of {tally.tests:,} tests"
        )
        return Badge(text=f"{said} {'fails' if tally.failed == 1 else 'fail'}", kind="bad")
    return Badge(text=f"{plural(tally.tests, 'test')} {'passes' if tally.tests == 1 else 'pass'}", kind="ok")


def rows(results: Sequence[TestResult], carried: dict[str, str]) -> list[TestRow]:
    """Those that fail first, else as the results are. `carried`: what links keep of the page's address."""
    kept = {name: value for name, value in carried.items() if name != "environment"}
    ordered = sorted(results, key=lambda result: result.verdict is Verdict.PASSED)
    return [_row(result, kept) for result in ordered[:MOST_ROWS]]


def _row(result: TestResult, carried: dict[str, str]) -> TestRow:
    wanted = {
        "account": result.account or "",
        "integration": result.integration,
        "environment": result.environments[-1] if result.environments else "",
        "mapping": result.mapping,
        "part": result.part.value,
        "sample": result.source.file,
        **carried,
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return TestRow(
        result=result,
        part="" if result.part is Part.RESPONSE else spoken(result.part),
        verdict=_WORDS[result.verdict],
        differences=tuple(_difference(difference) for difference in result.differences),
        playground=f"{reverse('playground')}?{query}",
    )


def _difference(difference: OutputDifference) -> DifferenceRow:
    return DifferenceRow(
        label=dotted(difference.path) or "the whole output",
        path=difference.path,
        expected="" if difference.kind is Departure.UNEXPECTED else _text(difference, difference.expected),
        got="" if difference.kind is Departure.MISSING else _text(difference, difference.got),
        layer=difference.layer or "",
        source=difference.source,
        is_missing=difference.kind is Departure.MISSING,
    )


def _text(difference: OutputDifference, value: object) -> str:
    return value if difference.is_clipped and isinstance(value, str) else shown(value)


def coverage_rows(coverage: Sequence[PartCoverage]) -> list[CoverageRow]:
    return [
        CoverageRow(
            integration=each.integration,
            mapping=each.mapping,
            part=spoken(each.part),
            exercised=each.exercised,
            fields=len(each.fields),
            missing=each.unexercised[:MOST_FIELDS],
            hidden=len(each.unexercised[MOST_FIELDS:]),
            is_static=each.is_static,
        )
        for each in coverage
    ]


def spoken(part: Part) -> str:
    """`request body`."""
    return part.value.replace("_", " ")
