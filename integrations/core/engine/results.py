"""What an expression gave, as JSON of its own."""

from __future__ import annotations

import math
from decimal import Decimal

from integrations.core.documents import JSON
from integrations.core.engine.faults import NOT_JSON, EvaluationError, Sentence
from integrations.core.engine.machine import Machine
from integrations.core.engine.nodes import paired
from integrations.core.engine.values import SAFE, U, Value

_EXACT = 1e21  # from here on JavaScript writes numbers with an exponent


def exported(machine: Machine, value: Value) -> JSON:
    """A copy that shares nothing with the input. Raises G0007 for what JSON cannot hold."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is dict:
        machine.work()
        return {
            (key if key.isascii() else _text(key)): exported(machine, item)
            for key, item in value.items()
            if item is not U
        }
    if isinstance(value, list):
        machine.work(len(value) >> 2)
        return [exported(machine, item) for item in value]
    if value is U:
        return None
    if kind is float:
        return _number(value)
    raise EvaluationError(NOT_JSON, value=Sentence("The result is, or holds, a function. Call it to get its value."))


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise EvaluationError("D1001", value=value)
    if value == int(value) and abs(value) < _EXACT:
        return int(value) if abs(value) <= SAFE else int(Decimal(repr(value)))
    return value


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        text = paired(text)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise EvaluationError(NOT_JSON, value=Sentence("The result holds half of a character.")) from None
    return text
