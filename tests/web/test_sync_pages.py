"""Where sync stands, what a snapshot did, and a person's decision on a held one."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from integrations.models import Repository, Snapshot
from tests.web.factories import BROKEN, many_accounts

LOSS = {"customers/globex/account.yaml": None, "customers/initech/account.yaml": None}


def text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def queued(monkeypatch):
    """What was put into the queue, instead of a worker that takes it out."""
    from integrations.tasks import sync_repository

    calls = []
    monkeypatch.setattr(sync_repository, "delay", lambda *args, **kwargs: calls.append((args, kwargs)))
    return calls


def test_status_shows_health_and_every_snapshot(viewer, config):
    page = text(viewer.get("/sync/"))
    assert "in step" in page
    assert "Give Acme smaller pages (#7)" in page
    assert "Connect the first customers" in page
    assert "2 snapshots" in page


def test_queries_do_not_grow_with_snapshots(viewer, config, count_queries):
    few = count_queries(viewer, "/sync/")
    for number in range(6):
        config.push_and_sync({"README.md": f"{number}\n"})
    assert count_queries(viewer, "/sync/") == few


def test_rejected_commit_is_told_on_every_page_with_the_count_of_its_errors(viewer, config):
    config.push_and_sync(BROKEN, "Break it")
    bad, good = config.commits[-1], config.commits[-2]
    for address in ("/", "/accounts/", "/accounts/acme-corp/", "/sync/", "/search/?q=a"):
        page = text(viewer.get(address))
        assert "has 2 errors" in page
        assert f'href="/sync/{bad}/"' in page
        assert good[:8] in page


def test_rejected_snapshot_lists_every_error_with_its_file_and_line(viewer, config):
    config.push_and_sync(BROKEN, "Break it")
    bad = config.commits[-1]
    page = text(viewer.get(f"/sync/{bad}/"))
    assert "2 errors" in page
    assert "customers/globex/account.yaml:2" in page
    assert f'href="/source/customers/globex/account.yaml?at={bad}#L2"' in page
    assert "yaml-duplicate-key" in page


def test_errors_in_files_of_other_accounts_are_not_shown_to_an_owner(as_, config):
    config.push_and_sync(BROKEN, "Break it")
    page = text(as_("dana").get(f"/sync/{config.commits[-1]}/"))
    assert "customers/acme-corp/salesforce.yaml" in page
    assert "customers/globex" not in page
    assert "1 error" in page
    assert "2 errors" not in page
    assert "further" not in page


def test_snapshot_tells_what_it_changed_and_for_whom(viewer, config):
    page = text(viewer.get(f"/sync/{config.commits[1]}/"))
    assert "pagination.page_size" in page
    assert ">100<" in page
    assert ">50<" in page
    assert 'href="/accounts/acme-corp/"' in page
    assert "PR 7" in page


def test_snapshot_that_changed_nothing_for_a_person_is_not_there_for_them(as_, config):
    assert as_("emea").get(f"/sync/{config.commits[1]}/").status_code == 404
    page = text(as_("emea").get("/sync/"))
    assert "Give Acme smaller pages" not in page
    assert "No snapshot has changed your accounts yet" in page


def test_an_owner_is_told_of_a_shared_snapshot_only_what_it_did_for_them(as_, config):
    files = {f"customers/{name}/salesforce.yaml": "config: {retries: 9}\n" for name in ("acme-corp", "globex")}
    files["customers/globex/account.yaml"] = (
        "name: Globex\nowner: team:emea-csm\nconnections:\n  - {integration: salesforce, environment: production}\n"
    )
    config.push_and_sync(files, "Both at once")
    assert Snapshot.objects.get(commit=config.commits[-1]).counts["connections_changed"] == 4
    page = text(as_("emea").get("/sync/"))
    assert re.search(r'data-label="Connections changed" class="num">2<', page)
    assert "1 snapshot" in page


def test_change_that_befell_many_alike_is_told_once(viewer, config):
    config.push_and_sync(many_accounts(20))
    tf = "environments/production/salesforce.tf"
    changed = 'resource "unified_api_environment_override" "salesforce" {\n  integration = "salesforce"\n'
    changed += "  config = jsonencode({ rate_limit = { concurrency = 5 } })\n}\n"
    config.push_and_sync({tf: changed})
    page = text(viewer.get(f"/sync/{config.commits[-1]}/"))
    assert page.count("rate_limit.concurrency") == 1
    assert "21 connections of 21 accounts" in page
    assert "16 more" in page


def test_unknown_commit_is_not_found(viewer):
    assert viewer.get("/sync/ffffffffffffffffffffffffffffffffffffffff/").status_code == 404
    assert viewer.get("/sync/nonsense/").status_code == 404


def test_unreachable_remote_is_told_and_the_last_good_snapshot_is_shown(viewer, config):
    config.path.rename(config.path.with_suffix(".gone"))
    config.sync()
    page = text(viewer.get("/accounts/"))
    assert "The repository cannot be read, so what is shown may be old." in page
    assert "Acme Corp" in page


class TestSyncNow:
    def test_queues_a_sync_and_waits_for_it(self, as_, config, queued):
        response = as_("csm").post("/sync/now/")
        assert response.status_code == 302
        assert response["Location"].startswith("/sync/?asked=")
        assert queued == [((config.pk,), {})]
        page = text(as_("csm").get(response["Location"]))
        assert "A sync is under way." in page
        assert 'hx-trigger="every 1s"' in page

    def test_page_stops_waiting_when_the_check_is_done(self, as_, config, queued):
        address = as_("csm").post("/sync/now/")["Location"]
        config.sync()
        page = text(as_("csm").get(address, headers={"HX-Request": "true", "HX-Target": "sync-status"}))
        assert "The sync has ended." in page
        assert "hx-trigger" not in page
        assert "<html" not in page

    def test_page_does_not_wait_for_ever(self, viewer):
        long_ago = (timezone.now() - dt.timedelta(minutes=5)).isoformat()
        Repository.objects.update(checked_at=timezone.now() - dt.timedelta(hours=1))
        page = text(viewer.get("/sync/", {"asked": long_ago}))
        assert "Is a worker running?" in page
        assert "every 1s" not in page

    @pytest.mark.parametrize("asked", ["yesterday", "2026-13-45T00:00", "2026-01-01"])
    def test_nonsense_in_the_address_is_ignored(self, viewer, asked):
        assert viewer.get("/sync/", {"asked": asked}).status_code == 200

    def test_button_is_disabled_with_the_reason_for_whom_it_is_not(self, viewer, queued):
        page = text(viewer.get("/sync/"))
        assert "You lack the right to ask for a sync." in page
        assert '<button class="btn" type="submit" disabled>Sync now</button>' in page
        response = viewer.post("/sync/now/")
        assert response.status_code == 403
        assert "You lack the right to ask for a sync." in text(response)
        assert queued == []

    def test_takes_no_get(self, as_, queued):
        assert as_("engineer").get("/sync/now/").status_code == 405
        assert queued == []


class TestDecision:
    @pytest.fixture
    def held(self, people, config):
        config.push_and_sync(LOSS, "Remove two customers")
        return f"/sync/{config.commits[-1]}/"

    def test_page_tells_why_it_was_held(self, viewer, held):
        page = text(viewer.get(held))
        assert "This sync waits for a decision" in page
        assert "It would remove 2 of 3 accounts" in page

    def test_banner_points_to_it(self, viewer, held):
        page = text(viewer.get("/accounts/"))
        assert "waits for a person's decision" in page.replace("&#39;", "'")
        assert f'href="{held}"' in page

    def test_accepting_puts_it_in_force_and_keeps_who_and_why(self, as_, held, config):
        engineer = as_("engineer")
        response = engineer.post(f"{held}decide/", {"decision": "accept", "reason": "They left us."})
        assert response.status_code == 302
        assert config.row.active.commit == config.commits[-1]
        page = text(engineer.get(held))
        assert "engineer@example.com accepted this held sync" in page
        assert "They left us." in page

    def test_discarding_leaves_all_as_it_was(self, as_, held, config):
        as_("approver").post(f"{held}decide/", {"decision": "discard", "reason": "A slip."})
        assert config.row.active.commit == config.commits[-2]
        snapshot = Snapshot.objects.get(commit=config.commits[-1])
        assert (snapshot.state, snapshot.decided_by_name, snapshot.decision_reason) == (
            "discarded",
            "approver@example.com",
            "A slip.",
        )
        assert "was discarded by approver@example.com" in text(as_("viewer").get("/"))

    def test_decision_without_a_reason_is_refused_and_nothing_is_done(self, as_, held, config):
        response = as_("engineer").post(f"{held}decide/", {"decision": "accept", "reason": "  "})
        assert response.status_code == 422
        assert "Say why" in text(response)
        assert Snapshot.objects.get(commit=config.commits[-1]).state == "held"

    def test_person_without_the_right_sees_the_reason_and_cannot(self, as_, held, config):
        for name in ("viewer", "csm"):
            client = as_(name)
            assert "You lack the right to decide on a held sync." in text(client.get(held))
            response = client.post(f"{held}decide/", {"decision": "accept", "reason": "Because."})
            assert response.status_code == 403
        assert Snapshot.objects.get(commit=config.commits[-1]).state == "held"

    def test_second_decision_is_told_that_it_came_late(self, as_, held):
        as_("approver").post(f"{held}decide/", {"decision": "discard", "reason": "A slip."})
        late = as_("engineer").post(f"{held}decide/", {"decision": "accept", "reason": "Fine."}, follow=True)
        assert "Somebody else has decided in the meantime" in text(late)
