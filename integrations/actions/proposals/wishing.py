"""From edits to what is handed in: the files that say them, the values that they touch, and plain words for both."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.actions.proposals.commits import Described
from integrations.actions.proposals.editing import name_of, values_in
from integrations.actions.proposals.opening import BadProposal, Wish
from integrations.core.edits import Edit, edit_as_json
from integrations.core.proposal_text import clean_title
from integrations.core.summaries import describe
from integrations.queries.grounds import planned
from integrations.queries.reading import Reader


def wish_of(
    reader: Reader,
    edits: Sequence[Edit],
    *,
    reason: str,
    title: str = "",
    ticket: str = "",
    reviewers: Sequence[str] = (),
    described: Described | None = None,
) -> Wish:
    """The wish to make the edits true at the reader's commit; without a title the first edit's sentence is one.

    All edits are of one layer and account. Raises CannotEdit where one cannot be written, BadProposal where they do not
    belong together.
    """
    if not edits:
        raise BadProposal("Say what is to change.")
    scopes = {edit.scope for edit in edits}
    if len({(scope.layer, scope.account) for scope in scopes}) > 1:
        raise BadProposal("One proposal is for one layer, and there for one account.")
    if len({name_of(edit) for edit in edits}) < len(edits):
        raise BadProposal("The same value is to be changed twice.")
    scope = edits[0].scope
    sentences = [describe(edit, None, None) for edit in edits]
    integrations, environments = {one.integration for one in scopes}, {one.environment for one in scopes}
    return Wish(
        layer=scope.layer,
        account=scope.account or "",
        integration=scope.integration if len(integrations) == 1 else "",
        environment=(scope.environment or "") if len(environments) == 1 else "",
        edits=[edit_as_json(edit) for edit in edits],
        base_commit=reader.commit,
        base_values=values_in(reader, edits),
        files=planned(reader, edits).texts,
        described=described,
        title=clean_title(title) or clean_title(sentences[0]).rstrip("."),
        summary="\n".join(sentences),
        reason=reason,
        ticket=ticket,
        reviewers=reviewers,
    )
