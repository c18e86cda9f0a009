"""GitHub and GitHub Enterprise against the fake, and both against GitHub's own description."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.forges import shapes_github as shapes
from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.client import Client
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.github import GitHub
from integrations.forges.github_app import AppAccess, bearer
from tests.forges import contract
from tests.forges.behaviour import BRANCH, Behaviour
from tests.forges.fakes.github import GitHubWire
from tests.forges.fakes.server import Fault, Server, serving
from tests.forges.fields import undescribed
from tests.forges.transport import Loopback

NOW = 1_800_000_000.0


def github_at(server: Server, transport: Loopback, access, app: AppAccess | None = None) -> GitHub:
    address = address_of("github", f"{server.url}/acme/config")
    client = Client(api_url=address.api_url, transport=transport, access=access, headers_for=bearer, clock=lambda: NOW)
    return GitHub(address=address, client=client, app=app)


class TestGitHub(Behaviour):
    def wire(self) -> GitHubWire:
        return GitHubWire()

    def forge_at(self, server, transport, token):
        return github_at(server, transport, TokenAccess(token=token))

    def test_a_missing_required_status_is_warned_of(self, forge, state):
        state.required_contexts = ["ci"]
        probe = forge.probe(base_branch="main")
        assert probe.requires_status is False
        assert "approve their own changes" in " ".join(probe.warnings)

    def test_what_a_ruleset_requires_is_not_told(self, forge, server):
        server.wire.by_ruleset = True
        probe = forge.probe(base_branch="main")
        assert (probe.is_base_protected, probe.requires_status) == (True, None)
        assert probe.warnings == ()

    @pytest.mark.parametrize(
        ("fault", "wait"),
        [
            (Fault(status=403, headers={"Retry-After": "30"}), 30),
            (Fault(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 90)}), 90),
            (Fault(status=429, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) - 90)}), 1),
            (Fault(status=403, message="You have exceeded a secondary rate limit."), 60),
            (Fault(status=429, headers={"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"}), 30),
            (Fault(status=429, headers={"Retry-After": "soon"}), 60),
            (Fault(status=429, headers={"Retry-After": "999999999"}), 6 * 3600),
        ],
    )
    def test_limits_in_all_their_forms(self, forge, server, fault, wait):
        fault.times = 1
        server.faults.append(fault)
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.RATE_LIMITED
        assert caught.value.retry_after == wait

    def test_a_plain_403_is_no_limit(self, forge, server):
        server.faults.append(Fault(status=403, message="Resource not accessible by integration"))
        with pytest.raises(ForgeError) as caught:
            forge.pull_request(1)
        assert caught.value.code is ForgeErrorCode.FORBIDDEN
        assert "not accessible" in caught.value.said

    def test_what_has_not_changed_is_not_sent_again(self, forge, server, state, transport):
        self.opened(forge)
        first = forge.pull_request(1)
        assert forge.pull_request(1) == first
        assert server.requests[-1].headers["if-none-match"]
        state.merge(1, "robin")
        assert forge.pull_request(1) != first

    def test_a_pull_request_that_is_still_worked_out_is_neither(self, forge, state):
        self.opened(forge)
        state.pulls[1].mergeable = None
        assert forge.pull_request(1).is_conflicting is None

    def test_a_deleted_account_has_neither_id_nor_login(self, forge, state):
        self.opened(forge)
        state.review(1, "robin", "approved").account = None
        (review,) = forge.reviews(1)
        assert (review.reviewer.id, review.reviewer.login) == ("", "")

    def test_a_review_that_was_not_handed_in_is_left_out(self, forge, state):
        self.opened(forge)
        state.review(1, "robin", "pending")
        state.review(1, "robin", "dismissed")
        assert [one.verdict for one in forge.reviews(1)] == ["dismissed"]

    def test_commits_beyond_those_that_github_lists_are_an_error(self, forge, state):
        self.opened(forge)
        for number in range(260):
            state.push(BRANCH, f"Commit {number}")
        with pytest.raises(ForgeError) as caught:
            forge.commits(1)
        assert caught.value.code is ForgeErrorCode.TOO_MANY

    def test_more_pages_than_are_read_are_an_error_and_never_a_part(self, forge, state):
        self.opened(forge)
        forge.client.page_size = 1
        for number in range(101):
            state.push(BRANCH, f"Commit {number}")
        with pytest.raises(ForgeError) as caught:
            forge.commits(1)
        assert caught.value.code is ForgeErrorCode.TOO_MANY

    def test_an_author_without_an_account_has_none(self, forge, state):
        self.opened(forge)
        state.push(BRANCH, "By nobody", author="nobody")
        assert forge.commits(1)[1].author.account is None

    @pytest.mark.parametrize(
        ("shape", "schema"),
        [
            (shapes.User, "simple-user"),
            (shapes.Pull, "pull-request"),
            (shapes.Review, "pull-request-review"),
            (shapes.Commit, "commit"),
            (shapes.Comment, "issue-comment"),
            (shapes.Status, "status"),
            (shapes.Repository, "full-repository"),
            (shapes.ProtectedBranch, "branch-with-protection"),
        ],
    )
    def test_every_field_that_is_read_is_described(self, shape, schema):
        root = contract.github().root
        assert undescribed(shape, root["components"]["schemas"][schema], root) == []


def key_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


PRIVATE, PUBLIC = key_pair()


@contract.needs_contract
class TestGitHubApp:
    @pytest.fixture
    def server(self):
        with serving(GitHubWire(app_key=PUBLIC, now=NOW)) as server:
            server.wire.state.push(BRANCH)
            yield server

    @pytest.fixture
    def transport(self):
        transport = Loopback()
        yield transport
        transport.close()

    def app(self, server, transport, *, private_key=PRIVATE, clock=lambda: NOW):
        return AppAccess(
            api_url=f"{server.url}/api/v3",
            app_id="12345",
            installation_id=77,
            private_key=private_key,
            name="config",
            transport=transport,
            clock=clock,
        )

    def test_one_token_serves_until_shortly_before_it_ends(self, server, transport):
        moment = [NOW]
        app = self.app(server, transport, clock=lambda: moment[0])
        forge = github_at(server, transport, app, app)
        assert forge.find_pull_request(BRANCH) is None
        assert forge.find_pull_request(BRANCH) is None
        assert len(server.asked("POST")) == 1
        moment[0] = server.wire.now = NOW + 3600 - 299
        assert forge.find_pull_request(BRANCH) is None
        assert len(server.asked("POST")) == 2

    def test_a_token_is_asked_for_one_repository_and_no_more_rights_than_needed(self, server, transport):
        self.app(server, transport).secret()
        (request,) = server.asked("POST")
        assert request.body == {
            "repositories": ["config"],
            "permissions": {"contents": "write", "metadata": "read", "pull_requests": "write", "statuses": "write"},
        }

    def test_a_token_that_was_revoked_early_is_replaced_once(self, server, transport):
        app = self.app(server, transport)
        forge = github_at(server, transport, app, app)
        forge.find_pull_request(BRANCH)
        server.wire.issued.clear()
        assert forge.find_pull_request(BRANCH) is None
        assert len(server.asked("POST")) == 2

    def test_a_token_that_is_refused_again_is_given_up(self, server, transport):
        app = self.app(server, transport)
        forge = github_at(server, transport, app, app)
        server.wire.is_let_in = lambda request: request.path.startswith("/api/v3/app")
        with pytest.raises(ForgeError) as caught:
            forge.find_pull_request(BRANCH)
        assert caught.value.code is ForgeErrorCode.UNAUTHORISED
        assert (len(server.asked("GET")), len(server.asked("POST"))) == (2, 2)

    def test_the_look_at_the_forge_knows_the_apps_rights(self, server, transport):
        app = self.app(server, transport)
        probe = github_at(server, transport, app, app).probe(base_branch="main")
        assert probe.is_good, probe.faults
        assert probe.account.login == "glasshouse[bot]"
        assert (probe.may_push, probe.may_open) == (True, True)
        server.wire.state.may_push = False
        app.renew()
        faults = " ".join(github_at(server, transport, app, app).probe(base_branch="main").faults)
        assert "may not push" in faults
        assert "may not open" in faults
        assert "commit statuses" in faults

    def test_a_key_that_is_none_is_refused_without_showing_it(self, server, transport):
        broken = PRIVATE[:400] + "canary" + PRIVATE[410:]
        for key in (broken, "", "canary"):
            with pytest.raises(ForgeError) as caught:
                self.app(server, transport, private_key=key).secret()
            assert caught.value.code is ForgeErrorCode.BAD_SECRET
            assert "canary" not in f"{caught.value!r}{caught.value}"
            assert caught.value.__cause__ is None

    def test_another_apps_key_is_refused_by_the_forge(self, server, transport):
        with pytest.raises(ForgeError) as caught:
            self.app(server, transport, private_key=key_pair()[0]).secret()
        assert caught.value.code is ForgeErrorCode.UNAUTHORISED

    def test_nothing_shows_the_key_or_a_token(self, server, transport):
        app = self.app(server, transport)
        token = app.secret()
        shown = repr(github_at(server, transport, app, app)) + repr(app)
        assert token not in shown
        assert PRIVATE[40:80] not in shown
