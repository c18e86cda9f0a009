"""The report of mapping tests in words and as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from console.jinja import plural
from integrations.core.coverage import FieldCoverage, PartCoverage
from integrations.core.documents import JSON, Part, Source
from integrations.core.mapping_tests import TestFault, TestResult, Verdict
from integrations.core.output_difference import Departure, OutputDifference

VERSION = 1  # of the JSON: raised when a member changes its meaning or goes
_WORDS = {Verdict.PASSED: "pass", Verdict.FAILED: "FAIL", Verdict.BREACH: "FAIL", Verdict.ERROR: "ERROR"}
# What a terminal would act on, a line break in the midst of a line among them.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


# --- words -------------------------------------------------------------------------------------------------
def lines_of(result: TestResult) -> Iterator[str]:
    """One line for the test, and what is wrong with it indented below."""
    yield f"{_WORDS[result.verdict]:<5} {_plain(result.source.file)}  {described(result)}"
    for line in details(result):
        yield f"      {line}"


def described(result: TestResult) -> str:
    """`crm/contacts/list of acme-corp in staging, production`."""
    part = f" {result.part}" if result.part is not Part.RESPONSE else ""
    whose = f" of {result.account}" if result.account else ""
    return f"{result.mapping}{part}{whose} in {', '.join(result.environments) or 'no environment'}"


def details(result: TestResult) -> list[str]:
    """What is wrong, a line each: the fault, breaches of the schema, then a few lines per leaf that differs."""
    lines: list[str] = []
    if result.fault is not None:
        lines.append(_fault(result.fault))
    lines += [
        f"{breach.path or 'the output'} breaks the schema: {_plain(breach.message)}" for breach in result.breaches
    ]
    for difference in result.differences:
        lines += _difference(difference)
    if result.further:
        lines.append(f"… and {plural(result.further, 'more difference')}")
    return lines


def summary(results: Sequence[TestResult]) -> str:
    """`27 tests: 25 passed, 1 failed, 1 error.`"""
    counted = counts(results)
    said = [f"{counted['passed']} passed"]
    said += [f"{counted['failed']} failed"] if counted["failed"] else []
    said += [f"{counted['breaches']} broke the schema"] if counted["breaches"] else []
    said += [plural(counted["errors"], "error")] if counted["errors"] else []
    return f"{plural(len(results), 'test')}: {', '.join(said)}."


def coverage_lines(coverage: Sequence[PartCoverage]) -> Iterator[str]:
    """A table: whose mapping, how many of its fields a sample exercises, and those that none does."""
    rows = [
        (
            f"{each.integration} {each.mapping} {each.part}" + (f" of {each.account}" if each.account else ""),
            f"{each.exercised}/{len(each.fields)}",
            _unexercised(each),
        )
        for each in coverage
    ]
    width = max((len(row[0]) for row in rows), default=0)
    for name, share, missing in rows:
        yield f"{name:<{width}}  {share:>7}  {missing}".rstrip()
    total, exercised = sum(len(each.fields) for each in coverage), sum(each.exercised for each in coverage)
    yield f"{exercised:,} of {plural(total, 'field')} are exercised by samples."


def _unexercised(part: PartCoverage) -> str:
    if not part.exercised:
        return "none by any sample"
    paths = dict.fromkeys(_plain(field.path or "the output") for field in part.unexercised)
    return f"not {', '.join(paths)}" if paths else ""


def _fault(fault: TestFault) -> str:
    column = f":{fault.column}" if fault.column is not None else ""
    place = f"{fault.source}{column}: " if fault.source else ""
    layer = f" ({fault.layer} layer)" if fault.layer else ""
    code = f" [{fault.code}]" if fault.code else ""
    return _plain(f"{place}{fault.message}{code}{layer}")


def _difference(difference: OutputDifference) -> list[str]:
    wanted, given = shown(difference)
    who = f"{difference.layer} layer, {difference.source}" if difference.layer else "no expression names this field"
    if difference.layer is None and difference.kind is not Departure.MISSING:
        who = ""
    given = f"{given}  ({who})" if who else given
    return [_plain(difference.path) or "the output", f"  expected  {wanted}", f"  got       {given}"]


def shown(difference: OutputDifference) -> tuple[str, str]:
    """What was expected and what was got, as JSON texts or `nothing`."""
    expected, got = (
        value if difference.is_clipped and isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in (difference.expected, difference.got)
    )
    return (
        "nothing" if difference.kind is Departure.UNEXPECTED else _plain(expected),
        "nothing" if difference.kind is Departure.MISSING else _plain(got),
    )


def _plain(text: str) -> str:
    return _CONTROLS.sub("\ufffd", text)


# --- JSON --------------------------------------------------------------------------------------------------
def counts(results: Sequence[TestResult]) -> dict[str, int]:
    found = Counter(result.verdict for result in results)
    return {
        "tests": len(results),
        "passed": found[Verdict.PASSED],
        "failed": found[Verdict.FAILED],
        "breaches": found[Verdict.BREACH],
        "errors": found[Verdict.ERROR],
    }


def as_json(
    results: Sequence[TestResult], coverage: Sequence[PartCoverage] | None, *, commit: str | None, unchanged: int
) -> dict[str, JSON]:
    """The documented form of a report (docs/commands.md)."""
    return {
        "version": VERSION,
        "ok": all(result.verdict is Verdict.PASSED for result in results),
        "commit": commit,
        "counts": {**counts(results), "unchanged": unchanged},
        "tests": [_result(result) for result in results],
        "coverage": None if coverage is None else [_coverage(each) for each in coverage],
    }


def _result(result: TestResult) -> dict[str, JSON]:
    return {
        "sample": result.source.file,
        "name": result.sample,
        "integration": result.integration,
        "mapping": result.mapping,
        "part": result.part,
        "account": result.account,
        "environments": result.environments,
        "verdict": result.verdict,
        "differences": [_difference_as_json(difference) for difference in result.differences],
        "further_differences": result.further,
        "error": None if result.fault is None else _fault_as_json(result.fault),
        "breaches": [{"path": breach.path, "message": breach.message} for breach in result.breaches],
    }


def _difference_as_json(difference: OutputDifference) -> dict[str, JSON]:
    told: dict[str, Any] = {"path": difference.path, "kind": difference.kind}
    if difference.kind is not Departure.UNEXPECTED:
        told["expected"] = difference.expected
    if difference.kind is not Departure.MISSING:
        told["got"] = difference.got
    return {
        **told,
        "clipped": difference.is_clipped,
        "layer": difference.layer,
        "source": _source(difference.source),
    }


def _fault_as_json(fault: TestFault) -> dict[str, JSON]:
    return {
        "code": fault.code,
        "message": fault.message,
        "layer": fault.layer,
        "source": _source(fault.source),
        "column": fault.column,
    }


def _coverage(each: PartCoverage) -> dict[str, JSON]:
    return {
        "integration": each.integration,
        "mapping": each.mapping,
        "part": each.part,
        "account": each.account,
        "fields": len(each.fields),
        "exercised": each.exercised,
        "unexercised": [_field(field) for field in each.unexercised],
    }


def _field(field: FieldCoverage) -> dict[str, JSON]:
    return {
        "path": field.path,
        "layer": field.layer,
        "source": _source(field.source),
        "environments": field.environments,
    }


def _source(source: Source | None) -> JSON:
    return None if source is None else {"file": source.file, "line": source.line}
