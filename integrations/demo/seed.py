"""Builds the demo config repository from the numbered folders in `commits/`.

Each folder `NNN-slug` is one commit: `commit.yaml` says who, when and why, `files/` holds the files that the
commit adds or changes, and `delete:` names those it removes. Keys of `commit.yaml`:

    author: {name, email}
    days_ago, time            the day counts back from `now`; the time is of that day, with its offset
    subject, body             the message
    reviewed_by: NAME <email> who approved the pull request, as the message's trailer says it
    delete: [path, …]
    branch: NAME              the commit stands on a side branch, which begins at main's head of that moment
    merge: NAME               a merge commit that brings that side branch into main
    broken: true              the commit is not a valid repository, and the next one repairs it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pygit2
from ruamel.yaml import YAML

COMMITS = Path(__file__).parent / "commits"
BRANCH = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered folder, read. `files` maps a path in the repository to the file that holds its content."""

    slug: str
    author: tuple[str, str]
    days_ago: int
    time: time
    message: str
    files: Mapping[str, Path]
    deleted: tuple[str, ...]
    branch: str | None
    merges: str | None
    is_broken: bool


@dataclass(slots=True, kw_only=True)
class _Line:
    """A branch while it is being built: its head, its tree, and what it changed since it left main."""

    head: pygit2.Oid | None = None
    index: pygit2.Index = field(default_factory=pygit2.Index)
    changes: dict[str, pygit2.Oid | None] = field(default_factory=dict)


def steps() -> Iterator[Step]:
    """The commits of the demo, oldest first."""
    # The pure parser is asked for since it alone is there on every platform; these files are tiny.
    yaml = YAML(typ="safe", pure=True)
    for folder in sorted(COMMITS.iterdir()):
        said: dict[str, Any] = yaml.load((folder / "commit.yaml").read_text(encoding="utf-8"))
        root = folder / "files"
        yield Step(
            slug=folder.name,
            author=(said["author"]["name"], said["author"]["email"]),
            days_ago=said["days_ago"],
            time=time.fromisoformat(said["time"]),
            message=_message(said),
            files={path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()},
            deleted=tuple(said.get("delete", ())),
            branch=said.get("branch"),
            merges=said.get("merge"),
            is_broken=said.get("broken", False),
        )


def _message(said: Mapping[str, Any]) -> str:
    trailer = f"Reviewed-by: {said['reviewed_by']}" if "reviewed_by" in said else ""
    return "\n\n".join(filter(None, (said["subject"], said.get("body", "").strip(), trailer))) + "\n"


def seed(bare: Path, *, now: datetime) -> str:
    """Make `bare` a bare repository with the demo's history on `main`, and return the id of its head.

    `now` is when the last day of the history ends; the same `now` gives the same ids on every machine. A
    repository that has a `main` is left as it is. The branch is written last, so that a run which was ended
    midway is simply run again.
    """
    repository = pygit2.init_repository(str(bare), bare=True, initial_head=BRANCH)
    existing = repository.references.get(f"refs/heads/{BRANCH}")
    if existing is not None:
        return str(existing.target)
    lines: dict[str, _Line] = {BRANCH: _Line()}
    for step in steps():
        _commit(repository, lines, step, now)
    head = lines[BRANCH].head
    assert head is not None, "the demo has at least one commit"
    repository.references.create(f"refs/heads/{BRANCH}", head)
    return str(head)


def _commit(repository: pygit2.Repository, lines: dict[str, _Line], step: Step, now: datetime) -> None:
    main = lines[BRANCH]
    line = main if step.branch is None else lines.setdefault(step.branch, _branched(main))
    changes: dict[str, pygit2.Oid | None] = {
        path: repository.create_blob(source.read_bytes()) for path, source in step.files.items()
    }
    changes.update(dict.fromkeys(step.deleted))
    parents = [] if line.head is None else [line.head]
    if step.merges is not None:
        merged = lines.pop(step.merges)
        assert merged.head is not None, "a side branch begins at a commit"
        parents.append(merged.head)
        changes = merged.changes | changes
    for path, blob in changes.items():
        if blob is None:
            line.index.remove(path)
        else:
            line.index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
    line.changes.update(changes)
    who = _signature(step, now)
    line.head = repository.create_commit(None, who, who, step.message, line.index.write_tree(repository), parents)


def _branched(main: _Line) -> _Line:
    index = pygit2.Index()
    for entry in main.index:
        index.add(entry)
    return _Line(head=main.head, index=index)


def _signature(step: Step, now: datetime) -> pygit2.Signature:
    day = now.date() - timedelta(days=step.days_ago)
    moment = datetime.combine(day, step.time)
    offset = moment.utcoffset()
    assert offset is not None, "commit.yaml states the offset, so that ids do not hang on the machine's zone"
    name, email = step.author
    return pygit2.Signature(name, email, int(moment.timestamp()), int(offset.total_seconds()) // 60)
