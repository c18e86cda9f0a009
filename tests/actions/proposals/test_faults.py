"""Whatever dies, stalls or answers twice on the way: one branch with one commit, one pull request, no open intent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm

from integrations.actions.proposals.claiming import due_proposals
from integrations.actions.proposals.following import follow
from integrations.actions.proposals.opening import KeyReused, open_proposal
from integrations.actions.proposals.publishing import STEPS, publish
from integrations.core.proposals import State
from integrations.models import Account, LocalPullRequest, Proposal
from tests.actions.proposals.making import (
    OVERRIDE,
    SMALLER,
    branches,
    commit_at,
    entries,
    handed_in,
    open_intents,
    wish,
)

HOOK = """#!/bin/sh
while read old new name; do
  case "$name" in refs/heads/glasshouse/*) echo "protected branch hook declined" >&2; exit 1;; esac
done
"""


def is_whole(config, proposal: Proposal) -> None:
    """Exactly one of everything, and it is the right one."""
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN, proposal.trouble
    assert branches(config) == {proposal.branch: proposal.head_commit}
    commit = commit_at(config, proposal.head_commit)
    assert [str(parent) for parent in commit.parent_ids] == [proposal.base_commit]
    assert commit.tree[OVERRIDE].data.decode() == SMALLER
    pull_request = LocalPullRequest.objects.get()
    assert (pull_request.number, pull_request.head_commit) == (proposal.pull_request, proposal.head_commit)
    assert not open_intents()
    done = [entry for entry in entries("pull-request-opened") if entry.phase in {"done", "unknown"}]
    assert done, "what was done outside is on record"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_leaves_its_work_to_the_next(config, people, step):
    proposal = handed_in(config, people["dana"])
    script = (
        "import os, signal, django; django.setup()\n"
        "from django.conf import settings; from pathlib import Path\n"
        f"settings.DATA_DIR = Path({str(config.path.parent / 'data')!r})\n"
        "from integrations.actions.proposals.publishing import publish\n"
        f"publish({proposal.pk!r}, step=lambda name: name == {step!r} and os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=_environment(), capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()
    if step == "stored":
        is_whole(config, proposal)
        return
    assert due_proposals() == [], "nobody takes it while the claim holds"
    assert not publish(proposal.pk)
    Proposal.objects.update(claimed_until=proposal.created_at)
    assert due_proposals() == [proposal.pk]
    assert publish(proposal.pk)
    is_whole(config, proposal)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["intended", "pushed", "opening", "opened"])
def test_a_worker_that_wakes_up_after_its_claim_does_no_harm(config, people, step):
    """Two are at it by then: the one that slept, and the one that took over."""
    proposal = handed_in(config, people["dana"])

    def sleep(name: str) -> None:
        if name == step:
            Proposal.objects.update(claimed_until=proposal.created_at)
            assert publish(proposal.pk)

    publish(proposal.pk, step=sleep)
    is_whole(config, proposal)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_publish_once(config, people):
    proposal = handed_in(config, people["dana"])
    results = _together([lambda: publish(proposal.pk)] * 4)
    assert sorted(results) == [False, False, False, True]
    is_whole(config, proposal)
    assert [entry.phase for entry in entries("proposal-published")] == ["intent", "done"]


@pytest.mark.django_db(transaction=True)
def test_the_same_request_twice_at_once_is_one_proposal(config, people):
    wanted, row, dana = wish(config), config.row, people["dana"]
    made = _together([lambda: open_proposal(wanted, repository=row, proposer=dana, key="k-1").pk] * 4)
    assert len(set(made)) == 1
    assert Proposal.objects.count() == len(entries("proposal-opened")) == 1
    with pytest.raises(KeyReused):
        open_proposal(wish(config, title="Another"), repository=row, proposer=dana, key="k-1")
    other = open_proposal(wanted, repository=row, proposer=people["engineer"], key="k-1")
    assert other.pk not in made, "a key is one person's"


@pytest.mark.django_db(transaction=True)
def test_two_people_on_one_override_one_wins_and_the_other_chooses(config, people):
    # Tests of transactions empty the tables after them, what migrations gave the roles included.
    assign_perm("integrations.propose_override", people["engineer"], Account.objects.get(slug="acme-corp"))
    first = handed_in(config, people["dana"])
    second = handed_in(config, people["engineer"], files={OVERRIDE: SMALLER.replace("25", "30")})
    _together([lambda: publish(first.pk), lambda: publish(second.pk)])
    assert LocalPullRequest.objects.filter(state="open").count() == 2
    assert sorted(branches(config)) == sorted([first.branch, second.branch])
    config.push_and_sync({OVERRIDE: SMALLER}, f"Merge pull request #{LocalPullRequest.objects.first().number} from x")
    follow(second.pk)
    second.refresh_from_db()
    assert second.state == State.CONFLICTING
    assert second.conflicts[0]["theirs"] == SMALLER
    assert second.conflicts[0]["mine"] == second.file_changes[OVERRIDE] == SMALLER.replace("25", "30")


@pytest.mark.django_db
def test_a_protected_branch_says_what_to_do(config, people):
    hook = config.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    proposal = handed_in(config, people["dana"])
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.FAILED
    assert proposal.trouble.endswith("Let the console's account push branches below glasshouse/, then try again.")
    assert branches(config) == {}
    assert [entry.phase for entry in entries("proposal-published")] == ["intent", "failed"]


@pytest.mark.django_db
def test_a_token_that_leads_nowhere_says_so_and_names_no_value(config, people, monkeypatch):
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    config_row = config.row
    type(config_row).objects.update(token_ref="env:NO_SUCH_TOKEN")
    proposal = handed_in(config, people["dana"])
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, "env:NO_SUCH_TOKEN leads to nothing" in proposal.trouble) == (State.FAILED, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        *("../outside", "/etc/passwd", ".git/config", "a/.GIT/hooks/x", "a//b", "x/../y", "customers/acme-corp", ""),
        *("customers/acme-corp/salesforce.yaml/deeper", "a\nb", "a\x00b", ".git", "glasshouse.yaml/x"),
    ],
)
def test_no_path_leads_out_of_the_files(config, people, path):
    from integrations.actions.proposals.opening import BadProposal

    try:
        proposal = handed_in(config, people["dana"], files={path: "x"})
    except BadProposal:
        return
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert (proposal.state, branches(config)) == (State.FAILED, {})
    assert "withdraw the proposal" in proposal.trouble


@pytest.mark.django_db
def test_a_symlink_is_never_written_through(config, people):
    from tests.git.build import Symlink

    config.push({"link": Symlink("/etc"), "customers/link.yaml": Symlink("../glasshouse.yaml")})
    config.sync()
    for path in ("link/passwd", "customers/link.yaml"):
        proposal = handed_in(config, people["dana"], files={path: "x"})
        publish(proposal.pk)
        proposal.refresh_from_db()
        assert proposal.state == State.FAILED, path
    assert branches(config) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "--upload-pack=touch canary",
        "refs/heads/main:refs/heads/main",
        "$(touch canary)`touch canary`",
        "<script>alert(1)</script> @everyone [x](javascript:alert(1))",
        "Reviewed-by: Boss <boss@example.com>",
        "\u202e\x1b[31mred\x00",
    ],
)
def test_what_looks_like_an_option_a_ref_or_markup_stays_text(config, people, tmp_path, text):
    people["dana"].name = text.replace("\x00", "")
    people["dana"].save()
    texts = {"title": f"{text} x", "summary": text.replace("\x00", ""), "reason": f"r {text}".replace("\x00", "")}
    proposal = handed_in(config, people["dana"], ticket=text, reviewers=[text], **texts)
    publish(proposal.pk)
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN, proposal.trouble
    assert branches(config) == {proposal.branch: proposal.head_commit}
    message = commit_at(config, proposal.head_commit).message
    assert "\nReviewed-by:" not in message
    assert not list(Path.cwd().glob("canary"))
    assert not list(config.path.glob("**/canary"))
    assert set(proposal.branch.removeprefix("glasshouse/")) <= set("0123456789abcdef")


def _together(jobs: list[Callable[[], object]]) -> list[object]:
    results: list[object] = []
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results.append(job())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _environment() -> dict[str, str]:
    values = connection.settings_dict
    if "postgres" in values["ENGINE"]:
        user, host, port, name = values["USER"], values["HOST"], values["PORT"], values["NAME"]
        return {**os.environ, "DATABASE_URL": f"postgres://{user}@{host}:{port}/{name}"}
    return {**os.environ, "DATABASE_URL": f"sqlite:///{values['NAME']}"}
