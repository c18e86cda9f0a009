"""The root modules of a repository, evaluated, and their documents brought together over the environments."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from integrations.core import terraform
from integrations.core.analyses import with_expressions
from integrations.core.documents import (
    Document,
    Expression,
    IntegrationDocument,
    MappingDocument,
    OverrideDocument,
    encode,
)
from integrations.core.hcl import HclFile
from integrations.core.layout import ENVIRONMENTS, INTEGRATIONS, bad_slug, is_below, is_slug
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem
from integrations.core.text import problem
from integrations.loader.survey import Survey, unreached
from integrations.sandbox.hcl import Evaluated, export_tree

_MODULE_SUFFIXES = (".tf", ".tf.json")
_VALUE_SUFFIXES = (".tfvars", ".tfvars.json")

_Scoped: TypeAlias = IntegrationDocument | MappingDocument | OverrideDocument


class Evaluator(Protocol):
    """What `integrations.sandbox.hcl.HclEvaluator` is."""

    def evaluate(self, export: Path, root: str, variable_files: Sequence[str], *, trusted: bool = False) -> Evaluated:
        """Evaluate one root of an exported tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    """One evaluation.

    `lent` are the environment's tfvars files that a root of the platform layer is given, by the names they get
    there; `origins` has their own.
    """

    folder: str
    environment: str | None
    files: Mapping[str, HclFile]
    lent: Mapping[str, bytes] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def located(self, parsed: Parsed) -> Parsed:
        """The documents' expressions and the problems with the addresses that the files have in the repository."""
        if not self.origins:
            return parsed
        documents = tuple(with_expressions(document, self._expression) for document in parsed.documents)
        return Parsed(documents=documents, problems=tuple(self.addressed(parsed.problems)))

    def _expression(self, expression: Expression) -> Expression:
        file = self.origins.get(expression.source.file)
        return expression if file is None else replace(expression, source=replace(expression.source, file=file))

    def addressed(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems with the addresses that the files have in the repository: lines are the same in both."""
        return [
            replace(each, source=replace(each.source, file=self.origins[each.source.file]))
            if each.source and each.source.file in self.origins
            else each
            for each in problems
        ]

    @property
    def folders(self) -> tuple[str, ...]:
        return terraform.module_folders(self.files, self.folder)

    @property
    def is_readable(self) -> bool:
        """Whether no file that the root consists of has a problem of its own; those are reported once for all."""
        folders = set(self.folders)
        return not any(file.problems for path, file in self.files.items() if path.rpartition("/")[0] in folders)


def evaluate(found: Survey, evaluator: Evaluator, *, trusted: bool) -> Parsed:
    """The documents of all root modules, not analysed yet, and everything that is wrong with HCL."""
    if found.is_too_large:
        return Parsed()
    files = found.hcl_files()
    roots = _roots(found, files)
    problems = [each for file in files.values() for each in file.problems]
    problems += _misplaced(files)
    problems += unreached(files, [folder for root in roots for folder in root.folders])
    ready: list[_Root] = []
    for root in roots:
        wrong = terraform.check_root(root.files, root=root.folder, read=_reader(found, root))
        problems += root.addressed(wrong)
        if not wrong and root.is_readable:
            ready.append(root)
    parsed = _evaluate(found, ready, evaluator, trusted=trusted)
    documents = _collapse([document for part in parsed for document in part.documents], found.settings.environments)
    problems += [each for part in parsed for each in part.problems]
    return Parsed(documents=tuple(documents), problems=tuple(problems))


def _roots(found: Survey, files: Mapping[str, HclFile]) -> list[_Root]:
    modules = {path.rpartition("/")[0] for path in files if path.endswith(_MODULE_SUFFIXES)}
    roots: list[_Root] = []
    apart: list[str] = []  # environments whose root does not call the platform layer
    for environment in found.settings.environments:
        folder = f"{ENVIRONMENTS}/{environment}"
        root = _Root(folder=folder, environment=environment, files=files) if folder in modules else None
        if root is None or INTEGRATIONS not in root.folders:
            apart.append(environment)
            # Its values may be meant for the platform layer, which is lent them: there they are known.
            root = root and replace(root, files=_without(files, folder, _declared(files, INTEGRATIONS)))
        roots += [root] if root else []
    if INTEGRATIONS in modules and apart:
        roots += _platform_roots(found, files, apart)
    reached = {folder for root in roots for folder in root.folders}
    own = {folder for folder in modules - reached if any(is_below(folder, top) for top in found.settings.accounts)}
    called = {other for folder in own for other in terraform.module_folders(files, folder) if other != folder}
    roots += [_Root(folder=folder, environment=None, files=files) for folder in sorted(own - called)]
    return roots


def _platform_roots(found: Survey, files: Mapping[str, HclFile], environments: Sequence[str]) -> list[_Root]:
    """`integrations/` evaluated by itself: once if no environment gives it a value, else for each environment."""
    roots = [_lending(found, files, environment) for environment in environments]
    if not any(root.lent for root in roots) and len(environments) == len(found.settings.environments):
        return [replace(roots[0], environment=None)]
    return roots


def _lending(found: Survey, files: Mapping[str, HclFile], environment: str) -> _Root:
    """`integrations/` with an environment's tfvars files as further `.auto.tfvars`, of the variables it declares.

    Where the environment has no root of its own they are lent whole, so that an unknown variable is reported.
    """
    folder = f"{ENVIRONMENTS}/{environment}"
    declared = _declared(files, INTEGRATIONS)
    has_root = any(path.rpartition("/")[0] == folder and path.endswith(_MODULE_SUFFIXES) for path in files)
    lent: dict[str, bytes] = {}
    changed: dict[str, HclFile] = {}
    origins: dict[str, str] = {}
    for number, path in enumerate(_in_loading_order(_values(files, folder))):
        file = files[path]
        kept = declared if has_root else frozenset(file.attributes)
        attributes = {name: value for name, value in file.attributes.items() if name in kept}
        if attributes:
            # "~" sorts behind every other name: Terraform lets the last file win, and the environment is that.
            name = f"{INTEGRATIONS}/~{number}-{environment}.auto.tfvars"
            lent[name] = _only_lines(found.read(path) or b"", file, kept)
            changed[name] = replace(file, attributes=attributes)
            origins[name] = path
    together = {**files, **changed}
    return _Root(folder=INTEGRATIONS, environment=environment, files=together, lent=lent, origins=origins)


def _declared(files: Mapping[str, HclFile], folder: str) -> frozenset[str]:
    """The variables of a module."""
    return frozenset(
        block.labels[0]
        for path, file in files.items()
        if path.rpartition("/")[0] == folder
        for block in file.blocks
        if block.type == "variable" and block.labels
    )


def _values(files: Mapping[str, HclFile], folder: str) -> list[str]:
    return [path for path in files if path.rpartition("/")[0] == folder and path.endswith(_VALUE_SUFFIXES)]


def _without(files: Mapping[str, HclFile], folder: str, foreign: frozenset[str]) -> Mapping[str, HclFile]:
    """The files, those with a root's values without what only another module declares."""
    unwanted = foreign - _declared(files, folder)
    changed: dict[str, HclFile] = {}
    for path in _values(files, folder):
        attributes = {name: value for name, value in files[path].attributes.items() if name not in unwanted}
        changed[path] = replace(files[path], attributes=attributes)
    return {**files, **changed}


def _in_loading_order(paths: Iterable[str]) -> list[str]:
    """`terraform.tfvars` first, then the others by name."""
    return sorted(paths, key=lambda path: (path.rpartition("/")[2] != "terraform.tfvars", path))


def _only_lines(text: bytes, file: HclFile, declared: frozenset[str]) -> bytes:
    """The text of a tfvars file with the lines of undeclared variables blank, so that line numbers stay."""
    lines = text.split(b"\n")
    starts = sorted((attribute.line, name) for name, attribute in file.attributes.items())
    for (line, name), (end, _) in zip(starts, [*starts[1:], (len(lines) + 1, "")], strict=True):
        if name not in declared:
            lines[line - 1 : end - 1] = [b""] * (end - line)
    return b"\n".join(lines)


def _misplaced(files: Mapping[str, HclFile]) -> list[Problem]:
    """Folders of environments whose names cannot be used."""
    problems: dict[str, Problem] = {}
    for path in files:
        parts = path.split("/")
        if parts[0] == ENVIRONMENTS and len(parts) > 2 and not is_slug(parts[1]):  # noqa: PLR2004 - folder and file
            problems.setdefault(parts[1], problem(Code.BAD_SLUG, bad_slug(parts[1]), path, 1))
    return list(problems.values())


def _reader(found: Survey, root: _Root) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        return root.lent.get(path) or found.read(path)

    return read


def _evaluate(found: Survey, roots: Sequence[_Root], evaluator: Evaluator, *, trusted: bool) -> list[Parsed]:
    """Each root's documents, in the roots' order. Exports are written and results read here, one thread each waits."""
    if not roots:
        return []
    with tempfile.TemporaryDirectory(prefix="glasshouse-hcl-") as made, ThreadPoolExecutor(_workers()) as pool:
        shared = Path(made, "shared")
        problems = _export(found, shared, {})
        if problems:
            return [Parsed(problems=problems)]
        waiting = []
        for number, root in enumerate(roots):
            export = shared
            if root.lent:
                export = Path(made, str(number))
                _export(found, export, root.lent)
            names = terraform.variable_files(root.files, root.folder)
            waiting.append(pool.submit(evaluator.evaluate, export, root.folder, names, trusted=trusted))
        parsed = [_documents(found, root, each.result()) for root, each in zip(roots, waiting, strict=True)]
    return [root.located(part) for root, part in zip(roots, parsed, strict=True)]


def _workers() -> int:
    return max(1, min(8, os.cpu_count() or 1))


def _export(found: Survey, destination: Path, lent: Mapping[str, bytes]) -> tuple[Problem, ...]:
    destination.mkdir()
    problems = export_tree(found.tree, found.hcl, destination)
    for name, text in lent.items():
        Path(destination, name).write_bytes(text)
    return problems


def _documents(found: Survey, root: _Root, evaluated: Evaluated) -> Parsed:
    if evaluated.problems:
        return Parsed(problems=evaluated.problems)
    return terraform.documents(
        evaluated.result,
        root.files,
        root=root.folder,
        environment=root.environment,
        read=_reader(found, root),
    )


def _collapse(documents: Iterable[Document], environments: tuple[str, ...]) -> list[Document]:
    """One document for all environments in which it is equal, for every one of them when that is all."""
    grouped: dict[bytes, tuple[_Scoped, set[str]]] = {}
    others: list[Document] = []
    for document in documents:
        if not isinstance(document, _Scoped):
            others.append(document)
            continue
        scope = set(document.environments or environments)
        _, met = grouped.setdefault(encode(replace(document, environments=None)), (document, set()))
        if met.isdisjoint(scope):
            met |= scope
        else:
            others.append(document)  # the same twice in one environment: kept, so that it is reported
    collapsed: list[Document] = []
    for document, met in grouped.values():
        names = tuple(name for name in environments if name in met)
        collapsed.append(replace(document, environments=None if names == environments else names))
    return [*collapsed, *others]
