"""Who wrote a line: `git blame`, kept in the process because a commit's blame never changes."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from threading import Lock

from integrations.core.documents import Source
from integrations.git.errors import GitError
from integrations.git.history import CommitInfo
from integrations.queries.mirrors import mirror_of
from integrations.queries.reading import Reader

_MOST = 4096
_known: OrderedDict[tuple[int, str, Source], CommitInfo] = OrderedDict()
_lock = Lock()


def authorship(reader: Reader, sources: Iterable[Source]) -> dict[Source, CommitInfo]:
    """The commit that last touched each line, as of the reader's commit; one process per file not asked for before.

    A line that Git cannot tell about (a file that a mirror under repair lacks) is left out.
    """
    wanted = set(sources)
    found: dict[Source, CommitInfo] = {}
    missing: dict[str, set[int]] = defaultdict(set)
    with _lock:
        for source in wanted:
            known = _known.get((reader.repository.pk, reader.commit, source))
            if known is None:
                missing[source.file].add(source.line)
            else:
                found[source] = known
    mirror = mirror_of(reader.repository)
    for file, lines in missing.items():
        try:
            told = mirror.blame_lines(reader.commit, file, lines)
        except GitError:
            continue  # the page shows the address without its author
        found.update({Source(file=file, line=line): info for line, info in told.items()})
    with _lock:
        for source, info in found.items():
            _known[reader.repository.pk, reader.commit, source] = info
        while len(_known) > _MOST:
            _known.popitem(last=False)
    return found
