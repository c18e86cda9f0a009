"""JSONata text → its syntax tree, or why there is none. Bounded, whatever the text.

The parser is jsonata-python's (0.7.1), so that what is accepted here is what its evaluator runs. What it lacks is
added by subclassing it, and `parse` is therefore the only door to it, for the evaluator too:

- A token's place. Its nodes know where their token ends; here they also know where it starts (`start`), and a
  constructor's literal key knows the extent of its value (`span`).
- Bounds. It recurses with the nesting of the text, and parses the left side of `?:` and `??` twice, hence
  exponentially often in their nesting; here nesting and work are counted.
- Ends of texts. A comment or a `/` at the very end, and stray `!` and `~`, made it leave with an IndexError or
  KeyError. These are sound or errors like others here.

It keeps state beyond one parse: a parser per thread (`Jsonata.PARSER`) and the expression that was compiled last in
the thread (`Jsonata.CURRENT`). Neither is used here; this module has a parser per thread of its own, since making
one takes as long as parsing a usual expression. Importing it raises the process's recursion limit to 10,000.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from jsonata import jexception, parser, tokenizer

from integrations.core.outcomes import Fault
from integrations.core.regexes import BadRegexError, Regex

Symbol: TypeAlias = Any  # a node of jsonata-python's tree: an untyped record whose fields depend on its `type`

MAX_EXPRESSION = 65_536  # characters
MAX_NESTING = 400  # levels: brackets, right-hand sides, branches of conditions
MAX_CHAIN = 1_500  # levels of the tree: operators in a row count, `a & b & c` being nested to the left
MAX_WORK = 70_000  # nodes made; without `?:` and `??` in one another no text of MAX_EXPRESSION has as many

# Codes that start with G are ours; all others are JSONata's.
TOO_LONG = "G0001"
TOO_DEEP = "G0002"
BAD_REGEX = "G0003"
BAD_CHARACTER = "G0004"
UNKNOWN = "G0005"

# The library is untyped; what is taken from it is named here once.
_LibraryTokenizer: Any = tokenizer.Tokenizer
_LibraryParser: Any = parser.Parser
_LibraryError: Any = jexception.JException

_BLANK = re.compile(r"(?:[ \t\n\r]+|/\*.*?\*/)*", re.DOTALL)
# A name, a variable, or a name in backticks, as the library has them: a name ends at a blank or an operator only.
_WORD = re.compile(r"""`[^`]*`|[^ \t\n\r.\[\]{}(),@#;:?+\-*/%|=<>^&!~"'`0-9][^ \t\n\r.\[\]{}(),@#;:?+\-*/%|=<>^&!~]*""")
_RESERVED = frozenset({"and", "or", "in", "true", "false", "null"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database and no JSON encoder takes these


class _TooDeepError(Exception):
    """The text is sound as far as it was read, but past a bound at this position."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class _Tokens(_LibraryTokenizer):  # type: ignore[misc] # untyped base
    """Tokens that know where they start."""

    position: int

    def __init__(self, path: str, regex_engine: Callable[..., Any]) -> None:
        super().__init__(path, regex_engine)
        self.start = 0
        self.previous_end = 0
        self.starts: dict[int, int] = {}

    def next(self, prefix: bool) -> Symbol:  # noqa: FBT001 - the base's signature
        self.previous_end = self.position
        blank = _BLANK.match(self.path, self.position)
        self.start = self.position = blank.end() if blank else self.position
        self.depth = 0  # the base lets brackets of one regular expression count in the next
        if self.path.startswith("/*", self.start):
            raise _LibraryError("S0106", self.start)
        token = self._name() or super().next(prefix)
        self.starts[self.position] = self.start
        return token

    def _name(self) -> Symbol | None:
        """The name or variable that starts here. The base looks through all of the text for each of them."""
        word = _WORD.match(self.path, self.start)
        if word is None or word[0] in _RESERVED:
            return None
        self.position = word.end()
        match word[0][0]:
            case "$":
                return self.create("variable", word[0][1:])
            case "`":
                return self.create("name", word[0][1:-1])
            case _:
                return self.create("name", word[0])


class _Parser(_LibraryParser):  # type: ignore[misc] # untyped base
    """The parser, bounded; one instance serves many texts, one after the other."""

    lexer: _Tokens
    node: Symbol
    errors: list[Any]
    ancestry: list[Any]

    def __init__(self) -> None:
        super().__init__()
        for symbol in self.symbol_table.values():
            if not isinstance(symbol, _LibraryParser.InfixAndPrefix):  # which gives its copies parts of their own
                symbol.create = partial(_copied, symbol)

    def read(self, text: str) -> Symbol:
        """The tree of `text`. Raises whatever the base raises, and _TooDeepError."""
        self.source = text
        self.node = None
        self.errors, self.ancestry = [], []
        self.ancestor_label = self.ancestor_index = 0
        self.nesting = self.chain = self.work = 0
        self.shared: dict[int, tuple[Symbol, int]] = {}
        self.lexer = _Tokens(text, _compile_regex)
        self.advance()
        tree = self.expression(0)
        if self.node.id != "(end)":
            raise _LibraryError("S0201", self.node.position, self.node.value)
        tree = self.process_ast(tree)
        if tree.type == "parent" or tree.seeking_parent is not None:
            raise _LibraryError("S0217", tree.position, tree.type)
        tree.starts = self.lexer.starts
        return tree

    def advance(self, id: str | None = None, infix: bool = False) -> Symbol:  # noqa: A002, FBT001, FBT002 - the base's
        node = super().advance(id, infix)
        node.start = self.lexer.start
        return node

    def expression(self, rbp: int) -> Symbol:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise _TooDeepError(self.lexer.start)
        node = super().expression(rbp)
        self.nesting -= 1
        return node

    def process_ast(self, expr: Symbol) -> Symbol:
        self.work += 1
        self.chain += 1
        if self.chain > MAX_CHAIN or self.work > MAX_WORK:
            raise _TooDeepError(getattr(expr, "start", 0))
        node = self._negated(expr) or self._processed(expr)
        self.chain -= 1
        return node

    def _processed(self, expr: Symbol) -> Symbol:
        """What the base makes of it. The left side of `?:` and `??` is made once: the base changes it each time.

        The work still counts twice, since whoever walks the tree comes by twice.
        """
        left = expr.then if expr.type == "condition" else None
        if id(expr) in self.shared:
            node, work = self.shared[id(expr)]
            self.work += work
            return node
        if left is None or not (expr.condition is left or left in (expr.condition.arguments or ())):
            return super().process_ast(expr)
        before = self.work
        processed = self.process_ast(left)
        self.shared[id(left)] = (processed, self.work - before)
        node = super().process_ast(expr)
        if node.seeking_parent is not None:  # each % of it once
            node.seeking_parent = list({id(slot): slot for slot in node.seeking_parent}.values())
        return node

    def _negated(self, expr: Symbol) -> Symbol | None:
        """A negative literal, as a node of its own: the base negates the literal itself, as often as it comes by."""
        if expr.type != "unary" or expr.value != "-" or expr.expression.type != "number":
            return None
        literal = _copied(expr.expression)
        literal.value = -literal.value
        literal.keep_array = bool(expr.keep_array)
        return literal

    def object_parser(self, left: Symbol) -> Symbol:
        """An object constructor (`left` None) or a grouping, each key with the `span` of its value."""
        position = self.lexer.previous_end
        pairs = []
        has_more = self.node.id != "}"
        while has_more:
            key = self.expression(0)
            self.advance(":")
            start = self.node.start
            value = self.expression(0)
            key.span = (start, self.lexer.previous_end)
            pairs.append([key, value])
            has_more = self.node.id == ","
            if has_more:
                self.advance(",")
        self.advance("}", infix=True)
        if left is None:
            node = _LibraryParser.Prefix(self, "{")
            node.type, node.lhs_object = "unary", pairs
        else:
            node = _LibraryParser.Infix(self, "{")
            node.type, node.lhs, node.rhs_object = "binary", left, pairs
        node.position = position
        return node


def _copied(symbol: Symbol) -> Symbol:
    """What `copy.copy` gives, which the library calls for every token and which took a third of the time of a parse."""
    copied = object.__new__(type(symbol))
    copied.__dict__.update(symbol.__dict__)
    return copied


class _Mine(threading.local):
    def __init__(self) -> None:
        self.parser = _Parser()


_mine = _Mine()


def parse(text: str) -> Symbol | Fault:
    """The tree of an expression as jsonata-python's evaluator takes it. Never raises; not to be mutated."""
    if len(text) > MAX_EXPRESSION:
        return _fault(text, TOO_LONG, f"The expression is longer than {MAX_EXPRESSION:,} characters.", 0)
    if found := _UNSTORABLE.search(text):
        message = f"The character U+{ord(found[0]):04X} cannot stand in an expression."
        return _fault(text, BAD_CHARACTER, message, found.start())
    reader = _mine.parser
    try:
        return reader.read(text + "\n")  # the base looks one character past a token
    except _LibraryError as error:
        return _from_jsonata(text, error, reader.lexer)
    except _TooDeepError as error:
        return too_deep(text, error.position)
    except RecursionError:
        return too_deep(text, reader.lexer.start)
    except RuntimeError as error:  # a function's signature; these two have no code in the library
        code = "S0402" if "Choice" in str(error) else "S0401"
        return _fault(text, code, _MESSAGES[code], reader.lexer.start)
    except BadRegexError as error:
        message = f"The engine does not understand the regular expression: {error}."
        return _fault(text, BAD_REGEX, message, reader.lexer.start)
    except KeyError as error:  # an operator that the grammar has not
        return _fault(text, "S0204", _MESSAGES["S0204"].format(_shown(error.args[0])), reader.lexer.start)
    except Exception as error:  # noqa: BLE001 - whatever else the library does with a text, the text is at fault
        message = f"The parser cannot read the expression ({type(error).__name__})."
        return _fault(text, UNKNOWN, message, reader.lexer.start)


def too_deep(text: str, position: int) -> Fault:
    return _fault(text, TOO_DEEP, "The expression is nested too deeply.", position)


def _compile_regex(pattern: str, flags: Any) -> Regex:
    return Regex(pattern, ignore_case=flags.case_insensitive, multiline=flags.multiline)


_MESSAGES = {
    "S0101": "The string is not closed.",
    "S0102": "The number is out of range.",
    "S0103": "The string has an escape that JSONata does not know.",
    "S0104": "\\u must be followed by four hexadecimal digits.",
    "S0105": "The quoted name is not closed: a ` is missing.",
    "S0106": "The comment is not closed: */ is missing.",
    "S0201": "{0} is not expected here.",
    "S0202": "{0} is expected here, not {1}.",
    "S0203": "The expression ends where {0} is expected.",
    "S0204": "{0} is no operator.",
    "S0205": "{0} is not expected here.",
    "S0206": "{0} is no expression.",
    "S0207": "The expression ends too early.",
    "S0208": "A function's parameter must be a variable, such as $value, not {0}.",
    "S0209": "A predicate cannot follow a grouping.",
    "S0210": "A step can have only one grouping.",
    "S0211": "{0} cannot stand at the start of an expression.",
    "S0212": "The left side of := must be a variable, such as $value.",
    "S0213": "The literal {0} cannot be a step of a path.",
    "S0214": "The right side of {0} must be a variable, such as $value.",
    "S0215": "A variable must be bound to a step before its predicates.",
    "S0216": "A variable must be bound to a step before it is sorted.",
    "S0217": "It cannot be told what % is the parent of here.",
    "S0301": "The regular expression is empty.",
    "S0302": "The regular expression is not closed: a / is missing.",
    "S0401": "In a signature only functions and arrays take type parameters.",
    "S0402": "In a signature a choice cannot hold types with parameters.",
}


def _from_jsonata(text: str, error: Any, lexer: _Tokens) -> Fault:
    code = error.error
    if code == "S0301" and error.current is not None:
        code = "S0103"  # the library gives an unknown escape the code of the empty regular expression
    position = lexer.start
    if code in ("S0103", "S0104"):
        position = lexer.position - 1
        if lexer.position >= len(text):
            code, position = "S0101", lexer.start
    elif code.startswith("S02"):
        position = lexer.starts.get(error.location, error.location)
    if code == "S0211" and (kind := _LEFT_OPEN.get(str(error.current))) and _follows_comma(lexer, position):
        return _fault(text, code, f"Nothing follows this comma: remove it, or add another {kind}.", position)
    template = _MESSAGES.get(code, str(error))
    return _fault(text, code, template.format(_shown(error.current), _shown(error.expected)), position)


_LEFT_OPEN = {"}": "field", "]": "item", ")": "argument"}


def _follows_comma(lexer: _Tokens, position: int) -> bool:
    """Whether the token before the one that starts here is a comma."""
    end = max((end for end in lexer.starts if end <= position), default=0)
    return end > 0 and lexer.starts[end] == end - 1 and lexer.path[end - 1] == ","


def _shown(value: object) -> str:
    """A token as a message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    shown = str(value)
    return f'"{shown[:40]}…"' if len(shown) > 40 else f'"{shown}"'  # noqa: PLR2004 - enough to recognise it


def _fault(text: str, code: str, message: str, position: int) -> Fault:
    """An error past the last character points just behind it, where the missing part belongs."""
    at = min(position, len(text.rstrip(" \t\r\n")))
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Fault(code=code, message=message, position=at, line=line, column=column)
