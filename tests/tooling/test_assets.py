import shutil

import pytest

from tests.tooling.assets import ROOT, stale


@pytest.fixture
def copy(tmp_path):
    for name in ("static", "tests/browser"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_committed_build_is_of_the_committed_sources():
    assert stale() == []


def test_a_changed_source_is_told(copy):
    (copy / "static/src/app.js").write_text("// nothing\n")
    assert stale(copy) == ["static/src/app.js is changed since the build."]


def test_a_new_source_and_a_lost_one_are_told(copy):
    (copy / "static/src/js/new.js").write_text("// new\n")
    (copy / "static/src/icons.txt").unlink()
    assert stale(copy) == ["static/src/icons.txt is missing.", "static/src/js/new.js is new."]


def test_a_built_file_edited_by_hand_is_told(copy):
    with (copy / "static/dist/app.css").open("a") as file:
        file.write("body{}")
    assert stale(copy) == ["app.css is not as it was built."]


def test_notes_beside_the_sources_need_no_new_build(copy):
    (copy / "static/src/README.md").write_text("Other words.\n")
    assert stale(copy) == []


def test_locks_name_hashes_and_no_hosts():
    for name in ("run", "dev"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        assert len([line for line in lines if "==" in line]) <= len(
            [line for line in lines if "--hash=sha256:" in line]
        )
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_the_development_lock_holds_what_runs_in_production():
    run, dev = (
        {line.split()[0] for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines() if "==" in line}
        for name in ("run", "dev")
    )
    assert run <= dev
