"""HCL text as blocks and expressions that know their lines.

What the evaluator answers has no addresses below the resource, and it is silent about much that it could not read.
So the text is read a second time, here, and both readings are put together in `terraform.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from integrations.core.documents import JSON
from integrations.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a truth value, null, or a string without interpolation.

    `content_line` is where a string's first character stands: for a heredoc the line below its mark.
    """

    line: int
    value: JSON
    content_line: int


@dataclass(frozen=True, slots=True)
class Template:
    """A string with interpolations or directives. `parts` is None where only their expressions are known.

    `raw` is the source text of each interpolation, which the evaluator leaves in the string when it cannot resolve it.
    """

    line: int
    parts: tuple[str | Expression, ...] | None
    expressions: tuple[Expression, ...]
    content_line: int
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`var.name`, `module.a.b`, `local.a["b"][0]`: `path` holds names, and indexes as expressions."""

    line: int
    path: tuple[str | Expression, ...]

    @property
    def text(self) -> str:
        return ".".join(step if isinstance(step, str) else "[…]" for step in self.path)


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    line: int
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of an object; `key` is the text of a bare or quoted key, else the expression that gives it."""

    line: int
    key: str | Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class ObjectValue:
    line: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class TupleValue:
    line: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    line: int
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """One or two operands and the operator between them, such as `&&`; `!` and `-` also stand before one."""

    line: int
    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`[for name, name in collection : value if condition]`; with `key` an object, whose values `grouped` collects."""

    line: int
    names: tuple[str, ...]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool


@dataclass(frozen=True, slots=True)
class Other:
    """What is not looked into further: splats, steps into calls, lists spread into arguments."""

    line: int
    children: tuple[Expression, ...]


Expression: TypeAlias = (
    Literal | Template | Reference | Call | ObjectValue | TupleValue | Conditional | Operation | For | Other
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    name: str
    file: str
    line: int
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`resource "type" "name" { … }`: `line` is that of its first word."""

    type: str
    labels: tuple[str, ...]
    file: str
    line: int
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def nested(self, block_type: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.type == block_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class HclFile:
    """One `.tf` or `.tfvars` file. With a problem the blocks may be incomplete.

    `attributes` are those outside of any block: all there is in a `.tfvars` file.
    """

    file: str
    blocks: tuple[Block, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def children(expression: Expression) -> Iterator[Expression]:  # noqa: C901 - one arm for each kind
    """The expressions that stand directly in this one."""
    match expression:
        case Literal():
            return
        case Template():
            yield from expression.expressions
        case Reference():
            yield from (step for step in expression.path if not isinstance(step, str))
        case Call():
            yield from expression.arguments
        case ObjectValue():
            for item in expression.items:
                if not isinstance(item.key, str):
                    yield item.key
                yield item.value
        case TupleValue():
            yield from expression.items
        case Conditional():
            yield from (expression.condition, expression.yes, expression.no)
        case Operation():
            yield from expression.operands
        case For():
            yield expression.collection
            yield from (part for part in (expression.key, expression.value, expression.condition) if part is not None)
        case Other():
            yield from expression.children


def depth_first(expression: Expression) -> Iterator[Expression]:
    """The expression and all that stands in it."""
    pending = [expression]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def walk(block: Block) -> Iterator[tuple[Block, Attribute]]:
    """Every attribute in the block and in the blocks inside it, with the block that it stands in."""
    for attribute in block.attributes.values():
        yield block, attribute
    for inner in block.blocks:
        yield from walk(inner)


def read_hcl(text: bytes, file: str) -> HclFile:
    """Read one `.tf`, `.tfvars`, `.tf.json` or `.tfvars.json` file; JSON ones are refused with a problem.

    Never raises: what is wrong is in `problems`.
    """
    # The reader imports the values above; this way round, callers need one module only.
    from integrations.core.hcl_reader import read

    return read(text, file)
