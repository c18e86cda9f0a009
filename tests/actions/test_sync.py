"""Sync on real repositories: what becomes active, what is refused, what waits, and what is served meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pygit2
import pytest
from django.db import connection

from audit.people import actor_of
from audit.record import SYSTEM
from console.models import User
from integrations.actions import activation
from integrations.actions.repositories import configure_repository
from integrations.actions.sync import NotHeld, Result, decide_held, sync
from integrations.core.documents import key_of
from integrations.models import (
    Account,
    AccountGroupPermission,
    AccountUserPermission,
    Change,
    Connection,
    Document,
    FieldReference,
    Repository,
    Snapshot,
)
from integrations.queries.at_commit import CommitReader
from integrations.queries.effective import effective
from integrations.queries.moment import UnknownMoment, reader_for
from integrations.queries.reading import AccountFilter
from tests.git.build import Submodule, Symlink, build, rewind
from tests.web.factories import BROKEN, many_accounts, person
from tests.web.synced import Config

pytestmark = pytest.mark.django_db
OVERRIDE = "customers/acme-corp/salesforce.yaml"


def page_size(config: Config, environment: str = "production") -> Any:
    reader = reader_for(config.row)
    return effective(reader, "acme-corp", "salesforce", environment).config["pagination"]["page_size"]


def rows() -> dict[str, tuple[int, str]]:
    return {key: (pk, digest) for pk, key, digest in Document.objects.values_list("pk", "key", "digest")}


def test_the_rows_say_what_the_documents_say(config: Config) -> None:
    documents = {key_of(document) for document in _documents_from_git(config)}
    assert {key for key in rows() if not key.startswith("account:")} == documents


def test_one_changed_override_rewrites_one_row_and_records_the_leaf(config: Config) -> None:
    before = rows()
    outcome = config.push_and_sync({OVERRIDE: "environments: [production]\nconfig:\n  pagination:\n    page_size: 7\n"})
    assert outcome.result is Result.ACTIVATED
    changed = {key for key, value in rows().items() if before.get(key) != value}
    assert changed == {"override:account:acme-corp:salesforce@production"}
    assert page_size(config) == 7
    assert page_size(config, "staging") == 200
    change = Change.objects.get(snapshot=outcome.snapshot)
    assert (change.account, change.integration, change.environment) == ("acme-corp", "salesforce", "production")
    leaves = {(leaf["area"], leaf["path"]): (leaf["before"], leaf["after"]) for leaf in change.change_set.differences}
    assert leaves["config", "/pagination/page_size"] == (50, 7)
    assert leaves["config", "/oauth_app/scopes"] == (
        ["api", "refresh_token", "custom_objects"],
        ["api", "refresh_token"],
    )
    assert ("crm/contacts/list:response", "/tier") in leaves


def test_nothing_new_writes_no_row(config: Config) -> None:
    before = rows()
    assert config.sync().result is Result.UNCHANGED
    assert rows() == before
    assert Snapshot.objects.count() == 2


def test_a_platform_edit_is_recorded_for_every_connection_it_reaches_and_no_other(config: Config) -> None:
    config.push_and_sync(many_accounts(12))
    text = _read(config, "integrations/salesforce.tf").replace("page_size = 200", "page_size = 250")
    outcome = config.push_and_sync({"integrations/salesforce.tf": text})
    changes = Change.objects.filter(snapshot=outcome.snapshot)
    # acme-corp and the twelve set their own page size; acme-corp does so in production alone.
    assert {(change.account, change.environment) for change in changes} == {("acme-corp", "staging")}
    text = text.replace("requests    = 1000", "requests    = 900")
    outcome = config.push_and_sync({"integrations/salesforce.tf": text})
    changes = Change.objects.filter(snapshot=outcome.snapshot)
    assert changes.count() == 2 * 13
    assert len({change.change_set_id for change in changes}) == 1, "equal differences are kept once"


def test_a_new_account_is_connected_and_a_removed_one_disconnected(config: Config) -> None:
    outcome = config.push_and_sync(many_accounts(1))
    kinds = Change.objects.filter(snapshot=outcome.snapshot).values_list("kind", "account")
    assert set(kinds) == {("connected", "many-000")}
    config.push_and_sync(many_accounts(12, prefix="more"))
    outcome = config.push_and_sync(dict.fromkeys(many_accounts(1)))
    assert outcome.result is Result.ACTIVATED, outcome.message
    kinds = Change.objects.filter(snapshot=outcome.snapshot).values_list("kind", "account")
    assert set(kinds) == {("disconnected", "many-000")}
    assert not Account.objects.filter(slug="many-000").exists()
    assert not Connection.objects.filter(account__slug="many-000").exists()


def test_the_references_follow_the_expressions(config: Config) -> None:
    assert FieldReference.objects.filter(name="tier__c", document__account__slug="acme-corp").exists()
    config.push_and_sync({"customers/acme-corp/contacts_list.jsonata": '{\n  "tier": response.Level__c\n}\n'})
    assert not FieldReference.objects.filter(name="tier__c").exists()
    assert FieldReference.objects.get(name="level__c").line == 2


def test_a_sample_that_names_an_account_is_checked_when_that_account_changes(config: Config) -> None:
    sample = """{"mapping": "crm/contacts/list", "account": "acme-corp", "environment": "production",
      "input": {"response": {"Id": "1"}}, "expected": {"id": "1"}}"""
    assert config.push_and_sync({"samples/salesforce/acme.json": sample}).result is Result.ACTIVATED
    assert config.push_and_sync({OVERRIDE: "config: {}\n"}).result is Result.ACTIVATED
    config.push_and_sync(many_accounts(12))
    gone = dict.fromkeys(["account.yaml", "salesforce.yaml", "contacts_list.jsonata"])
    outcome = config.push_and_sync({f"customers/acme-corp/{name}": None for name in gone})
    assert outcome.result is Result.REJECTED
    assert {problem.code for problem in outcome.problems} == {"unknown-account"}


# --- bad commits ----------------------------------------------------------------------------------------


def test_a_bad_commit_is_rejected_with_every_error_and_the_last_good_one_stays(config: Config) -> None:
    active = config.row.active
    outcome = config.push_and_sync(BROKEN)
    assert outcome.result is Result.REJECTED
    row = config.row
    assert row.active == active
    assert row.health == Repository.Health.REJECTED
    assert "2 errors" in row.trouble
    found = Snapshot.objects.get(state=Snapshot.State.REJECTED).problems.values_list("file", "code")
    assert set(found) == {(OVERRIDE, "yaml-syntax"), ("customers/globex/account.yaml", "yaml-duplicate-key")}
    assert page_size(config) == 50
    # Asked again, it is not read again, and still said.
    assert config.sync().result is Result.REJECTED
    assert len(config.sync().problems) == 2


def test_the_commit_that_repairs_is_taken_over_the_last_good_one(config: Config) -> None:
    config.push_and_sync(BROKEN)
    outcome = config.push_and_sync({OVERRIDE: "config: {}\n", "customers/globex/account.yaml": "name: Globex 2\n"})
    assert outcome.result is Result.ACTIVATED
    assert config.row.health == Repository.Health.OK
    assert Account.objects.get(slug="globex").name == "Globex 2"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"customers/acme-corp/zendesk.yaml": "config:\n  x: {$explode: [1]}\n"}, "unknown-directive"),
        ({"customers/acme-corp/hubspot.yaml": "config: {a: 1}\n"}, "unknown-integration"),
        ({"customers/acme-corp/contacts_list.jsonata": '{"tier": }'}, "jsonata-syntax"),
        ({"customers/acme-corp/contacts_list.jsonata": Symlink("/etc/passwd")}, "symlink"),
        ({"integrations/modules": Submodule("0" * 39 + "1")}, "submodule"),
        ({"integrations/salesforce.tf": 'resource "x" {'}, "hcl-syntax"),
        ({"overrides/dup/acme-corp/account.yaml": "name: Again\n"}, "duplicate"),
        ({"customers/initech/zendesk.yaml": "a: &x [1]\nb: *x\n"}, "yaml-alias"),
        ({"customers/initech/account.yaml": b"name: \xff\xfe\n"}, "not-utf8"),
        ({"customers/initech/account.yaml": b"name: x\n" + b"#" * (2 << 20)}, "too-large"),
    ],
)
def test_each_kind_of_bad_file_is_refused(config: Config, files: dict[str, Any], code: str) -> None:
    outcome = config.push_and_sync(files)
    assert outcome.result is Result.REJECTED, outcome.message
    assert code in {problem.code for problem in outcome.problems}
    assert page_size(config) == 50


# --- remotes that fail ----------------------------------------------------------------------------------


def test_a_vanished_remote_is_said_and_the_last_good_snapshot_served(config: Config) -> None:
    shutil.rmtree(config.path)
    outcome = config.sync()
    assert outcome.result is Result.UNREACHABLE
    assert config.row.health == Repository.Health.UNREACHABLE
    assert config.row.trouble
    assert page_size(config) == 50


def test_an_emptied_remote_is_said(config: Config) -> None:
    shutil.rmtree(config.path)
    pygit2.init_repository(str(config.path), bare=True)
    assert config.sync().result is Result.UNREACHABLE
    assert page_size(config) == 50


def test_a_corrupt_remote_is_said(config: Config) -> None:
    config.push({OVERRIDE: "config: {}\n"})
    for loose in (config.path / "objects").glob("??/*"):
        loose.chmod(0o644)
        loose.write_bytes(b"not zlib")
    assert config.sync().result is Result.UNREACHABLE
    assert page_size(config) == 50


def test_a_remote_that_comes_back_is_well_again(config: Config, tmp_path: Path) -> None:
    config.path.rename(tmp_path / "away")
    config.sync()
    (tmp_path / "away").rename(config.path)
    assert config.sync().result is Result.UNCHANGED
    assert (config.row.health, config.row.trouble) == (Repository.Health.OK, "")


def test_a_token_reference_that_leads_nowhere_is_said_without_a_secret(config: Config) -> None:
    Repository.objects.update(token_ref="env:NO_SUCH_TOKEN")
    outcome = config.sync()
    assert outcome.result is Result.UNREACHABLE
    assert "env:NO_SUCH_TOKEN" in outcome.message


# --- held syncs -----------------------------------------------------------------------------------------


def _remove_accounts(config: Config) -> None:
    config.push({"customers/globex/account.yaml": None, "customers/initech/account.yaml": None})


def test_a_sync_that_removes_much_waits_for_a_person(config: Config) -> None:
    _remove_accounts(config)
    outcome = config.sync()
    assert outcome.result is Result.HELD
    assert "2 of 3 accounts" in outcome.message
    assert Account.objects.count() == 3
    assert config.row.health == Repository.Health.HELD
    assert config.sync().result is Result.HELD, "it keeps waiting"


def test_rewritten_history_waits_for_a_person(config: Config) -> None:
    rewind(config.path, config.commits[0])
    config.push({OVERRIDE: "config: {}\n"})
    outcome = config.sync()
    assert outcome.result is Result.HELD
    assert "rewritten" in outcome.message
    assert page_size(config) == 50


def test_an_accepted_held_sync_becomes_active_with_the_decision(config: Config, people: dict[str, User]) -> None:
    _remove_accounts(config)
    snapshot = config.sync().snapshot
    assert snapshot is not None
    outcome = decide_held(snapshot.pk, accept=True, actor=actor_of(people["approver"]), reason="They left us")
    assert outcome.result is Result.ACTIVATED
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.decided_by, snapshot.decision_reason) == (
        Snapshot.State.ACTIVE,
        people["approver"],
        "They left us",
    )
    assert Account.objects.count() == 1
    with pytest.raises(NotHeld):
        decide_held(snapshot.pk, accept=True, actor=actor_of(people["approver"]), reason="Again")


def test_a_discarded_held_sync_never_becomes_active(config: Config, people: dict[str, User]) -> None:
    _remove_accounts(config)
    snapshot = config.sync().snapshot
    assert snapshot is not None
    decide_held(snapshot.pk, accept=False, actor=actor_of(people["engineer"]), reason="A mistake")
    assert config.sync().result is Result.HELD
    assert Account.objects.count() == 3
    assert "A mistake" in config.row.trouble


# --- transactions ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_activation_that_dies_half_way_leaves_everything_as_it_was(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, active = rows(), config.row.active
    monkeypatch.setattr(activation, "write_connections", _die)
    with pytest.raises(RuntimeError, match="killed"):
        config.push_and_sync({OVERRIDE: "config: {}\n"})
    assert rows() == before
    assert config.row.active == active
    assert page_size(config) == 50
    monkeypatch.undo()
    assert config.sync().result is Result.ACTIVATED, "the next sync does the whole of it"


def _die(*_: object) -> None:
    raise RuntimeError("killed")


@pytest.mark.django_db(transaction=True)
def test_two_syncs_at_once_activate_once(config: Config) -> None:
    config.push({OVERRIDE: "config: {}\n"})
    results: list[Result] = []

    def run() -> None:
        try:
            results.append(sync(config.pk, actor=SYSTEM).result)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [Result.ACTIVATED, Result.UNCHANGED]
    assert Snapshot.objects.filter(state=Snapshot.State.ACTIVE).count() == 1
    assert Change.objects.filter(snapshot=config.row.active).count() == 1


# --- rights ---------------------------------------------------------------------------------------------


def test_owners_and_teams_get_rights_from_git_and_lose_them_with_it(config: Config, people: dict[str, User]) -> None:
    dana, acme = people["dana"], Account.objects.get(slug="acme-corp")
    assert dana.has_perm("integrations.propose_override", acme)
    assert people["emea"].has_perm("integrations.view_account", Account.objects.get(slug="globex"))
    text = _read(config, "customers/acme-corp/account.yaml").replace("dana@example.com", "marco@example.com")
    config.push_and_sync({"customers/acme-corp/account.yaml": text})
    assert not User.objects.get(pk=dana.pk).has_perm("integrations.view_account", Account.objects.get(slug="acme-corp"))
    assert not AccountUserPermission.objects.filter(user=dana).exists()
    assert AccountGroupPermission.objects.exists()


def test_a_person_who_comes_later_gets_their_rights_at_the_next_sync(config: Config, people: dict[str, User]) -> None:
    late = person("many@example.com")
    config.push_and_sync(many_accounts(2))
    later = person("later@example.com")
    assert AccountUserPermission.objects.filter(user=late).count() == 4
    text = "name: Initech\nowner: Later@Example.com\nconnections: []\n"
    config.push_and_sync({"customers/initech/account.yaml": text})
    assert AccountUserPermission.objects.filter(user=later).count() == 2


# --- older commits --------------------------------------------------------------------------------------


def test_an_older_commit_answers_as_the_rows_did_then(config: Config) -> None:
    first = reader_for(config.row, config.commits[0])
    assert isinstance(first, CommitReader)
    assert effective(first, "acme-corp", "salesforce", "production").config["pagination"]["page_size"] == 100
    now, same = reader_for(config.row), CommitReader(config.row, config.commits[-1])
    assert same.integrations() == now.integrations()
    assert same.accounts(AccountFilter()) == now.accounts(AccountFilter())
    assert same.references("Tier__c") == now.references("Tier__c")
    assert same.account("acme-corp") == now.account("acme-corp")
    assert same.facets() == now.facets()
    assert same.mappings("salesforce") == now.mappings("salesforce")
    assert same.samples("salesforce") == now.samples("salesforce")
    assert same.models() == now.models()
    assert same.account_overrides("salesforce") == now.account_overrides("salesforce")
    assert same.environment_overrides() == now.environment_overrides()


@pytest.mark.parametrize("at", ["deadbeef", "--all", "../x", "main:customers", ""])
def test_a_commit_that_is_not_there_is_no_moment(config: Config, at: str) -> None:
    if at:
        with pytest.raises(UnknownMoment):
            reader_for(config.row, at)
    else:
        assert reader_for(config.row, at).is_current


def test_a_first_commit_with_errors_leaves_nothing_active(db: None, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"
    build(tmp_path / "bad.git", [{"customers/acme-corp/account.yaml": "name: [\n"}])
    row = configure_repository(name="bad", url=f"file://{tmp_path / 'bad.git'}", branch="main", actor=SYSTEM)
    assert sync(row.pk, actor=SYSTEM).result is Result.REJECTED
    with pytest.raises(UnknownMoment, match="not been synced"):
        reader_for(Repository.objects.get(pk=row.pk))


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_sync_changes_nothing(config: Config) -> None:
    before = rows()
    config.push({OVERRIDE: "config: {}\n"})
    script = (
        "import os, signal, django; django.setup()\n"
        "from django.conf import settings; from pathlib import Path\n"
        f"settings.DATA_DIR = Path({str(config.path.parent / 'data')!r})\n"
        "from integrations.actions import activation\n"
        "activation.write_connections = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from integrations.actions.sync import sync\n"
        f"sync({config.pk})\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=_environment(), capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()
    assert rows() == before
    assert config.sync().result is Result.ACTIVATED


def _environment() -> dict[str, str]:
    values = connection.settings_dict
    if "postgres" in values["ENGINE"]:
        user, host, port, name = values["USER"], values["HOST"], values["PORT"], values["NAME"]
        return {**os.environ, "DATABASE_URL": f"postgres://{user}@{host}:{port}/{name}"}
    return {**os.environ, "DATABASE_URL": f"sqlite:///{values['NAME']}"}


def _read(config: Config, path: str) -> str:
    reader = reader_for(config.row)
    return reader.tree().read(path).decode()


def _documents_from_git(config: Config) -> list[Any]:
    reader = CommitReader(config.row, config.commits[-1])
    found: list[Any] = []
    for entry in reader.integrations():
        found += [*entry.documents, *reader.mappings(entry.slug), *reader.samples(entry.slug)]
        found += reader.account_overrides(entry.slug)
    found += reader.environment_overrides()
    found += [document for documents in reader.models().values() for document in documents]
    return found
