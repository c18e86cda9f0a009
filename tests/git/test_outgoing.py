"""Commits made without a work tree, and pushes that overwrite nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pygit2
import pytest

from integrations.git.errors import GitError, GitErrorCode
from integrations.git.mirror import Mirror, Remote
from integrations.git.outgoing import Identity, Outgoing, Wanted
from tests.git.build import Executable, build

DANA = Identity(name="Dana <b> Reyes\n", email="dana@example.com>")
CONSOLE = Identity(name="Glasshouse", email="glasshouse@localhost")
BRANCH = "glasshouse/0123456789ab"


class Place:
    def __init__(self, folder) -> None:
        self.bare = folder / "config.git"
        files = {"a/b/one.yaml": "1\n", "a/two.sh": Executable("2\n"), "three": "3\n"}
        self.base = build(self.bare, [files])[0]
        self.remote = Remote(url=f"file://{self.bare}", branch="main")
        self.mirror = Mirror(folder / "mirror.git")
        self.mirror.fetch(self.remote)
        self.outgoing = Outgoing(folder / "out.git", borrow=self.mirror.path, timeout=20)

    def wanted(self, files, **changed) -> Wanted:
        at = datetime(2026, 11, 30, tzinfo=UTC)
        given = {"parents": [self.base], "author": DANA, "committer": CONSOLE, "at": at, "message": "A change\n"}
        return Wanted(files=files, **given | changed)

    def head(self, branch: str = BRANCH) -> str | None:
        found = pygit2.Repository(str(self.bare)).references.get(f"refs/heads/{branch}")
        return None if found is None else str(found.target)


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_the_same_wish_is_the_same_commit_even_from_another_folder(place, tmp_path):
    wanted = place.wanted({"three": "4\n"})
    other = Outgoing(tmp_path / "other.git", borrow=place.mirror.path, timeout=20)
    assert place.outgoing.commit(wanted) == place.outgoing.commit(wanted) == other.commit(wanted)
    assert place.outgoing.commit(place.wanted({"three": "5\n"})) != other.commit(wanted)


def test_only_the_named_files_change_and_modes_stay(place):
    commit = place.outgoing.commit(place.wanted({"a/two.sh": "new\n", "a/b/one.yaml": None, "x/y": "z"}))
    tree = pygit2.Repository(str(place.outgoing.path))[commit].tree
    assert [(entry.name, entry.type_str) for entry in tree] == [("a", "tree"), ("three", "blob"), ("x", "tree")]
    assert [entry.name for entry in tree["a"]] == ["two.sh"], "a folder without files is none"
    assert tree["a/two.sh"].filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE
    assert tree["a/two.sh"].data == b"new\n"


def test_a_name_can_forge_no_header(place):
    commit = place.outgoing.commit(place.wanted({"three": "4\n"}))
    found = pygit2.Repository(str(place.outgoing.path))[commit]
    assert (found.author.name, found.author.email) == ("Dana  b  Reyes", "dana@example.com")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"three/four": "x"}, GitErrorCode.UNKNOWN_FILE),
        ({"a": "x"}, GitErrorCode.UNKNOWN_FILE),
        ({"nothing": None}, GitErrorCode.UNKNOWN_FILE),
        ({".git/hooks/x": "x"}, GitErrorCode.UNKNOWN_FILE),
        ({"a/.GIT./x": "x"}, GitErrorCode.UNKNOWN_FILE),
        ({"../x": "x"}, GitErrorCode.UNKNOWN_FILE),
    ],
)
def test_what_no_file_can_stand_at_is_refused(place, files, code):
    with pytest.raises(GitError) as caught:
        place.outgoing.commit(place.wanted(files))
    assert caught.value.code is code


def test_a_push_is_made_from_what_was_found_and_overwrites_nobody(place):
    first, second = (place.outgoing.commit(place.wanted({"three": text})) for text in ("4\n", "5\n"))
    assert place.outgoing.heads(place.remote, [BRANCH]) == {}
    place.outgoing.push(place.remote, BRANCH, first, expected=None)
    assert place.outgoing.heads(place.remote, [BRANCH, "main"]) == {BRANCH: first, "main": place.base}
    with pytest.raises(GitError) as caught:
        place.outgoing.push(place.remote, BRANCH, second, expected=None)
    assert caught.value.code is GitErrorCode.MOVED
    place.outgoing.push(place.remote, BRANCH, second, expected=first)
    with pytest.raises(GitError):
        place.outgoing.push(place.remote, BRANCH, None, expected=first)
    assert place.head() == second
    place.outgoing.push(place.remote, BRANCH, None, expected=second)
    assert place.head() is None


@pytest.mark.parametrize("name", ["--force", "-x", "a b", "a..b", "refs/heads/x:refs/heads/main", "@{-1}"])
def test_no_name_of_a_branch_is_an_option_or_a_refspec(place, name):
    commit = place.outgoing.commit(place.wanted({"three": "4\n"}))
    with pytest.raises(GitError) as caught:
        place.outgoing.push(place.remote, name, commit, expected=None)
    assert caught.value.code is GitErrorCode.BAD_NAME
    assert place.head("main") == place.base


@pytest.mark.parametrize("commit", ["--mirror", "HEAD", "main", "+" + "a" * 39, "a" * 39])
def test_only_a_full_id_is_pushed(place, commit):
    with pytest.raises(GitError) as caught:
        place.outgoing.push(place.remote, BRANCH, commit, expected=None)
    assert caught.value.code is GitErrorCode.UNKNOWN_REVISION


def test_a_half_made_repository_is_made_whole(place):
    pygit2.init_repository(str(place.outgoing.path), bare=True)  # and the process died here
    assert place.outgoing.commit(place.wanted({"three": "4\n"}))


def test_merges_and_where_they_are_found_again(place):
    mine = place.outgoing.commit(place.wanted({"three": "4\n"}))
    place.outgoing.push(place.remote, BRANCH, mine, expected=None)
    theirs = build(place.bare, [{"a/b/one.yaml": "9\n"}])[0]
    ends = place.outgoing.fetch(place.remote, ["main", BRANCH])
    assert ends == {"main": theirs, BRANCH: mine}
    tree = place.outgoing.merged_tree(theirs, mine)
    merge = place.outgoing.commit_tree(place.wanted({}, parents=[theirs, mine]), tree)
    place.outgoing.push(place.remote, "main", merge, expected=theirs)
    build(place.bare, [{"more": "x"}])
    place.outgoing.fetch(place.remote, ["main"])
    head = place.head("main")
    assert place.outgoing.is_ancestor(mine, head)
    assert place.outgoing.merge_of(mine, head) == merge
    assert [one.id for one in place.outgoing.between(theirs, mine)] == [mine]
    clash = place.outgoing.commit(place.wanted({"a/b/one.yaml": "7\n"}))
    assert place.outgoing.merged_tree(theirs, clash) is None
