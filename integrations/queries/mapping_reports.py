"""The kept reports of mapping tests: one per commit, written by `actions.mapping_tests`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from integrations.core.documents import JSON
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.models import MappingTestReport, Repository
from integrations.queries.reading import Reader, Visible

_ENDED = "G"  # begins the codes that are not JSONata's (core.outcomes.Fault)


class Count(msgspec.Struct, frozen=True, array_like=True):
    """How many tests of one mapping, of the platform's samples or one account's, came to one verdict."""

    integration: str
    mapping: str
    account: str | None
    verdict: Verdict
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of some tests pass."""

    tests: int
    passed: int

    @property
    def failed(self) -> int:
        return self.tests - self.passed


class Report:
    """The report of one commit, and what it says of this person's accounts. `results` are read when asked for."""

    def __init__(self, row: MappingTestReport, visible: Visible = None) -> None:
        self.row = row
        self._visible = visible

    @cached_property
    def results(self) -> tuple[TestResult, ...]:
        """By integration and file; those of all accounts, whoever asks: coverage counts them, `shown` narrows them."""
        return decode(self.row.results)

    def shown(self, *, integration: str = "", account: str = "") -> list[TestResult]:
        """The results of an integration or account that may be seen."""
        return [
            result
            for result in self.results
            if integration in {"", result.integration}
            and (not account or result.account == account)
            and self._may_see(result.account)
        ]

    def tally(self, *, integration: str = "", account: str = "", mapping: str = "") -> Tally:
        """The count of those that may be seen; reads no results."""
        tests: Counter[bool] = Counter()
        for count in msgspec.convert(self.row.counts, type=list[Count]):
            if (
                integration in {"", count.integration}
                and (not account or count.account == account)
                and mapping in {"", count.mapping}
                and self._may_see(count.account)
            ):
                tests[count.verdict is Verdict.PASSED] += count.tests
        return Tally(tests=tests.total(), passed=tests[True])

    def _may_see(self, account: str | None) -> bool:
        return account is None or self._visible is None or account in self._visible


def report_of(reader: Reader, visible: Visible = None) -> Report | None:
    """The report of the commit that is looked at, in whatever state; None where nobody asked for one."""
    row = MappingTestReport.objects.filter(repository=reader.repository, commit=reader.commit).defer("results").first()
    return None if row is None else Report(row, visible)


def last_report(repository: Repository, visible: Visible = None) -> Report | None:
    """The report that was done last, of whichever commit."""
    done = MappingTestReport.objects.filter(repository=repository, state=MappingTestReport.State.DONE)
    row = done.defer("results").order_by("-finished_at").first()
    return None if row is None else Report(row, visible)


def counts_of(results: Iterable[TestResult]) -> list[JSON]:
    """The `counts` of a row."""
    found = Counter((result.integration, result.mapping, result.account, result.verdict) for result in results)
    return [
        [integration, mapping, account, verdict, n] for (integration, mapping, account, verdict), n in found.items()
    ]


def was_ended(results: Iterable[TestResult]) -> bool:
    """Whether the sandbox ended an evaluation, by a limit or by a fault of its own: next time it may go well."""
    return any(result.fault is not None and result.fault.code.startswith(_ENDED) for result in results)


def encode(results: Sequence[TestResult]) -> list[JSON]:
    """The `results` of a row: without the members that are as they are by default, as most are."""
    bodies: list[dict[str, Any]] = msgspec.to_builtins(results)
    return [
        {
            name: value
            for name, value in body.items()
            if value not in ((), 0) and (value is not None or name == "account")
        }
        for body in bodies
    ]


def decode(body: Sequence[JSON]) -> tuple[TestResult, ...]:
    """The inverse of `encode`."""
    return msgspec.convert(body, type=tuple[TestResult, ...])
