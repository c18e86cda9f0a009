"""validate: the whole check, of a folder or a commit, without a database."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from console.management.commands.validate import annotation
from integrations.core.documents import Source
from integrations.core.problems import Code, Problem
from tests.commands.running import run
from tests.git.build import build
from tests.web.factories import BROKEN, small_repository

ROOT = Path(__file__).parents[2]


def write(folder: Path, *commits) -> Path:
    for files in commits:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return write(tmp_path_factory.mktemp("good"), *small_repository())


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    return write(tmp_path_factory.mktemp("bad"), *small_repository(), BROKEN)


# No test here asks for the database: pytest-django then refuses every query.


def test_a_good_folder(good):
    ran = run("validate", str(good))
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"\d+ documents are good \(3 account, 3 integration, 1 mapping, .*\)\.\n", ran.out)


def test_the_current_folder_is_the_default(good, monkeypatch):
    monkeypatch.chdir(good)
    assert run("validate").code == 0


def test_all_errors_of_a_folder_with_their_addresses(bad):
    ran = run("validate", str(bad))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert {line.split(":")[0] for line in lines} == set(BROKEN)
    assert all(re.match(r"[^:]+:\d+(:\d+)?: .+ \[[a-z0-9-]+\]$", line) for line in lines)
    assert ran.err == f"{len(lines)} errors.\n"


def test_json(good, bad):
    found = run("validate", str(good), "--format=json").json
    assert set(found) == {"version", "ok", "commit", "documents", "problems"}
    assert (found["version"], found["ok"], found["commit"], found["problems"]) == (1, True, None, [])
    assert found["documents"]["account"] == 3
    ran = run("validate", str(bad), "--format=json")
    assert (ran.code, ran.json["ok"]) == (1, False)
    for problem in ran.json["problems"]:
        assert set(problem) == {"code", "message", "file", "line", "column"}


def test_annotations_for_github(bad, monkeypatch):
    monkeypatch.chdir(bad.parent)
    ran = run("validate", bad.name, "--format=github")
    assert ran.code == 1
    for line in ran.out.splitlines():
        # Paths are those of the checkout, so that the annotation lands on the line of the pull request.
        assert re.match(rf"::error file={bad.name}/customers/[^,:]+,line=\d+(,col=\d+)?,title=[a-z-]+::.", line)
    monkeypatch.chdir(bad)
    assert "::error file=customers/" in run("validate", "--format=github").out


def test_annotations_are_escaped():
    problem = Problem(
        code=Code.YAML_SYNTAX,
        message="50% of\r\nthis: a, b",
        source=Source(file="a,b:c%/x.yaml", line=3),
        column=7,
    )
    assert annotation(problem) == (
        "::error file=a%2Cb%3Ac%25/x.yaml,line=3,col=7,title=yaml-syntax::50%25 of%0D%0Athis: a, b"
    )
    bare = Problem(code=Code.TOO_MANY, message="Too many files.")
    assert annotation(bare) == "::error title=too-many::Too many files."


@pytest.mark.parametrize("is_bare", [True, False])
def test_a_commit_of_a_repository(tmp_path, is_bare):
    bare = tmp_path / "config.git"
    commits = build(bare, [*small_repository(), BROKEN])
    root = bare
    if not is_bare:
        root = tmp_path / "checkout"
        subprocess.run(["git", "clone", "-q", str(bare), str(root)], check=True, capture_output=True)
        write(root, {"customers/globex/account.yaml": "not committed: [\n"})
    found = run("validate", str(root), f"--at={commits[1][:12]}", "--format=json").json
    assert (found["ok"], found["commit"]) == (True, commits[1])
    ran = run("validate", str(root), "--at=main", "--format=json")
    assert (ran.code, ran.json["commit"]) == (1, commits[2])
    assert {problem["file"] for problem in ran.json["problems"]} == set(BROKEN)


def test_what_cannot_be_checked_is_one_sentence(tmp_path, good):
    assert "is no folder" in run("validate", str(tmp_path / "nothing")).err
    ran = run("validate", str(good), "--at=main")
    assert ran.code == 1
    assert ran.err
    bare = tmp_path / "config.git"
    build(bare, small_repository())
    assert run("validate", str(bare), "--at=nothing").err == "There is no commit 'nothing'."


def test_a_folder_without_any_config_is_told_of(tmp_path, good):
    (tmp_path / "README.md").write_text("Nothing to see.", encoding="utf-8")
    ran = run("validate", str(tmp_path))
    assert (ran.code, ran.out.strip()) == (0, "1 document is good (1 settings).")
    assert "is it the right one?" in ran.err
    assert "the right one" not in run("validate", str(good)).err


def test_it_runs_where_no_database_is(good, tmp_path):
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "GLASSHOUSE_DATA": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "console.settings",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "validate", str(good), "--format=json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["ok"] is True


def test_the_demo_is_good(tmp_path):
    from datetime import UTC, datetime

    from integrations.demo.seed import seed

    head = seed(tmp_path / "demo.git", now=datetime(2026, 6, 1, tzinfo=UTC))
    found = run("validate", str(tmp_path / "demo.git"), "--at=main", "--format=json").json
    assert found["problems"] == []
    assert found["commit"] == head
