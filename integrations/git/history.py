"""Reads of a mirror's history: commits, logs, differences and blame. Commit ids are full ones throughout."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffOption, FileMode

from integrations.core.tree import parts_of
from integrations.git.errors import GitError, GitErrorCode
from integrations.git.process import run_git
from integrations.git.tree import CommitTree, find_commit, open_repository

MAX_RANGES = 500  # past this many separate ranges a blame of the whole file is cheaper
LATEST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())

_PULL_REQUEST = (
    re.compile(r"\(#(\d{1,9})\)\s*\Z"),
    re.compile(r"\AMerge pull request #(\d{1,9})\b"),
)
_MERGE_REQUEST = re.compile(r"^See merge request \S*!(\d{1,9})\s*$", re.MULTILINE)
_REVIEWED = re.compile(r"^(?:Reviewed|Approved)-by: *(.{1,300}?) *$", re.MULTILINE | re.IGNORECASE)
_BLAMED = re.compile(rb"([0-9a-f]{40}) \d+ (\d+)")


class Status(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"  # of content, mode or kind
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One path that differs between two commits. A renamed file is one deleted and one added."""

    path: str  # surrogate-escaped where it is not UTF-8
    status: Status
    old_blob: str | None  # None when added
    new_blob: str | None  # None when deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """A commit as people speak of it. Times are aware, in UTC."""

    id: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str
    authored_at: datetime
    committed_at: datetime
    subject: str
    body: str
    pull_request: int | None  # as the merge message of GitHub, Gitea or GitLab names it
    reviewed_by: tuple[str, ...]  # as the trailers `Reviewed-by` and `Approved-by` name them, usually `Name <address>`


def describe(repository: pygit2.Repository, commit: str) -> CommitInfo:
    """What the commit says of itself. Raises GitError(UNKNOWN_REVISION)."""
    found = find_commit(repository, commit)
    subject, _, body = found.raw_message.decode(errors="replace").strip().partition("\n")
    return CommitInfo(
        id=str(found.id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        author_name=found.author.raw_name.decode(errors="replace"),
        author_email=found.author.raw_email.decode(errors="replace"),
        committer_name=found.committer.raw_name.decode(errors="replace"),
        committer_email=found.committer.raw_email.decode(errors="replace"),
        authored_at=_moment(found.author.time),
        committed_at=_moment(found.committer.time),
        subject=subject.strip(),
        body=body.strip(),
        pull_request=pull_request_of(subject.strip(), body),
        reviewed_by=tuple(dict.fromkeys(_REVIEWED.findall(body))),
    )


def pull_request_of(subject: str, body: str) -> int | None:
    """The number in a merge message: "… (#41)", "Merge pull request #41 …", "See merge request a/b!41"."""
    for pattern in _PULL_REQUEST:
        if matched := pattern.search(subject):
            return int(matched[1])
    matched = _MERGE_REQUEST.search(body)
    return int(matched[1]) if matched else None


def log(
    path: Path,
    start: str,
    *,
    paths: Sequence[str] = (),
    limit: int,
    first_parent: bool = True,
    until: str | None = None,
    timeout: float,
) -> list[CommitInfo]:
    """At most `limit` commits from `start` back, newest first, those that touch any of `paths` where given.

    `until` and all before it are left out. `paths` are literal files or folders.
    """
    repository = open_repository(path)
    ends = [find_commit(repository, start).id] + ([find_commit(repository, until).id] if until else [])
    arguments = ["rev-list", f"--max-count={max(0, limit)}", *(["--first-parent"] if first_parent else [])]
    revisions = [str(ends[0]), *(f"^{end}" for end in ends[1:])]
    finished = run_git(
        [*arguments, "--end-of-options", *revisions, "--", *(_checked(name) for name in paths)],
        git_dir=path,
        timeout=timeout,
    )
    if finished.code != 0:
        raise GitError(GitErrorCode.FAILED, "Git could not read the history.", data={"git": finished.stderr[-500:]})
    return [describe(repository, line) for line in finished.stdout.decode("ascii").split()]


def changes(repository: pygit2.Repository, old: str | None, new: str) -> list[Change]:
    """Every path that differs, sorted as Git sorts; all of `new` is added when `old` is None. No rename is guessed."""
    want = find_commit(repository, new).tree
    options = DiffOption.INCLUDE_TYPECHANGE | DiffOption.SKIP_BINARY_CHECK
    if old is None:
        difference = want.diff_to_tree(swap=True, flags=options)
    else:
        difference = find_commit(repository, old).tree.diff_to_tree(want, flags=options)
    found = [_change(delta) for delta in difference.deltas]
    return sorted(found, key=lambda change: change.path.encode(errors="surrogateescape"))


def blame_lines(path: Path, commit: str, file: str, lines: Collection[int], *, timeout: float) -> dict[int, CommitInfo]:
    """The commit that last set each of the 1-based lines, seen from `commit`; one git process for all.

    Lines that the file does not have are left out. Raises GitError(UNKNOWN_REVISION, UNKNOWN_FILE, TIMED_OUT).
    """
    repository = open_repository(path)
    tree = CommitTree(repository, commit)
    entry = tree.entry(file)
    if entry is None or not entry.is_regular:
        raise GitError(GitErrorCode.UNKNOWN_FILE, f"There is no file {file[:200]!a} at this commit.")
    content = tree.read(file)
    last = content.count(b"\n") + (0 if content.endswith(b"\n") or not content else 1)
    wanted = {line for line in lines if 1 <= line <= last}
    if not wanted:
        return {}
    ranges = _ranges(sorted(wanted))
    limits = [] if len(ranges) > MAX_RANGES else [f"-L{first},{final}" for first, final in ranges]
    finished = run_git(["blame", "--porcelain", *limits, commit, "--", file], git_dir=path, timeout=timeout)
    if finished.code != 0:
        raise GitError(GitErrorCode.FAILED, "Git could not blame the file.", data={"git": finished.stderr[-500:]})
    headers = (_BLAMED.match(line) for line in finished.stdout.split(b"\n"))
    setters = {int(header[2]): header[1].decode("ascii") for header in headers if header}
    described = {setter: describe(repository, setter) for setter in {setters[line] for line in wanted}}
    return {line: described[setters[line]] for line in sorted(wanted)}


def _change(delta: pygit2.DiffDelta) -> Change:
    match delta.status:
        case DeltaStatus.ADDED:
            status = Status.ADDED
        case DeltaStatus.DELETED:
            status = Status.DELETED
        case _:
            status = Status.MODIFIED
    side = delta.old_file if status is Status.DELETED else delta.new_file
    return Change(
        path=side.raw_path.decode(errors="surrogateescape"),
        status=status,
        old_blob=None if status is Status.ADDED or delta.old_file.mode == FileMode.TREE else str(delta.old_file.id),
        new_blob=None if status is Status.DELETED else str(delta.new_file.id),
    )


def _checked(path: str) -> str:
    if not parts_of(path):
        raise GitError(GitErrorCode.UNKNOWN_FILE, f"{path[:200]!a} cannot be the path of a file.")
    return path


def _ranges(lines: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for line in lines:
        if found and found[-1][1] + 1 == line:
            found[-1] = (found[-1][0], line)
        else:
            found.append((line, line))
    return found


def _moment(seconds: int) -> datetime:
    # Git takes any 64-bit number for a time; datetime does not.
    return datetime.fromtimestamp(max(0, min(seconds, LATEST)), UTC)
