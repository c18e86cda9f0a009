"""Write files of a commit to disk for a worker to read: regular ones only, below one folder, within bounds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from integrations.core.problems import Code, Problem
from integrations.core.text import problem, short
from integrations.core.tree import Entry, Kind, MissingFile, Tree, is_decodable, parts_of

MAX_FILE: Final = 1024 * 1024
MAX_TOTAL: Final = 64 * 1024 * 1024
MAX_FILES: Final = 20_000
_MAX_NAME: Final = 255  # bytes; what file systems bear


def export_tree(tree: Tree, paths: Iterable[str], destination: Path) -> tuple[Problem, ...]:
    """Write the regular files at `paths` below the empty folder `destination`.

    What is asked for and not written comes back as a problem: symlinks, submodules, `.terraform/`, unsafe names,
    what is missing or too large. With a problem the export is incomplete and must not be evaluated.
    """
    problems: list[Problem] = []
    total = count = 0
    for path in sorted(set(paths)):
        entry = tree.entry(path) if _bad_name(path) is None else None
        if (found := _refusal(path, entry)) is not None:
            problems.append(found)
            continue
        assert entry is not None
        total, count = total + entry.size, count + 1
        if total > MAX_TOTAL or count > MAX_FILES:
            message = f"At most {MAX_FILES:,} files and {MAX_TOTAL:,} bytes are evaluated; this file goes beyond that."
            problems.append(problem(Code.TOO_MANY, message, path, 1))
            break
        try:
            _write(tree.read(path), path, destination)
        except MissingFile:
            problems.append(problem(Code.MISSING_FILE, "This file cannot be read.", path, 1))
    return tuple(problems)


def _refusal(path: str, entry: Entry | None) -> Problem | None:
    if (reason := _bad_name(path)) is not None:
        shown = path.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
        return problem(Code.BAD_NAME, f"The path {short(shown)} cannot be evaluated: {reason}.", short(shown), 1)
    if entry is None:
        return problem(Code.MISSING_FILE, f"There is no file {short(path)}.", path, 1)
    if entry.kind is Kind.SYMLINK:
        return problem(Code.SYMLINK, "Symbolic links are not followed: put the file itself here.", path, 1)
    if not entry.is_regular:
        return problem(Code.SUBMODULE, "Submodules are not followed: put the files themselves here.", path, 1)
    if entry.size > MAX_FILE:
        message = f"A file for HCL may have {MAX_FILE:,} bytes; this one has {entry.size:,}."
        return problem(Code.TOO_LARGE, message, path, 1)
    return None


def _bad_name(path: str) -> str | None:
    """Why no file of this path may be written; None for a safe one."""
    if not is_decodable(path):
        return "it is not UTF-8"
    parts = parts_of(path)
    if not parts:
        return "it does not stay below the repository"
    if any(part == ".terraform" for part in parts):
        return "`.terraform` holds what a tool downloaded, and says where modules are"
    if any(part == ".git" for part in parts):
        return "it is Git's own"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):  # noqa: PLR2004 - control characters
        return "it has control characters"
    if any(len(part.encode()) > _MAX_NAME for part in parts):
        return "a name in it is too long"
    return None


def _write(content: bytes, path: str, destination: Path) -> None:
    """`O_EXCL | O_NOFOLLOW`: nothing that stands there already is opened, whatever it is."""
    target = destination.joinpath(*path.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
