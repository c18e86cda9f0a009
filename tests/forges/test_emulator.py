"""GitHub's adapter against a stateful emulator that others wrote: a second opinion, where it is installed.

`npm install -g emulate@0.12.2` with Node 24 or newer puts `emulate` on PATH. It departs from GitHub's description in
places (a branch without `protection`, a second pull request of one branch, no commit statuses), so that it is no judge.
"""

from __future__ import annotations

import socket
import subprocess
import time

import httpx
import pytest

from integrations.core.pull_requests import PullRequestState, Verdict
from integrations.forges.access import TokenAccess
from integrations.forges.address import ForgeAddress
from integrations.forges.connect import forge_at
from integrations.forges.port import opened_pull_request
from tests.forges.transport import Loopback

pytestmark = pytest.mark.needs("emulate")

BRANCH = "glasshouse/0197a1c2"
REPOSITORY = "/repos/acme-bot/config"
SEED = """
tokens:
  canary-console: {login: acme-bot, scopes: [repo, user]}
  canary-robin: {login: robin, scopes: [repo, user]}
github:
  users:
    - {login: acme-bot, name: Glasshouse, email: bot@console.test}
    - {login: robin, name: Robin, email: robin@example.com}
  repos:
    - {owner: acme-bot, name: config, auto_init: true, default_branch: main}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("emulator")
    (folder / "seed.yaml").write_text(SEED)
    port = free_port()
    command = ["emulate", "start", "--service", "github", "--port", str(port), "--seed", "seed.yaml"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(f"http://127.0.0.1:{port}/rate_limit")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(url: str) -> None:
    for _ in range(100):
        try:
            httpx.get(url, timeout=1, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the emulator did not start")


def asked(url: str, method: str, path: str, body: dict | None = None, *, token: str = "canary-console") -> dict:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(trust_env=False) as client:
        answer = client.request(method, f"{url}{REPOSITORY}{path}", json=body, headers=headers, timeout=10)
    assert answer.is_success, answer.text
    return answer.json()


def pushed(url: str) -> str:
    """A commit on the branch, by the API, for the emulator speaks no Git."""
    base = asked(url, "GET", "/git/ref/heads/main")["object"]["sha"]
    entry = {"path": "accounts/acme.yaml", "mode": "100644", "type": "blob", "content": 'region: "EMEA"\n'}
    tree = asked(url, "POST", "/git/trees", {"tree": [entry]})["sha"]
    author = {"name": "Dana", "email": "dana@example.com", "date": "2026-11-29T12:00:00Z"}
    commit = {"message": "Map the region", "tree": tree, "parents": [base], "author": author}
    made = asked(url, "POST", "/git/commits", commit)["sha"]
    asked(url, "POST", "/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": made})
    return made


def test_the_life_of_a_pull_request(url):
    transport = Loopback(timeout=10)
    address = ForgeAddress(kind="github", api_url=url, path="acme-bot/config")
    forge = forge_at(address, access=TokenAccess(token="canary-console"), transport=transport)
    commit = pushed(url)
    assert forge.find_pull_request(BRANCH) is None

    given = {"head_branch": BRANCH, "base_branch": "main", "title": "Map the region", "body": "Why"}
    opened = opened_pull_request(forge, **given)
    assert (opened.state, opened.head_commit, opened.body) == (PullRequestState.OPEN, commit, "Why")
    assert opened_pull_request(forge, **given).number == opened.number

    number = opened.number
    assert forge.update_pull_request(number, title="Map it").title == "Map it"
    assert forge.comment(number, text="The base moved.", marker="moved")
    assert not forge.comment(number, text="The base moved.", marker="moved")

    approve = {"event": "APPROVE", "body": "Good", "commit_id": commit}
    asked(url, "POST", f"/pulls/{number}/reviews", approve, token="canary-robin")
    (review,) = forge.reviews(number)
    assert (review.verdict, review.reviewer.login, review.is_stale) == (Verdict.APPROVED, "robin", False)

    ours = [one for one in forge.commits(number) if one.sha == commit]  # it lists the base's too
    assert [one.author.email for one in ours] == ["dana@example.com"]

    assert forge.close_pull_request(number).state is PullRequestState.CLOSED
    assert forge.find_pull_request(BRANCH).state is PullRequestState.CLOSED
    transport.close()
