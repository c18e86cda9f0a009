"""Values that can be told from the text alone: a second opinion on what the evaluator answers.

It knows the part of the language that decides which files are read and which blocks exist, and says UNKNOWN for the
rest. Where it finds that an expression cannot have a value (a key that the object lacks), it raises `NoValue`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from integrations.core.documents import JSON
from integrations.core.hcl import (
    Call,
    Conditional,
    Expression,
    For,
    Literal,
    ObjectValue,
    Operation,
    Other,
    Reference,
    Template,
    TupleValue,
    depth_first,
)
from integrations.core.hcl_builtins import (
    DECODERS,
    FUNCTIONS,
    MAX_TEXT,
    UNKNOWN,
    Unknown,
    has_unknown,
    is_small,
    operate,
    text_of,
)
from integrations.core.hcl_scope import Scope, Told, definition, resolve
from integrations.core.problems import Code
from integrations.core.yaml import read_yaml

MAX_ITEMS: Final = 10_000
MAX_WORK: Final = 100_000  # expressions looked at for one value
MAX_TOTAL_WORK: Final = 3_000_000  # for all values of one root


Names = Mapping[str, Any]


class NoValue(Exception):
    """An expression can have no value. `line` is in the expression asked about.

    `is_here`: the reason lies in that expression itself, and not in one that it names.
    """

    def __init__(self, line: int, reason: str, code: Code = Code.UNRESOLVED_VALUE, *, is_here: bool = True) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.code = code
        self.is_here = is_here


class _TooMuch(Exception):
    """Raised when a value costs more than MAX_WORK."""


class _Work:
    """How much may still be looked at for one value, and for all of the root's together."""

    def __init__(self, told: Told) -> None:
        self._left = MAX_WORK
        self._told = told

    def spend(self) -> None:
        self._left -= 1
        self._told.work += 1
        if self._left < 0 or self._told.work > MAX_TOTAL_WORK:
            raise _TooMuch


def static_value(expression: Expression, scope: Scope) -> Any:
    """The expression's value as JSON, or UNKNOWN. Raises NoValue where the text shows that there is none."""
    try:
        return _Static(scope, {}, _Work(scope.program.told)).value(expression)
    except (RecursionError, _TooMuch):
        return UNKNOWN


def keys_of(block_attributes: Mapping[str, Any], scope: Scope) -> dict[str | int, JSON] | None:
    """The instances of a block with `for_each` or `count` and the value of each; None when the text does not tell."""
    if "for_each" in block_attributes:
        found = static_value(block_attributes["for_each"].value, scope)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return {item: item for item in found}
        return dict(found) if isinstance(found, dict) else None
    count = static_value(block_attributes["count"].value, scope)
    if isinstance(count, (bool, Unknown)) or not isinstance(count, (int, float)) or not 0 <= count <= MAX_ITEMS:
        return None
    return {index: index for index in range(int(count))}


class _Static:
    """One evaluation: where it happens, the names that `for` binds, and what it may still cost."""

    def __init__(self, scope: Scope, names: Names, work: _Work) -> None:
        self._scope = scope
        self._names = names
        self._work = work

    def value(self, expression: Expression) -> Any:  # noqa: C901 - one arm for each kind
        self._work.spend()
        match expression:
            case Literal():
                return expression.value
            case Template():
                return self._template(expression)
            case Reference():
                return self._reference(expression)
            case ObjectValue():
                return self._object(expression)
            case TupleValue():
                return [self.value(item) for item in expression.items]
            case Conditional():
                chosen = self.value(expression.condition)
                return (
                    UNKNOWN if not isinstance(chosen, bool) else self.value(expression.yes if chosen else expression.no)
                )
            case Operation():
                return self._operation(expression)
            case For():
                return self._for(expression)
            case Call():
                return self._call(expression)
            case Other():
                for child in expression.children:
                    self.value(child)  # where one has no value, neither has the whole
                return UNKNOWN

    def _template(self, template: Template) -> Any:
        if template.parts is None:
            return UNKNOWN
        texts = [part if isinstance(part, str) else text_of(self.value(part)) for part in template.parts]
        known = [text for text in texts if text is not None]
        return "".join(known) if len(known) == len(texts) and sum(map(len, known)) <= MAX_TEXT else UNKNOWN

    def _object(self, expression: ObjectValue) -> Any:
        result = {}
        for item in expression.items:
            key = item.key if isinstance(item.key, str) else text_of(self.value(item.key))
            if key is None:
                return UNKNOWN
            result[key] = self.value(item.value)
        return result

    def _reference(self, reference: Reference) -> Any:
        head = reference.path[0]
        if isinstance(head, str) and head in self._names:
            return self._steps_into(self._names[head], reference, 1)
        each = self._scope.each
        match reference.path:
            case ["path", "module"]:
                return _path_from(self._scope.program.root, self._scope.module.folder)
            case ["path", "root"]:
                return "."
            case ["each", "key"] | ["count", "index"]:
                return UNKNOWN if each is None else each.key
            case ["each", "value", *_]:
                return UNKNOWN if each is None else self._steps_into(each.value, reference, 2)
        found = definition(reference, self._scope)
        if found is None:
            return UNKNOWN
        place, used = found
        value = self._named(place.expression, place.scope, reference.line)
        if head == "var" and _fills_in(reference, self._scope):
            return UNKNOWN
        return self._steps_into(value, reference, used)

    def _named(self, expression: Expression, scope: Scope, line: int) -> Any:
        """The value of what a name stands for; told once for each module as called. UNKNOWN in a circle."""
        self._work.spend()
        if scope.each is not None:
            return self._bounded(expression, scope, line)
        values = scope.program.told.values
        place = (id(expression), id(scope.call), id(scope.parent))
        if place not in values:
            values[place] = (UNKNOWN, scope)  # what it is as long as it is being told, and where that costs too much
            try:
                values[place] = (self._bounded(expression, scope, line), scope)
            except NoValue:
                del values[place]
                raise
        return values[place][0]

    def _bounded(self, expression: Expression, scope: Scope, line: int) -> Any:
        try:
            value = _Static(scope, {}, self._work).value(expression)
        except NoValue as none:
            raise NoValue(line, none.reason, none.code, is_here=False) from none
        return value if is_small(value) else UNKNOWN

    def _steps_into(self, value: Any, reference: Reference, used: int) -> Any:
        for step in reference.path[used:]:
            key = step if isinstance(step, str) else self.value(step)
            if isinstance(value, Unknown) or isinstance(key, Unknown) or value is None:
                return UNKNOWN
            if isinstance(value, dict):
                if (name := text_of(key)) is None:
                    return UNKNOWN
                if name not in value:
                    raise NoValue(reference.line, f"`{reference.text}`: there is no `{name}` in it.")
                value = value[name]
            elif isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
                if not 0 <= key < len(value):
                    raise NoValue(
                        reference.line, f"`{reference.text}`: the list has {len(value)} elements, none at {key}."
                    )
                value = value[key]
            else:
                return UNKNOWN
        return value

    def _operation(self, operation: Operation) -> Any:
        operands = [self.value(operand) for operand in operation.operands]
        if any(not isinstance(operand, (bool, int, float, str, type(None))) for operand in operands):
            return UNKNOWN
        return operate(operation.operator, operands)

    def _for(self, loop: For) -> Any:
        collection = self.value(loop.collection)
        if not isinstance(collection, (dict, list)) or len(collection) > MAX_ITEMS or loop.grouped:
            return UNKNOWN
        pairs = list(collection.items()) if isinstance(collection, dict) else list(enumerate(collection))
        keyed: dict[str, Any] = {}
        listed: list[Any] = []
        for key, value in pairs:
            bound = dict(zip(loop.names, (key, value), strict=True)) if len(loop.names) == 2 else {loop.names[0]: value}  # noqa: PLR2004 - key and value
            inner = _Static(self._scope, {**self._names, **bound}, self._work)
            kept = True if loop.condition is None else inner.value(loop.condition)
            if not isinstance(kept, bool):
                return UNKNOWN
            if not kept:
                continue
            if loop.key is None:
                listed.append(inner.value(loop.value))
                continue
            if (name := text_of(inner.value(loop.key))) is None:
                return UNKNOWN
            keyed[name] = inner.value(loop.value)
        return listed if loop.key is None else keyed

    def _call(self, call: Call) -> Any:
        if call.name in {"try", "can", "coalesce", "coalescelist", "one"}:
            return UNKNOWN  # they are for expressions that may have no value
        if call.name in _READERS and len(call.arguments) == 1:
            return self._read(call)
        function = FUNCTIONS.get(call.name)
        arguments = [self.value(argument) for argument in call.arguments]
        if function is None or any(has_unknown(argument) for argument in arguments):
            return UNKNOWN
        if call.name in DECODERS and isinstance(arguments[0], str):
            return self._decoded(call, arguments[0])
        try:
            return function(*arguments)
        except (TypeError, ValueError, AttributeError):
            return UNKNOWN

    def _decoded(self, call: Call, text: str) -> Any:
        """What JSON says; of YAML only whether it can be read, as there are several kinds."""
        try:
            if call.name == "jsondecode":
                return json.loads(text)
        except (ValueError, RecursionError):
            raise NoValue(call.line, "This is no JSON, so that `jsondecode` has no value.") from None
        _, problems = read_yaml(text.encode("utf-8", "replace"), "")
        if problems:
            reason = f"`yamldecode` cannot read this YAML: {problems[0].message}"
            raise NoValue(call.line, reason)
        return UNKNOWN

    def _read(self, call: Call) -> Any:
        name = self.value(call.arguments[0])
        path = resolve(self._scope.program.root, name) if isinstance(name, str) else None
        if path is None:
            return UNKNOWN
        content = self._scope.program.content(path)
        if call.name == "fileexists":
            return content is not None
        if content is None:
            raise NoValue(call.line, f"There is no file `{path}`.", Code.MISSING_FILE)
        try:
            return content.decode()
        except UnicodeDecodeError:
            return UNKNOWN


_READERS: Final = frozenset(["file", "fileexists"])


def _path_from(root: str, folder: str) -> str:
    """The folder as seen from the root, as Terraform writes it."""
    here, there = (text.split("/") if text else [] for text in (root, folder))
    common = 0
    while common < min(len(here), len(there)) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:]) or "."


def _fills_in(reference: Reference, scope: Scope) -> bool:
    """Whether the variable's type has optional attributes, so that its value has more keys than are written."""
    block = scope.module.variables.get(str(reference.path[1]))
    written = None if block is None else block.attributes.get("type")
    return written is not None and any(
        isinstance(part, Call) and part.name == "optional" for part in depth_first(written.value)
    )
