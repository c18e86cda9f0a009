"""Mapping tests run for a snapshot, an older commit, or files that no database knows.

A `Ground` is what the tests stand on: `ReaderGround` asks a Reader, `StateGround` the documents of a commit or folder.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from integrations.core.coverage import PartCoverage, own_coverage, shared_coverage
from integrations.core.documents import MappingKey, ModelDocument, OverrideDocument, SampleDocument
from integrations.core.effective import Effective
from integrations.core.mapping_tests import Case, TestResult, cases, content_key, judge, runs
from integrations.core.merge import merge, merge_account
from integrations.core.state import DesiredState
from integrations.queries.effective import base_of
from integrations.queries.outputs import Evaluates
from integrations.queries.reading import Reader
from integrations.sandbox.evaluator import Run

Known = Mapping[str, TestResult]  # results that need not be found again, by their `key`
Progress = Callable[[int, int], None]  # told how many tests of how many are done

_BATCH = 200  # evaluations that go to the workers at once, about
_ALL = 1_000_000
# The code of ours that an outcome comes from; what lies below `engine` is read too.
_EVALUATES = ("integrations.core.expressions", "integrations.core.syntax", "integrations.core.outputs")
_LIBRARIES = ("jsonata-python", "google-re2")


class Ground(Protocol):
    """What mapping tests are run on. `effective` is None where the platform does not define the integration."""

    environments: tuple[str, ...]

    def integrations(self) -> Sequence[str]: ...
    def samples(self, integration: str) -> Sequence[SampleDocument]: ...
    def effective(self, account: str | None, integration: str, environment: str) -> Effective | None: ...
    def model(self, key: MappingKey) -> ModelDocument | None: ...
    def overrides(self, integration: str) -> Iterable[OverrideDocument]: ...
    def has_account(self, slug: str) -> bool: ...


class ReaderGround:
    """A snapshot, or an older commit. Raises BadCommit as the reader does."""

    def __init__(self, reader: Reader) -> None:
        self.environments = reader.settings().environments
        self._reader = reader
        self._models: dict[tuple[str, str], ModelDocument] | None = None

    def integrations(self) -> Sequence[str]:
        return self._reader.integration_names()

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        return self._reader.samples(integration)

    def effective(self, account: str | None, integration: str, environment: str) -> Effective | None:
        lower = base_of(self._reader, integration, environment)
        if lower is None:
            return None
        return merge_account(lower, self._reader.override(account, integration, environment) if account else None)

    def model(self, key: MappingKey) -> ModelDocument | None:
        if self._models is None:
            found = self._reader.models().values()
            self._models = {(each.model, each.resource): each for documents in found for each in documents}
        return self._models.get((key.model, key.resource))

    def overrides(self, integration: str) -> Iterable[OverrideDocument]:
        return self._reader.account_overrides(integration, limit=_ALL)

    def has_account(self, slug: str) -> bool:
        return self._reader.account(slug) is not None


class StateGround:
    """The documents of one commit or folder."""

    def __init__(self, state: DesiredState) -> None:
        self.environments = state.settings.environments
        self._state = state

    def integrations(self) -> Sequence[str]:
        return sorted(self._state.integrations)

    def samples(self, integration: str) -> Sequence[SampleDocument]:
        found = (sample for sample in self._state.samples if sample.integration == integration)
        return sorted(found, key=lambda sample: sample.source)

    def effective(self, account: str | None, integration: str, environment: str) -> Effective | None:
        stack = self._state.stack(account, integration, environment)
        return None if stack is None else merge(stack)

    def model(self, key: MappingKey) -> ModelDocument | None:
        return self._state.models.get((key.model, key.resource))

    def overrides(self, integration: str) -> Iterable[OverrideDocument]:
        for (_, name), documents in sorted(self._state.account_overrides.items()):
            if name == integration:
                yield from documents

    def has_account(self, slug: str) -> bool:
        return slug in self._state.accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A case that is to be run, with the model that its output is held against."""

    case: Case
    model: ModelDocument | None

    @property
    def content(self) -> str:
        """Names what the verdict hangs on, wherever in its files it stands."""
        return content_key(self.case, self.model, engine=engine_version())

    @property
    def key(self) -> str:
        """`content`, and the places that the result names."""
        return content_key(self.case, self.model, engine=engine_version(), with_places=True)


def plan(ground: Ground, *, integration: str = "", account: str = "") -> list[Planned]:
    """Every case, by integration and the file of its sample; narrowed to one integration, one account's samples."""
    planned: list[Planned] = []
    for name in ground.integrations():
        if integration and name != integration:
            continue
        effective = _Effective(ground, name)
        for sample in ground.samples(name):
            if account and sample.account != account:
                continue
            parts = {
                environment: found.mappings.get(str(sample.key), {}).get(sample.part)
                for environment, found in effective.of(sample.account)
            }
            planned += [Planned(case=case, model=ground.model(sample.key)) for case in cases(sample, parts)]
    return planned


def changed_since(planned: Iterable[Planned], before: Iterable[Planned]) -> list[Planned]:
    """Those whose outcome may differ from what it was: the sample, an expression or the schema is another."""
    known = {each.content for each in before}
    return [each for each in planned if each.content not in known]


def run_tests(
    planned: Sequence[Planned],
    evaluator: Evaluates,
    *,
    known: Known | None = None,
    progress: Progress = lambda _done, _total: None,
) -> list[TestResult]:
    """One result per case, in order. What is `known` is not run again, and tells the case's own environments."""
    results: dict[int, TestResult] = {}
    keys = [each.key for each in planned]
    for position, (each, key) in enumerate(zip(planned, keys, strict=True)):
        if known is not None and key in known:
            results[position] = replace(known[key], environments=each.case.environments)
    progress(len(results), len(planned))
    fresh = [position for position in range(len(planned)) if position not in results]
    for batch in _batches(fresh, planned):
        wanted = [list(runs(planned[position].case)) for position in batch]
        given = [Run(expression=r.expression, data=r.data, bindings=r.bindings) for found in wanted for r in found]
        outcomes = iter(evaluator.evaluate_many(given) if given else [])
        for position, found in zip(batch, wanted, strict=True):
            each = planned[position]
            result = judge(each.case, [next(outcomes) for _ in found], each.model)
            results[position] = replace(result, key=keys[position])
        progress(len(results), len(planned))
    return [results[position] for position in range(len(planned))]


def coverage(
    ground: Ground, results: Sequence[TestResult], *, integration: str = "", account: str = ""
) -> list[PartCoverage]:
    """Of each integration's mappings, and behind them of what accounts set on their own.

    Narrowed to one integration; with an account, only what that account sets.
    """
    found: list[PartCoverage] = []
    for name in ground.integrations():
        if integration and name != integration:
            continue
        if not account:
            found += shared_coverage(name, dict(_Effective(ground, name).of(None)), results)
        by_account: dict[str, list[OverrideDocument]] = {}
        for override in ground.overrides(name):
            if override.account and override.mappings and account in {"", override.account}:
                by_account.setdefault(override.account, []).append(override)
        for slug, documents in sorted(by_account.items()):
            found += own_coverage(slug, documents, ground.environments, results)
    return found


@cache
def engine_version() -> str:
    """Names all that evaluates: a verdict by another version is not taken over."""
    found = hashlib.sha256(repr((sys.version_info[:2], [version(name) for name in _LIBRARIES])).encode())
    engine = _file_of("integrations.core.engine")
    for path in [*sorted(engine.parent.rglob("*.py")), *map(_file_of, _EVALUATES)]:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _file_of(module: str) -> Path:
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


class _Effective:
    """What is in force for an integration's accounts, merged once each."""

    def __init__(self, ground: Ground, integration: str) -> None:
        self._ground, self._integration = ground, integration
        self._found: dict[str | None, dict[str, Effective]] = {}

    def of(self, account: str | None) -> Iterable[tuple[str, Effective]]:
        if account not in self._found:
            merged = {
                name: self._ground.effective(account, self._integration, name) for name in self._ground.environments
            }
            self._found[account] = {name: effective for name, effective in merged.items() if effective is not None}
        return self._found[account].items()


def _batches(positions: Sequence[int], planned: Sequence[Planned]) -> Iterator[list[int]]:
    """The cases in batches of about as many evaluations as go to the workers at once."""
    batch: list[int] = []
    size = 0
    for position in positions:
        batch.append(position)
        size += sum(1 for _ in runs(planned[position].case))
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
