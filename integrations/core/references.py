"""The input fields that an expression reads, told from its syntax tree (design §5, References).

The tree is walked once as if it were evaluated, with places of the input in the place of values: `response.Tier__c`
evaluates to the place `/response/Tier__c`, a variable to the places bound to it, a filter or a constructor has its
own context, and `$map(response.items, function($i) {$i.name})` calls the function with `/response/items`. A place
counts as read where its value is used; one that is only gone through counts when nothing below it is read.

This finds more than is read at a time (both branches of a condition), and misses what only running tells: names that
are computed, `$eval`, and places that a recursive function reaches beyond a few levels. `*` stands for any one name
and `**` for any number of them. Places inside lists are named without indices, as JSONata itself goes through lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from integrations.core.documents import ReadField
from integrations.core.pointer import build
from integrations.core.static_fields import readable
from integrations.core.syntax import Symbol

Place: TypeAlias = tuple[str, ...]  # names from the root of the input
Places: TypeAlias = Mapping[Place, int]  # place → position in the text that leads to it

MAX_VISITS = 150_000  # nodes; a walk that goes on for longer ends with what it has found
MAX_PLACES = 64  # of one value
MAX_NAMES = 40  # of one place
MAX_CALLS = 8  # levels of functions that call one another
MAX_READS = 2_000
MAX_PATH = 1_000  # characters of a place's pointer; a longer one is left out

# Names that design §5 binds for mapping expressions: as variables they are the input's fields of the same name.
BINDINGS = frozenset({"response", "query", "rawQuery", "body", "headers", "context", "error", "id"})

# Built-in functions that take the context as their first argument, with the number of arguments from which they
# do not (signatures with "-" in the JSONata documentation).
_CONTEXT_BELOW = {
    **dict.fromkeys(
        ("string", "lowercase", "uppercase", "length", "trim", "number", "floor", "ceil", "round", "abs", "sqrt"), 1
    ),
    **dict.fromkeys(("boolean", "not", "keys", "spread", "base64encode", "base64decode", "toMillis", "fromMillis"), 1),
    **dict.fromkeys(("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent", "clone", "formatBase"), 1),
    **dict.fromkeys(("substring", "substringBefore", "substringAfter", "pad", "match", "contains", "split"), 2),
    **dict.fromkeys(("formatNumber", "formatInteger", "parseInteger", "power", "sift", "each", "lookup"), 2),
    "replace": 3,
}
# Built-in functions whose result holds what they were given.
_PASSING = frozenset({"append", "clone", "distinct", "filter", "merge", "reverse", "shuffle", "sift", "single", "sort"})


@dataclass(frozen=True, slots=True)
class _Value:
    places: Places = field(default_factory=dict)
    call: Callable[[Sequence[_Value]], _Value] | None = None


_NOTHING = _Value()


@dataclass(slots=True)
class _Binding:
    value: _Value
    is_used: bool = False


@dataclass(slots=True)
class _Scope:
    outer: _Scope | None = None
    names: dict[str, _Binding] = field(default_factory=dict)

    def find(self, name: str) -> _Binding | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


class _ExhaustedError(Exception):
    """The walk has gone on for long enough."""


def reads(tree: Symbol, line_of: Callable[[int], int]) -> tuple[ReadField, ...]:
    """The places that the expression reads, as pointers, sorted, each with the first line that reads it."""
    walk = _Walk()
    try:
        walk.use(walk.visit(tree, {(): 0}, _Scope()))
        walk.use_the_rest()
    except _ExhaustedError:
        pass  # what was found is true; the module's docstring says that a walk is bounded
    found: dict[str, int] = {}
    for place, position in walk.found.items():
        path = build(readable(name) for name in place)
        if len(path) <= MAX_PATH:
            found[path] = min(position, found.get(path, position))
    return tuple(ReadField(path=path, line=line_of(found[path])) for path in sorted(found))


class _Walk:
    def __init__(self) -> None:
        self.found: dict[Place, int] = {}
        self.passed: dict[Place, int] = {}  # gone through
        self.bindings: list[_Binding] = []
        self.visits = 0
        self.calls = 0

    def use(self, *values: _Value) -> None:
        """The values themselves are needed: their places are read, and a function may be called with anything."""
        for value in values:
            for place, position in value.places.items():
                if place and len(self.found) < MAX_READS:
                    self.found[place] = min(position, self.found.get(place, position))
            if value.call is not None:
                self.use(value.call(()))

    def use_the_rest(self) -> None:
        """Count what was bound and never used, and what was gone through with nothing read below."""
        for binding in self.bindings:  # grows while functions that nobody called are walked
            if not binding.is_used:
                binding.is_used = True
                self.use(binding.value)
        above = {place[:length] for place in self.found for length in range(len(place) + 1)}
        for place, position in sorted(self.passed.items(), key=lambda item: -len(item[0])):
            if place and place not in above:
                self.use(_Value({place: position}))
                above.update(place[:length] for length in range(len(place) + 1))

    def visit(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        self.visits += 1
        if self.visits > MAX_VISITS:
            raise _ExhaustedError
        handler = _HANDLERS.get(node.type)
        value = handler(self, node, context, scope) if handler else _NOTHING
        if node.index is not None:
            self.bind(scope, node.index, _NOTHING)
        if node.focus is not None:
            self.bind(scope, node.focus, value)
        for stage in (*(node.predicate or ()), *(node.stages or ())):
            if stage.type == "filter":
                self.use(self.visit(stage.expr, value.places, scope))
            elif stage.type == "index":
                self.bind(scope, stage.value, _NOTHING)
        if node.group is not None:
            self.pairs(node.group.lhs_object, value.places, scope)
            value = _NOTHING
        return value

    def bind(self, scope: _Scope, name: str, value: _Value) -> None:
        binding = _Binding(value)
        scope.names[name] = binding
        self.bindings.append(binding)

    def pairs(self, pairs: Iterable[tuple[Symbol, Symbol]], context: Places, scope: _Scope) -> None:
        self.passed.update(context)
        for key, value in pairs:
            self.use(self.visit(key, context, scope), self.visit(value, context, scope))

    def path(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        value = _Value(context)
        for step in node.steps:
            value = self.visit(step, context, scope)
            if step.focus is None:  # else the value went to a variable, and the context stays where it was
                self.passed.update(value.places)
                context = value.places
        return value

    def name(self, node: Symbol, context: Places, _: _Scope) -> _Value:
        return _below(context, str(node.value), node.start)

    def wildcard(self, node: Symbol, context: Places, _: _Scope) -> _Value:
        return _below(context, str(node.value), node.start)

    def parent(self, _: Symbol, context: Places, __: _Scope) -> _Value:
        return _Value({place[:-1]: position for place, position in context.items() if place})

    def sort(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        for term in node.terms:
            self.use(self.visit(term.expression, context, scope))
        return _Value(context)

    def variable(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        name = node.value
        if name == "":
            return _Value(context)
        if name == "$":
            return _Value({(): node.start})
        binding = scope.find(name)
        if binding is not None:
            binding.is_used = True
            return binding.value
        if name in BINDINGS:
            return _Value({(name,): node.start})
        return _Value(call=lambda given: self.built_in(name, given, (), {}))

    def block(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        inner = _Scope(scope)
        value = _NOTHING
        for index, item in enumerate(node.expressions):
            value = self.visit(item, context, inner)
            if index < len(node.expressions) - 1 and item.type != "bind":
                self.use(value)
        return value

    def bound(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        value = self.visit(node.rhs, context, scope)
        self.bind(scope, node.lhs.value, value)
        return value

    def unary(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        if node.value == "{":
            self.pairs(node.lhs_object, context, scope)
            return _NOTHING
        if node.value == "[":
            return _joined([self.visit(item, context, scope) for item in node.expressions])
        self.use(self.visit(node.expression, context, scope))
        return _NOTHING

    def binary(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        self.use(self.visit(node.lhs, context, scope), self.visit(node.rhs, context, scope))
        return _NOTHING

    def condition(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        self.use(self.visit(node.condition, context, scope))
        branches = [branch for branch in (node.then, node._else) if branch is not None]  # noqa: SLF001 - its name
        return _joined([self.visit(branch, context, scope) for branch in branches])

    def function(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        given = [self.visit(argument, context, scope) for argument in node.arguments]
        return self.invoke(node, given, context, scope)

    def invoke(self, node: Symbol, given: Sequence[_Value], context: Places, scope: _Scope) -> _Value:
        """Call what `node`, a function or partial, calls, with these arguments."""
        procedure = node.procedure
        if node.type == "partial":
            self.use(*given)
            return _Value(call=self.used)
        if procedure.type == "variable" and procedure.value and scope.find(procedure.value) is None:
            return self.built_in(procedure.value, given, node.arguments, context)
        value = self.visit(procedure, context, scope)
        return value.call(given) if value.call is not None else self.used([value, *given])

    def used(self, given: Sequence[_Value]) -> _Value:
        self.use(*given)
        return _NOTHING

    def apply(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        left = self.visit(node.lhs, context, scope)
        right = node.rhs
        if right.type == "function":
            given = [left, *(self.visit(argument, context, scope) for argument in right.arguments)]
            return self.invoke(right, given, context, scope)
        value = self.visit(right, context, scope)
        if left.call is not None:
            return self.used([left, value])
        return value.call([left]) if value.call is not None else self.used([left, value])

    def lambda_(self, node: Symbol, context: Places, scope: _Scope) -> _Value:
        if node.thunk:  # the library's wrapping of a call in tail position
            return self.visit(node.body, context, scope)

        def call(given: Sequence[_Value]) -> _Value:
            if self.calls == MAX_CALLS:
                return _NOTHING
            inner = _Scope(scope)
            for index, parameter in enumerate(node.arguments):
                value = given[index] if index < len(given) else _NOTHING
                inner.names[parameter.value] = _Binding(value)
                self.passed.update(value.places)
            self.calls += 1
            result = self.visit(node.body, context, inner)
            self.calls -= 1
            return result

        return _Value(call=call)

    def transform(self, node: Symbol, _: Places, scope: _Scope) -> _Value:
        def call(given: Sequence[_Value]) -> _Value:
            whole = given[0] if given else _NOTHING
            matched = self.visit(node.pattern, whole.places, scope)
            self.passed.update(matched.places)
            for change in (node.update, node.delete):
                if change is not None:
                    self.use(self.visit(change, matched.places, scope))
            return whole

        return _Value(call=call)

    def built_in(self, name: str, given: Sequence[_Value], arguments: Sequence[Symbol], context: Places) -> _Value:
        """What a built-in function reads and gives, as far as it takes functions or hands on its arguments."""
        if len(given) < _CONTEXT_BELOW.get(name, 0):
            given = [_Value(context), *given]
        if name == "lookup" and arguments and arguments[-1].type == "string":
            return _below(given[0].places, arguments[-1].value, arguments[-1].start)
        callback = next((value.call for value in given[1:] if value.call is not None), None)
        if callback is None:
            return _joined(given) if name in _PASSING else self.used(given)
        items = given[0]
        match name:
            case "map" | "filter" | "single":
                result = callback([items, _NOTHING, items])
            case "each" | "sift":
                result = callback([_below(items.places, "*", None), _NOTHING, items])
            case "reduce":
                result = callback([given[2] if len(given) > 2 else items, items, _NOTHING, items])  # noqa: PLR2004
            case "sort":
                result = callback([items, items])
            case _:
                return self.used(given)
        if name in _PASSING:
            self.use(result)
            return items
        return result


_HANDLERS: Mapping[str, Callable[[_Walk, Symbol, Places, _Scope], _Value]] = {
    "path": _Walk.path,
    "name": _Walk.name,
    "wildcard": _Walk.wildcard,
    "descendant": _Walk.wildcard,
    "parent": _Walk.parent,
    "sort": _Walk.sort,
    "variable": _Walk.variable,
    "block": _Walk.block,
    "bind": _Walk.bound,
    "unary": _Walk.unary,
    "binary": _Walk.binary,
    "condition": _Walk.condition,
    "function": _Walk.function,
    "partial": _Walk.function,
    "apply": _Walk.apply,
    "lambda": _Walk.lambda_,
    "transform": _Walk.transform,
}


def _below(places: Places, name: str, start: int | None) -> _Value:
    """The places one name further; `start` is the position of the name, None to keep the positions."""
    return _Value(
        {
            (*place, name): position if start is None else start
            for place, position in places.items()
            if len(place) < MAX_NAMES
        }
    )


def _joined(values: Sequence[_Value]) -> _Value:
    places: dict[Place, int] = {}
    for value in values:
        for place, position in value.places.items():
            if len(places) < MAX_PLACES:
                places.setdefault(place, position)
    call = next((value.call for value in values if value.call is not None), None)
    return _Value(places, call)
