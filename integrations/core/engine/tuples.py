"""Paths whose items carry variables along, for `%`, `@` and `#`, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from integrations.core.engine import paths
from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.sorting import sorting
from integrations.core.engine.values import Seq, Tuples, U, Value, append
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler

_Stage: TypeAlias = Callable[[Value, Frame], Value]
_Step: TypeAlias = Callable[[list[Value], "Tuples | None", Frame], Tuples]


def path(compiler: Compiler, node: Symbol) -> Code:
    """The path's items; its tuples where `%` of a path around it, or its grouping, asks for them."""
    first = next(index for index, step in enumerate(node.steps) if step.tuple is not None)
    plain = [
        paths.step_of(compiler, step, is_last=index == len(node.steps) - 1)
        for index, step in enumerate(node.steps[:first])
    ]
    carried = [(_step(compiler, step), step.focus is None) for step in node.steps[first:]]
    whole = compiler.code(node.steps[0]) if node.steps[0].consarray else None
    from_context = node.steps[0].type != "variable"
    gives_tuples = node.tuple is not None or node.group is not None
    keep = bool(node.keep_singleton_array)

    def code(value: Value, frame: Frame) -> Value:
        items: list[Value] = value if from_context and isinstance(value, list) else [value]
        for index, step in enumerate(plain):
            items = whole(Seq(items), frame) if whole is not None and index == 0 else step(items, frame)
            if items is U or not items:
                return Tuples() if gives_tuples and node.group is not None else U
        bound: Tuples | None = None
        for carry, _ in carried:
            bound = carry(items, bound, frame)
        assert bound is not None
        if gives_tuples:
            return bound
        result = Seq(item["@"] for item in bound)
        return paths.kept(result) if keep else result

    return code


def _step(compiler: Compiler, node: Symbol) -> _Step:
    stages = [_stage(compiler, stage) for stage in node.stages or ()]
    step = _sorted(compiler, node) if node.type == "sort" else _bound(compiler, node)

    def staged(items: list[Value], bound: Tuples | None, frame: Frame) -> Tuples:
        result = step(items, bound, frame)
        for stage in stages:
            result = stage(result, frame)
        frame.machine.room(len(result))
        return result

    return staged


def _stage(compiler: Compiler, node: Symbol) -> _Stage:
    if node.type == "filter":
        return paths.condition(compiler, node.expr)
    label = str(node.value)

    def numbered(value: Value, _frame: Frame) -> Value:
        for index, item in enumerate(value):
            item[label] = index
        return value

    return numbered


def _sorted(compiler: Compiler, node: Symbol) -> _Step:
    sort = sorting(compiler, node)

    def step(items: list[Value], bound: Tuples | None, frame: Frame) -> Tuples:
        if bound is not None:
            return Tuples(sort(bound, frame))
        ordered = sort(items, frame)
        if node.index is None:
            return Tuples({"@": item} for item in ordered)
        return Tuples({"@": item, node.index: index} for index, item in enumerate(ordered))

    return step


def _bound(compiler: Compiler, node: Symbol) -> _Step:
    code = compiler.code(node)
    focus, index_name = node.focus, node.index
    label = None if node.ancestor is None else node.ancestor.label

    def step(items: list[Value], bound: Tuples | None, frame: Frame) -> Tuples:
        results = Tuples()
        machine = frame.machine
        for around in bound if bound is not None else [{"@": item} for item in items]:
            machine.work()
            outer = around["@"]
            found = code(outer, Frame(dict(around), frame, machine))
            if found is U:
                continue
            are_tuples = type(found) is Tuples
            for index, item in enumerate(found if isinstance(found, list) else [found]):
                carried = dict(around)
                if are_tuples:
                    carried.update(item)
                else:
                    if focus is None:
                        carried["@"] = item
                    else:
                        carried[focus] = item
                    if index_name is not None:
                        carried[index_name] = index
                    if label is not None:
                        carried[label] = outer
                results.append(carried)
        return results

    return step


def reduced(items: list[dict[str, Value]]) -> dict[str, Value]:
    """The tuples of a group as one, each variable with all its values."""
    result = dict(items[0])
    for item in items[1:]:
        for key, value in item.items():
            result[key] = append(result.get(key, U), value)
    return result
