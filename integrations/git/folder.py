"""The files of a folder on disk, for checking a config repository before anything is committed."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from integrations.core.tree import Entry, Kind, MissingFile, parts_of

IGNORED = frozenset({".git", ".terraform"})
MAX_HASHED = 16 * 1024 * 1024


class FolderTree:
    """A folder as a core.tree.Tree. `.git` and `.terraform` are left out at any depth; symlinks are never followed.

    An entry's blob id is the one Git would give (no filter applied), worked out when the entry is reached; a file
    past MAX_HASHED bytes has "" instead, as none that large is ever read. Sockets, FIFOs and devices are left out, as
    Git leaves them out.
    """

    def __init__(self, root: Path) -> None:
        """Raises NotADirectoryError."""
        self._root = os.fspath(root.resolve())
        if not os.path.isdir(self._root):  # noqa: PTH112 - names are handled as the system gives them
            raise NotADirectoryError(os.fspath(root))

    @property
    def commit(self) -> str:
        return ""

    def entries(self, under: str = "") -> Iterator[Entry]:
        if not self._is_folder(under):
            return
        stack = [iter(self._children(under))]
        while stack:
            path = next(stack[-1], None)
            if path is None:
                stack.pop()
            elif path.endswith("/"):
                stack.append(iter(self._children(path[:-1])))
            elif found := self.entry(path):
                yield found

    def folders(self, under: str) -> Sequence[str]:
        if not self._is_folder(under):
            return []
        found = (path[:-1].rpartition("/")[2] for path in self._children(under) if path.endswith("/"))
        return sorted(found, key=os.fsencode)

    def entry(self, path: str) -> Entry | None:
        status = self._status(path)
        if status is None:
            return None
        if stat.S_ISLNK(status.st_mode):
            target = os.fsencode(os.readlink(self._full(path)))  # noqa: PTH115
            return Entry(path=path, blob=blob_id(target), size=len(target), kind=Kind.SYMLINK)
        if not stat.S_ISREG(status.st_mode):
            return None
        kind = Kind.EXECUTABLE if status.st_mode & stat.S_IXUSR else Kind.FILE
        blob = "" if status.st_size > MAX_HASHED else blob_id(self.read(path))
        return Entry(path=path, blob=blob, size=status.st_size, kind=kind)

    def read(self, path: str) -> bytes:
        parts = parts_of(path)
        if not parts or IGNORED.intersection(parts):
            raise MissingFile(path)
        # Each folder is opened by its own name below the one before, so that no symlink anywhere along the path is
        # followed, and without blocking, so that a FIFO cannot hold the reader.
        with ExitStack() as opened:
            try:
                place = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
                opened.callback(os.close, place)
                for part in parts[:-1]:
                    place = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
                    opened.callback(os.close, place)
                file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
                opened.callback(os.close, file)
            except OSError as error:
                raise MissingFile(path) from error
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise MissingFile(path)
            with os.fdopen(os.dup(file), "rb") as stream:
                return stream.read()

    def _children(self, under: str) -> list[str]:
        """Paths below the folder in Git's order, folders with a "/" at their end (which is how Git sorts them)."""
        prefix = f"{under}/" if under else ""
        with os.scandir(self._full(under)) as found:
            names = [
                prefix + child.name + ("/" if child.is_dir(follow_symlinks=False) else "")
                for child in found
                if child.name not in IGNORED
            ]
        return sorted(names, key=os.fsencode)

    def _is_folder(self, path: str) -> bool:
        if not path:
            return True
        status = self._status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def _status(self, path: str) -> os.stat_result | None:
        parts = parts_of(path)
        if not parts or IGNORED.intersection(parts):
            return None
        try:
            for depth in range(1, len(parts)):
                if not stat.S_ISDIR(os.lstat(self._full("/".join(parts[:depth]))).st_mode):
                    return None
            return os.lstat(self._full(path))
        except OSError:
            return None

    def _full(self, path: str) -> str:
        return os.path.join(self._root, path) if path else self._root  # noqa: PTH118


def blob_id(content: bytes) -> str:
    """The id that Git gives a blob with this content."""
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
