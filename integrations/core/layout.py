"""Where things stand in a config repository: glasshouse.yaml, and what a path is for.

The folders of the platform and environment layers have fixed names; where accounts stand is a setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from integrations.core.documents import JSON, SettingsDocument, Source
from integrations.core.problems import Code, Problem
from integrations.core.text import Node, child, problem, short, unstorable
from integrations.core.tree import Entry, Kind, MissingFile, Tree
from integrations.core.yaml import read_yaml

SETTINGS_FILE = "glasshouse.yaml"
MISNAMED_SETTINGS = ("glasshouse.yml", "glasshouse.json")
ACCOUNT_FILE = "account.yaml"
INTEGRATIONS = "integrations"
ENVIRONMENTS = "environments"
MODELS = "models"
SAMPLES = "samples"
PRODUCTION = "production"  # stands last in promotion order when the order is not stated
DEFAULT_ACCOUNTS = ("customers", "overrides")
DEFAULT_ENVIRONMENTS = (PRODUCTION,)  # of a repository without environment folders

READ = frozenset({INTEGRATIONS, ENVIRONMENTS, "modules", MODELS, SAMPLES})  # top folders, besides those of accounts
# What no evaluation of HCL gets to see: documents that are read otherwise, and what is not configuration.
NOT_FOR_HCL = frozenset({MODELS, SAMPLES, "docs", "policies"})
RESERVED = NOT_FOR_HCL | {INTEGRATIONS, ENVIRONMENTS, "modules"}
HCL_SUFFIXES = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
YAML_SUFFIXES = (".yaml", ".yml")
MODEL_SUFFIX = ".schema.json"
SAMPLE_SUFFIXES = (".json", *YAML_SUFFIXES)

FILE_SIZE = 1024 * 1024  # bytes of any one file that is read
SLUG_LENGTH = 63
_SLUG = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_NAME_LENGTH = 200
_KEYS = ("name", "description", "environments", "accounts")


class Area(StrEnum):
    """The part of the loader that has to read again when a path changes."""

    SETTINGS = "settings"  # everything is read again
    HCL = "hcl"  # anything an evaluation can read
    ACCOUNT = "account"  # see `account_folder`
    MODEL = "model"
    SAMPLE = "sample"
    OTHER = "other"  # nothing is read again


def is_slug(text: str) -> bool:
    """Whether the text may name an account, an integration, an environment, a model or a resource."""
    return len(text) <= SLUG_LENGTH and _SLUG.fullmatch(text) is not None


def area_of(path: str, settings: SettingsDocument, *, hcl_folders: Iterable[str] = ()) -> Area:
    """What the path is for. `hcl_folders`: the account folders that HCL reaches into, from `Loaded.hcl_folders`."""
    if path == SETTINGS_FILE or path in MISNAMED_SETTINGS:
        return Area.SETTINGS
    if _is_below_any(path, hcl_folders):
        # Such a file is read twice, as HCL's and as the account's; HCL's part includes the account's.
        return Area.HCL
    if _is_below_any(path, settings.accounts):
        return Area.HCL if path.endswith(HCL_SUFFIXES) else Area.ACCOUNT
    top, _, rest = path.partition("/")
    if top == MODELS and rest:
        return Area.MODEL if path.endswith(MODEL_SUFFIX) else Area.OTHER
    if top == SAMPLES and rest:
        return Area.SAMPLE if path.endswith(SAMPLE_SUFFIXES) else Area.OTHER
    return Area.HCL if is_for_hcl(path) else Area.OTHER


def is_for_hcl(path: str) -> bool:
    """Whether an evaluation may read the path, were it not for the account folders."""
    parts = path.split("/")
    if any(part.startswith(".") for part in parts):
        return False
    if len(parts) == 1:
        return path.endswith((*HCL_SUFFIXES, ".jsonata", ".json", *YAML_SUFFIXES, ".tftpl", ".txt"))
    return parts[0] not in NOT_FOR_HCL


def account_folder(tree: Tree, path: str, settings: SettingsDocument) -> str | None:
    """The account folder of this tree that `path` belongs to: the outermost around it that holds account.yaml.

    For a path that a commit removed or moved, ask both trees.
    """
    parts = path.split("/")
    for root in settings.accounts:
        depth = root.count("/") + 1
        if not is_below(path, root):
            continue
        for length in range(depth + 1, len(parts)):
            folder = "/".join(parts[:length])
            if tree.entry(f"{folder}/{ACCOUNT_FILE}") is not None:
                return folder
    return None


def is_below(path: str, folder: str) -> bool:
    """Whether the path stands in the folder, at any depth; compared by whole names."""
    return path.startswith(f"{folder}/")


def _is_below_any(path: str, folders: Iterable[str]) -> bool:
    return any(is_below(path, folder) for folder in folders)


def read_settings(tree: Tree) -> tuple[SettingsDocument, tuple[Problem, ...]]:
    """glasshouse.yaml, or the defaults where it is absent or cannot be read, and what is wrong with it."""
    folders = tuple(tree.folders(ENVIRONMENTS))
    if tree.entry(SETTINGS_FILE) is None:
        misnamed = [name for name in MISNAMED_SETTINGS if tree.entry(name) is not None]
        found = [problem(Code.UNEXPECTED_FILE, f"Name this file {SETTINGS_FILE}.", name, 1) for name in misnamed]
        return _settings(_in_default_order(folders)), tuple(found)
    try:
        node, found = read_yaml(tree.read(SETTINGS_FILE), SETTINGS_FILE)
    except MissingFile:
        found = [problem(Code.SYMLINK, "glasshouse.yaml must be a regular file.", SETTINGS_FILE, 1)]
        return _settings(_in_default_order(folders)), tuple(found)
    reader = _SettingsReader(node or Node(value=None, lines={"": 1}), found)
    settings = reader.read(folders)
    return settings, tuple(reader.problems)


def _settings(environments: Sequence[str]) -> SettingsDocument:
    return SettingsDocument(
        name="", description="", environments=tuple(environments), accounts=DEFAULT_ACCOUNTS, source=None
    )


def _in_default_order(folders: Iterable[str]) -> tuple[str, ...]:
    """The environments in the order of their names, production last; a folder that is no slug is reported elsewhere."""
    names = sorted((name for name in folders if is_slug(name)), key=lambda name: (name == PRODUCTION, name))
    return tuple(names) or DEFAULT_ENVIRONMENTS


class _SettingsReader:
    def __init__(self, node: Node, problems: list[Problem]) -> None:
        self.node = node
        self.problems = problems

    def read(self, folders: Sequence[str]) -> SettingsDocument:
        value = self.node.value
        if not isinstance(value, dict):
            if value is not None:
                self.report(Code.WRONG_TYPE, "glasshouse.yaml must be a mapping of settings.", "")
            value = {}
        for key in value.keys() - set(_KEYS):
            self.report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _KEYS), child("", key))
        environments = self.names(value.get("environments"), "environments") or _in_default_order(folders)
        return SettingsDocument(
            name=self.text(value.get("name"), "name"),
            description=self.text(value.get("description"), "description"),
            environments=self.known(environments, folders),
            accounts=self.account_roots(value.get("accounts")),
            source=Source(file=SETTINGS_FILE, line=1),
        )

    def text(self, value: JSON, key: str) -> str:
        if isinstance(value, str) and len(value) <= _NAME_LENGTH * (5 if key == "description" else 1):
            return value
        if value is not None:
            self.report(Code.WRONG_TYPE, f"{key} must be a text of ordinary length.", f"/{key}")
        return ""

    def names(self, value: JSON, key: str) -> tuple[str, ...]:
        """A stated list of slugs without repetition; () when it is not stated or of no use."""
        if value is None:
            return ()
        if not isinstance(value, list) or not value:
            self.report(Code.WRONG_TYPE, f"{key} must be a list of names.", f"/{key}")
            return ()
        found: list[str] = []
        for index, name in enumerate(value):
            if not isinstance(name, str) or not is_slug(name):
                self.report(Code.BAD_SLUG, bad_slug(name), f"/{key}/{index}")
            elif name in found:
                self.report(Code.DUPLICATE, f"{name} stands in the list twice.", f"/{key}/{index}")
            else:
                found.append(name)
        return tuple(found)

    def known(self, environments: tuple[str, ...], folders: Sequence[str]) -> tuple[str, ...]:
        """Every environment needs its folder, in a repository that has such folders: so a misspelt one shows."""
        for index, name in enumerate(environments):
            if folders and name not in folders:
                message = f"There is no folder {ENVIRONMENTS}/{name}."
                self.report(Code.UNKNOWN_ENVIRONMENT, message, f"/environments/{index}")
        return environments

    def account_roots(self, value: JSON) -> tuple[str, ...]:
        if value is None:
            return DEFAULT_ACCOUNTS
        if not isinstance(value, list) or not value:
            self.report(Code.WRONG_TYPE, "accounts must be a list of folders.", "/accounts")
            return DEFAULT_ACCOUNTS
        found: list[str] = []
        for index, folder in enumerate(value):
            if (why := _bad_root(folder, found)) is not None:
                self.report(Code.BAD_NAME, why, f"/accounts/{index}")
            else:
                found.append(folder.rstrip("/"))
        return tuple(found) or DEFAULT_ACCOUNTS

    def report(self, code: Code, message: str, pointer: str) -> None:
        self.problems.append(problem(code, message, SETTINGS_FILE, self.node.line(pointer)))


def _bad_root(folder: JSON, others: Sequence[str]) -> str | None:
    """Why the value cannot name a folder of accounts; None when it can."""
    if not isinstance(folder, str):
        return "A folder's name must be a text."
    parts = folder.rstrip("/").split("/")
    if any(not part or part.startswith(".") or "\\" in part for part in parts):
        return f"“{short(folder)}” is no plain folder of the repository."
    if parts[0] in RESERVED:
        return f"{parts[0]}/ has another use; accounts need a folder of their own."
    path = "/".join(parts)
    if any(path == other or is_below(path, other) or is_below(other, path) for other in others):
        return f"{short(path)} is in the list already, or lies in a folder that is."
    return None


def refused(entry: Entry) -> Problem | None:
    """Why an entry cannot be read as a file; None for a regular file with a name that can be written down."""
    if not entry.is_decodable:
        shown = entry.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return problem(Code.BAD_NAME, "The file's name is not UTF-8.", shown, 1)
    if entry.kind is Kind.SYMLINK:
        return problem(Code.SYMLINK, "Symbolic links are not followed; put the file itself here.", entry.path, 1)
    if entry.kind is Kind.SUBMODULE:
        return problem(Code.SUBMODULE, "Submodules are not read; put the files themselves here.", entry.path, 1)
    if (bad := unstorable(entry.path)) is not None:
        return problem(Code.BAD_NAME, f"The file's name holds the character U+{ord(bad):04X}.", entry.path, 1)
    if entry.size > FILE_SIZE:
        message = f"The file has {entry.size:,} bytes; at most {FILE_SIZE:,} are read."
        return problem(Code.TOO_LARGE, message, entry.path, 1)
    return None


def unknown_environment(name: str, known: Sequence[str]) -> str:
    """The sentence for an environment that the repository does not have."""
    return f"There is no environment “{short(name)}”; there are {', '.join(known)}."


def bad_slug(name: JSON) -> str:
    """The sentence for a name that is no slug."""
    return (
        f"“{short(str(name))}” cannot be a name: use small letters, digits, - and _, "
        f"a letter or digit at both ends, at most {SLUG_LENGTH} characters."
    )


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The sentence for a key that nothing reads, with the key that was probably meant."""
    from difflib import get_close_matches

    close = get_close_matches(key, list(known), n=1)
    if close:
        return f"“{short(key)}” is not known here; did you mean “{close[0]}”?"
    return f"“{short(key)}” is not known here; known are {', '.join(known)}."
