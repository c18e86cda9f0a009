"""What of a commit is written to disk for an evaluation, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from integrations.core.problems import Code
from integrations.git.folder import FolderTree
from integrations.sandbox import export
from integrations.sandbox.export import export_tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def codes(work: Path, out: Path, *paths: str) -> list[Code]:
    return [problem.code for problem in export_tree(FolderTree(work), paths, out)]


def written(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir())


def test_regular_files_are_written_where_they_stand(work: Path, out: Path):
    (work / "a").mkdir()
    (work / "a/b.tf").write_text("x = 1\n")
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o755)
    assert codes(work, out, "a/b.tf", "run.sh") == []
    assert written(out) == ["a/b.tf", "run.sh"]
    assert (out / "a/b.tf").read_text() == "x = 1\n"
    assert not os.access(out / "run.sh", os.X_OK)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "real.tf", "."])
def test_symlinks_are_never_written(work: Path, out: Path, target: str):
    (work / "real.tf").write_text("")
    (work / "link.tf").symlink_to(target)
    assert codes(work, out, "link.tf") == [Code.SYMLINK]
    assert written(out) == []


def test_nothing_is_read_through_a_folder_that_is_a_symlink(work: Path, out: Path):
    (work / "etc").symlink_to("/etc")
    assert codes(work, out, "etc/passwd") == [Code.MISSING_FILE]


def test_what_is_no_file_is_not_opened(work: Path, out: Path):
    os.mkfifo(work / "fifo.tf")
    assert codes(work, out, "fifo.tf") == [Code.MISSING_FILE]


@pytest.mark.parametrize(
    "path",
    [
        "../a.tf",
        "/etc/passwd",
        "a/../../b.tf",
        "a//b.tf",
        "",
        "a\nb.tf",
        "a\0b.tf",
        ".terraform/modules/modules.json",
        "environments/production/.terraform/modules/modules.json",
        ".git/config",
        "a/.git",
        "\udcff.tf",
        "a" * 300,
    ],
)
def test_unsafe_paths_are_never_written(work: Path, out: Path, path: str):
    assert codes(work, out, path) == [Code.BAD_NAME]
    assert written(out) == []


def test_a_missing_file_is_a_problem(work: Path, out: Path):
    assert codes(work, out, "gone.tf") == [Code.MISSING_FILE]


def test_large_files_and_large_exports_are_refused(work: Path, out: Path, monkeypatch: pytest.MonkeyPatch):
    (work / "large.tf").write_bytes(b"#" * (export.MAX_FILE + 1))
    assert codes(work, out, "large.tf") == [Code.TOO_LARGE]
    monkeypatch.setattr(export, "MAX_FILES", 2)
    for name in "abcd":
        (work / name).write_text("")
    assert codes(work, out, *"abcd") == [Code.TOO_MANY]


def test_a_file_that_stands_there_already_is_never_written_through(work: Path, out: Path, tmp_path: Path):
    (tmp_path / "victim").write_text("kept")
    (work / "a.tf").write_text("x")
    (out / "a.tf").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        codes(work, out, "a.tf")
    assert (tmp_path / "victim").read_text() == "kept"
