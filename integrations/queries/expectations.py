"""What samples are to expect when a change makes another result right: a careful person changes both in one commit.

Only tests that pass now are followed, and only those of whom the change is for: what fails already, what ends with an
error or breaks the schema, and what others expect is left for people to see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from integrations.core.documents import JSON, Layer, SampleDocument
from integrations.core.edits import CannotEdit, Edit
from integrations.core.edits.expectations import Changes, with_expected
from integrations.core.mapping_tests import TestResult, Verdict, has_records
from integrations.core.output_difference import Departure, OutputDifference
from integrations.core.overlay import OverlaidTree
from integrations.core.pointer import ABSENT, Absent
from integrations.core.schemas import parse_sample
from integrations.core.secrets import secrets_in
from integrations.core.tree import MissingFile, Tree
from integrations.queries.at_commit import BadCommit, CommitReader
from integrations.queries.mapping_tests import Planned, ReaderGround, changed_since, plan, run_tests
from integrations.queries.outputs import Evaluates
from integrations.queries.proposed import Files, read_proposed
from integrations.queries.reading import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """`files`: the new text of each sample whose expected result follows. `broken`: tests that would fail then."""

    files: Mapping[str, str]
    broken: tuple[TestResult, ...]


NOTHING = Following(files={}, broken=())


class _OwnGround(ReaderGround):
    """Tests of one account's samples, or (None) of those that are no account's."""

    def __init__(self, reader: Reader, account: str | None) -> None:
        super().__init__(reader)
        self._account = account

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        return [sample for sample in super().samples(integration) if sample.account == self._account]


class _OverlaidReader(CommitReader):
    """A commit that is not in force, with some files otherwise. Raises BadCommit."""

    def __init__(self, base: Reader, files: Files) -> None:
        self._laid = _overlaid(base, files)
        super().__init__(base.repository, base.commit)

    def _content(self) -> Tree:
        return self._laid


def following(
    before: Reader, after: Reader, evaluator: Evaluates, *, account: str | None, integrations: Collection[str]
) -> Following:
    """What follows from a change that is for `account`, or for all where it is None. Raises BadCommit."""
    files: dict[str, str] = {}
    broken: list[TestResult] = []
    for name in sorted(integrations):
        old, new = (plan(_OwnGround(reader, account), integration=name) for reader in (before, after))
        fresh = changed_since(new, old)
        touched = {_file(each) for each in fresh}
        was_good = _passing([each for each in old if _file(each) in touched], evaluator)
        failing: dict[str, list[TestResult]] = {}
        for result in run_tests(fresh, evaluator):
            if result.verdict is not Verdict.PASSED and result.source.file in was_good:
                failing.setdefault(result.source.file, []).append(result)
        for file, results in failing.items():
            cases = [each for each in new if _file(each) == file]
            text = _followed(before.tree(), cases, results, evaluator, before.settings().environments)
            if text is None:
                broken += results
            else:
                files[file] = text
    return Following(files=files, broken=tuple(broken))


def followed_by(reader: Reader, edits: Sequence[Edit], files: Files, evaluator: Evaluates) -> dict[str, str]:
    """The samples that follow when `files`, which make the edits true at the reader's commit, change.

    Empty where a commit like it would be refused: then there is nothing to expect of it.
    """
    if not files or any(secrets_in(text) for text in files.values() if text is not None):
        return {}
    try:
        after = _after(reader, files)
        if after is None:
            return {}
        account = edits[0].scope.account if edits[0].scope.layer is Layer.ACCOUNT else None
        integrations = {edit.scope.integration for edit in edits}
        return dict(following(reader, after, evaluator, account=account, integrations=integrations).files)
    except BadCommit:
        return {}


def _after(reader: Reader, files: Files) -> Reader | None:
    """None where the change has problems."""
    if not reader.is_current:
        return _OverlaidReader(reader, files)
    proposed = read_proposed(reader.repository, files, checks_accounts=False)
    return None if proposed.problems else proposed.after


def _overlaid(base: Reader, files: Files) -> OverlaidTree:
    return OverlaidTree(base.tree(), {path: None if text is None else text.encode() for path, text in files.items()})


def _passing(planned: Sequence[Planned], evaluator: Evaluates) -> set[str]:
    """The files of samples of which every test passes."""
    results = run_tests(planned, evaluator)
    failing = {each.source.file for each in results if each.verdict is not Verdict.PASSED}
    return {each.source.file for each in results} - failing


def _followed(
    tree: Tree,
    cases: Sequence[Planned],
    failing: Sequence[TestResult],
    evaluator: Evaluates,
    environments: tuple[str, ...],
) -> str | None:
    """The sample's text with which every test of it passes after the change; None where there is none."""
    sample = cases[0].case.sample
    changes = _changes(sample, failing)
    if changes is None:
        return None
    file = sample.source.file
    try:
        text = with_expected(tree.read(file).decode(), file=file, changes=changes)
    except (CannotEdit, MissingFile, UnicodeDecodeError):
        return None
    parsed = parse_sample(file, text.encode(), environments=environments)
    new = next((each for each in parsed.documents if isinstance(each, SampleDocument)), None)
    if new is None:
        return None
    again = [replace(each, case=replace(each.case, sample=new)) for each in cases]
    return text if all(each.verdict is Verdict.PASSED for each in run_tests(again, evaluator)) else None


def _changes(sample: SampleDocument, failing: Sequence[TestResult]) -> Changes | None:
    """What comes out otherwise, by its place in what is expected; None where that is not to be followed."""
    found: dict[str, JSON | Absent] = {}
    for result in failing:
        is_whole = not result.further and not any(each.is_clipped for each in result.differences)
        if result.verdict is not Verdict.FAILED or not is_whole:
            return None
        for each in result.differences:
            place = _place(sample, each)
            if place is None:
                return None
            found[place] = _value(sample, each)
    return found


def _place(sample: SampleDocument, difference: OutputDifference) -> str | None:
    if not has_records(sample) or isinstance(sample.expected, list):
        return difference.path
    # One record is expected as it is, without a list around it.
    first, _, rest = difference.path.removeprefix("/").partition("/")
    return None if first != "0" else f"/{rest}" if rest else ""


def _value(sample: SampleDocument, difference: OutputDifference) -> JSON | Absent:
    if difference.kind is not Departure.MISSING:
        return difference.got
    # An output that is undefined as a whole is expected as null (docs/repository-format.md).
    depth = difference.path.count("/") - int(has_records(sample))
    return None if depth == 0 else ABSENT


def _file(planned: Planned) -> str:
    return planned.case.sample.source.file
