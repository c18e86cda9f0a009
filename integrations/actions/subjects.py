"""What the actions of this room act on, as the audit log names it. Ids are those that pages and commands take."""

from __future__ import annotations

from audit.record import ACCOUNT, Subject
from integrations.models import Proposal, Repository, Snapshot

_SHOWN = 12


def repository_subject(repository: Repository) -> Subject:
    return Subject(kind="repository", id=repository.name, name=repository.name)


def snapshot_subject(snapshot: Snapshot) -> Subject:
    """Named by the short commit: the commit's own subject line may speak of people."""
    return Subject(kind="snapshot", id=snapshot.commit, name=f"commit {snapshot.commit[:_SHOWN]}")


def account_subject(slug: str, name: str) -> Subject:
    return Subject(kind=ACCOUNT, id=slug, name=name)


def proposal_subject(proposal: Proposal) -> Subject:
    """Named by its id: the title was typed by a person and may speak of others."""
    return Subject(kind="proposal", id=proposal.id, name=f"proposal {proposal.id}", account=proposal.account)
