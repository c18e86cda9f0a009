"""The evaluator: jsonata-python's, corrected where it departs from the reference, and bounded."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonata import jexception, jsonata, utils

from integrations.core.documents import JSON
from integrations.core.outcomes import UNDEFINED, Fault, Outcome, Result, Undefined
from integrations.core.syntax import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one evaluation. `seconds` of wall clock; `depth`: calls within calls, as the reference counts them."""

    seconds: float = 2.0
    depth: int = 500


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
    library: Any = jsonata.Jsonata
    engine = library("null")
    engine.ast = tree
    engine.set_output_convert_nulls(False)
    frame = engine.create_frame()
    for name, value in bindings.items():
        frame.bind(name, copy.deepcopy(value))
    frame.set_runtime_bounds(int(limits.seconds * 1000), limits.depth)
    _ = (text, clock, now)  # the corrected engine asks for them
    try:
        given = engine.evaluate(None if isinstance(data, Undefined) else copy.deepcopy(data), frame)
    except jexception.JException as error:
        return Fault(code=error.error, message=str(error))
    except Exception as error:  # noqa: BLE001 - to be told apart by the corrected engine
        return Fault(code="G0005", message=f"The evaluation failed ({type(error).__name__}).")
    if given is None:
        return UNDEFINED
    return Result(utils.Utils.convert_nulls(given))
