"""An overlaid tree reads as the tree of the commit that would hold it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, strategies as st

from integrations.core.overlay import OverlaidTree, blob_id
from integrations.core.tree import Kind, MissingFile
from tests.core.trees import MemoryTree

NAMES = st.sampled_from(["a", "b", "é", "a.x", "z"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(max_size=3)


def laid_over(base: dict[str, bytes], files: dict[str, bytes | None]) -> dict[str, bytes]:
    """What Git's index has after the same: a file takes the place of a folder, and a folder that of a file."""
    found = {path: content for path, content in base.items() if path not in files}
    for path, content in files.items():
        if content is None:
            continue
        for other in [*found]:
            if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
                del found[other]
        found[path] = content
    return found


def without_clashes(files: dict[str, bytes | None]) -> bool:
    written = [path for path, content in files.items() if content is not None]
    return not any(one.startswith(f"{other}/") for one in written for other in written)


def trees(content=CONTENTS):
    return st.dictionaries(PATHS, content, max_size=6).filter(without_clashes)


@given(trees(), trees(st.none() | CONTENTS))
def test_it_reads_as_what_it_would_be(base, files):
    wanted = MemoryTree(laid_over(base, files))
    found = OverlaidTree(MemoryTree(base), files)
    by_bytes = sorted(wanted.files, key=str.encode)
    assert [entry.path for entry in found.entries()] == by_bytes
    for path in {*base, *files, "a", "a/b", "nowhere"}:
        assert (found.entry(path) is None) == (wanted.entry(path) is None), path
        assert [e.path for e in found.entries(path)] == [p for p in by_bytes if p.startswith(f"{path}/")]
        assert list(found.folders(path)) == wanted.folders(path)
        if path in wanted.files:
            assert found.read(path) == wanted.read(path)
        else:
            with pytest.raises(MissingFile):
                found.read(path)
    assert list(found.folders("")) == wanted.folders("")


def test_a_written_file_has_the_id_that_git_gives_it(tmp_path):
    content = b"response: {}\n"
    said = subprocess.run(
        ["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True, cwd=tmp_path
    )
    assert blob_id(content) == said.stdout.decode().strip()
    entry = OverlaidTree(MemoryTree({}), {"a.yaml": content}).entry("a.yaml")
    assert (entry.blob, entry.size, entry.kind) == (blob_id(content), len(content), Kind.FILE)


@pytest.mark.parametrize("path", ["", "../x", "/etc/passwd", "a//b", "a/../b", "a\0b"])
def test_a_path_that_names_no_file_is_refused(path):
    with pytest.raises(ValueError, match="names no file"):
        OverlaidTree(MemoryTree({}), {path: b""})
