"""The evaluator: jsonata-python's trees, evaluated as the reference does, within bounds.

The library's parser makes the tree; `compiler` makes functions of it, once for an expression. `docs/jsonata.md` says
where this departs from the reference, and why the library's own evaluator is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

from integrations.core.documents import JSON
from integrations.core.engine.arrays import clone
from integrations.core.engine.compiler import Compiler
from integrations.core.engine.faults import TOO_DEEP, EvaluationError, fault
from integrations.core.engine.functions import NATIVES
from integrations.core.engine.machine import Code, Frame, Limits, Machine
from integrations.core.engine.results import exported
from integrations.core.engine.values import Seq, U, Value
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined
from integrations.core.syntax import Symbol

__all__ = ["Limits", "run"]

_compiled: WeakKeyDictionary[Symbol, tuple[Code, bool]] = WeakKeyDictionary()


def run(
    tree: Symbol,
    text: str,
    data: JSON | Undefined,
    bindings: Mapping[str, JSON],
    *,
    limits: Limits,
    clock: Callable[[], float],
    now: int,
) -> Outcome:
    """Evaluate a tree of `syntax.parse`; see `expressions.evaluate`."""
    machine = Machine(limits, clock, now, NATIVES)
    try:
        code, changes = _code(tree)
        value = _run(machine, code, data, bindings, changes=changes)
        return UNDEFINED if value is U else Result(exported(machine, value))
    except EvaluationError as error:
        return fault(error, text)
    except RecursionError:
        return fault(EvaluationError(TOO_DEEP), text)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever an expression does, it gives a fault
        return Fault(code="G0005", message=f"The evaluation failed ({type(error).__name__}).")


def _code(tree: Symbol) -> tuple[Code, bool]:
    """The tree's code, and whether it may change the objects that it is given."""
    known = _compiled.get(tree)
    if known is None:
        compiler = Compiler(tree)
        known = _compiled[tree] = (compiler.code(tree), compiler.changes)
    return known


def _run(machine: Machine, code: Code, data: JSON | Undefined, bindings: Mapping[str, JSON], *, changes: bool) -> Value:
    value: Value = U if isinstance(data, Undefined) else data
    variables: dict[str, Value] = dict(bindings)
    if changes:
        value = U if value is U else clone(machine, value)
        variables = {name: clone(machine, bound) for name, bound in variables.items()}
    variables["$"] = value
    if not NATIVES.keys().isdisjoint(variables):
        machine.natives = dict(NATIVES)  # a name of a function is taken: calls look it up
    if isinstance(value, list):
        value = Seq([value])
        value.outer = True
    return code(value, Frame(variables, None, machine))
