"""A tree of files, wherever it stands: a commit of a mirror, or a folder on disk.

Paths are relative, use "/", and never begin or end with it. A name that is not UTF-8 is given with its bytes
surrogate-escaped (PEP 383), so that whoever reads the tree can report it; `is_decodable` tells the two apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


class MissingFile(Exception):
    """The tree has no regular file at this path: nothing stands there, or a folder, symlink or submodule does."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a tree that is not a folder.

    `blob` is Git's object id of the content (of the target's name for a symlink, the commit for a submodule).
    `size` is in bytes; 0 for a submodule.
    """

    path: str
    blob: str
    size: int
    kind: Kind

    @property
    def is_regular(self) -> bool:
        return self.kind in {Kind.FILE, Kind.EXECUTABLE}

    @property
    def is_decodable(self) -> bool:
        """Whether the name is UTF-8."""
        return is_decodable(self.path)


class Tree(Protocol):
    """Reads of one state of the files. Nothing is loaded before it is asked for; symlinks are never followed."""

    @property
    def commit(self) -> str:
        """The full commit id; "" for a folder."""

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Everything below the folder `under` (the whole tree for ""), sorted by path as Git sorts (by bytes).

        Nothing when `under` is absent or no folder. No other folder is visited.
        """

    def folders(self, under: str) -> Sequence[str]:
        """The names of the direct subfolders of `under`, sorted; symlinks and submodules are none."""

    def entry(self, path: str) -> Entry | None:
        """What stands at the path; None for nothing and for a folder."""

    def read(self, path: str) -> bytes:
        """The content of the regular file at the path. Raises MissingFile."""


def is_decodable(path: str) -> bool:
    """Whether the path came from UTF-8 bytes, and not from others that had to be surrogate-escaped."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def parts_of(path: str) -> tuple[str, ...] | None:
    """The names along the path; () for ""; None when it cannot name anything in a tree ("..", "a//b", "/a", NUL)."""
    if not path:
        return ()
    parts = tuple(path.split("/"))
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        return None
    return parts
