"""The adapters through the console's own outbound client, by the rules that it has for everybody."""

from __future__ import annotations

import pytest

from integrations.forges.access import TokenAccess
from integrations.forges.address import address_of
from integrations.forges.connect import forge_at
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.port import opened_pull_request
from integrations.forges.transport import ThroughOutbound
from tests.forges.contract import needs_contract
from tests.forges.fakes.gitea import GiteaWire
from tests.forges.fakes.github import GitHubWire
from tests.forges.fakes.gitlab import GitLabWire
from tests.forges.fakes.server import Fault, serving

client = pytest.importorskip("integrations.outbound.client", reason="the outbound client is not there yet")
errors = pytest.importorskip("integrations.outbound.errors")
policy = pytest.importorskip("integrations.outbound.policy")

pytestmark = needs_contract
WIRES = {"github": GitHubWire, "gitlab": GitLabWire, "gitea": GiteaWire}
BRANCH = "glasshouse/p"


def forge_through(kind, url, token, *, allowed=("127.0.0.0/8",)):
    outbound = client.Outbound(policy.Policy.of(allowed))
    transport = ThroughOutbound(outbound, errors.OutboundError)
    return forge_at(address_of(kind, f"{url}/acme/config"), access=TokenAccess(token=token), transport=transport)


@pytest.fixture(params=WIRES)
def kind(request):
    return request.param


@pytest.fixture
def server(kind):
    with serving(WIRES[kind]()) as server:
        server.wire.state.push(BRANCH)
        yield server


def opened(forge):
    return opened_pull_request(forge, head_branch=BRANCH, base_branch="main", title="x", body="y")


def test_a_pull_request_is_opened_and_read(kind, server):
    forge = forge_through(kind, server.url, server.wire.state.token)
    assert opened(forge).number == 1
    assert forge.pull_request(1) == forge.pull_request(1)
    assert forge.probe(base_branch="main").is_good


def test_an_answer_that_got_lost_makes_no_second_one(kind, server):
    server.faults.append(Fault(method="POST", drops=True, is_after=True))
    assert opened(forge_through(kind, server.url, server.wire.state.token)).number == 1
    assert len(server.wire.state.pulls) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/"}), ForgeErrorCode.MOVED),
        (Fault(content=b"x" * 17 * 1024 * 1024), ForgeErrorCode.BAD_ANSWER),
        (Fault(drops=True), ForgeErrorCode.UNAVAILABLE),
        (Fault(status=503), ForgeErrorCode.UNAVAILABLE),
    ],
)
def test_what_goes_wrong_on_the_way_has_its_name(kind, server, fault, code):
    fault.times = 1
    server.faults.append(fault)
    forge = forge_through(kind, server.url, server.wire.state.token)
    with pytest.raises(ForgeError) as caught:
        forge.pull_request(1)
    assert caught.value.code is code
    assert server.wire.state.token not in str(caught.value)


def test_an_address_that_the_operator_has_not_allowed_is_never_asked(kind, server):
    forge = forge_through(kind, server.url, server.wire.state.token, allowed=())
    with pytest.raises(ForgeError) as caught:
        forge.pull_request(1)
    assert caught.value.code is ForgeErrorCode.BAD_ADDRESS
    assert not caught.value.is_retryable
    assert server.requests == []
