"""The demo config repository is real: its history replays, its HCL evaluates, its samples are true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pygit2
import pytest
from jsonata.jexception import JException

from integrations.demo.seed import Step, seed, steps
from tests.git import demo_oracle as oracle

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HCL_FOLDERS = ("environments", "integrations", "modules", "overrides")


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> pygit2.Repository:
    bare = tmp_path_factory.mktemp("demo") / "config.git"
    seed(bare, now=NOW)
    return pygit2.Repository(str(bare))


@pytest.fixture(scope="module")
def head(repository, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("head")
    write_out(repository, repository.revparse_single("main").peel(pygit2.Tree), root)
    return root


@pytest.fixture(scope="module")
def state(head) -> dict[str, dict[str, Any]]:
    return environments_of(head)[head]


def write_out(repository: pygit2.Repository, tree: pygit2.Tree, root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for entry in tree:
        if isinstance(entry, pygit2.Tree):
            write_out(repository, entry, root / entry.name)
        else:
            (root / entry.name).write_bytes(entry.data)


def environments_of(*roots: Path) -> dict[Path, dict[str, dict[str, Any]]]:
    """What the environments of each checkout evaluate to, by checkout and environment."""
    folders = [folder for root in roots for folder in sorted((root / "environments").iterdir())]
    states: dict[Path, dict[str, dict[str, Any]]] = {root: {} for root in roots}
    for folder, found in oracle.evaluate_roots(folders).items():
        states[folder.parents[1]][folder.name] = found
    return states


def first_parents(repository: pygit2.Repository) -> list[pygit2.Commit]:
    walker = repository.walk(repository.revparse_single("main").id)
    walker.simplify_first_parent()
    return list(walker)[::-1]


def ours() -> list[Step]:
    return [step for step in steps() if step.branch is None]


class TestSeeding:
    def test_a_second_run_changes_nothing_and_returns_the_head(self, repository) -> None:
        before = sorted(repository)
        again = seed(Path(repository.path), now=NOW + timedelta(days=3))
        assert again == str(repository.references["refs/heads/main"].target)
        assert sorted(repository) == before

    def test_the_same_day_gives_the_same_commits_everywhere(self, repository, tmp_path) -> None:
        again = seed(tmp_path / "again.git", now=NOW)
        assert again == str(repository.references["refs/heads/main"].target)

    def test_another_day_moves_the_history(self, repository, tmp_path) -> None:
        later = seed(tmp_path / "later.git", now=NOW + timedelta(days=1))
        assert later != str(repository.references["refs/heads/main"].target)

    def test_a_run_that_was_ended_midway_is_completed(self, repository, tmp_path) -> None:
        half = tmp_path / "half.git"
        pygit2.init_repository(str(half), bare=True).create_blob(b"left over")
        assert seed(half, now=NOW) == str(repository.references["refs/heads/main"].target)

    def test_git_itself_finds_no_fault_and_clones_main(self, repository, tmp_path) -> None:
        fsck = subprocess.run(
            ["git", "-C", repository.path, "fsck", "--strict", "--no-progress"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "dangling" not in fsck.stdout + fsck.stderr
        subprocess.run(["git", "clone", "-q", repository.path, str(tmp_path / "clone")], check=True)
        assert (tmp_path / "clone/customers/acme-corp/account.yaml").is_file()


class TestHistory:
    def test_is_long_and_by_many_hands(self, repository) -> None:
        commits = first_parents(repository)
        days = (commits[-1].commit_time - commits[0].commit_time) / 86400
        assert len(commits) >= 28
        assert len({commit.author.email for commit in commits}) >= 6
        assert 220 <= days <= 260

    def test_runs_forward_in_time_and_ends_before_now(self, repository) -> None:
        commits = first_parents(repository)
        assert all(old.commit_time < new.commit_time for old, new in pairwise(commits))
        assert commits[-1].commit_time < NOW.timestamp()

    def test_merges_bring_their_branch_and_keep_the_first_parent(self, repository) -> None:
        merges = [commit for commit in first_parents(repository) if len(commit.parents) == 2]
        assert len(merges) == 2
        for merge in merges:
            main, side = merge.parents
            assert repository.merge_base(main.id, side.id) == main.id
            assert merge.tree.id == side.tree.id != main.tree.id

    def test_every_commit_but_a_merge_changes_the_tree(self, repository) -> None:
        commits = first_parents(repository)
        assert all(old.tree.id != new.tree.id for old, new in pairwise(commits))

    def test_latest_commits_touch_acme_and_a_platform_mapping(self, repository) -> None:
        latest = first_parents(repository)[-4:]
        touched = {
            delta.new_file.path for commit in latest[1:] for delta in repository.diff(commit.parents[0], commit).deltas
        }
        assert "customers/acme-corp/salesforce.yaml" in touched
        assert any(path.startswith("integrations/mappings/") for path in touched)

    def test_each_commit_is_valid_but_the_one_marked_broken_which_the_next_repairs(self, repository, tmp_path) -> None:
        roots = [tmp_path / str(number) for number in range(len(first_parents(repository)))]
        hcl: dict[Path, Path] = {}  # a commit's root → the first root with the same HCL, evaluated for both
        first: dict[tuple[Any, ...], Path] = {}
        for root, commit in zip(roots, first_parents(repository), strict=True):
            write_out(repository, commit.tree, root)
            key = tuple(commit.tree[name].id for name in HCL_FOLDERS if name in commit.tree)
            hcl[root] = first.setdefault(key, root)
        states = environments_of(*first.values())
        found = [not faults(root, states[hcl[root]]) for root in roots]
        marked = [step.is_broken for step in ours()]
        assert found == [not broken for broken in marked]
        assert sum(marked) == 1
        assert not marked[-1]


def faults(root: Path, state: dict[str, dict[str, Any]]) -> list[str]:
    """What is wrong with one commit: expressions, references and samples."""
    wrong: list[str] = []
    texts = [path.read_text() for path in root.rglob("*.jsonata")]
    for resources in state.values():
        wrong += [f"unresolved {where}" for where in unresolved(resources)]
        texts += expressions(resources)
    for text in dict.fromkeys(texts):
        try:
            oracle.compiled(text)
        except JException as error:
            wrong.append(f"{error} in {text!r}")
    known = {found["name"] for found in state["staging"]["unified_api_integration"]}
    for account in sorted(root.glob("customers/*/account.yaml")):
        for connection in oracle.plain_yaml(account.read_text())["connections"]:
            if connection["integration"] not in known or connection["environment"] not in state:
                wrong.append(f"{account.parent.name}: {connection}")
    if not wrong:
        wrong += [str(path) for path in samples(root) if not is_true(root, state, path)]
    return wrong


def samples(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("samples/*/*") if path.is_file())


def is_true(root: Path, state: dict[str, Any], path: Path) -> bool:
    sample = oracle.read_sample(path)
    return oracle.output_of(root, state, path.parent.name, sample) == sample["expected"]


def expressions(resources: dict[str, Any]) -> list[str]:
    blocks = [*resources.get("unified_api_mapping", ())]
    for kind in ("unified_api_environment_override", "unified_api_account_override"):
        for found in resources.get(kind, ()):
            mapping = found.get("mapping", [])
            blocks += mapping if isinstance(mapping, list) else [mapping]
    return [block[name] for block in blocks for name in oracle.ATTRIBUTES.values() if block.get(name)]


def unresolved(value: Any, where: str = "") -> list[str]:
    """Paths of values that the evaluator could not resolve, within the resources only."""
    if isinstance(value, dict):
        if "__attribute__" in value:
            return [where]
        inner = {k: v for k, v in value.items() if where or k.startswith("unified_api_")}
        return [
            path for key, child in inner.items() if key != "__tfmeta" for path in unresolved(child, f"{where}/{key}")
        ]
    if isinstance(value, list):
        return [path for i, child in enumerate(value) for path in unresolved(child, f"{where}/{i}")]
    return [where] if value is None else []


class TestHead:
    def test_hcl_of_all_times_is_formatted(self, tmp_path) -> None:
        terraform = shutil.which("terraform")
        if terraform is None:
            pytest.skip("terraform is not on PATH")
        source = Path(seed.__globals__["COMMITS"])
        done = subprocess.run(
            [terraform, "fmt", "-check", "-recursive", str(source)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_both_environments_evaluate_with_nothing_left_unresolved(self, state) -> None:
        assert list(state) == ["production", "staging"]
        for resources in state.values():
            assert unresolved(resources) == []
            names = {found["name"] for found in resources["unified_api_integration"]}
            assert names == {"salesforce", "hubspot", "pipedrive", "netsuite", "zendesk", "jira", "bamboohr"}
            assert len(resources["unified_api_mapping"]) >= 35

    def test_variables_and_modules_reach_the_resources(self, state) -> None:
        zendesk, netsuite = (
            next(found for found in state["staging"]["unified_api_integration"] if found["name"] == name)
            for name in ("zendesk", "netsuite")
        )
        assert zendesk["webhook"]["url"] == "https://hooks.staging.larkspur.example/v1/inbound/zendesk"
        assert zendesk["webhook"]["signature"]["secret_ref"] == "vault://kv/larkspur/staging/zendesk#webhook_secret"
        assert netsuite["oauth_app"]["client_id_ref"] == "vault://kv/larkspur/staging/netsuite#client_id"
        assert netsuite["oauth_app"]["scopes"] == ["rest_webservices"]
        [override] = state["production"]["unified_api_account_override"]
        assert json.loads(override["config"])["rate_limit"]["concurrency"] == 4
        assert "subsidiary IN (12, 14, 31)" in override["mapping"][1]["request_body_mapping"]

    def test_each_jsonata_file_is_used(self, head, state) -> None:
        used = {text for resources in state.values() for text in expressions(resources)}
        for path in head.rglob("*.jsonata"):
            named = any(path.name in override.read_text() for override in path.parent.glob("*.yaml"))
            assert path.read_text() in used or named, path

    def test_no_key_but_the_references_looks_like_a_secret(self, state) -> None:
        text = json.dumps(state)
        references = re.findall(r'\\?"(?:client_id_ref|client_secret_ref|secret_ref)\\?": ?\\?"([^"\\]*)', text)
        assert len(references) > 20
        assert all(reference.startswith("vault://kv/larkspur/") for reference in references)

    def test_accounts_have_owners_and_what_is_worth_looking_at(self, head) -> None:
        accounts = {
            path.parent.name: oracle.plain_yaml(path.read_text()) for path in head.glob("customers/*/account.yaml")
        }
        overrides = "\n".join(
            path.read_text() for path in head.glob("customers/*/*.yaml") if path.name != "account.yaml"
        )
        assert len(accounts) >= 14
        assert all(re.fullmatch(r"[a-z]+@example\.com|team:[a-z-]+", a["owner"]) for a in accounts.values())
        for wanted in ("$append", "$prepend", "$remove", "mode: replace", ": null", "expression:", "-eu#client_id"):
            assert wanted in overrides
        assert "wickham-press" not in accounts

    def test_one_value_is_set_in_all_three_layers(self, head, state) -> None:
        def named(kind: str, key: str) -> dict[str, Any]:
            return next(found for found in state["production"][kind] if found[key] == "salesforce")

        platform = named("unified_api_integration", "name")
        environment = json.loads(named("unified_api_environment_override", "integration")["config"])
        account = oracle.plain_yaml((head / "customers/acme-corp/salesforce.yaml").read_text())
        sizes = [layer["pagination"]["page_size"] for layer in (platform, environment, account["config"])]
        assert sizes == [200, 100, 50]


class TestSamples:
    def test_there_are_enough_and_each_integration_has_one(self, head) -> None:
        assert len(samples(head)) >= 12
        assert len({path.parent.name for path in samples(head)}) == 7

    def test_each_comes_out_as_expected(self, head, state) -> None:
        assert [path for path in samples(head) if not is_true(head, state, path)] == []

    def test_expected_responses_satisfy_the_unified_models(self, head) -> None:
        checked = 0
        for path in samples(head):
            sample = oracle.read_sample(path)
            model, resource, _ = sample["mapping"].split("/")
            schema = json.loads((head / f"models/{model}/{resource}.schema.json").read_text())
            validator = jsonschema.Draft202012Validator(
                schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
            )
            if sample.get("part", "response") == "response":
                assert [error.message for error in validator.iter_errors(sample["expected"])] == [], path
                checked += 1
        assert checked >= 12

    def test_schemas_are_schemas_and_describe_each_field(self, head) -> None:
        for path in head.glob("models/*/*.schema.json"):
            schema = json.loads(path.read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            assert all(field.get("description") for field in schema["properties"].values()), path
