"""The one commit of a proposal, and the text of its pull request: made of the row alone, so always the same."""

from __future__ import annotations

from django.conf import settings

from integrations.core.proposal_text import Said, commit_message
from integrations.git.outgoing import Identity, Outgoing, Wanted
from integrations.models import Proposal


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
            message=commit_message(said(proposal)),
        )
    )


def said(proposal: Proposal) -> Said:
    return Said(
        proposal=proposal.id,
        title=proposal.title,
        summary=proposal.summary,
        reason=proposal.reason,
        ticket=proposal.ticket,
        url=page_of(proposal),
    )


def page_of(proposal: Proposal) -> str:
    """The proposal's page in this console; empty while its address is not set."""
    return f"{settings.GLASSHOUSE_URL}/proposals/{proposal.id}/" if settings.GLASSHOUSE_URL else ""


def body_of(proposal: Proposal) -> str:
    """What reviewers read first."""
    lines = [proposal.summary, f"Reason: {proposal.reason}"]
    if proposal.ticket:
        lines.append(f"Ticket: {proposal.ticket}")
    if page := page_of(proposal):
        lines.append(page)
    return "\n\n".join(filter(None, lines))
