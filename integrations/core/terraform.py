"""Terraform's view of a root module: what is checked before it is evaluated, and its result as documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from posixpath import basename

from integrations.core.documents import JSON, Document, key_of
from integrations.core.hcl import HclFile
from integrations.core.hcl_checks import RESOURCES, check_calls, check_module, check_variables
from integrations.core.hcl_names import Names
from integrations.core.hcl_scope import Program, Scope, variable_paths
from integrations.core.parsed import Parsed
from integrations.core.problems import Code, Problem, in_order
from integrations.core.terraform_instances import Observed, Path, check_instances, each_of, parse_address, scope_at
from integrations.core.terraform_reader import ResourceReader
from integrations.core.text import problem

Read = Callable[[str], bytes | None]


def variable_files(files: Mapping[str, HclFile], root: str) -> tuple[str, ...]:
    """The names of the tfvars files that Terraform loads for `root`, in its order, relative to the root."""
    return tuple(basename(path) for path in variable_paths(files, root))


def module_folders(files: Mapping[str, HclFile], root: str) -> tuple[str, ...]:
    """The folders whose `.tf` files the root consists of: itself and the modules it calls, sorted."""
    return tuple(sorted(Program(root=root, files=files, read=_nothing).folders()))


def _nothing(_: str) -> bytes | None:
    return None


def check_root(files: Mapping[str, HclFile], *, root: str, read: Read) -> tuple[Problem, ...]:
    """All that keeps the root from being evaluated, without evaluating it; () when it may be.

    `files`: every `.tf`, `.tfvars` (and `.json` form) of the repository by path, read with `read_hcl`; those of folders
    that the root does not use are ignored. `read` gives a regular file's content, None when there is none.
    """
    program = Program(root=root, files=files, read=read)
    if not program.has(root):
        return (problem(Code.MISSING_MODULE, f"There is no .tf file in {root or '.'}.", root or ".", 1),)
    folders = program.folders()
    paths = [path for folder in folders for path in program.paths(folder)]
    variables = [path for path in files if path.endswith(".tfvars.json") and path.rpartition("/")[0] == root]
    unreadable = [
        found for path in (*paths, *variable_paths(files, root), *variables) for found in files[path].problems
    ]
    found = [*unreadable, *(one for folder in folders for one in check_module(program, folder))]
    if not unreadable:  # else names would be missing that only could not be read
        found += check_variables(program)
        found += _check_scopes(program)
    return in_order(found)


def _check_scopes(program: Program) -> Iterator[Problem]:
    """Each module as it is called, from the root on."""
    names = Names()
    pending = [Scope.of(program)]
    while pending:
        scope = pending.pop()
        calls = list(check_calls(scope))
        yield from calls
        yield from names.check(scope)
        if calls:
            continue  # it may go on without end
        for name, call in scope.module.calls.items():
            children = [scope.child(name, instance.each) for instance in names.instances(call, scope)]
            pending.extend(child for child in children if child is not None)


def documents(
    evaluated: JSON, files: Mapping[str, HclFile], *, root: str, environment: str | None, read: Read
) -> Parsed:
    """The documents of one evaluated root, sorted by their keys, their expressions not analysed yet.

    `evaluated` is tfparse's result; `files` and `read` are as for `check_root`.
    `environment`: the root's, which its documents are then in force in; None for all of them.
    """
    program = Program(root=root, files=files, read=read)
    top = Scope.of(program)
    scopes: dict[Path, Scope | None] = {}
    problems = list(check_instances(top, Observed.of(evaluated), scopes))
    result: list[Document] = []
    for kind in RESOURCES:
        for value in evaluated.get(kind, ()):
            document = _document(kind, value, top, scopes=scopes, environment=environment, problems=problems)
            if document is not None:
                result.append(document)
    result.sort(key=key_of)
    return Parsed(documents=tuple(result), problems=in_order(problems))


def _document(
    kind: str,
    value: dict[str, JSON],
    top: Scope,
    *,
    scopes: dict[Path, Scope | None],
    environment: str | None,
    problems: list[Problem],
) -> Document | None:
    path = str(value["__tfmeta"].get("path", ""))
    address = parse_address(path)
    scope = None if address is None else scope_at(top, address.modules, scopes)
    block = None
    if address is not None and scope is not None and len(address.rest) == 2:  # noqa: PLR2004 - type and name
        block = scope.module.resources.get((kind, address.rest[1][0]))
    if address is None or scope is None or block is None:
        message = f"The evaluated resource {path} is not found in the text."
        problems.append(problem(Code.HCL_FAILED, message, top.module.folder or ".", 1))
        return None
    if kind == "unified_api_environment_override" and environment is None:
        message = "An environment override must stand in an environment's folder, or in a module that it calls."
        problems.append(problem(Code.HCL_REFUSED, message, block.file, block.line))
        return None
    reader = ResourceReader(
        scope=scope.inside(each_of(block, scope, address.rest[1][1])),
        environments=None if environment is None else (environment,),
        problems=problems,
    )
    return reader.read(kind, value, block)
