"""Which writes of the console leave no entry in the audit log: told from the sources, by who calls whom.

A function *writes* where it calls a method that only rows and querysets have in this form. It *records* where it, or
anything it calls, calls `audit.record`. A write is recorded when every way to it from outside begins at a function that
records. What is told is a floor: a function that records one of two writes passes, and its own test must say the rest.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_ALWAYS = frozenset({"bulk_create", "bulk_update", "update_or_create", "get_or_create"})
_OF_MANAGERS = frozenset({"create", "create_user", "create_superuser"})
_RELATIONS = frozenset({"groups", "permissions", "user_permissions"})
_RECORDERS = frozenset({"record", "intent", "outcome", "erase", "close_orphans"})


@dataclass(slots=True)
class _Function:
    writes: bool = False
    records: bool = False
    calls: set[str] = field(default_factory=set)


def unrecorded(sources: Mapping[str, str], *, excused: Collection[str] = ()) -> set[str]:
    """The outermost functions (`module:name`) by which an unrecorded write is reached. `sources` by module name.

    Nobody is asked about what is reached by way of an excused function alone.
    """
    functions = {name: found for module, text in sources.items() for name, found in _functions(module, text, sources)}
    callers: dict[str, set[str]] = defaultdict(set)
    for name, function in functions.items():
        for called in function.calls & functions.keys():
            callers[called].add(name)
    recording = _reaching({name for name, function in functions.items() if function.records}, callers)
    doors: set[str] = set()
    for name, function in functions.items():
        if function.writes:
            above = _reaching({name}, callers, stop=excused)
            doors |= {door for door in above if not callers[door] - {door}}
    return doors - recording - set(excused)


def _reaching(start: set[str], callers: Mapping[str, set[str]], stop: Collection[str] = ()) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        name = waiting.pop()
        for above in () if name in stop else callers.get(name, ()):
            if above not in found:
                found.add(above)
                waiting.append(above)
    return found


def _functions(module: str, text: str, sources: Mapping[str, str]) -> Iterator[tuple[str, _Function]]:
    tree = ast.parse(text)
    imported = dict(_imports(tree))
    local = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node, name in _named(tree, ""):
        function = _Function()
        for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
            function.writes |= _is_write(call)
            function.calls |= _called(call, module, name, imported, local)
        function.records = any(called.startswith("audit.record:") for called in function.calls)
        yield f"{module}:{name}", function


def _named(tree: ast.AST, above: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, f"{above}{node.name}"
        elif isinstance(node, ast.ClassDef):
            yield from _named(node, f"{above}{node.name}.")


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}:{alias.name}"


def _called(call: ast.Call, module: str, caller: str, imported: Mapping[str, str], local: set[str]) -> set[str]:
    match call.func:
        case ast.Name(id=name) if name in imported:
            target = imported[name]
            is_recorder = target.startswith("audit.record:") and name not in _RECORDERS
            return set() if is_recorder else {target, f"{target}.__call__", f"{target}.__init__"}
        case ast.Name(id=name) if name in local:
            return {f"{module}:{name}", f"{module}:{name}.__init__"}
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return {f"{module}:{caller.rpartition('.')[0]}.{name}"}
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in imported:
            package, _, within = imported[name].partition(":")
            return {f"{package}.{within}:{attribute}"}
    return set()


def _is_write(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    name, receiver = call.func.attr, ast.unparse(call.func.value)
    if name in _ALWAYS:
        return True
    if name in _OF_MANAGERS:
        return "objects" in receiver
    if name in {"add", "set", "remove", "clear"}:
        return receiver.rpartition(".")[2] in _RELATIONS
    if name == "save":
        return not call.args
    if name == "delete":
        return not call.args and not call.keywords
    # A dictionary is updated with another one, a queryset with names of columns.
    return (
        name == "update"
        and bool(call.keywords)
        and not call.args
        and receiver.rpartition(".")[2] not in {"context", "filters", "globals"}
    )
