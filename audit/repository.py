"""Checkpoints in a Git repository of their own: one commit each, never rewritten, pushed without force."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import pygit2
import structlog
from django.conf import settings

from audit.models import Checkpoint
from audit.note import parse_text

_BRANCH = "refs/heads/main"
_PUSHED = "refs/glasshouse/pushed"  # the last commit that the remote took
_LATEST = "latest.txt"
_LOCK = "glasshouse.lock"
_PUSH_SECONDS = 30
log = structlog.get_logger(__name__)


def export_checkpoints() -> int:
    """Commits every checkpoint newer than the last committed one, and pushes; says how many were committed.

    One process at a time. A push that fails is logged and tried again by the next export; the commits are kept.
    Raises OSError, pygit2.GitError and ValueError when the repository cannot be written or read.
    """
    place: Path = settings.AUDIT_CHECKPOINT_REPOSITORY
    place.mkdir(parents=True, exist_ok=True)
    pygit2.settings.enable_fsync_gitdir(True)  # a commit that the disk lost would leave a branch to nowhere
    with _locked(place):
        repository = _repository(place)
        rows = list(Checkpoint.objects.filter(size__gt=_last_size(repository)).order_by("size"))
        for row in rows:
            _commit(repository, row)
        if settings.AUDIT_CHECKPOINT_REMOTE and _BRANCH in repository.references:
            _push(repository, settings.AUDIT_CHECKPOINT_REMOTE)
    return len(rows)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """The system drops the lock with the process that held it."""
    with (place / _LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _repository(path: Path) -> pygit2.Repository:
    if (path / "HEAD").is_file():
        return pygit2.Repository(str(path))
    return pygit2.init_repository(str(path), bare=True, initial_head="main")


def _last_size(repository: pygit2.Repository) -> int:
    if _BRANCH not in repository.references:
        return 0
    note = repository.references[_BRANCH].peel(pygit2.Tree)[_LATEST]
    return parse_text(note.data.decode().rpartition("\n\n")[0] + "\n").size if isinstance(note, pygit2.Blob) else 0


def _commit(repository: pygit2.Repository, row: Checkpoint) -> None:
    blob = repository.create_blob(row.note.encode())
    at = row.at.astimezone(UTC)
    known = _BRANCH in repository.references
    tip = repository.references[_BRANCH].peel(pygit2.Commit) if known else None
    # A folder a day, so that a commit writes a few small trees however long the log is.
    names = [f"{at:%Y}", f"{at:%m}", f"{at:%d}", f"{row.size:019}.txt"]
    tree = _insert(repository, tip.tree if tip else None, names, blob)
    tree = _insert(repository, repository[tree].peel(pygit2.Tree), [_LATEST], blob)
    who = pygit2.Signature(settings.AUDIT_ORIGIN, "audit@invalid", int(at.timestamp()), 0)
    message = f"Checkpoint at {row.size} leaves\n"
    repository.create_commit(_BRANCH, who, who, message, tree, [tip.id] if tip else [])


def _insert(repository: pygit2.Repository, tree: pygit2.Tree | None, names: list[str], blob: pygit2.Oid) -> pygit2.Oid:
    builder = repository.TreeBuilder(tree) if tree is not None else repository.TreeBuilder()
    name, *below = names
    if below:
        inner = tree[name] if tree is not None and name in tree else None
        made = _insert(repository, inner if isinstance(inner, pygit2.Tree) else None, below, blob)
        builder.insert(name, made, pygit2.enums.FileMode.TREE)
    else:
        builder.insert(name, blob, pygit2.enums.FileMode.BLOB)
    return builder.write()


def _push(repository: pygit2.Repository, remote: str) -> None:
    """Nothing of this process's environment reaches git but PATH; hooks and helpers are off.

    What the remote has taken is kept as a reference, so that nothing is asked of it until there is more.
    """
    tip = repository.references[_BRANCH].target
    if _PUSHED in repository.references and repository.references[_PUSHED].target == tip:
        return
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", "LC_ALL": "C"}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
    environment |= {"GIT_ALLOW_PROTOCOL": "https:ssh:file"}
    command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "credential.helper=", f"--git-dir={repository.path}"]
    command += ["push", "--quiet", "--", remote, f"{_BRANCH}:{_BRANCH}"]
    try:
        subprocess.run(  # noqa: S603 - an argument list, no shell, the operator's own setting
            command, check=True, capture_output=True, timeout=_PUSH_SECONDS, env=environment, cwd="/"
        )
    except (subprocess.SubprocessError, OSError) as error:
        # Not the command's output: it may repeat an address with a password.
        log.error("audit.checkpoints_not_pushed", error=type(error).__name__)  # noqa: TRY400 - the trace says no more
        return
    repository.references.create(_PUSHED, tip, force=True)
