"""What a branch of the console's own forge really holds, whoever pushed to it: a review shows what would be merged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from integrations.core.tree import MissingFile
from integrations.forges.errors import ForgeError, ForgeErrorCode
from integrations.forges.local import Place
from integrations.git.history import CommitInfo, changes
from integrations.git.tree import CommitTree, find_commit, open_repository

_LARGEST = 1 << 20  # bytes of a file
_MOST_FILES = 200
_NO_TEXT = "\0"  # no text has it
_CO_AUTHOR = re.compile(r"^co-authored-by:.*<([^<>\n]*)>", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchFiles:
    """`texts`: path → text before and after, None where there is no file. `unreadable`: paths of what is no text.

    `people`: addresses of all whom its commits name, in lower case.
    """

    head: str
    texts: dict[str, tuple[str | None, str | None]]
    unreadable: tuple[str, ...]
    people: frozenset[str]


def branch_files(place: Place, *, base_branch: str, head_branch: str) -> BranchFiles:
    """All that the branch changes since it left the base. Raises ForgeError."""
    with place.desk() as desk:
        ends = desk.fetch(place.remote, [base_branch, head_branch])
        base, head = ends.get(base_branch), ends.get(head_branch)
        if not base or not head:
            raise ForgeError(ForgeErrorCode.NOT_FOUND, "The branch of the change is gone.")
        repository = open_repository(desk.path)
        fork = repository.merge_base(find_commit(repository, base).id, find_commit(repository, head).id)
        old = None if fork is None else str(fork)
        people = {address.lower() for one in desk.between(base, head) for address in _named_by(one)}
        found = changes(repository, old, head)
        texts: dict[str, tuple[str | None, str | None]] = {}
        unreadable = [_shown(change.path) for change in found[_MOST_FILES:]]
        trees = (None if old is None else CommitTree(repository, old), CommitTree(repository, head))
        for change in found[:_MOST_FILES]:
            sides = [None if tree is None else _text(tree, change.path) for tree in trees]
            if _shown(change.path) != change.path or _NO_TEXT in sides:
                unreadable.append(_shown(change.path))
            else:
                texts[change.path] = (sides[0], sides[1])
    return BranchFiles(head=head, texts=texts, unreadable=tuple(unreadable), people=frozenset(people))


def _named_by(commit: CommitInfo) -> Iterator[str]:
    yield commit.author_email
    yield commit.committer_email
    yield from _CO_AUTHOR.findall(commit.body)


def _text(tree: CommitTree, path: str) -> str | None:
    try:
        content = tree.read(path)
    except MissingFile:
        return None
    if len(content) > _LARGEST or b"\0" in content:
        return _NO_TEXT
    try:
        return content.decode()
    except UnicodeDecodeError:
        return _NO_TEXT


def _shown(path: str) -> str:
    return path.encode(errors="surrogateescape").decode(errors="replace")
