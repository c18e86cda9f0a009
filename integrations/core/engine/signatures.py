"""Signatures of functions: which arguments a call may give, and what the context stands in for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.values import Function, U, Value

_PLURALS: Final = {
    "a": "arrays", "b": "values that are true or false", "f": "functions", "n": "numbers", "o": "objects", "s": "texts",
}  # fmt: skip
_SINGULARS: Final = {
    "a": "an array", "b": "true or false", "f": "a function", "l": "null", "n": "a number", "o": "an object",
    "s": "a text",
}  # fmt: skip
_SYMBOLS: Final[dict[type, str]] = {
    str: "s", int: "n", float: "n", bool: "b", type(None): "l", list: "a", dict: "o", type(U): "m",
}  # fmt: skip
_CLASSES: Final = {
    **{symbol: f"[{symbol}m]" for symbol in "snblo"},
    "a": "[asnblfom]",
    "f": "f",
    "j": "[asnblom]",
    "x": "[asnblfom]",
}
_REMEMBERED: Final = 256  # shapes of calls of one function


@dataclass(slots=True)
class _Parameter:
    kind: str
    pattern: str
    takes_context: str | None = None  # the pattern that the context must fit
    items: str | None = None


_Step = tuple[Literal["context", "plain", "array", "missing", "wrap"], "_Parameter | None"]
_PLAIN: Final[_Step] = ("plain", None)


def symbol_of(value: Value) -> str:
    """The letter that stands for a value's type."""
    symbol = _SYMBOLS.get(type(value))
    if symbol is not None:
        return symbol
    if isinstance(value, list):
        return "a"
    return "f" if isinstance(value, Function) else "m"


class Signature:
    """A parsed signature, such as `<s-nn?:s>`. The parser has found the definition sound."""

    __slots__ = ("_parameters", "_pattern", "_plans", "definition", "name")

    def __init__(self, definition: str, parameters: list[_Parameter] | None = None, *, name: str = "") -> None:
        self.definition = definition
        self.name = name  # the built-in function's, for what is said of its arguments
        self._parameters = _parameters(definition) if parameters is None else parameters
        self._pattern = re.compile("".join(f"({parameter.pattern})" for parameter in self._parameters))
        self._plans: dict[str, tuple[_Step, ...] | None] = {}

    @classmethod
    def of(cls, parsed: Any) -> Signature:
        """The signature of a function of the expression, which the library has parsed."""
        parameters = [
            _Parameter(given.type, given.regex, given.regex.removesuffix("?") if given.context else None, given.subtype)
            for given in parsed._params  # noqa: SLF001 - the library has no other way
        ]
        return cls("", parameters)

    def validate(self, arguments: list[Value], context: Value) -> list[Value]:
        """The arguments as the function takes them. Raises T0410 to T0412."""
        given = "".join([_SYMBOLS.get(type(argument)) or symbol_of(argument) for argument in arguments])
        plan = self._plans.get(given, ())
        if plan == ():
            plan = self._planned(given, arguments)
            if len(self._plans) < _REMEMBERED:
                self._plans[given] = plan
        if plan is None:
            return arguments
        return self._applied(plan, arguments, context)

    def _planned(self, given: str, arguments: list[Value]) -> tuple[_Step, ...] | None:
        """What to do with each argument; None for nothing at all."""
        fitting = self._pattern.fullmatch(given)
        if fitting is None:
            wrong = self._misplaced(given)
            value = arguments[wrong] if wrong < len(arguments) else U
            said = self._said(wrong, len(arguments))
            raise EvaluationError("T0410", index=wrong + 1, value=value, function=self.name, **said)
        steps: list[_Step] = []
        for parameter, matched in zip(self._parameters, fitting.groups(), strict=True):
            if not matched:
                steps.append(("context", parameter) if parameter.takes_context is not None else ("missing", None))
                continue
            for symbol in matched:
                if parameter.kind != "a" or symbol == "m":
                    steps.append(_PLAIN)
                elif parameter.items is not None and symbol != "a" and matched != parameter.items:
                    steps.append(("wrap", parameter))
                elif symbol != "a":
                    steps.append(("wrap", None))
                else:
                    steps.append(("array", parameter) if parameter.items is not None else _PLAIN)
        plain = all(step is _PLAIN for step in steps)
        return None if plain and len(steps) == len(given) else tuple(steps)

    def _applied(self, plan: tuple[_Step, ...], arguments: list[Value], context: Value) -> list[Value]:
        validated: list[Value] = []
        index = 0
        count = len(arguments)
        for what, parameter in plan:
            if what == "context":
                assert parameter is not None
                assert parameter.takes_context is not None
                if not re.match(parameter.takes_context, symbol_of(context)):
                    needs = _needed(parameter) or "a value"
                    raise EvaluationError("T0411", value=context, index=index + 1, function=self.name, needs=needs)
                validated.append(context)
                continue
            argument: Value = arguments[index] if index < count else U
            index += 1
            if what == "missing" and index > count:
                continue
            if what == "array":
                assert parameter is not None
                self._all_of(argument, parameter, index)
            elif what == "wrap":
                if parameter is not None:
                    kind = _plural(parameter)
                    raise EvaluationError("T0412", value=argument, index=index, function=self.name, type=kind)
                argument = [argument]
            validated.append(argument)
        return validated

    def _first_wrong(self, given: str) -> int:
        """The index of the first argument that does not fit."""
        pattern = ""
        good = 0
        for parameter in self._parameters:
            pattern += parameter.pattern
            fitting = re.match(pattern, given)
            if fitting is None:
                break
            good = fitting.end()
        return good

    @property
    def _repeats(self) -> bool:
        return any(parameter.pattern.endswith("+") for parameter in self._parameters)

    def _misplaced(self, given: str) -> int:
        """The index of the first argument that does not fit its place, as a person counts the places."""
        if not self._repeats:
            for index, (parameter, symbol) in enumerate(zip(self._parameters, given, strict=False)):
                if re.match(parameter.pattern.rstrip("?"), symbol) is None:
                    return index
        return self._first_wrong(given)

    def _said(self, wrong: int, given: int) -> dict[str, Any]:
        """What the argument that does not fit should be, or that there are too many; nothing where neither is plain."""
        most = len(self._parameters)
        if self._repeats:
            return {}
        if wrong >= most:
            return {"most": most, "given": given}
        needs = _needed(self._parameters[wrong])
        return {} if needs is None else {"needs": needs}

    def _all_of(self, argument: list[Value], parameter: _Parameter, index: int) -> None:
        assert parameter.items is not None
        kind = parameter.items[0]
        for item in argument:
            if (_SYMBOLS.get(type(item)) or symbol_of(item)) != kind:
                said = {"item": item, "type": _plural(parameter), "function": self.name}
                raise EvaluationError("T0412", value=argument, index=index, **said)


def _needed(parameter: _Parameter) -> str | None:
    """What an argument must be, as a sentence says it; None where a name for it is lacking."""
    kinds = [_SINGULARS[symbol] for symbol in parameter.kind.strip("()") if symbol in _SINGULARS]
    if not kinds or len(kinds) != len(parameter.kind.strip("()")):
        return None
    if parameter.kind == "a" and parameter.items is not None:
        return f"an array of {_plural(parameter)}"
    if len(kinds) < 3:  # noqa: PLR2004 - two need no comma
        return " or ".join(kinds)
    return f"{', '.join(kinds[:-1])}, or {kinds[-1]}"


def _plural(parameter: _Parameter) -> str:
    return _PLURALS.get(parameter.items or "", "values of one type")


@lru_cache(maxsize=512)
def signature(definition: str) -> Signature:
    return Signature(definition)


def _parameters(definition: str) -> list[_Parameter]:
    parameters: list[_Parameter] = []
    position = 1
    while position < len(definition) and definition[position] != ":":
        symbol = definition[position]
        last = parameters[-1] if parameters else None
        if symbol == "(":
            end = _closing(definition, position, "(", ")")
            choice = definition[position + 1 : end]
            parameters.append(_Parameter(f"({choice})", f"[{re.escape(choice)}m]"))
            position = end
        elif symbol == "<" and last is not None:
            end = _closing(definition, position, "<", ">")
            last.items = definition[position + 1 : end]
            position = end
        elif symbol == "-" and last is not None:
            last.takes_context = last.pattern
            last.pattern += "?"
        elif symbol in "?+" and last is not None:
            last.pattern += symbol
        elif symbol in _CLASSES:
            parameters.append(_Parameter(symbol, _CLASSES[symbol]))
        position += 1
    return parameters


def _closing(definition: str, start: int, opening: str, closing: str) -> int:
    depth = 1
    for position in range(start + 1, len(definition)):
        if definition[position] == closing:
            depth -= 1
            if depth == 0:
                return position
        elif definition[position] == opening:
            depth += 1
    return len(definition)
