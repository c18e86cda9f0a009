"""Where everything stands in a `.tf` file, in bytes of its text: bodies, objects, and what is written in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tree_sitter import Node

from integrations.core.documents import JSON, Source
from integrations.core.edits.values import CannotEdit, Refusal
from integrations.core.hcl import (
    Call,
    Expression,
    Item,
    Literal,
    ObjectValue,
    Operation,
    Reference,
    Template,
    TupleValue,
)
from integrations.core.hcl_reader import expression_at, read, syntax_tree
from integrations.core.text import short


class Form(StrEnum):
    BODY = "body"  # of a block: attributes and blocks
    OBJECT = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class HclEntry:
    """`name = value`, or in a body a nested block, whose `value` is its body."""

    name: str
    start: int
    end: int
    key_end: int
    value: Node
    is_block: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What has entries. `start` is behind its opening brace, `end` before its closing one."""

    form: Form
    start: int
    end: int
    entries: tuple[HclEntry, ...]

    def entry(self, name: str) -> HclEntry | None:
        return next((entry for entry in self.entries if entry.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """`resource "type" "label" { … }`."""

    type: str
    label: str
    line: int
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class HclPage:
    file: str
    text: bytes
    root: Node

    def resources(self) -> Iterator[Resource]:
        for body in (node for node in self.root.children if node.type == "body"):
            for node in (node for node in body.children if node.type == "block"):
                words = [self.source_text(word).strip('"') for word in _words(node)]
                if len(words) == 3 and words[0] == "resource":  # noqa: PLR2004 - resource, type, label
                    yield Resource(type=words[1], label=words[2], line=node.start_point[0] + 1, node=node)

    @property
    def line_break(self) -> str:
        return "\r\n" if b"\r\n" in self.text else "\n"

    def line_of(self, offset: int) -> int:
        """The line of an offset, counted from 0."""
        return self.text.count(b"\n", 0, offset)

    def source_text(self, node: Node) -> str:
        return self.text[node.start_byte : node.end_byte].decode()

    def source(self, offset: int) -> Source:
        return Source(file=self.file, line=self.text.count(b"\n", 0, offset) + 1)

    def body(self, node: Node) -> Holder:
        """What a block holds."""
        braces = [child for child in node.children if child.type in {"block_start", "block_end"}]
        inner = next((child for child in node.children if child.type == "body"), None)
        entries: list[HclEntry] = []
        for child in inner.children if inner is not None else ():
            if child.type == "attribute":
                entries.append(self._attribute(child))
            elif child.type == "block":
                entries.append(self._block(child))
        return Holder(form=Form.BODY, start=braces[0].end_byte, end=braces[-1].start_byte, entries=tuple(entries))

    def _attribute(self, node: Node) -> HclEntry:
        key, value = node.children[0], node.children[-1]
        return HclEntry(
            name=self.source_text(key), start=node.start_byte, end=node.end_byte, key_end=key.end_byte, value=value
        )

    def _block(self, node: Node) -> HclEntry:
        words = [self.source_text(word).strip('"') for word in _words(node)]
        # `dynamic "name"` makes blocks of that name.
        name = words[-1] if words[0] == "dynamic" else words[0]
        return HclEntry(
            name=name, start=node.start_byte, end=node.end_byte, key_end=node.start_byte, value=node, is_block=True
        )

    def object(self, node: Node) -> Holder | None:
        """The object that an expression is, or that it encodes as JSON; None for any other expression."""
        inner = _unwrapped(node)
        if inner.type == "function_call" and self.source_text(inner.children[0]) == "jsonencode":
            arguments = next((child for child in inner.children if child.type == "function_arguments"), None)
            given = [child for child in arguments.children if child.type == "expression"] if arguments else []
            return self.object(given[0]) if len(given) == 1 else None
        if inner.type != "object":
            return None
        entries = [self._element(child) for child in inner.children if child.type == "object_elem"]
        return Holder(form=Form.OBJECT, start=inner.start_byte + 1, end=inner.end_byte - 1, entries=tuple(entries))

    def _element(self, node: Node) -> HclEntry:
        key, value = (child for child in node.children if child.type == "expression")
        said = expression_at(self.text, self.file, key)
        if isinstance(said, Literal):
            name = str(said.value).lower() if isinstance(said.value, bool) else str(said.value)
        elif isinstance(said, Reference) and len(said.path) == 1 and not self.source_text(key).startswith("("):
            name = str(said.path[0])
        else:
            raise self.refuse(Refusal.NOT_LITERAL, "A key of this object is computed; edit it in its file.", node)
        return HclEntry(name=name, start=node.start_byte, end=node.end_byte, key_end=key.end_byte, value=value)

    def literal(self, node: Node) -> JSON:
        """The value that is written out. Raises CannotEdit for what is computed, with what stands there."""
        found = _literal(expression_at(self.text, self.file, node))
        if isinstance(found, _Computed):
            said = short(" ".join(self.source_text(node).split()))
            sentence = f"The value is computed here, by {said}. Edit it in its file."
            raise self.refuse(Refusal.NOT_LITERAL, sentence, node)
        return found

    def refuse(self, code: Refusal, sentence: str, node: Node) -> CannotEdit:
        return CannotEdit(code, sentence, Source(file=self.file, line=node.start_point[0] + 1))


def read_hcl_page(text: str, file: str) -> HclPage:
    """Raises CannotEdit for a file that the project's reader refuses."""
    data = text.encode("utf-8", "surrogatepass")
    problems = read(data, file).problems
    if problems:
        sentence = f"The file cannot be read: {problems[0].message}"
        raise CannotEdit(Refusal.UNREADABLE, sentence, problems[0].source)
    return HclPage(file=file, text=data, root=syntax_tree(data))


def _words(node: Node) -> list[Node]:
    return [child for child in node.children if child.type in {"identifier", "string_lit"}]


def _unwrapped(node: Node) -> Node:
    while node.type in {"expression", "collection_value", "literal_value", "template_expr"} and node.child_count == 1:
        node = node.children[0]
    return node


class _Computed:
    pass


def _literal(expression: Expression) -> JSON | _Computed:
    match expression:
        case Literal():
            return expression.value
        case Operation(operator="-", operands=(Literal(value=int() | float() as number),)):
            return -number
        case TupleValue():
            items = [_literal(item) for item in expression.items]
            return _Computed() if any(isinstance(item, _Computed) for item in items) else items
        case ObjectValue():
            pairs = {item.key: _literal(item.value) for item in expression.items if isinstance(item.key, str)}
            whole = len(pairs) == len(expression.items)
            return pairs if whole and not any(isinstance(one, _Computed) for one in pairs.values()) else _Computed()
    return _Computed()


def outline(expression: Expression) -> JSON:
    """What an expression says, without lines, as JSON: objects as objects, everything else as a list with its kind."""
    found = _literal(expression)
    match expression:
        case ObjectValue() if all(isinstance(item.key, str) for item in expression.items):
            return {str(item.key): outline(item.value) for item in expression.items}
        case TupleValue():
            return ["list", *(outline(item) for item in expression.items)]
        case Call(name="jsonencode", arguments=(ObjectValue() as inner,)):
            return outline(inner)
    if not isinstance(found, _Computed):
        return ["value", found]
    return ["computed", _bare(expression)]


def outline_of(value: JSON) -> JSON:
    """The outline of an expression that is the value written out."""
    if isinstance(value, dict):
        return {name: outline_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return ["list", *(outline_of(inner) for inner in value)]
    return ["value", value]


def _bare(value: object) -> JSON:
    """Any part of an expression, without the lines that it stands in."""
    if isinstance(value, tuple):
        return [_bare(one) for one in value]
    if isinstance(value, Item):
        return [_bare(value.key), _bare(value.value)]
    if isinstance(value, Expression):
        fields = [name for name in value.__dataclass_fields__ if name not in {"line", "content_line"}]
        if isinstance(value, Template) and value.parts is not None:
            fields = ["parts"]
        return [type(value).__name__, *(_bare(getattr(value, name)) for name in fields)]
    return value


Outlines = Mapping[str, JSON]
