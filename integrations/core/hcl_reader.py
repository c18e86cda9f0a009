"""From HCL's text to `HclFile`: tree-sitter finds the structure, this module gives it values and lines.

tree-sitter's grammar is a little wider than HCL's (it takes two arguments on one line, for example). What it lets
through, the evaluator's own parser reports (`hcl_log.py`); what it refuses is never evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from integrations.core.hcl import (
    Attribute,
    Block,
    Call,
    Conditional,
    Expression,
    For,
    HclFile,
    Item,
    Literal,
    ObjectValue,
    Operation,
    Other,
    Reference,
    Template,
    TupleValue,
)
from integrations.core.problems import Code, Problem
from integrations.core.text import problem

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 100  # of nodes below a block; an expression of a person's hand has fewer than 40
MAX_SYNTAX_PROBLEMS: Final = 20

_LANGUAGE: Final = Language(tree_sitter_hcl.language())
_OPERATORS: Final = frozenset(["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "!"])
_NUMBER: Final = re.compile(r"[0-9]+")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|(\$\$\{)|(%%\{)", re.DOTALL)
_CONTROL: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WRAPPERS: Final = frozenset(["expression", "collection_value", "literal_value", "template_expr", "for_expr"])

_READERS: Final = {
    "string_lit": "_string",
    "numeric_lit": "_number",
    "bool_lit": "_constant",
    "null_lit": "_constant",
    "quoted_template": "_template",
    "heredoc_template": "_template",
    "object": "_object",
    "tuple": "_tuple",
    "function_call": "_call",
    "variable_expr": "_variable",
    "conditional": "_conditional",
    "operation": "_operation",
    "for_tuple_expr": "_for",
    "for_object_expr": "_for",
}


class _TooDeep(Exception):
    """Raised at a node so deep that reading it would exhaust the stack."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read(text: bytes, file: str) -> HclFile:
    """See `hcl.read_hcl`."""
    if (refusal := _refusal(text, file)) is not None:
        return HclFile(file=file, problems=(refusal,))
    root = syntax_tree(text)
    reader = _Reader(text, file)
    if root.has_error:
        return HclFile(file=file, problems=tuple(reader.syntax(root)))
    body = next((node for node in root.children if node.type == "body"), None)
    if body is None:
        return HclFile(file=file)
    try:
        attributes, blocks = reader.body(body, 0)
    except _TooDeep as deep:
        message = f"This is nested deeper than {MAX_DEPTH} levels."
        return HclFile(file=file, problems=(problem(Code.HCL_REFUSED, message, file, deep.line),))
    return HclFile(file=file, blocks=blocks, attributes=attributes, problems=tuple(reader.problems))


def syntax_tree(text: bytes) -> Node:
    """The root of the text's tree; it `has_error` when the text is no HCL. Its nodes' places are bytes of `text`."""
    # The grammar takes the escape "%%{" for the start of a directive; masked, it has the same length and no meaning.
    return Parser(_LANGUAGE).parse(text.replace(b"%%{", b"%%(") + b"\n").root_node


def expression_at(text: bytes, file: str, node: Node) -> Expression:
    """What an `expression` node of the text's tree says."""
    return _Reader(text, file).expression(node)


def _refusal(text: bytes, file: str) -> Problem | None:
    if file.endswith(".json"):
        message = (
            "Terraform's JSON syntax is not supported: its evaluation loses attributes without a word. "
            "Write this file in HCL, with the ending .tf or .tfvars."
        )
        return problem(Code.HCL_REFUSED, message, file, 1)
    if len(text) > MAX_BYTES:
        return problem(
            Code.TOO_LARGE, f"An HCL file may have {MAX_BYTES:,} bytes; this one has {len(text):,}.", file, 1
        )
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        return problem(Code.NOT_UTF8, "This line is not UTF-8 text.", file, line)
    return None


def _line(node: Node) -> int:
    return node.start_point[0] + 1


class _Reader:
    """One file's text and the problems found while its tree is walked."""

    def __init__(self, text: bytes, file: str) -> None:
        self._text = text
        self._file = file
        self.problems: list[Problem] = []

    def syntax(self, root: Node) -> Iterator[Problem]:
        """One problem for each place where the text stops being HCL, the first ones only."""
        pending, found = [root], 0
        while pending and found < MAX_SYNTAX_PROBLEMS:
            node = pending.pop()
            if node.is_error or node.is_missing:
                found += 1
                yield self._syntax_problem(node)
            elif node.has_error:
                pending.extend(reversed(node.children))

    def _syntax_problem(self, node: Node) -> Problem:
        row, byte = node.start_point
        lines = self._text.split(b"\n")
        line = lines[row] if row < len(lines) else b""
        column = len(line[:byte].decode(errors="replace")) + 1
        if node.is_missing:
            message = f"HCL syntax: `{node.type}` is missing here."
        else:
            near = self._text[node.start_byte : node.end_byte].split(b"\n")[0].decode(errors="replace").strip()[:40]
            message = f"HCL syntax: this cannot be read, near `{near}`." if near else "HCL syntax: this cannot be read."
        return problem(Code.HCL_SYNTAX, message, self._file, row + 1, column)

    def body(self, node: Node, depth: int) -> tuple[dict[str, Attribute], tuple[Block, ...]]:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in node.children:
            if child.type == "attribute":
                attribute = self._attribute(child, depth)
                if attribute.name in attributes:
                    first = attributes[attribute.name].line
                    message = f"`{attribute.name}` is set twice here; the first time in line {first}."
                    self.problems.append(problem(Code.DUPLICATE, message, self._file, attribute.line))
                attributes[attribute.name] = attribute
            elif child.type == "block":
                blocks.append(self._block(child, depth + 1))
        return attributes, tuple(blocks)

    def _block(self, node: Node, depth: int) -> Block:
        self._guard(node, depth)
        words = [child for child in node.children if child.type in {"identifier", "string_lit"}]
        inner = next((child for child in node.children if child.type == "body"), None)
        attributes, blocks = self.body(inner, depth) if inner is not None else ({}, ())
        return Block(
            type=self._source(words[0]),
            labels=tuple(self._source(word).strip('"') for word in words[1:]),
            file=self._file,
            line=_line(node),
            attributes=attributes,
            blocks=blocks,
        )

    def _attribute(self, node: Node, depth: int) -> Attribute:
        name, value = node.children[0], node.children[-1]
        return Attribute(
            name=self._source(name), file=self._file, line=_line(name), value=self._expression(value, depth)
        )

    def _source(self, node: Node) -> str:
        return self._text[node.start_byte : node.end_byte].decode()

    def _guard(self, node: Node, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _TooDeep(_line(node))

    def expression(self, node: Node) -> Expression:
        return self._expression(node, 0)

    def _expression(self, node: Node, depth: int) -> Expression:
        self._guard(node, depth)
        while node.type in _WRAPPERS and node.child_count == 1:
            node = node.children[0]
        if node.type in _WRAPPERS:
            return self._sequence([child for child in node.children if child.type != "comment"], depth + 1)
        read = getattr(self, _READERS.get(node.type, "_other"))
        expression: Expression = read(node, depth)
        return expression

    def _constant(self, node: Node, _: int) -> Literal:
        return Literal(_line(node), {"true": True, "false": False, "null": None}[self._source(node)], _line(node))

    def _object(self, node: Node, depth: int) -> ObjectValue:
        items = [self._item(child, depth) for child in node.children if child.type == "object_elem"]
        return ObjectValue(_line(node), tuple(items))

    def _tuple(self, node: Node, depth: int) -> TupleValue:
        return TupleValue(_line(node), self._expressions(node, depth))

    def _variable(self, node: Node, _: int) -> Reference:
        return Reference(_line(node), (self._source(node),))

    def _conditional(self, node: Node, depth: int) -> Conditional:
        condition, yes, no = self._expressions(node, depth)
        return Conditional(_line(node), condition, yes, no)

    def _other(self, node: Node, depth: int) -> Other:
        return Other(_line(node), self._expressions(node, depth))

    def _sequence(self, nodes: Sequence[Node], depth: int) -> Expression:
        """What stands side by side without an operator: a value and the steps into it, or one in parentheses."""
        inner = [node for node in nodes if node.type not in {"(", ")"}]
        if not inner:
            return Other(0, ())
        head = self._expression(inner[0], depth + 1)
        if len(inner) == 1:
            return head
        steps: list[str | Expression] = []
        for node in inner[1:]:
            if node.type == "get_attr":
                steps.append(self._source(node.children[-1]))
            elif node.type == "index" and node.children[0].type == "new_index":
                steps.append(self._expressions(node.children[0], depth)[0])
            elif node.type == "index":
                digits = self._source(node).lstrip(".")
                steps.append(Literal(_line(node), int(digits) if digits.isdigit() else digits, _line(node)))
            else:  # a splat
                return Other(_line(inner[0]), (head, *(self._expression(rest, depth + 1) for rest in inner[1:])))
        if isinstance(head, Reference):
            return Reference(head.line, (*head.path, *steps))
        return Other(_line(inner[0]), (head, *(step for step in steps if not isinstance(step, str))))

    def _expressions(self, node: Node, depth: int) -> tuple[Expression, ...]:
        """Those directly in the node or in its unnamed parts (an argument list, a splat, a condition)."""
        found: list[Expression] = []
        for child in node.children:
            if child.type == "expression":
                found.append(self._expression(child, depth + 1))
            elif child.is_named and child.child_count:
                self._guard(child, depth)
                found.extend(self._expressions(child, depth + 1))
        return tuple(found)

    def _item(self, node: Node, depth: int) -> Item:
        key_node, value_node = (child for child in node.children if child.type == "expression")
        key = self._expression(key_node, depth + 1)
        value = self._expression(value_node, depth + 1)
        line = _line(key_node)
        if isinstance(key, Literal):
            return Item(line, _key_text(key.value), value)
        if isinstance(key, Reference) and len(key.path) == 1 and not self._source(key_node).startswith("("):
            return Item(line, str(key.path[0]), value)
        return Item(line, key, value)

    def _call(self, node: Node, depth: int) -> Call:
        arguments: tuple[Expression, ...] = ()
        for child in node.children:
            if child.type == "function_arguments":
                arguments = self._expressions(child, depth)
                if any(inner.type == "ellipsis" for inner in child.children):
                    # `f(list...)`: how many arguments there are cannot be told from here.
                    arguments = (*arguments[:-1], Other(_line(child), arguments[-1:]))
        return Call(_line(node), self._source(node.children[0]), arguments)

    def _operation(self, node: Node, depth: int) -> Expression:
        nodes = [child for child in node.children[0].children if child.type != "comment"]
        at = next((i for i, child in enumerate(nodes) if child.type in _OPERATORS), None)
        if at is None:
            return Other(_line(node), self._expressions(node, depth))
        sides = [side for side in (nodes[:at], nodes[at + 1 :]) if side]
        return Operation(_line(node), nodes[at].type, tuple(self._sequence(side, depth + 1) for side in sides))

    def _for(self, node: Node, depth: int) -> For:
        intro = next(child for child in node.children if child.type == "for_intro")
        names = tuple(self._source(child) for child in intro.children if child.type == "identifier")
        collection = self._expressions(intro, depth)[0]
        result = [self._expression(child, depth + 1) for child in node.children if child.type == "expression"]
        conditions = [self._expressions(child, depth)[0] for child in node.children if child.type == "for_cond"]
        return For(
            _line(node),
            names,
            collection,
            key=result[0] if len(result) > 1 else None,
            value=result[-1],
            condition=conditions[0] if conditions else None,
            grouped=any(child.type == "ellipsis" for child in node.children),
        )

    def _number(self, node: Node, _: int) -> Literal:
        text = self._source(node)
        value: int | float = int(text) if _NUMBER.fullmatch(text) and len(text) < 400 else float(text)  # noqa: PLR2004 - beyond any float
        return Literal(_line(node), value, _line(node))

    def _string(self, node: Node, _: int) -> Literal:
        return Literal(_line(node), _unescape(self._source(node)[1:-1]), _line(node))

    def _template(self, node: Node, depth: int) -> Template:
        quoted = node.type == "quoted_template"
        parts: list[str | Expression] | None = [] if quoted else None
        expressions: list[Expression] = []
        raw: list[str] = []
        at = node.start_byte + 1
        for child in node.children:
            if child.type not in {"template_interpolation", "template_directive"}:
                continue
            inner = self._expressions(child, depth)
            expressions.extend(inner)
            raw.append(self._source(child))
            if parts is not None and child.type == "template_interpolation" and len(inner) == 1 and "~" not in raw[-1]:
                parts += [_unescape(self._text[at : child.start_byte].decode()), inner[0]]
                at = child.end_byte
            else:
                parts = None
        if parts is not None:
            parts.append(_unescape(self._text[at : node.end_byte - 1].decode()))
        line = _line(node)
        return Template(
            line,
            tuple(parts) if parts is not None else None,
            tuple(expressions),
            line if quoted else line + 1,
            tuple(raw),
        )


def _key_text(value: object) -> str:
    """An object's key as HCL writes it: keys are strings, whatever they were written as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _unescape(text: str) -> str:
    """The value of what stands between a quoted string's marks."""

    def value(match: re.Match[str]) -> str:
        short, long, other, dollar, _ = match.groups()
        if short or long:
            code = int(short or long, 16)
            return chr(code) if code < 0x110000 else "\ufffd"  # noqa: PLR2004 - the end of Unicode
        if other:
            return _CONTROL.get(other, other)
        return "${" if dollar else "%{"

    return _ESCAPE.sub(value, text)
