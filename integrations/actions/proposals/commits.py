"""The one commit of a proposal, and the text of its pull request: made of the row alone, so always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
from django.conf import settings

from integrations.actions.proposals.editing import differing, editor_of
from integrations.core.commit_message import Origin, commit_message
from integrations.core.documents import JSON
from integrations.core.pull_request_body import Change, Description, SampleOutput, pull_request_body, pull_request_title
from integrations.forges.port import Capabilities
from integrations.git.outgoing import Identity, Outgoing, Wanted
from integrations.models import Proposal


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks found that the proposal does; kept in `Proposal.described`.

    `account_count` counts all accounts whose effective values change; `accounts` names some of them or all.
    """

    changes: tuple[Change, ...] = ()
    account_count: int = 0
    accounts: tuple[str, ...] = ()
    samples: tuple[SampleOutput, ...] = ()


def console() -> Identity:
    return Identity(name=settings.GLASSHOUSE_COMMITTER_NAME, email=settings.GLASSHOUSE_COMMITTER_EMAIL)


def build(proposal: Proposal, outgoing: Outgoing) -> str:
    """The id of the commit. Raises GitError."""
    return outgoing.commit(
        Wanted(
            parents=[proposal.base_commit],
            files=proposal.file_changes,
            author=Identity(name=proposal.proposer_name, email=proposal.proposer_email),
            committer=console(),
            at=proposal.created_at,
            message=message_of(proposal),
        )
    )


def message_of(proposal: Proposal) -> str:
    return commit_message(title=proposal.title, summary=_summary(proposal), origin=_origin(proposal))


def title_of(proposal: Proposal, capabilities: Capabilities) -> str:
    return pull_request_title(_description(proposal), longest=capabilities.longest_title)


def body_of(proposal: Proposal, capabilities: Capabilities) -> str:
    """What reviewers read first."""
    return pull_request_body(_description(proposal), longest=capabilities.longest_body)


def page_of(proposal: Proposal) -> str:
    """The proposal's page in this console."""
    return f"{settings.GLASSHOUSE_URL}/proposals/{proposal.id}/"


def _description(proposal: Proposal) -> Description:
    found = msgspec.convert(proposal.described, Described) if proposal.described else _told_by_the_row(proposal)
    return Description(
        title=proposal.title,
        summary=_summary(proposal),
        changes=found.changes,
        account_count=found.account_count,
        accounts=found.accounts,
        samples=found.samples,
        proposer=proposal.proposer_name,
        origin=_origin(proposal),
        url=page_of(proposal),
    )


def _told_by_the_row(proposal: Proposal) -> Described:
    """Without the checks' findings: what the proposal touches, and for whom it is."""
    accounts = (proposal.account,) if proposal.account else ()
    return Described(changes=tuple(_changes(proposal)), account_count=len(accounts), accounts=accounts)


def _changes(proposal: Proposal) -> Iterator[Change]:
    wanted = editor_of(proposal).wanted(proposal)
    where = "/".join(filter(None, (proposal.account, proposal.integration, proposal.environment))) or proposal.layer
    for name in differing(proposal.base_values, wanted):
        yield Change(
            where=where, path=name, before=_text(proposal.base_values.get(name)), after=_text(wanted.get(name))
        )


def _text(value: JSON) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _summary(proposal: Proposal) -> list[str]:
    return [line.strip() for line in proposal.summary.splitlines() if line.strip()]


def _origin(proposal: Proposal) -> Origin:
    return Origin(proposal=proposal.id, reason=proposal.reason, ticket=proposal.ticket)
