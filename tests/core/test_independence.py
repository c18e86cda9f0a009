"""Who may approve a change: never those who made it, and nobody of whom that cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from integrations.core.independence import Evidence, Judgement, KnownPerson, judged
from integrations.core.pull_requests import BranchCommit, Contributor, Person, Review, StatusState, Verdict

HEAD, OLD = "b" * 40, "a" * 40
BOT = Person(id="900", login="glasshouse-bot")
BOT_EMAIL = "bot@console.test"
SUCCESS, PENDING, FAILURE = StatusState.SUCCESS, StatusState.PENDING, StatusState.FAILURE


def known(name: str, number: str) -> KnownPerson:
    return KnownPerson(
        key=name,
        name=name.title(),
        emails=frozenset({f"{name}@example.com"}),
        logins=frozenset({name}),
        ids=frozenset({number}),
    )


DANA, ROBIN, SAM = known("dana", "1"), known("robin", "2"), known("sam", "3")
DANA_THERE = Person(id="1", login="dana")
ROBIN_THERE = Person(id="2", login="robin")
SAM_THERE = Person(id="3", login="sam")
STRANGER = Person(id="77", login="stranger")


def by(name: str, *, account: Person | None = None, email: str = "") -> Contributor:
    return Contributor(name=name, email=email or f"{name}@example.com", account=account)


def commit(sha: str = HEAD, *, author: Contributor | None = None, committer: Contributor | None = None, message="Map"):
    console = Contributor(name="Glasshouse", email=BOT_EMAIL, account=BOT)
    return BranchCommit(sha=sha, message=message, author=author or by("dana"), committer=committer or console)


def says(person: Person, verdict: Verdict = Verdict.APPROVED, *, at: str | None = HEAD) -> Review:
    return Review(reviewer=person, verdict=verdict, commit=at, at=None, is_stale=at != HEAD)


def judge(*reviews: Review, **changed) -> Judgement:
    evidence = {
        "proposer": DANA,
        "people": [DANA, ROBIN, SAM],
        "commits": [commit()],
        "head_commit": HEAD,
        "own_commits": frozenset({HEAD, OLD}),
        "console": BOT,
        "console_email": BOT_EMAIL,
    }
    return judged(Evidence(reviews=reviews, **{**evidence, **changed}))


def test_another_persons_approval_of_the_present_commit_counts():
    assert judge(says(ROBIN_THERE)) == Judgement(
        state=SUCCESS, sentence="Approved by robin, who took no part in the change.", approvers=("robin",)
    )


@pytest.mark.parametrize(
    ("reviews", "state", "word"),
    [
        ([], PENDING, "must approve"),
        ([says(DANA_THERE)], PENDING, "proposed this change"),
        ([says(Person(id="", login="DANA"))], PENDING, "proposed this change"),
        ([says(Person(id="1", login="renamed"))], PENDING, "proposed this change"),
        ([says(Person(id="50", login="second", email="Dana@Example.com"))], PENDING, "proposed this change"),
        ([says(ROBIN_THERE, at=OLD)], PENDING, "earlier commit"),
        ([says(ROBIN_THERE, at=None)], PENDING, "earlier commit"),
        ([replace(says(ROBIN_THERE), is_stale=True)], PENDING, "earlier commit"),
        ([says(STRANGER)], PENDING, "link it"),
        ([says(Person(id="", login=""))], PENDING, "link it"),
        ([says(BOT)], PENDING, "console itself"),
        ([says(Person(id="", login="Glasshouse-Bot"))], PENDING, "console itself"),
        ([says(ROBIN_THERE, Verdict.COMMENTED)], PENDING, "must approve"),
        ([says(ROBIN_THERE), says(ROBIN_THERE, Verdict.COMMENTED)], SUCCESS, "robin"),
        ([says(ROBIN_THERE), says(ROBIN_THERE, Verdict.DISMISSED)], PENDING, "must approve"),
        ([says(ROBIN_THERE), says(ROBIN_THERE, Verdict.CHANGES_REQUESTED)], FAILURE, "robin asked"),
        ([says(ROBIN_THERE), says(SAM_THERE, Verdict.CHANGES_REQUESTED)], FAILURE, "sam asked"),
        ([says(ROBIN_THERE), says(SAM_THERE, Verdict.CHANGES_REQUESTED, at=OLD)], FAILURE, "sam asked"),
        ([says(ROBIN_THERE), says(STRANGER, Verdict.CHANGES_REQUESTED)], FAILURE, "stranger asked"),
        ([says(ROBIN_THERE, Verdict.CHANGES_REQUESTED), says(ROBIN_THERE)], SUCCESS, "robin"),
        ([says(DANA_THERE), says(ROBIN_THERE)], SUCCESS, "robin"),
        ([says(ROBIN_THERE), says(SAM_THERE)], SUCCESS, "robin, sam"),
    ],
)
def test_what_reviews_come_to(reviews, state, word):
    judgement = judge(*reviews)
    assert judgement.state is state
    assert word in judgement.sentence


@pytest.mark.parametrize(
    "made",
    [
        commit(author=by("robin"), committer=by("robin")),
        commit(author=by("x", email="ROBIN@EXAMPLE.COM")),
        commit(author=by("dana"), committer=by("robin")),
        commit(author=by("x", email="private@elsewhere.test", account=ROBIN_THERE)),
        commit(author=by("x", email="2+robin@users.noreply.github.com")),
        commit(author=by("x", email="robin@users.noreply.github.com")),
        commit(author=by("x", email="2-robin@users.noreply.gitlab.com")),
        commit(message="Map\n\nCo-authored-by: Robin <robin@example.com>"),
        commit(message="Map\n\nco-AUTHORED-by:Robin <Robin@example.com>  "),
    ],
)
def test_whoever_wrote_a_commit_cannot_approve(made):
    own = frozenset({OLD})
    judgement = judge(says(ROBIN_THERE), commits=[commit(OLD), made], own_commits=own)
    assert judgement.state is PENDING
    assert "wrote a commit" in judgement.sentence


def test_others_can_approve_what_a_colleague_added():
    added = commit(author=by("robin"), committer=by("robin"))
    judgement = judge(says(SAM_THERE), commits=[commit(OLD), added], own_commits=frozenset({OLD}))
    assert judgement.state is SUCCESS


@pytest.mark.parametrize(
    "made",
    [
        commit(author=by("mallory"), committer=by("mallory")),
        commit(author=by("dana"), committer=by("mallory")),
        commit(author=by("x", email=BOT_EMAIL)),
        commit(author=by("dana")),
        commit(message="Map\n\nCo-authored-by: M <mallory@example.com>", committer=by("dana")),
    ],
)
def test_a_commit_by_somebody_unknown_leaves_it_open(made):
    """Somebody who names the console as committer, without the console having made the commit, is unknown too."""
    judgement = judge(says(SAM_THERE), commits=[commit(OLD), made], own_commits=frozenset({OLD}))
    assert judgement.state is PENDING
    assert "bbbbbbb" in judgement.sentence


def test_what_is_committed_on_the_forges_pages_is_its_authors():
    page = commit(author=by("robin"), committer=by("GitHub", email="noreply@github.com"))
    kept = {"commits": [commit(OLD), page], "own_commits": frozenset({OLD})}
    assert judge(says(SAM_THERE), **kept).state is SUCCESS
    assert judge(says(ROBIN_THERE), **kept).state is PENDING


def test_an_unknown_account_that_wrote_a_commit_cannot_approve_it_either():
    made = commit(author=by("x", email="x@elsewhere.test", account=STRANGER))
    judgement = judge(says(STRANGER), commits=[made], own_commits=frozenset())
    assert "wrote a commit" in judgement.sentence


def test_the_commits_must_be_those_of_the_head():
    assert "just changed" in judge(says(ROBIN_THERE), commits=[commit(OLD)]).sentence
    assert judge(says(ROBIN_THERE), commits=[]).state is PENDING


def test_an_account_of_two_people_is_nobodys():
    twin = replace(SAM, ids=frozenset({"2"}))
    judgement = judge(says(Person(id="2", login="robin")), people=[DANA, ROBIN, twin])
    assert judgement.state is PENDING
    assert "several people" in judgement.sentence


def test_sentences_fit_a_commit_status():
    long = Person(id="", login="x" * 39)
    people = [[says(one, verdict)] for one in (long, DANA_THERE) for verdict in Verdict]
    assert all(len(judge(*reviews).sentence) <= 140 for reviews in people)


# --- laws ---

VERDICTS = st.sampled_from(list(Verdict))
AT = st.sampled_from([HEAD, OLD, None])


def cased(text: str):
    return st.sampled_from([text, text.upper(), text.title(), f" {text} "])


PROPOSERS_ACCOUNTS = st.one_of(
    st.builds(Person, id=st.just("1"), login=st.sampled_from(["dana", "renamed", ""])),
    st.builds(Person, id=st.just(""), login=cased("dana")),
    st.builds(Person, id=st.sampled_from(["", "41", "42"]), login=st.just("other"), email=cased("dana@example.com")),
)
ANYBODY = st.one_of(PROPOSERS_ACCOUNTS, st.sampled_from([ROBIN_THERE, SAM_THERE, STRANGER, BOT]))


def reviews_by(people):
    return st.lists(st.builds(lambda who, verdict, at: says(who, verdict, at=at), people, VERDICTS, AT), max_size=8)


@given(reviews_by(PROPOSERS_ACCOUNTS))
def test_no_reviews_of_the_proposer_alone_ever_succeed(reviews):
    assert judge(*reviews).state is not SUCCESS


@given(reviews_by(st.one_of(PROPOSERS_ACCOUNTS, st.sampled_from([ROBIN_THERE, STRANGER, BOT]))))
def test_nor_those_of_contributors_strangers_and_the_console_with_them(reviews):
    made = commit(author=by("robin"), committer=by("robin"))
    judgement = judge(*reviews, commits=[commit(OLD), made], own_commits=frozenset({OLD}))
    assert judgement.state is not SUCCESS


@given(reviews_by(ANYBODY), st.sampled_from([ROBIN_THERE, SAM_THERE, STRANGER]))
def test_a_last_wish_for_changes_always_stands(reviews, person):
    assert judge(*reviews, says(person, Verdict.CHANGES_REQUESTED)).state is FAILURE


@given(reviews_by(ANYBODY))
def test_success_names_people_who_took_no_part(reviews):
    judgement = judge(*reviews)
    assert (judgement.state is SUCCESS) == bool(judgement.approvers)
    assert set(judgement.approvers) <= {"robin", "sam"}


@given(reviews_by(ANYBODY))
def test_no_approval_of_an_earlier_commit_counts(reviews):
    moved = [replace(one, commit=OLD, is_stale=True) for one in reviews]
    assert judge(*moved).state is not SUCCESS
