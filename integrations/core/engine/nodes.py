"""Literals, variables, blocks and conditions, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.core.engine.machine import Code, Frame
from integrations.core.engine.regexes import Matcher
from integrations.core.engine.values import Seq, U, Value, collapsed, number, truth
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler


def nothing(_value: Value, _frame: Frame) -> Value:
    return U


def literal(_compiler: Compiler, node: Symbol) -> Code:
    value = node.value
    if isinstance(value, str):
        value = paired(value)
    elif type(value) is int:
        value = number(value)
    return lambda _value, _frame: value


def paired(text: str) -> str:
    """The text with each pair of surrogates, as two escapes give, made the one character that it is."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def regex(_compiler: Compiler, node: Symbol) -> Code:
    matcher = Matcher(node.value)
    return lambda _value, _frame: matcher


def variable(compiler: Compiler, node: Symbol) -> Code:
    name = str(node.value)
    if name == "":
        return _context

    settle = compiler.settle(node)

    def code(_value: Value, frame: Frame) -> Value:
        result = frame.lookup(name)
        return settle(result) if type(result) is Seq else result

    return code


def _context(value: Value, _frame: Frame) -> Value:
    """`$`; an input that is an array stands in a sequence of its own."""
    if type(value) is Seq:
        return value[0] if value.outer else collapsed(value)
    return value


def parent(_compiler: Compiler, node: Symbol) -> Code:
    label = node.slot.label
    return lambda _value, frame: collapsed(frame.lookup(label))


def condition(compiler: Compiler, node: Symbol) -> Code:
    then = compiler.code(node.then)
    otherwise = nothing if node._else is None else compiler.code(node._else)  # noqa: SLF001 - the library's name
    if node.condition is node.then:
        return lambda value, frame: got if truth(got := then(value, frame)) else otherwise(value, frame)
    if node.then in (node.condition.arguments or ()) and compiler.is_builtin("exists"):
        return lambda value, frame: otherwise(value, frame) if (got := then(value, frame)) is U else got
    test = compiler.code(node.condition)

    def code(value: Value, frame: Frame) -> Value:
        return then(value, frame) if truth(test(value, frame)) else otherwise(value, frame)

    return code


def bind(compiler: Compiler, node: Symbol) -> Code:
    name, right = str(node.lhs.value), compiler.code(node.rhs)

    def code(value: Value, frame: Frame) -> Value:
        result = frame.variables[name] = right(value, frame)
        return result

    return code


def block(compiler: Compiler, node: Symbol) -> Code:
    parts = [compiler.code(part) for part in node.expressions]
    if not parts:
        return nothing
    if len(parts) == 1 and not compiler.bound and not compiler.uses_eval:  # nothing that a frame could hold
        return parts[0]
    *first, last = parts

    def code(value: Value, frame: Frame) -> Value:
        frame = Frame({}, frame, frame.machine)
        for part in first:
            part(value, frame)
        return last(value, frame)

    return code
