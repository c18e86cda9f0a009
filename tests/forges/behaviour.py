"""What every forge must do, whatever it is called there. Each kind's test class inherits these and adds its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from integrations.core.pull_requests import CommitStatus, PullRequestState, StatusState, Verdict
from integrations.forges.access import TokenAccess
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.port import Forge, opened_pull_request
from tests.forges.contract import needs_contract
from tests.forges.fakes.server import Fault, Server, Wire, serving
from tests.forges.fakes.state import Pull, State, sha
from tests.forges.transport import Loopback

BRANCH = "glasshouse/0197a1c2-proposal"
CONTEXT = "glasshouse/independent-review"


@needs_contract
class Behaviour:
    """`wire` and `forge_at` are the kind's own."""

    too_many_requests: ClassVar[dict[str, str]] = {"Retry-After": "17"}

    def wire(self) -> Wire:
        raise NotImplementedError

    def forge_at(self, server: Server, transport: Loopback, token: str) -> Forge:
        raise NotImplementedError

    @pytest.fixture
    def server(self) -> Iterator[Server]:
        with serving(self.wire()) as server:
            server.wire.state.push(BRANCH)
            yield server

    @pytest.fixture
    def transport(self) -> Iterator[Loopback]:
        transport = Loopback()
        yield transport
        transport.close()

    @pytest.fixture
    def state(self, server: Server) -> State:
        return server.wire.state

    @pytest.fixture
    def forge(self, server: Server, transport: Loopback) -> Forge:
        return self.forge_at(server, transport, server.wire.state.token)

    def opened(self, forge: Forge, **changed: Any) -> Any:
        given = {"head_branch": BRANCH, "base_branch": "main", "title": "Map the region", "body": "Why: **asked**"}
        return opened_pull_request(forge, **{**given, **changed})

    # --- pull requests ---

    def test_an_opened_pull_request_is_found_again_by_its_branch(self, forge, state):
        assert forge.find_pull_request(BRANCH) is None
        opened = self.opened(forge)
        assert (opened.number, opened.state, opened.title, opened.body) == (
            1,
            PullRequestState.OPEN,
            "Map the region",
            "Why: **asked**",
        )
        assert opened.head_branch == BRANCH
        assert opened.base_branch == "main"
        assert opened.head_commit == state.branches[BRANCH][-1].sha
        assert opened.author.login == state.bot.login
        assert opened.url.startswith("https://")
        found = forge.find_pull_request(BRANCH)
        assert found is not None
        assert found == forge.pull_request(1)
        assert found.number == opened.number

    def test_opening_twice_makes_one_pull_request(self, forge, state):
        assert self.opened(forge).number == self.opened(forge).number
        assert len(state.pulls) == 1

    def test_the_forge_refuses_a_second_one_by_name(self, forge):
        self.opened(forge)
        with pytest.raises(ForgeError) as caught:
            forge.open_pull_request(head_branch=BRANCH, base_branch="main", title="Again", body="")
        assert caught.value.code is ForgeErrorCode.ALREADY_EXISTS
        assert not caught.value.is_retryable

    def test_a_branch_that_is_not_there_is_refused(self, forge):
        with pytest.raises(ForgeError) as caught:
            forge.open_pull_request(head_branch="nowhere", base_branch="main", title="x", body="")
        assert caught.value.code in {ForgeErrorCode.VALIDATION, ForgeErrorCode.NOT_FOUND}

    def test_an_open_one_goes_before_newer_ones_that_are_closed(self, forge, state):
        self.opened(forge)
        for number, title in ((2, "second"), (3, "third")):
            again = state.open(head=BRANCH, base="main", title=title, body="")
            again.state = "closed"
            assert again.number == number
        assert forge.find_pull_request(BRANCH).number == 1
        state.pulls[1].state = "closed"
        assert forge.find_pull_request(BRANCH).number == 3

    def test_a_branch_of_the_same_name_in_a_fork_is_not_ours(self, forge, state):
        theirs = state.open(head=BRANCH, base="main", title="theirs", body="")
        theirs.from_fork = True
        assert forge.find_pull_request(BRANCH) is None
        assert self.opened(forge).number == 2

    def test_other_branches_are_not_found(self, forge, state):
        self.opened(forge)
        state.push(f"{BRANCH}-2")
        assert forge.find_pull_request(f"{BRANCH}-2") is None

    def test_a_pull_request_is_found_behind_many_others(self, forge, state):
        self.opened(forge)
        for number in range(130):
            state.push(f"other-{number}")
            state.open(head=f"other-{number}", base="main", title="other", body="").state = "closed"
        assert forge.find_pull_request(BRANCH).number == 1

    def test_title_and_body_can_be_changed_each_for_itself(self, forge):
        self.opened(forge)
        assert forge.update_pull_request(1, title="Better").body == "Why: **asked**"
        changed = forge.update_pull_request(1, body="Said better")
        assert (changed.title, changed.body) == ("Better", "Said better")

    def test_closing_is_no_merge_and_may_be_repeated(self, forge):
        self.opened(forge)
        assert forge.close_pull_request(1).state is PullRequestState.CLOSED
        assert forge.close_pull_request(1).state is PullRequestState.CLOSED
        assert forge.pull_request(1).merge_commit is None

    def test_a_merge_shows_its_commit_and_who_merged(self, forge, state):
        self.opened(forge)
        assert forge.pull_request(1).merge_commit is None
        state.merge(1, "robin")
        merged = forge.pull_request(1)
        assert merged.state is PullRequestState.MERGED
        assert merged.merge_commit == sha("merge 1")
        assert merged.merged_by.login == "robin"
        assert forge.close_pull_request(1).state is PullRequestState.MERGED

    @pytest.mark.parametrize("mergeable", [True, False])
    def test_a_conflict_is_reported(self, forge, state, mergeable):
        self.opened(forge)
        state.pulls[1].mergeable = mergeable
        assert forge.pull_request(1).is_conflicting is (not mergeable)

    def test_an_unknown_number_is_not_found(self, forge):
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(99)
        assert caught.value.code is ForgeErrorCode.NOT_FOUND

    # --- comments, reviewers, statuses ---

    def test_a_comment_is_written_once_per_marker(self, forge, state):
        self.opened(forge)
        assert forge.comment(1, text="The base moved.", marker="base-moved-7")
        assert not forge.comment(1, text="The base moved.", marker="base-moved-7")
        assert forge.comment(1, text="It moved again.", marker="base-moved-8")
        assert [one.body.partition("\n")[0] for one in state.pulls[1].comments] == [
            "The base moved.",
            "It moved again.",
        ]

    def test_nobody_else_can_silence_a_comment_with_its_marker(self, forge, state):
        self.opened(forge)
        forge.comment(1, text="First", marker="note")
        state.pulls[1].comments[0].account = state.person("mallory")
        assert forge.comment(1, text="First", marker="note")

    def test_reviewers_are_asked_besides_those_asked_already(self, forge, state):
        self.opened(forge)
        for login in ("robin", "sam"):
            state.person(login)
        forge.request_reviewers(1, ["robin"])
        forge.request_reviewers(1, ["sam", "robin"])
        assert [one.login for one in state.pulls[1].reviewers] == ["robin", "sam"]

    def test_an_unknown_reviewer_is_refused(self, forge):
        self.opened(forge)
        with pytest.raises(ForgeError) as caught:
            forge.request_reviewers(1, ["stranger"])
        assert caught.value.code in {ForgeErrorCode.VALIDATION, ForgeErrorCode.NOT_FOUND}

    def test_the_newest_status_of_a_name_counts(self, forge, state):
        commit = state.branches[BRANCH][-1].sha
        assert forge.status(commit, context=CONTEXT) is None
        for status, words in ((StatusState.PENDING, "Nobody has approved yet."), (StatusState.SUCCESS, "Approved.")):
            forge.set_status(commit, CommitStatus(context="other", state=status, description="x"))
            said = CommitStatus(context=CONTEXT, state=status, description=words, url="https://console.test/p/1")
            forge.set_status(commit, said)
            assert forge.status(commit, context=CONTEXT) == said

    def test_a_status_that_says_the_same_is_not_written_again(self, forge, server, state):
        commit = state.branches[BRANCH][-1].sha
        said = CommitStatus(context=CONTEXT, state=StatusState.FAILURE, description="Sam asked for changes. " * 20)
        forge.set_status(commit, said)
        forge.set_status(commit, said)
        assert len(server.asked("POST")) == 1
        assert forge.status(commit, context=CONTEXT).state is StatusState.FAILURE

    # --- reviews and commits ---

    def test_reviews_come_with_their_verdicts_and_an_approval_goes_stale_with_the_next_commit(self, forge, state):
        self.opened(forge)
        assert forge.reviews(1) == ()
        state.review(1, "robin", "approved")
        state.review(1, "sam", "changes-requested")
        by = {one.reviewer.login: one for one in forge.reviews(1)}
        assert by["robin"].verdict is Verdict.APPROVED
        assert by["sam"].verdict is Verdict.CHANGES_REQUESTED
        assert not by["robin"].is_stale
        assert by["robin"].commit == state.branches[BRANCH][-1].sha
        assert by["robin"].reviewer.id == str(state.people["robin"].id)
        state.push(BRANCH, "Sneaked in")
        assert {one.reviewer.login: one.is_stale for one in forge.reviews(1)}["robin"]

    def test_a_new_approval_of_the_new_commit_counts_again(self, forge, state):
        self.opened(forge)
        state.review(1, "robin", "approved")
        state.push(BRANCH, "Second")
        state.review(1, "robin", "approved")
        newest = [one for one in forge.reviews(1) if one.reviewer.login == "robin"][-1]
        assert newest.verdict is Verdict.APPROVED
        assert not newest.is_stale

    def test_commits_name_their_authors_and_committers(self, forge, state):
        self.opened(forge)
        state.push(BRANCH, "By hand", author="robin", committer="sam")
        commits = forge.commits(1)
        assert [one.sha for one in commits] == [one.sha for one in state.branches[BRANCH]]
        assert commits[0].author.email == "dana@example.com"
        assert commits[0].committer.email == "bot@console.test"
        assert (commits[1].author.email, commits[1].committer.email) == ("robin@example.com", "sam@example.com")
        assert commits[1].message == "By hand"

    def test_all_pages_are_read(self, forge, state):
        self.opened(forge)
        for number in range(120):
            state.push(BRANCH, f"Commit {number}")
        assert len(forge.commits(1)) == 121

    # --- the look at the forge ---

    def test_a_good_set_up_is_called_good(self, forge, state):
        probe = forge.probe(base_branch="main")
        assert probe.is_good, probe.faults
        assert probe.account.login == state.bot.login
        assert probe.default_branch == "main"
        assert probe.is_base_protected is True
        assert probe.may_push is True
        assert probe.requires_status is not False

    def test_what_is_wrong_with_a_set_up_is_said(self, forge, state):
        state.may_push, state.is_archived = False, True
        faults = " ".join(forge.probe(base_branch="main").faults)
        assert "may not push" in faults
        assert "archived" in faults

    def test_an_unprotected_base_is_warned_of(self, forge, state):
        state.is_protected = False
        assert "not protected" in " ".join(forge.probe(base_branch="main").warnings)

    def test_a_revoked_token_is_a_fault_of_the_set_up(self, forge, state):
        state.token = "another-token-now"
        (fault,) = forge.probe(base_branch="main").faults
        assert "revoked" in fault

    # --- what goes wrong ---

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_forge_that_is_down_may_be_asked_again(self, forge, server, status):
        server.faults.append(Fault(status=status))
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.UNAVAILABLE
        assert caught.value.is_retryable
        assert len(server.requests) == 1

    def test_a_limit_says_how_long_to_wait(self, forge, server):
        server.faults.append(Fault(status=429, headers=self.too_many_requests))
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert (caught.value.code, caught.value.retry_after) == (ForgeErrorCode.RATE_LIMITED, 17)
        assert caught.value.is_retryable

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(method="POST", status=500, is_after=True),
            Fault(method="POST", status=502, is_after=True),
            Fault(method="POST", drops=True, is_after=True),
            Fault(method="POST", seconds=0.6, is_after=True),
            Fault(method="POST", content=b"<html>", is_after=True),
        ],
        ids=["500", "502", "connection drops", "too slow", "garbage"],
    )
    def test_one_pull_request_though_the_answer_to_its_making_was_lost(self, server, state, fault):
        transport = Loopback(timeout=0.3)
        forge = self.forge_at(server, transport, state.token)
        server.faults.append(fault)
        fault.times = 1
        assert self.opened(forge).number == 1
        assert self.opened(forge).number == 1
        assert len(state.pulls) == 1
        assert len(server.asked("POST")) == 1
        transport.close()

    def test_nothing_was_made_and_the_error_is_the_first_one(self, forge, server, state):
        server.faults.append(Fault(method="POST", status=502))
        with pytest.raises(ForgeError) as caught:
            self.opened(forge)
        assert caught.value.code is ForgeErrorCode.UNAVAILABLE
        assert state.pulls == {}
        assert self.opened(forge).number == 1

    def test_somebody_else_opened_it_in_between(self, forge, server, state):
        """The look-up still finds nothing; the forge then refuses the duplicate."""
        original = server.wire.reply
        raced: list[Pull] = []

        def reply(request):
            if request.method == "POST" and not raced:
                raced.append(state.open(head=BRANCH, base="main", title="Theirs", body=""))
            return original(request)

        server.wire.reply = reply
        assert self.opened(forge).title == "Theirs"
        assert len(state.pulls) == 1

    def test_a_revoked_token_is_not_worth_repeating(self, forge, server, state):
        state.token = "another-token-now"
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.UNAUTHORISED
        assert not caught.value.is_retryable
        assert len(server.requests) == 1

    def test_a_protected_branch_has_a_name_of_its_own(self, forge, server):
        server.faults.append(Fault(method="POST", status=403, message="You cannot push to protected branch"))
        with pytest.raises(ForgeError) as caught:
            self.opened(forge)
        assert caught.value.code is ForgeErrorCode.PROTECTED_BRANCH

    @pytest.mark.parametrize(
        "fault",
        [
            Fault(content=b"{not json"),
            Fault(content=b"\xff\xfe{}"),
            Fault(content=b""),
            Fault(content=b"[]"),
            Fault(content=b'{"number": "one"}'),
            Fault(content=b"[" * 50_000),
            Fault(content=b"{}", content_type="text/html"),
            Fault(content=b"<html>Sign in</html>", content_type="text/html; charset=utf-8"),
        ],
        ids=["cut", "charset", "empty", "list", "types", "deep", "wrong type", "page"],
    )
    def test_an_answer_of_another_shape_is_refused(self, forge, server, fault):
        fault.times = 1
        server.faults.append(fault)
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.BAD_ANSWER
        assert "one" not in str(caught.value).split()

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_not_followed(self, forge, server, status):
        server.faults.append(Fault(status=status, headers={"Location": f"{server.url}/steal"}))
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.MOVED
        assert len(server.requests) == 1

    def test_the_next_page_is_never_fetched_from_where_the_answer_points(self, forge, state, transport, server):
        self.opened(forge)
        for number in range(120):
            state.push(BRANCH, f"Commit {number}")
        forge.commits(1)
        assert {f"{one.url.scheme}://{one.url.netloc.decode()}" for one in transport.sent} == {server.url}

    # --- the token ---

    def test_the_token_is_shown_by_no_repr_and_no_error(self, forge, server, state):
        assert state.token not in repr(forge)
        assert state.token not in repr(TokenAccess(token=state.token))
        server.faults.append(Fault(status=422, message=f"You sent {state.token} and that is wrong"))
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        said = f"{caught.value!r} {caught.value} {caught.value.said} {caught.value.args}"
        assert state.token not in said
        assert "that is wrong" in said

    def test_the_token_stands_in_no_address_and_no_body(self, forge, server, state):
        self.opened(forge)
        forge.comment(1, text="x", marker="x")
        for request in server.requests:
            assert state.token not in f"{request.path} {request.query} {request.body}"
            assert sum(state.token in value for value in request.headers.values()) == 1

    @pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ünïcode", "x" * 9000])
    def test_a_token_that_cannot_stand_in_a_header_is_refused(self, token):
        with pytest.raises(ForgeError) as caught:
            TokenAccess(token=token)
        assert caught.value.code is ForgeErrorCode.BAD_SECRET
        assert token == "" or token not in str(caught.value)
