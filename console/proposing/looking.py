"""What the typed changes would do: shown while one types, and asked again in full before they are handed in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from django.http import HttpRequest

from console.evaluations import NotNow, turn
from console.limits import TooMany
from console.proposing.breaking import broken_sentences
from console.proposing.changes import Standing, Unready, begun, edit_of, mark_of, moved_to, standing
from console.proposing.outputs import Output, output_of
from console.proposing.places import Place, layer_effective
from console.proposing.targets import setting_words
from console.proposing.typed import SecretFound, Typed, TypedChange
from console.visit import seen
from integrations.actions.proposals.editing import name_of
from integrations.core.chain import CONFIG
from integrations.core.documents import JSON, Layer
from integrations.core.edits import CannotEdit, Edit
from integrations.core.effective import Effective
from integrations.core.pointer import parse
from integrations.core.summaries import describe
from integrations.core.tree import MissingFile
from integrations.models import Proposal
from integrations.queries.effective import NoConnection, effective
from integrations.queries.effects import Effect
from integrations.queries.expectations import NOTHING, Following, following
from integrations.queries.grounds import planned
from integrations.queries.outputs import Evaluates
from integrations.queries.preview import Affected, Preview, affected, changed_outputs, preview
from integrations.queries.proposals import open_changes

_MOST_PROBLEMS = 5
_MOST_OTHER = 20  # changed settings that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change with all that its card shows. `problem` keeps it from being handed in; `missing` says how to go on.

    `mark`: see `changes.mark_of`. `moved`: what is in force by now, where that changed since the person began.
    """

    typed: TypedChange
    now: Standing
    mark: str = ""
    edit: Edit | None = None
    sentence: str = ""
    problem: str = ""
    missing: str = ""
    moved: str | None = None
    others: tuple[Proposal, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.edit is not None and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """A setting before and after; None: there is none."""

    label: str
    before: JSON
    after: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of the typed changes. `problems` are of the whole, those of one change stand in its row.

    `following`: the tests that the change moves; nothing where it was not asked.
    `affected` None: it was not asked whom it affects. `checked` None: it could not be checked, or is refused.
    """

    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    output: Output | None = None
    output_trouble: str = ""
    affected: Sequence[Affected] | None = None
    following: Following = NOTHING
    diff: str = ""
    checked: Preview | None = None

    @property
    def edits(self) -> list[Edit]:
        return [row.edit for row in self.rows if row.is_ready and row.edit is not None]

    @property
    def is_ready(self) -> bool:
        """Whether it can be handed in, as far as could be told."""
        return bool(self.rows) and self.checked is not None and not self.problems and all(r.is_ready for r in self.rows)


@dataclass(slots=True, kw_only=True)
class _Said:
    """What the checks say, by the change that it is about; "" for the whole."""

    problems: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def rows_of(place: Place, typed: Typed, secrets: Sequence[SecretFound] = ()) -> tuple[Row, ...]:
    """The changes with what is in force beside them; nothing is planned or evaluated."""
    hidden = {found.at: found.kind for found in secrets}
    return tuple(_row(place, change, hidden.get(str(change.target))) for change in typed.changes)


def _row(place: Place, change: TypedChange, secret: str | None) -> Row:
    now = standing(place, change.target)
    full = begun(change, place, now)
    row = Row(typed=full, now=now, moved=moved_to(full, place, now), mark=mark_of(place, now))
    if secret is not None:
        return replace(row, problem=secret_sentence(secret))
    try:
        return replace(row, edit=edit_of(full, place, now))
    except Unready as error:
        return replace(row, missing=str(error))


def secret_sentence(kind: str) -> str:
    return (
        f"This looks like a secret ({kind}). It was not kept. Write where the secret is stored instead, "
        "such as vault://kv/…, or ask an engineer."
    )


def look(request: HttpRequest, place: Place, rows: tuple[Row, ...], *, is_full: bool = False, sample: str = "") -> Look:
    """`is_full`: every account is checked, as before a change is taken in; else, of a change for all, none."""
    edits = [row.edit for row in rows if row.is_ready and row.edit is not None]
    if not edits or any(row.problem for row in rows):
        return Look(rows=rows)
    said = _Said()
    files = _planned(place, rows, said)
    if files is None:
        return Look(rows=_told(rows, said), problems=tuple(said.general))
    if not files:
        return Look(rows=rows, problems=("Nothing would change: it is so already.",))
    checked = preview(place.visit.repository, files, checks_accounts=is_full or place.layer is Layer.ACCOUNT)
    _judge(rows, checked, said)
    said.general += _problems(request, checked)
    told = _told(rows, said)
    if not said.problems:
        before, after = _sides(place, checked)
        told = tuple(_explained(place, row, before, after) for row in told)
    effect = _effect_here(place, checked)
    asks_whom = is_full or place.layer is Layer.ACCOUNT
    output, trouble, follows = _evaluated(request, place, checked, effect, sample, asks_tests=asks_whom)
    if output is not None:
        said.warnings += output.warnings
    said.warnings += broken_sentences(follows.broken)
    return Look(
        rows=told,
        problems=tuple(said.general),
        warnings=tuple(said.warnings),
        settings=_settings(effect),
        output=output,
        output_trouble=trouble,
        affected=affected(checked.effects, visible=place.visit.visible) if asks_whom else None,
        following=follows,
        diff=diff_of(place, {**files, **follows.files}),
        checked=None if checked.is_refused else checked,
    )


def _planned(place: Place, rows: Sequence[Row], said: _Said) -> Mapping[str, str | None] | None:
    edits = [row.edit for row in rows if row.is_ready and row.edit is not None]
    try:
        return planned(place.reader, edits).texts
    except CannotEdit as error:
        whole = error
    for row in rows:
        try:
            if row.is_ready and row.edit is not None:
                planned(place.reader, [row.edit])
        except CannotEdit as error:
            said.problems[str(row.typed.target)] = error.sentence
    if not said.problems:
        said.general.append(whole.sentence)
    return None


def _judge(rows: Sequence[Row], checked: Preview, said: _Said) -> None:
    """Puts what the checks found beside the change that it is about."""
    by_path = {name_of(row.edit): str(row.typed.target) for row in rows if row.edit is not None}
    for finding in checked.findings:
        target = by_path.get(finding.path)
        if not finding.is_refused:
            said.warnings.append(finding.sentence)
        elif target is not None:
            said.problems[target] = finding.sentence
        else:
            said.general.append(finding.sentence)


def _problems(request: HttpRequest, checked: Preview) -> list[str]:
    """Those of a commit like it, as far as the person may see them."""
    told = seen(request, checked.problems)
    hidden = len(checked.problems) - len(told)
    more = ["It breaks something that you may not see; ask an engineer."] if hidden else []
    return [*(problem.message for problem in told[:_MOST_PROBLEMS]), *more]


def _told(rows: tuple[Row, ...], said: _Said) -> tuple[Row, ...]:
    return tuple(replace(row, problem=said.problems.get(str(row.typed.target), row.problem)) for row in rows)


def _explained(place: Place, row: Row, before: Effective, after: Effective | None) -> Row:
    if row.edit is None:
        return row
    sentence = describe(row.edit, before, after, names=place.names)
    return replace(row, sentence=sentence, others=_others(place, row.edit))


def _sides(place: Place, checked: Preview) -> tuple[Effective, Effective | None]:
    if checked.problems:
        return place.present, None
    reader = checked.proposed.after
    if place.layer is not Layer.ACCOUNT:
        return place.present, layer_effective(reader, place.layer, place.integration, place.environment)
    with suppress(NoConnection):
        return place.present, effective(reader, place.account, place.integration, place.environment)
    return place.present, None


def _effect_here(place: Place, checked: Preview) -> Effect | None:
    """Of the connection that is looked at; for a layer, of the first that changes and may be seen."""
    visible = place.visit.visible
    seen = [each for each in checked.effects if visible is None or each.place[0] in visible]
    if place.layer is Layer.ACCOUNT:
        here = (place.account, place.integration, place.environment)
        return next((each for each in seen if each.place == here), seen[0] if seen else None)
    at = (place.integration, place.environment)
    return next((each for each in seen if each.place[1:] == at), seen[0] if seen else None)


def _evaluated(
    request: HttpRequest, place: Place, checked: Preview, effect: Effect | None, sample: str, *, asks_tests: bool
) -> tuple[Output | None, str, Following]:
    """What a sample gives before and after, or why that was not evaluated; and what tests come of it."""
    if effect is None or all(each.area == CONFIG for each in effect.differences):
        return None, "", NOTHING
    try:
        with turn(request) as evaluator:
            found = changed_outputs(checked.proposed, effect, evaluator, visible=place.visit.visible, most=10)
            follows = _following(place, checked, evaluator) if asks_tests else NOTHING
    except (TooMany, NotNow) as error:
        return None, str(error), NOTHING
    if not found:
        return None, "There is no sample of this mapping to try it on.", follows
    chosen = next((each for each in found if each.sample.source.file == sample), None)
    chosen = chosen or next((each for each in found if each.differs), found[0])
    return output_of(place, chosen, [each.sample for each in found]), "", follows


def _following(place: Place, checked: Preview, evaluator: Evaluates) -> Following:
    before, after = checked.proposed.before, checked.proposed.after
    return following(before, after, evaluator, account=place.account or None, integrations=[place.integration])


def _settings(effect: Effect | None) -> tuple[SettingChange, ...]:
    changed = [each for each in effect.differences if each.area == CONFIG] if effect is not None else []
    return tuple(
        SettingChange(label=setting_words(parse(each.path)), before=each.before, after=each.after)
        for each in changed[:_MOST_OTHER]
    )


def _others(place: Place, edit: Edit) -> tuple[Proposal, ...]:
    """Changes that are under way on the same value."""
    return tuple(
        open_changes(
            place.visit.repository,
            place.account,
            place.integration,
            leaf=name_of(edit),
            visible=place.visit.visible,
        )[:3]
    )


def diff_of(place: Place, files: Mapping[str, str | None]) -> str:
    """The change of files as engineers read it."""
    return "".join(line for path, text in sorted(files.items()) for line in _diff(place, path, text))


def _diff(place: Place, path: str, text: str | None) -> Iterator[str]:
    try:
        before = place.reader.tree().read(path).decode(errors="replace")
    except MissingFile:
        before = ""
    names = (f"a/{path}" if before else "/dev/null", f"b/{path}" if text is not None else "/dev/null")
    old, new = before.splitlines(keepends=True), (text or "").splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, *names):
        yield line if line.endswith("\n") else f"{line}\n"
