"""A bare mirror of one branch of a config repository, and what is read from it.

The branch moves only when git has taken and checked every object of it; until then, and when anything fails, the
mirror answers as before. A commit that a rewritten branch no longer holds stays readable under refs/glasshouse/kept/.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pygit2

from integrations.git import history
from integrations.git.address import check_branch
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.failures import failure
from integrations.git.history import Change, CommitInfo
from integrations.git.process import Finished, run_git
from integrations.git.remote import Remote, Way, trusting, way_to
from integrations.git.tree import CommitTree, find_commit, open_repository

__all__ = ["Change", "CommitInfo", "Fetched", "Mirror", "Remote"]

GIBIBYTE = 1024**3
READ_TIMEOUT = 30.0  # seconds for a log or a blame
INCOMING = "refs/glasshouse/incoming"
KEPT = "refs/glasshouse/kept"
MAX_LISTED = 20

_ABBREVIATED = re.compile(r"[0-9a-fA-F]{4,40}")
_SUFFIXED = re.compile(r"(?P<name>.+?)(?P<suffix>(?:~\d{0,5}|\^\d?)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """`head` is the branch's commit now, `previous` the mirror's before this fetch (None at first).

    `is_rewritten`: `head` does not descend from `previous`. `is_new`: they differ. Neither says what was *activated*:
    a process may have died between a fetch and its activation.
    """

    head: str
    previous: str | None
    is_rewritten: bool
    is_new: bool


class Mirror:
    """The mirror in the folder `path`, made by the first fetch. Any thread or process may read beside a fetch."""

    def __init__(self, path: Path, *, timeout: float = 120, max_bytes: int = 2 * GIBIBYTE) -> None:
        """`timeout`: seconds for a whole fetch, waiting for another included. `max_bytes`: of the mirror on disk."""
        self.path = path.absolute()
        self._timeout = timeout
        self._max_bytes = max_bytes

    def fetch(self, remote: Remote) -> Fetched:
        """Bring the branch up to date. Raises GitError; the mirror then answers as before."""
        way = way_to(remote)
        deadline = time.monotonic() + self._timeout
        with self._locked(deadline) as lock:
            self._make()
            refspec = f"+refs/heads/{way.branch}:{INCOMING}"
            options = [
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--no-auto-maintenance",
                "--no-recurse-submodules",
            ]
            arguments = ["fetch", *options, "--", way.url, refspec]
            finished = self._ask(arguments, way, deadline, lock)
            if finished.code != 0 and ".lock': File exists" in finished.stderr:
                self._sweep()
                finished = self._ask(arguments, way, deadline, lock)
            if finished.code != 0:
                raise self._failure(finished, way, deadline, lock)
            return self._advance(way)

    def maintain(self) -> None:
        """Repack, and remove what killed processes left behind. Meant for a daily task. Raises GitError."""
        deadline = time.monotonic() + self._timeout
        with self._locked(deadline) as lock:
            if not self.path.exists():
                return
            self._sweep()
            finished = run_git(
                ["gc", "--quiet", "--prune=2.weeks.ago"],
                git_dir=self.path,
                timeout=max(1.0, deadline - time.monotonic()),
                inherit=[lock],
            )
            if finished.code != 0:
                raise GitError(GitErrorCode.FAILED, "Git could not repack the mirror.", data={"git": finished.stderr})

    def head(self, branch: str) -> str | None:
        """The branch's commit as of the last good fetch; None before one."""
        name = check_branch(branch)
        return None if not self.path.exists() else _target(open_repository(self.path), f"refs/heads/{name}")

    def resolve(self, revision: str) -> str:
        """The full id for an id, whole or abbreviated (from 4 digits), a branch, a tag or HEAD, with ~n or ^ after it.

        Raises GitError(UNKNOWN_REVISION), for an ambiguous abbreviation too.
        """
        repository = self._open()
        matched = _SUFFIXED.fullmatch(revision) if len(revision) <= 300 else None  # noqa: PLR2004
        found = _named(repository, matched["name"]) if matched else None
        if matched is None or found is None:
            raise _unknown(revision)
        try:
            return str(repository.revparse_single(f"{found}{matched['suffix']}^{{commit}}").id)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise _unknown(revision) from error

    def tree(self, commit: str) -> CommitTree:
        """The files at the commit (full id). Raises GitError(UNKNOWN_REVISION)."""
        return CommitTree(self._open(), commit)

    def commit(self, commit: str) -> CommitInfo:
        """What the commit (full id) says of itself. Raises GitError(UNKNOWN_REVISION)."""
        return history.describe(self._open(), commit)

    def log(
        self,
        start: str,
        *,
        paths: Sequence[str] = (),
        limit: int,
        first_parent: bool = True,
        until: str | None = None,
    ) -> list[CommitInfo]:
        """See history.log."""
        self._open()
        return history.log(
            self.path, start, paths=paths, limit=limit, first_parent=first_parent, until=until, timeout=READ_TIMEOUT
        )

    def changes(self, old: str | None, new: str) -> list[Change]:
        """See history.changes."""
        return history.changes(self._open(), old, new)

    def blame(self, commit: str, path: str, line: int) -> CommitInfo:
        """The commit that last set the 1-based line. Raises GitError(UNKNOWN_REVISION, UNKNOWN_FILE, UNKNOWN_LINE)."""
        found = self.blame_lines(commit, path, [line])
        if line not in found:
            raise GitError(GitErrorCode.UNKNOWN_LINE, f"The file {path[:200]!a} has no line {line} at this commit.")
        return found[line]

    def blame_lines(self, commit: str, path: str, lines: Collection[int]) -> dict[int, CommitInfo]:
        """See history.blame_lines."""
        self._open()
        return history.blame_lines(self.path, commit, path, lines, timeout=READ_TIMEOUT)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` is `old` or descends from it. Raises GitError(UNKNOWN_REVISION)."""
        repository = self._open()
        return _descends(repository, str(find_commit(repository, new).id), str(find_commit(repository, old).id))

    def _open(self) -> pygit2.Repository:
        if not self.path.exists():
            raise GitError(GitErrorCode.UNKNOWN_REVISION, "The repository was not fetched yet.")
        return open_repository(self.path)

    @contextmanager
    def _locked(self, deadline: float) -> Iterator[int]:
        """One writer at a time. git inherits the lock, so that one whose console was killed still counts."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _try_lock(lock):
                if time.monotonic() > deadline:
                    raise GitError(GitErrorCode.BUSY, "Another fetch of this repository is still running.")
                time.sleep(0.02)
            yield lock
        finally:
            os.close(lock)

    def _make(self) -> None:
        if self.path.exists():
            open_repository(self.path)  # or git would call the remote missing
            return
        # Made beside and moved into place: a half-made mirror would be taken for a broken one.
        beside = self.path.with_name(self.path.name + ".new")
        shutil.rmtree(beside, ignore_errors=True)
        pygit2.init_repository(str(beside), bare=True, template_path=None)
        beside.rename(self.path)

    def _ask(self, arguments: Sequence[str], way: Way, deadline: float, lock: int) -> Finished:
        extra = way.extra | trusting(way, self.path)
        try:
            return run_git(
                arguments,
                git_dir=self.path,
                timeout=max(1.0, deadline - time.monotonic()),
                extra=extra,
                config=way.config,
                watch=self._watch(way),
                inherit=[lock],
            )
        except GitError:
            self._sweep()  # git was killed
            raise

    def _watch(self, way: Way) -> Callable[[], None]:
        def check() -> None:
            if _size(self.path) > self._max_bytes:
                raise GitError(
                    GitErrorCode.TOO_LARGE,
                    f"The repository at {way.url} is larger than {self._max_bytes} bytes.",
                    data={"url": way.url, "limit": str(self._max_bytes)},
                )

        return check

    def _failure(self, finished: Finished, way: Way, deadline: float, lock: int) -> GitError:
        if "couldn't find remote ref" not in finished.stderr:
            return failure(finished.stderr, url=way.url, secrets=way.secrets)
        listed = self._ask(["ls-remote", "--heads", "--", way.url], way, deadline, lock)
        names = [line.rpartition("refs/heads/")[2] for line in listed.stdout.decode(errors="replace").splitlines()]
        if listed.code == 0 and not names:
            return GitError(GitErrorCode.EMPTY, f"The repository at {way.url} has no commit.", data={"url": way.url})
        return GitError(
            GitErrorCode.NO_BRANCH,
            f"The repository at {way.url} has no branch {way.branch}.",
            data={"url": way.url, "branch": way.branch, "branches": ", ".join(sorted(names)[:MAX_LISTED])},
        )

    def _advance(self, way: Way) -> Fetched:
        repository = open_repository(self.path)
        head = _target(repository, INCOMING)
        name = f"refs/heads/{way.branch}"
        previous = _target(repository, name)
        if head is None or not isinstance(repository[head], pygit2.Commit):
            raise GitError(GitErrorCode.CORRUPT, f"The branch {way.branch} at {way.url} is no commit.")
        if head == previous:
            return Fetched(head=head, previous=previous, is_rewritten=False, is_new=False)
        self._watch(way)()
        is_rewritten = previous is not None and not _descends(repository, head, previous)
        if previous is not None and is_rewritten:
            repository.references.create(f"{KEPT}/{previous}", previous, force=True)
        _make_room(repository, way.branch)
        repository.references.create(name, head, force=True)
        repository.set_head(name)
        return Fetched(head=head, previous=previous, is_rewritten=is_rewritten, is_new=True)

    def _sweep(self) -> None:
        """Remove lock files and half-written packs. Only while holding the lock: nobody else can be writing them."""
        for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/??/tmp_obj_*"):
            for left in self.path.glob(pattern):
                with suppress(FileNotFoundError):
                    left.unlink()
        for left in self.path.glob("objects/tmp_objdir-*"):
            shutil.rmtree(left, ignore_errors=True)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _target(repository: pygit2.Repository, name: str) -> str | None:
    reference = repository.references.get(name)
    return None if reference is None else str(reference.target)


def _descends(repository: pygit2.Repository, new: str, old: str) -> bool:
    return new == old or repository.descendant_of(new, old)


def _make_room(repository: pygit2.Repository, branch: str) -> None:
    """Branches `a` and `a/b` cannot stand together; the one that the remote no longer has is kept by its commit."""
    for name in list(repository.references):
        other = name.removeprefix("refs/heads/")
        if other != name and (branch.startswith(f"{other}/") or other.startswith(f"{branch}/")):
            target = _target(repository, name)
            if target is not None:
                repository.references.create(f"{KEPT}/{target}", target, force=True)
            repository.references.delete(name)


def _named(repository: pygit2.Repository, name: str) -> str | None:
    if _ABBREVIATED.fullmatch(name):
        with suppress(KeyError, ValueError):
            found = repository.revparse_single(f"{name.lower()}^{{commit}}")
            if str(found.id).startswith(name.lower()):  # and not a branch of that name, which revparse looks for too
                return str(found.id)
    if name == "HEAD":
        return None if repository.head_is_unborn else str(repository.head.target)
    try:
        check_branch(name)
    except GitError:
        return None
    return _target(repository, f"refs/heads/{name}") or _target(repository, f"refs/tags/{name}")


def _unknown(revision: str) -> GitError:
    shown = ascii(revision[:60])
    return GitError(GitErrorCode.UNKNOWN_REVISION, f"There is no commit {shown}.", data={"revision": shown})


def _size(folder: Path) -> int:
    """Bytes of all files below the folder, as they come and go."""
    total, pending = 0, [os.fspath(folder)]
    while pending:
        with suppress(FileNotFoundError), os.scandir(pending.pop()) as found:
            for child in found:
                if child.is_dir(follow_symlinks=False):
                    pending.append(child.path)
                else:
                    with suppress(FileNotFoundError):
                        total += child.stat(follow_symlinks=False).st_size
    return total
