"""The account layer: a folder with account.yaml, one `<integration>.yaml` per override, and expressions beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.documents import (
    JSON,
    AccountDocument,
    Connection,
    Document,
    OverrideDocument,
    SettingsDocument,
    Source,
)
from integrations.core.layout import (
    ACCOUNT_FILE,
    YAML_SUFFIXES,
    bad_slug,
    is_slug,
    refused,
    unknown_environment,
    unknown_key,
)
from integrations.core.overrides import Beside, read_override
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem
from integrations.core.text import Node, TextLimits, child, problem, short
from integrations.core.tree import Entry, Tree
from integrations.core.yaml import LIMITS, read_yaml

_ACCOUNT_KEYS = ("name", "owner", "tags", "connections")
_CONNECTION_KEYS = ("integration", "environment")
_NAME_LENGTH = 200
_TAG_LENGTH = 100
_EMAIL = re.compile(r"[^@\s:,;<>\"()\[\]\\\x00-\x20]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_EMAIL_LENGTH = 254
_TEAM = re.compile(r"team:[A-Za-z0-9]([A-Za-z0-9 ._/-]{0,98}[A-Za-z0-9])?")


def parse_account(tree: Tree, folder: str, settings: SettingsDocument, *, limits: TextLimits = LIMITS) -> Parsed:
    """The account that stands in `folder`, with its overrides, whose expressions are not analysed yet.

    Nothing outside of the folder is read. Environments and slugs are checked here, references to the platform layer
    in `checks`.
    """
    return _Folder(tree=tree, folder=folder, settings=settings, limits=limits).parse()


@dataclass(slots=True, kw_only=True)
class _Folder:
    tree: Tree
    folder: str
    settings: SettingsDocument
    limits: TextLimits
    entries: dict[str, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def parse(self) -> Parsed:
        slug = self.folder.rpartition("/")[2]
        if not is_slug(slug):
            self.report(Code.BAD_SLUG, bad_slug(slug), f"{self.folder}/{ACCOUNT_FILE}")
        self.entries = {entry.path: entry for entry in self.tree.entries(self.folder) if self.accept(entry)}
        documents: list[Document] = []
        overrides: dict[str, str] = {}
        for path in self.entries:
            name = path[len(self.folder) + 1 :]
            if name == ACCOUNT_FILE:
                documents.append(self.account(path, slug))
            elif name.endswith(YAML_SUFFIXES) and (integration := self.override_name(path, name, overrides)):
                overrides[integration] = path
                documents.append(self.override(path, slug, integration))
        return Parsed(documents=tuple(documents), problems=tuple(self.problems))

    def accept(self, entry: Entry) -> bool:
        """Whether the entry may be read: neither a link, nor oddly named, nor too large."""
        if (found := refused(entry)) is not None:
            self.problems.append(found)
        return found is None

    def override_name(self, path: str, name: str, others: Mapping[str, str]) -> str | None:
        """The integration that a YAML file overrides, or None, with a problem, when it is no override's file."""
        integration = name.rpartition(".")[0]
        if "/" in name:
            self.report(Code.UNEXPECTED_FILE, "YAML files stand directly in the account's folder.", path)
        elif integration == "account":
            self.report(Code.UNEXPECTED_FILE, f"Name this file {ACCOUNT_FILE}.", path)
        elif integration in others:
            message = f"{others[integration]} overrides {integration} already."
            self.report(Code.DUPLICATE, message, path)
        elif not is_slug(integration):
            self.report(Code.BAD_SLUG, bad_slug(integration), path)
        else:
            return integration
        return None

    def read(self, path: str) -> Node:
        """The file's mapping; an empty one, with problems, where there is none."""
        node, problems = read_yaml(self.tree.read(path), path, limits=self.limits)
        self.problems += problems
        if node is None or node.value is None:
            return Node(value={}, lines={"": 1})
        if not isinstance(node.value, dict):
            self.report(Code.WRONG_TYPE, "The file must hold keys and values.", path, node.line(""))
            return Node(value={}, lines={"": 1})
        return node

    def override(self, path: str, slug: str, integration: str) -> OverrideDocument:
        override, problems = read_override(
            self.read(path),
            path,
            account=slug,
            integration=integration,
            environments=self.settings.environments,
            beside=Beside(tree=self.tree, folder=self.folder, entries=self.entries, limits=self.limits),
        )
        self.problems += problems
        return override

    def account(self, path: str, slug: str) -> AccountDocument:
        node = self.read(path)
        value = node.value
        for key in value.keys() - set(_ACCOUNT_KEYS):
            self.report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _ACCOUNT_KEYS), path, node.line(child("", key)))
        connections, lines = self.connections(value.get("connections"), node, path)
        return AccountDocument(
            slug=slug,
            name=self.name(value.get("name"), node, path) or slug,
            owner=self.owner(value.get("owner"), node, path),
            tags=self.tags(value.get("tags"), node, path),
            connections=connections,
            source=Source(file=path, line=node.line("")),
            owner_line=node.lines.get("/owner"),
            lines=lines,
        )

    def name(self, value: JSON, node: Node, path: str) -> str:
        if isinstance(value, str) and len(value) <= _NAME_LENGTH:
            return value.strip()
        if value is not None:
            message = f"name must be a text of at most {_NAME_LENGTH} characters."
            self.report(Code.WRONG_TYPE, message, path, node.line("/name"))
        return ""

    def owner(self, value: JSON, node: Node, path: str) -> str | None:
        if value is None or (isinstance(value, str) and is_owner(value)):
            return value
        message = f"“{short(str(value))}” is no owner; give a person's e-mail address, or team:<name>."
        self.report(Code.BAD_OWNER, message, path, node.line("/owner"))
        return None

    def tags(self, value: JSON, node: Node, path: str) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.report(Code.WRONG_TYPE, "tags must be a list of texts.", path, node.line("/tags"))
            return ()
        for index, tag in enumerate(value):
            if not isinstance(tag, str) or not 0 < len(tag) <= _TAG_LENGTH:
                message = f"A tag must be a text of at most {_TAG_LENGTH} characters."
                self.report(Code.WRONG_TYPE, message, path, node.line(f"/tags/{index}"))
        return tuple(dict.fromkeys(tag for tag in value if isinstance(tag, str)))

    def connections(
        self, value: JSON, node: Node, path: str
    ) -> tuple[tuple[Connection, ...] | None, Mapping[str, int]]:
        if value is None:
            return None, {}
        if not isinstance(value, list):
            message = "connections must be a list of {integration: …, environment: …}."
            self.report(Code.WRONG_TYPE, message, path, node.line("/connections"))
            return None, {}
        found: list[Connection] = []
        lines: dict[str, int] = {}
        for index, item in enumerate(value):
            line = node.line(f"/connections/{index}")
            connection = self.connection(item, path, line)
            if connection in found:
                message = f"{connection.integration} in {connection.environment} is connected twice."
                self.report(Code.DUPLICATE, message, path, line)
            elif connection is not None:
                lines[f"/connections/{len(found)}"] = line
                found.append(connection)
        return tuple(found), lines

    def connection(self, item: JSON, path: str, line: int) -> Connection | None:
        if not isinstance(item, dict):
            self.report(Code.WRONG_TYPE, "A connection is {integration: …, environment: …}.", path, line)
            return None
        for key in item.keys() - set(_CONNECTION_KEYS):
            self.report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _CONNECTION_KEYS), path, line)
        for key in _CONNECTION_KEYS:
            if key not in item:
                self.report(Code.MISSING_ATTRIBUTE, f"The connection does not say its {key}.", path, line)
            elif not isinstance(item[key], str) or not is_slug(item[key]):
                self.report(Code.BAD_SLUG, bad_slug(item[key]), path, line)
        integration, environment = item.get("integration"), item.get("environment")
        if not isinstance(integration, str) or not isinstance(environment, str):
            return None
        if environment not in self.settings.environments:
            message = unknown_environment(environment, self.settings.environments)
            self.report(Code.UNKNOWN_ENVIRONMENT, message, path, line)
            return None
        return Connection(integration=integration, environment=environment)

    def report(self, code: Code, message: str, path: str, line: int = 1) -> None:
        self.problems.append(problem(code, message, path, line))


def is_owner(text: str) -> bool:
    """Whether the text is an e-mail address or `team:<name>`."""
    return _TEAM.fullmatch(text) is not None or (len(text) <= _EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None)
