"""The functions on arrays, objects and values of any kind."""

from __future__ import annotations

from integrations.core.engine.faults import EvaluationError, Sentence
from integrations.core.engine.machine import Machine
from integrations.core.engine.sorting import merged
from integrations.core.engine.values import (
    Function,
    Seq,
    U,
    Value,
    append,
    is_number,
    keys,
    lookup,
    number,
    precedes,
    same,
    truth,
)


def count(values: Value) -> Value:
    return 0 if values is U else len(values)


def boolean(value: Value) -> Value:
    return U if value is U else truth(value)


def negated(value: Value) -> Value:
    return U if value is U else not truth(value)


def exists(value: Value) -> Value:
    return value is not U


def type_of(value: Value) -> Value:
    if value is U:
        return U
    if value is None:
        return "null"
    if value is True or value is False:
        return "boolean"
    if is_number(value):
        return "number"
    if type(value) is str:
        return "string"
    if isinstance(value, list):
        return "array"
    return "function" if isinstance(value, Function) else "object"


def mapped(machine: Machine, values: Value, function: Value = U) -> Value:
    """`$map`."""
    if values is U:
        return U
    results = Seq()
    for index, value in enumerate(list(values)):
        machine.work()
        result = machine.offer(function, value, index, values)
        if result is not U:
            results.append(result)
            machine.room(len(results))
    return results


def filtered(machine: Machine, values: Value, function: Value = U) -> Value:
    """`$filter`."""
    if values is U:
        return U
    results = Seq()
    for index, value in enumerate(list(values)):
        machine.work()
        if truth(machine.offer(function, value, index, values)):
            results.append(value)
    return results


def single(machine: Machine, values: Value, function: Value = U) -> Value:
    if values is U:
        return U
    found: list[Value] = []
    for index, value in enumerate(list(values)):
        machine.work()
        if function is U or truth(machine.offer(function, value, index, values)):
            if found:
                raise EvaluationError("D3138")
            found.append(value)
    if not found:
        raise EvaluationError("D3139")
    return found[0]


def reduced(machine: Machine, values: Value, function: Value = U, initial: Value = U) -> Value:
    """`$reduce`."""
    if values is U:
        return U
    if not isinstance(function, Function) or function.arity < 2:  # noqa: PLR2004 - what was gathered, and the next value
        raise EvaluationError("D3050")
    start = 1 if initial is U and values else 0
    result = values[0] if start else initial
    for index in range(start, len(values)):
        machine.work()
        result = machine.offer(function, result, values[index], index, values)
    return result


def zipped(*arrays: Value) -> Value:
    shortest = min((len(array) if isinstance(array, list) else 0 for array in arrays), default=0)
    return [[array[index] for array in arrays] for index in range(shortest)]


def keys_of(machine: Machine, value: Value = U) -> Value:
    result = Seq()
    if isinstance(value, list):
        known: dict[str, Value] = {}
        for item in value:
            machine.work()
            known.update(dict.fromkeys(keys_of(machine, item)))
        result.extend(keys(known))
    elif type(value) is dict:
        result.extend(keys(value))
    return result


def looked_up(value: Value, key: Value = U) -> Value:
    return U if key is U else lookup(value, key)


def appended(machine: Machine, one: Value = U, other: Value = U) -> Value:
    result = append(one, other)
    if isinstance(result, list):
        machine.room(len(result))
    return result


def spread(machine: Machine, value: Value = U) -> Value:
    if isinstance(value, list):
        result: Value = Seq()
        for item in value:
            machine.work()
            part = spread(machine, item)
            if isinstance(part, list):
                result.extend(part)
            elif part is not U:
                result.append(part)
        return result
    if type(value) is dict:
        return Seq({key: value[key]} for key in keys(value))
    return value


def merged_objects(values: Value) -> Value:
    """`$merge`."""
    if values is U:
        return U
    result: dict[str, Value] = {}
    for value in values:
        if type(value) is dict:
            result.update(value)
    return result


def reversed_(values: Value) -> Value:
    return U if values is U else values if len(values) <= 1 else values[::-1]


def each(machine: Machine, value: Value, function: Value = U) -> Value:
    results = Seq()
    for key in list(keys(value)) if type(value) is dict else ():
        machine.work()
        result = machine.offer(function, value[key], key, value)
        if result is not U:
            results.append(result)
    return results


def sifted(machine: Machine, value: Value, function: Value = U) -> Value:
    """`$sift`."""
    result = {}
    for key in list(keys(value)) if type(value) is dict else ():
        machine.work()
        if truth(machine.offer(function, value[key], key, value)):
            result[key] = value[key]
    return result or U


def sort(machine: Machine, values: Value, function: Value = U) -> Value:
    if values is U:
        return U
    if len(values) <= 1:
        return values
    machine.work(len(values))
    if function is not U:

        def swaps(one: Value, other: Value) -> bool:
            machine.work()
            result = machine.call(function, [one, other])
            return result is not U and _is_truthy(result)

        return merged(list(values), swaps)
    if all(map(is_number, values)):
        return sorted(values, key=number)
    if all(type(value) is str for value in values):
        return (
            sorted(values)
            if all(map(str.isascii, values))
            else merged(list(values), lambda one, other: precedes(other, one))
        )
    raise EvaluationError("D3070")


def _is_truthy(result: Value) -> bool:
    """As JavaScript's `if` sees what a comparator gives."""
    return isinstance(result, (list, dict, Function)) or bool(result)


def shuffled(machine: Machine, values: Value) -> Value:
    if values is U or len(values) <= 1:
        return values
    result = list(values)
    machine.random.shuffle(result)
    return result


def distinct(machine: Machine, values: Value = U) -> Value:
    if not isinstance(values, list) or len(values) <= 1:
        return values
    results: list[Value] = Seq() if isinstance(values, Seq) else []
    known: set[tuple[type, Value]] = set()
    nested: list[Value] = []
    for value in values:
        machine.work()
        if isinstance(value, (list, dict)):
            machine.work(len(nested))
            if any(same(value, other) for other in nested):
                continue
            nested.append(value)
        elif not isinstance(value, Function):
            key = _key(value)
            if key in known:
                continue
            known.add(key)
        results.append(value)
    return results


def _key(value: Value) -> tuple[type, Value]:
    if type(value) in (int, float):
        return float, float(number(value))
    return type(value), value


def clone(machine: Machine, value: Value = U) -> Value:
    """`$clone`: a copy without functions, which are no data."""
    machine.work()
    if type(value) is dict:
        return {key: clone(machine, item) for key, item in value.items() if item is not U}
    if isinstance(value, list):
        return [clone(machine, item) for item in value]
    if isinstance(value, Function):
        return ""
    return None if value is U else value


def cloned(machine: Machine, value: Value = U) -> Value:
    return U if value is U else clone(machine, value)


def error(message: Value = U) -> Value:
    shown = message if message is not U and message else "$error() was called."
    raise EvaluationError("D3137", message=Sentence(shown))


def assertion(condition: Value = U, message: Value = U) -> Value:
    """`$assert`."""
    if condition is U or not condition:
        shown = message if message is not U and message else "An assertion of $assert() does not hold."
        raise EvaluationError("D3141", message=Sentence(shown))
    return U
