"""Account folders: all of a tree, or those that a commit's changed paths belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from integrations.core.documents import SettingsDocument
from integrations.core.layout import ACCOUNT_FILE, account_folder
from integrations.core.problems import Problem
from integrations.core.tree import Tree
from integrations.loader.survey import stray


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The account folders that changed paths belong to in one tree, and what is wrong with paths in none."""

    folders: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def account_folders(tree: Tree, settings: SettingsDocument) -> Mapping[str, str]:
    """Every account's slug → its folder; of two with one slug the first. No file is read."""
    found: dict[str, str] = {}
    for root in settings.accounts:
        pending = [f"{root}/{name}" for name in reversed(tree.folders(root))]
        while pending:
            folder = pending.pop()
            if tree.entry(f"{folder}/{ACCOUNT_FILE}") is not None:
                found.setdefault(folder.rpartition("/")[2], folder)
            else:
                pending += [f"{folder}/{name}" for name in reversed(tree.folders(folder))]
    return found


def touched_accounts(tree: Tree, paths: Iterable[str], settings: SettingsDocument) -> Touched:
    """Where changed paths of Area.ACCOUNT belong in this tree.

    Ask the tree before the change too: a folder that is touched there and not here was removed or moved.
    """
    folders: dict[str, None] = {}
    problems: list[Problem] = []
    for path in paths:
        folder = account_folder(tree, path, settings)
        if folder is not None:
            folders[folder] = None
        elif (entry := tree.entry(path)) is not None:
            problems += stray(entry)
    return Touched(folders=tuple(folders), problems=tuple(problems))
