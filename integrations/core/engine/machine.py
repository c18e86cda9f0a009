"""One evaluation: its bounds, its variables, and how its functions are called."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from integrations.core.engine.faults import STRING_TOO_LONG, TOO_DEEP, TOO_LATE, TOO_MANY, EvaluationError
from integrations.core.engine.signatures import Signature
from integrations.core.engine.values import Function, U, Value

Code: TypeAlias = "Callable[[Value, Frame], Value]"  # a compiled node: its value for an input and variables

_STRIDE: Final = 400  # units of work between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one evaluation. `seconds` of wall clock; `depth`: calls within calls, as the reference counts them.

    `items` of one sequence and `characters` of one text.
    """

    seconds: float = 2.0
    depth: int = 500
    items: int = 10_000_000
    characters: int = 10_000_000


class Frame:
    """Variables, and those around them."""

    __slots__ = ("machine", "parent", "variables")

    def __init__(self, variables: dict[str, Value], parent: Frame | None, machine: Machine) -> None:
        self.variables = variables
        self.parent = parent
        self.machine = machine

    def lookup(self, name: str) -> Value:
        frame: Frame | None = self
        while frame is not None:
            if name in frame.variables:
                return frame.variables[name]
            frame = frame.parent
        return self.machine.natives.get(name, U)


class Lambda(Function):
    """A function of the expression, with the variables and the context that it was made in."""

    __slots__ = ("arity", "body", "frame", "input", "parameters", "signature")

    def __init__(
        self, parameters: tuple[str, ...], body: Code, value: Value, frame: Frame, signature: Signature | None = None
    ) -> None:
        self.parameters = parameters
        self.arity = len(parameters)
        self.body = body
        self.input = value
        self.frame = frame
        self.signature = signature


class Native(Function):
    """A built-in function. `arity`: how many arguments other functions offer it; `parameters`: how many it takes.

    `call` gets the machine first where `needs_machine`.
    """

    __slots__ = ("arity", "call", "name", "needs_machine", "parameters", "signature")

    def __init__(
        self,
        name: str,
        call: Callable[..., Value],
        signature: Signature | None,
        *,
        arity: int,
        parameters: int,
        needs_machine: bool,
    ) -> None:
        self.name = name
        self.call = call
        self.signature = signature
        self.arity = arity
        self.parameters = parameters
        self.needs_machine = needs_machine


class Partial(Function):
    """A built-in function with some arguments given; `slots` has None where one is still to come."""

    __slots__ = ("arity", "function", "given", "open")

    def __init__(self, function: Function, given: list[Value], open_: list[int]) -> None:
        self.function = function
        self.given = given
        self.open = open_
        self.arity = len(open_)


class Thunk:
    """A call in tail position, to be made once the function that ends with it has returned."""

    __slots__ = ("arguments", "code", "frame", "input")

    def __init__(self, code: TailCall, value: Value, frame: Frame) -> None:
        self.code = code
        self.input = value
        self.frame = frame


class TailCall:
    """The compiled parts of a call in tail position."""

    __slots__ = ("arguments", "position", "procedure", "token")

    def __init__(self, procedure: Code, arguments: list[Code], position: int | None, token: str | None) -> None:
        self.procedure = procedure
        self.arguments = arguments
        self.position = position
        self.token = token


class Machine:
    """What is shared by all of one evaluation."""

    __slots__ = ("_clock", "_random", "_ticks", "deadline", "depth", "evals", "focus", "limits", "natives", "now")

    def __init__(self, limits: Limits, clock: Callable[[], float], now: int, natives: dict[str, Native]) -> None:
        self.limits = limits
        self.now = now
        self.natives = natives
        self.depth = 0
        self.evals = 0
        self.focus: tuple[Value, Frame] | None = None
        self._clock = clock
        self._ticks = _STRIDE
        self._random: random.Random | None = None
        self.deadline = clock() + limits.seconds

    @property
    def random(self) -> random.Random:
        if self._random is None:
            self._random = random.Random()  # noqa: S311 - $random promises no secrecy
        return self._random

    def work(self, units: int = 1) -> None:
        """Account for so much work. Raises D1012 once the time is up."""
        self._ticks -= units
        if self._ticks < 0:
            self._ticks = _STRIDE
            if self._clock() > self.deadline:
                raise EvaluationError(TOO_LATE, value=self.limits.seconds)

    def room(self, items: int) -> None:
        """Raise D2015 where a sequence of so many items is too long."""
        if items > self.limits.items:
            raise EvaluationError(TOO_MANY, value=self.limits.items)
        self.work(items >> 4)

    def text(self, characters: float) -> None:
        """Raise G0006 where a text of so many characters is too long."""
        if characters > self.limits.characters:
            raise EvaluationError(STRING_TOO_LONG, value=self.limits.characters)
        self.work(int(characters) >> 10)

    def call(self, function: Value, arguments: list[Value]) -> Value:
        """Call a function from within a built-in one."""
        return self.apply(function, arguments, None)

    def offer(self, function: Value, *arguments: Value) -> Value:
        """Call a function with as many of the arguments as it takes, at least one. Raises T1006 for what is none."""
        if not isinstance(function, Function):
            raise EvaluationError("T1006")
        return self.apply(function, list(arguments[: max(function.arity, 1)]), None)

    def apply(self, function: Value, arguments: list[Value], context: Value, frame: Frame | None = None) -> Value:
        """Call a function, and those that it ends with."""
        depth = self.depth
        result = self._apply(function, arguments, context, frame)
        while type(result) is Thunk:
            tail = result.code
            value, scope = result.input, result.frame
            self.depth = depth
            try:
                procedure = tail.procedure(value, scope)
                given = [argument(value, scope) for argument in tail.arguments]
                result = self._apply(procedure, given, context, frame)
            except EvaluationError as error:
                raise error.placed(tail.position, tail.token) from None
        self.depth = depth
        return result

    def _apply(self, function: Value, arguments: list[Value], context: Value, frame: Frame | None) -> Value:
        kind = type(function)
        if kind is Lambda:
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            return self._enter(function, arguments)
        if kind is Native:
            if function.signature is not None:
                arguments = function.signature.validate(arguments, context)
            if function.needs_machine:
                if frame is not None:
                    self.focus = (context, frame)
                return function.call(self, *arguments)
            return function.call(*arguments)
        if kind is Partial:
            given = list(function.given)
            for index, argument in zip(function.open, arguments, strict=False):
                given[index] = argument
            return self.apply(function.function, given, None, frame)
        if isinstance(function, Function):
            return function.call(*arguments[:2])  # type: ignore[attr-defined]
        raise EvaluationError("T1006")

    def _enter(self, function: Lambda, arguments: list[Value]) -> Value:
        if self.depth >= self.limits.depth:
            raise EvaluationError(TOO_DEEP)
        self.work()
        parameters = function.parameters
        if len(arguments) < len(parameters):
            variables = dict.fromkeys(parameters, U)
            variables.update(zip(parameters, arguments, strict=False))
        else:
            variables = dict(zip(parameters, arguments, strict=False))
        return function.body(function.input, Frame(variables, function.frame, self))


def is_lambda(value: Any) -> bool:
    return type(value) is Lambda
