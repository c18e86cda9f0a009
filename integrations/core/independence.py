"""Whether somebody else than those who made a change has approved it, as it stands now.

A forge sees the console's account as the author of every pull request, and so would let the proposer approve. What is
compared here is people: the proposer, and every author and committer of the branch, against the reviewers. Where it
cannot be told that two are not the same person, the approval does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.core.pull_requests import BranchCommit, Contributor, Person, Review, StatusState, Verdict

_DECISIVE = {Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.DISMISSED}
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`state` and `sentence` make the commit status. `approvers` count; `refusers` still want changes."""

    state: StatusState
    sentence: str
    approvers: tuple[Person, ...] = ()
    refusers: tuple[Person, ...] = ()

    @property
    def is_approved(self) -> bool:
        return self.state is StatusState.SUCCESS and not self.refusers


def judge(
    *,
    proposer: Contributor,
    console: Sequence[Contributor],
    commits: Sequence[BranchCommit],
    reviews: Sequence[Review],
    head: str,
) -> Judgement:
    """`console`: who the console itself is, in commits and at the forge; its part in a commit makes it nobody's work.

    `reviews` are oldest first; of each reviewer the last one that decides counts, and an approval only of `head`.
    """
    makers = [proposer, *_makers(commits, console)]
    last = _last(reviews)
    refusers = tuple(one.reviewer for one in last if one.verdict is Verdict.CHANGES_REQUESTED)
    given = [one for one in last if one.verdict is Verdict.APPROVED]
    fresh = [one.reviewer for one in given if one.commit == head]
    own = [who for who in fresh if any(_is_same(who, maker) for maker in (*makers, *console))]
    rest = [who for who in fresh if who not in own]
    unknown = [who for who in rest if not all(_is_other(who, maker) for maker in makers)]
    approvers = tuple(who for who in rest if who not in unknown)
    if approvers:
        state, sentence = StatusState.SUCCESS, f"Approved by {_named(approvers)}."
    elif own:
        state, sentence = StatusState.FAILURE, f"{_named(own)} took part in this change; somebody else has to approve."
    elif unknown:
        sentence = f"It cannot be told that {_named(unknown)} did not make this change; somebody else has to approve."
        state = StatusState.FAILURE
    elif given:
        state, sentence = StatusState.PENDING, "The approval was for an older commit; the present one needs its own."
    else:
        state, sentence = StatusState.PENDING, "Waits for the approval of somebody else than its author."
    return Judgement(state=state, sentence=sentence, approvers=approvers, refusers=refusers)


def _makers(commits: Sequence[BranchCommit], console: Sequence[Contributor]) -> list[Contributor]:
    people = [person for commit in commits for person in (commit.author, commit.committer)]
    return [person for person in people if not any(_is_one(person, itself) for itself in console)]


def _last(reviews: Sequence[Review]) -> list[Review]:
    found: dict[str, Review] = {}
    for review in reviews:
        if review.verdict in _DECISIVE:
            key = review.reviewer.id or review.reviewer.login.casefold()
            found.pop(key, None)
            found[key] = review
    return list(found.values())


def _is_one(person: Contributor, other: Contributor) -> bool:
    return person.email.casefold() == other.email.casefold()


def _is_same(who: Person, maker: Contributor) -> bool:
    if maker.account is not None and _is_account(who, maker.account):
        return True
    addresses = {maker.email.casefold()} | ({(maker.account.email or "").casefold()} if maker.account else set())
    addresses.discard("")
    return bool(addresses & {(who.email or "").casefold(), who.login.casefold()})


def _is_other(who: Person, maker: Contributor) -> bool:
    """Known not to be the same: two accounts, or two addresses."""
    if maker.account is not None and maker.account.id and who.id:
        return who.id != maker.account.id
    return bool(who.email and maker.email) and not _is_same(who, maker)


def _is_account(who: Person, account: Person) -> bool:
    if who.id and account.id:
        return who.id == account.id
    return bool(who.login) and who.login.casefold() == account.login.casefold()


def _named(people: Sequence[Person]) -> str:
    names = [one.name or one.login or "somebody" for one in people]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
