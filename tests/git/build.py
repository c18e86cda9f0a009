"""Real repositories for tests: numbered steps become commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

FIRST_COMMIT_AT = 1_735_722_000  # 2025-01-01 09:00 UTC
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Symlink:
    target: str


@dataclass(frozen=True, slots=True)
class Executable:
    content: str


@dataclass(frozen=True, slots=True)
class Submodule:
    commit: str


Content = str | bytes | None | Symlink | Executable | Submodule


def build(
    path: Path,
    commits: Sequence[Mapping[str, Content]],
    *,
    branch: str = "main",
    author: str = "Dana Reyes",
    email: str = "dana@example.com",
    messages: Sequence[str] = (),
) -> list[str]:
    """Create the bare repository at `path`, or extend it, with one commit per mapping; return their ids, oldest first.

    Each mapping gives path → whole content, or None to delete the file. Commit n of the branch is dated n hours
    after FIRST_COMMIT_AT, so that the same steps give the same ids. `messages` names the first commits; the rest say
    "Step n".
    """
    repository = pygit2.Repository(str(path)) if path.exists() else pygit2.init_repository(str(path), bare=True)
    repository.set_head(f"refs/heads/{branch}")
    made: list[str] = []
    for number, changes in enumerate(commits):
        parents = _parents(repository, branch)
        step = _depth(repository, parents)
        index = pygit2.Index()
        if parents:
            index.read_tree(repository[parents[0]].peel(pygit2.Tree))
        for name, content in changes.items():
            _put(repository, index, name, content)
        when = pygit2.Signature(author, email, FIRST_COMMIT_AT + step * HOUR, 0)
        message = messages[number] if number < len(messages) else f"Step {step + 1}"
        tree = index.write_tree(repository)
        made.append(str(repository.create_commit(f"refs/heads/{branch}", when, when, message, tree, parents)))
    return made


def rewind(path: Path, commit: str, *, branch: str = "main") -> None:
    """Point the branch at an older commit, as `git push --force` would."""
    pygit2.Repository(str(path)).references.create(f"refs/heads/{branch}", commit, force=True)


def _parents(repository: pygit2.Repository, branch: str) -> list[pygit2.Oid]:
    reference = repository.references.get(f"refs/heads/{branch}")
    return [] if reference is None else [reference.target]


def _depth(repository: pygit2.Repository, parents: list[pygit2.Oid]) -> int:
    return sum(1 for _ in repository.walk(parents[0])) if parents else 0


def _put(repository: pygit2.Repository, index: pygit2.Index, name: str, content: Content) -> None:
    match content:
        case None:
            index.remove(name)
            return
        case Symlink(target):
            blob, mode = repository.create_blob(target.encode()), FileMode.LINK
        case Submodule(commit):
            blob, mode = pygit2.Oid(hex=commit), FileMode.COMMIT
        case Executable(text):
            blob, mode = repository.create_blob(text.encode()), FileMode.BLOB_EXECUTABLE
        case str():
            blob, mode = repository.create_blob(content.encode()), FileMode.BLOB
        case bytes():
            blob, mode = repository.create_blob(content), FileMode.BLOB
    index.add(pygit2.IndexEntry(name, blob, mode))
