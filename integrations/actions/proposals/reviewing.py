"""Who made a change and who approved it, as the forge tells; judged by the one rule of `core.independence`."""

from __future__ import annotations

from collections.abc import Sequence

from audit.record import PERSON, Actor
from integrations.actions.proposals.commits import console
from integrations.core.independence import Judgement, judge
from integrations.core.pull_requests import BranchCommit, Contributor, Person, PullRequest, Review
from integrations.forges.local import KIND
from integrations.forges.port import Forge
from integrations.models import Proposal


def judgement_of(
    proposal: Proposal, seen: PullRequest, commits: Sequence[BranchCommit], reviews: Sequence[Review]
) -> Judgement:
    own = [one for one in commits if one.sha in proposal.own_commits]
    # The forge's guess whose account the author's address is, is what tells a proposer who approves there.
    account = next((one.author.account for one in own if one.author.account is not None), None)
    proposer = Contributor(name=proposal.proposer_name, email=proposal.proposer_email, account=account)
    itself = console()
    return judge(
        proposer=proposer,
        console=[Contributor(name=itself.name, email=itself.email, account=seen.author)],
        commits=commits,
        reviews=reviews,
        head=seen.head_commit,
    )


def actor_at(forge: Forge, person: Person) -> Actor:
    """An account of a forge as one who acts; in the console's own forge these are its people."""
    if forge.kind == KIND:
        return Actor(kind=PERSON, id=person.id or "unknown", name=person.name)
    return Actor(kind=PERSON, id=f"{forge.kind}:{person.id or 'unknown'}", name=person.name or person.login)


def as_json(reviews: Sequence[Review]) -> list[dict[str, object]]:
    """What pages show of reviews, newest last."""
    return [
        {
            "who": one.reviewer.name or one.reviewer.login,
            "verdict": one.verdict.value,
            "commit": one.commit,
            "is_stale": one.is_stale,
            "at": one.at,
        }
        for one in reviews
    ]
