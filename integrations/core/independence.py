"""Whether somebody other than those who made a change has approved it.

A forge sees the console's account as the author of every pull request, and would let people approve their own change.
Therefore the console says by a commit status what it knows: who proposed, who wrote the commits, and who approved.

Names and e-mails in commits are claims. They can take the right to approve from somebody but give it to nobody: who
approves must be known to the console by the forge's own account. What cannot be told stays pending, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from integrations.core.pull_requests import BranchCommit, Contributor, Person, Review, StatusState, Verdict

FORGES_OWN = frozenset({"noreply@github.com"})  # the committer of what is committed on the forge's pages
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(.*?)[ \t]*<([^<>\n]*)>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_HIDDEN = re.compile(r"(?:(\d+)[+-])?([^@]+)@users\.noreply\.git(?:hub|lab)\.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """Somebody who signs in to the console. `emails` are verified; `logins` and `ids` are accounts at this forge."""

    key: str
    name: str
    emails: frozenset[str] = frozenset()
    logins: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`sentence` is for the status and for pages. `approvers` are the keys of those whose approval counts."""

    state: StatusState
    sentence: str
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is judged, read at one moment. `commits` are the branch's; `own_commits` those the console pushed.

    `console` is the console's account at the forge, `console_email` what it commits with.
    """

    proposer: KnownPerson
    people: Sequence[KnownPerson]
    reviews: Sequence[Review]
    commits: Sequence[BranchCommit]
    head_commit: str
    own_commits: frozenset[str]
    console: Person
    console_email: str
    _known: dict[str, KnownPerson] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = {person.key: person for person in (*self.people, self.proposer)}
        object.__setattr__(self, "_known", known)

    def who(self, person: Person) -> set[str]:
        """The keys of the known people that an account belongs to; more than one where the records contradict."""
        emails = {person.email} if person.email else set()
        return self.named(ids={person.id}, logins={person.login}, emails=emails)

    def named(self, *, ids: set[str], logins: set[str], emails: set[str]) -> set[str]:
        wanted = {_folded(one) for one in logins if one}, {_folded(one) for one in emails if one}
        return {
            known.key
            for known in self._known.values()
            if known.ids & {one for one in ids if one}
            or {_folded(one) for one in known.logins} & wanted[0]
            or {_folded(one) for one in known.emails} & wanted[1]
        }

    def is_console(self, person: Person) -> bool:
        return bool(
            (person.id and person.id == self.console.id)
            or (person.login and _folded(person.login) == _folded(self.console.login))
        )


def judged(evidence: Evidence) -> Judgement:
    """SUCCESS only when a known person who is neither proposer nor contributor has approved the present commit."""
    opinions = _opinions(evidence.reviews)
    against = [one for one in opinions if one.verdict is Verdict.CHANGES_REQUESTED]
    if against:
        return Judgement(state=StatusState.FAILURE, sentence=f"{_shown(against[0].reviewer)} asked for changes.")
    if not evidence.commits or evidence.commits[-1].sha != evidence.head_commit:
        return _pending("The branch has just changed; it is looked at again.")
    approvals = [one for one in opinions if one.verdict is Verdict.APPROVED]
    present = [one for one in approvals if one.commit == evidence.head_commit and not one.is_stale]
    contributors, unknown = _contributors(evidence)
    refused = {id(one): _refusal(one.reviewer, evidence, contributors) for one in present}
    counting = [one for one in present if refused[id(one)] is None]
    if counting and unknown:
        return _pending(f"{unknown} Until they are known here, nobody can tell who else may approve.")
    if counting:
        return _approved(counting, evidence)
    reasons = [reason for reason in refused.values() if reason]
    return _pending(reasons[0] if reasons else _missing(approvals))


def _opinions(reviews: Iterable[Review]) -> list[Review]:
    """The last word of each account. A comment is no opinion; a review that was dismissed takes its author's word."""
    last: dict[str, Review] = {}
    for number, review in enumerate(reviews):
        if review.verdict is not Verdict.COMMENTED:
            account = review.reviewer.id or _folded(review.reviewer.login) or f"deleted {number}"
            last[account] = review
    return list(last.values())


def _refusal(reviewer: Person, evidence: Evidence, contributors: set[str]) -> str | None:
    """Why the approval of this account does not count."""
    shown = _shown(reviewer)
    if evidence.is_console(reviewer):
        return "The console itself cannot approve."
    keys = evidence.who(reviewer)
    if evidence.proposer.key in keys:
        return f"{shown} proposed this change; somebody else must approve it."
    if keys & contributors or _accounts(reviewer) & contributors:
        return f"{shown} wrote a commit of this change; somebody else must approve it."
    if not keys:
        return f"{shown} approved, but nobody in the console has that account; they must sign in here and link it."
    if len(keys) > 1:
        return f"{shown} approved, but several people in the console have that account; it must belong to one."
    return None


def _contributors(evidence: Evidence) -> tuple[set[str], str]:
    """Keys and accounts of all who wrote the commits, and a sentence about the first who is not known here."""
    found: set[str] = set()
    unknown = ""
    for commit in evidence.commits:
        for who in _named_by(commit, is_own=commit.sha in evidence.own_commits):
            keys = _keys(who, evidence)
            found |= keys | _accounts(who.account) | {f"email {_folded(who.email)}"}
            if not keys and not unknown:
                unknown = f"Commit {commit.sha[:7]} was made by somebody the console does not know."
    return found, unknown


def _named_by(commit: BranchCommit, *, is_own: bool) -> Iterator[Contributor]:
    yield commit.author
    if not is_own and _folded(commit.committer.email) not in FORGES_OWN:
        yield commit.committer
    for name, email in _CO_AUTHOR.findall(commit.message):
        yield Contributor(name=name, email=email)


def _keys(who: Contributor, evidence: Evidence) -> set[str]:
    # Whoever claims to be the console without being it is nobody: the console's own commits are known by their name.
    if _folded(who.email) == _folded(evidence.console_email):
        return set()
    ids, logins = ({who.account.id}, {who.account.login}) if who.account else (set(), set())
    if hidden := _HIDDEN.fullmatch(who.email.strip().lower()):
        ids, logins = ids | {hidden[1] or ""}, logins | {hidden[2]}
    return evidence.named(ids=ids, logins=logins, emails={who.email})


def _accounts(person: Person | None) -> set[str]:
    if person is None:
        return set()
    marks = {f"id {person.id}" if person.id else "", f"login {_folded(person.login)}" if person.login else ""}
    return (marks | ({f"email {_folded(person.email)}"} if person.email else set())) - {""}


def _approved(counting: Sequence[Review], evidence: Evidence) -> Judgement:
    keys = sorted({key for review in counting for key in evidence.who(review.reviewer)})
    names = ", ".join(sorted({_shown(review.reviewer) for review in counting}))
    return Judgement(
        state=StatusState.SUCCESS,
        sentence=f"Approved by {names}, who took no part in the change.",
        approvers=tuple(keys),
    )


def _missing(stale: Sequence[Review]) -> str:
    if stale:
        return f"{_shown(stale[0].reviewer)} approved an earlier commit; the present one still needs an approval."
    return "Somebody other than those who made the change must approve it."


def _pending(sentence: str) -> Judgement:
    return Judgement(state=StatusState.PENDING, sentence=sentence)


def _shown(person: Person) -> str:
    return person.login or "A deleted account"


def _folded(text: str) -> str:
    return text.strip().casefold()
