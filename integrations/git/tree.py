"""The files of one commit, read from a mirror by pygit2. Nothing is written to disk and no filter is run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pygit2
from pygit2.enums import ConfigLevel, FileMode

from integrations.core.tree import Entry, Kind, MissingFile, parts_of
from integrations.git.errors import GitError, GitErrorCode

_KINDS = {FileMode.LINK: Kind.SYMLINK, FileMode.COMMIT: Kind.SUBMODULE, FileMode.BLOB_EXECUTABLE: Kind.EXECUTABLE}


KEPT_FOLDERS = 256  # trees that one CommitTree remembers


def open_repository(path: Path) -> pygit2.Repository:
    """The repository at the path, without this machine's or user's Git configuration. Raises GitError(CORRUPT).

    Opening takes 0.15 ms, so each use opens its own: a pygit2 repository is not safe to share between threads.
    """
    for level in (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        if pygit2.settings.search_path[level]:
            pygit2.settings.search_path[level] = ""
    try:
        return pygit2.Repository(str(path))
    except pygit2.GitError as error:
        raise GitError(
            GitErrorCode.CORRUPT,
            "The mirror of the repository cannot be opened; remove its folder and it is fetched anew.",
            data={"path": str(path)},
        ) from error


class CommitTree:
    """The tree at one commit (see core.tree.Tree). Not to be shared between threads; making one costs little."""

    def __init__(self, repository: pygit2.Repository, commit: str) -> None:
        """`commit` is a full id. Raises GitError(UNKNOWN_REVISION)."""
        self._repository = repository
        self._commit = commit
        self._root = find_commit(repository, commit).tree
        self._folders: dict[str, pygit2.Tree] = {}

    @property
    def commit(self) -> str:
        return self._commit

    def entries(self, under: str = "") -> Iterator[Entry]:
        folder = self._folder(under)
        if folder is None:
            return
        # A stack and not recursion: a hostile tree can be deeper than Python's stack.
        stack = [(f"{under}/" if under else "", iter(folder))]
        while stack:
            prefix, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
            elif child.filemode == FileMode.TREE:
                stack.append((f"{prefix}{_name(child)}/", iter(cast("pygit2.Tree", child))))
            else:
                yield self._entry(f"{prefix}{_name(child)}", child)

    def folders(self, under: str) -> Sequence[str]:
        folder = self._folder(under)
        return [] if folder is None else sorted(_name(child) for child in folder if child.filemode == FileMode.TREE)

    def entry(self, path: str) -> Entry | None:
        found = self._find(path)
        return None if found is None or found.filemode == FileMode.TREE else self._entry(path, found)

    def read(self, path: str) -> bytes:
        found = self._find(path)
        if found is None or found.filemode in {FileMode.TREE, FileMode.LINK, FileMode.COMMIT}:
            raise MissingFile(path)
        return cast("pygit2.Blob", found).data

    def _find(self, path: str) -> pygit2.Object | None:
        if not parts_of(path):
            return None
        under, _, name = path.rpartition("/")
        folder = self._folder(under)
        try:
            return None if folder is None else folder[name]
        except KeyError:
            return None

    def _folder(self, under: str) -> pygit2.Tree | None:
        """The folder's own tree. libgit2 parses a large tree anew at each look-up, so those met last are kept."""
        parts = parts_of(under)
        if parts is None:
            return None
        folder, path = self._root, ""
        for part in parts:
            path = f"{path}/{part}" if path else part
            known = self._folders.get(path)
            if known is None:
                known = _subfolder(folder, part)
                if known is None:
                    return None
                if len(self._folders) >= KEPT_FOLDERS:
                    self._folders.clear()
                self._folders[path] = known
            folder = known
        return folder

    def _entry(self, path: str, found: pygit2.Object) -> Entry:
        kind = _KINDS.get(FileMode(found.filemode or 0), Kind.FILE)
        size = 0 if kind is Kind.SUBMODULE else self._repository.odb.read_header(found.id)[1]
        return Entry(path=path, blob=str(found.id), size=size, kind=kind)


def _subfolder(folder: pygit2.Tree, name: str) -> pygit2.Tree | None:
    try:
        found = folder[name]
    except KeyError:
        return None
    return cast("pygit2.Tree", found) if found.filemode == FileMode.TREE else None


def find_commit(repository: pygit2.Repository, commit: str) -> pygit2.Commit:
    """The commit with this full id. Raises GitError(UNKNOWN_REVISION)."""
    try:
        found = repository[commit] if len(commit) == 40 else None  # noqa: PLR2004 - a SHA-1 in hexadecimal
    except (KeyError, ValueError):
        found = None
    if not isinstance(found, pygit2.Commit):
        raise GitError(
            GitErrorCode.UNKNOWN_REVISION,
            f"The repository has no commit {commit[:60]!a}.",
            data={"revision": ascii(commit[:60])},
        )
    return found


def _name(child: pygit2.Object) -> str:
    return (child.raw_name or b"").decode(errors="surrogateescape")
