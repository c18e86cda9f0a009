"""What a change would do, before anybody submits it: what is wrong with it, whom it affects, what comes out then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrations.core.chain import CONFIG
from integrations.core.difference import Difference
from integrations.core.documents import JSON, AccountDocument, MappingKey, Part, SampleDocument
from integrations.core.effective import Effective
from integrations.core.mapping_tests import TestResult, Verdict
from integrations.core.outcomes import outcome_as_json
from integrations.core.problems import Problem
from integrations.core.rules import Finding, Rule, check_connection, check_owner, is_judged
from integrations.core.secrets import secrets_in
from integrations.models import Change, Repository
from integrations.queries.effective import NoConnection, effective
from integrations.queries.effects import Effect, Place, Side, compare
from integrations.queries.mapping_tests import Planned, ReaderGround, changed_since, plan, run_tests
from integrations.queries.outputs import Evaluates, Given, NotBindings
from integrations.queries.proposed import Files, Proposed, read_proposed
from integrations.queries.reading import Reader, Visible
from integrations.queries.sampling import Sampled, sampled, samples_of

_NAMED = 200  # places that a group of effects names
_RECORDS = 5  # of a sample's list that are evaluated


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A change, read. With `problems` nothing else is told: a commit like it would be rejected."""

    proposed: Proposed
    effects: tuple[Effect, ...]
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.proposed.problems

    @property
    def is_refused(self) -> bool:
        return bool(self.problems) or any(finding.is_refused for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Connections that change alike. `places` are some of them, `connections` and `accounts` count all."""

    kind: Change.Kind
    differences: tuple[Difference, ...]
    connections: int
    accounts: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleChange:
    """What one sample gives before and after. `before` or `after` is None where nothing maps it there."""

    sample: SampleDocument
    mapping: MappingKey
    part: Part
    before: Sampled | None
    after: Sampled | None

    @property
    def differs(self) -> bool:
        return _shown(self.before) != _shown(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedTest:
    """A mapping test that the change touches, before (None: it is new) and after (None: it is gone)."""

    before: TestResult | None
    after: TestResult | None
    expects_anew: bool = False  # the change says what is expected of it, too

    @property
    def follows(self) -> bool:
        """It passes as it did, since it expects the new result."""
        sides = [side for side in (self.before, self.after) if side is not None and _is_good(side)]
        return self.expects_anew and len(sides) == 2  # noqa: PLR2004 - before and after

    @property
    def breaks(self) -> bool:
        return self.after is not None and not _is_good(self.after) and (self.before is None or _is_good(self.before))


def preview(repository: Repository, files: Files, *, checks_accounts: bool = True) -> Preview:
    """Reads the change. Raw secrets are found before anything else, and then the files are not read at all.

    `checks_accounts` False leaves out what takes longest where the platform layer changes: checking the accounts that
    the change leaves alone. Do that before a submit.
    """
    secrets = tuple(
        Finding(rule=Rule.SECRET, sentence=f"{path}, {found}; write a reference such as vault://… instead.")
        for path, text in files.items()
        if text is not None
        for found in secrets_in(text)
    )
    proposed = read_proposed(repository, {} if secrets else files, checks_accounts=checks_accounts)
    if secrets or proposed.problems:
        return Preview(proposed=proposed, effects=(), findings=secrets)
    before, after = proposed.sides()
    effects = tuple(compare(before, after))
    last = proposed.after.intake.settings.environments[-1]
    findings = tuple(dict.fromkeys([*_rules(effects, before, after, production=last), *_owners(proposed)]))
    return Preview(proposed=proposed, effects=effects, findings=findings)


def affected(effects: Iterable[Effect], *, visible: Visible = None) -> list[Affected]:
    """The effects, those that are alike together, most connections first. `visible`: whose may be named and counted."""
    groups: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        if visible is None or effect.place[0] in visible:
            groups.setdefault((effect.kind, repr(effect.differences)), []).append(effect)
    found = [
        Affected(
            kind=alike[0].kind,
            differences=alike[0].differences,
            connections=len(alike),
            accounts=len({effect.place[0] for effect in alike}),
            places=tuple(effect.place for effect in alike[:_NAMED]),
        )
        for alike in groups.values()
    ]
    return sorted(found, key=lambda each: (-each.connections, each.places))


def changed_outputs(
    proposed: Proposed, effect: Effect, evaluator: Evaluates, *, visible: Visible = None, most: int = 5
) -> list[SampleChange]:
    """Of one affected connection, what the samples of its changed mappings give before and after."""
    account, integration, environment = effect.place
    before, after = (_effective(reader, effect.place) for reader in (proposed.before, proposed.after))
    changes: list[SampleChange] = []
    for key, part in _changed_parts(effect.differences):
        samples = samples_of(
            proposed.after, integration, str(key), part, account=account, environment=environment, visible=visible
        )
        for sample in samples[: max(0, most - len(changes))]:
            given = Given(data=sample.input, bindings=sample.bindings)
            sides = [_sampled(side, key, part, given, evaluator) for side in (before, after)]
            changes.append(SampleChange(sample=sample, mapping=key, part=part, before=sides[0], after=sides[1]))
    return changes


def changed_tests(proposed: Proposed, integrations: Iterable[str], evaluator: Evaluates) -> list[ChangedTest]:
    """The mapping tests of these integrations whose outcome the change may alter, run before and after."""
    old_ground, new_ground = ReaderGround(proposed.before), ReaderGround(proposed.after)
    changes: list[ChangedTest] = []
    for name in sorted(integrations):
        old, new = plan(old_ground, integration=name), plan(new_ground, integration=name)
        before = {_case(each): each for each in old}
        fresh = changed_since(new, old)
        known = [before[_case(each)] for each in fresh if _case(each) in before]
        told = dict(zip(map(_case, known), run_tests(known, evaluator), strict=True))
        results = zip(fresh, run_tests(fresh, evaluator), strict=True)
        changes += [
            ChangedTest(
                before=told.get(_case(each)),
                after=result,
                expects_anew=_case(each) in before and _expects(each) != _expects(before[_case(each)]),
            )
            for each, result in results
        ]
    return changes


def _rules(effects: Sequence[Effect], before: Side, after: Side, *, production: str) -> Iterable[Finding]:
    """`production`: the environment that is last in promotion order."""
    for effect in effects:
        if not is_judged(effect.differences):
            continue
        account, integration, environment = effect.place
        yield from check_connection(
            effect.differences,
            environment=environment,
            before=before.effective(effect.place),
            production=after.effective((account, integration, production)) if environment != production else None,
        )


def _owners(proposed: Proposed) -> Iterable[Finding]:
    for slug, documents in proposed.after.intake.folders.items():
        after = next((each for each in documents if isinstance(each, AccountDocument)), None)
        if after is not None:
            known = proposed.before.account(slug)
            before = known.document.owner or "" if known is not None else None
            yield from check_owner(after.name, before=before, after=after.owner or "")


def _changed_parts(differences: Iterable[Difference]) -> list[tuple[MappingKey, Part]]:
    areas = dict.fromkeys(each.area for each in differences if each.area != CONFIG)
    pairs = (area.partition(":") for area in areas)
    return [(MappingKey.parse(key), Part(part)) for key, _, part in pairs]


def _effective(reader: Reader, place: Place) -> Effective | None:
    try:
        return effective(reader, *place)
    except NoConnection:
        return None


def _sampled(
    found: Effective | None, key: MappingKey, part: Part, given: Given, evaluator: Evaluates
) -> Sampled | None:
    if found is None or part not in found.mappings.get(str(key), {}):
        return None
    try:
        return sampled(found, str(key), part, given, evaluator, most=_RECORDS)
    except NotBindings:  # such a sample fails as a mapping test; here it shows nothing
        return None


def _shown(side: Sampled | None) -> list[dict[str, JSON]] | None:
    return None if side is None else [outcome_as_json(output.outcome) for output in side.outputs]


def _case(planned: Planned) -> tuple[str, tuple[str, ...]]:
    return planned.case.sample.source.file, planned.case.environments


def _expects(planned: Planned) -> str:
    return json.dumps(planned.case.sample.expected, sort_keys=True)


def _is_good(result: TestResult) -> bool:
    return result.verdict is Verdict.PASSED
