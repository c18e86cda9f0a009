"""What the samples give before and after a change, in words for its pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from integrations.core.documents import JSON
from integrations.core.outcomes import Fault, Outcome, Result
from integrations.core.output_difference import keepable, output_differences
from integrations.core.outputs import Output
from integrations.core.pointer import ABSENT
from integrations.core.pull_request_body import Change, SampleOutput
from integrations.queries.outputs import Evaluates
from integrations.queries.preview import Preview, SampleChange, affected, changed_outputs
from integrations.queries.reading import Visible

_MOST_GROUPS, _MOST_SAMPLES = 3, 5  # connections that change alike, of which one speaks for all; samples of each


def sample_outputs(found: Preview, evaluator: Evaluates, *, visible: Visible = None) -> tuple[SampleOutput, ...]:
    """Of one connection for each way in which connections change. Samples of other accounts are left out."""
    effects = {effect.place: effect for effect in found.effects}
    told: list[SampleOutput] = []
    for group in affected(found.effects, visible=visible)[:_MOST_GROUPS]:
        effect = effects[group.places[0]]
        mine = frozenset({effect.place[0]})
        changes = changed_outputs(found.proposed, effect, evaluator, visible=mine, most=_MOST_SAMPLES)
        told += [_told(change) for change in changes]
    return tuple(dict.fromkeys(told))


def _told(change: SampleChange) -> SampleOutput:
    sides = [side.outputs if side is not None else () for side in (change.before, change.after)]
    failed = next((output.outcome for output in sides[1] if isinstance(output.outcome, Fault)), None)
    return SampleOutput(
        sample=change.sample.source.file,
        changes=() if failed else tuple(_changes(change, *sides)),
        failure=failed.message if failed else "",
    )


def _changes(change: SampleChange, before: Sequence[Output], after: Sequence[Output]) -> Iterator[Change]:
    many = max(len(before), len(after)) > 1
    layers = change.after.part.layers if change.after is not None else ()
    for number, (old, new) in enumerate(zip_longest(before, after)):
        differences = output_differences(
            _value(old.outcome if old else None),
            _value(new.outcome if new else None),
            layers,
            new.leaves if new else (),
            path=f"/{number}" if many else "",
        )
        for each in map(keepable, differences):
            where = f"{change.mapping}:{change.part}"
            yield Change(where=where, path=each.path, before=_text(each.expected), after=_text(each.got))


def _value(outcome: Outcome | None) -> JSON:
    return outcome.value if isinstance(outcome, Result) else ABSENT


def _text(value: JSON) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
