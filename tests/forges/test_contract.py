"""The checks against the descriptions notice what departs from them: else they would prove nothing."""

from __future__ import annotations

import pytest

from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.connect import forge_at
from integrations.forges.errors import ForgeError
from tests.forges import contract
from tests.forges.contract import needs_contract
from tests.forges.contract_gitlab import gitlab
from tests.forges.fakes.gitea import GiteaWire
from tests.forges.fakes.github import GitHubWire
from tests.forges.fakes.gitlab import GitLabWire
from tests.forges.fakes.server import Reply, Request, serving
from tests.forges.transport import Loopback

pytestmark = needs_contract
GITHUB, GITEA, GITLAB = "/api/v3/repos/acme/config", "/api/v1/repos/acme/config", "/api/v4/projects/acme%2Fconfig"


def descriptions():
    return {"github": contract.github(), "gitea": contract.gitea("gitea"), "gitlab": gitlab()}


@pytest.mark.parametrize(
    ("kind", "method", "path", "query", "body"),
    [
        ("github", "GET", f"{GITHUB}/nothing", {}, None),
        ("github", "GET", f"{GITHUB}/pulls", {"hed": "x"}, None),
        ("github", "GET", f"{GITHUB}/pulls", {"state": "merged"}, None),
        ("github", "GET", f"{GITHUB}/pulls", {}, {"a": 1}),
        ("github", "POST", f"{GITHUB}/pulls", {}, {"head": "x", "base": "y", "reviewers": []}),
        ("github", "POST", f"{GITHUB}/pulls", {}, {"head": "x"}),
        ("github", "POST", f"{GITHUB}/statuses/abc", {}, {"state": "failed"}),
        ("gitea", "GET", f"{GITEA}/pulls", {"head": "x"}, None),
        ("gitea", "POST", f"{GITEA}/pulls", {}, {"head": "x", "base": "y", "draft": True}),
        ("gitea", "POST", f"{GITEA}/statuses/abc", {}, {"state": "failed"}),
        ("gitlab", "POST", f"{GITLAB}/merge_requests", {}, {"source_branch": "x", "target_branch": "y"}),
        ("gitlab", "PUT", f"{GITLAB}/merge_requests/1", {}, {"body": "x"}),
        ("gitlab", "GET", f"{GITLAB}/merge_requests", {"head": "x"}, None),
        ("gitlab", "GET", "/api/v4/projects/acme/config", {}, None),
    ],
)
def test_a_request_that_is_not_described_is_noticed(kind, method, path, query, body):
    assert list(descriptions()[kind].request_faults(method, path, query, body))


@pytest.mark.parametrize(
    ("kind", "path", "status", "body"),
    [
        ("github", f"{GITHUB}/pulls/1", 200, {"number": 1}),
        ("github", f"{GITHUB}/pulls/1", 418, {}),
        ("gitea", f"{GITEA}/pulls/1", 200, {"number": "1"}),
        ("gitea", f"{GITEA}/pulls/1", 200, {"iid": 1}),
        ("gitlab", f"{GITLAB}/merge_requests/1", 200, {"iid": 1}),
        ("gitlab", f"{GITLAB}/merge_requests/1/approvals", 200, {"approved_by": [{"user": {"id": 1}}]}),
    ],
)
def test_an_answer_that_is_not_described_is_noticed(kind, path, status, body):
    assert list(descriptions()[kind].answer_faults("GET", path, status, body))


@pytest.mark.parametrize(("kind", "wire"), [("github", GitHubWire), ("gitea", GiteaWire), ("gitlab", GitLabWire)])
def test_a_fake_that_drifts_fails_its_test(kind, wire):
    class Drifting(wire):
        def reply(self, request: Request) -> Reply:
            return Reply(body={"number": "one"})

    transport = Loopback()
    with pytest.raises(AssertionError), serving(Drifting()) as server:  # noqa: PT012 - it fails at the end of the block
        address = address_of(kind, f"{server.url}/acme/config")
        forge = forge_at(address, access=TokenAccess(token=server.wire.state.token), transport=transport)
        with pytest.raises(ForgeError):
            forge.pull_request(1)
    transport.close()
