"""`$eval`: an expression from text, within the bounds of the evaluation that asks for it."""

from __future__ import annotations

from integrations.core.engine.faults import LIMITS, EvaluationError, Sentence, fault
from integrations.core.engine.machine import Machine
from integrations.core.engine.values import Seq, U, Value
from integrations.core.outcomes import Fault
from integrations.core.syntax import parse


def evaluate(machine: Machine, text: Value, focus: Value = U) -> Value:
    from integrations.core.engine.compiler import Compiler  # which needs the functions, hence this module

    if text is U:
        return U
    assert machine.focus is not None
    value, frame = machine.focus
    if focus is not U:
        value = focus
        if isinstance(value, list) and not isinstance(value, Seq):
            value = Seq([value])
            value.outer = True
    machine.work(len(text))
    tree = parse(text)
    if isinstance(tree, Fault):
        raise EvaluationError("D3120", value=Sentence(tree.message))
    try:
        return Compiler(tree).code(tree)(value, frame)
    except EvaluationError as error:
        if error.code in LIMITS or error.code == "D3121":  # which tells of the innermost already
            raise
        raise EvaluationError("D3121", value=Sentence(fault(error, text).message)) from None
