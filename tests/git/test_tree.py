"""Trees of files: a commit and a folder on disk answer alike, whatever was put into them."""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pygit2.enums import ObjectType

from integrations.core.tree import Entry, Kind, MissingFile, Tree, parts_of
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.folder import MAX_HASHED, FolderTree
from integrations.git.mirror import Mirror, Remote
from integrations.git.tree import CommitTree
from tests.git.build import Executable, Submodule, Symlink, build

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


FILES = {
    "README.md": "hello\n",
    "a-b": "sorts before the folder a",
    "a.tf": "",
    "a/b/c.yaml": "deep",
    "a/b.yaml": b"\x00\xff",
    "a/link": Symlink("../../etc/passwd"),
    "a/loop": Symlink("."),
    "run.sh": Executable("#!/bin/sh\n"),
    "ümlaut/ö.yaml": "utf-8",
}


def commit_tree(path: Path) -> CommitTree:
    commit = build(path, [FILES])[0]
    return CommitTree(pygit2.Repository(str(path)), commit)


def folder_tree(path: Path) -> FolderTree:
    bare = path.with_name("source.git")
    build(bare, [FILES])
    subprocess.run(["git", "clone", "-q", str(bare), str(path)], check=True)
    (path / ".terraform").mkdir()
    (path / ".terraform" / "modules.json").write_text("{}")
    (path / "a" / ".terraform").mkdir()
    (path / "a" / ".terraform" / "x").write_text("x")
    os.mkfifo(path / "a" / "pipe")
    return FolderTree(path)


@pytest.fixture(params=[commit_tree, folder_tree])
def tree(request, tmp_path) -> Tree:
    return request.param(tmp_path / "tree")


def test_entries_come_in_gits_order_with_what_they_are(tree):
    assert [(e.path, e.size, e.kind) for e in tree.entries()] == [
        ("README.md", 6, Kind.FILE),
        ("a-b", 25, Kind.FILE),
        ("a.tf", 0, Kind.FILE),
        ("a/b.yaml", 2, Kind.FILE),
        ("a/b/c.yaml", 4, Kind.FILE),
        ("a/link", 16, Kind.SYMLINK),
        ("a/loop", 1, Kind.SYMLINK),
        ("run.sh", 10, Kind.EXECUTABLE),
        ("ümlaut/ö.yaml", 5, Kind.FILE),
    ]


def test_a_blob_is_named_as_git_names_it(tree):
    assert {e.path: e.blob for e in tree.entries()}["README.md"] == str(pygit2.hash(b"hello\n"))
    assert all(e == tree.entry(e.path) for e in tree.entries())


def test_entries_can_start_below_a_folder(tree):
    assert [e.path for e in tree.entries("a")] == ["a/b.yaml", "a/b/c.yaml", "a/link", "a/loop"]
    assert [e.path for e in tree.entries("a/b")] == ["a/b/c.yaml"]
    for nothing in ("none", "README.md", "a/loop", "a/loop/b", "run.sh/x", "../tree", "/a", "a/", "a//b", ".", "a\0"):
        assert list(tree.entries(nothing)) == []


def test_folders_are_the_direct_ones(tree):
    assert list(tree.folders("")) == ["a", "ümlaut"]
    assert list(tree.folders("a")) == ["b"]
    for nothing in ("none", "README.md", "a/loop", "..", "a/../a"):
        assert list(tree.folders(nothing)) == []


def test_only_a_regular_file_can_be_read(tree):
    assert tree.read("a/b.yaml") == b"\x00\xff"
    assert tree.read("run.sh") == b"#!/bin/sh\n"
    for missing in ("", "none", "a", "a/link", "a/loop", "a/loop/b.yaml", "a/pipe", "README.md/x", "../tree/a.tf"):
        with pytest.raises(MissingFile) as error:
            tree.read(missing)
        assert error.value.path == missing


def test_an_entry_is_none_for_a_folder_and_for_nothing(tree):
    for nothing in ("", "a", "none", "a/b/none", "a/loop/b.yaml", "a/pipe", "a/../README.md", "\udcff", "/README.md"):
        assert tree.entry(nothing) is None


def test_what_git_and_terraform_keep_for_themselves_is_left_out(tmp_path):
    tree = folder_tree(tmp_path / "tree")
    assert (tmp_path / "tree" / ".git").is_dir()
    assert tree.entry(".git/HEAD") is None
    assert tree.entry("a/.terraform/x") is None
    with pytest.raises(MissingFile):
        tree.read(".terraform/modules.json")
    assert tree.commit == ""


def test_a_folder_tree_needs_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    for wrong in ("file", "none"):
        with pytest.raises(NotADirectoryError):
            FolderTree(tmp_path / wrong)


def test_a_huge_file_in_a_folder_is_not_read_to_be_listed(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(100 * 1024**3)
    assert list(FolderTree(tmp_path).entries()) == [
        Entry(path="huge", blob="", size=100 * 1024**3, kind=Kind.FILE),
    ]
    assert MAX_HASHED < 100 * 1024**3


@linux_only  # other file systems refuse the name itself
def test_a_name_that_is_not_utf8_is_given_escaped_by_both(tmp_path):
    (tmp_path / "folder").mkdir()
    with open(os.fsencode(tmp_path / "folder") + b"/caf\xe9.yaml", "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(b"x")
    bare = tmp_path / "r.git"
    repository = pygit2.init_repository(str(bare), bare=True)
    blob = repository.create_blob(b"x")
    commit = commit_of(repository, repository.write(ObjectType.TREE, b"100644 caf\xe9.yaml\0" + blob.raw))
    for tree in (FolderTree(tmp_path / "folder"), CommitTree(repository, commit)):
        (entry,) = tree.entries()
        assert entry == Entry(path="caf\udce9.yaml", blob=str(blob), size=1, kind=Kind.FILE)
        assert not entry.is_decodable
        assert tree.read(entry.path) == b"x"


def test_a_submodule_is_an_entry_and_never_entered(tmp_path):
    commit = build(tmp_path / "r.git", [{"modules/x": Submodule("1" * 40), "a": "1"}])[0]
    tree = CommitTree(pygit2.Repository(str(tmp_path / "r.git")), commit)
    entry = Entry(path="modules/x", blob="1" * 40, size=0, kind=Kind.SUBMODULE)
    assert list(tree.entries("modules")) == [entry]
    assert tree.entry("modules/x") == entry
    assert tree.entry("modules/x/y") is None
    assert list(tree.folders("modules")) == []
    assert list(tree.entries("modules/x")) == []
    with pytest.raises(MissingFile):
        tree.read("modules/x")


def test_a_commit_tree_needs_a_commit(tmp_path):
    commit = build(tmp_path / "r.git", [{"a": "1"}])[0]
    repository = pygit2.Repository(str(tmp_path / "r.git"))
    for wrong in ("", "0" * 40, commit[:8], str(repository[commit].peel(pygit2.Tree).id), "main", "zz", "g" * 40):
        with pytest.raises(GitError) as error:
            CommitTree(repository, wrong)
        assert error.value.code is GitErrorCode.UNKNOWN_REVISION


def test_a_tree_deeper_than_pythons_stack_is_walked(tmp_path):
    repository = pygit2.init_repository(str(tmp_path / "r.git"), bare=True)
    tree = repository.write(ObjectType.TREE, b"100644 end\0" + repository.create_blob(b"x").raw)
    for _ in range(2000):
        tree = repository.write(ObjectType.TREE, b"40000 d\0" + tree.raw)
    (entry,) = CommitTree(repository, commit_of(repository, tree)).entries()
    assert entry.path == "d/" * 2000 + "end"


def test_a_tree_bomb_costs_only_what_is_taken(tmp_path):
    repository = pygit2.init_repository(str(tmp_path / "r.git"), bare=True)
    blob = repository.create_blob(b"x")
    tree = repository.write(ObjectType.TREE, b"".join(b"100644 f%d\0" % n + blob.raw for n in range(10)))
    for _ in range(10):  # 10 ** 11 files
        tree = repository.write(ObjectType.TREE, b"".join(b"40000 d%d\0" % n + tree.raw for n in range(10)))
    began = time.monotonic()
    assert len(list(itertools.islice(CommitTree(repository, commit_of(repository, tree)).entries(), 1000))) == 1000
    assert time.monotonic() - began < 5


@linux_only
def test_a_file_of_100_mb_is_fetched_and_listed_without_being_loaded(tmp_path):
    build(tmp_path / "r.git", [{"huge.yaml": bytes(100 * 1024 * 1024), "a": "1"}])
    mirror = Mirror(tmp_path / "m.git")
    head = mirror.fetch(Remote(url=str(tmp_path / "r.git"), branch="main")).head
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_memory()
    assert {e.path: e.size for e in mirror.tree(head).entries()} == {"a": 1, "huge.yaml": 100 * 1024 * 1024}
    assert mirror.changes(None, head)
    assert peak_memory() - before < 20_000


def peak_memory() -> int:
    """KiB, since clear_refs was written."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def commit_of(repository: pygit2.Repository, tree: pygit2.Oid) -> str:
    when = pygit2.Signature("Dana Reyes", "dana@example.com", 1_735_722_000, 0)
    return str(repository.create_commit("refs/heads/main", when, when, "made", tree, []))


def entry_line(mode: bytes, name: bytes, oid: pygit2.Oid) -> bytes:
    return mode + b" " + name + b"\0" + oid.raw


@pytest.mark.parametrize(
    "names",
    [
        [(b"100644", b".git")],
        [(b"40000", b".GIT")],
        [(b"100644", b"..")],
        [(b"100644", b".")],
        [(b"100644", b"a/b")],
        [(b"100644", b"../../canary")],
        [(b"100644", b"a"), (b"100644", b"a")],
        [(b"100644", b"b"), (b"100644", b"a")],
        [(b"0100644", b"a")],
        [(b"120000", b".gitmodules")],
        [(b"40000", b".g\xe2\x80\x8cit")],  # HFS+ ignores the zero-width character
        [(b"40000", b"git~1")],  # NTFS's short name of .git
    ],
)
def test_a_tree_that_fsck_refuses_does_not_come_in(tmp_path, names):
    good = build(tmp_path / "r.git", [{"a": "1"}])[0]
    mirror = Mirror(tmp_path / "m.git")
    remote = Remote(url=str(tmp_path / "r.git"), branch="main")
    mirror.fetch(remote)
    repository = pygit2.Repository(str(tmp_path / "r.git"))
    leaf = {b"40000": repository.write(ObjectType.TREE, b""), b"120000": repository.create_blob(b"/etc/passwd")}
    blob = repository.create_blob(b"x")
    hostile = repository.write(ObjectType.TREE, b"".join(entry_line(m, n, leaf.get(m, blob)) for m, n in names))
    when = pygit2.Signature("Eve", "eve@example.com", 1_735_800_000, 0)
    head = repository.create_commit("refs/heads/main", when, when, "hostile", hostile, [good])
    for _ in range(2):  # nothing of it stays behind to make a second try pass
        with pytest.raises(GitError) as error:
            mirror.fetch(remote)
        assert (error.value.code, error.value.is_retryable) == (GitErrorCode.CORRUPT, False)
        assert mirror.head("main") == good
        with pytest.raises(GitError):
            mirror.tree(str(head))


@pytest.mark.parametrize(
    "content",
    [
        b"tree %s\nauthor Eve <eve@example.com> 1 +0000\n\nno committer\n",
        b"tree %s\nauthor Eve <eve@example.com> 99999999999999999999 +0000\ncommitter E <e> 1 +0000\n\ndate\n",
        b"tree %s\nauthor Eve <<eve> 1 +0000\ncommitter Eve <e> 1 +0000\n\nname\n",
    ],
)
def test_a_commit_that_fsck_refuses_does_not_come_in(tmp_path, content):
    build(tmp_path / "r.git", [{"a": "1"}])
    repository = pygit2.Repository(str(tmp_path / "r.git"))
    tree = str(repository.head.peel(pygit2.Tree).id).encode()
    commit = subprocess.run(
        ["git", f"--git-dir={tmp_path / 'r.git'}", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        input=content % tree,
        capture_output=True,
        check=True,
    )
    (tmp_path / "r.git/refs/heads/main").write_bytes(commit.stdout)
    with pytest.raises(GitError) as error:
        Mirror(tmp_path / "m.git").fetch(Remote(url=str(tmp_path / "r.git"), branch="main"))
    assert error.value.code is GitErrorCode.CORRUPT


def test_a_submodule_that_would_run_a_command_does_not_come_in(tmp_path):
    canary = tmp_path / "canary"
    modules = f'[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch {canary}\n'
    build(tmp_path / "r.git", [{".gitmodules": modules, "x": Submodule("1" * 40)}])
    with pytest.raises(GitError) as error:
        Mirror(tmp_path / "m.git").fetch(Remote(url=str(tmp_path / "r.git"), branch="main"))
    assert error.value.code is GitErrorCode.CORRUPT
    assert not canary.exists()


def test_symlinks_submodules_and_odd_names_come_in_and_stay_data(tmp_path):
    build(
        tmp_path / "r.git",
        [
            {
                ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n',
                "x": Submodule("1" * 40),
                "passwd": Symlink("/etc/passwd"),
                "--upload-pack=touch canary": "1",
                "$(touch canary)": "1",
                "a\nb": "1",
            }
        ],
    )
    mirror = Mirror(tmp_path / "m.git")
    head = mirror.fetch(Remote(url=str(tmp_path / "r.git"), branch="main")).head
    entries = {e.path: e.kind for e in mirror.tree(head).entries()}
    assert entries.pop("passwd") is Kind.SYMLINK
    assert entries.pop("x") is Kind.SUBMODULE
    assert set(entries.values()) == {Kind.FILE}
    for path in entries:
        assert mirror.blame(head, path, 1).id == head
        assert [commit.id for commit in mirror.log(head, paths=[path], limit=2)] == [head]


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda name: (
        parts_of(name) is not None and len(name.encode()) < 100 and not name.lower().startswith((".git", "git~"))
    )
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=20), max_size=6))
def test_what_was_committed_is_what_is_read(tmp_path_factory, files):
    files = {
        path: content for path, content in files.items() if not any(other.startswith(f"{path}/") for other in files)
    }
    path = tmp_path_factory.mktemp("law") / "r.git"
    commit = build(path, [files])[0]
    tree = CommitTree(pygit2.Repository(str(path)), commit)
    assert {e.path: tree.read(e.path) for e in tree.entries()} == files
    assert [e.path for e in tree.entries()] == sorted(files, key=str.encode)
    for folder in tree.folders(""):
        assert [e for e in tree.entries() if e.path.startswith(f"{folder}/")] == list(tree.entries(folder))


@given(st.text())
def test_parts_name_nothing_outside(path):
    parts = parts_of(path)
    if parts:
        assert "/".join(parts) == path
        assert not {"", ".", ".."} & set(parts)
