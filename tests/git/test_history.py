"""What the mirror says of commits: revisions, logs, differences and blame."""

import hashlib
from datetime import UTC, datetime

import pygit2
import pytest
from pygit2.enums import ObjectType

from integrations.git.errors import GitError, GitErrorCode
from integrations.git.history import Change, Status, pull_request_of
from integrations.git.mirror import Mirror, Remote
from tests.git.build import Executable, Symlink, build


@pytest.fixture
def upstream(tmp_path):
    return tmp_path / "upstream.git"


@pytest.fixture
def mirror(tmp_path):
    return Mirror(tmp_path / "mirror.git")


def fetched(mirror, upstream, steps, **options) -> list[str]:
    ids = build(upstream, steps, **options)
    mirror.fetch(Remote(url=str(upstream), branch="main"))
    return ids


def unknown(mirror, revision) -> None:
    with pytest.raises(GitError) as error:
        mirror.resolve(revision)
    assert error.value.code is GitErrorCode.UNKNOWN_REVISION


def test_a_revision_can_be_named_in_several_ways(mirror, upstream):
    ids = fetched(mirror, upstream, [{"a": "1"}, {"a": "2"}, {"a": "3"}])
    for revision, commit in {
        ids[1]: ids[1],
        ids[1].upper(): ids[1],
        ids[1][:7]: ids[1],
        ids[1][:4]: ids[1],
        "main": ids[2],
        "HEAD": ids[2],
        "HEAD~1": ids[1],
        "main~2": ids[0],
        "main^": ids[1],
        "main^^": ids[0],
        "HEAD~1^": ids[0],
        "main^0": ids[2],
        f"{ids[2][:8]}~1": ids[1],
    }.items():
        assert mirror.resolve(revision) == commit


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "none",
        "0" * 40,
        "dead",
        "abc",
        "HEAD~9",
        "HEAD^2",
        "HEAD~999999",
        "HEAD@{1}",
        "@{-1}",
        "HEAD:a",
        ":/Step",
        "HEAD^{/Step}",
        "HEAD^{tree}",
        "main..main",
        "^main",
        "--all",
        "-n1",
        "--output=/tmp/canary",
        "refs/../HEAD",
        "main\n",
        "main\0",
        "\udcff",
        "~1",
        "^" * 10_000,
        "main" + "~1" * 500,
    ],
)
def test_what_names_no_commit_is_unknown(mirror, upstream, revision):
    fetched(mirror, upstream, [{"a": "1"}, {"a": "2"}])
    unknown(mirror, revision)


def test_the_id_of_a_tree_or_blob_is_no_revision(mirror, upstream):
    ids = fetched(mirror, upstream, [{"a": "1"}])
    tree = str(pygit2.Repository(str(upstream))[ids[0]].tree_id)
    for wrong in (tree, tree[:10], str(pygit2.hash(b"1"))):
        unknown(mirror, wrong)
        with pytest.raises(GitError):
            mirror.commit(wrong)


def test_an_ambiguous_abbreviation_is_unknown(mirror, upstream):
    build(upstream, [{"a": "1"}])
    repository = pygit2.Repository(str(upstream))
    tree = str(repository.head.peel(pygit2.Tree).id)
    who = "Dana Reyes <dana@example.com> 1735722000 +0000"
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        raw = f"tree {tree}\nauthor {who}\ncommitter {who}\n\n{number}\n".encode()
        prefix = hashlib.sha1(b"commit %d\0%b" % (len(raw), raw)).hexdigest()[:4]
        if prefix in seen:
            break
        seen[prefix] = raw
    twins = [repository.write(ObjectType.COMMIT, content) for content in (seen[prefix], raw)]
    when = pygit2.Signature("Dana Reyes", "dana@example.com", 1_735_800_000, 0)
    tree_id = repository.head.peel(pygit2.Tree).id
    repository.references.delete("refs/heads/main")
    repository.create_commit("refs/heads/main", when, when, "Merge", tree_id, twins)
    mirror.fetch(Remote(url=str(upstream), branch="main"))
    unknown(mirror, prefix)
    assert [mirror.resolve(str(twin)) for twin in twins] == [str(twin) for twin in twins]


def test_a_branch_that_looks_like_an_id_can_still_be_named(mirror, upstream):
    ids = build(upstream, [{"a": "1"}], branch="cafe")
    mirror.fetch(Remote(url=str(upstream), branch="cafe"))
    assert mirror.resolve("cafe") == ids[0]


def test_nothing_is_known_before_the_first_fetch(mirror):
    unknown(mirror, "main")
    with pytest.raises(GitError) as error:
        mirror.log("0" * 40, limit=1)
    assert error.value.code is GitErrorCode.UNKNOWN_REVISION


def test_a_commit_is_told_as_people_speak_of_it(mirror, upstream):
    ids = fetched(
        mirror, upstream, [{"a": "1"}, {"a": "2"}], messages=["First", "Slow down Acme (#41)\n\nTheir org is slow.\n"]
    )
    info = mirror.commit(ids[1])
    assert (info.id, info.parents) == (ids[1], (ids[0],))
    assert (info.author_name, info.author_email) == ("Dana Reyes", "dana@example.com")
    assert info.authored_at == info.committed_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert (info.subject, info.body, info.pull_request) == ("Slow down Acme (#41)", "Their org is slow.", 41)
    assert mirror.commit(ids[0]).pull_request is None


def test_a_commit_in_another_encoding_or_of_another_age_is_still_told(mirror, upstream):
    build(upstream, [{"a": "1"}])
    repository = pygit2.Repository(str(upstream))
    tree = str(repository.head.peel(pygit2.Tree).id).encode()
    raw = b"tree %s\nauthor Ren\xe9 <r@example.com> 9999999999999999 +1400\ncommitter R <r> 1 -0700\n\nCaf\xe9\n" % tree
    repository.references.create("refs/heads/main", repository.write(ObjectType.COMMIT, raw), force=True)
    info = mirror.commit(mirror.fetch(Remote(url=str(upstream), branch="main")).head)
    assert (info.author_name, info.subject) == ("Ren\ufffd", "Caf\ufffd")
    assert info.authored_at.year == 9999
    assert info.committed_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "body", "number"),
    [
        ("Slow down Acme (#41)", "", 41),
        ("Merge pull request #41 from acme/slow", "Slow down Acme", 41),
        ("Merge branch 'slow' into 'main'", "Slow down\n\nSee merge request acme/config!41", 41),
        ("Merge branch 'slow' into 'main'", "See merge request !41\n", 41),
        ("Fix (#7) for good", "", None),
        ("Fix #7", "See issue #8", None),
        ("Fix (#99999999999999999999)", "", None),
    ],
)
def test_the_pull_request_is_read_from_the_merge_message(subject, body, number):
    assert pull_request_of(subject, body) == number


def test_a_log_can_be_bounded_by_paths_number_and_end(mirror, upstream):
    ids = fetched(mirror, upstream, [{"a/x": "1"}, {"b": "1"}, {"a/x": "2"}, {"a/y": "1"}, {"b": None}])

    def logged(**bounds):
        return [ids.index(commit.id) for commit in mirror.log(ids[4], **bounds)]

    assert logged(limit=10) == [4, 3, 2, 1, 0]
    assert logged(limit=2) == [4, 3]
    assert logged(limit=0) == []
    assert logged(limit=10, paths=["a/x"]) == [2, 0]
    assert logged(limit=10, paths=["a"]) == [3, 2, 0]
    assert logged(limit=10, paths=["b", "a/y"]) == [4, 3, 1]
    assert logged(limit=10, until=ids[1]) == [4, 3, 2]
    assert logged(limit=10, paths=["*"]) == []
    assert logged(limit=10, paths=[":(glob)**"]) == []
    for wrong in ("../x", "/etc/passwd", ""):
        with pytest.raises(GitError) as error:
            logged(limit=1, paths=[wrong])
        assert error.value.code is GitErrorCode.UNKNOWN_FILE


def test_a_log_follows_the_first_parent_unless_told_otherwise(mirror, upstream):
    ids = build(upstream, [{"a": "1"}])
    build(upstream, [{"a": "1"}], branch="side")
    repository = pygit2.Repository(str(upstream))
    repository.references.create("refs/heads/side", ids[0], force=True)
    side = build(upstream, [{"b": "1"}], branch="side")[0]
    when = pygit2.Signature("Dana Reyes", "dana@example.com", 1_735_800_000, 0)
    tree = repository[side].peel(pygit2.Tree).id
    merge = str(repository.create_commit("refs/heads/main", when, when, "Merge", tree, [ids[0], side]))
    mirror.fetch(Remote(url=str(upstream), branch="main"))
    assert [c.id for c in mirror.log(merge, limit=9)] == [merge, ids[0]]
    assert [c.id for c in mirror.log(merge, limit=9, first_parent=False)] == [merge, side, ids[0]]
    assert mirror.commit(merge).parents == (ids[0], side)


def test_changes_are_added_modified_or_deleted(mirror, upstream):
    ids = fetched(
        mirror,
        upstream,
        [
            {"a/x": "1", "b": "1", "run": "1", "link": "1", "folder": "1"},
            {
                "a/x": "2",
                "b": None,
                "c": "1",
                "run": Executable("1"),
                "link": Symlink("1"),
                "folder": None,
                "folder/f": "1",
            },
        ],
    )
    one, two = str(pygit2.hash(b"1")), str(pygit2.hash(b"2"))
    assert mirror.changes(ids[0], ids[1]) == [
        Change(path="a/x", status=Status.MODIFIED, old_blob=one, new_blob=two),
        Change(path="b", status=Status.DELETED, old_blob=one, new_blob=None),
        Change(path="c", status=Status.ADDED, old_blob=None, new_blob=one),
        Change(path="folder", status=Status.DELETED, old_blob=one, new_blob=None),
        Change(path="folder/f", status=Status.ADDED, old_blob=None, new_blob=one),
        Change(path="link", status=Status.MODIFIED, old_blob=one, new_blob=one),
        Change(path="run", status=Status.MODIFIED, old_blob=one, new_blob=one),
    ]
    assert mirror.changes(ids[1], ids[1]) == []
    assert [(c.path, c.status) for c in mirror.changes(None, ids[0])] == [
        (path, Status.ADDED) for path in ("a/x", "b", "folder", "link", "run")
    ]
    with pytest.raises(GitError):
        mirror.changes("0" * 40, ids[0])


def test_a_changed_name_that_is_not_utf8_is_escaped(mirror, upstream):
    build(upstream, [{"a": "1"}])
    repository = pygit2.Repository(str(upstream))
    tree = repository.write(ObjectType.TREE, b"100644 \xff\0" + repository.create_blob(b"x").raw)
    when = pygit2.Signature("Dana Reyes", "dana@example.com", 1_735_800_000, 0)
    repository.create_commit("refs/heads/main", when, when, "odd", tree, [repository.head.target])
    head = mirror.fetch(Remote(url=str(upstream), branch="main")).head
    assert [(c.path, c.status) for c in mirror.changes(mirror.resolve("HEAD~1"), head)] == [
        ("a", Status.DELETED),
        ("\udcff", Status.ADDED),
    ]
    assert mirror.blame(head, "\udcff", 1).id == head


def test_blame_names_who_set_a_line(mirror, upstream):
    ids = fetched(mirror, upstream, [{"f": "1\n2\n3\n"}, {"f": "1\ntwo\n3\n"}, {"f": "0\n1\ntwo\n3"}])
    assert mirror.blame(ids[2], "f", 3).id == ids[1]
    assert mirror.blame(ids[1], "f", 2).subject == "Step 2"
    assert mirror.blame(ids[0], "f", 2).id == ids[0]
    by_line = mirror.blame_lines(ids[2], "f", {1, 2, 3, 4, 5, 0, -1})
    assert {line: ids.index(info.id) for line, info in by_line.items()} == {1: 2, 2: 0, 3: 1, 4: 2}


def test_blame_of_many_separate_lines_is_still_one_answer(mirror, upstream):
    text = "".join(f"{n}\n" for n in range(3000))
    ids = fetched(mirror, upstream, [{"f": text}, {"f": "first\n" + text}])
    by_line = mirror.blame_lines(ids[1], "f", range(1, 3001, 2))
    assert len(by_line) == 1500
    assert by_line[1].id == ids[1]
    assert by_line[2999].id == ids[0]


def test_blame_needs_a_file_and_a_line(mirror, upstream):
    ids = fetched(mirror, upstream, [{"f": "1\n", "empty": "", "d/x": "1", "link": Symlink("f")}])
    for path, line, code in (
        ("f", 2, GitErrorCode.UNKNOWN_LINE),
        ("f", 0, GitErrorCode.UNKNOWN_LINE),
        ("empty", 1, GitErrorCode.UNKNOWN_LINE),
        ("none", 1, GitErrorCode.UNKNOWN_FILE),
        ("d", 1, GitErrorCode.UNKNOWN_FILE),
        ("link", 1, GitErrorCode.UNKNOWN_FILE),
        ("--output=canary", 1, GitErrorCode.UNKNOWN_FILE),
        ("../f", 1, GitErrorCode.UNKNOWN_FILE),
    ):
        with pytest.raises(GitError) as error:
            mirror.blame(ids[0], path, line)
        assert error.value.code is code
    with pytest.raises(GitError) as error:
        mirror.blame("--output=canary", "f", 1)
    assert error.value.code is GitErrorCode.UNKNOWN_REVISION


def test_ancestry_is_told(mirror, upstream):
    ids = fetched(mirror, upstream, [{"a": "1"}, {"a": "2"}])
    assert mirror.is_ancestor(ids[0], ids[1])
    assert mirror.is_ancestor(ids[0], ids[0])
    assert not mirror.is_ancestor(ids[1], ids[0])
    with pytest.raises(GitError):
        mirror.is_ancestor(ids[0], "0" * 40)
