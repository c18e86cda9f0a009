"""The modules of one root, and what an expression in one of them stands for without evaluating it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename, dirname
from typing import Any, Final

from integrations.core.documents import JSON
from integrations.core.hcl import (
    Attribute,
    Block,
    Expression,
    HclFile,
    Literal,
    ObjectValue,
    Reference,
    TupleValue,
)

Read = Callable[[str], bytes | None]
MAX_MODULE_DEPTH: Final = 8
MAX_STEPS: Final = 64  # from name to name; a longer chain is a circle


@dataclass(frozen=True, kw_only=True)
class Module:
    """The blocks of one folder's `.tf` files. Where a name is given twice, the first block counts."""

    folder: str
    blocks: tuple[Block, ...]

    def _named(self, block_type: str) -> dict[str, Block]:
        found = [block for block in self.blocks if block.type == block_type and len(block.labels) == 1]
        return {block.labels[0]: block for block in reversed(found)}

    @cached_property
    def variables(self) -> dict[str, Block]:
        return self._named("variable")

    @cached_property
    def outputs(self) -> dict[str, Block]:
        return self._named("output")

    @cached_property
    def calls(self) -> dict[str, Block]:
        return self._named("module")

    @cached_property
    def locals(self) -> dict[str, Attribute]:
        return {
            name: attribute
            for block in self.blocks
            if block.type == "locals"
            for name, attribute in block.attributes.items()
        }

    @cached_property
    def resources(self) -> dict[tuple[str, str], Block]:
        found = [block for block in self.blocks if block.type == "resource" and len(block.labels) == 2]  # noqa: PLR2004 - type and name
        return {(block.labels[0], block.labels[1]): block for block in reversed(found)}


@dataclass(slots=True)
class Told:
    """What hcl_static.py has told of one root: values of names, by where they stand, and the work that took."""

    values: dict[tuple[int, int, int], tuple[Any, Scope]] = field(default_factory=dict)
    work: int = 0


@dataclass(frozen=True, kw_only=True)
class Program:
    """A root folder with all modules that it may call, and what is passed to its variables from tfvars files."""

    root: str
    files: Mapping[str, HclFile]
    read: Read
    told: Told = field(default_factory=Told)
    _modules: dict[str, Module] = field(default_factory=dict)
    _contents: dict[str, bytes | None] = field(default_factory=dict)

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.files):
            if path.endswith((".tf", ".tf.json")):
                found.setdefault(dirname(path), []).append(path)
        return found

    def content(self, path: str) -> bytes | None:
        """A file's content, read once; None when there is no regular file."""
        if path not in self._contents:
            self._contents[path] = self.read(path)
        return self._contents[path]

    def has(self, folder: str) -> bool:
        return folder in self._folders

    def paths(self, folder: str) -> list[str]:
        """The paths of the folder's own `.tf` files, sorted."""
        return self._folders.get(folder, [])

    def module(self, folder: str) -> Module:
        if folder not in self._modules:
            blocks = tuple(block for path in self.paths(folder) for block in self.files[path].blocks)
            self._modules[folder] = Module(folder=folder, blocks=blocks)
        return self._modules[folder]

    @cached_property
    def passed(self) -> dict[str, Attribute]:
        """What tfvars files give the root's variables, the last file winning."""
        return {
            name: attribute
            for path in variable_paths(self.files, self.root)
            for name, attribute in self.files[path].attributes.items()
        }

    def callee(self, call: Block, folder: str) -> str | None:
        """The folder that a module call in `folder` names; None when it names none inside the repository."""
        source = call.attributes.get("source")
        if source is None or not isinstance(source.value, Literal) or not isinstance(source.value.value, str):
            return None
        text = source.value.value
        return resolve(folder, text) if text.startswith(("./", "../")) or text in {".", ".."} else None

    def folders(self) -> list[str]:
        """The root and, from there, every module folder that exists."""
        found, pending = [], [self.root]
        while pending:
            folder = pending.pop()
            if folder in found or not self.has(folder):
                continue
            found.append(folder)
            calls = self.module(folder).calls.values()
            pending.extend(target for call in calls if (target := self.callee(call, folder)) is not None)
        return found


def variable_paths(files: Iterable[str], root: str) -> list[str]:
    """The tfvars files that Terraform loads by itself for a root, in its order."""
    here = sorted(path for path in files if dirname(path) == root)
    named = [path for path in here if basename(path) == "terraform.tfvars"]
    return named + [path for path in here if path.endswith(".auto.tfvars")]


def resolve(folder: str, path: str) -> str | None:
    """A relative path as seen from a folder of the repository; None when it leaves the repository or is absolute."""
    if path.startswith("/") or "\0" in path or "\\" in path:
        return None
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: a module as called from its parent, and the instance of the block around it.

    `name` and `key` are the module's in the parent; `each` is of the block that holds the expression.
    """

    program: Program
    module: Module
    parent: Scope | None = None
    call: Block | None = None
    each: Each | None = None

    @classmethod
    def of(cls, program: Program) -> Scope:
        return cls(program, program.module(program.root))

    def inside(self, each: Each | None) -> Scope:
        """The same module, seen from inside a block's instance."""
        return Scope(self.program, self.module, self.parent, self.call, each)

    def child(self, name: str, each: Each | None = None) -> Scope | None:
        """The scope of a called module; None when its folder is missing or calls go too deep (or in a circle)."""
        call = self.module.calls.get(name)
        folder = None if call is None else self.program.callee(call, self.module.folder)
        if call is None or folder is None or not self.program.has(folder) or self.depth >= MAX_MODULE_DEPTH:
            return None
        return Scope(self.program, self.program.module(folder), self.inside(each), call)

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1


@dataclass(frozen=True, slots=True)
class Place:
    """An expression with the scope that its names are in and the file that it stands in."""

    expression: Expression
    scope: Scope
    file: str


@dataclass(frozen=True, slots=True)
class Each:
    """What `each` and `count` mean in one instance; the key as the evaluator names it.

    `place` is where the value is written, where the text of `for_each` shows that.
    """

    key: str | int
    value: JSON
    place: Place | None = None


def follow(place: Place) -> Place:
    """Where a chain of names ends; the last that could be told when one cannot."""
    for _ in range(MAX_STEPS):
        further = _further(place.expression, place.scope) if isinstance(place.expression, Reference) else None
        if further is None:
            break
        place = further
    return place


def _further(reference: Reference, scope: Scope) -> Place | None:
    """What the first names of a reference stand for, with the rest of its steps taken; None when it is not known."""
    found = definition(reference, scope)
    if found is None:
        return None
    place, used = found
    return step_into(place, reference.path[used:])


def definition(reference: Reference, scope: Scope) -> tuple[Place, int] | None:
    """Where the named thing is defined and how many steps of the path named it; None when that is not in the text."""
    match reference.path:
        case ["var", str(name), *_]:
            place = variable(name, scope)
            return None if place is None else (place, 2)
        case ["each", "value", *_] if scope.each is not None:
            return None if scope.each.place is None else (scope.each.place, 2)
        case ["local", str(name), *_]:
            local = scope.module.locals.get(name)
            return None if local is None else (Place(local.value, scope.inside(None), local.file), 2)
        case ["module", str(name), str(output), *_]:
            child = scope.child(name)
            block = None if child is None else child.module.outputs.get(output)
            value = None if block is None else block.attributes.get("value")
            if child is None or value is None or is_repeated(scope.module.calls[name]):
                return None
            return Place(value.value, child, value.file), 3
        case [str(kind), str(name), str(attribute), *_] if (kind, name) in scope.module.resources:
            resource = scope.module.resources[kind, name]
            written = resource.attributes.get(attribute)
            if written is None or is_repeated(resource):
                return None
            return Place(written.value, scope.inside(None), written.file), 3
    return None


def is_repeated(block: Block) -> bool:
    return "for_each" in block.attributes or "count" in block.attributes


def variable(name: str, scope: Scope) -> Place | None:
    """What a variable's value is written as: the argument or tfvars entry, else its default."""
    block = scope.module.variables.get(name)
    if block is None:
        return None
    given: Attribute | None
    if scope.parent is None or scope.call is None:
        given, where = scope.program.passed.get(name), scope
    else:
        given, where = scope.call.attributes.get(name), scope.parent
    if given is not None:
        return Place(given.value, where, given.file)
    default = block.attributes.get("default")
    return None if default is None else Place(default.value, scope.inside(None), default.file)


def step_into(place: Place, steps: Iterable[str | Expression]) -> Place | None:
    """The part of a written object or list that the steps lead to; None when the text does not show it."""
    rest = list(steps)
    expression = place.expression
    while rest:
        if isinstance(expression, Reference):
            return Place(Reference(expression.line, (*expression.path, *rest)), place.scope, place.file)
        step = rest.pop(0)
        key = step.value if isinstance(step, Literal) else step
        if isinstance(expression, ObjectValue) and isinstance(key, str):
            item = next((item for item in reversed(expression.items) if item.key == key), None)
            if item is None:
                return None
            expression = item.value
        elif isinstance(expression, TupleValue) and isinstance(key, int) and 0 <= key < len(expression.items):
            expression = expression.items[key]
        else:
            return None
    return Place(expression, place.scope, place.file)
