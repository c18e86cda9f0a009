"""The entrance for forges: nothing unsigned is read, each delivery has one effect, and none may be huge."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from integrations.core.proposals import State
from integrations.forges.webhooks import MOST_BYTES
from integrations.models import Repository, WebhookDelivery
from tests.actions.proposals.making import handed_in

pytestmark = pytest.mark.django_db
SECRET = "canary-webhook-secret"


def push(branch: str = "main") -> dict[str, Any]:
    return {"ref": f"refs/heads/{branch}", "after": "a" * 40, "repository": {"full_name": "acme/config"}}


def review(number: int) -> dict[str, Any]:
    head = {"ref": "glasshouse/0", "sha": "b" * 40}
    return {
        "action": "submitted",
        "pull_request": {"number": number, "head": head},
        "repository": {"full_name": "acme/config"},
    }


@pytest.fixture
def queued(config, monkeypatch) -> list[tuple[str, object]]:
    """The repository is GitHub's; what is queued is listed."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    Repository.objects.update(forge="github", webhook_secret_ref="env:WEBHOOK_SECRET")
    asked: list[tuple[str, object]] = []
    from integrations.tasks import follow_proposal, sync_repository

    for task in (sync_repository, follow_proposal):
        name = task.name.rpartition(".")[2]
        monkeypatch.setattr(task, "delay", lambda pk, name=name: asked.append((name, pk)))
    return asked


def deliver(content: Any, *, event: str = "push", ident: str = "d-1", secret: str = SECRET, **headers: str) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    known = {"X-GitHub-Event": event, "X-GitHub-Delivery": ident, "X-Hub-Signature-256": signature}
    given = {name: value for name, value in (known | headers).items() if value}
    # A client that checks CSRF, as browsers are checked: forges bring no such token.
    client = Client(enforce_csrf_checks=True, headers=given)
    return client.post("/webhooks/small/", body, content_type="application/json")


def test_a_push_to_the_branch_queues_a_sync_once(config, queued):
    assert deliver(push()).json() == {"taken": True}
    again = deliver(push())
    assert (again.status_code, again.json()) == (202, {"taken": False})
    assert queued == [("sync_repository", config.pk)]
    (entry,) = Entry.objects.filter(event="webhook-taken")
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("forge", "github", "small")


def test_a_replay_under_another_id_has_no_effect(config, queued):
    deliver(push(), ident="d-1")
    assert deliver(push(), ident="d-2").json() == {"taken": False}
    assert len(queued) == 1


def test_news_of_a_pull_request_are_looked_at(config, people, queued):
    proposal = handed_in(config, people["dana"])
    proposal.state, proposal.pull_request = State.OPEN, 12
    proposal.save()
    deliver(review(12), event="pull_request_review")
    deliver(review(13), event="pull_request_review", ident="d-2")
    deliver(push(proposal.branch), ident="d-3")
    deliver(push("elsewhere"), ident="d-4")
    assert queued == [("follow_proposal", proposal.pk)] * 2


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"secret": "another"}, 401),
        ({"X-Hub-Signature-256": ""}, 401),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, 401),
        ({"X-GitHub-Delivery": ""}, 400),
        ({"content": b"x" * (MOST_BYTES + 1)}, 413),
        ({"content": b"{not json"}, 400),
        ({"content": b"[" * 100_000}, 400),
    ],
)
def test_what_is_forged_huge_or_no_delivery_leaves_nothing(config, queued, changed, status):
    given = {"content": push(), **changed}
    answer = deliver(given.pop("content"), **given)
    assert answer.status_code == status, answer.content
    assert not queued
    assert not WebhookDelivery.objects.exists()
    assert SECRET not in answer.content.decode()


def test_nothing_is_read_of_what_is_not_signed(config, queued, monkeypatch):
    def reads(*_: object) -> None:
        raise AssertionError("an unsigned body was parsed")

    monkeypatch.setattr("integrations.forges.webhooks.read_github", reads)
    assert deliver(push(), secret="another").status_code == 401


def test_a_repository_without_a_secret_or_a_forge_has_no_entrance(config, queued):
    Repository.objects.update(webhook_secret_ref="")
    assert deliver(push()).status_code == 404
    Repository.objects.update(webhook_secret_ref="env:WEBHOOK_SECRET", forge="")
    assert deliver(push()).status_code == 404
    assert Client().post("/webhooks/elsewhere/", b"{}", content_type="application/json").status_code == 404
    assert Client().get("/webhooks/small/").status_code == 405
