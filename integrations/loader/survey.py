"""One pass over a tree: which files there are, by the part that reads them. No content but that of HCL is read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from integrations.core.documents import SettingsDocument, Source
from integrations.core.hcl import HclFile, read_hcl
from integrations.core.layout import (
    ACCOUNT_FILE,
    HCL_SUFFIXES,
    READ,
    YAML_SUFFIXES,
    Area,
    area_of,
    is_below,
    refused,
)
from integrations.core.problems import Code, Problem
from integrations.core.text import problem
from integrations.core.tree import Entry, Tree

_KEY_VERSION = b"1"  # raise it when HCL's documents come out otherwise for the same files


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """Bounds of one tree: files, and bytes of what HCL may read in all."""

    files: int = 200_000
    hcl_bytes: int = 64 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Survey:
    """What stands in a tree. Entries are those that can be read; the others are among the problems."""

    tree: Tree
    settings: SettingsDocument
    hcl: dict[str, Entry] = field(default_factory=dict)
    models: list[Entry] = field(default_factory=list)
    samples: list[Entry] = field(default_factory=list)
    accounts: dict[str, Entry] = field(default_factory=dict)  # everything below the folders of accounts
    problems: list[Problem] = field(default_factory=list)
    account_folders: list[str] = field(default_factory=list)
    hcl_folders: tuple[str, ...] = ()  # of `accounts`: what HCL reaches into
    texts: dict[str, bytes] = field(default_factory=dict)
    is_too_large: bool = False  # for HCL to be evaluated

    def read(self, path: str) -> bytes | None:
        """A file that HCL may read; None for any other."""
        if path not in self.hcl:
            return None
        if path not in self.texts:
            self.texts[path] = self.tree.read(path)
        return self.texts[path]

    def hcl_files(self) -> dict[str, HclFile]:
        return {path: read_hcl(self.read(path) or b"", path) for path in self.hcl if path.endswith(HCL_SUFFIXES)}

    def hcl_key(self) -> str:
        """SHA-256 over the names and blobs of all that an evaluation can read, and the settings that steer it."""
        found = hashlib.sha256(_KEY_VERSION)
        for word in (*self.settings.environments, "", *self.settings.accounts, ""):
            found.update(word.encode() + b"\0")
        for path in sorted(self.hcl):
            found.update(path.encode() + b"\0" + self.hcl[path].blob.encode() + b"\0")
        return found.hexdigest()


def survey(tree: Tree, settings: SettingsDocument, limits: TreeLimits) -> Survey:
    """Look at every entry of the tree once."""
    found = Survey(tree=tree, settings=settings)
    for count, entry in enumerate(tree.entries()):
        if count >= limits.files:
            message = f"The repository has more than {limits.files:,} files."
            found.problems.append(Problem(code=Code.TOO_MANY, message=message))
            break
        _place(found, entry)
    _account_folders(found)
    _reach(found)
    _bound(found, limits)
    return found


def _place(found: Survey, entry: Entry) -> None:
    settings = found.settings
    if any(is_below(entry.path, root) for root in settings.accounts):
        found.accounts[entry.path] = entry
        return
    if entry.path in READ or entry.path in settings.accounts:  # a link, or a file, where a folder should be
        _readable(found, entry)
        return
    match area_of(entry.path, settings):
        case Area.HCL if _readable(found, entry):
            found.hcl[entry.path] = entry
        case Area.MODEL if _readable(found, entry):
            found.models.append(entry)
        case Area.SAMPLE if _readable(found, entry):
            found.samples.append(entry)
        case _:
            pass


def _readable(found: Survey, entry: Entry) -> bool:
    if (why := refused(entry)) is not None:
        found.problems.append(why)
    return why is None


def _account_folders(found: Survey) -> None:
    """The outermost folders that hold account.yaml, and a problem for each override that stands in none."""
    holders = {path[: -len(ACCOUNT_FILE) - 1] for path in found.accounts if path.endswith(f"/{ACCOUNT_FILE}")}
    holders -= set(found.settings.accounts)
    found.account_folders = sorted(folder for folder in holders if not any(up in holders for up in _above(folder)))
    folders = set(found.account_folders)
    for path, entry in found.accounts.items():
        if folders.isdisjoint(_above(path)):
            found.problems += stray(entry)


def stray(entry: Entry) -> list[Problem]:
    """What is wrong with an entry that stands below the folders of accounts, but in no account's folder."""
    if not entry.is_regular or not entry.is_decodable:
        why = refused(entry)
        return [why] if why else []
    if entry.path.endswith(YAML_SUFFIXES):
        folder = entry.path.rpartition("/")[0]
        message = f"There is no {ACCOUNT_FILE} in {folder}, so this file belongs to no account."
        return [problem(Code.MISSING_FILE, message, entry.path, 1)]
    return []


def _above(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _reach(found: Survey) -> None:
    """Add to `hcl` what it reaches below the folders of accounts: `.tf` files there, and folders that HCL names."""
    folders = {path.rpartition("/")[0] for path in found.accounts if path.endswith(HCL_SUFFIXES)}
    texts = [found.read(path) or b"" for path in found.hcl if path.endswith(HCL_SUFFIXES)]
    for root in found.settings.accounts:
        folders.update(_named(root, texts, found.account_folders))
    outermost = sorted(folder for folder in folders if folders.isdisjoint(_above(folder)))
    found.hcl_folders = tuple(outermost)
    for path, entry in found.accounts.items() if outermost else ():
        if folders.isdisjoint(_above(path)) or not entry.is_decodable:
            continue
        # A link in an account's folder is reported with the account.
        if entry.is_regular and _readable(found, entry):
            found.hcl[path] = entry


def _named(root: str, texts: Iterable[bytes], account_folders: Iterable[str]) -> set[str]:
    """The folders below `root` that a path in HCL leads to: `"../../customers/acme/x.jsonata"`, or all of the root.

    A URL such as "/v3/customers/{id}" names none: a path goes up by "../", or begins with an interpolation.
    """
    name = re.escape(root.encode())
    pattern = re.compile(rb'"[^"\n]*?(?:\.\./|\}/)(?:[^"\n]*/)?' + name + rb'(?:/([^"\n/]*)[^"\n]*)?"')
    first = {folder[len(root) + 1 :].partition("/")[0] for folder in account_folders if is_below(folder, root)}
    found: set[str] = set()
    for text in texts:
        for match in pattern.finditer(text):
            part = (match.group(1) or b"").decode("utf-8", "replace")
            is_up = b"../" in match.group(0)
            if part in first or (is_up and part and "$" not in part):
                found.add(f"{root}/{part}")
            elif is_up or "$" in part:
                found.add(root)
    return found


def _bound(found: Survey, limits: TreeLimits) -> None:
    total = sum(entry.size for entry in found.hcl.values())
    if total > limits.hcl_bytes:
        found.is_too_large = True
        message = f"The files that HCL may read have {total:,} bytes; at most {limits.hcl_bytes:,} are read."
        found.problems.append(Problem(code=Code.TOO_LARGE, message=message))


def unreached(files: Mapping[str, HclFile], reached: Iterable[str]) -> list[Problem]:
    """A problem for each file with resources of ours in a folder that no evaluation read: none is lost in silence."""
    folders = set(reached)
    problems: list[Problem] = []
    for path, file in files.items():
        folder = path.rpartition("/")[0]
        if folder in folders or path.startswith("modules/"):
            continue
        ours = [
            block
            for block in file.blocks
            if block.type == "resource" and block.labels and block.labels[0].startswith("unified_api_")
        ]
        if ours:
            message = "No root module calls this folder, so what it declares is in force nowhere."
            source = Source(file=path, line=ours[0].line)
            problems.append(Problem(code=Code.UNEXPECTED_FILE, message=message, source=source))
    return problems
