"""From edits to what is handed in: the files that say them, the values that they touch, and plain words for both."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.actions.proposals.commits import Described
from integrations.actions.proposals.editing import files_of, name_of, values_in
from integrations.actions.proposals.opening import BadProposal, Wish
from integrations.core.edits import Edit, edit_as_json
from integrations.core.layout import SAMPLES
from integrations.core.proposal_text import clean_title
from integrations.core.summaries import Names, describe, followed
from integrations.core.titles import title_of
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
    sentences: Sequence[str] = (),
) -> Wish:
    """The wish to make the edits true at the reader's commit, and what its samples expect follow.

    Without a title or `sentences` for the summary, both are made of the edits.
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
    names = _names(reader, scope.account)
    files = files_of(reader, edits)
    samples = [path for path in files if path.startswith(f"{SAMPLES}/")]
    told = list(sentences) or [describe(edit, None, None) for edit in edits]
    told += [followed(samples)] if samples else []
    integrations, environments = {one.integration for one in scopes}, {one.environment for one in scopes}
    return Wish(
        layer=scope.layer,
        account=scope.account or "",
        integration=scope.integration if len(integrations) == 1 else "",
        environment=(scope.environment or "") if len(environments) == 1 else "",
        edits=[edit_as_json(edit) for edit in edits],
        base_commit=reader.commit,
        base_values=values_in(reader, edits),
        files=files,
        described=described,
        title=clean_title(title) or clean_title(title_of(edits, names)),
        summary="\n".join(told),
        reason=reason,
        ticket=ticket,
        reviewers=reviewers,
    )


def _names(reader: Reader, account: str | None) -> Names:
    detail = reader.account(account) if account else None
    return Names(accounts={detail.document.slug: detail.document.name} if detail is not None else {})
