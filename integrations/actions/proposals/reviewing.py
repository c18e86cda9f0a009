"""Who made a change and who approved it, as the forge tells; judged by the one rule of `core.independence`."""

from __future__ import annotations

from collections.abc import Sequence

from audit.record import PERSON, Actor
from integrations.actions.proposals.commits import console
from integrations.core.independence import Evidence, Judgement, KnownPerson, judged
from integrations.core.pull_requests import BranchCommit, PullRequest, Review
from integrations.forges.port import Forge
from integrations.models import Proposal
from integrations.queries.forge_people import known_people


def judgement_of(
    proposal: Proposal, forge: Forge, seen: PullRequest, commits: Sequence[BranchCommit], reviews: Sequence[Review]
) -> Judgement:
    people = known_people(forge.kind)
    key = str(proposal.proposer_id or "")
    gone = KnownPerson(key="gone", name=proposal.proposer_name, emails=frozenset({proposal.proposer_email}))
    return judged(
        Evidence(
            proposer=next((person for person in people if person.key == key), gone),
            people=people,
            reviews=reviews,
            commits=commits,
            head_commit=seen.head_commit,
            own_commits=frozenset(proposal.own_commits),
            console=seen.author,
            console_email=console().email,
        )
    )


def person_actor(key: str) -> Actor:
    """A person of the console, named by the key that a judgement gives."""
    name = next((person.name for person in known_people("") if person.key == key), "")
    return Actor(kind=PERSON, id=key, name=name)


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
