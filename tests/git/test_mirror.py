"""Fetching: what a good remote brings, and that a bad one takes nothing away."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pygit2
import pytest

from integrations.git.errors import GitError, GitErrorCode
from integrations.git.mirror import Fetched, Mirror, Remote
from integrations.git.process import run_git
from tests.git.build import build, rewind

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def upstream(tmp_path) -> Path:
    return tmp_path / "upstream" / "config.git"


@pytest.fixture
def mirror(tmp_path) -> Mirror:
    return Mirror(tmp_path / "mirrors" / "config.git")


def remote(path: Path, branch: str = "main") -> Remote:
    return Remote(url=f"file://{path}", branch=branch)


def refused(mirror: Mirror, given: Remote) -> GitError:
    with pytest.raises(GitError) as error:
        mirror.fetch(given)
    return error.value


def test_the_first_fetch_makes_the_mirror(upstream, mirror):
    ids = build(upstream, [{"a": "1"}, {"a": "2"}])
    assert mirror.head("main") is None
    assert mirror.fetch(remote(upstream)) == Fetched(head=ids[1], previous=None, is_rewritten=False, is_new=True)
    assert mirror.head("main") == ids[1]
    assert mirror.tree(ids[0]).read("a") == b"1"
    assert pygit2.Repository(str(mirror.path)).is_bare


def test_nothing_new_is_said_to_be_nothing_new(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    assert mirror.fetch(remote(upstream)) == Fetched(head=ids[0], previous=ids[0], is_rewritten=False, is_new=False)


def test_a_new_commit_moves_the_branch(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    ids += build(upstream, [{"a": "2"}, {"b": "1"}])
    assert mirror.fetch(remote(upstream)) == Fetched(head=ids[2], previous=ids[0], is_rewritten=False, is_new=True)


def test_rewritten_history_is_told_and_the_old_one_stays_readable(upstream, mirror):
    ids = build(upstream, [{"a": "1"}, {"a": "2"}])
    mirror.fetch(remote(upstream))
    rewind(upstream, ids[0])
    other = build(upstream, [{"a": "3"}])
    assert mirror.fetch(remote(upstream)) == Fetched(head=other[0], previous=ids[1], is_rewritten=True, is_new=True)
    subprocess.run(["git", f"--git-dir={mirror.path}", "gc", "-q", "--prune=now"], check=True)
    assert mirror.tree(ids[1]).read("a") == b"2"
    assert mirror.tree(other[0]).read("a") == b"3"


def test_a_branch_set_back_is_rewritten_too(upstream, mirror):
    ids = build(upstream, [{"a": "1"}, {"a": "2"}])
    mirror.fetch(remote(upstream))
    rewind(upstream, ids[0])
    assert mirror.fetch(remote(upstream)) == Fetched(head=ids[0], previous=ids[1], is_rewritten=True, is_new=True)
    mirror.maintain()
    assert mirror.resolve(ids[1]) == ids[1]


def test_another_repository_at_the_address_counts_as_rewritten(upstream, mirror):
    build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    shutil.rmtree(upstream)
    ids = build(upstream, [{"other": "1"}], author="Someone Else")
    fetched = mirror.fetch(remote(upstream))
    assert (fetched.head, fetched.is_rewritten) == (ids[0], True)


def test_a_vanished_remote_takes_nothing_away(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    shutil.rmtree(upstream)
    error = refused(mirror, remote(upstream))
    assert (error.code, error.is_retryable) == (GitErrorCode.NOT_FOUND, False)
    assert str(upstream) in error.detail
    assert mirror.head("main") == ids[0]
    assert mirror.tree(ids[0]).read("a") == b"1"


def test_an_empty_remote_is_told_from_a_missing_branch(upstream, mirror):
    pygit2.init_repository(str(upstream), bare=True)
    assert refused(mirror, remote(upstream)).code is GitErrorCode.EMPTY
    build(upstream, [{"a": "1"}])
    error = refused(mirror, remote(upstream, "release"))
    assert error.code is GitErrorCode.NO_BRANCH
    assert error.data["branches"] == "main"
    assert mirror.head("main") is None


def test_a_deleted_branch_takes_nothing_away(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    build(upstream, [{"a": "1"}], branch="other")
    mirror.fetch(remote(upstream))
    pygit2.Repository(str(upstream)).references.delete("refs/heads/main")
    assert refused(mirror, remote(upstream)).code is GitErrorCode.NO_BRANCH
    assert mirror.head("main") == ids[0]


def test_a_remote_with_a_broken_object_is_refused(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    build(upstream, [{"a": "2" * 500}])
    blob = pygit2.hash(b"2" * 500)
    file = upstream / "objects" / str(blob)[:2] / str(blob)[2:]
    file.chmod(0o644)
    file.write_bytes(b"not an object")
    assert refused(mirror, remote(upstream)).code is GitErrorCode.CORRUPT
    assert mirror.head("main") == ids[0]


def test_a_remote_with_a_missing_object_is_refused(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    head = build(upstream, [{"a": "2"}])[0]
    tree = str(pygit2.Repository(str(upstream))[head].tree_id)
    (upstream / "objects" / tree[:2] / tree[2:]).unlink()
    assert refused(mirror, remote(upstream)).code is GitErrorCode.CORRUPT
    assert mirror.head("main") == ids[0]


def test_a_folder_that_is_no_repository_is_not_found(tmp_path, mirror):
    (tmp_path / "plain").mkdir()
    assert refused(mirror, remote(tmp_path / "plain")).code is GitErrorCode.NOT_FOUND


def test_a_branch_that_is_no_commit_is_refused(upstream, mirror):
    build(upstream, [{"a": "1"}])
    blob = pygit2.Repository(str(upstream)).create_blob(b"1")
    (upstream / "refs/heads/main").write_text(f"{blob}\n")
    assert refused(mirror, remote(upstream)).code is GitErrorCode.CORRUPT
    assert mirror.head("main") is None


def test_a_remote_past_the_size_bound_is_refused_and_leaves_no_garbage(upstream, tmp_path):
    build(upstream, [{"a": os.urandom(3_000_000)}])
    mirror = Mirror(tmp_path / "m.git", max_bytes=1_000_000)
    error = refused(mirror, remote(upstream))
    assert (error.code, error.is_retryable) == (GitErrorCode.TOO_LARGE, False)
    assert mirror.head("main") is None


def test_a_fetch_is_killed_while_it_grows_past_the_bound(upstream, tmp_path, monkeypatch):
    build(upstream, [{"a": "1"}])
    mirror = Mirror(tmp_path / "m.git", max_bytes=1_000_000)
    folder = tmp_path / "bin"
    folder.mkdir()
    grown = mirror.path / "objects" / "pack" / "tmp_pack_x"
    (folder / "git").write_text(f"#!/bin/sh\nhead -c 2000000 /dev/zero > {grown}\nsleep 60\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    began = time.monotonic()
    assert refused(mirror, remote(upstream)).code is GitErrorCode.TOO_LARGE
    assert time.monotonic() - began < 10
    assert not grown.exists()


@linux_only
def test_a_fetch_that_hangs_is_killed_with_its_children(upstream, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    error = refused(Mirror(tmp_path / "m.git", timeout=1), Remote(url="ssh://host.example/x", branch="main"))
    assert (error.code, error.is_retryable) == (GitErrorCode.TIMED_OUT, True)
    child = Path("/proc") / (tmp_path / "pid").read_text().strip() / "cmdline"
    for _ in range(100):
        if not child.exists() or not child.read_bytes():
            return
        time.sleep(0.02)
    pytest.fail("ssh outlived the fetch")


def test_a_killed_fetch_does_not_block_the_next(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    ids += build(upstream, [{"a": "2"}])
    lock = mirror.path / "refs/glasshouse/incoming.lock"
    lock.write_text("")
    assert mirror.fetch(remote(upstream)).head == ids[1]
    assert not lock.exists()


def test_a_git_that_outlives_its_killed_console_still_holds_the_mirror(upstream, mirror, tmp_path):
    ids = build(upstream, [{"a": "1"}])
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 60\n"
    )
    (folder / "git").chmod(0o755)
    program = (
        "from pathlib import Path\nfrom integrations.git.mirror import Mirror, Remote\n"
        f"Mirror(Path({str(mirror.path)!r})).fetch(Remote(url={str(upstream)!r}, branch='main'))"
    )
    root = Path(__file__).resolve().parents[2]
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, env={**os.environ, "PATH": path}) as console:
        while not (tmp_path / "pid").exists():
            assert console.poll() is None
            time.sleep(0.02)
        console.kill()
    try:
        assert refused(Mirror(mirror.path, timeout=0.1), remote(upstream)).code is GitErrorCode.BUSY
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert mirror.fetch(remote(upstream)).head == ids[0]


def test_a_fetch_that_died_before_the_branch_moved_is_made_up_for(upstream, mirror):
    ids = build(upstream, [{"a": "1"}, {"a": "2"}])
    mirror.fetch(remote(upstream))
    rewind(upstream, ids[0])
    # What a process leaves behind that was killed when git had ended and the branch had not moved yet.
    refspec = "+refs/heads/main:refs/glasshouse/incoming"
    subprocess.run(["git", f"--git-dir={mirror.path}", "fetch", "-q", str(upstream), refspec], check=True)
    assert mirror.head("main") == ids[1]
    assert mirror.fetch(remote(upstream)) == Fetched(head=ids[0], previous=ids[1], is_rewritten=True, is_new=True)


def test_two_fetches_at_once_wait_for_each_other(upstream, mirror):
    ids = build(upstream, [{f"f{n}": str(n) for n in range(200)}, {"a": "1"}])
    found: list[object] = []

    def fetch() -> None:
        try:
            found.append(Mirror(mirror.path).fetch(remote(upstream)))
        except GitError as error:
            found.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [fetched.head for fetched in found] == [ids[1]] * 4
    assert sum(fetched.is_new for fetched in found) == 1


def test_a_held_mirror_is_busy_in_the_end(upstream, mirror, tmp_path):
    build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    with mirror._locked(time.monotonic() + 1):
        error = refused(Mirror(mirror.path, timeout=0.1), remote(upstream))
    assert (error.code, error.is_retryable) == (GitErrorCode.BUSY, True)
    mirror.fetch(remote(upstream))


def test_a_branch_can_take_the_place_of_a_folder_of_branches(upstream, mirror):
    old = build(upstream, [{"a": "1"}], branch="live")
    mirror.fetch(remote(upstream, "live"))
    new = build(upstream, [{"a": "2"}], branch="main")
    pygit2.Repository(str(upstream)).references.delete("refs/heads/live")
    build(upstream, [{"a": "2"}], branch="live/eu")
    assert mirror.fetch(remote(upstream, "live/eu")).head == new[0]
    assert mirror.tree(old[0]).read("a") == b"1"


def test_tags_and_other_branches_stay_where_they_are(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    build(upstream, [{"a": "9"}], branch="other")
    pygit2.Repository(str(upstream)).references.create("refs/tags/v1", ids[0])
    mirror.fetch(remote(upstream))
    assert sorted(pygit2.Repository(str(mirror.path)).references) == ["refs/glasshouse/incoming", "refs/heads/main"]


def test_the_hooks_and_settings_of_this_machine_are_not_used(upstream, mirror, tmp_path, monkeypatch):
    canary = tmp_path / "canary"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[core]\n\tsshCommand = touch {canary}\n\tfsmonitor = touch {canary}\n[url "file:///nowhere/"]\n\tinsteadOf = file:///\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'broken")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_TRACE", str(canary))
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    hook = mirror.path / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {canary}\n")
    hook.chmod(0o755)
    ids += build(upstream, [{"a": "2"}])
    assert mirror.fetch(remote(upstream)).head == ids[1]
    assert not canary.exists()


@pytest.mark.parametrize(
    ("url", "branch", "code"),
    [
        ("ext::sh -c touch% {canary}", "main", GitErrorCode.BAD_URL),
        ("--upload-pack=touch {canary}", "main", GitErrorCode.BAD_URL),
        ("ssh://-oProxyCommand=touch%20{canary}/x", "main", GitErrorCode.BAD_URL),
        ("-oProxyCommand=touch {canary}:x", "main", GitErrorCode.BAD_URL),
        ("{upstream}", "--upload-pack=touch {canary}", GitErrorCode.BAD_NAME),
        ("{upstream}", "main --upload-pack=touch {canary}", GitErrorCode.BAD_NAME),
        ("{upstream}", "$(touch {canary})", GitErrorCode.BAD_NAME),
        ("{upstream}", "`touch${{IFS}}{canary}`", GitErrorCode.NO_BRANCH),
        ("{upstream};touch {canary}", "main", GitErrorCode.NOT_FOUND),
        ("{upstream}';touch '{canary}", "main", GitErrorCode.NOT_FOUND),
    ],
)
def test_no_address_and_no_branch_runs_a_command(upstream, mirror, url, branch, code):
    build(upstream, [{"a": "1"}])
    canary = upstream.parent / "canary"
    error = refused(
        mirror,
        Remote(
            url=url.format(canary=canary, upstream=upstream), branch=branch.format(canary=canary, upstream=upstream)
        ),
    )
    assert error.code is code
    assert not canary.exists()


def test_git_itself_would_refuse_a_helper_that_slipped_through(tmp_path):
    canary = tmp_path / "canary"
    finished = run_git(["ls-remote", "--", f"ext::sh -c touch% {canary}"], git_dir=None, timeout=10)
    assert finished.code != 0
    assert "not allowed" in finished.stderr
    assert not canary.exists()


def test_output_past_its_bound_ends_git(upstream):
    ids = build(upstream, [{"a": "x" * 1_000_000}])
    with pytest.raises(GitError) as error:
        run_git(["cat-file", "-p", f"{ids[0]}:a"], git_dir=upstream, timeout=10, max_output=100_000)
    assert error.value.code is GitErrorCode.TOO_LARGE


def test_a_machine_without_git_is_told_so(upstream, mirror, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(mirror, remote(upstream))
    assert error.code is GitErrorCode.FAILED
    assert "not installed" in error.detail


def test_a_mirror_that_is_no_repository_any_more_is_told(upstream, mirror):
    ids = build(upstream, [{"a": "1"}])
    mirror.fetch(remote(upstream))
    (mirror.path / "HEAD").unlink()
    with pytest.raises(GitError) as error:
        mirror.tree(ids[0])
    for told in (error.value, refused(mirror, remote(upstream))):
        assert told.code is GitErrorCode.CORRUPT
        assert told.data["path"] == str(mirror.path)
