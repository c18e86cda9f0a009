"""A tree with some files written anew: what a commit would hold, before it is one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from integrations.core.tree import Entry, Kind, MissingFile, Tree, parts_of


class OverlaidTree:
    """`base` with `files` laid over it (see core.tree.Tree): path → content, or None where the file is taken away.

    As in Git, a file that is written where a folder stood takes the folder's place, and folders without a file are
    none. Only regular files can be laid over. Raises ValueError for a path that can name nothing in a tree.
    """

    def __init__(self, base: Tree, files: Mapping[str, bytes | None]) -> None:
        bad = [path for path in files if not parts_of(path)]
        if bad:
            raise ValueError(f"{bad[0]!a} names no file of a tree")
        self._base = base
        self._files = dict(files)
        written = {path for path, content in files.items() if content is not None}
        # What a written file hides: the file at its own path, and a file that stands where its folder must be.
        self._above = {above for path in written for above in _folders_of(path)}

    @property
    def commit(self) -> str:
        """The base's: no commit holds this tree."""
        return self._base.commit

    def entries(self, under: str = "") -> Iterator[Entry]:
        written = {
            path: content
            for path, content in self._files.items()
            if content is not None and (not under or path.startswith(f"{under}/"))
        }
        found = {path: _entry(path, content) for path, content in written.items()}
        for entry in self._base.entries(under):
            if not self._is_hidden(entry.path):
                found[entry.path] = entry
        yield from sorted(found.values(), key=lambda entry: entry.path.encode(errors="surrogateescape"))

    def folders(self, under: str) -> Sequence[str]:
        if under and self._is_file(under):
            return []
        prefix = f"{under}/" if under else ""
        names = {above[len(prefix) :].partition("/")[0] for above in self._above if above.startswith(prefix)}
        # nosemgrep: path-prefix -- the prefix ends with a slash or is empty
        touched = {path[len(prefix) :].partition("/")[0] for path in self._files if path.startswith(prefix)}
        for name in self._base.folders(under):
            if name not in touched or next(iter(self.entries(f"{prefix}{name}")), None) is not None:
                names.add(name)
        return sorted(names)

    def entry(self, path: str) -> Entry | None:
        if path in self._files:
            content = self._files[path]
            return None if content is None else _entry(path, content)
        return None if self._is_hidden(path) else self._base.entry(path)

    def read(self, path: str) -> bytes:
        content = self._files.get(path)
        if content is not None:
            return content
        if self._is_hidden(path):
            raise MissingFile(path)
        return self._base.read(path)

    def _is_hidden(self, path: str) -> bool:
        return path in self._files or path in self._above or self._is_file(path)

    def _is_file(self, path: str) -> bool:
        """Whether a written file stands at the path, or where a folder on the way to it would be."""
        return any(self._files.get(name) is not None for name in (path, *_folders_of(path)))


def _entry(path: str, content: bytes) -> Entry:
    return Entry(path=path, blob=blob_id(content), size=len(content), kind=Kind.FILE)


def blob_id(content: bytes) -> str:
    """Git's object id of a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
