"""A tree of files in memory, for tests that look at content and not at where it stands."""

import hashlib
from collections.abc import Iterator, Mapping

from integrations.core.tree import Entry, Kind, MissingFile


class MemoryTree:
    """See core.tree.Tree. A value that is a Kind stands for something that is no regular file."""

    commit = ""

    def __init__(self, files: Mapping[str, str | bytes | Kind]) -> None:
        self.files = {
            path: value.encode() if isinstance(value, str) and not isinstance(value, Kind) else value
            for path, value in files.items()
        }

    def entries(self, under: str = "") -> Iterator[Entry]:
        for path in sorted(self.files):
            if not under or path.startswith(f"{under}/"):
                yield self._entry(path)

    def folders(self, under: str) -> list[str]:
        start = f"{under}/" if under else ""
        rest = [path[len(start) :] for path in self.files if path.startswith(start)]
        return sorted({path.split("/")[0] for path in rest if "/" in path})

    def entry(self, path: str) -> Entry | None:
        return self._entry(path) if path in self.files else None

    def read(self, path: str) -> bytes:
        value = self.files.get(path)
        if not isinstance(value, bytes):
            raise MissingFile(path)
        return value

    def _entry(self, path: str) -> Entry:
        value = self.files[path]
        if isinstance(value, Kind):
            return Entry(path=path, blob="0" * 40, size=0, kind=value)
        return Entry(path=path, blob=hashlib.sha1(value).hexdigest(), size=len(value), kind=Kind.FILE)
