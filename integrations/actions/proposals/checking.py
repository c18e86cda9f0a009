"""What the checks say before a proposal is taken: the same as of a commit, and in words for its pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from integrations.actions.proposals.commits import Described
from integrations.actions.proposals.opening import BadProposal
from integrations.actions.proposals.sample_outputs import sample_outputs
from integrations.core.documents import JSON
from integrations.core.pull_request_body import Change
from integrations.models import Repository
from integrations.queries.preview import Affected, Preview, affected, preview
from integrations.queries.reading import Visible
from integrations.sandbox.evaluator import evaluator

_MOST_CHANGES = 200
_MOST_ACCOUNTS = 100
_MOST_TOLD = 5


def checked(repository: Repository, files: Mapping[str, str | None]) -> Described:
    """What the files would do. Raises BadProposal with every problem where a commit like it would be refused."""
    found = preview(repository, files)
    if found.is_refused:
        raise BadProposal(" ".join(_reasons(found)))
    return described_of(found)


def described_of(found: Preview, *, visible: Visible = None) -> Described:
    """What a change that may be proposed does. `visible`: whose accounts the proposer may name."""
    groups = affected(found.effects, visible=visible)
    accounts = sorted({place[0] for group in groups for place in group.places})
    changes = [change for group in groups for change in _changes(group)]
    return Described(
        changes=tuple(changes[:_MOST_CHANGES]),
        account_count=len({one.place[0] for one in found.effects if visible is None or one.place[0] in visible}),
        accounts=tuple(accounts[:_MOST_ACCOUNTS]),
        samples=sample_outputs(found, evaluator(), visible=visible),
    )


def _reasons(found: Preview) -> Iterator[str]:
    told = [f"{problem}." if not str(problem).endswith(".") else str(problem) for problem in found.problems]
    told += [finding.sentence for finding in found.findings if finding.is_refused]
    yield from told[:_MOST_TOLD]
    if len(told) > _MOST_TOLD:
        yield f"And {len(told) - _MOST_TOLD} more."


def _changes(group: Affected) -> Iterator[Change]:
    first = "/".join(group.places[0]) if group.places else ""
    more = f" and {group.connections - 1:,} more" if group.connections > 1 else ""
    for one in group.differences:
        where = f"{first}{more}" if one.area == "config" else f"{first}{more}: {one.area}"
        language = "json" if one.area == "config" else "js"
        yield Change(where=where, path=one.path, before=_text(one.before), after=_text(one.after), language=language)


def _text(value: JSON) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
