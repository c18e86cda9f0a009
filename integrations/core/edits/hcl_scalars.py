"""An expression that is written in HCL itself, between quotes or as a heredoc, written again in the same form."""

from __future__ import annotations

import re

from integrations.core.edits import hcl_render
from integrations.core.edits.hcl_layout import HclEntry, HclPage
from integrations.core.edits.patches import plain
from integrations.core.edits.values import Refusal
from integrations.core.hcl import Literal, Template
from integrations.core.hcl_reader import expression_at
from integrations.core.text import short

_HEREDOC = re.compile(
    r"(?P<open><<(?P<dash>-?)(?P<mark>[A-Za-z_][\w-]*)[ \t]*\r?\n)(?P<body>.*?)(?P<close>[ \t]*(?P=mark))", re.DOTALL
)


def rewritten(page: HclPage, entry: HclEntry, expression: str) -> str:
    """The file's text with another expression in this attribute. Raises CannotEdit for a value that is computed."""
    node = entry.value
    old = page.source_text(node)
    said = expression_at(page.text, page.file, node)
    if isinstance(said, Literal) and isinstance(said.value, str):
        new = hcl_render.quoted(plain(expression))
    elif isinstance(said, Template) and not said.expressions and (found := _HEREDOC.fullmatch(old)):
        if any(line.strip() == found["mark"] for line in expression.split("\n")):
            raise page.refuse(Refusal.BAD_VALUE, "A line of the expression is the mark that ends it.", node)
        new = found["open"] + _body(found, plain(expression), page.line_break) + found["close"]
    else:
        sentence = f"The expression is computed here, by {short(' '.join(old.split()))}. Edit it in its file."
        raise page.refuse(Refusal.NOT_LITERAL, sentence, node)
    text = page.text[: node.start_byte] + new.encode() + page.text[node.end_byte :]
    return text.decode()


def written(page: HclPage, entry: HclEntry) -> str | None:
    """The expression that an attribute has in itself; None when it is computed or read from a file."""
    said = expression_at(page.text, page.file, entry.value)
    if isinstance(said, Literal):
        return said.value if isinstance(said.value, str) else None
    found = _HEREDOC.fullmatch(page.source_text(entry.value))
    if found is None or not isinstance(said, Template) or said.expressions:
        return None
    lines = found["body"].replace("\r\n", "\n").split("\n")
    pad = _pad(found)
    text = "\n".join(line.removeprefix(pad) for line in lines)
    return text.replace("$${", "${").replace("%%{", "%{")


def _pad(found: re.Match[str]) -> str:
    """The indentation that `<<-` takes away: the least of the lines; that of the closing mark does not count."""
    lines = [line for line in found["body"].split("\n") if line.strip()]
    if not found["dash"] or not lines:
        return ""
    return min((line[: len(line) - len(line.lstrip(" "))] for line in lines), key=len)


def _body(found: re.Match[str], expression: str, line_break: str) -> str:
    """The lines as deep as the first one stands now, nothing in them to be taken for an interpolation."""
    content = next((line for line in found["body"].split("\n") if line.strip()), found["close"])
    pad = content[: len(content) - len(content.lstrip(" "))] if found["dash"] else ""
    text = expression.replace("${", "$${").replace("%{", "%%{")
    return "".join((pad + line if line else "") + line_break for line in text.split("\n"))
