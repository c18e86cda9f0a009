"""Paths, compiled: steps, predicates, wildcards, groupings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from integrations.core.engine import tuples
from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.sorting import sorting
from integrations.core.engine.values import (
    Cons,
    Seq,
    Tuples,
    U,
    Value,
    append,
    collapsed,
    is_number,
    keys,
    lookup,
    truth,
)
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler

Filter: TypeAlias = Callable[[Value, Frame], Value]  # a value, or none, to those of its items that a predicate keeps
Step: TypeAlias = Callable[[list[Value], Frame], list[Value]]


def path(compiler: Compiler, node: Symbol) -> Code:
    steps = node.steps
    if any(step.tuple is not None for step in steps):
        code = tuples.path(compiler, node)
    elif all(map(_is_plain, steps)) and not node.keep_singleton_array and node.group is None:
        return _names([str(step.value) for step in steps])
    else:
        code = _values(compiler, node)
    if node.group is not None:
        group = grouping(compiler, node.group)
        return lambda value, frame: collapsed(group(code(value, frame), frame))
    if node.tuple is not None:
        return code
    return lambda value, frame: collapsed(code(value, frame))


def _is_plain(step: Symbol) -> bool:
    return bool(
        step.type == "name" and not step.stages and not step.predicate and step.group is None and not step.keep_array
    )


def _names(names: list[str]) -> Code:  # noqa: C901 - one case after another
    """`a.b.c`: the usual path, through objects as long as there is no array."""
    if len(names) == 1:
        return _single(names[0])
    last = len(names) - 1

    def code(value: Value, _frame: Frame) -> Value:
        for index, key in enumerate(names):
            if type(value) is not dict:
                if isinstance(value, list):
                    return _through(value, names[index:], at_start=index == 0)
                return U
            value = value.get(key, U)
            if value is U:
                return U
        return collapsed(value) if type(value) is Seq else value

    def through_two(value: Value, _frame: Frame) -> Value:
        if type(value) is dict:
            inner = value.get(first, U)
            if type(inner) is dict:
                inner = inner.get(second, U)
                return collapsed(inner) if type(inner) is Seq else inner
        return code(value, _frame)

    if last == 1:
        first, second = names
        return through_two
    return code


def _single(key: str) -> Code:
    def code(value: Value, _frame: Frame) -> Value:
        if type(value) is dict:
            found = value.get(key, U)
            return collapsed(found) if type(found) is Seq else found
        if isinstance(value, list):
            return _through(value, [key], at_start=True)
        return U

    return code


def _through(items: Value, names: list[str], *, at_start: bool) -> Value:
    """The rest of a path of names, from an array on."""
    if not at_start and not items:
        return U
    last = len(names) - 1
    for index, key in enumerate(names):
        items = flattened(_fields(items, key), is_last=index == last)
        if not items:
            break
    return collapsed(items)


def _fields(items: list[Value], key: str) -> list[Value]:
    """What the step gives for each item, nothing left out but undefined."""
    found = []
    for item in items:
        got = item.get(key, U) if type(item) is dict else collapsed(lookup(item, key))
        if got is not U:
            found.append(got)
    return found


def flattened(results: list[Value], *, is_last: bool) -> list[Value]:
    """The results of a step as the sequence that the next step goes through."""
    if is_last and len(results) == 1:
        only = results[0]
        if isinstance(only, list) and not isinstance(only, Seq):
            return only
    sequence = Seq()
    for result in results:
        if isinstance(result, list) and type(result) is not Cons:
            sequence.extend(result)
        else:
            sequence.append(result)
    return sequence


def _values(compiler: Compiler, node: Symbol) -> Code:
    """Any path that carries no tuples."""
    count = len(node.steps)
    steps = [step_of(compiler, step, is_last=index == count - 1) for index, step in enumerate(node.steps)]
    from_context = node.steps[0].type != "variable"
    whole = compiler.code(node.steps[0]) if node.steps[0].consarray else None
    keep = bool(node.keep_singleton_array)

    def code(value: Value, frame: Frame) -> Value:
        items: list[Value] = value if from_context and isinstance(value, list) else [value]
        for index, step in enumerate(steps):
            items = step(items, frame) if index or whole is None else whole(_sequence(items), frame)
            if items is U or not items:
                break
        return kept(items) if keep else items

    return code


def _sequence(items: list[Value]) -> list[Value]:
    return items if isinstance(items, Seq) else Seq(items)


def kept(items: Value) -> Value:
    """The sequence, marked to stay an array."""
    if type(items) is Cons:
        items = Seq([items])
    elif type(items) is Seq:
        items = Seq(items)
    if type(items) is Seq:
        items.keep = True
    return items


def step_of(compiler: Compiler, node: Symbol, *, is_last: bool) -> Step:
    stages = [condition(compiler, stage.expr) for stage in node.stages or ()]
    if node.type == "sort":
        sort = sorting(compiler, node)
        return _sorted(sort, stages)
    if not stages and _is_plain(node):
        key = str(node.value)

        def fields(items: list[Value], frame: Frame) -> list[Value]:
            frame.machine.work(len(items) >> 3)
            return flattened(_fields(items, key), is_last=is_last)

        return fields
    code = compiler.code(node)

    def step(items: list[Value], frame: Frame) -> list[Value]:
        results: list[Value] = []
        work = frame.machine.work
        for item in items:
            work()
            result = code(item, frame)
            for stage in stages:
                result = stage(result, frame)
            if result is not U:
                results.append(result)
        sequence = flattened(results, is_last=is_last)
        frame.machine.room(len(sequence))
        return sequence

    return step


def _sorted(sort: Step, stages: list[Filter]) -> Step:
    def step(items: list[Value], frame: Frame) -> list[Value]:
        result: Value = sort(items, frame)
        for stage in stages:
            result = stage(result, frame)
        return result  # type: ignore[no-any-return] # a predicate on an array gives an array

    return step


def condition(compiler: Compiler, node: Symbol) -> Filter:
    """A predicate: a position, positions, or a condition."""
    if node.type == "number" and not node.predicate and node.group is None:
        return _position(math.floor(node.value))
    code = compiler.code(node)

    def chosen(value: Value, frame: Frame) -> Value:
        is_tuples = type(value) is Tuples
        items = value if isinstance(value, list) else [value]
        results: list[Value] = Tuples() if is_tuples else Seq()
        count = len(items)
        work = frame.machine.work
        for index, item in enumerate(items):
            work()
            scope = Frame(dict(item), frame, frame.machine) if is_tuples else frame
            result = code(item["@"] if is_tuples else item, scope)
            if result is True:
                results.append(item)
            elif result is False or result is U:
                continue
            elif (positions := _positions(result)) is not None:
                results.extend(item for at in positions if (at + count if at < 0 else at) == index)
            elif truth(result):
                results.append(item)
        return results

    return chosen


def _position(at: int) -> Filter:
    def chosen(value: Value, _frame: Frame) -> Value:
        is_tuples = type(value) is Tuples
        items = value if isinstance(value, list) else [value]
        index = at + len(items) if at < 0 else at
        results: list[Value] = Tuples() if is_tuples else Seq()
        if 0 <= index < len(items):
            item = items[index]
            if isinstance(item, list):
                return item
            if item is not U:
                results.append(item)
        return results

    return chosen


def _positions(result: Value) -> list[int] | None:
    """The positions that a predicate gave; None where it gave something else."""
    kind = type(result)
    if kind is int or kind is float:
        return [math.floor(result)] if is_number(result) else None
    if isinstance(result, list) and all(map(is_number, result)):
        return [math.floor(item) for item in result]
    return None


def name(_compiler: Compiler, node: Symbol) -> Code:
    key = str(node.value)
    return lambda value, _frame: collapsed(lookup(value, key))


def grouping(compiler: Compiler, node: Symbol) -> Code:
    """An object constructor: its pairs for each group of the input's items that gives the same key."""
    pairs = [(compiler.code(key), compiler.code(content)) for key, content in node.lhs_object]
    position = compiler.start(node)
    names = [str(key.value) for key, _ in node.lhs_object if key.type == "string" and not key.predicate]
    general = _grouped(pairs, position)
    if len(names) < len(pairs) or len(set(names)) < len(names) or any(map(_is_reserved, names)):
        return general
    contents = [(literal, content) for literal, (_, content) in zip(names, pairs, strict=True)]

    def code(value: Value, frame: Frame) -> Value:
        if isinstance(value, list):
            return general(value, frame)
        made = {}
        for key, content in contents:
            result = content(value, frame)
            if result is not U:
                made[key] = result
        return made

    return code


def _grouped(pairs: list[tuple[Code, Code]], position: int) -> Code:
    def code(value: Value, frame: Frame) -> Value:
        machine = frame.machine
        is_tuples = type(value) is Tuples
        items = value if isinstance(value, list) else [value]
        groups: dict[str, tuple[list[Value], int]] = {}
        for item in items or ([] if is_tuples else [U]):
            machine.work()
            scope = Frame(dict(item), frame, machine) if is_tuples else frame
            context = item["@"] if is_tuples else item
            for index, (key_of, _) in enumerate(pairs):
                key = key_of(context, scope)
                if key is U:
                    continue
                _check_key(key, position)
                group = groups.setdefault(key, ([], index))
                if group[1] != index:
                    raise EvaluationError("D1009", position=position, value=key)
                group[0].append(item)
        return _made(groups, pairs, frame, is_tuples=is_tuples)

    return code


def _check_key(key: Value, position: int) -> None:
    if type(key) is not str:
        raise EvaluationError("T1003", position=position, value=key)
    if _is_reserved(key):
        raise EvaluationError("D1013", position=position, value=key)


def _is_reserved(key: str) -> bool:
    return key in ("_jsonata_lambda", "_jsonata_function")


def _made(
    groups: dict[str, tuple[list[Value], int]], pairs: list[tuple[Code, Code]], frame: Frame, *, is_tuples: bool
) -> Value:
    made = {}
    for key in keys(groups):
        items, index = groups[key]
        scope = frame
        if is_tuples:
            bound = tuples.reduced(items)
            context = bound.pop("@", U)
            scope = Frame(bound, frame, frame.machine)
        else:
            context = _together(items)
        result = pairs[index][1](context, scope)
        if result is not U:
            made[key] = result
    return made


def _together(items: list[Value]) -> Value:
    """The items of a group, as appending one after the other gives them."""
    if len(items) == 1:
        return items[0]
    joined: list[Value] = []
    for item in items:
        if item is not U:
            joined = append(joined, item) if isinstance(item, list) else joined
            if not isinstance(item, list):
                joined.append(item)
    return joined
