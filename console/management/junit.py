"""The report of mapping tests as JUnit XML, the form that CI systems read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET  # nosec B405  # XML is written here, never read

from console.management.test_report import described, details
from integrations.core.mapping_tests import TestResult, Verdict

# What XML 1.0 has no way to write, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, results: Sequence[TestResult]) -> None:
    """One suite per integration, one case per result. A breach of the schema counts as a failure."""
    root = ET.Element("testsuites", {"name": "mapping tests", **_counts(results)})
    for integration, found in groupby(results, key=lambda result: result.integration):
        cases = list(found)
        suite = ET.SubElement(root, "testsuite", {"name": _clean(integration), **_counts(cases)})
        for result in cases:
            _case(suite, result)
    tree = ET.ElementTree(root)
    ET.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ET.Element, result: TestResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(f"{result.integration}.{result.mapping.replace('/', '.')}.{result.part}"),
        name=_clean(f"{result.sample} {described(result)}"),
        file=_clean(result.source.file),
        line=str(result.source.line),
    )
    if result.verdict is Verdict.PASSED:
        return
    lines = details(result)
    kind = "error" if result.verdict is Verdict.ERROR else "failure"
    told = ET.SubElement(case, kind, type=str(result.verdict), message=_clean(lines[0] if lines else ""))
    told.text = _clean("\n".join(lines))


def _counts(results: Sequence[TestResult]) -> dict[str, str]:
    counted = Counter(result.verdict for result in results)
    failures = counted[Verdict.FAILED] + counted[Verdict.BREACH]
    return {"tests": str(len(results)), "failures": str(failures), "errors": str(counted[Verdict.ERROR])}


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
