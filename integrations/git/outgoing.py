"""Commits that the console makes: built without a work tree in a repository of their own, and pushed by git.

The repository borrows the mirror's objects and never writes to it. The same base, files, people, time and message
give the same commit, so that whatever was begun by a process that died can simply be done again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, SortMode

from integrations.core.tree import parts_of
from integrations.git.address import check_branch
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.failures import failure, redacted
from integrations.git.history import CommitInfo, describe
from integrations.git.process import Finished, run_git
from integrations.git.remote import Remote, Way, trusting, way_to
from integrations.git.tree import find_commit, open_repository

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f<>\u2028\u2029]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WRITABLE = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE}
_PROTECTED = re.compile(r"protected branch|GH006|GL-HOOK-ERR|not allowed to (?:force )?push|pre-receive hook declined")
_MOVED = re.compile(r"stale info|\(fetch first\)|\(non-fast-forward\)|cannot lock ref|failed to update ref")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a commit names. What Git's form does not allow in a name or an address is left out."""

    name: str
    email: str

    def signature(self, at: datetime) -> pygit2.Signature:
        name = _UNWANTED.sub(" ", self.name).strip(" .,:;\"'") or "unknown"
        email = _UNWANTED.sub("", self.email).strip() or "unknown"
        return pygit2.Signature(name, email, int(at.timestamp()), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One commit. `files` maps a path to its new text, or to None for a file that goes; nothing else is touched."""

    parents: Sequence[str]
    files: Mapping[str, str | None]
    author: Identity
    committer: Identity
    at: datetime
    message: str


class Outgoing:
    """The repository in the folder `path`, made when it is first needed; `remove` it when all is pushed."""

    def __init__(self, path: Path, *, borrow: Path, timeout: float) -> None:
        """`borrow`: the bare repository whose objects are used. `timeout`: seconds for each git process."""
        self.path = path.absolute()
        self._borrow = borrow.absolute()
        self._timeout = timeout

    def commit(self, wanted: Wanted) -> str:
        """Makes the commit on top of the first parent's tree; its id.

        Raises GitError(UNKNOWN_REVISION) for a parent that is not there, and GitError(UNKNOWN_FILE) for a path at
        which no regular file can stand, or from which none can be taken.
        """
        repository = self._open()
        tree = find_commit(repository, wanted.parents[0]).tree
        root = _written(repository, tree, {_parts(path): text for path, text in wanted.files.items()})
        return self.commit_tree(wanted, str(root))

    def commit_tree(self, wanted: Wanted, tree: str) -> str:
        """The same with a whole tree instead of the files."""
        repository = self._open()
        made = repository.create_commit(
            None,
            wanted.author.signature(wanted.at),
            wanted.committer.signature(wanted.at),
            wanted.message,
            pygit2.Oid(hex=tree),
            [find_commit(repository, parent).id for parent in wanted.parents],
        )
        return str(made)

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge of two commits; None where they conflict."""
        repository = self._open()
        index = repository.merge_commits(find_commit(repository, ours), find_commit(repository, theirs))
        return None if index.conflicts else str(index.write_tree(repository))

    def heads(self, remote: Remote, branches: Sequence[str]) -> dict[str, str]:
        """Where these branches of the remote end; those that it does not have are left out. Raises GitError."""
        way = way_to(remote)
        names = [f"refs/heads/{check_branch(branch)}" for branch in branches]
        finished = self._git(["ls-remote", "--heads", "--", way.url, *names], way)
        if finished.code != 0:
            raise failure(finished.stderr, url=way.url, secrets=way.secrets)
        found: dict[str, str] = {}
        for line in finished.stdout.decode(errors="replace").splitlines():
            commit, _, name = line.partition("\t")
            if name in names and _COMMIT.fullmatch(commit):
                found[name.removeprefix("refs/heads/")] = commit
        return found

    def fetch(self, remote: Remote, branches: Sequence[str]) -> dict[str, str]:
        """Brings over the branches that the remote has, and says where they end. Raises GitError."""
        found = self.heads(remote, branches)
        if found:
            way = way_to(remote)
            options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
            names = [f"+refs/heads/{branch}:refs/heads/{branch}" for branch in found]
            finished = self._git(["fetch", *options, "--", way.url, *names], way)
            if finished.code != 0:
                raise failure(finished.stderr, url=way.url, secrets=way.secrets)
        return found

    def between(self, base: str, head: str) -> list[CommitInfo]:
        """The commits of `head` that `base` does not have, oldest first."""
        repository = self._open()
        walker = repository.walk(find_commit(repository, head).id, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        walker.hide(find_commit(repository, base).id)
        return [describe(repository, str(commit.id)) for commit in walker]

    def parents(self, commit: str) -> tuple[str, ...]:
        return tuple(str(parent) for parent in find_commit(self._open(), commit).parent_ids)

    def merge_of(self, head: str, base: str) -> str:
        """The commit by which `head` came into the first-parent line of `base`; `head` itself where it lies on it."""
        repository = self._open()
        commit, wanted = find_commit(repository, base), find_commit(repository, head).id
        while commit.id != wanted and commit.parents:
            first = commit.parents[0]
            if first.id != wanted and not repository.descendant_of(first.id, wanted):
                break
            commit = first
        return str(commit.id)

    def is_ancestor(self, old: str, new: str) -> bool:
        return old == new or self._open().descendant_of(new, old)

    def push(self, remote: Remote, branch: str, commit: str | None, *, expected: str | None) -> None:
        """Moves the remote's branch from `expected` (None: it is not there) to `commit` (None: away with it).

        Raises GitError: MOVED when the branch is not at `expected`, REFUSED when the remote's rules do not take it.
        """
        way = way_to(remote)
        name = f"refs/heads/{check_branch(branch)}"
        for one in (commit, expected):
            if one is not None and not _COMMIT.fullmatch(one):
                raise GitError(GitErrorCode.UNKNOWN_REVISION, f"{one[:60]!a} is no id of a commit.")
        # The lease compares on the other side: whoever pushed in between is not overwritten.
        arguments = ["push", "--quiet", "--no-verify", "--porcelain", f"--force-with-lease={name}:{expected or ''}"]
        finished = self._git([*arguments, "--", way.url, f"{commit or ''}:{name}"], way)
        if finished.code != 0:
            raise _refused(finished, way, branch)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _git(self, arguments: Sequence[str], way: Way) -> Finished:
        self._open()
        extra = way.extra | trusting(way, self.path)
        return run_git(arguments, git_dir=self.path, timeout=self._timeout, extra=extra, config=way.config)

    def _open(self) -> pygit2.Repository:
        # Whether it is whole is told by the last file that is written: a process may have died midway.
        borrowed = self.path / "objects" / "info" / "alternates"
        if not borrowed.exists():
            if not self._borrow.exists():
                raise GitError(GitErrorCode.UNKNOWN_REVISION, "The repository was not fetched yet.")
            pygit2.init_repository(str(self.path), bare=True, template_path=None)
            borrowed.parent.mkdir(parents=True, exist_ok=True)
            beside = borrowed.with_name("alternates.new")
            beside.write_text(f"{self._borrow / 'objects'}\n", encoding="utf-8")
            beside.rename(borrowed)
        return open_repository(self.path)


def _parts(path: str) -> tuple[str, ...]:
    parts = parts_of(path)
    if not parts or any(part.lower().rstrip(". ") == ".git" or _UNWANTED.search(part) for part in parts):
        raise _no_file(path)
    return parts


def _written(
    repository: pygit2.Repository, tree: pygit2.Tree | None, files: Mapping[tuple[str, ...], str | None]
) -> pygit2.Oid:
    """The tree with the files in it; only the folders along their paths are written anew."""
    builder = repository.TreeBuilder(tree) if tree is not None else repository.TreeBuilder()
    below: dict[str, dict[tuple[str, ...], str | None]] = {}
    for parts, text in files.items():
        if len(parts) > 1:
            below.setdefault(parts[0], {})[parts[1:]] = text
            continue
        known = _known(builder, parts[0])
        if known is not None and known.filemode not in _WRITABLE:
            raise _no_file(parts[0])
        if text is not None:
            mode = FileMode(known.filemode) if known is not None else FileMode.BLOB
            builder.insert(parts[0], repository.create_blob(text.encode()), mode)
        elif known is None:
            raise _no_file(parts[0])
        else:
            builder.remove(parts[0])
    for name, inner in below.items():
        known = _known(builder, name)
        if known is not None and not isinstance(known, pygit2.Tree):
            raise _no_file(name)
        written = _written(repository, known, inner)
        if len(repository[written].peel(pygit2.Tree)):
            builder.insert(name, written, FileMode.TREE)
        elif known is not None:
            builder.remove(name)
    return builder.write()


def _known(builder: pygit2.TreeBuilder, name: str) -> pygit2.Object | None:
    found: pygit2.Object | None = builder.get(name)  # the library's types leave out None
    return found


def _no_file(path: str) -> GitError:
    return GitError(GitErrorCode.UNKNOWN_FILE, f"No file can be changed at {path[:200]!a}.")


def _refused(finished: Finished, way: Way, branch: str) -> GitError:
    said = redacted(finished.stderr + finished.stdout.decode(errors="replace"), way.secrets)
    data = {"url": way.url, "branch": branch, "git": said[-500:]}
    if _PROTECTED.search(said):
        return GitError(GitErrorCode.REFUSED, f"The rules of {way.url} do not let {branch} be pushed.", data=data)
    if _MOVED.search(said):
        return GitError(GitErrorCode.MOVED, f"The branch {branch} has moved at {way.url}.", data=data)
    if "[remote rejected]" in said or "! " in said:
        return GitError(GitErrorCode.REFUSED, f"{way.url} did not take the branch {branch}.", data=data)
    return failure(finished.stderr, url=way.url, secrets=way.secrets)
