"""One account override: `<integration>.yaml` as a document, with the expressions that it reads from files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.directives import check_patch
from integrations.core.documents import (
    JSON,
    Environments,
    Expression,
    Layer,
    Lines,
    MappingKey,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.layout import bad_slug, is_slug, unknown_environment, unknown_key
from integrations.core.problems import Code, Problem
from integrations.core.text import Node, TextLimits, child, decode, problem, short, unstorable
from integrations.core.tree import Entry, Tree

_KEYS = ("environments", "config", "mappings")
_PART_KEYS = ("file", "expression", "mode")
_PARTS = tuple(part.value for part in Part)
_MODES = tuple(mode.value for mode in Mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The files of an account's folder. `entries` holds those that may be read, by path."""

    tree: Tree
    folder: str
    entries: Mapping[str, Entry]
    limits: TextLimits


def read_override(
    node: Node,
    file: str,
    *,
    account: str,
    integration: str,
    environments: tuple[str, ...],
    beside: Beside,
) -> tuple[OverrideDocument, list[Problem]]:
    """The document of one file whose value is a mapping, its expressions not analysed yet.

    `environments` are the repository's.
    """
    reader = _Reader(node=node, file=file, beside=beside)
    for key in node.value.keys() - set(_KEYS):
        reader.report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _KEYS), child("", key))
    config, lines = reader.config()
    document = OverrideDocument(
        layer=Layer.ACCOUNT,
        integration=integration,
        account=account,
        config=config,
        lines=lines,
        mappings=reader.mappings(),
        source=Source(file=file, line=node.line("")),
        environments=reader.environments(environments),
    )
    return document, reader.problems


@dataclass(slots=True, kw_only=True)
class _Reader:
    node: Node
    file: str
    beside: Beside
    problems: list[Problem] = field(default_factory=list)

    def environments(self, known: tuple[str, ...]) -> Environments:
        """Where the override applies, in the repository's order; None for everywhere."""
        value = self.node.value.get("environments")
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            self.report(Code.WRONG_TYPE, "environments must be a list of at least one name.", "/environments")
            return None
        for index, name in enumerate(value):
            if not isinstance(name, str) or name not in known:
                message = unknown_environment(str(name), known)
                self.report(Code.UNKNOWN_ENVIRONMENT, message, f"/environments/{index}")
            elif name in value[:index]:
                self.report(Code.DUPLICATE, f"{name} stands in the list twice.", f"/environments/{index}")
        return tuple(name for name in known if name in value)

    def config(self) -> tuple[Mapping[str, JSON], Lines]:
        """The merge patch with the lines of its values, by pointers from its own root."""
        value = self.node.value.get("config")
        if not isinstance(value, dict):
            if value is not None:
                self.report(Code.WRONG_TYPE, "config must hold keys and values.", "/config")
            return {}, {}
        start = "/config/"
        cut = len(start) - 1
        lines = {pointer[cut:]: line for pointer, line in self.node.lines.items() if pointer.startswith(start)}
        if any("/$" in pointer for pointer in lines):  # most have no directive, and there are many
            self.problems += check_patch(value, lines, self.file)
        return value, lines

    def mappings(self) -> Mapping[str, Mapping[Part, PartOverride]]:
        value = self.node.value.get("mappings")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report(Code.WRONG_TYPE, "mappings must hold model/resource/method and its parts.", "/mappings")
            return {}
        found: dict[str, Mapping[Part, PartOverride]] = {}
        for key, parts in value.items():
            pointer = child("/mappings", key)
            if self.is_mapping(key, pointer):
                found[key] = self.parts(parts, pointer)
        return found

    def is_mapping(self, text: str, pointer: str) -> bool:
        try:
            key = MappingKey.parse(text)
        except ValueError:
            message = f"“{short(text)}” names no mapping; write model/resource/method, such as crm/contacts/list."
            self.report(Code.UNKNOWN_MAPPING, message, pointer)
            return False
        bad = [name for name in (key.model, key.resource, key.method) if not is_slug(name)]
        for name in bad:
            self.report(Code.BAD_SLUG, bad_slug(name), pointer)
        return not bad

    def parts(self, value: JSON, pointer: str) -> Mapping[Part, PartOverride]:
        if not isinstance(value, dict) or not value:
            self.report(Code.WRONG_TYPE, "A mapping must hold parts, such as response.", pointer)
            return {}
        found: dict[Part, PartOverride] = {}
        for name, body in value.items():
            here = child(pointer, name)
            if name not in _PARTS:
                self.report(Code.UNKNOWN_PART, unknown_key(name, _PARTS), here)
            elif (part := self.part(body, here)) is not None:
                found[Part(name)] = part
        return found

    def part(self, body: JSON, pointer: str) -> PartOverride | None:
        if not isinstance(body, dict):
            self.report(Code.WRONG_TYPE, "Write file: or expression: below the part's name.", pointer)
            return None
        for key in body.keys() - set(_PART_KEYS):
            self.report(Code.UNKNOWN_ATTRIBUTE, unknown_key(key, _PART_KEYS), child(pointer, key))
        mode = self.mode(body, pointer)
        given = [key for key in ("file", "expression") if key in body]
        if len(given) == 2:  # noqa: PLR2004 - both
            self.report(Code.WRONG_TYPE, "Give either file or expression, not both.", pointer)
        if not given and mode is not Mode.REPLACE:
            message = "Give file or expression; only with mode: replace may both be absent."
            self.report(Code.MISSING_ATTRIBUTE, message, pointer)
            return None
        expression = self.expression(body, given[0], f"{pointer}/{given[0]}") if given else None
        return PartOverride(expression=expression, mode=mode, source=self.source(pointer))

    def mode(self, body: Mapping[str, JSON], pointer: str) -> Mode:
        value = body.get("mode", Mode.MERGE)
        if value not in _MODES:
            message = f"mode must be merge or replace, not “{short(str(value))}”."
            self.report(Code.WRONG_TYPE, message, f"{pointer}/mode")
            return Mode.MERGE
        return Mode(value)

    def expression(self, body: Mapping[str, JSON], key: str, pointer: str) -> Expression | None:
        value = body[key]
        if not isinstance(value, str) or not value.strip():
            self.report(Code.WRONG_TYPE, f"{key} must be a text.", pointer)
            return None
        if key == "file":
            return self.from_file(value, pointer)
        line = self.node.texts.get(pointer) or self.node.line(pointer)
        return Expression(text=value, source=Source(file=self.file, line=line))

    def from_file(self, name: str, pointer: str) -> Expression | None:
        path = resolve(self.beside.folder, name)
        if path is None:
            message = f"“{short(name)}” leaves the account's folder; an expression's file stands in it."
            self.report(Code.BAD_NAME, message, pointer)
            return None
        entry = self.beside.entries.get(path)
        if entry is None:
            self.report(Code.MISSING_FILE, self.missing(path), pointer)
            return None
        text = decode(self.beside.tree.read(path), path, size=self.beside.limits.size)
        if isinstance(text, Problem):
            self.problems.append(text)
            return None
        if (bad := unstorable(text)) is not None:
            line = text.count("\n", 0, text.index(bad)) + 1
            message = f"The file holds the character U+{ord(bad):04X}, which is not kept."
            self.problems.append(problem(Code.NOT_UTF8, message, path, line))
            return None
        return Expression(text=text, source=Source(file=path, line=1))

    def missing(self, path: str) -> str:
        from difflib import get_close_matches  # only wanted when something is wrong, and slow to load

        close = get_close_matches(path, [other for other in self.beside.entries if other.endswith(".jsonata")], n=1)
        meant = f"; did you mean {close[0]}?" if close else "."
        return f"There is no file {short(path)}{meant}"

    def source(self, pointer: str) -> Source:
        return Source(file=self.file, line=self.node.line(pointer))

    def report(self, code: Code, message: str, pointer: str) -> None:
        self.problems.append(problem(code, message, self.file, self.node.line(pointer)))


def resolve(folder: str, name: str) -> str | None:
    """The path that `name` means from inside `folder`; None when it is absolute or leads out of the folder."""
    if name.startswith("/") or "\\" in name or "\0" in name:
        return None
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join((folder, *parts)) if parts else None
