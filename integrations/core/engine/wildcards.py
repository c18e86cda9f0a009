"""`*` and `**`, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.values import Seq, U, Value, keys
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler


def wildcard(compiler: Compiler, node: Symbol) -> Code:
    settle = compiler.settle(node)

    def code(value: Value, frame: Frame) -> Value:
        if type(value) is Seq and value.outer and value:
            value = value[0]
        results = Seq()
        for item in (
            [value[key] for key in keys(value)] if type(value) is dict else value if isinstance(value, list) else ()
        ):
            if isinstance(item, list):
                _flatten(item, results)
            else:
                results.append(item)
        frame.machine.room(len(results))
        return settle(results)

    return code


def _flatten(items: list[Value], into: list[Value]) -> None:
    for item in items:
        if isinstance(item, list):
            _flatten(item, into)
        else:
            into.append(item)


def descendants(compiler: Compiler, node: Symbol) -> Code:
    settle = compiler.settle(node)

    def code(value: Value, frame: Frame) -> Value:
        if value is U:
            return U
        results = Seq()
        _descend(value, results)
        frame.machine.room(len(results))
        return results[0] if len(results) == 1 else settle(results)

    return code


def _descend(value: Value, into: list[Value]) -> None:
    if isinstance(value, list):
        for item in value:
            _descend(item, into)
        return
    into.append(value)
    if type(value) is dict:
        for key in keys(value):
            _descend(value[key], into)
