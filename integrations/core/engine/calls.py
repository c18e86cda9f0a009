"""Functions made, called, applied by `~>` and given some of their arguments, compiled; transforms, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from integrations.core.engine.faults import EvaluationError
from integrations.core.engine.functions import NATIVES
from integrations.core.engine.machine import Code, Frame, Lambda, Machine, Native, Partial, TailCall, Thunk
from integrations.core.engine.naming import bare_name, no_function
from integrations.core.engine.signatures import Signature
from integrations.core.engine.values import Function, Seq, U, Value, collapsed
from integrations.core.syntax import Symbol

if TYPE_CHECKING:
    from integrations.core.engine.compiler import Compiler


_Settle: TypeAlias = Callable[[Value], Value]


def _token(node: Symbol) -> str | None:
    """The name by which a call tells its function."""
    value = node.steps[0].value if node.type == "path" else node.value
    return value if isinstance(value, str) else None


def call(compiler: Compiler, node: Symbol) -> Code:
    return _called(compiler, node, None, compiler.settle(node))


def _called(compiler: Compiler, node: Symbol, first: Code | None, settle: _Settle) -> Code:
    """A call; `first` gives an argument before the others."""
    arguments = [compiler.code(argument) for argument in node.arguments]
    if first is not None:
        arguments.insert(0, first)
    procedure = node.procedure
    token, position = _place(compiler, procedure)
    if procedure.type == "variable" and not procedure.predicate and compiler.is_builtin(procedure.value):
        native = NATIVES.get(procedure.value)
        if native is not None and not native.needs_machine:
            return _native_call(native, arguments, position, settle)
    place = (position, token, _is_bare(procedure))
    return _any_call(_procedure(compiler, procedure, "T1005"), arguments, place, compiler.depth, settle)


def _native_call(native: Native, arguments: list[Code], position: int, settle: _Settle) -> Code:
    """A call of a built-in function whose name nothing in the expression takes."""
    name, implementation, signature = native.name, native.call, native.signature
    assert signature is not None
    validate = signature.validate

    def code(value: Value, frame: Frame) -> Value:
        machine = frame.machine
        given = [argument(value, frame) for argument in arguments]
        try:
            if machine.natives is not NATIVES:  # a binding may have taken the name
                return settle(machine.apply(frame.lookup(name), given, value, frame))
            return settle(implementation(*validate(given, value)))
        except EvaluationError as error:
            raise error.placed(position, name) from None

    return code


def _any_call(
    procedure: Code,
    arguments: list[Code],
    place: tuple[int, str | None, bool | None],
    levels: int,
    settle: _Settle,
) -> Code:
    position, token, is_bare = place

    def code(value: Value, frame: Frame) -> Value:
        function = procedure(value, frame)
        given = [argument(value, frame) for argument in arguments]
        machine = frame.machine
        depth = machine.depth
        machine.depth = depth + levels
        try:
            result = machine.apply(function, given, value, frame)
        except EvaluationError as error:
            if error.position is None:
                _explain(error, function, (token, is_bare), frame)
            raise error.placed(position, token) from None
        machine.depth = depth
        return settle(result) if type(result) is Seq else result

    return code


def _place(compiler: Compiler, node: Symbol) -> tuple[str | None, int]:
    """The name of what is called, and where it stands."""
    return _token(node), compiler.start(node.steps[0] if node.type == "path" else node)


def _is_bare(node: Symbol) -> bool | None:
    """Whether what is called is a field's name rather than a variable; None where it is neither."""
    if node.type == "path" and len(node.steps) == 1 and node.steps[0].type == "name":
        return True
    return False if node.type == "variable" and not node.predicate else None


def _explain(error: EvaluationError, function: Value, called: tuple[str | None, bool | None], frame: Frame) -> None:
    """Name what was called in an error that its call, and nothing within it, ends with."""
    name, is_bare = called
    if not name or is_bare is None:
        return
    if error.code in {"T1006", "T1008"} and not isinstance(function, Function):
        if not is_bare:
            error.message = no_function(name, function, frame)
        elif function is U:
            error.message = bare_name(name, frame)
    elif type(function) is Lambda and not error.inserts.get("function", name):
        error.inserts["function"] = name


class _NoFunction(Function):
    """What a call in tail position found instead of a function: it ends once it is called."""

    __slots__ = ("arity", "found", "frame", "name")

    def __init__(self, found: Value, frame: Frame, name: tuple[str | None, bool | None]) -> None:
        self.arity = 1
        self.found = found
        self.frame = frame
        self.name = name

    def call(self, *_: Value) -> Value:
        error = EvaluationError("T1006")
        _explain(error, self.found, self.name, self.frame)
        raise error


def _procedure(compiler: Compiler, node: Symbol, code: str) -> Code:
    """What gives the function; where a bare name gives none but a variable of that name is there, a hint."""
    procedure = compiler.code(node)
    if node.type != "path":
        return procedure
    name, position = str(node.steps[0].value), compiler.start(node.steps[0])

    def hinted(value: Value, frame: Frame) -> Value:
        function = procedure(value, frame)
        if function is U and frame.lookup(name) not in (U, None, False, 0, ""):
            raise EvaluationError(code, position=position, token=name)
        return function

    return hinted


def function_made(compiler: Compiler, node: Symbol) -> Code:
    if node.thunk:
        return _thunk(compiler, node.body)
    outer, compiler.depth = compiler.depth, 0
    body = compiler.code(node.body)
    compiler.depth = outer
    parameters = tuple(str(parameter.value) for parameter in node.arguments)
    signature = None if node.signature is None else Signature.of(node.signature)
    return lambda value, frame: Lambda(parameters, body, value, frame, signature)


def _thunk(compiler: Compiler, node: Symbol) -> Code:
    """A call in tail position: made at once where it cannot recurse."""
    procedure = node.procedure
    if procedure.type == "variable" and not procedure.predicate and compiler.is_builtin(procedure.value):
        native = NATIVES.get(procedure.value)
        if native is not None and not native.needs_machine:
            return compiler.code(node)
    token, position = _place(compiler, procedure)
    found, called = _procedure(compiler, procedure, "T1005"), (token, _is_bare(procedure))

    def function_of(value: Value, frame: Frame) -> Value:
        function = found(value, frame)
        return function if isinstance(function, Function) else _NoFunction(function, frame, called)

    tail = TailCall(function_of, [compiler.code(argument) for argument in node.arguments], position, token)
    return lambda value, frame: Thunk(tail, value, frame)


def partial(compiler: Compiler, node: Symbol) -> Code:
    (token, position), is_bare = _place(compiler, node.procedure), _is_bare(node.procedure)
    procedure = _procedure(compiler, node.procedure, "T1007")
    arguments = [
        None if argument.type == "operator" and argument.value == "?" else compiler.code(argument)
        for argument in node.arguments
    ]

    def code(value: Value, frame: Frame) -> Value:
        given = [U if argument is None else argument(value, frame) for argument in arguments]
        function = procedure(value, frame)
        if not isinstance(function, Function):
            error = EvaluationError("T1008", position=position, token=token)
            _explain(error, function, (token, is_bare), frame)
            raise error
        open_ = [index for index, argument in enumerate(arguments) if argument is None]
        return _partially(function, given, open_)

    return code


def _partially(function: Function, given: list[Value], open_: list[int]) -> Function:
    if isinstance(function, Lambda):
        count = len(function.parameters)
        given = given[:count] + [U] * (count - len(given))
        frame = Frame(
            {name: given[index] for index, name in enumerate(function.parameters) if index not in open_},
            function.frame,
            function.frame.machine,
        )
        parameters = tuple(function.parameters[index] for index in open_ if index < count)
        return Lambda(parameters, function.body, function.input, frame)
    return Partial(function, given, open_)


def application(compiler: Compiler, node: Symbol) -> Code:
    left = compiler.code(node.lhs)
    if node.rhs.type == "function":  # predicates of the call are not looked at, as in the reference
        return _called(compiler, node.rhs, left, compiler.settle(node))
    right, position, settle = compiler.code(node.rhs), compiler.start(node), compiler.settle(node)

    def code(value: Value, frame: Frame) -> Value:
        argument, function = left(value, frame), right(value, frame)
        if not isinstance(function, Function):
            raise EvaluationError("T2006", position=position, token="~>", value=function)  # noqa: S106 - a token of the grammar
        if isinstance(argument, Function):
            return Chain(argument, function, frame.machine)
        try:
            return settle(frame.machine.apply(function, [argument], None, frame))
        except EvaluationError as error:
            raise error.placed(position, "~>") from None

    return code


class Chain(Function):
    """`$f ~> $g`."""

    __slots__ = ("_first", "_machine", "_second")
    arity = 1

    def __init__(self, first: Function, second: Function, machine: Machine) -> None:
        self._first = first
        self._second = second
        self._machine = machine

    def call(self, argument: Value = U, *_: Value) -> Value:
        return self._machine.call(self._second, [collapsed(self._machine.call(self._first, [argument]))])


def transform(compiler: Compiler, node: Symbol) -> Code:
    pattern, update = compiler.code(node.pattern), compiler.code(node.update)
    delete = None if node.delete is None else compiler.code(node.delete)
    places = (
        compiler.start(node),
        compiler.start(node.update),
        0 if node.delete is None else compiler.start(node.delete),
    )
    return lambda _value, frame: Native(
        "",
        _Transform(pattern, update, delete, frame, places),
        _TRANSFORMED,
        arity=1,
        parameters=1,
        needs_machine=True,
    )


_TRANSFORMED = Signature("<(oa):o>")


class _Transform:
    """`|pattern|update,delete|`, applied to an object or an array."""

    __slots__ = ("_delete", "_frame", "_pattern", "_places", "_update")

    def __init__(
        self, pattern: Code, update: Code, delete: Code | None, frame: Frame, places: tuple[int, int, int]
    ) -> None:
        self._pattern = pattern
        self._update = update
        self._delete = delete
        self._frame = frame
        self._places = places

    def __call__(self, machine: Machine, value: Value) -> Value:
        if value is U:
            return U
        clone = self._frame.lookup("clone")
        if not isinstance(clone, Function):
            raise EvaluationError("T2013", position=self._places[0])
        result = machine.call(clone, [value])
        matches = self._pattern(result, self._frame)
        if matches is U:
            return result
        for match in list(matches) if isinstance(matches, list) else [matches]:
            machine.work()
            self._updated(match)
            self._deleted(match)
        return result

    def _updated(self, match: Value) -> None:
        update = self._update(match, self._frame)
        if update is U:
            return
        if type(update) is not dict:
            raise EvaluationError("T2011", position=self._places[1], value=update)
        if type(match) is dict:
            match.update(update)

    def _deleted(self, match: Value) -> None:
        if self._delete is None:
            return
        names = self._delete(match, self._frame)
        if names is U:
            return
        listed = names if isinstance(names, list) else [names]
        if not all(type(name) is str for name in listed):
            raise EvaluationError("T2012", position=self._places[2], value=names)
        if type(match) is dict:
            for name in listed:
                match.pop(name, None)
